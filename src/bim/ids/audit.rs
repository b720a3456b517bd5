//! What makes a document impossible to satisfy although its structure is right: names and types that the schemas do not
//! have, literals of the wrong type, facets that no class can meet together. After the IDS documentation
//! (facet-configurations.md, DataTypes.md, developer-guide.md) and what buildingSMART's audit tool refuses.

use super::capable::{attribute_types, has_classification, has_properties, is_one, is_part};
use super::constraint::{Base, Constraint, ConstraintKind};
use super::document::{
    Cardinality, EntityFacet, Facet, FacetKind, Ids, Occurrence, Relation, Requirement, Specification,
};
use super::problem::Problem;
use super::schema::Version;
use super::standard_sets;
use crate::text::Text;

/// Most problems that are listed.
const PROBLEMS_MAX: usize = 100;

/// All that is wrong with a document.
pub fn audit(ids: &Ids) -> Vec<Problem> {
    let mut problems = Vec::new();
    for specification in &ids.specifications {
        if problems.len() >= PROBLEMS_MAX {
            break;
        }
        Auditor { specification, problems: &mut problems }.run();
    }
    problems.truncate(PROBLEMS_MAX);
    problems
}

/// Names of classes that can still meet all facets seen so far.
type Candidates<'s> = Vec<&'s str>;

struct Auditor<'a> {
    specification: &'a Specification,
    problems: &'a mut Vec<Problem>,
}

