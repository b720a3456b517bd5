//! What stands on the backbone in every schema: openings with doors and windows, types, property sets, quantities.

use std::collections::BTreeMap;

use super::backbone::{Built, class, object_type};
use super::design::{Kind, Opening, Room, Schema, Storey, area};
use super::step::{Id, V};

/// An IfcLabel.
pub fn label(text: &str) -> V {
    V::Typed("IFCLABEL", Box::new(V::text(text)))
}

/// A property set on some objects. `of` says in words whose it is, to tell its GlobalId from those of others.
pub fn add_property_set(b: &mut Built<'_>, name: &str, of: &str, objects: &[Id], properties: &[(&str, V)]) {
    let single = |b: &mut Built<'_>, (n, v): &(&str, V)| {
        b.doc.add("IFCPROPERTYSINGLEVALUE", &[V::text(*n), V::Null, v.clone(), V::Null])
    };
    let ids: Vec<Id> = properties.iter().map(|p| single(b, p)).collect();
    add_definition(b, "IFCPROPERTYSET", name, of, objects, &[V::refs(ids)]);
}

/// A quantity: name, `Length` or `Area`, value in metres or square metres.
type Quantity = (&'static str, &'static str, f64);

fn add_quantities(b: &mut Built<'_>, name: &str, of: &str, objects: &[Id], quantities: &[Quantity]) {
    let mut ids = Vec::new();
    for (name, kind, value) in quantities {
        let value = if *kind == "Length" { b.len(*value) } else { V::Real(*value) };
        let mut parts = vec![V::text(*name), V::Null, V::Null, value];
        // IFC4 added a formula.
        parts.extend((b.design.schema != Schema::Ifc2x3).then_some(V::Null));
        ids.push(b.doc.add(&format!("IFCQUANTITY{}", kind.to_uppercase()), &parts));
    }
    add_definition(b, "IFCELEMENTQUANTITY", name, of, objects, &[V::Null, V::refs(ids)]);
}

fn add_definition(b: &mut Built<'_>, entity: &str, name: &str, of: &str, objects: &[Id], own: &[V]) {
    let mut all = b.root(entity, &format!("{name}/{of}")).to_vec();
    all[2] = V::text(name);
    all.extend_from_slice(own);
    let definition = b.doc.add(entity, &all);
    let relation = [V::refs(objects.iter().copied()), V::Ref(definition)];
    b.add_rooted("IFCRELDEFINESBYPROPERTIES", &format!("{name} – {of}"), &relation);
}

/// Cuts the openings of all walls and fills them.
pub fn add_openings(b: &mut Built<'_>) {
    let design = b.design;
    for (s, i, wall, wall_at) in b.elements.clone() {
        for opening in &design.storeys[s].elements[i].openings {
            add_opening(b, opening, wall, wall_at, b.storeys[s].0);
        }
    }
}

fn add_opening(b: &mut Built<'_>, opening: &Opening, wall: Id, wall_at: Id, storey: Id) {
    let newer = b.design.schema != Schema::Ifc2x3;
    let at = b.placement([0.0; 3], Some(wall_at));
    let shape = b.shape(&opening.hole);
    let mut own = vec![V::Null, V::Ref(at), V::Ref(shape), V::Null];
    own.extend(newer.then_some(V::Enum("OPENING")));
    let hole = b.add_rooted("IFCOPENINGELEMENT", &format!("{} – lỗ", opening.name), &own);
    b.add_rooted("IFCRELVOIDSELEMENT", &opening.name, &[V::Ref(wall), V::Ref(hole)]);

    let at = b.placement([0.0; 3], Some(at));
    let shape = b.shape(&opening.filling);
    let mut own =
        vec![V::Null, V::Ref(at), V::Ref(shape), V::Null, b.len(opening.height), b.len(opening.width)];
    let (entity, kinds) = if opening.door {
        ("IFCDOOR", ["DOOR", "SINGLE_SWING_LEFT"])
    } else {
        ("IFCWINDOW", ["WINDOW", "SINGLE_PANEL"])
    };
    if newer {
        own.extend([V::Enum(kinds[0]), V::Enum(kinds[1]), V::Null]);
    }
    let filling = b.add_rooted(entity, &opening.name, &own);
    b.add_rooted("IFCRELFILLSELEMENT", &opening.name, &[V::Ref(hole), V::Ref(filling)]);
    b.add_rooted("IFCRELCONTAINEDINSPATIALSTRUCTURE", &opening.name, &[V::refs([filling]), V::Ref(storey)]);
}

