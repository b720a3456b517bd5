//! From XML to a document: the structure that `ids.xsd` of IDS 1.0 prescribes. What the structure cannot say is for
//! `audit`.

use super::document::{
    Cardinality, EntityFacet, Facet, FacetKind, Ids, Occurrence, Relation, Requirement, Specification,
};
use super::problem::Problem;
use super::scalar;
use super::schema::Version;
use super::xml::{self, Element, Space};
use crate::text::Text;

/// Most problems that are listed.
const PROBLEMS_MAX: usize = 100;

/// Reads a document and checks it against `ids.xsd`. All problems of the structure are listed.
pub fn read(bytes: &[u8]) -> Result<Ids, Vec<Problem>> {
    let root = xml::parse(bytes).map_err(|problem| vec![problem])?;
    let mut reader = Reader { problems: Vec::new(), specification: None };
    let ids = reader.ids(&root);
    match ids {
        Some(ids) if reader.problems.is_empty() => Ok(ids),
        _ => Err(reader.problems),
    }
}

/// Elements in order: name, least and most.
type Sequence = [(&'static str, usize, usize)];
const MANY: usize = usize::MAX;

pub(super) struct Reader {
    problems: Vec<Problem>,
    specification: Option<String>,
}

impl Reader {
    pub(super) fn wrong(&mut self, line: u32, vi: impl Into<String>, en: impl Into<String>) {
        if self.problems.len() < PROBLEMS_MAX {
            let specification = self.specification.clone();
            self.problems.push(Problem { line, specification, reason: Text::new(vi, en) });
        }
    }

    fn ids(&mut self, root: &Element) -> Option<Ids> {
        if root.space != Space::Ids || root.name != "ids" {
            self.wrong(
                root.line,
                format!("phần tử gốc là <{}>, cần <ids> của IDS 1.0", root.name),
                format!("the root is <{}>; <ids> of IDS 1.0 is expected", root.name),
            );
            return None;
        }
        self.attributes(root, &[]);
        self.sequence(root, &[("info", 1, 1), ("specifications", 1, 1)]);
        let info = root.child("info")?;
        self.info(info);
        let title = info.child("title").map(|t| t.text.trim().to_owned()).unwrap_or_default();
        let listed = root.child("specifications")?;
        self.attributes(listed, &[]);
        self.sequence(listed, &[("specification", 1, MANY)]);
        let all = listed.children.iter().filter(|c| c.name == "specification");
        let specifications = all.filter_map(|s| self.specification(s)).collect();
        Some(Ids { title, specifications })
    }

    fn info(&mut self, info: &Element) {
        let parts =
            ["title", "copyright", "version", "description", "author", "date", "purpose", "milestone"];
        let order = parts.map(|name| (name, usize::from(name == "title"), 1));
        self.attributes(info, &[]);
        self.sequence(info, &order);
        if let Some(date) = info.child("date").filter(|d| !scalar::is_date(d.text.trim())) {
            self.literal(date.line, &date.text, "xs:date");
        }
        let mail = |text: &str| {
            text.split_once('@').is_some_and(|(name, host)| {
                !name.is_empty() && host.split_once('.').is_some_and(|(a, b)| !a.is_empty() && !b.is_empty())
            })
        };
        if let Some(author) = info.child("author").filter(|a| !mail(&a.text)) {
            self.literal(author.line, &author.text, "an e-mail address");
        }
    }

    pub(super) fn literal(&mut self, line: u32, text: &str, kind: &str) {
        let text: String = text.chars().take(80).collect();
        self.wrong(
            line,
            format!("«{text}» không phải giá trị kiểu {kind}"),
            format!("“{text}” is not {kind}"),
        );
    }

    /// Children in the order of `wanted`, no others, no text between them.
    fn sequence(&mut self, element: &Element, wanted: &Sequence) {
        if !element.text.trim().is_empty() {
            self.wrong(
                element.line,
                format!("có chữ lẫn giữa các phần tử của <{}>", element.name),
                format!("there is text among the elements of <{}>", element.name),
            );
        }
        let mut at = 0;
        let mut counts = vec![0_usize; wanted.len()];
        for child in &element.children {
            let found = wanted.iter().position(|(name, ..)| child.space == Space::Ids && child.name == *name);
            match found {
                None => self.wrong(
                    child.line,
                    format!("<{}> không được có trong <{}>", child.name, element.name),
                    format!("<{}> is not allowed in <{}>", child.name, element.name),
                ),
                Some(index) => {
                    counts[index] += 1;
                    if index < at || counts[index] > wanted[index].2 {
                        self.wrong(
                            child.line,
                            format!("<{}> sai thứ tự hoặc lặp lại trong <{}>", child.name, element.name),
                            format!("<{}> is out of order or repeated in <{}>", child.name, element.name),
                        );
                    }
                    at = at.max(index);
                }
            }
        }
        for ((name, least, _), count) in wanted.iter().zip(counts) {
            if count < *least {
                self.wrong(
                    element.line,
                    format!("thiếu <{name}> trong <{}>", element.name),
                    format!("<{name}> is missing in <{}>", element.name),
                );
            }
        }
    }

    /// No attribute but these.
    pub(super) fn attributes(&mut self, element: &Element, allowed: &[&str]) {
        for (name, _) in element.attributes.iter().filter(|(name, _)| !allowed.contains(&name.as_str())) {
            self.wrong(
                element.line,
                format!("thuộc tính «{name}» không được có ở <{}>", element.name),
                format!("the attribute “{name}” is not allowed on <{}>", element.name),
            );
        }
    }

    fn specification(&mut self, element: &Element) -> Option<Specification> {
        let name = element.attribute("name").map(str::to_owned);
        self.specification = Some(name.clone().unwrap_or_default());
        self.attributes(element, &["name", "ifcVersion", "identifier", "description", "instructions"]);
        if name.is_none() {
            self.wrong(element.line, "thiếu thuộc tính «name»", "the attribute “name” is missing");
        }
        self.sequence(element, &[("applicability", 1, 1), ("requirements", 0, 1)]);
        let versions = self.versions(element);
        let applicable = element.child("applicability")?;
        self.attributes(applicable, &["minOccurs", "maxOccurs"]);
        let order = [
            ("entity", 0, 1),
            ("partOf", 0, MANY),
            ("classification", 0, MANY),
            ("attribute", 0, MANY),
            ("property", 0, MANY),
            ("material", 0, MANY),
        ];
        self.sequence(applicable, &order);
        let occurrence = self.occurrence(applicable);
        let applicability = applicable.children.iter().filter_map(|c| self.facet(c, &[])).collect();
        let mut requirements = Vec::new();
        if let Some(asked) = element.child("requirements") {
            self.attributes(asked, &["description"]);
            // The sequence may repeat, so that any order is one.
            let names = ["entity", "partOf", "classification", "attribute", "property", "material"];
            for child in &asked.children {
                if child.space != Space::Ids || !names.contains(&child.name.as_str()) {
                    self.wrong(
                        child.line,
                        format!("<{}> không được có trong <requirements>", child.name),
                        format!("<{}> is not allowed in <requirements>", child.name),
                    );
                    continue;
                }
                requirements.extend(self.requirement(child));
            }
        }
        self.specification = None;
        let text = |name: &str| element.attribute(name).map(str::to_owned);
        Some(Specification {
            name: name.unwrap_or_default(),
            identifier: text("identifier"),
            description: text("description"),
            instructions: text("instructions"),
            versions,
            occurrence: occurrence?,
            applicability,
            requirements,
            line: element.line,
        })
    }

    fn versions(&mut self, element: &Element) -> Vec<Version> {
        let words = element.attribute("ifcVersion").unwrap_or_default();
        let versions: Vec<Option<Version>> = words.split_whitespace().map(Version::of).collect();
        if versions.is_empty() || versions.contains(&None) {
            self.wrong(
                element.line,
                format!("ifcVersion «{words}»: chỉ dùng IFC2X3, IFC4 và IFC4X3_ADD2"),
                format!("ifcVersion “{words}”: IFC2X3, IFC4 and IFC4X3_ADD2 are allowed"),
            );
        }
        versions.into_iter().flatten().collect()
    }

    /// The three pairs that the IDS documentation (developer-guide.md, Optionality) allows; both default to 1.
    fn occurrence(&mut self, element: &Element) -> Option<Occurrence> {
        let least = element.attribute("minOccurs").unwrap_or("1");
        let most = element.attribute("maxOccurs").unwrap_or("1");
        match (least, most) {
            ("1", "unbounded") => Some(Occurrence::Required),
            ("0", "unbounded") => Some(Occurrence::Optional),
            ("0", "0") => Some(Occurrence::Prohibited),
            _ => {
                self.wrong(
                    element.line,
                    format!("minOccurs «{least}» và maxOccurs «{most}»: chỉ dùng 1 đến unbounded, 0 đến unbounded hoặc 0 đến 0"),
                    format!("minOccurs “{least}” and maxOccurs “{most}”: 1 to unbounded, 0 to unbounded or 0 to 0 are allowed"),
                );
                None
            }
        }
    }

    fn requirement(&mut self, element: &Element) -> Option<Requirement> {
        let more: &[&str] = match element.name.as_str() {
            "entity" => &["instructions"],
            "partOf" | "attribute" => &["cardinality", "instructions"],
            _ => &["cardinality", "instructions", "uri"],
        };
        let facet = self.facet(element, more);
        let cardinality = match (element.attribute("cardinality"), element.name.as_str()) {
            (None | Some("required"), _) => Cardinality::Required,
            (Some("prohibited"), _) => Cardinality::Prohibited,
            (Some("optional"), name) if name != "partOf" => Cardinality::Optional,
            (Some(other), _) => {
                self.wrong(
                    element.line,
                    format!("cardinality «{other}» không dùng được ở <{}>", element.name),
                    format!("cardinality “{other}” is not allowed on <{}>", element.name),
                );
                return None;
            }
        };
        let instructions = element.attribute("instructions").map(str::to_owned);
        Some(Requirement { facet: facet?, cardinality, instructions })
    }

    fn facet(&mut self, element: &Element, more: &[&str]) -> Option<Facet> {
        let mut allowed = more.to_vec();
        match element.name.as_str() {
            "partOf" => allowed.push("relation"),
            "property" => allowed.push("dataType"),
            _ => {}
        }
        if element.space != Space::Ids {
            return None;
        }
        self.attributes(element, &allowed);
        let kind = match element.name.as_str() {
            "entity" => FacetKind::Entity(self.entity(element)?),
            "partOf" => self.part_of(element)?,
            "attribute" => {
                self.sequence(element, &[("name", 1, 1), ("value", 0, 1)]);
                FacetKind::Attribute {
                    name: self.value(element, "name")?,
                    value: self.value(element, "value"),
                }
            }
            "classification" => {
                self.sequence(element, &[("value", 0, 1), ("system", 1, 1)]);
                let value = self.value(element, "value");
                FacetKind::Classification { system: self.value(element, "system")?, value }
            }
            "property" => {
                self.sequence(element, &[("propertySet", 1, 1), ("baseName", 1, 1), ("value", 0, 1)]);
                self.property(element)?
            }
            "material" => {
                self.sequence(element, &[("value", 0, 1)]);
                FacetKind::Material { value: self.value(element, "value") }
            }
            _ => return None,
        };
        Some(Facet { line: element.line, kind })
    }

    fn property(&mut self, element: &Element) -> Option<FacetKind> {
        let data_type = element.attribute("dataType").map(str::trim).map(str::to_owned);
        if let Some(wrong) =
            data_type.as_ref().filter(|t| t.is_empty() || !t.bytes().all(|b| b.is_ascii_uppercase()))
        {
            self.wrong(
                element.line,
                format!("dataType «{wrong}» phải viết bằng chữ hoa A–Z"),
                format!("dataType “{wrong}” must be in capitals A–Z"),
            );
        }
        Some(FacetKind::Property {
            set: self.value(element, "propertySet")?,
            name: self.value(element, "baseName")?,
            data_type,
            value: self.value(element, "value"),
        })
    }

    fn part_of(&mut self, element: &Element) -> Option<FacetKind> {
        self.sequence(element, &[("entity", 1, 1)]);
        let relation = match element.attribute("relation").map(|name| (name, Relation::of(name))) {
            None => None,
            Some((_, Some(relation))) => Some(relation),
            Some((name, None)) => {
                self.wrong(
                    element.line,
                    format!("relation «{name}» không có trong IDS 1.0"),
                    format!("relation “{name}” is none of IDS 1.0"),
                );
                return None;
            }
        };
        let whole = element.child("entity")?;
        self.attributes(whole, &[]);
        Some(FacetKind::PartOf { relation, entity: self.entity(whole)? })
    }

    fn entity(&mut self, element: &Element) -> Option<EntityFacet> {
        self.sequence(element, &[("name", 1, 1), ("predefinedType", 0, 1)]);
        let predefined_type = self.value(element, "predefinedType");
        Some(EntityFacet { name: self.value(element, "name")?, predefined_type })
    }
}
