//! One query of `GetFeature`, as the client gives it.

use super::fault::Fault;
use super::names::local;
use super::version::Version;
use super::xml::Element;
use crate::features::encode::gml::{GEOMETRY, Srs};
use crate::space::Bbox;
use crate::space::crs::Offered;

/// A query, not yet held against its layer.
#[derive(Debug, Default, Clone)]
pub(super) struct Query {
    pub layer: String,
    pub filter: Option<Element>,
    pub bbox: Option<String>,
    /// Resource identifiers; none: all.
    pub ids: Vec<String>,
    pub srs: Option<String>,
    /// Attributes by name, [`GEOMETRY`] among them; none: all.
    pub properties: Vec<String>,
    /// Attributes, and whether from the greatest to the least.
    pub sort: Vec<(String, bool)>,
}

/// The names of a list of properties; none where all are wanted.
pub(super) fn property_names(list: &[String]) -> Vec<String> {
    // The last step of a path such as `dothi:parcel/dothi:code`.
    let name = |n: &String| local(n.rsplit('/').next().unwrap_or(n)).to_owned();
    let names: Vec<String> = list.iter().map(name).collect();
    if names.iter().any(|n| n == "*") { Vec::new() } else { names }
}

/// `name`, `name ASC`, `name DESC`, also `A` and `D`.
pub(super) fn sort_keys(list: &[String]) -> Result<Vec<(String, bool)>, Fault> {
    let key = |text: &String| {
        let (name, order) = text.trim().rsplit_once(' ').unwrap_or((text.trim(), ""));
        let down = match order.to_ascii_uppercase().as_str() {
            "" | "A" | "ASC" => false,
            "D" | "DESC" => true,
            _ => return Err(Fault::value("sortBy", "cần ASC hoặc DESC", "expected ASC or DESC")),
        };
        Ok((local(name).to_owned(), down))
    };
    list.iter().map(key).collect()
}

/// The reference system that a client names; the stored one where he names none.
pub(super) fn srs(text: Option<&str>, version: Version) -> Result<Srs, Fault> {
    let name = text.unwrap_or_else(|| version.srs_name(Offered::STORED));
    srs_named(name)
}

/// The reference system of this name.
pub(super) fn srs_named(name: &str) -> Result<Srs, Fault> {
    let (crs, order) = Offered::named_in_wfs(name).ok_or_else(|| Offered::refused("srsName", name))?;
    Ok(Srs { crs, order, name: name.to_owned() })
}

/// A box and its reference system.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Around {
    /// East before north.
    pub bbox: Bbox,
    pub crs: Offered,
}

/// `a,b,c,d[,crs]`; without one it is in the system of the answer.
pub(super) fn bbox(text: &str, answer: &Srs) -> Result<Around, Fault> {
    let mut parts = text.splitn(5, ',').map(str::trim);
    let mut number = || parts.next()?.parse().ok();
    let numbers: Option<[f64; 4]> = (|| Some([number()?, number()?, number()?, number()?]))();
    let Some(numbers) = numbers else {
        return Err(Fault::value(
            "bbox",
            "cần 4 số cách nhau bằng dấu phẩy, rồi hệ toạ độ nếu có",
            "expected 4 numbers with commas between, then the reference system if any",
        ));
    };
    let named = parts.next().filter(|t| !t.is_empty()).map(srs_named).transpose()?;
    around(numbers, named.as_ref().unwrap_or(answer), "bbox")
}

/// The box of two corners as the client writes them.
pub(super) fn around([a, b, c, d]: [f64; 4], srs: &Srs, place: &str) -> Result<Around, Fault> {
    let ((min_x, min_y), (max_x, max_y)) = (srs.order.turn((a, b)), srs.order.turn((c, d)));
    let finite = [a, b, c, d].iter().all(|v| v.is_finite());
    if !finite || min_x > max_x || min_y > max_y {
        return Err(Fault::value(
            place,
            "góc đầu phải nhỏ hơn góc cuối",
            "the first corner must be below the second",
        ));
    }
    let mut bbox = Bbox { min_x, min_y, max_x, max_y };
    if srs.crs.is_geographic() {
        // Clients ask beyond the world when they show all of it.
        bbox.min_x = bbox.min_x.clamp(-180.0, 180.0);
        bbox.max_x = bbox.max_x.clamp(-180.0, 180.0);
        bbox.min_y = bbox.min_y.clamp(-90.0, 90.0);
        bbox.max_y = bbox.max_y.clamp(-90.0, 90.0);
    }
    Ok(Around { bbox, crs: srs.crs })
}

/// Whether the geometry is among the properties that are wanted.
pub(super) fn wants_geometry(properties: &[String]) -> bool {
    properties.is_empty() || properties.iter().any(|p| p == GEOMETRY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_follow_the_order_of_their_system() {
        let metres = srs(None, Version::V20).unwrap();
        assert_eq!(metres.name, "urn:ogc:def:crs:EPSG::9218");
        let east_north = bbox("107,11,108,12,EPSG:4326", &metres).unwrap();
        let north_east = bbox("11,107,12,108,urn:ogc:def:crs:EPSG::4326", &metres).unwrap();
        assert_eq!(east_north.bbox, Bbox { min_x: 107.0, min_y: 11.0, max_x: 108.0, max_y: 12.0 });
        assert_eq!((east_north.bbox, east_north.crs), (north_east.bbox, Offered::Epsg4326));
        assert_eq!(bbox("1,2,3,4", &metres).unwrap().crs, Offered::Epsg9218);
        let world = bbox("-100,-200,100,200,urn:ogc:def:crs:EPSG::4326", &metres).unwrap();
        assert_eq!(world.bbox, Bbox { min_x: -180.0, min_y: -90.0, max_x: 180.0, max_y: 90.0 });
        for wrong in ["1,2,3", "1,2,3,x", "3,2,1,4", "1,2,NaN,4", "1,2,3,4,EPSG:2154", ""] {
            assert!(bbox(wrong, &metres).is_err(), "{wrong}");
        }
    }

    #[test]
    fn names_and_orders_are_read() {
        let list = |l: &[&str]| l.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(property_names(&list(&["dothi:parcel/dothi:code", "geometry"])), ["code", "geometry"]);
        assert_eq!(property_names(&list(&["*"])), Vec::<String>::new());
        let keys = sort_keys(&list(&["dothi:code DESC", "area_m2", "x A"])).unwrap();
        assert_eq!(keys, [("code".into(), true), ("area_m2".into(), false), ("x".into(), false)]);
        assert!(sort_keys(&list(&["code up"])).is_err());
    }
}
