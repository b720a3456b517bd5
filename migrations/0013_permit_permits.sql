-- Why: an issued permit lives longer than its case and has its own states (VALID, STARTED …), versions
-- (corrections, transfers) and place in the public register. Two views show permits and cases in progress as
-- layers; they hold no personal column, so none can leak through the map.

create table permit.permit (
    id          uuid primary key,
    fid         bigint generated always as identity unique,
    version     bigint not null default 0,
    -- Random, so that the register cannot be walked (≥ 100 bits).
    code        text not null unique,
    -- Number on the paper: counted by authority and year.
    number      text not null unique,
    application uuid not null unique references permit.application (id),
    parent      uuid references permit.permit (id),
    kind        text not null,
    state       text not null check (state in ('VALID', 'STARTED', 'SUSPENDED', 'COMPLETED', 'START_EXPIRED',
                    'TERM_ENDED', 'REVOKED', 'VOIDED', 'REPLACED')),
    authority   text not null references permit.authority (code),
    issued_on   date not null,
    -- Last day on which the work may be started.
    start_by    date not null,
    -- Fixed-term permits only.
    term_ends_on date,
    extensions  integer not null default 0,
    parcel_codes text[] not null,
    commune_code text,
    building_class text,
    work_name   text,
    use         text,
    storeys     bigint,
    height_m    double precision,
    footprint_area_m2 double precision,
    gross_floor_area_m2 double precision,
    -- Content of form 03 without personal data.
    content     jsonb not null,
    -- Holder (personal).
    holder      jsonb not null,
    -- SHA-256 of each approved file.
    approved_files jsonb not null,
    approved_by uuid not null references dothi.account (id),
    issued_by   uuid not null references dothi.account (id),
    revision    bigint not null default 1,
    geom        geometry(MultiPolygon, 9218) not null,
    created_at  timestamptz not null default now(),
    updated_at  timestamptz not null default now()
);
create index permit_parcels on permit.permit using gin (parcel_codes);
alter table permit.application
    add foreign key (parent_permit) references permit.permit (id);
alter table permit.event
    add foreign key (permit) references permit.permit (id);

-- States of a permit before a correction or transfer.
create table permit.permit_version (
    permit     uuid not null references permit.permit (id),
    number     integer not null,
    reason     text not null,
    content    jsonb not null,
    holder     jsonb not null,
    replaced_at timestamptz not null default now(),
    primary key (permit, number)
);

create table permit.start_notice (
    id          uuid primary key,
    application uuid not null unique references permit.application (id),
    permit      uuid references permit.permit (id),
    state       text not null check (state in ('NOTIFIED', 'DATA_APPROVED', 'OBJECTED')),
    starts_on   date not null,
    notified_at timestamptz not null,
    answered_at timestamptz,
    answered_by uuid references dothi.account (id),
    answer      text
);

create view layer.permit as
select p.fid, p.version, p.geom, p.code, p.number, a.code as application_code, p.state, p.kind, p.work_name, p.use,
       p.building_class as class, array_to_string(p.parcel_codes, ', ') as parcel_codes, p.commune_code,
       p.authority, u.name as authority_name, p.storeys, p.height_m, p.footprint_area_m2, p.gross_floor_area_m2,
       p.issued_on, p.start_by as expires_on
from permit.permit p
join permit.application a on a.id = p.application
join permit.authority u on u.code = p.authority;

-- Drafts are nobody's business but the applicant's, closed cases are no longer in progress. The title is left out:
-- people write names into it.
create view layer.permit_application as
select a.fid, a.version, a.geom, a.code, a.state, a.kind, a.work_name, a.use, a.building_class as class,
       (select string_agg(p.code, ', ' order by p.position) from permit.application_parcel p
        where p.application = a.id) as parcel_codes,
       a.commune_code, a.authority, a.storeys, a.height_m, a.footprint_area_m2, a.gross_floor_area_m2,
       (a.submitted_at at time zone 'Asia/Ho_Chi_Minh')::date as submitted_on,
       (a.due_at at time zone 'Asia/Ho_Chi_Minh')::date as due_on
from permit.application a
where a.submission > 0 and a.closed_at is null and a.geom is not null;

grant usage on schema permit to dothi_serve;
grant select, insert, update, delete on all tables in schema permit to dothi_serve;
grant select on layer.permit, layer.permit_application to dothi_serve;
-- Evidence and records are written once.
revoke update, delete on permit.submission, permit.submission_file, permit.verdict, permit.finding,
    permit.event, permit.permit_version from dothi_serve;
revoke delete on permit.application, permit.permit, permit.check_run, permit.letter, permit.file,
    permit.event_counter from dothi_serve;
