-- Why: the past is read, told and taken back. An old state is the current rows that are old enough and the
-- superseded ones that were current then; the indexes find them by item and by place. They lie on the history
-- tables alone: today's reads and new items do not meet them.

-- What a revision did to a layer, in numbers; null where its writer did not count.
alter table dothi.feed_change
    add column inserted bigint,
    add column updated bigint,
    add column removed bigint;
create index feed_change_layer on dothi.feed_change (layer, revision);
create index revision_actor on dothi.revision (actor, number) where actor is not null;

-- Which revision takes back which.
create table dothi.revision_undo (
    revision bigint primary key references dothi.revision (number),
    undoes   bigint not null references dothi.revision (number)
);
create index revision_undo_undoes on dothi.revision_undo (undoes);
grant select, insert on dothi.revision_undo to dothi_serve;

-- As store/layer_sql.rs makes them for a new layer.
do $$
declare
    parent text;
begin
    for parent in
        select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname = 'history' and c.relkind = 'p'
    loop
        execute format('drop index if exists history.%I', parent || '_fid');
        execute format('create index %I on history.%I (fid, rev_from, rev_to)', parent || '_life', parent);
        execute format('create index %I on history.%I using gist (geom)', parent || '_geom', parent);
        execute format('create index %I on history.%I using brin (rev_to) with (pages_per_range = 16)',
                       parent || '_closed', parent);
    end loop;
end $$;
