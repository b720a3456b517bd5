-- Why: the schemas that everything else lies in, what the serving role may do in each, and the reference systems
-- that PostGIS 3.3 does not bring. Run as dothi_owner; the superuser made the roles and the extension before
-- (store/bootstrap.rs).

create schema dothi;    -- fixed tables of the core
create schema layer;    -- current rows, one table a layer (made by `dothi layers apply`)
create schema history;  -- superseded rows, one table a layer, partitioned by year
create schema staging;  -- rows of an import on their way in

grant usage on schema dothi, layer, history to dothi_serve;
grant usage, create on schema staging to dothi_serve;

-- Tables that come later get the rights of their schema. History is written once: no UPDATE, no DELETE.
alter default privileges in schema layer grant select, insert, update, delete on tables to dothi_serve;
alter default privileges in schema layer grant usage on sequences to dothi_serve;
alter default privileges in schema history grant select, insert on tables to dothi_serve;

-- VN-2000 TM-3 zones of 2019 and later. EPSG:9218 (108-30) is the legal system of Đắk Nông; neighbours and old data
-- use the others. The datum shift is EPSG:6960 (QĐ 05/2007/QĐ-BTNMT) in the Position Vector signs that TOWGS84
-- wants: opposite to the Coordinate Frame signs in which EPSG prints it. Wrong signs put points 0.56 m off.
-- EPSG:4756, 3405, 3406 and 5896-5899 are named too, for a PostGIS that lacks them.
insert into public.spatial_ref_sys (srid, auth_name, auth_srid, proj4text, srtext)
select srid, 'EPSG', srid,
       format('+proj=tmerc +lat_0=0 +lon_0=%s +k=%s +x_0=500000 +y_0=0 +ellps=WGS84 '
              '+towgs84=-191.90441429,-39.30318279,-111.45032835,0.00928836,-0.01975479,0.00427372,0.252906278 '
              '+units=m +no_defs', lon0, k),
       format('PROJCS["%s",GEOGCS["VN-2000",DATUM["Vietnam_2000",SPHEROID["WGS 84",6378137,298.257223563,'
              'AUTHORITY["EPSG","7030"]],TOWGS84[-191.90441429,-39.30318279,-111.45032835,0.00928836,-0.01975479,'
              '0.00427372,0.252906278],AUTHORITY["EPSG","6756"]],PRIMEM["Greenwich",0,AUTHORITY["EPSG","8901"]],'
              'UNIT["degree",0.0174532925199433,AUTHORITY["EPSG","9122"]],AUTHORITY["EPSG","4756"]],'
              'PROJECTION["Transverse_Mercator"],PARAMETER["latitude_of_origin",0],PARAMETER["central_meridian",%s],'
              'PARAMETER["scale_factor",%s],PARAMETER["false_easting",500000],PARAMETER["false_northing",0],'
              'UNIT["metre",1,AUTHORITY["EPSG","9001"]],AXIS["Easting",EAST],AXIS["Northing",NORTH],'
              'AUTHORITY["EPSG","%s"]]', name, lon0, k, srid)
from (values
    (3405, 'VN-2000 / UTM zone 48N', '105', '0.9996'), (3406, 'VN-2000 / UTM zone 49N', '111', '0.9996'),
    (5896, 'VN-2000 / TM-3 zone 481', '102', '0.9999'), (5897, 'VN-2000 / TM-3 zone 482', '105', '0.9999'),
    (5898, 'VN-2000 / TM-3 zone 491', '108', '0.9999'), (5899, 'VN-2000 / TM-3 107-45', '107.75', '0.9999'),
    (9205, 'VN-2000 / TM-3 103-00', '103', '0.9999'), (9206, 'VN-2000 / TM-3 104-00', '104', '0.9999'),
    (9207, 'VN-2000 / TM-3 104-30', '104.5', '0.9999'), (9208, 'VN-2000 / TM-3 104-45', '104.75', '0.9999'),
    (9209, 'VN-2000 / TM-3 105-30', '105.5', '0.9999'), (9210, 'VN-2000 / TM-3 105-45', '105.75', '0.9999'),
    (9211, 'VN-2000 / TM-3 106-00', '106', '0.9999'), (9212, 'VN-2000 / TM-3 106-15', '106.25', '0.9999'),
    (9213, 'VN-2000 / TM-3 106-30', '106.5', '0.9999'), (9214, 'VN-2000 / TM-3 107-00', '107', '0.9999'),
    (9215, 'VN-2000 / TM-3 107-15', '107.25', '0.9999'), (9216, 'VN-2000 / TM-3 107-30', '107.5', '0.9999'),
    (9217, 'VN-2000 / TM-3 108-15', '108.25', '0.9999'), (9218, 'VN-2000 / TM-3 108-30', '108.5', '0.9999')
) as zone (srid, name, lon0, k)
on conflict (srid) do nothing;

insert into public.spatial_ref_sys (srid, auth_name, auth_srid, proj4text, srtext)
values (4756, 'EPSG', 4756,
    '+proj=longlat +ellps=WGS84 '
    '+towgs84=-191.90441429,-39.30318279,-111.45032835,0.00928836,-0.01975479,0.00427372,0.252906278 +no_defs',
    'GEOGCS["VN-2000",DATUM["Vietnam_2000",SPHEROID["WGS 84",6378137,298.257223563,AUTHORITY["EPSG","7030"]],'
    'TOWGS84[-191.90441429,-39.30318279,-111.45032835,0.00928836,-0.01975479,0.00427372,0.252906278],'
    'AUTHORITY["EPSG","6756"]],PRIMEM["Greenwich",0,AUTHORITY["EPSG","8901"]],UNIT["degree",0.0174532925199433,'
    'AUTHORITY["EPSG","9122"]],AUTHORITY["EPSG","4756"]]')
on conflict (srid) do nothing;
