//! The decisions on layers as tables.

use super::*;

/// An account with a role, an authority and an agency.
fn who(role: Role, authority: Option<&str>, agency: Option<&str>) -> Principal {
    Principal::of(Account {
        id: Uuid::from_u128(7),
        name: "x".into(),
        display_name: "x".into(),
        roles: [role].into(),
        authority: authority.map(str::to_owned),
        agency: agency.map(str::to_owned),
    })
}

/// The same by an access key.
fn by_key(who: &Principal, may_edit: bool, layers: Option<&[&str]>) -> Principal {
    let layers = layers.map(|names| names.iter().map(|n| (*n).to_owned()).collect());
    Principal { key: Some(KeyScope { id: Uuid::nil(), may_edit, layers }), ..who.clone() }
}

#[test]
fn a_key_is_never_wider_than_its_account_and_reaches_no_further_than_it_says() {
    let secret = layer(serde_json::json!({"id": "camera", "access": "R", "editors": ["CA"]}));
    let open = layer(serde_json::json!({"id": "road", "access": "O", "editors": ["CA"]}));
    let none = Catalog::default();
    let (officer, stranger) =
        (who(Role::Editor, Some("CA"), Some("CA")), who(Role::Editor, None, Some("XD")));
    for (layers, sees) in [(None, true), (Some(&["camera"][..]), true), (Some(&["road"][..]), false)] {
        let reads = by_key(&officer, false, layers);
        assert_eq!(view(&reads, &secret, &none).is_some(), sees, "{layers:?}");
        assert!(view(&reads, &open, &none).is_some(), "what is open stays open");
        assert!(edit(&reads, &secret).is_none() && edit(&reads, &open).is_none(), "a reading key");
        assert_eq!(edit(&by_key(&officer, true, layers), &secret).is_some(), sees, "{layers:?}");
    }
    assert!(edit(&by_key(&officer, true, Some(&["camera"])), &open).is_none(), "out of its reach");
    assert!(view(&by_key(&stranger, true, None), &secret, &none).is_none());
    assert!(edit(&by_key(&stranger, true, None), &secret).is_none());
}

#[allow(clippy::needless_pass_by_value, reason = "callers write the JSON in place")]
fn layer(json: serde_json::Value) -> Arc<LayerDef> {
    let mut whole = serde_json::json!({
        "id": "thing", "title": {"vi": "Vật", "en": "Thing"}, "theme": "land", "geometry": "Point",
        "owner": ["CA"], "access": "O", "attribute": [],
    });
    whole.as_object_mut().unwrap().extend(json.as_object().unwrap().clone());
    Arc::new(serde_json::from_value(whole).unwrap())
}

#[allow(clippy::needless_pass_by_value, reason = "callers write the JSON in place")]
fn attribute(name: &str, more: serde_json::Value) -> serde_json::Value {
    let mut whole = serde_json::json!({"name": name, "type": "text", "title": {"vi": name, "en": name}});
    whole.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    whole
}

fn catalog(layers: impl IntoIterator<Item = Arc<LayerDef>>) -> Catalog {
    Catalog { layers: layers.into_iter().map(|l| (l.id.clone(), l)).collect(), ..Catalog::default() }
}

const WARD: Option<&str> = Some("24611");

#[test]
fn who_may_read_what() {
    let people = [
        Principal::public(),
        who(Role::Applicant, None, None),
        // An applicant with an agency is still none of its officers.
        who(Role::Applicant, Some("CA"), Some("CA")),
        who(Role::Reviewer, None, None),
        who(Role::Reviewer, Some("SXD"), Some("XD")),
        who(Role::Agency, Some("PCCC"), Some("CA")),
        who(Role::Admin, None, None),
    ];
    for (access, readers, expected) in [
        ("O", vec![], [true; 7]),
        ("I", vec![], [false, false, false, true, true, true, true]),
        ("R", vec![], [false, false, false, false, false, true, true]),
        ("R", vec!["XD"], [false, false, false, false, true, true, true]),
    ] {
        let layer = layer(serde_json::json!({"access": access, "readers": readers}));
        let seen = people.each_ref().map(|p| view(p, &layer, &Catalog::default()).is_some());
        assert_eq!(seen, expected, "{access} {readers:?}");
    }
}

