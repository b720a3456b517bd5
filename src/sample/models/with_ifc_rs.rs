//! The backbone in IFC4X3, made with the crate `ifc_rs` and mended.
//!
//! What `ifc_rs` 0.1.0-alpha.9 writes otherwise than the standard or this project needs, and what is done about it:
//! random GlobalIds (made from names here), text with raw UTF-8 (encoded before it goes in), `.TRUE.` for `.T.`,
//! no elevation of storeys, no predefined type of walls, `Body` as the name of the whole 3D context. Quantities,
//! map conversion, property sets, openings, railings, stairs and columns are added by the project's own writer.

use bevy_math::{DVec2, DVec3};
use chrono::DateTime;
use ifc_rs::prelude::*;

use super::backbone::{Built, class, object_type};
use super::design::{Design, Element as Part, Kind, Room, Solid};
use super::guid::global_id;
use super::step::{Document, Id as Number, encode_text};

/// Handles that the steps of writing share.
struct Writer<'a> {
    design: &'a Design,
    ifc: IFC,
    owner: TypedId<OwnerHistory>,
    body: TypedId<GeometricRepresentationSubContext>,
}

/// Writes the backbone of a design in IFC4X3; lengths are metres.
pub fn build(design: &Design) -> Built<'_> {
    let mut ifc = IFC::default();
    let owner = add_owner(&mut ifc);
    let (context, body) = add_contexts(&mut ifc);
    let metre = ifc.data.insert_new(SiUnit::new(IfcUnitEnum::LengthUnit, None, IfcUnitName::Metre));
    let mut w = Writer { design, ifc, owner, body };
    let project = w.add_project(context, metre);
    let mut built = Built {
        design,
        doc: Document::default(),
        owner: owner.id().0,
        context: context.id().0,
        body: body.id().0,
        metre: metre.id().0,
        project: project.id().0,
        site: 0,
        building: 0,
        storeys: Vec::new(),
        elements: Vec::new(),
        rooms: Vec::new(),
    };
    w.add_spatial_structure(&mut built, project);
    built.doc = Document::from_records(mend(&w.ifc.data.to_string(), design));
    add_rest(&mut built);
    built
}

/// Elements that `ifc_rs` has no class for.
fn add_rest(built: &mut Built<'_>) {
    let first = built.elements.len();
    for (s, storey) in built.design.storeys.iter().enumerate() {
        for (i, element) in storey.elements.iter().enumerate() {
            if !is_native(element.kind) {
                built.add_element(s, i, element);
            }
        }
    }
    built.contain(first, "cấu kiện khác");
}

/// Whether `ifc_rs` knows the element's class.
const fn is_native(kind: Kind) -> bool {
    !matches!(kind, Kind::Railing | Kind::Stair | Kind::Column | Kind::Tank)
}

fn add_owner(ifc: &mut IFC) -> TypedId<OwnerHistory> {
    let person = Person::empty().id("mau").family_name(encode_text("Người lập mẫu"));
    let person = ifc.data.insert_new(person);
    let organization = ifc.data.insert_new(Organization::new(None, "Dothi", None));
    let both = ifc.data.insert_new(PersonAndOrganization::new(person, organization));
    let application = Application::new(organization, "1", "Dothi sample models", "dothi-sample");
    let application = ifc.data.insert_new(application);
    let created = IfcTimestamp(DateTime::from_timestamp(1_782_864_000, 0).expect("a day of 2026 exists"));
    let history = OwnerHistory::new(ChangeAction::Added, created.clone())
        .last_modified_date(created)
        .owning_user(both, ifc)
        .owning_application(application, ifc);
    ifc.data.insert_new(history)
}

type Contexts = (TypedId<GeometricRepresentationContext>, TypedId<GeometricRepresentationSubContext>);

fn add_contexts(ifc: &mut IFC) -> Contexts {
    let world = Axis3D::new(Point3D::from(DVec3::ZERO), ifc);
    let context = GeometricRepresentationContext::new(DimensionCount::Three, world, ifc).precision(1e-5);
    let context = ifc.data.insert_new(context);
    let body = GeometricRepresentationSubContext::derive(context, GeometricProjection::ModelView, ifc);
    (context, ifc.data.insert_new(body))
}

