-- Why: background work (checks of a model, imports) on a queue in the database: a job is leased, and one whose
-- holder died is taken up by another node when the lease ends. Beside it what makes a repeated request harmless
-- (idempotency keys) and the few settings that change at run time.

create table dothi.job (
    id           uuid primary key,
    kind         text not null,
    payload      jsonb not null,
    state        text not null default 'queued' check (state in ('queued', 'running', 'done', 'failed')),
    -- 0 … 1
    progress     real not null default 0 check (progress between 0 and 1),
    -- Times it was leased; given up after max_attempts.
    attempts     integer not null default 0,
    max_attempts integer not null default 3,
    run_after    timestamptz not null default now(),
    -- Who works on it, and until when it is his; a random number a lease, so that a late worker cannot finish it.
    lease        uuid,
    lease_until  timestamptz,
    -- What came out, for the asker.
    result       jsonb,
    -- {"vi", "en"}: why it failed.
    error        jsonb,
    requested_by uuid references dothi.account (id),
    created_at   timestamptz not null default now(),
    started_at   timestamptz,
    finished_at  timestamptz,
    check ((state = 'running') = (lease is not null)),
    check ((state in ('done', 'failed')) = (finished_at is not null))
);
create index job_waiting on dothi.job (run_after, created_at) where state = 'queued';
create index job_running on dothi.job (lease_until) where state = 'running';

-- A POST or PUT with an Idempotency-Key, kept 7 days an account. Without a status: the first one is still at work.
create table dothi.idempotency (
    account      uuid not null references dothi.account (id),
    key          text not null check (length(key) between 1 and 200),
    -- SHA-256 of method, path and body: another request under the same key is refused.
    request_sha256 bytea not null check (length(request_sha256) = 32),
    status       smallint,
    -- Response headers that a replay repeats: {"location": …}.
    headers      jsonb,
    body         bytea,
    created_at   timestamptz not null default now(),
    primary key (account, key)
);
create index idempotency_age on dothi.idempotency (created_at);

create table dothi.setting (
    key        text primary key,
    value      jsonb not null,
    changed_at timestamptz not null default now(),
    changed_by uuid
);

grant select, insert, update, delete on dothi.job, dothi.idempotency to dothi_serve;
grant select, insert, update on dothi.setting to dothi_serve;
