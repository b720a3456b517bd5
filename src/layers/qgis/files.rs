//! Files that QGIS opens: a layer (`.qlr`), and a project of many layers (`.qgs`).
//!
//! They hold addresses and looks, never a password or key: QGIS finds those in its own store, by the name that
//! [`AUTHENTICATION`] gives.

use super::xml::Element;
use super::{Drawing, VERSION};
use crate::layers::definition::LAYER_SRID;
use crate::layers::{Attribute, GeometryKind};
use crate::space::Bbox;

/// Id of the stored login that closed layers name. Seven letters and digits, as QGIS asks.
pub const AUTHENTICATION: &str = "dothi01";

const DOCTYPE_PROJECT: &str = "qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'";

/// The service that QGIS reads a layer from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// WFS 2.0: in the stored system, to the digit, and to be edited by every QGIS.
    Wfs,
    /// OGC API Features, which newer versions of QGIS edit too.
    Features,
}

/// A layer as a reader has it.
#[derive(Debug)]
pub struct Entry<'a> {
    /// Its looks.
    pub drawing: Drawing<'a>,
    /// Attributes that he may see.
    pub attributes: Vec<&'a Attribute>,
    /// Address of the service: `…/wfs` or `…/ogc/`.
    pub url: String,
    /// Its name there.
    pub type_name: String,
    /// Which one it is.
    pub service: Service,
    /// Whether he may change it.
    pub edits: bool,
    /// Whether it has to be asked for with his key.
    pub closed: bool,
    /// Title of its theme.
    pub theme: String,
}

impl Entry<'_> {
    fn id(&self) -> String {
        format!("dothi_{}", self.drawing.layer.id)
    }

    fn provider(&self) -> &'static str {
        match self.service {
            Service::Wfs => "WFS",
            Service::Features => "OAPIF",
        }
    }

    fn source(&self) -> String {
        let quoted = |text: &str| text.replace('\\', "\\\\").replace('\'', "\\'");
        let version = match self.service {
            Service::Wfs => "2.0.0",
            Service::Features => "OGC_API_FEATURES",
        };
        let login = if self.closed { format!(" authcfg={AUTHENTICATION}") } else { String::new() };
        format!(
            "pagingEnabled='true' preferCoordinatesForWfsT11='false' restrictToRequestBBOX='1' srsname='EPSG:{LAYER_SRID}' \
             typename='{}' url='{}' version='{version}'{login}",
            quoted(&self.type_name),
            quoted(&self.url)
        )
    }

    fn tree(&self, checked: bool) -> Element {
        Element::new("layer-tree-layer")
            .with("id", self.id())
            .with("name", self.drawing.title())
            .with("providerKey", self.provider())
            .with("source", self.source())
            .with("checked", if checked { "Qt::Checked" } else { "Qt::Unchecked" })
            .with("expanded", 0)
    }

    fn map_layer(&self) -> Element {
        let (layer, lang) = (self.drawing.layer, self.drawing.lang);
        let (kind, wkb) = match layer.geometry {
            GeometryKind::Point => ("Point", "Point"),
            GeometryKind::MultiPoint => ("Point", "MultiPoint"),
            GeometryKind::LineString => ("Line", "LineString"),
            GeometryKind::MultiLineString => ("Line", "MultiLineString"),
            GeometryKind::Polygon => ("Polygon", "Polygon"),
            GeometryKind::MultiPolygon => ("Polygon", "MultiPolygon"),
        };
        let about = layer.description.get(lang);
        let element = Element::new("maplayer")
            .with("type", "vector")
            .with("geometry", kind)
            .with("wkbType", wkb)
            .with("autoRefreshEnabled", 0)
            .with("readOnly", u8::from(!self.edits))
            .with("simplifyDrawingHints", 1);
        let element = self.drawing.onto(
            element
                .leaf("id", self.id())
                .leaf("datasource", self.source())
                .leaf("layername", self.drawing.title())
                .leaf("title", self.drawing.title())
                .leaf("abstract", about)
                .child(Element::new("srs").child(reference_system()))
                .child(self.metadata(about))
                .child(Element::new("provider").with("encoding", "UTF-8").text(self.provider())),
        );
        let element = element.child(Element::new("aliases").children(
            self.attributes.iter().enumerate().map(|(i, a)| {
                Element::new("alias")
                    .with("index", i + 1)
                    .with("field", &a.name)
                    .with("name", a.title.get(lang))
            }),
        ));
        let coded = self.attributes.iter().filter_map(|a| self.value_map(a));
        let element = element.child(Element::new("fieldConfiguration").children(coded));
        match &layer.label {
            Some(label) if self.attributes.iter().any(|a| a.name == *label) => {
                element.leaf("previewExpression", format!("\"{label}\""))
            }
            _ => element,
        }
    }

    /// Meanings of an attribute's codes, for forms and tables.
    fn value_map(&self, attribute: &Attribute) -> Option<Element> {
        let list = self.drawing.catalog.code_list(attribute.codes.as_ref()?)?;
        let option = |name: &str, kind: &str| Element::new("Option").with("name", name).with("type", kind);
        let codes = list.codes.iter().map(|c| {
            let title = format!("{} ({})", c.title.get(self.drawing.lang), c.code);
            let pair = option(&title, "QString").with("value", &c.code);
            Element::new("Option").with("type", "Map").child(pair)
        });
        let map = Element::new("Option").with("type", "Map").child(option("map", "List").children(codes));
        let widget =
            Element::new("editWidget").with("type", "ValueMap").child(Element::new("config").child(map));
        Some(Element::new("field").with("name", &attribute.name).child(widget))
    }

    fn metadata(&self, about: &str) -> Element {
        let layer = self.drawing.layer;
        let metadata = Element::new("resourceMetadata")
            .leaf("identifier", &layer.id)
            .leaf("type", "dataset")
            .leaf("title", self.drawing.title())
            .leaf("abstract", about);
        match &layer.licence {
            Some(licence) => metadata.leaf("license", licence),
            None => metadata,
        }
    }

    /// Points over lines over areas; the order of the catalog within.
    fn place(&self) -> (u8, i32) {
        let layer = self.drawing.layer;
        let rank = match layer.geometry {
            g if g.is_area() => 0,
            g if g.is_point() => 2,
            _ => 1,
        };
        (rank, layer.draw_order)
    }
}

