-- Why: nodes hold the layers in memory and follow this log. It is numbered in commit order: each writing
-- transaction takes the next number by updating the single row of dothi.feed near its end and holds that row's lock
-- to the commit, so numbers become visible in order and without a gap. A position is (epoch, revision).

create table dothi.feed (
    only_row boolean primary key default true check (only_row),
    -- Renewed by a restore: a node that sees another epoch reloads everything.
    epoch    uuid not null default gen_random_uuid(),
    revision bigint not null default 0
);
insert into dothi.feed default values;

create table dothi.revision (
    number       bigint primary key,
    -- Taken under the lock, so later numbers have later times.
    committed_at timestamptz not null default clock_timestamp(),
    -- Account; none for the program itself and the command line. No foreign key: the log outlives accounts.
    actor        uuid,
    reason       text not null,
    -- Through what: `ogc`, `permit`, `cli import by nam` …
    client       text not null
);
create index revision_time on dothi.revision (committed_at);

create table dothi.feed_change (
    revision bigint not null references dothi.revision (number),
    -- Layer id; '*' for code lists.
    layer    text not null,
    -- Which items changed or went; null: too many to list, load the whole layer.
    fids     bigint[],
    -- items: rows changed; catalog: a definition or code list changed (load the catalog and that layer).
    kind     text not null check (kind in ('items', 'catalog')),
    primary key (revision, layer, kind)
);

grant select, update (revision) on dothi.feed to dothi_serve;
grant select, insert on dothi.revision, dothi.feed_change to dothi_serve;