#[test]
fn an_attribute_may_name_its_own_readers() {
    let layer = layer(serde_json::json!({"readers": ["XD", "XA"], "attribute": [
        attribute("open", serde_json::json!({})),
        attribute("holder", serde_json::json!({"access": "R"})),
        attribute("phone", serde_json::json!({"access": "R", "readers": ["YT"]})),
        attribute("note", serde_json::json!({"access": "I"})),
    ]}));
    for (principal, expected) in [
        (Principal::public(), [true, false, false, false]),
        (who(Role::Reviewer, None, None), [true, false, false, true]),
        (who(Role::Reviewer, Some("SXD"), Some("XD")), [true, true, false, true]),
        (who(Role::Agency, Some("YT"), Some("YT")), [true, false, true, true]),
        (who(Role::Agency, Some("CA"), Some("CA")), [true; 4]),
        (who(Role::Admin, None, None), [true; 4]),
    ] {
        let view = view(&principal, &layer, &Catalog::default()).unwrap();
        assert_eq!(view.attributes, expected, "{principal:?}");
        assert_eq!(view.profile == 0, expected == [true; 4]);
        for (a, seen) in layer.attributes.iter().zip(expected) {
            assert_eq!(view.attribute(&a.name).is_some(), seen);
        }
    }
}

#[test]
fn views_that_differ_never_share_a_cache() {
    // Many restricted attributes: each set of visible ones has a profile of its own.
    let agencies: Vec<String> = (0..90).map(|i| format!("A{i}")).collect();
    let attributes: Vec<_> = agencies
        .iter()
        .map(|a| attribute(&a.to_lowercase(), serde_json::json!({"access": "R", "readers": [a]})))
        .collect();
    let layer = layer(serde_json::json!({"attribute": attributes}));
    let mut profiles: Vec<u64> = agencies
        .iter()
        .map(|a| view(&who(Role::Agency, None, Some(a)), &layer, &Catalog::default()).unwrap().profile)
        .collect();
    profiles.push(view(&Principal::public(), &layer, &Catalog::default()).unwrap().profile);
    profiles.push(0);
    let distinct: BTreeSet<u64> = profiles.iter().copied().collect();
    assert_eq!(distinct.len(), profiles.len());
}

#[test]
fn rows_about_a_layer_are_for_who_sees_it_whole() {
    let named = |id: &str, more: serde_json::Value| {
        let mut json = serde_json::json!({"id": id});
        json.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        layer(json)
    };
    let holder = [attribute("holder", serde_json::json!({"access": "R"}))];
    let problems = named(
        "problem",
        serde_json::json!({"rows_of": "layer", "attribute": [attribute("layer", serde_json::json!({}))]}),
    );
    let catalog = catalog([
        named("open", serde_json::json!({})),
        named("inside", serde_json::json!({"access": "I"})),
        named("secret", serde_json::json!({"access": "R"})),
        named("partly", serde_json::json!({"attribute": holder})),
        named("blurred", serde_json::json!({"blurred": true})),
        problems.clone(),
    ]);
    let seen = |principal: &Principal| {
        let Some(Expr::Or(list)) = view(principal, &problems, &catalog).unwrap().rows else { panic!() };
        let name = |e: Expr| match e {
            Expr::Compare { attribute, op: CompareOp::Eq, value: Value::Text(id) }
                if attribute == "layer" =>
            {
                id
            }
            other => panic!("{other:?}"),
        };
        list.into_iter().map(name).collect::<Vec<_>>()
    };
    assert_eq!(seen(&Principal::public()), ["open"]);
    assert_eq!(seen(&who(Role::Reviewer, Some("SXD"), Some("XD"))), ["inside", "open"]);
    assert_eq!(
        seen(&who(Role::Agency, Some("PCCC"), Some("CA"))),
        ["blurred", "inside", "open", "partly", "secret"]
    );
    let profile = |p: &Principal| view(p, &problems, &catalog).unwrap().profile;
    assert_ne!(profile(&Principal::public()), profile(&who(Role::Reviewer, Some("SXD"), Some("XD"))));
}

