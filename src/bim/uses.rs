//! Uses of spaces and buildings: property sets first, then names.

use super::element::Context;
use super::words::{has_phrase, plain};

/// Categories that matter for FAR, and the usual ones, by plain words. First match wins.
const CATEGORIES: &[(&str, &[&str])] = &[
    ("refuge", &["gian lanh nan", "lanh nan", "refuge", "refuge area"]),
    ("fire", &["pccc", "phong chay chua chay", "chua chay", "fire", "fire fighting", "fire pump"]),
    ("parking", &["parking", "de xe", "do xe", "bai xe", "nha xe", "gara", "garage", "car park", "carpark"]),
    (
        "technical",
        &[
            "technical",
            "ky thuat",
            "phong may",
            "tram bom",
            "may bom",
            "may phat",
            "phong dien",
            "tram bien ap",
            "mechanical",
            "electrical room",
            "pump room",
            "plant room",
            "utility",
            "boiler room",
            "server room",
            "hop ky thuat",
        ],
    ),
    ("shaft", &["thang may", "lift", "elevator", "gieng thang", "shaft", "hop gen"]),
    ("stair", &["cau thang", "thang bo", "stair", "stairs", "staircase", "buong thang", "stairwell"]),
    ("classroom", &["phong hoc", "lop hoc", "classroom", "class room"]),
    ("school", &["truong hoc", "giao duc", "school", "education", "educational"]),
    ("apartment", &["can ho", "apartment", "chung cu", "flat"]),
    ("office", &["van phong", "office", "phong lam viec", "phong hop", "meeting room"]),
    ("commercial", &["thuong mai", "cua hang", "shop", "retail", "commercial", "dich vu", "sieu thi"]),
    ("hotel", &["khach san", "hotel"]),
    ("hospital", &["benh vien", "hospital", "phong kham", "clinic"]),
    ("corridor", &["hanh lang", "corridor", "sanh", "lobby", "hall", "hallway", "foyer", "entrance"]),
    (
        "residential",
        &[
            "nha o",
            "residential",
            "dwelling",
            "phong khach",
            "phong ngu",
            "phong bep",
            "bep",
            "living room",
            "bedroom",
            "kitchen",
            "phong an",
            "dining",
            "dining room",
            "phong tho",
            "phong sinh hoat",
            "living",
            "wc",
            "phong ve sinh",
            "ve sinh",
            "bathroom",
            "bath",
            "toilet",
            "phong tam",
            "house",
            "house single",
        ],
    ),
];

/// The category that plain words name.
pub fn category(words: &str) -> Option<&'static str> {
    CATEGORIES.iter().find(|(_, phrases)| has_phrase(words, phrases)).map(|(name, _)| *name)
}

/// Uses whose floors do not count for FAR (QCVN 01: technical, fire, refuge and parking).
pub fn is_outside_far(category: &str) -> bool {
    matches!(category, "technical" | "fire" | "refuge" | "parking")
}

/// The use of a space: its category where the words name one, else the words as they are. From, in this order:
/// Pset_SpaceOccupancyRequirements.OccupancyType, PredefinedType PARKING, LongName, ObjectType,
/// Pset_SpaceCommon.Reference, a classification, Name.
pub fn of_space(context: &Context<'_>, id: u32) -> Option<String> {
    let model = context.model;
    let record = model.get(id)?;
    let property = |set: &str, name: &str| {
        context.properties.value(model, id, set, name).and_then(|v| v.text().map(str::to_owned))
    };
    let occupancy = property("Pset_SpaceOccupancyRequirements", "OccupancyType");
    let parking =
        record.enumeration("PredefinedType").filter(|p| *p == "PARKING").map(|_| "parking".to_owned());
    let candidates = [
        occupancy.clone(),
        parking,
        record.text("LongName").map(str::to_owned),
        record.text("ObjectType").map(str::to_owned),
        property("Pset_SpaceCommon", "Reference"),
        classification(context, id),
        record.text("Name").map(str::to_owned),
    ];
    let known = candidates.iter().flatten().find_map(|text| category(&plain(text)).map(str::to_owned));
    known.or_else(|| occupancy.map(|o| plain(&o)).filter(|o| !o.is_empty()))
}

/// The main use of a building, as a code of `building_use` where the words name one.
pub fn of_building(context: &Context<'_>, id: u32) -> Option<String> {
    let model = context.model;
    let property = |set: &str, name: &str| {
        context.properties.value(model, id, set, name).and_then(|v| v.text().map(str::to_owned))
    };
    let record = model.get(id)?;
    let texts = [
        property("Pset_BuildingCommon", "OccupancyType"),
        property("Pset_BuildingUse", "MarketCategory"),
        record.text("ObjectType").map(str::to_owned),
        classification(context, id),
        record.text("LongName").map(str::to_owned),
    ];
    texts.into_iter().flatten().find(|t| !t.trim().is_empty()).map(|text| building_use(&text).unwrap_or(text))
}

/// A code of `schema/codes/building_use` from a text.
fn building_use(text: &str) -> Option<String> {
    const CODES: &[(&str, &[&str])] = &[
        (
            "house_single",
            &[
                "house single",
                "nha o rieng le",
                "nha pho",
                "nha o",
                "biet thu",
                "single house",
                "single family",
                "villa",
                "townhouse",
                "tube house",
                "detached house",
                "dwelling",
                "residential house",
            ],
        ),
        ("apartment", &["apartment", "chung cu", "can ho", "nha chung cu", "multi family"]),
        ("school", &["school", "truong hoc", "truong", "education", "giao duc"]),
        ("hospital", &["hospital", "benh vien", "clinic"]),
        ("hotel", &["hotel", "khach san"]),
        ("mixed", &["mixed", "hon hop", "mixed use"]),
        ("office", &["office", "van phong"]),
        ("commercial", &["commercial", "thuong mai", "retail", "shop"]),
        ("factory", &["factory", "nha may", "xuong", "nha xuong", "industrial"]),
        ("warehouse", &["warehouse", "kho"]),
        ("parking", &["parking", "bai do xe", "nha de xe"]),
        ("technical", &["technical", "ky thuat"]),
        ("public", &["public", "cong cong"]),
    ];
    let words = plain(text);
    CODES.iter().find(|(_, phrases)| has_phrase(&words, phrases)).map(|(code, _)| (*code).to_owned())
}

fn classification(context: &Context<'_>, id: u32) -> Option<String> {
    context.relations.classes.get(&id)?.iter().find_map(|class| {
        let record = context.model.get(*class)?;
        record
            .text("Name")
            .or(record.text("Identification"))
            .or(record.text("ItemReference"))
            .map(str::to_owned)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spaces_are_sorted_by_their_words() {
        for (name, expected) in [
            ("Phòng khách", Some("residential")),
            ("Để xe", Some("parking")),
            ("Phòng kỹ thuật điện", Some("technical")),
            ("Gian lánh nạn", Some("refuge")),
            ("Phòng học 1A", Some("classroom")),
            ("Xyz", None),
        ] {
            assert_eq!(category(&plain(name)), expected, "{name}");
        }
    }
}
