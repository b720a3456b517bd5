//! The body of a write: one GeoJSON feature, or a merge patch on one. Each wrong member is named.

use axum::http::{HeaderMap, header};
use geo::{Coord, CoordsIter, Geometry, MapCoords};
use serde_json::{Map, Value as Json};

use super::crs::of_body;
use crate::access::Edit;
use crate::filter::check::unknown_attribute;
use crate::http::former_units::{self, ResolvedUnits};
use crate::layers::conform::from_json;
use crate::layers::{AttributeType, Value};
use crate::space::crs::{AxisOrder, Offered};
use crate::space::geojson;
use crate::{Error, Result};

/// A body, read. Geometry is still as given.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Body {
    kind: Option<String>,
    /// The system of the geometry's positions, which are in the order of its authority.
    crs: Offered,
    id: Option<Json>,
    /// None where the member is missing.
    geometry: Option<Json>,
    /// Attributes by their index in the definition; communes by today's codes.
    pub values: Vec<(usize, Value)>,
    /// Communes that were given otherwise.
    pub resolved: Vec<ResolvedUnits>,
    pub reason: Option<String>,
}

/// Reads a body of one of the media types `types`. Properties that the author may not see do not exist.
pub(super) fn read(
    headers: &HeaderMap,
    bytes: &[u8],
    edit: &Edit,
    types: &'static [&'static str],
) -> Result<Body> {
    let text = |name| headers.get(name).and_then(|v| v.to_str().ok());
    let kind = text(header::CONTENT_TYPE.as_str()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if !types.contains(&kind.as_str()) {
        return Err(Error::UnsupportedMediaType(types));
    }
    let crs = of_body(headers)?;
    let json: Json = serde_json::from_slice(bytes)
        .map_err(|e| Error::invalid("body", format!("JSON không đúng: {e}"), format!("not JSON: {e}")))?;
    let Json::Object(mut members) = json else { return Err(one_feature()) };
    let kind = members.remove("type").and_then(|t| t.as_str().map(str::to_owned));
    if kind.as_deref() == Some("FeatureCollection") {
        return Err(one_feature());
    }
    let mut values = values(members.remove("properties"), edit)?;
    let resolved = former_units::resolve(&edit.layer, &mut values)?;
    Ok(Body {
        kind,
        crs,
        id: members.remove("id"),
        geometry: members.remove("geometry"),
        values,
        resolved,
        reason: members.remove("reason").and_then(|r| r.as_str().map(str::to_owned)),
    })
}

fn one_feature() -> Error {
    Error::invalid("type", "cần đúng một Feature mỗi yêu cầu", "exactly one Feature a request is expected")
}

fn values(properties: Option<Json>, edit: &Edit) -> Result<Vec<(usize, Value)>> {
    let properties: Map<String, Json> = match properties {
        None | Some(Json::Null) => Map::new(),
        Some(Json::Object(members)) => members,
        Some(_) => return Err(Error::invalid("properties", "cần một đối tượng", "an object was expected")),
    };
    let value = |(name, json): (String, Json)| {
        let index = edit.layer.attributes.iter().position(|a| a.name == name);
        let index = index.filter(|i| edit.attributes[*i]).ok_or_else(|| unknown_attribute(&name))?;
        let kind: AttributeType = edit.layer.attributes[index].kind;
        let value = from_json(kind, &json).map_err(|reason| Error::InvalidParameter { name, reason })?;
        Ok((index, value))
    };
    properties.into_iter().map(value).collect()
}

impl Body {
    /// A whole feature, not a part of one.
    pub(super) fn must_be_feature(&self) -> Result<()> {
        if self.kind.as_deref() == Some("Feature") { Ok(()) } else { Err(one_feature()) }
    }

    /// The feature of this address, where it says which it is.
    pub(super) fn must_be_item(&self, fid: i64) -> Result<()> {
        let same = |id: &Json| id.as_i64() == Some(fid) || id.as_str() == Some(fid.to_string().as_str());
        if self.id.as_ref().is_none_or(same) {
            return Ok(());
        }
        Err(Error::invalid(
            "id",
            "khác với địa chỉ; mã không đổi được",
            "is not that of the address; it cannot change",
        ))
    }

    /// The geometry in EPSG:9218; one must be there.
    pub(super) fn whole_geometry(&self) -> Result<Geometry<f64>> {
        match &self.geometry {
            None | Some(Json::Null) => {
                Err(Error::invalid("geometry", "phải có hình học", "a geometry is required"))
            }
            Some(json) => stored(json, self.crs),
        }
    }

    /// The geometry in EPSG:9218 where the patch changes it: what it names of the geometry object, the rest as it is.
    pub(super) fn changed_geometry(&self, old: &Geometry<f64>) -> Result<Option<Geometry<f64>>> {
        let Some(Json::Object(patch)) = &self.geometry else {
            return if self.geometry.is_some() { self.whole_geometry().map(Some) } else { Ok(None) };
        };
        let mut whole = patch.clone();
        if !(whole.contains_key("type") && whole.contains_key("coordinates")) {
            // As the client that names a part of it has read the rest.
            let told = old.try_map_coords(|c| {
                self.crs.from_stored(c.x, c.y).map(|at| self.crs.axis_order().turn(at).into())
            })?;
            if let Json::Object(stored) = geojson::to_json(&told, self.crs.decimals()) {
                stored.into_iter().for_each(|(name, value)| {
                    whole.entry(name).or_insert(value);
                });
            }
        }
        stored(&Json::Object(whole), self.crs).map(Some)
    }
}

/// A GeoJSON geometry in CRS84 as one in EPSG:9218. The error names the first position that is none.
pub(in crate::http) fn in_metres(json: &Json) -> Result<Geometry<f64>> {
    stored(json, Offered::Crs84)
}

/// A geometry in the form of GeoJSON, its positions in `crs` in the order of the authority, as one in EPSG:9218.
fn stored(json: &Json, crs: Offered) -> Result<Geometry<f64>> {
    let geometry = geojson::from_json(json)
        .map_err(|en| Error::invalid("geometry", format!("hình học GeoJSON không đúng ({en})"), en))?;
    let turned = geometry.map_coords(|c| crs.axis_order().turn(c.x_y()).into());
    let on_earth = |c: &Coord<f64>| c.x.abs() <= 180.0 && c.y.abs() <= 90.0;
    if crs.is_geographic()
        && let Some((i, _)) = turned.coords_iter().enumerate().find(|(_, c)| !on_earth(c))
    {
        let c = geometry.coords_iter().nth(i).unwrap_or_default();
        let (vi, en) = match crs.axis_order() {
            AxisOrder::EastNorth => ("kinh độ, vĩ độ", "longitude and latitude"),
            AxisOrder::NorthEast => ("vĩ độ, kinh độ", "latitude and longitude"),
        };
        return Err(Error::invalid(
            "geometry",
            format!("({}, {}) không phải {vi} của {}", c.x, c.y, crs.code()),
            format!("({}, {}) is no {en} of {}", c.x, c.y, crs.code()),
        ));
    }
    turned.try_map_coords(|c| {
        crs.to_stored(c.x, c.y).map(Coord::from).map_err(|e| match e {
            Error::InvalidParameter { reason, .. } => {
                Error::InvalidParameter { name: "geometry".to_owned(), reason }
            }
            other => other,
        })
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;
    use crate::access::Area;

    fn edit() -> Edit {
        let attribute =
            |name: &str, kind: &str| json!({"name": name, "type": kind, "title": {"vi": "", "en": ""}});
        let layer = serde_json::from_value(json!({
            "id": "thing", "title": {"vi": "x", "en": "x"}, "theme": "t", "geometry": "Point", "owner": ["XD"],
            "access": "O",
            "attribute": [attribute("code", "text"), attribute("holder", "text"), attribute("storeys", "integer")],
        }));
        Edit { layer: Arc::new(layer.unwrap()), attributes: vec![true, false, true], area: Area::Everywhere }
    }

    fn body(json: &Json) -> Result<Body> {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, "application/geo+json; charset=utf-8".parse().unwrap());
        read(&headers, json.to_string().as_bytes(), &edit(), &["application/geo+json"])
    }

    #[test]
    fn a_wrong_member_is_named() {
        let point = json!({"type": "Point", "coordinates": [107.69, 12.0]});
        let feature =
            |properties: Json| json!({"type": "Feature", "geometry": point, "properties": properties});
        for (json, place) in [
            (json!([1]), "type"),
            (json!({"type": "FeatureCollection", "features": []}), "type"),
            (feature(json!([])), "properties"),
            (feature(json!({"nix": 1})), "nix"),
            // Hidden: the same as one that is not there.
            (feature(json!({"holder": "A"})), "holder"),
            (feature(json!({"storeys": "two"})), "storeys"),
            (feature(json!({"storeys": 2.5})), "storeys"),
        ] {
            let Err(Error::InvalidParameter { name, reason }) = body(&json) else { panic!("{json}") };
            assert_eq!(name, place, "{json}");
            let unknown = matches!(place, "nix" | "holder");
            assert_eq!(unknown, reason.en == "there is no such attribute");
        }
        let good = body(&feature(json!({"storeys": 2, "code": null}))).unwrap();
        assert_eq!(good.values, [(0, Value::Null), (2, Value::Int(2))]);
    }

    #[test]
    fn geometry_comes_in_degrees() {
        let of = |geometry: Json| {
            body(&json!({"type": "Feature", "geometry": geometry})).unwrap().whole_geometry()
        };
        let Geometry::Point(p) = of(json!({"type": "Point", "coordinates": [107.69, 12.0]})).unwrap() else {
            panic!()
        };
        // The vector of EPSG:6960.
        assert!((p.x() - 411_600.265).abs() < 0.001 && (p.y() - 1_327_195.238).abs() < 0.001);
        for wrong in [
            json!(null),
            json!({"type": "Point", "coordinates": [411_600.0, 1_327_195.0]}),
            json!({"type": "Point", "coordinates": ["a", 1]}),
            json!({"type": "Cube"}),
            json!("x"),
        ] {
            assert!(matches!(of(wrong), Err(Error::InvalidParameter { name, .. }) if name == "geometry"));
        }
    }

    #[test]
    fn a_patch_changes_what_it_names() {
        let old = Geometry::Point(geo::Point::new(411_600.0, 1_327_195.0));
        assert_eq!(body(&json!({"properties": {}})).unwrap().changed_geometry(&old).unwrap(), None);
        let moved = body(&json!({"geometry": {"coordinates": [107.7, 12.0]}})).unwrap();
        assert!(matches!(moved.changed_geometry(&old), Ok(Some(Geometry::Point(_)))));
        assert!(body(&json!({"geometry": null})).unwrap().changed_geometry(&old).is_err());
        assert!(body(&json!({"id": 7})).unwrap().must_be_item(7).is_ok());
        assert!(body(&json!({"id": "8"})).unwrap().must_be_item(7).is_err());
    }

    #[test]
    fn other_types_and_systems_are_refused() {
        let mut headers = HeaderMap::new();
        assert!(matches!(read(&headers, b"{}", &edit(), &["a/b"]), Err(Error::UnsupportedMediaType(_))));
        headers.insert(header::CONTENT_TYPE, "a/b".parse().unwrap());
        assert!(read(&headers, b"{}", &edit(), &["a/b"]).is_ok());
        headers.insert("content-crs", "<http://www.opengis.net/def/crs/EPSG/0/2154>".parse().unwrap());
        let refused = read(&headers, b"{}", &edit(), &["a/b"]);
        assert!(matches!(refused, Err(Error::InvalidParameter { name, .. }) if name == "Content-Crs"));
    }
}