#[test]
fn who_may_change_what_and_where() {
    let table = |owner: &str, more: serde_json::Value| {
        let mut json = serde_json::json!({"owner": [owner]});
        json.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        layer(json)
    };
    let none = || serde_json::json!({});
    let hydrant = table("CA", none());
    let tree = table("XA", none());
    let zoning = table("XD", serde_json::json!({"theme": "planning"}));
    let road = table("XD", serde_json::json!({"editors": ["XA"]}));
    let shown = table("XD", serde_json::json!({"source": "view"}));
    let secret = table("CA", serde_json::json!({"access": "R", "editors": ["XD"]}));
    let layers = [&hydrant, &tree, &zoning, &road, &shown, &secret];
    let everywhere = || Some(Area::Everywhere);
    let ward = || Some(Area::Units(["24611".to_owned()].into()));
    let all = || [everywhere(), everywhere(), everywhere(), everywhere(), None, everywhere()];
    for (principal, expected) in [
        (Principal::public(), [const { None }; 6]),
        (who(Role::Applicant, None, None), [const { None }; 6]),
        (who(Role::Applicant, Some("SXD"), Some("XD")), [const { None }; 6]),
        (who(Role::Admin, None, None), all()),
        (who(Role::Editor, None, None), [const { None }; 6]),
        (who(Role::Editor, Some("SXD"), Some("XD")), [None, None, everywhere(), None, None, None]),
        (who(Role::Planner, Some("SXD"), Some("XD")), [None, None, everywhere(), None, None, None]),
        (who(Role::Planner, Some("PCCC"), Some("CA")), [const { None }; 6]),
        (who(Role::Reviewer, Some("SXD"), Some("XD")), [const { None }; 6]),
        (who(Role::Editor, Some("PCCC"), Some("CA")), [everywhere(), None, None, None, None, None]),
        (who(Role::Agency, Some("PCCC"), Some("CA")), [const { None }; 6]),
        (who(Role::Reviewer, WARD, Some("XA")), [None, ward(), None, ward(), None, None]),
        (who(Role::Intake, WARD, Some("XA")), [None, ward(), None, ward(), None, None]),
        (who(Role::Clerk, WARD, Some("XA")), [None, ward(), None, ward(), None, None]),
        (who(Role::OrderOfficer, WARD, Some("XA")), [None, ward(), None, ward(), None, None]),
        // An editor of a commune is not let out of it by his role.
        (who(Role::Editor, WARD, Some("XA")), [None, ward(), None, ward(), None, None]),
        (who(Role::Approver, WARD, Some("XA")), [const { None }; 6]),
        (who(Role::Reviewer, None, Some("XA")), [const { None }; 6]),
    ] {
        let found = layers.map(|l| edit(&principal, l).map(|e| e.area));
        assert_eq!(found, expected, "{principal:?}");
        for (layer, area) in layers.into_iter().zip(expected) {
            let whole = area == Some(Area::Everywhere);
            assert_eq!(may_import(&principal, layer), whole, "{principal:?} {layer:?}");
            assert_eq!(may_undo(&principal, layer), whole);
            assert_eq!(may_run_quality(&principal, layer), area.is_some());
        }
    }
}

#[test]
fn what_one_may_not_read_one_may_not_write() {
    let holder = attribute("holder", serde_json::json!({"access": "R", "readers": ["XA"]}));
    let layer = layer(
        serde_json::json!({"editors": ["XD", "CA"], "attribute": [attribute("code", serde_json::json!({})), holder]}),
    );
    let editor = who(Role::Editor, Some("SXD"), Some("XD"));
    assert_eq!(edit(&editor, &layer).unwrap().attributes, [true, false]);
    assert!(!may_import(&editor, &layer) && !may_undo(&editor, &layer));
    let owner = who(Role::Editor, Some("PCCC"), Some("CA"));
    assert_eq!(edit(&owner, &layer).unwrap().attributes, [true, true]);
}

#[test]
fn who_sees_a_blurred_place_may_not_move_it() {
    let layer = layer(serde_json::json!({"blurred": true, "editors": ["XD", "XA"], "readers": ["XA"]}));
    for (principal, exact, edits) in [
        (Principal::public(), false, false),
        (who(Role::Editor, Some("SXD"), Some("XD")), false, false),
        (who(Role::Reviewer, WARD, Some("XA")), true, true),
        (who(Role::Agency, Some("PCCC"), Some("CA")), true, false),
        (who(Role::Admin, None, None), true, true),
    ] {
        assert_eq!(view(&principal, &layer, &Catalog::default()).unwrap().exact, exact, "{principal:?}");
        assert_eq!(edit(&principal, &layer).is_some(), edits, "{principal:?}");
    }
}

#[test]
fn each_layer_of_the_product_has_an_editor_besides_the_admin() {
    let catalog = crate::layers::embedded().unwrap();
    for layer in catalog.layers.values().filter(|l| l.source == crate::layers::Source::Table) {
        let found = layer.editing_agencies().iter().any(|agency| {
            edit(&who(Role::Editor, WARD, Some(agency)), layer)
                .is_some_and(|e| e.attributes.iter().all(|w| *w))
        });
        assert!(found, "{}", layer.id);
    }
}
