-- Why: each import leaves its record, also one that was killed; and an import into a layer without items builds the
-- layer's next table beside it, written once and indexed once, and puts it in its place in a moment: the feed's
-- number is held for milliseconds, whatever the file's size. Serving nodes own no layer table, hence security definer;
-- each function takes names of layers and of staging tables only, and looks both up in the catalog.

create table dothi.import_log (
    -- Version 7: later imports have greater ids.
    id          uuid primary key,
    layer       text not null,
    file_name   text not null,
    mode        text not null check (mode in ('replace', 'append', 'upsert')),
    dry_run     boolean not null,
    -- What the caller asked for: source layer, CRS, encoding, mapping.
    options     jsonb not null,
    -- Account; none for the command line. No foreign key: the log outlives accounts.
    actor       uuid,
    client      text not null,
    started_at  timestamptz not null default clock_timestamp(),
    finished_at timestamptz,
    -- running; done; refused (the file or its options); failed (the program or the database); died (killed).
    state       text not null default 'running' check (state in ('running', 'done', 'refused', 'failed', 'died')),
    -- Revision that it made; null where nothing changed.
    revision    bigint references dothi.revision (number),
    -- Counts, warnings and the first of the repaired and rejected features.
    report      jsonb,
    error       jsonb
);
create index import_log_layer on dothi.import_log (layer, id desc);
create index import_log_running on dothi.import_log (id) where state = 'running';

grant select, insert, update on dothi.import_log to dothi_serve;

-- Highest identifier that a layer has given so far.
create function dothi.last_fid(p_layer text) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    seq  text := pg_get_serial_sequence(format('layer.%I', p_layer), 'fid');
    last bigint;
begin
    if seq is null then return null; end if;
    execute format('select case when is_called then last_value else 0 end from %s', seq) into last;
    return last;
end $$;

-- Whether a layer could take a staging table: it has no items, and nothing hangs on its table that would have to
-- follow. Asked outside of the import's transaction, which so holds no lock on the layer's table.
create function dothi.may_stage(p_layer text) returns boolean
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    tab    regclass := to_regclass(format('layer.%I', p_layer));
    filled boolean;
begin
    if tab is null or not dothi.stands_alone(tab) then return false; end if;
    execute format('select exists (select from %s)', tab) into filled;
    return not filled;
end $$;

-- Makes staging.<p_staging> with the columns and checks of the layer's table but its version, and no index. Reads the
-- catalog only.
create function dothi.stage_layer(p_layer text, p_staging text) returns void
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    tab   regclass := format('layer.%I', p_layer)::regclass;
    parts text;
begin
    if p_staging !~ '^b[0-9a-f]{32}$' then raise exception 'no name for a staging table: %', p_staging; end if;
    select string_agg(part, ', ' order by n) into parts from (
        select a.attnum::integer as n, format('%I %s%s%s', a.attname, format_type(a.atttypid, a.atttypmod),
            case when c.oid is not null and a.attcollation <> t.typcollation
                 then format(' collate %I.%I', cn.nspname, c.collname) else '' end,
            case when a.attnotnull then ' not null' else '' end) as part
        from pg_attribute a join pg_type t on t.oid = a.atttypid
        left join pg_collation c on c.oid = a.attcollation left join pg_namespace cn on cn.oid = c.collnamespace
        where a.attrelid = tab and a.attnum > 0 and not a.attisdropped and a.attname <> 'version'
        union all
        select 10000, format('constraint %I %s', k.conname, pg_get_constraintdef(k.oid))
        from pg_constraint k where k.conrelid = tab and k.contype = 'c') columns;
    execute format('create table staging.%I (%s)', p_staging, parts);
    execute format('grant select, insert, update, delete on staging.%I to dothi_serve', p_staging);
end $$;