/// Types of walls, slabs and railings, and their common property sets.
pub fn add_types(b: &mut Built<'_>) {
    let design = b.design;
    let mut by_kind: BTreeMap<Kind, Vec<Id>> = BTreeMap::new();
    for (s, i, id, _) in &b.elements {
        by_kind.entry(design.storeys[*s].elements[*i].kind).or_default().push(*id);
    }
    for (kind, ids) in by_kind {
        add_common(b, kind, &ids);
        let (entity, predefined) = class(kind, design.schema);
        if matches!(entity, "IFCWALL" | "IFCSLAB" | "IFCRAILING") {
            let name = object_type(kind);
            let mut own = vec![V::Null; 5];
            own.push(V::Enum(predefined.unwrap_or("STANDARD")));
            let type_ = b.add_rooted(&format!("{entity}TYPE"), name, &own);
            b.add_rooted("IFCRELDEFINESBYTYPE", name, &[V::refs(ids), V::Ref(type_)]);
        }
    }
}

fn add_common(b: &mut Built<'_>, kind: Kind, ids: &[Id]) {
    let name = match class(kind, b.design.schema).0 {
        "IFCWALL" => "Pset_WallCommon",
        "IFCSLAB" => "Pset_SlabCommon",
        "IFCROOF" => "Pset_RoofCommon",
        "IFCRAILING" => "Pset_RailingCommon",
        _ => return,
    };
    let external =
        V::Typed("IFCBOOLEAN", Box::new(V::bool(kind != Kind::InteriorWall && kind != Kind::FloorSlab)));
    add_property_set(b, name, object_type(kind), ids, &[("IsExternal", external)]);
}

/// Property sets and base quantities of the site, the building, its storeys and rooms.
pub fn add_facts(b: &mut Built<'_>) {
    let design = b.design;
    let (site, building) = (b.site, b.building);
    let parcel = area(&design.parcel_ring());
    add_quantities(b, "Qto_SiteBaseQuantities", "khu đất", &[site], &[("GrossArea", "Area", parcel)]);
    let use_ = [("OccupancyType", label(design.use_))];
    add_property_set(b, "Pset_BuildingCommon", "công trình", &[building], &use_);
    let d = design.declared;
    let quantities = [
        ("Height", "Length", d.height_m),
        ("FootPrintArea", "Area", d.footprint_area_m2),
        ("GrossFloorArea", "Area", d.gross_floor_area_m2),
    ];
    add_quantities(b, "Qto_BuildingBaseQuantities", "công trình", &[building], &quantities);
    for (s, storey) in design.storeys.iter().enumerate() {
        add_storey_facts(b, b.storeys[s].0, storey);
        for (room, id) in storey.rooms.iter().zip(b.rooms[s].clone()) {
            add_room_facts(b, id, room);
        }
    }
}

fn add_storey_facts(b: &mut Built<'_>, id: Id, storey: &Storey) {
    let logical = |v| V::Typed("IFCLOGICAL", Box::new(V::bool(v)));
    let entrance = V::Typed("IFCBOOLEAN", Box::new(V::bool(storey.elevation == 0.0)));
    let properties = [("EntranceLevel", entrance), ("AboveGround", logical(storey.above_ground))];
    add_property_set(b, "Pset_BuildingStoreyCommon", &storey.name, &[id], &properties);
    if let Some(gross) = storey.gross_area_m2 {
        let quantities = [("GrossHeight", "Length", storey.height), ("GrossFloorArea", "Area", gross)];
        add_quantities(b, "Qto_BuildingStoreyBaseQuantities", &storey.name, &[id], &quantities);
    }
}

fn add_room_facts(b: &mut Built<'_>, id: Id, room: &Room) {
    let properties = [("OccupancyType", label(room.use_))];
    add_property_set(b, "Pset_SpaceOccupancyRequirements", &room.number, &[id], &properties);
    let a = area(&room.ring);
    let quantities = [("Height", "Length", room.height), ("NetFloorArea", "Area", a)];
    add_quantities(b, "Qto_SpaceBaseQuantities", &room.number, &[id], &quantities);
}
