-- Why: splitting an item and merging several close the old ones and make new ones of them. Who came from whom is a
-- fact of the cadastre of its own (thửa đất tách ra, hợp lại) and cannot be read off history, which follows one fid.

create table dothi.lineage (
    layer       text not null,
    -- The one revision in which the predecessors were closed and the successors made.
    revision    bigint not null references dothi.revision (number),
    predecessor bigint not null,
    successor   bigint not null,
    primary key (layer, predecessor, successor, revision),
    check (predecessor <> successor)
);
create index lineage_successor on dothi.lineage (layer, successor);

grant select, insert on dothi.lineage to dothi_serve;
