use super::*;

/// One change: rows that are new or new states, and fids that go.
fn changes() -> impl Strategy<Value = Vec<(Vec<ItemRow>, Vec<i64>)>> {
    let change = (rows(GeometryKind::Polygon, 12), prop::collection::vec(1..500_i64, 0..12));
    prop::collection::vec(change, 0..6)
}

fn at_version(rows: Vec<ItemRow>, version: i64) -> Vec<ItemRow> {
    rows.into_iter().map(|r| ItemRow { version, ..r }).collect()
}

fn applied(mut all: BTreeMap<i64, ItemRow>, upserts: &[ItemRow], removed: &[i64]) -> BTreeMap<i64, ItemRow> {
    removed.iter().for_each(|fid| {
        all.remove(fid);
    });
    all.extend(upserts.iter().map(|r| (r.fid, r.clone())));
    all
}

fn rebuilt(rows: &BTreeMap<i64, ItemRow>) -> Layer {
    layer(&def(GeometryKind::Polygon), &rows.values().cloned().collect::<Vec<_>>())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn an_overlay_reads_as_a_rebuild(start in rows(GeometryKind::Polygon, 60), steps in changes(), f in expr(), b in boxes()) {
        let mut rows: BTreeMap<i64, ItemRow> = start.iter().map(|r| (r.fid, r.clone())).collect();
        let mut layer = layer(&def(GeometryKind::Polygon), &start);
        for (n, (upserts, removed)) in steps.into_iter().enumerate() {
            let upserts = at_version(upserts, n as i64 + 2);
            layer = layer.with_changes(upserts.clone(), &removed).unwrap();
            rows = applied(rows, &upserts, &removed);
        }
        let fresh = rebuilt(&rows);
        prop_assert_eq!(contents(&layer), contents(&fresh));
        prop_assert_eq!(layer.count(), rows.len());
        prop_assert_eq!(contents(&layer.merged()), contents(&fresh));
        let query = Query { bbox: Some(b), filter: Some(f), ..Query::default() };
        let fids = |l: &Layer| reader(l).query(&query).unwrap().map(|i| i.fid).collect::<Vec<_>>();
        prop_assert_eq!(fids(&layer), fids(&fresh));
        let all = Bbox { min_x: 0.0, min_y: 0.0, max_x: 1e6, max_y: 2e6 };
        let tile = |l: &Layer| reader(l).in_tile(&all).iter().map(|(i, _)| (i.fid, i.version)).collect::<Vec<_>>();
        prop_assert_eq!(tile(&layer), tile(&fresh));
    }

    #[test]
    fn a_merge_beside_which_changes_went_on_loses_none(
        start in rows(GeometryKind::Polygon, 40), before in changes(), after in changes()
    ) {
        let mut rows: BTreeMap<i64, ItemRow> = start.iter().map(|r| (r.fid, r.clone())).collect();
        let mut now = layer(&def(GeometryKind::Polygon), &start);
        let mut version = 1;
        let mut apply = |now: Layer, steps: Vec<(Vec<ItemRow>, Vec<i64>)>| {
            steps.into_iter().fold(now, |layer, (upserts, removed)| {
                version += 1;
                let upserts = at_version(upserts, version);
                rows = applied(std::mem::take(&mut rows), &upserts, &removed);
                layer.with_changes(upserts, &removed).unwrap()
            })
        };
        now = apply(now, before);
        let then = now.clone();
        let merged = then.merged();
        now = apply(now, after);
        let rebased = now.rebased(&then, &merged);
        prop_assert_eq!(contents(&rebased), contents(&rebuilt(&rows)));
    }
}
