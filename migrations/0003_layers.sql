-- Why: the applied definitions, by version. Every node serves what stands here, never what lies in its files, so
-- that two nodes cannot disagree. The tables themselves are written by store/layer_sql.rs.

create table dothi.layer_definition (
    layer      text not null check (layer ~ '^[a-z][a-z0-9_]{0,40}$'),
    version    integer not null,
    -- Revision of the feed in which it was applied.
    revision   bigint not null references dothi.revision (number),
    -- The layer file as JSON (layers::LayerDef); null: the layer was withdrawn, its tables stay.
    definition jsonb,
    primary key (layer, version)
);

create table dothi.code_list (
    id         text not null,
    version    integer not null,
    revision   bigint not null references dothi.revision (number),
    definition jsonb not null,
    primary key (id, version)
);

-- Partitions of history for this year and the next. Serving nodes call it daily, and they own nothing: hence
-- security definer. It takes no argument from outside, and names come from the catalog.
create function dothi.ensure_history_partitions() returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    parent record;
    y      integer;
    made   integer := 0;
begin
    perform pg_advisory_xact_lock(7205, 1);
    for parent in
        select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname = 'history' and c.relkind = 'p'
    loop
        for y in extract(year from now() at time zone 'UTC')::integer
              .. extract(year from now() at time zone 'UTC')::integer + 1
        loop
            if to_regclass(format('history.%I', parent.relname || '_y' || y)) is null then
                execute format(
                    'create table history.%I partition of history.%I for values from (%L) to (%L)',
                    parent.relname || '_y' || y, parent.relname,
                    y || '-01-01T00:00:00Z', (y + 1) || '-01-01T00:00:00Z');
                made := made + 1;
            end if;
        end loop;
    end loop;
    return made;
end $$;
revoke all on function dothi.ensure_history_partitions() from public;

grant select on dothi.layer_definition, dothi.code_list to dothi_serve;
grant execute on function dothi.ensure_history_partitions() to dothi_serve;
