//! The addresses at which a layer is served, for QGIS and for programs.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::i18n::Tr;
use super::super::layers::Layer;
use crate::features::encode::Form;
use crate::http::ogc::download::{self, Whole};

/// Addresses of a layer below the service's base.
pub struct Links {
    base: String,
    id: String,
}

impl Links {
    /// Of the layer called `id`.
    pub fn new(base: &str, id: &str) -> Self {
        Self { base: base.to_owned(), id: id.to_owned() }
    }

    /// What QGIS asks for as the address of an OGC API Features connection.
    pub fn ogc(&self) -> String {
        format!("{}/ogc/", self.base)
    }

    /// The collection.
    pub fn collection(&self) -> String {
        format!("{}/ogc/collections/{}", self.base, self.id)
    }

    /// Items, a page at a time.
    pub fn items(&self) -> String {
        format!("{}/items", self.collection())
    }

    /// Everything in one file of a form.
    pub fn download(&self, whole: Whole) -> String {
        format!("{}/ogc{}", self.base, download::path(&self.id, whole))
    }

    /// JSON Schema of an item.
    pub fn schema(&self) -> String {
        format!("{}/schema", self.collection())
    }

    /// Attributes that may be filtered by.
    pub fn queryables(&self) -> String {
        format!("{}/queryables", self.collection())
    }

    /// Vector tiles by XYZ.
    pub fn tiles(&self) -> String {
        format!("{}/tiles/{}/{{z}}/{{x}}/{{y}}.mvt", self.base, self.id)
    }

    /// TileJSON 3.0.
    pub fn tile_json(&self) -> String {
        format!("{}/tiles/{}.json", self.base, self.id)
    }

    /// MapLibre style.
    pub fn style(&self) -> String {
        format!("{}/ogc/styles/{}?f=mapbox", self.base, self.id)
    }

    /// These facts as JSON.
    pub fn facts(&self) -> String {
        format!("{}/api/v1/layers/{}", self.base, self.id)
    }
}

/// Whom to name when the data are used.
pub fn attribution(tr: Tr, layer: &Layer) -> String {
    let licence = layer.licence.as_deref().unwrap_or_default();
    tr.with(
        "layer-attribution-text",
        &[("owner", &layer.owner), ("title", &layer.title), ("licence", licence)],
    )
}

/// Where a licence is written; SPDX names only.
pub fn licence(id: &str) -> String {
    format!("https://spdx.org/licenses/{id}.html")
}

/// All addresses, by what they give.
pub fn json(base: &str, layer: &Layer) -> Value {
    let l = Links::new(base, &layer.id);
    json!({
        "page": format!("{base}/layers/{}", layer.id), "qgis": format!("{base}/layers/{}/qgis", layer.id),
        "qlr": format!("{base}/layers/{}/layer.qlr", layer.id),
        "ogc": l.ogc(), "collection": l.collection(), "items": l.items(), "download": l.download(Whole::Items(Form::GeoJson)),
        "downloads": Whole::all().map(|w| (w.name(), l.download(w))).collect::<BTreeMap<_, _>>(),
        "schema": l.schema(), "queryables": l.queryables(), "tiles": l.tiles(), "tilejson": l.tile_json(),
        "style": l.style(), "coverage": format!("{}/coverage", l.facts()), "quality": format!("{}/quality", l.facts()),
        "revisions": format!("{base}/api/v1/revisions?layer={}", layer.id),
        "licence": layer.licence.as_deref().map(licence),
    })
}
