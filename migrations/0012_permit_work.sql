-- Why: what officers and applicants do with a case beside its state: comments pinned to an element or place,
-- consultations with their own clock, the message thread, letters. And the record of every event, numbered
-- without a gap for the national portal.

create table permit.comment (
    id          bigint generated always as identity primary key,
    application uuid not null references permit.application (id),
    submission  integer,
    author      uuid not null references dothi.account (id),
    body        text not null check (body <> ''),
    -- Pinned to: an element of a model, a place, or a page of a document.
    work        text,
    element     text,
    place       geometry(Geometry, 9218),
    slot        text,
    page        integer,
    rule        text,
    -- Comments of officers among themselves are not shown to the applicant.
    internal    boolean not null default false,
    made_at     timestamptz not null default now(),
    resolved_at timestamptz,
    resolved_by uuid references dothi.account (id)
);
create index comment_application on permit.comment (application, id);

create table permit.consultation (
    id          bigint generated always as identity primary key,
    application uuid not null references permit.application (id),
    submission  integer not null,
    authority   text not null references permit.authority (code),
    question    text not null,
    asked_by    uuid not null references dothi.account (id),
    asked_at    timestamptz not null,
    due_at      timestamptz not null,
    -- deemed: the agency was silent to the end of its time (Art. 54.2c); never shown as PASS.
    state       text not null default 'open' check (state in ('open', 'answered', 'deemed', 'overdue')),
    opinion     text check (opinion in ('agree', 'agree_with_conditions', 'disagree')),
    answer      text,
    answered_by uuid references dothi.account (id),
    answered_at timestamptz,
    check ((state = 'answered') = (opinion is not null))
);
create index consultation_application on permit.consultation (application, id);
create index consultation_open on permit.consultation (authority, due_at) where state = 'open';

create table permit.message (
    id          bigint generated always as identity primary key,
    application uuid not null references permit.application (id),
    author      uuid not null references dothi.account (id),
    from_officer boolean not null,
    body        text not null check (body <> ''),
    made_at     timestamptz not null default now()
);
create index message_application on permit.message (application, id);

create table permit.letter (
    id          bigint generated always as identity primary key,
    application uuid not null references permit.application (id),
    submission  integer,
    -- receipt, return, supplement, refusal, permit, withdrawal
    kind        text not null,
    number      text not null unique,
    title       text not null,
    -- {"vi": {"paragraphs": []}, "en": …, "points": [{"rule", "clause", "text"}]}
    body        jsonb not null,
    signed_by   uuid references dothi.account (id),
    made_at     timestamptz not null,
    -- Proven delivery: starts the applicant's time for a supplement.
    delivered_at timestamptz,
    delivery_channel text
);
create index letter_application on permit.letter (application, id);

-- One row, bumped near the end of each transaction that records events: the lock is held to the commit, so
-- numbers become visible in order and without a gap.
create table permit.event_counter (
    only_row boolean primary key default true check (only_row),
    last     bigint not null
);
insert into permit.event_counter (last) values (0);

create table permit.event (
    seq         bigint primary key,
    application uuid references permit.application (id),
    permit      uuid,
    event       text not null,
    from_state  text,
    to_state    text,
    -- Account, or none for the system.
    actor       uuid references dothi.account (id),
    -- Role in which the actor acted; system for the system.
    role        text not null,
    authority   text,
    submission  integer,
    note        text not null default '',
    detail      jsonb not null default '{}',
    at          timestamptz not null
);
create index event_application on permit.event (application, seq);
