-- Each parcel changed :changes times, one revision a time, closed and written as edits do it.
select format($change$
    with r as (
        update dothi.feed set revision = revision + 1 returning revision
    ), n as (
        insert into dothi.revision (number, reason, client) select revision, 'bench', 'bench' from r
        returning number, committed_at
    ), c as (
        insert into dothi.feed_change (revision, layer, kind) select number, 'parcel', 'items' from n
    ), h as (
        insert into history.parcel (fid, rev_from, rev_to, closed_at, geom, code, commune_code, sheet_number,
            parcel_number, land_use, area_m2, made_up)
        select fid, version, number, committed_at, geom, code, commune_code, sheet_number, parcel_number, land_use,
            area_m2, made_up
        from layer.parcel, n order by fid
    )
    update layer.parcel set version = n.number, area_m2 = area_m2 + 0.1 from n
$change$) from generate_series(1, :changes)
\gexec
vacuum analyze layer.parcel;
analyze history.parcel;
