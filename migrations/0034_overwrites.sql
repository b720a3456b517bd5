-- Why: a client that names no version (QGIS) may write over what another has just changed. Both are to learn of it.

create table dothi.revision_overwrite (
    -- The write that named no version.
    revision bigint not null references dothi.revision (number),
    -- The change of somebody else, ten minutes before it at most, on whose result it was made.
    earlier  bigint not null references dothi.revision (number),
    primary key (revision, earlier)
);
create index revision_overwrite_earlier on dothi.revision_overwrite (earlier);
grant select, insert on dothi.revision_overwrite to dothi_serve;
