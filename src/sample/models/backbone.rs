//! The backbone of a model (project, contexts, site, building, storeys, walls, slabs, roofs, rooms and how they hang
//! together), written by the project's own writer for IFC2X3 and IFC4. `with_ifc_rs` makes the same for IFC4X3.

use super::design::{Design, Element, Kind, Place, Room, Schema, Solid};
use super::guid::global_id;
use super::step::{Document, Id, V};

/// A file in the making, with the records that later steps refer to.
#[derive(Debug)]
pub struct Built<'a> {
    /// What is built.
    pub design: &'a Design,
    /// Its records.
    pub doc: Document,
    /// IfcOwnerHistory.
    pub owner: Id,
    /// IfcGeometricRepresentationContext, 3D.
    pub context: Id,
    /// Its subcontext `Body`.
    pub body: Id,
    /// The metre.
    pub metre: Id,
    /// IfcProject.
    pub project: Id,
    /// IfcSite.
    pub site: Id,
    /// IfcBuilding.
    pub building: Id,
    /// IfcBuildingStorey with its IfcLocalPlacement, in the design's order.
    pub storeys: Vec<(Id, Id)>,
    /// Elements written so far: storey, index in the storey, record, placement.
    pub elements: Vec<(usize, usize, Id, Id)>,
    /// Rooms by storey.
    pub rooms: Vec<Vec<Id>>,
}

impl Built<'_> {
    /// A length in the file's unit.
    pub fn len(&self, metres: f64) -> V {
        V::Real(metres * self.design.units_per_metre)
    }

    fn point(&mut self, p: &[f64]) -> Id {
        let values = p.iter().map(|x| x * self.design.units_per_metre);
        let list = V::reals(values);
        self.doc.add("IFCCARTESIANPOINT", &[list])
    }

    /// The four attributes of every IfcRoot. GlobalIds hang on the site, the entity and the name only: a twin
    /// shares those of all that it has in common with its model, as a second submission of one building would.
    pub fn root(&self, entity: &str, name: &str) -> [V; 4] {
        let id = global_id(&format!("{}/{entity}/{name}", self.design.site.id));
        [V::text(id), V::Ref(self.owner), V::text(name), V::Null]
    }

    /// Adds an entity with IfcRoot's attributes before its own.
    pub fn add_rooted(&mut self, entity: &str, name: &str, own: &[V]) -> Id {
        let mut all = self.root(entity, name).to_vec();
        all.extend_from_slice(own);
        self.doc.add(entity, &all)
    }

    /// IfcLocalPlacement at `at`, relative to another.
    pub fn placement(&mut self, at: [f64; 3], relative_to: Option<Id>) -> Id {
        let origin = self.point(&at);
        let axis = self.doc.add("IFCAXIS2PLACEMENT3D", &[V::Ref(origin), V::Null, V::Null]);
        let parent = relative_to.map_or(V::Null, V::Ref);
        self.doc.add("IFCLOCALPLACEMENT", &[parent, V::Ref(axis)])
    }

    /// A closed IfcPolyline.
    pub fn polyline(&mut self, ring: &[Vec<f64>]) -> Id {
        let mut points: Vec<Id> = ring.iter().map(|p| self.point(p)).collect();
        points.extend(points.first().copied());
        self.doc.add("IFCPOLYLINE", &[V::refs(points)])
    }

    /// IfcProductDefinitionShape with one swept solid.
    pub fn shape(&mut self, solid: &Solid) -> Id {
        let ring: Vec<_> = solid.ring.iter().map(|p| p.to_vec()).collect();
        let curve = self.polyline(&ring);
        let profile =
            self.doc.add("IFCARBITRARYCLOSEDPROFILEDEF", &[V::Enum("AREA"), V::Null, V::Ref(curve)]);
        let origin = self.point(&solid.origin);
        let (axis, reference) = match solid.axes {
            None => (V::Null, V::Null),
            Some((z, x)) => (V::Ref(self.direction(z)), V::Ref(self.direction(x))),
        };
        let position = self.doc.add("IFCAXIS2PLACEMENT3D", &[V::Ref(origin), axis, reference]);
        let up = self.direction([0.0, 0.0, 1.0]);
        let depth = self.len(solid.depth);
        let parts = [V::Ref(profile), V::Ref(position), V::Ref(up), depth];
        let swept = self.doc.add("IFCEXTRUDEDAREASOLID", &parts);
        self.representation("Body", "SweptSolid", self.body, swept)
    }

    /// IfcProductDefinitionShape with one item.
    pub fn representation(&mut self, identifier: &str, kind: &str, context: Id, item: Id) -> Id {
        let parts = [V::Ref(context), V::text(identifier), V::text(kind), V::refs([item])];
        let shape = self.doc.add("IFCSHAPEREPRESENTATION", &parts);
        self.doc.add("IFCPRODUCTDEFINITIONSHAPE", &[V::Null, V::Null, V::refs([shape])])
    }

    fn direction(&mut self, d: [f64; 3]) -> Id {
        self.doc.add("IFCDIRECTION", &[V::reals(d)])
    }

    /// Adds one building element of a storey.
    pub fn add_element(&mut self, storey: usize, index: usize, element: &Element) {
        let placement = self.placement([0.0; 3], Some(self.storeys[storey].1));
        let shape = self.shape(&element.solid);
        let (entity, predefined) = class(element.kind, self.design.schema);
        let mut own = vec![V::text(object_type(element.kind)), V::Ref(placement), V::Ref(shape), V::Null];
        own.extend(predefined.map(V::Enum));
        let id = self.add_rooted(entity, &element.name, &own);
        self.elements.push((storey, index, id, placement));
    }

    /// Contains elements in their storeys, one relation a storey, for those from `first` on.
    pub fn contain(&mut self, first: usize, name: &str) {
        for s in 0..self.storeys.len() {
            let ids: Vec<Id> = self.elements[first..].iter().filter(|e| e.0 == s).map(|e| e.2).collect();
            if !ids.is_empty() {
                let name = format!("{} – {name}", self.design.storeys[s].name);
                let own = [V::refs(ids), V::Ref(self.storeys[s].0)];
                self.add_rooted("IFCRELCONTAINEDINSPATIALSTRUCTURE", &name, &own);
            }
        }
    }

    fn aggregate(&mut self, name: &str, whole: Id, parts: &[Id]) {
        self.add_rooted("IFCRELAGGREGATES", name, &[V::Ref(whole), V::refs(parts.iter().copied())]);
    }
}