impl Writer<'_> {
    fn add_project(
        &mut self,
        context: TypedId<GeometricRepresentationContext>,
        metre: TypedId<SiUnit>,
    ) -> TypedId<Project> {
        let others = [
            (IfcUnitEnum::AreaUnit, IfcUnitName::SquareMetre),
            (IfcUnitEnum::VolumeUnit, IfcUnitName::CubicMetre),
            (IfcUnitEnum::PlaneAngleUnit, IfcUnitName::Radian),
        ];
        let others = others.map(|(kind, name)| SiUnit::new(kind, None, name).into());
        let units = UnitAssigment::new(std::iter::once(metre.id_or()).chain(others), &mut self.ifc);
        let title = encode_text(&self.design.title);
        let project = Project::new(&title)
            .owner_history(self.owner, &mut self.ifc)
            .long_name(&title)
            .unit_assignment(units, &mut self.ifc)
            .add_context(context, &mut self.ifc);
        self.ifc.data.insert_new(project)
    }

    fn add_spatial_structure(&mut self, built: &mut Built<'_>, project: TypedId<Project>) {
        let (site, site_at) = self.add_site();
        let (building, building_at) = self.add_building(site_at);
        let mut storeys = Vec::new();
        for (s, storey) in self.design.storeys.iter().enumerate() {
            let at = self.placement([0.0, 0.0, storey.elevation], Some(building_at));
            let record = Storey::new(encode_text(&storey.name))
                .owner_history(self.owner, &mut self.ifc)
                .object_placement(at, &mut self.ifc)
                .composition_type(CompositionTypeEnum::Element);
            let id = self.ifc.data.insert_new(record);
            storeys.push(id.id());
            built.storeys.push((id.id().0, at.id().0));
            self.add_elements(built, s, id, at);
            let rooms: Vec<Id> = storey.rooms.iter().map(|room| self.add_room(room, at)).collect();
            built.rooms.push(rooms.iter().map(|id| id.0).collect());
            if !rooms.is_empty() {
                self.aggregate(&format!("{} – phòng", storey.name), id.id(), rooms);
            }
        }
        self.aggregate("Dự án – khu đất", project.id(), vec![site.id()]);
        self.aggregate("Khu đất – công trình", site.id(), vec![building.id()]);
        self.aggregate("Công trình – tầng", building.id(), storeys);
        (built.site, built.building) = (site.id().0, building.id().0);
    }

    fn add_site(&mut self) -> (TypedId<Site>, TypedId<LocalPlacement>) {
        let code = self.design.site.parcel_code;
        let at = self.placement([0.0; 3], None);
        let outline = self.site_outline();
        let site = Site::new(encode_text(&format!("Thửa đất {code}")))
            .owner_history(self.owner, &mut self.ifc)
            .object_placement(at, &mut self.ifc)
            .representation(outline, &mut self.ifc)
            .long_name(code)
            .composition_type(CompositionTypeEnum::Element)
            .ref_elevation(self.design.zero_level_m)
            .land_title_number(code);
        (self.ifc.data.insert_new(site), at)
    }

    /// The parcel as a closed line in the subcontext `FootPrint`.
    fn site_outline(&mut self) -> ProductDefinitionShape {
        let parent = TypedId::new(self.ifc.data.get(self.body).parent_context.id());
        let mut context =
            GeometricRepresentationSubContext::derive(parent, GeometricProjection::PlanView, &mut self.ifc);
        context.context_identifier = RepresentationIdentifier::FootPrint.into();
        let line = polyline(&self.design.parcel_ring(), &mut self.ifc);
        let shape = ShapeRepresentation::new(
            context,
            RepresentationIdentifier::FootPrint,
            RepresentationType::Curve2D,
            &mut self.ifc,
        )
        .add_item(line, &mut self.ifc);
        ProductDefinitionShape::new().add_representation(shape, &mut self.ifc)
    }

    fn add_building(
        &mut self,
        site_at: TypedId<LocalPlacement>,
    ) -> (TypedId<Building>, TypedId<LocalPlacement>) {
        let at = self.placement([0.0; 3], Some(site_at));
        let building = Building::new(encode_text(&self.design.building))
            .owner_history(self.owner, &mut self.ifc)
            .object_type(encode_text(self.design.use_title))
            .object_placement(at, &mut self.ifc)
            .composition_type(CompositionTypeEnum::Element)
            .elevation_of_ref_height(self.design.zero_level_m);
        (self.ifc.data.insert_new(building), at)
    }

    fn add_elements(
        &mut self,
        built: &mut Built<'_>,
        s: usize,
        storey: TypedId<Storey>,
        storey_at: TypedId<LocalPlacement>,
    ) {
        let name = format!("{} – cấu kiện", self.design.storeys[s].name);
        let mut contained = RelContainedInSpatialStructure::new(encode_text(&name), storey, &mut self.ifc)
            .owner_history(self.owner, &mut self.ifc);
        let design = self.design;
        for (i, element) in design.storeys[s].elements.iter().enumerate() {
            if is_native(element.kind) {
                let at = self.placement([0.0; 3], Some(storey_at));
                let id;
                (contained, id) = self.add_element(element, at, contained);
                built.elements.push((s, i, id, at.id().0));
            }
        }
        if !contained.related_elements.0.is_empty() {
            self.ifc.data.insert_new(contained);
        }
    }

    fn add_element(
        &mut self,
        element: &Part,
        at: TypedId<LocalPlacement>,
        contained: RelContainedInSpatialStructure,
    ) -> (RelContainedInSpatialStructure, Number) {
        let shape = self.shape(&element.solid);
        let (name, title) = (encode_text(&element.name), encode_text(object_type(element.kind)));
        let ifc = &mut self.ifc;
        macro_rules! insert {
            ($new:expr) => {{
                let record = $new
                    .owner_history(self.owner, ifc)
                    .object_type(title)
                    .object_placement(at, ifc)
                    .representation(shape, ifc);
                let id = ifc.data.insert_new(record);
                (contained.relate_structure(id, ifc), id.id().0)
            }};
        }
        match element.kind {
            Kind::BaseSlab => insert!(Slab::new(name).predefined_type(SlabTypeEnum::BaseSlab)),
            Kind::FloorSlab => insert!(Slab::new(name).predefined_type(SlabTypeEnum::Floor)),
            Kind::RoofSlab => insert!(Slab::new(name).predefined_type(SlabTypeEnum::Roof)),
            Kind::GableRoof => insert!(Roof::new(name).predefined_type(RoofTypeEnum::GableRoof)),
            Kind::Awning => insert!(ShadingDevice::new(name).predefined_type(ShadingDeviceTypeEnum::Awning)),
            _ => insert!(Wall::new(name)),
        }
    }

    fn add_room(&mut self, room: &Room, storey_at: TypedId<LocalPlacement>) -> Id {
        let at = self.placement([0.0; 3], Some(storey_at));
        let shape = self.shape(&Solid::prism(room.ring.clone(), 0.0, room.height));
        let kind = if room.use_ == "parking" { SpaceTypeEnum::Parking } else { SpaceTypeEnum::Space };
        let space = Space::new(encode_text(&room.number))
            .owner_history(self.owner, &mut self.ifc)
            .object_type(encode_text(room.name))
            .object_placement(at, &mut self.ifc)
            .representation(shape, &mut self.ifc)
            .long_name(encode_text(room.name))
            .composition_type(CompositionTypeEnum::Element)
            .predefined_type(kind);
        self.ifc.data.insert_new(space).id()
    }

    fn aggregate(&mut self, name: &str, whole: Id, parts: Vec<Id>) {
        let relation =
            RelAggregates::new(encode_text(name), whole, parts).owner_history(self.owner, &mut self.ifc);
        self.ifc.data.insert_new(relation);
    }

    fn placement(
        &mut self,
        at: [f64; 3],
        parent: Option<TypedId<LocalPlacement>>,
    ) -> TypedId<LocalPlacement> {
        let axis = Axis3D::new(Point3D::from(DVec3::from_array(at)), &mut self.ifc);
        let mut placement = LocalPlacement::new(axis, &mut self.ifc);
        if let Some(parent) = parent {
            placement = placement.relative_to(parent, &mut self.ifc);
        }
        self.ifc.data.insert_new(placement)
    }

    fn shape(&mut self, solid: &Solid) -> ProductDefinitionShape {
        let ifc = &mut self.ifc;
        let mut position = Axis3D::new(Point3D::from(DVec3::from_array(solid.origin)), ifc);
        if let Some((z, x)) = solid.axes {
            position.local_z = ifc.data.insert_new(Direction3D::from(DVec3::from_array(z))).into();
            position.local_x = ifc.data.insert_new(Direction3D::from(DVec3::from_array(x))).into();
        }
        let curve = polyline(&solid.ring, ifc);
        let profile = ArbitraryClosedProfileDef::new(ProfileType::Area, curve, ifc);
        let swept = ExtrudedAreaSolid::new(profile, Direction3D::from(DVec3::Z), solid.depth, ifc)
            .position(position, ifc);
        let shape = ShapeRepresentation::new(
            self.body,
            RepresentationIdentifier::Body,
            RepresentationType::SweptSolid,
            ifc,
        )
        .add_item(swept, ifc);
        ProductDefinitionShape::new().add_representation(shape, ifc)
    }
}