-- Whether nothing but its indexes and its sequence depends on a table: no view, foreign key, trigger, policy, child.
create function dothi.stands_alone(p_table regclass) returns boolean
language sql stable set search_path = pg_catalog, pg_temp as $$
    select c.relkind = 'r' and not c.relrowsecurity
       and not exists (select from pg_trigger t where t.tgrelid = p_table)
       and not exists (select from pg_constraint k where k.confrelid = p_table)
       and not exists (select from pg_inherits i where p_table in (i.inhparent, i.inhrelid))
       and not exists (select from pg_depend d join pg_rewrite r on r.oid = d.objid
                       where d.classid = 'pg_rewrite'::regclass and d.refclassid = 'pg_class'::regclass
                         and d.refobjid = p_table)
    from pg_class c where c.oid = p_table
$$;

-- Gives the staging table the layer's indexes. Those that hold the version come with it, in adopt_layer.
create function dothi.index_staged(p_layer text, p_staging text, p_versioned boolean default false) returns void
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    tab regclass := format('layer.%I', p_layer)::regclass;
    new regclass := dothi.staged(p_staging);
    idx record;
    def text;
begin
    perform set_config('maintenance_work_mem', '256MB', true);
    if not p_versioned then
        execute format('alter table %s add constraint %I primary key (fid)', new, p_staging || '_pkey');
    end if;
    for idx in
        select i.indexrelid, row_number() over (order by i.indexrelid) as n, a.attnum = any (i.indkey) as versioned
        from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attname = 'version'
        where i.indrelid = tab and not i.indisprimary
    loop
        continue when idx.versioned <> p_versioned;
        def := regexp_replace(pg_get_indexdef(idx.indexrelid), '^CREATE( UNIQUE)? INDEX \S+ ON \S+ ',
            format('CREATE\1 INDEX %I ON staging.%I ', p_staging || '_' || idx.n, p_staging));
        execute def;
    end loop;
end $$;

-- Puts the staging table in the layer's place under revision p_revision, which the caller's transaction has taken.
-- Takes the layer's table for itself, so it is called last. Each row's version is the revision, kept once as the
-- column's stored default: no row is written again.
create function dothi.adopt_layer(p_layer text, p_staging text, p_last_fid bigint, p_revision bigint) returns void
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    old  regclass := format('layer.%I', p_layer)::regclass;
    new  regclass := dothi.staged(p_staging);
    acl  record;
    names text[];
    filled boolean;
begin
    execute format('select exists (select from %s)', old) into filled;
    if filled then raise exception 'the layer % has items', p_layer; end if;
    execute format('alter table %s add column version bigint not null default %s', new, p_revision);
    execute format('alter table %s alter column version drop default', new);
    perform dothi.index_staged(p_layer, p_staging, true);
    execute format('alter table %s alter column fid add generated by default as identity', new);
    perform setval(pg_get_serial_sequence(new::text, 'fid'), p_last_fid);
    for acl in
        select e.privilege_type, coalesce(quote_ident(r.rolname), 'public') as grantee
        from pg_class c, aclexplode(c.relacl) e left join pg_roles r on r.oid = e.grantee where c.oid = old
    loop
        execute format('grant %s on %s to %s', acl.privilege_type, new, acl.grantee);
    end loop;
    execute format('grant usage on sequence %s to dothi_serve', pg_get_serial_sequence(new::text, 'fid'));
    select array_agg(i.relname::text order by i.oid) into names
        from pg_index x join pg_class i on i.oid = x.indexrelid where x.indrelid = old and not x.indisprimary;
    execute format('drop table %s', old);
    execute format('alter table staging.%I rename to %I', p_staging, p_layer);
    execute format('alter table staging.%I set schema layer', p_layer);
    execute format('alter index layer.%I rename to %I', p_staging || '_pkey', p_layer || '_pkey');
    for n in 1 .. coalesce(cardinality(names), 0) loop
        execute format('alter index layer.%I rename to %I', p_staging || '_' || n, names[n]);
    end loop;
    execute format('alter sequence %s rename to %I',
        pg_get_serial_sequence(format('layer.%I', p_layer), 'fid'), p_layer || '_fid_seq');
