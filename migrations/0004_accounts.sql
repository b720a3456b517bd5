-- Why: who may sign in, and the sessions that follow. Passwords are argon2id hashes, tokens are kept as SHA-256
-- only: a copy of this table signs nobody in.

create table dothi.account (
    id            uuid primary key,
    -- Sign-in name: lower case, no spaces.
    name          text not null constraint account_name_unique unique
                  constraint account_name_form check (name ~ '^[a-z0-9][a-z0-9._@-]{1,79}$'),
    display_name  text not null,
    -- PHC string ($argon2id$…).
    password_hash text not null,
    roles         text[] not null constraint account_roles_known check (roles <@ array['applicant', 'intake',
                  'reviewer', 'approver', 'clerk', 'order_officer', 'agency', 'planner', 'editor', 'admin']
                  and cardinality(roles) > 0),
    -- Authority the account belongs to (commune code, SXD, zone board …); none for applicants.
    authority     text,
    -- Agency code of that authority, which decides restricted layers.
    agency        text,
    -- Only made up accounts of the sample province have it; shown wherever they sign in.
    sample        boolean not null default false,
    -- Set by a one-time password: the first sign-in asks for another.
    must_change_password boolean not null default false,
    created_at    timestamptz not null default now(),
    password_changed_at timestamptz not null default now(),
    disabled_at   timestamptz,
    -- Wrong passwords in a row; sign-in waits until locked_until.
    failed_logins integer not null default 0,
    locked_until  timestamptz
);

create table dothi.session (
    token_sha256 bytea primary key check (length(token_sha256) = 32),
    account      uuid not null references dothi.account (id),
    -- Part of the hash of the form token against cross-site requests.
    csrf_secret  bytea not null,
    created_at   timestamptz not null default now(),
    last_seen_at timestamptz not null default now(),
    expires_at   timestamptz not null,
    client       text not null default '',
    address      text not null default ''
);
create index session_account on dothi.session (account);
create index session_expiry on dothi.session (expires_at);

grant select, insert, update on dothi.account to dothi_serve;
grant select, insert, update, delete on dothi.session to dothi_serve;