/// Entity and predefined type of an element's kind; no predefined type where the schema's entity has none.
pub fn class(kind: Kind, schema: Schema) -> (&'static str, Option<&'static str>) {
    let old = schema == Schema::Ifc2x3;
    let newer = |item: &'static str| (!old).then_some(item);
    match kind {
        Kind::ExteriorWall => ("IFCWALL", newer("SOLIDWALL")),
        Kind::InteriorWall => ("IFCWALL", newer("PARTITIONING")),
        Kind::Parapet => ("IFCWALL", newer("PARAPET")),
        Kind::BaseSlab => ("IFCSLAB", Some("BASESLAB")),
        Kind::FloorSlab => ("IFCSLAB", Some("FLOOR")),
        Kind::RoofSlab => ("IFCSLAB", Some("ROOF")),
        Kind::GableRoof => ("IFCROOF", Some("GABLE_ROOF")),
        Kind::Awning => ("IFCSHADINGDEVICE", Some("AWNING")),
        Kind::Railing => ("IFCRAILING", Some("GUARDRAIL")),
        Kind::Stair => ("IFCSTAIR", Some("STRAIGHT_RUN_STAIR")),
        Kind::Column => ("IFCCOLUMN", newer("COLUMN")),
        Kind::Tank => ("IFCTANK", Some("STORAGE")),
    }
}