fn reference_system() -> Element {
    Element::new("spatialrefsys")
        .leaf("srid", LAYER_SRID)
        .leaf("authid", format!("EPSG:{LAYER_SRID}"))
        .leaf("description", "VN-2000 / TM-3 108-30")
        .leaf("projectionacronym", "tmerc")
        .leaf("geographicflag", "false")
}

/// One layer as a file (`.qlr`) that is dragged into QGIS.
pub fn layer_definition(entry: &Entry<'_>) -> String {
    // Whoever adds one layer wants to see it.
    let tree = entry.tree(true);
    Element::new("qlr")
        .child(
            Element::new("layer-tree-group")
                .with("name", "")
                .with("checked", "Qt::Checked")
                .with("expanded", 1)
                .child(tree),
        )
        .child(Element::new("maplayers").child(entry.map_layer()))
        .document(Some("qgis-layer-definition"))
}

/// A project (`.qgs`) of these layers, in groups by theme in their order.
pub fn project(title: &str, about: &str, entries: &[Entry<'_>], extent: Bbox) -> String {
    let mut themes: Vec<&str> = Vec::new();
    for entry in entries {
        if !themes.contains(&entry.theme.as_str()) {
            themes.push(&entry.theme);
        }
    }
    let groups = themes.iter().map(|theme| {
        let own = || entries.iter().filter(|e| e.theme == **theme);
        let open = own().any(|e| e.drawing.layer.visible);
        Element::new("layer-tree-group")
            .with("name", theme)
            .with("checked", "Qt::Checked")
            .with("expanded", u8::from(open))
            .children(own().map(|e| e.tree(e.drawing.layer.visible)))
    });
    let mut order: Vec<&Entry<'_>> = entries.iter().collect();
    order.sort_by_key(|e| std::cmp::Reverse(e.place()));
    let custom = Element::new("custom-order")
        .with("enabled", 1)
        .children(order.iter().map(|e| Element::new("item").text(e.id())));
    let extent_of = |name: &str| {
        let at =
            [("xmin", extent.min_x), ("ymin", extent.min_y), ("xmax", extent.max_x), ("ymax", extent.max_y)];
        at.into_iter().fold(Element::new(name), |e, (corner, v)| e.leaf(corner, v))
    };
    let canvas = Element::new("mapcanvas")
        .with("name", "theMapCanvas")
        .with("annotationsVisible", 1)
        .leaf("units", "meters")
        .child(extent_of("extent"))
        .leaf("rotation", 0)
        .child(Element::new("destinationsrs").child(reference_system()));
    let view = Element::new("DefaultViewExtent")
        .with("xmin", extent.min_x)
        .with("ymin", extent.min_y)
        .with("xmax", extent.max_x)
        .with("ymax", extent.max_y)
        .child(reference_system());
    Element::new("qgis")
        .with("projectname", title)
        .with("version", VERSION)
        .child(Element::new("homePath").with("path", ""))
        .leaf("title", title)
        .child(Element::new("projectCrs").child(reference_system()))
        .child(Element::new("layer-tree-group").children(groups).child(custom))
        .child(canvas)
        .child(Element::new("projectlayers").children(entries.iter().map(Entry::map_layer)))
        .child(
            Element::new("layerorder")
                .children(order.iter().map(|e| Element::new("layer").with("id", e.id()))),
        )
        .child(properties())
        .child(
            Element::new("projectMetadata")
                .leaf("type", "dataset")
                .leaf("title", title)
                .leaf("abstract", about),
        )
        .child(Element::new("ProjectViewSettings").with("UseProjectScales", 0).child(view))
        .document(Some(DOCTYPE_PROJECT))
}

/// Lengths in metres on the plane of the map, as every check of the service computes them.
fn properties() -> Element {
    let text = |name: &str, value: &str| Element::new(name).with("type", "QString").text(value);
    Element::new("properties")
        .child(Element::new("Measure").child(text("Ellipsoid", "NONE")))
        .child(
            Element::new("Measurement").child(text("DistanceUnits", "meters")).child(text("AreaUnits", "m2")),
        )
        .child(Element::new("Paths").child(Element::new("Absolute").with("type", "bool").text("false")))
}
