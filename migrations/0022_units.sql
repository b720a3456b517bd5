-- Why: which commune an item lies in is asked for every row of an import and for every edit, and of every item of every
-- layer when a boundary changes. The outlines in force (layer admin_commune) are kept here cut into small pieces, so
-- that the index answers it. Derived data: `dothi units recompute` makes it anew (store/units.rs).

create table dothi.unit_piece (
    unit_code   text collate "C" not null,
    valid_from  date not null,
    -- The outline is a sketch: it fills in a unit that is not known, and never overrules one that is.
    approximate boolean not null,
    geom        geometry(Polygon, 9218) not null
);
create index unit_piece_geom on dothi.unit_piece using gist (geom);
create index unit_piece_code on dothi.unit_piece (unit_code, valid_from);

grant select, insert, delete on dothi.unit_piece to dothi_serve;
