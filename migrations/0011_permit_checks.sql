-- Why: a check run is evidence. It keeps the input it saw as canonical JSON (RFC 8785) under its SHA-256, the
-- rule set and versions that judged it, and every verdict; nothing of a finished run is ever changed.

create table permit.check_run (
    id          uuid primary key,
    application uuid not null references permit.application (id),
    kind        text not null check (kind in ('precheck', 'official')),
    -- Submission that was checked; none for a pre-check of the open working set.
    submission  integer,
    -- Why it ran: precheck, accept, repeat (before propose), supplement.
    reason      text not null,
    job         uuid,
    state       text not null default 'queued' check (state in ('queued', 'running', 'done', 'failed')),
    -- Why a run failed, for the people of the case: {"vi", "en"}.
    error       jsonb,
    ruleset_id      text,
    ruleset_hash    text,
    checker_version text,
    geometry_engine text,
    layer_epoch     uuid,
    layer_revision  bigint,
    -- Canonical JSON of the CheckInput; text, for jsonb would reorder and renumber it.
    input        text,
    input_sha256 text,
    output_sha256 text,
    requested_by uuid references dothi.account (id),
    created_at   timestamptz not null default now(),
    finished_at  timestamptz,
    foreign key (application, submission) references permit.submission (application, number),
    check (kind = 'precheck' or submission is not null),
    check (state <> 'done' or (input is not null and output_sha256 is not null))
);
create index check_run_job on permit.check_run (job);
create index check_run_application on permit.check_run (application, created_at desc);

create table permit.verdict (
    run          uuid not null references permit.check_run (id),
    position     integer not null,
    rule         text not null,
    version      integer not null,
    effect       text not null check (effect in ('blocking', 'consult', 'advisory')),
    verdict      text not null check (verdict in ('PASS', 'FAIL', 'MANUAL', 'NOT_APPLICABLE', 'NO_DATA')),
    work         text,
    parcels      text[] not null,
    measured     double precision,
    limit_value  double precision,
    unit         text,
    -- {"kind", "name", "feature"}
    limit_source jsonb,
    binding      boolean not null,
    clause       text not null,
    message_vi   text not null,
    message_en   text not null,
    elements     text[] not null,
    -- GeoJSON in EPSG:9218 exactly as the check gave it (it is part of the output hash).
    geometry     jsonb,
    primary key (run, position)
);

-- An officer's finding on one row. It never changes the computed verdict; the latest one per row counts.
create table permit.finding (
    id          bigint generated always as identity primary key,
    application uuid not null,
    submission  integer not null,
    rule        text not null,
    -- Work the row is about; '' for the whole application.
    work        text not null default '',
    finding     text not null check (finding in ('accepted', 'not_accepted', 'not_applicable')),
    reason      text not null,
    evidence    jsonb,
    officer     uuid not null references dothi.account (id),
    made_at     timestamptz not null default now(),
    foreign key (application, submission) references permit.submission (application, number)
);
create index finding_case on permit.finding (application, submission, rule, work, id desc);
