//! The body of a write: one GeoJSON feature, or a merge patch on one. Each wrong member is named.

use axum::http::{HeaderMap, header};
use geo::{CoordsIter, Geometry, MapCoords};
use serde_json::{Map, Value as Json};

use super::params::CRS84;
use crate::access::Edit;
use crate::filter::check::unknown_attribute;
use crate::http::former_units::{self, ResolvedUnits};
use crate::layers::conform::from_json;
use crate::layers::{AttributeType, Value};
use crate::space::{crs, geojson};
use crate::{Error, Result};

/// A body, read. Geometry is still as given.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Body {
    kind: Option<String>,
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
    if let Some(crs) = text("content-crs").filter(|c| c.trim_matches(['<', '>', ' ']) != CRS84) {
        return Err(Error::invalid(
            "Content-Crs",
            format!("chỉ nhận {CRS84}, nhận được {crs}"),
            format!("only {CRS84} is taken, got {crs}"),
        ));
    }
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
            Some(json) => in_metres(json),
        }
    }

    /// The geometry in EPSG:9218 where the patch changes it: what it names of the geometry object, the rest as it is.
    pub(super) fn changed_geometry(&self, old: &Geometry<f64>) -> Result<Option<Geometry<f64>>> {
        let Some(Json::Object(patch)) = &self.geometry else {
            return if self.geometry.is_some() { self.whole_geometry().map(Some) } else { Ok(None) };
        };
        let mut whole = patch.clone();
        if !(whole.contains_key("type") && whole.contains_key("coordinates")) {
            let degrees = old.map_coords(|c| crs::to_crs84(c.x, c.y).into());
            if let Json::Object(stored) = geojson::to_json(&degrees, 9) {
                stored.into_iter().for_each(|(name, value)| {
                    whole.entry(name).or_insert(value);
                });
            }
        }
        in_metres(&Json::Object(whole)).map(Some)
    }
}

/// A GeoJSON geometry in CRS84 as one in EPSG:9218. The error names the first position that is none.
pub(in crate::http) fn in_metres(json: &Json) -> Result<Geometry<f64>> {
    let geometry = geojson::from_json(json)
        .map_err(|en| Error::invalid("geometry", format!("hình học GeoJSON không đúng ({en})"), en))?;
    let on_earth = |c: &geo::Coord<f64>| c.x.abs() <= 180.0 && c.y.abs() <= 90.0;
    if let Some(c) = geometry.coords_iter().find(|c| !on_earth(c)) {
        return Err(Error::invalid(
            "geometry",
            format!("({}, {}) không phải kinh độ, vĩ độ của CRS84", c.x, c.y),
            format!("({}, {}) is no longitude and latitude of CRS84", c.x, c.y),
        ));
    }
    Ok(geometry.map_coords(|c| crs::from_crs84(c.x, c.y).into()))
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
        headers.insert("content-crs", "<http://www.opengis.net/def/crs/EPSG/0/9218>".parse().unwrap());
        let refused = read(&headers, b"{}", &edit(), &["a/b"]);
        assert!(matches!(refused, Err(Error::InvalidParameter { name, .. }) if name == "Content-Crs"));
    }
}