/// A closed line.
fn polyline(ring: &[[f64; 2]], ifc: &mut IFC) -> PolyLine {
    // On a grid of a nanometre, as the project's own writer rounds.
    let grid = |x: f64| (x * 1e9).round() / 1e9;
    let closed = ring.iter().chain(ring.first());
    let points: Vec<_> = closed.map(|p| Point2D::from(DVec2::new(grid(p[0]), grid(p[1])))).collect();
    PolyLine::from(points.into_iter(), ifc)
}

/// The records of `ifc_rs`'s DATA section, in the order of their numbers, mended.
fn mend(data: &str, design: &Design) -> Vec<String> {
    let lines = data.lines().filter(|l| l.starts_with('#'));
    lines.map(|line| mend_record(line, design)).collect()
}

fn mend_record(line: &str, design: &Design) -> String {
    let record = line.split_once("= ").map_or(line, |(_, record)| record).trim_end_matches(';');
    let mut record = record.replace(".TRUE.", ".T.").replace(".FALSE.", ".F.");
    let (entity, rest) = record.split_once('(').unwrap_or((&record, ""));
    let (entity, rest) = (entity.to_owned(), rest.to_owned());
    // A rooted record begins with a GlobalId of 22 digits and an owner history.
    if rest.starts_with('\'') && rest.get(23..25) == Some("',") {
        let name = rest.split('\'').nth(3).unwrap_or_default();
        let id = global_id(&format!("{}/{entity}/{name}", design.site.id));
        record = format!("{entity}('{id}{}", &rest[23..]);
    }
    match entity.as_str() {
        "IFCBUILDINGSTOREY" => with_last(&record, &elevation_of(&record, design)),
        "IFCWALL" => with_last(&record, predefined_wall(&record, design)),
        "IFCGEOMETRICREPRESENTATIONCONTEXT" => record.replacen("'Body'", "$", 1),
        _ => record,
    }
}