/// What an element is, in words.
pub const fn object_type(kind: Kind) -> &'static str {
    match kind {
        Kind::ExteriorWall => "Tường bao che 200",
        Kind::InteriorWall => "Tường ngăn 100",
        Kind::Parapet => "Tường chắn mái",
        Kind::BaseSlab => "Sàn nền bê tông",
        Kind::FloorSlab => "Sàn bê tông 120",
        Kind::RoofSlab => "Sàn mái bê tông",
        Kind::GableRoof => "Mái ngói dốc",
        Kind::Awning => "Mái hắt",
        Kind::Railing => "Lan can",
        Kind::Stair => "Cầu thang bộ",
        Kind::Column => "Cột bê tông",
        Kind::Tank => "Bồn nước",
    }
}

/// Writes the backbone of a design in IFC2X3 or IFC4.
pub fn build(design: &Design) -> Built<'_> {
    let mut doc = Document::default();
    let owner = add_owner(&mut doc);
    let mut built = Built {
        design,
        doc,
        owner,
        context: 0,
        body: 0,
        metre: 0,
        project: 0,
        site: 0,
        building: 0,
        storeys: Vec::new(),
        elements: Vec::new(),
        rooms: Vec::new(),
    };
    add_project(&mut built);
    add_spatial_structure(&mut built);
    for (s, storey) in design.storeys.iter().enumerate() {
        for (i, element) in storey.elements.iter().enumerate() {
            built.add_element(s, i, element);
        }
    }
    built.contain(0, "cấu kiện");
    add_rooms(&mut built);
    built
}

fn add_owner(doc: &mut Document) -> Id {
    let person = doc.add(
        "IFCPERSON",
        &[V::text("mau"), V::text("Người lập mẫu"), V::Null, V::Null, V::Null, V::Null, V::Null, V::Null],
    );
    let organization = doc.add("IFCORGANIZATION", &[V::Null, V::text("Dothi"), V::Null, V::Null, V::Null]);
    let both = doc.add("IFCPERSONANDORGANIZATION", &[V::Ref(person), V::Ref(organization), V::Null]);
    let application =
        [V::Ref(organization), V::text("1"), V::text("Dothi sample models"), V::text("dothi-sample")];
    let application = doc.add("IFCAPPLICATION", &application);
    // 2026-07-01T00:00:00Z, the day on which the law in force begins.
    let created = V::Int(1_782_864_000);
    // IFC4 wants the day of the change wherever a change is named.
    let changed = created.clone();
    let history =
        [V::Ref(both), V::Ref(application), V::Null, V::Enum("ADDED"), changed, V::Null, V::Null, created];
    doc.add("IFCOWNERHISTORY", &history)
}

fn add_project(b: &mut Built<'_>) {
    let origin = b.point(&[0.0; 3]);
    let world = b.doc.add("IFCAXIS2PLACEMENT3D", &[V::Ref(origin), V::Null, V::Null]);
    let north = if b.design.place == Place::Degrees {
        let (sin, cos) = b.design.rotation_deg().to_radians().sin_cos();
        V::Ref(b.doc.add("IFCDIRECTION", &[V::reals([sin, cos])]))
    } else {
        V::Null
    };
    let context = [V::Null, V::text("Model"), V::Int(3), V::Real(1e-5), V::Ref(world), north];
    b.context = b.doc.add("IFCGEOMETRICREPRESENTATIONCONTEXT", &context);
    b.body = add_subcontext(b, "Body", "MODEL_VIEW");
    b.metre = b.doc.add("IFCSIUNIT", &[V::Derived, V::Enum("LENGTHUNIT"), V::Null, V::Enum("METRE")]);
    let millimetres = b.design.units_per_metre > 1.0;
    let length = if millimetres {
        b.doc.add("IFCSIUNIT", &[V::Derived, V::Enum("LENGTHUNIT"), V::Enum("MILLI"), V::Enum("METRE")])
    } else {
        b.metre
    };
    let si = |b: &mut Built<'_>, kind, name| {
        b.doc.add("IFCSIUNIT", &[V::Derived, V::Enum(kind), V::Null, V::Enum(name)])
    };
    let units = [
        length,
        si(b, "AREAUNIT", "SQUARE_METRE"),
        si(b, "VOLUMEUNIT", "CUBIC_METRE"),
        si(b, "PLANEANGLEUNIT", "RADIAN"),
    ];
    let units = b.doc.add("IFCUNITASSIGNMENT", &[V::refs(units)]);
    let own = [V::Null, V::text(b.design.title.as_str()), V::Null, V::refs([b.context]), V::Ref(units)];
    b.project = b.add_rooted("IFCPROJECT", &b.design.title, &own);
}

