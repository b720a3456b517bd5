-- Why: the permit service keeps its cases in fixed tables of its own schema, apart from the layers. This file
-- holds who decides (authorities), what is applied for (applications, parcels, works, files) and what was filed
-- (immutable submissions). Shapes: domain notes §2-§4; procedures, timers and rules are data outside the database.
-- Personal data lies in columns named parties, holder or author only, so that extracts and retention can be
-- held to them.

create schema permit;

create table permit.authority (
    code    text primary key check (code ~ '^[A-Z0-9_-]{2,20}$'),
    kind    text not null check (kind in ('commune', 'zone_board', 'department', 'agency')),
    name    text not null,
    name_en text not null,
    -- Owner code of the layers (schema/codes/agency.toml); decides which restricted layers its officers read.
    agency  text not null,
    -- Whether silence of this agency counts as consent (NĐ 217 Art. 54.2c; another law may rule).
    deemed_consent boolean not null default true
);
comment on table permit.authority is 'Who issues permits or is consulted: communes, zone boards, the Department, agencies';

-- Case numbers run by authority and year, so they are counted here and not by a sequence (no gaps on rollback).
create table permit.case_number (
    prefix text primary key,
    last   bigint not null
);

create table permit.application (
    id            uuid primary key,
    -- Identifier as an item of the layer permit_application.
    fid           bigint generated always as identity unique,
    -- Feed revision of the item's state.
    version       bigint not null default 0,
    code          text not null unique,
    kind          text not null,
    state         text not null,
    -- Counts every change of the case; the ETag.
    revision      bigint not null default 1,
    title         text not null default '',
    -- Competent authority; none before the first submission.
    authority     text references permit.authority (code),
    channel       text not null default 'portal',
    external_code text,
    parent_permit uuid,
    applicant     uuid not null references dothi.account (id),
    investor_type text check (investor_type in ('household_individual', 'organisation')),
    -- Technical fields of form 01 (what checks and extracts may see).
    form          jsonb not null default '{}',
    -- Personal fields of form 01: investor, designer, representative.
    parties       jsonb not null default '{}',
    -- Site of linear works; parcels otherwise.
    site          geometry(Geometry, 9218),
    -- What the map shows of a case in progress: the footprint where the model is placed, else the parcels' union.
    geom          geometry(MultiPolygon, 9218),
    -- The rest of what the map shows, taken from the filed form.
    commune_code  text,
    building_class text,
    work_name     text,
    use           text,
    storeys       bigint,
    height_m      double precision,
    footprint_area_m2 double precision,
    gross_floor_area_m2 double precision,
    -- Procedure and rule set in force on the legal date; fixed by the first accepted submission.
    procedure_id  text,
    procedure_version integer,
    ruleset_id    text,
    ruleset_hash  text,
    legal_date    date,
    -- Number of the latest submission; 0 while nothing was filed.
    submission    integer not null default 0,
    supplements   integer not null default 0,
    assigned_to   uuid references dothi.account (id),
    proposed_by   uuid references dothi.account (id),
    -- What the reviewer proposes: {"decision": issue|refuse, "note", "grounds"}.
    proposal      jsonb,
    submitted_at  timestamptz,
    accepted_at   timestamptz,
    appraisal_due_at  timestamptz,
    due_at        timestamptz,
    supplement_delivered_at timestamptz,
    supplement_due_at timestamptz,
    -- What the events did to the clock, [{"at", "effect"}]: due times are replayed from it (permit::clock).
    clock_marks   jsonb not null default '[]',
    -- Fee of the permit, paid or waived.
    fee_vnd       bigint,
    fee_paid_at   timestamptz,
    approved_by   uuid references dothi.account (id),
    decided_at    timestamptz,
    closed_at     timestamptz,
    created_at    timestamptz not null default now(),
    updated_at    timestamptz not null default now(),
    unique (channel, external_code)
);
create index application_applicant on permit.application (applicant, updated_at desc);
create index application_queue on permit.application (authority, state, due_at);
create index application_assigned on permit.application (assigned_to) where closed_at is null;

-- People who are party to a case and have an account: they never act on it as officers.
create table permit.application_party (
    application uuid not null references permit.application (id),
    account     uuid not null references dothi.account (id),
    role        text not null check (role in ('applicant', 'representative', 'investor', 'designer')),
    valid_until date,
    primary key (application, account, role)
);
create index application_party_account on permit.application_party (account);

create table permit.application_parcel (
    application uuid not null references permit.application (id),
    position    integer not null,
    code        text not null,
    primary key (application, position),
    unique (application, code)
);
create index application_parcel_code on permit.application_parcel (code);

create table permit.work (
    application uuid not null references permit.application (id),
    id          text not null check (id ~ '^[A-Za-z0-9_-]{1,40}$'),
    position    integer not null,
    name        text not null,
    use         text,
    primary key (application, id)
);

-- Every file ever put into a case, by slot and version. The working set is the highest version of each slot;
-- bytes lie in the file store under their SHA-256.
create table permit.file (
    application uuid not null references permit.application (id),
    -- 'model' or a document slot of the procedure.
    slot        text not null check (slot ~ '^[a-z][a-z0-9_]{0,40}$'),
    -- Work of a model; '' for documents.
    work        text not null default '',
    version     integer not null,
    sha256      text not null check (sha256 ~ '^[0-9a-f]{64}$'),
    size_bytes  bigint not null,
    media_type  text not null,
    name        text not null,
    uploaded_by uuid not null references dothi.account (id),
    uploaded_at timestamptz not null default now(),
    primary key (application, slot, work, version)
);
create index file_sha256 on permit.file (sha256);

create table permit.submission (
    application  uuid not null references permit.application (id),
    number       integer not null,
    -- submit or supplement
    event        text not null,
    title        text not null,
    form         jsonb not null,
    parties      jsonb not null,
    investor_type text,
    parcels      text[] not null,
    works        jsonb not null,
    site         geometry(Geometry, 9218),
    -- SHA-256 of the canonical JSON of everything above and the file hashes.
    content_sha256 text not null,
    submitted_by uuid not null references dothi.account (id),
    submitted_at timestamptz not null,
    primary key (application, number)
);
comment on table permit.submission is 'What was filed, frozen: never updated, never deleted';

create table permit.submission_file (
    application uuid not null,
    submission  integer not null,
    slot        text not null,
    work        text not null default '',
    version     integer not null,
    sha256      text not null,
    primary key (application, submission, slot, work),
    foreign key (application, submission) references permit.submission (application, number),
    foreign key (application, slot, work, version) references permit.file (application, slot, work, version)
);

-- Digital signatures found in filed documents and models, verified at intake.
create table permit.signature (
    id          bigint generated always as identity primary key,
    application uuid not null,
    submission  integer not null,
    slot        text not null,
    work        text not null default '',
    signer      text not null,
    issuer      text,
    serial      text,
    signed_at   timestamptz,
    valid       boolean,
    reason      text,
    checked_at  timestamptz not null default now(),
    foreign key (application, submission, slot, work)
        references permit.submission_file (application, submission, slot, work)
);

-- Facts of a model depend on its bytes and on the reader's version alone.
create table permit.model_facts (
    sha256     text not null,
    reader     text not null,
    facts      jsonb,
    -- Why the file is refused: {"vi", "en"}; one of facts and refusal is set.
    refusal    jsonb,
    made_at    timestamptz not null default now(),
    primary key (sha256, reader),
    check ((facts is null) <> (refusal is null))
);
