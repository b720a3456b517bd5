-- Why: editors import files on the portal in steps (upload, look, map, try, run), each a background job that any node
-- may do, and the next file of the same kind should need no mapping by hand. And the catalogue asks when a layer
-- changed last, which must not read the whole change log.

create table dothi.import (
    id          uuid primary key,
    layer       text not null,
    -- inspect: read the first rows; trial: everything but the last step; run: the import itself.
    task        text check (task in ('inspect', 'trial', 'run')),
    -- The job of that task; its state and progress are those of the import.
    job         uuid references dothi.job (id),
    -- {"source_layer", "crs", "encoding", "map": [[attribute, field]], "mode"}: what was chosen last.
    settings    jsonb not null default '{}',
    -- What the file says of itself and its first rows; the report of the trial; the report of the run.
    inspection  jsonb,
    trial       jsonb,
    report      jsonb,
    -- Revision that the run made; none if it changed nothing.
    revision    bigint,
    created_by  uuid not null references dothi.account (id),
    created_at  timestamptz not null default now(),
    finished_at timestamptz,
    -- Set when the uploaded files were removed, which they are a bounded time after the last use.
    used_at     timestamptz not null default now(),
    cleared_at  timestamptz
);
create index import_recent on dothi.import (created_at desc);
create index import_uncleared on dothi.import (used_at) where cleared_at is null;

create table dothi.import_file (
    import     uuid not null references dothi.import (id) on delete cascade,
    -- As on the uploader's side, without folders.
    name       text not null,
    size_bytes bigint not null,
    primary key (import, name)
);

create table dothi.import_mapping (
    layer         text not null,
    -- SHA-256 of the file's field names, sorted: files with the same fields are mapped the same way.
    fields_sha256 bytea not null check (length(fields_sha256) = 32),
    settings      jsonb not null,
    changed_at    timestamptz not null default now(),
    changed_by    uuid,
    primary key (layer, fields_sha256)
);

-- The last change of a layer, and those of some months.
create index if not exists feed_change_layer on dothi.feed_change (layer, revision);

grant select, insert, update on dothi.import, dothi.import_mapping to dothi_serve;
grant select, insert, delete on dothi.import_file to dothi_serve;
