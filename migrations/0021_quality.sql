-- Why: what the quality rules of the layer files find is kept as runs with their counts and as problems, which two
-- views show as layers: where each problem is, and the area that it takes up (overlap, gap, part outside). Only the
-- latest run's problems are kept; one that is found again keeps its fid and the time when it was first found.

create table dothi.quality_run (
    id           uuid primary key,
    layer        text not null,
    -- Revision of the data that were looked at.
    revision     bigint not null,
    -- Per rule: title, kind, severity, items looked at, count, listed, note (quality::RuleResult).
    rules        jsonb not null,
    errors       bigint not null,
    warnings     bigint not null,
    items        bigint not null,
    started_at   timestamptz not null,
    finished_at  timestamptz not null,
    -- Account; none for the program itself and the command line. No foreign key: runs outlive accounts.
    requested_by uuid
);
create index quality_run_latest on dothi.quality_run (layer, finished_at desc);

create table dothi.quality_problem (
    fid         bigint generated always as identity primary key,
    version     bigint not null,
    run         uuid not null references dothi.quality_run (id),
    layer       text not null,
    rule        text not null,
    -- Tells the problem from others of its rule, so that one that stays is known again.
    key         text not null,
    kind        text not null,
    severity    text not null check (severity in ('error', 'warning')),
    -- None where it is about no item, such as a gap.
    item_fid    bigint,
    item_label  text,
    other_layer text,
    other_fid   bigint,
    message_vi  text not null,
    message_en  text not null,
    measured    double precision,
    unit        text,
    found_at    timestamptz not null,
    point       geometry(Point, 9218),
    -- What is wrong: points, lines or areas.
    geom        geometry(Geometry, 9218),
    unique (layer, rule, key)
);
create index quality_problem_run on dothi.quality_problem (run);

-- Whether a layer changed after a run.
create index if not exists feed_change_layer on dothi.feed_change (layer, revision desc);

create view layer.quality_problem as
select fid, version, point as geom, layer, item_fid, item_label, other_layer, other_fid, rule, kind, severity,
       message_vi, message_en, measured, unit, found_at
from dothi.quality_problem where point is not null;

create view layer.quality_problem_area as
select fid, version, ST_Multi(geom)::geometry(MultiPolygon, 9218) as geom, layer, item_fid, item_label, other_layer,
       other_fid, rule, kind, severity, message_vi, message_en, measured, unit, found_at
from dothi.quality_problem where ST_GeometryType(geom) in ('ST_Polygon', 'ST_MultiPolygon');

grant select, insert on dothi.quality_run to dothi_serve;
grant select, insert, update, delete on dothi.quality_problem to dothi_serve;
grant select on layer.quality_problem, layer.quality_problem_area to dothi_serve;