/// Replaces a record's last parameter.
fn with_last(record: &str, value: &str) -> String {
    let head = record.rsplit_once(',').map_or(record, |(head, _)| head);
    format!("{head},{value})")
}

fn elevation_of(record: &str, design: &Design) -> String {
    let named = |name: &str| record.contains(&format!(",'{}',", encode_text(name)));
    let storey =
        design.storeys.iter().find(|s| named(&s.name)).expect("every storey written is the design's");
    let text = storey.elevation.to_string();
    if text.contains('.') { text } else { text + "." }
}

fn predefined_wall(record: &str, design: &Design) -> &'static str {
    let named = |name: &str| record.contains(&format!(",'{}',", encode_text(name)));
    let wall = design.storeys.iter().flat_map(|s| &s.elements).find(|e| named(&e.name));
    match wall.and_then(|e| class(e.kind, design.schema).1) {
        Some("PARAPET") => ".PARAPET.",
        Some("PARTITIONING") => ".PARTITIONING.",
        _ => ".SOLIDWALL.",
    }
}

#[cfg(test)]
mod tests {
    use super::with_last;

    #[test]
    fn the_last_parameter_is_replaced() {
        assert_eq!(with_last("IFCX('a',#1,$)", "3.5"), "IFCX('a',#1,3.5)");
    }
}