impl Auditor<'_> {
    fn wrong(&mut self, line: u32, vi: impl Into<String>, en: impl Into<String>) {
        let reason = Text::new(vi, en);
        // A problem of several schema versions is told once.
        if !self.problems.iter().any(|p| p.line == line && p.reason == reason) {
            self.problems.push(Problem {
                line,
                specification: Some(self.specification.name.clone()),
                reason,
            });
        }
    }

    fn run(&mut self) {
        let specification = self.specification;
        if specification.applicability.is_empty() {
            self.wrong(
                specification.line,
                "phần <applicability> không nêu điều kiện nào",
                "<applicability> states no condition",
            );
        }
        match specification.occurrence {
            Occurrence::Prohibited if !specification.requirements.is_empty() => self.wrong(
                specification.line,
                "đối tượng bị cấm (maxOccurs 0) thì không được có yêu cầu",
                "requirements are not allowed where the applicable is prohibited (maxOccurs 0)",
            ),
            Occurrence::Optional if specification.requirements.is_empty() => self.wrong(
                specification.line,
                "đối tượng không bắt buộc (minOccurs 0) mà không có yêu cầu thì không kiểm tra gì",
                "without requirements nothing is checked where the applicable is optional (minOccurs 0)",
            ),
            _ => {}
        }
        specification.requirements.iter().for_each(|r| self.cardinality(r));
        let facets = specification.requirements.iter().map(|r| &r.facet).chain(&specification.applicability);
        facets.for_each(|facet| self.names(facet));
        for version in &specification.versions {
            self.version(*version);
        }
    }

    /// Facets of one schema version, applicability first: each narrows the classes that are left.
    fn version(&mut self, version: Version) {
        let schema = version.schema();
        let before = self.problems.len();
        let mut left: Candidates<'_> = schema.names().iter().map(String::as_str).collect();
        let applicability = self.specification.applicability.iter().map(|f| (f, true));
        let requirements = &self.specification.requirements;
        let required = requirements.iter().map(|r| (&r.facet, r.cardinality == Cardinality::Required));
        for (facet, narrows) in applicability.chain(required) {
            let all = schema.names().iter().map(String::as_str);
            let candidates: Candidates<'_> = if narrows { left.clone() } else { all.collect() };
            if let FacetKind::Property { set, .. } = &facet.kind
                && narrows
            {
                self.standard_set(version, set);
            }
            let met = self.facet(version, facet, &candidates);
            if met.is_empty() && self.problems.len() == before {
                self.impossible(version, facet);
            }
            if self.problems.len() > before {
                return;
            }
            if narrows {
                left = met;
            }
        }
    }

    fn impossible(&mut self, version: Version, facet: &Facet) {
        let (what_vi, what_en) = match &facet.kind {
            FacetKind::Entity(entity) => {
                let name = entity.name.shown();
                (format!("lớp {name}"), format!("the class {name}"))
            }
            FacetKind::Attribute { name, .. } => {
                let name = name.shown();
                (format!("thuộc tính {name}"), format!("the attribute {name}"))
            }
            FacetKind::Classification { .. } => ("phân loại".to_owned(), "a classification".to_owned()),
            FacetKind::Property { .. } => ("tập thuộc tính (property)".to_owned(), "properties".to_owned()),
            FacetKind::Material { .. } => ("vật liệu".to_owned(), "a material".to_owned()),
            FacetKind::PartOf { .. } => ("quan hệ này".to_owned(), "this relation".to_owned()),
        };
        let version = version.name();
        self.wrong(
            facet.line,
            format!("trong {version}, không lớp nào thuộc diện áp dụng có thể có {what_vi}"),
            format!("in {version} nothing that is applicable can have {what_en}"),
        );
    }

    /// The classes among `candidates` that can meet a facet.
    fn facet<'s>(&mut self, version: Version, facet: &Facet, candidates: &[&'s str]) -> Candidates<'s> {
        let schema = version.schema();
        let keep = |fits: &dyn Fn(&str) -> bool| candidates.iter().copied().filter(|c| fits(c)).collect();
        match &facet.kind {
            FacetKind::Entity(entity) => {
                self.entity(version, entity);
                keep(&|class| entity.name.matches_text(class))
            }
            FacetKind::Attribute { name, value } => {
                let met: Candidates<'s> = keep(&|class| !attribute_types(schema, class, name).is_empty());
                if let Some(value) = value {
                    self.attribute_value(version, name, value, &met);
                }
                met
            }
            FacetKind::Property { data_type, value, .. } => {
                if let Some(data_type) = data_type {
                    self.data_type(version, facet.line, data_type, value.as_ref());
                }
                keep(&|class| has_properties(schema, class))
            }
            FacetKind::Classification { .. } => keep(&|class| has_classification(schema, class)),
            FacetKind::Material { .. } => {
                keep(&|class| is_one(schema, class, &["IFCOBJECTDEFINITION", "IFCPROPERTYDEFINITION"]))
            }
            FacetKind::PartOf { relation, entity } => {
                self.entity(version, entity);
                self.whole(version, *relation, entity);
                keep(&|class| is_part(schema, class, *relation))
            }
        }
    }

    /// The class must be one of the schema, each listed one of some schema, and the predefined type one of the class.
    fn entity(&mut self, version: Version, entity: &EntityFacet) {
        let schema = version.schema();
        let line = entity.name.line;
        let classes: Candidates<'_> =
            schema.names().iter().map(String::as_str).filter(|n| entity.name.matches_text(n)).collect();
        let name = entity.name.shown();
        let unknown: Vec<&str> = match &entity.name.kind {
            ConstraintKind::Restriction(r) => {
                let of_any = |e: &&str| {
                    let versions = self.specification.versions.iter();
                    !versions
                        .into_iter()
                        .any(|v| v.schema().names().binary_search_by(|n| n.as_str().cmp(e)).is_ok())
                };
                r.enumeration.iter().map(String::as_str).filter(of_any).collect()
            }
            ConstraintKind::Simple(_) => Vec::new(),
        };
        let unknown = unknown.first().map(|n| format!("“{n}”"));
        if let Some(name) = unknown.or_else(|| classes.is_empty().then_some(name)) {
            self.wrong(
                line,
                format!("{} không có lớp {name} (tên lớp viết hoa toàn bộ)", version.name()),
                format!("{} has no class {name} (classes are written in capitals)", version.name()),
            );
            return;
        }
        let Some(wanted) = &entity.predefined_type else { return };
        if wanted.exact() == Some("") {
            return;
        }
        // Where the user may define a type, any text may be one.
        let fits = |class: &&str| {
            let items = schema.predefined_types(class);
            items.contains(&"USERDEFINED") || items.iter().any(|item| wanted.matches_text(item))
        };
        if !classes.iter().all(fits) {
            let wanted_text = wanted.shown();
            let class = classes.iter().find(|c| !fits(c)).copied().unwrap_or_default();
            self.wrong(
                wanted.line,
                format!("{class} của {} không có kiểu định sẵn {wanted_text}", version.name()),
                format!("{class} of {} has no predefined type {wanted_text}", version.name()),
            );
        }
    }

    fn attribute_value(&mut self, version: Version, name: &Constraint, value: &Constraint, classes: &[&str]) {
        let schema = version.schema();
        let mut bases: Vec<Base> = Vec::new();
        for class in classes {
            for kind in attribute_types(schema, class, name) {
                for base in schema.bases(kind) {
                    if !bases.contains(base) {
                        bases.push(*base);
                    }
                }
            }
        }
        if classes.is_empty() {
            return;
        }
        let shown = name.shown();
        if bases.is_empty() {
            self.wrong(
                value.line,
                format!(
                    "thuộc tính {shown} là đối tượng, danh sách hoặc lựa chọn: không so sánh giá trị được"
                ),
                format!(
                    "the attribute {shown} is an object, a list or a select: its value cannot be compared"
                ),
            );
            return;
        }
        self.literals(value, &bases, &format!("the attribute {shown}"), &format!("thuộc tính {shown}"));
    }

    fn data_type(&mut self, version: Version, line: u32, data_type: &str, value: Option<&Constraint>) {
        let schema = version.schema();
        if !schema.is_value_type(data_type) {
            self.wrong(
                line,
                format!("{} không có kiểu dữ liệu «{data_type}»", version.name()),
                format!("{} has no data type “{data_type}”", version.name()),
            );
            return;
        }
        let Some(value) = value else { return };
        self.literals(value, schema.bases(data_type), data_type, data_type);
    }

    /// A restriction's base must be one of `bases`; where there is one only, each literal must be of it.
    fn literals(&mut self, value: &Constraint, bases: &[Base], what_en: &str, what_vi: &str) {
        let expected = bases.iter().map(|b| b.name()).collect::<Vec<_>>().join(", ");
        if let ConstraintKind::Restriction(r) = &value.kind
            && !bases.contains(&r.base)
        {
            let found = r.base.name();
            self.wrong(
                value.line,
                format!("kiểu gốc {found} không hợp với {what_vi}, cần {expected}"),
                format!("the base {found} does not fit {what_en}; {expected} is expected"),
            );
            return;
        }
        let wrong = value.literals().into_iter().find(|l| !bases.iter().any(|b| b.accepts(l)));
        if let Some(literal) = wrong {
            self.wrong(
                value.line,
                format!("«{literal}» không phải giá trị kiểu {expected} mà {what_vi} cần"),
                format!("“{literal}” is no {expected}, which {what_en} needs"),
            );
        }
    }

    /// A set named by itself (not by a pattern) with the reserved prefix is one of the schema.
    fn standard_set(&mut self, version: Version, set: &Constraint) {
        let named = set.literals();
        let reserved = named.iter().any(|n| n.starts_with(standard_sets::RESERVED));
        if reserved && !named.iter().any(|n| standard_sets::has_set(version, n)) {
            let (shown, version) = (set.shown(), version.name());
            self.wrong(
                set.line,
                format!(
                    "{version} không có tập chuẩn {shown}; tên bắt đầu bằng Pset_ chỉ dành cho tập chuẩn"
                ),
                format!("{version} has no standard set {shown}; names with Pset_ are for standard sets only"),
            );
        }
    }

    fn whole(&mut self, version: Version, relation: Option<Relation>, entity: &EntityFacet) {
        let schema = version.schema();
        let tops: &[&str] = match relation {
            Some(Relation::AssignsToGroup) => &["IFCGROUP"],
            Some(Relation::Contained) => &["IFCSPATIALELEMENT", "IFCSPATIALSTRUCTUREELEMENT"],
            Some(Relation::VoidsFills) => &["IFCELEMENT"],
            _ => &["IFCOBJECTDEFINITION"],
        };
        let named = schema.names().iter().filter(|n| entity.name.matches_text(n));
        if !named.into_iter().any(|n| is_one(schema, n, tops)) {
            let name = entity.name.shown();
            self.wrong(
                entity.name.line,
                format!("{name} không thể là toàn thể của quan hệ này trong {}", version.name()),
                format!("{name} cannot be the whole of this relation in {}", version.name()),
            );
        }
    }

    /// Optional facets need something that can fail; see facet-configurations.md.
    fn cardinality(&mut self, requirement: &Requirement) {
        let line = requirement.facet.line;
        let says_nothing = |v: &Option<Constraint>| v.as_ref().is_none_or(|v| v.matches_text(""));
        let optional = requirement.cardinality == Cardinality::Optional;
        match &requirement.facet.kind {
            FacetKind::Attribute { value, .. }
            | FacetKind::Classification { value, .. }
            | FacetKind::Material { value }
                if optional && says_nothing(value) =>
            {
                self.wrong(
                    line,
                    "mục không bắt buộc (optional) phải nêu giá trị (value)",
                    "an optional facet must state a value",
                );
            }
            FacetKind::Property { data_type: None, .. } if optional => self.wrong(
                line,
                "thuộc tính không bắt buộc (optional) phải nêu kiểu dữ liệu (dataType)",
                "an optional property must state its dataType",
            ),
            FacetKind::Property { data_type: Some(_), .. }
                if requirement.cardinality == Cardinality::Prohibited =>
            {
                self.wrong(
                    line,
                    "thuộc tính bị cấm (prohibited) không được nêu kiểu dữ liệu (dataType)",
                    "a prohibited property must not state a dataType",
                );
            }
            _ => {}
        }
    }

    /// Names are texts and not empty; a value of a property needs its type.
    fn names(&mut self, facet: &Facet) {
        let mut texts: Vec<&Constraint> = Vec::new();
        match &facet.kind {
            FacetKind::Entity(entity) | FacetKind::PartOf { entity, .. } => {
                texts.push(&entity.name);
                // An empty predefined type asks for nothing.
                texts.extend(entity.predefined_type.as_ref().filter(|p| p.exact() != Some("")));
            }
            FacetKind::Attribute { name, .. } => texts.push(name),
            FacetKind::Classification { system, value } => {
                texts.push(system);
                texts.extend(value);
            }
            FacetKind::Property { set, name, data_type, value } => {
                texts.extend([set, name]);
                if value.is_some() && data_type.is_none() {
                    self.wrong(
                        facet.line,
                        "nêu giá trị (value) thì phải nêu kiểu dữ liệu (dataType)",
                        "a value needs a dataType",
                    );
                }
            }
            FacetKind::Material { value } => texts.extend(value),
        }
        for text in texts {
            if text.exact() == Some("") {
                self.wrong(text.line, "giá trị trống", "the value is empty");
            }
            if let ConstraintKind::Restriction(r) = &text.kind
                && r.base != Base::String
            {
                let found = r.base.name();
                self.wrong(
                    text.line,
                    format!("tên phải có kiểu gốc xs:string, không phải {found}"),
                    format!("a name has the base xs:string, not {found}"),
                );
            }
        }
    }
}
