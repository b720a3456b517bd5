-- Parcels of 10 m on a grid of 12 m, in rows from Gia Nghĩa to the north and east.
with r as (
    update dothi.feed set revision = revision + 1 returning revision
), n as (
    insert into dothi.revision (number, reason, client) select revision, 'bench', 'bench' from r returning number
), c as (
    insert into dothi.feed_change (revision, layer, kind) select number, 'parcel', 'items' from n
)
insert into layer.parcel (fid, version, geom, code, commune_code, sheet_number, parcel_number, land_use, area_m2, made_up)
select i, n.number,
       st_makeenvelope(411600 + x, 1327195 + y, 411610 + x, 1327205 + y, 9218),
       '24611-' || i, '24611', i / 1000 + 1, i % 1000 + 1, 'ODT', 100, true
from n, generate_series(1, :parcels) i,
     lateral (select 12 * (i % floor(sqrt(:parcels))::int) as x, 12 * (i / floor(sqrt(:parcels))::int) as y) p;
vacuum analyze layer.parcel;