/// A subcontext of the 3D context.
pub fn add_subcontext(b: &mut Built<'_>, identifier: &str, view: &'static str) -> Id {
    let d = || V::Derived;
    let parts = [
        V::text(identifier),
        V::text("Model"),
        d(),
        d(),
        d(),
        d(),
        V::Ref(b.context),
        V::Null,
        V::Enum(view),
        V::Null,
    ];
    b.doc.add("IFCGEOMETRICREPRESENTATIONSUBCONTEXT", &parts)
}

fn add_spatial_structure(b: &mut Built<'_>) {
    let design = b.design;
    let site_at = b.placement(super::georeference::site_origin(design), None);
    let outline = super::georeference::site_outline(b);
    let code = design.site.parcel_code;
    let element = V::Enum("ELEMENT");
    let own = [V::Null, V::Ref(site_at), V::Ref(outline), V::text(code), element.clone()];
    let own = [
        &own[..],
        &super::georeference::degrees(design),
        &[b.len(design.zero_level_m), V::text(code), V::Null],
    ]
    .concat();
    b.site = b.add_rooted("IFCSITE", &format!("Thửa đất {code}"), &own);

    let building_at = b.placement([0.0; 3], Some(site_at));
    let own = [V::text(design.use_title), V::Ref(building_at), V::Null, V::Null, element.clone()];
    let own = [&own[..], &[b.len(design.zero_level_m), V::Null, V::Null]].concat();
    b.building = b.add_rooted("IFCBUILDING", &design.building, &own);

    for storey in &design.storeys {
        let at = b.placement([0.0, 0.0, storey.elevation], Some(building_at));
        let own = [V::Null, V::Ref(at), V::Null, V::Null, element.clone(), b.len(storey.elevation)];
        let id = b.add_rooted("IFCBUILDINGSTOREY", &storey.name, &own);
        b.storeys.push((id, at));
    }
    let storeys: Vec<Id> = b.storeys.iter().map(|s| s.0).collect();
    b.aggregate("Dự án – khu đất", b.project, &[b.site]);
    b.aggregate("Khu đất – công trình", b.site, &[b.building]);
    b.aggregate("Công trình – tầng", b.building, &storeys);
}

fn add_rooms(b: &mut Built<'_>) {
    let design = b.design;
    for (s, storey) in design.storeys.iter().enumerate() {
        let ids: Vec<Id> = storey.rooms.iter().map(|room| add_room(b, s, room)).collect();
        if !ids.is_empty() {
            b.aggregate(&format!("{} – phòng", storey.name), b.storeys[s].0, &ids);
        }
        b.rooms.push(ids);
    }
}

fn add_room(b: &mut Built<'_>, storey: usize, room: &Room) -> Id {
    let at = b.placement([0.0; 3], Some(b.storeys[storey].1));
    let shape = b.shape(&Solid::prism(room.ring.clone(), 0.0, room.height));
    let kind = match (b.design.schema, room.use_) {
        (Schema::Ifc2x3, _) => "INTERNAL",
        (_, "parking") => "PARKING",
        _ => "SPACE",
    };
    let own = [
        V::text(room.name),
        V::Ref(at),
        V::Ref(shape),
        V::text(room.name),
        V::Enum("ELEMENT"),
        V::Enum(kind),
        V::Null,
    ];
    b.add_rooted("IFCSPACE", &room.number, &own)
}
