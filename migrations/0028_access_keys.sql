-- Why: QGIS and scripts cannot sign in as a person does, and should not know his password. A key stands for an account
-- towards the services of layers only, and may be narrower than it: certain layers, reading only, an end. The
-- database knows only its SHA-256, so a copy of it opens nothing.

create table dothi.access_key (
    id           uuid primary key,
    account      uuid not null references dothi.account (id),
    -- What its owner calls it: "QGIS phòng quản lý đô thị".
    name         text not null check (char_length(name) between 1 and 80),
    key_sha256   bytea not null unique check (length(key_sha256) = 32),
    may_edit     boolean not null,
    -- Layers beyond which it is worth nothing; none: all that the account has rights to.
    layers       text[] check (cardinality(layers) between 1 and 500),
    created_at   timestamptz not null default now(),
    expires_at   timestamptz not null,
    revoked_at   timestamptz,
    last_used_at timestamptz
);
create index access_key_account on dothi.access_key (account, created_at desc);

grant select, insert, update on dothi.access_key to dothi_serve;