end $$;

-- Whether staging.<p_staging> can take the layer's place now: the layer still is without items, has given no
-- identifier since p_base, and has the columns and rules that the staging table was made with. Locks the layer's
-- table to the end of the transaction.
create function dothi.may_adopt(p_layer text, p_staging text, p_base bigint) returns boolean
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    tab  regclass := to_regclass(format('layer.%I', p_layer));
    filled boolean;
begin
    if tab is null then return false; end if;
    execute format('lock table %s in access exclusive mode', tab);
    execute format('select exists (select from %s)', tab) into filled;
    return not filled and dothi.stands_alone(tab) and dothi.last_fid(p_layer) = p_base
       and dothi.shape(tab) = dothi.shape(format('staging.%I', p_staging)::regclass);
end $$;

-- The staging table will not become the layer: its rows are merged, by their number.
create function dothi.keep_staged(p_staging text) returns void
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
    execute format('alter table %s rename column fid to row', dothi.staged(p_staging));
end $$;

create function dothi.drop_staged(p_staging text) returns void
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
    execute format('drop table %s', dothi.staged(p_staging));
end $$;

-- The staging table of this name, if stage_layer made it: that is done as the owner. Another one may be anything.
create function dothi.staged(p_staging text) returns regclass
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
    tab regclass;
begin
    select c.oid into tab from pg_class c
    where c.relnamespace = 'staging'::regnamespace and c.relname = p_staging and c.relkind = 'r'
      and c.relowner = 'dothi_owner'::regrole and p_staging ~ '^b[0-9a-f]{32}$';
    if tab is null then raise exception 'not a staging table: %', p_staging; end if;
    return tab;
end $$;

-- Columns, checks and indexes of a table (the version aside), as text to compare.
create function dothi.shape(p_table regclass) returns text
language sql stable set search_path = pg_catalog, pg_temp as $$
    select string_agg(line, E'\n' order by line) from (
        select format('%s %s %s %s', attname, format_type(atttypid, atttypmod), attcollation, attnotnull) as line
        from pg_attribute where attrelid = p_table and attnum > 0 and not attisdropped and attname <> 'version'
        union all
        select format('%s %s', conname, pg_get_constraintdef(oid))
        from pg_constraint where conrelid = p_table and contype = 'c'
        union all
        select regexp_replace(pg_get_indexdef(i.indexrelid), ' INDEX \S+ ON \S+ ', ' INDEX ')
        from pg_index i left join pg_attribute v on v.attrelid = i.indrelid and v.attname = 'version'
        where i.indrelid = p_table and not coalesce(v.attnum = any (i.indkey), false)) lines
$$;

-- Fresh estimates of a layer that changed much. Only a table's owner may make them.
create function dothi.analyze_layer(p_layer text) returns void
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
    execute format('analyze layer.%I', p_layer);
end $$;

revoke all on function dothi.last_fid(text), dothi.may_stage(text), dothi.stage_layer(text, text), dothi.stands_alone(regclass),
    dothi.index_staged(text, text, boolean), dothi.adopt_layer(text, text, bigint, bigint),
    dothi.may_adopt(text, text, bigint), dothi.shape(regclass), dothi.analyze_layer(text), dothi.staged(text),
    dothi.keep_staged(text), dothi.drop_staged(text) from public;
grant execute on function dothi.last_fid(text), dothi.may_stage(text), dothi.stage_layer(text, text), dothi.index_staged(text, text, boolean),
    dothi.adopt_layer(text, text, bigint, bigint), dothi.may_adopt(text, text, bigint), dothi.analyze_layer(text),
    dothi.keep_staged(text), dothi.drop_staged(text)
    to dothi_serve;

-- The command line checks as the serving role that the database is up to date.
grant select on public._sqlx_migrations to dothi_serve;
