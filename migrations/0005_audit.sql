-- Why: who did what, for years. Append-only: the serving role may add and read, nothing else; not even the owner
-- changes a line by accident, for a trigger refuses.

create table dothi.audit (
    id         bigint generated always as identity primary key,
    at         timestamptz not null default clock_timestamp(),
    -- Account and its name at that time; none for the program itself.
    actor      uuid,
    actor_name text not null default '',
    authority  text,
    -- What was done: sign_in, sign_in_failed, item_replace, application_submit …
    action     text not null,
    -- What it was done to: kind and identifier.
    subject    text not null,
    subject_id text not null default '',
    detail     jsonb not null default '{}',
    address    text not null default '',
    request_id text not null default ''
);
create index audit_subject on dothi.audit (subject, subject_id, id);
create index audit_actor on dothi.audit (actor, id);

create function dothi.refuse_change() returns trigger language plpgsql as $$
begin
    raise exception 'dothi.% is append-only', tg_table_name using errcode = 'insufficient_privilege';
end $$;

create trigger audit_append_only before update or delete or truncate on dothi.audit
    for each statement execute function dothi.refuse_change();

grant select, insert on dothi.audit to dothi_serve;
