-- The benchmark's parcels as a layer, before the server starts: the same rows as the peers read.
truncate layer.bench_parcel;
insert into layer.bench_parcel
  (fid, version, geom, parcel_no, map_sheet, commune_code, commune_name, land_use, area_m2, legal_status, owner_ref, updated_at)
overriding system value
select id, 1, st_snaptogrid(st_transform(geom, 9218), 0.0001), parcel_no, map_sheet, commune_code, commune_name,
  land_use, area_m2, legal_status, owner_ref, updated_at
from public.parcels order by id;
-- The tiles of zooms 14 to 16 alone, for both sides.
drop table if exists tile_list_near;
create table tile_list_near as
select row_number() over (order by id) id, z, x, y from tile_list where z between 14 and 16;
analyze tile_list_near;
grant select on public.parcels, tile_list, tile_list_near, bbox_list to public;
vacuum analyze layer.bench_parcel;
