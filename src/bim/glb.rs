//! The model as glTF 2.0 binary, small enough for a browser.
//!
//! One mesh and node a batch: the elements of one storey and colour, in tiles of 128 m, so that few draw calls show
//! the model and one filter hides a storey. Positions are `u16` quantised over the batch's box
//! (KHR_mesh_quantization), put back by the node's scale and translation; normals are left to the viewer (flat
//! shading). Each vertex names its element by `_FEATURE_ID_0` (EXT_mesh_features): the number within the batch; the
//! batch's `extras.first` added to it is the row of the scene's `extras.elements`, the list
//! `[GlobalId, entity, storey]` with the places of the last two in `extras.entities` and `extras.storeys`.
//! Axes are glTF's: Y up, so x = local x, y = local z, z = −local y. `extras.origin` is what was subtracted, so that
//! f32 keeps its precision; `extras.placement` says where it lies on earth.
//! Spaces and openings are left out; terrain and furniture stay visible.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Value, json};

use super::element::Context;
use super::error::BimError;
use super::facts::Box3;
use super::georeference;
use super::role::Role;
use super::shape::Solid;

const STEPS: f64 = 65535.0;
const U16: u32 = 5123;
const U32: u32 = 5125;
/// Side of the tiles that batches are cut into, metres: positions are then right to 2 mm.
const TILE_M: f64 = 128.0;
/// Most elements in one batch, for their numbers are `u16`.
const MOST_IN_BATCH: usize = 65_536;

/// What a batch's elements have in common: storey, colour and tile; none for what is larger than a tile.
type Key = (Option<u32>, [u8; 4], Option<[i64; 2]>);

/// One visible element.
struct Member<'a> {
    global_id: String,
    entity: String,
    solid: &'a Solid,
    bbox: Box3,
}

#[derive(Default)]
struct Builder {
    bin: Vec<u8>,
    views: Vec<Value>,
    accessors: Vec<Value>,
    meshes: Vec<Value>,
    nodes: Vec<Value>,
    materials: Vec<Value>,
    colours: Vec<[u8; 4]>,
    names: Names,
    storeys: Vec<Value>,
}

/// The rows of `extras.elements`, and the entity names that they point to.
#[derive(Default)]
struct Names {
    elements: Vec<Value>,
    entities: Vec<String>,
}

/// Writes the model.
pub fn write(context: &Context<'_>) -> Result<Vec<u8>, BimError> {
    let batches = batches(context);
    if batches.is_empty() {
        return Err(BimError::new("", "mô hình không có hình khối nào", "the model has no solid"));
    }
    let origin = origin(context);
    let mut builder = Builder::default();
    let numbers = builder.number_storeys(context);
    for ((storey, colour, _), members) in &batches {
        let storey = storey.and_then(|id| numbers.get(&id).copied());
        for members in members.chunks(MOST_IN_BATCH) {
            builder.add(members, storey, *colour, origin);
        }
    }
    Ok(builder.finish(origin, &placement(context, origin)))
}

/// All visible elements by what they have in common, in file order.
fn batches<'a>(context: &'a Context<'_>) -> BTreeMap<Key, Vec<Member<'a>>> {
    let mut out: BTreeMap<Key, Vec<Member<'a>>> = BTreeMap::new();
    for (&id, solid) in &context.meshes.solids {
        let (Some(record), Some(bbox)) = (context.model.get(id), solid.bbox()) else { continue };
        let element = context.element(&record);
        if matches!(element.role, Role::Space | Role::Opening) {
            continue;
        }
        let large = (0..3).any(|k| bbox.max[k] - bbox.min[k] > TILE_M);
        let tile = [0, 1].map(|k| (f64::midpoint(bbox.min[k], bbox.max[k]) / TILE_M).floor() as i64);
        let key = (element.storey, colour(solid, element.role), (!large).then_some(tile));
        let entity = record.entity().to_owned();
        out.entry(key).or_default().push(Member { global_id: element.global_id, entity, solid, bbox });
    }
    out
}

/// Whole metres near the middle of the model's floor.
fn origin(context: &Context<'_>) -> [f64; 3] {
    let boxes: Vec<Box3> = context.meshes.solids.values().filter_map(Solid::bbox).collect();
    [0, 1, 2].map(|k| {
        let low = boxes.iter().map(|b| b.min[k]).fold(f64::INFINITY, f64::min);
        let high = boxes.iter().map(|b| b.max[k]).fold(f64::NEG_INFINITY, f64::max);
        if low.is_finite() {
            if k == 2 { low.floor() } else { f64::midpoint(low, high).floor() }
        } else {
            0.0
        }
    })
}

/// Where the origin lies: degrees of CRS84, the ends of one metre along local x and y there (in degrees too, so that
/// rotation, scale and the grid's convergence are all in them), and the height of local z = 0. Null where the model
/// has no place.
fn placement(context: &Context<'_>, origin: [f64; 3]) -> Value {
    // A hundred metres, for degrees have nine decimals.
    const REACH_M: f64 = 100.0;
    let placed = georeference::read(context);
    let Some(placement) = &placed.placement else { return Value::Null };
    let at = |x: f64, y: f64| placement.to_crs84(origin[0] + x, origin[1] + y);
    let (Some(o), Some(x), Some(y)) = (at(0.0, 0.0), at(REACH_M, 0.0), at(0.0, REACH_M)) else {
        return Value::Null;
    };
    let step = |p: (f64, f64)| [(p.0 - o.0) / REACH_M, (p.1 - o.1) / REACH_M];
    let georeference = placed.georeference.as_ref();
    json!({
        "longitude": o.0, "latitude": o.1, "x_deg_per_m": step(x), "y_deg_per_m": step(y),
        "height_of_zero_m": georeference.and_then(|g| g.orthogonal_height_m),
        "vertical_datum": georeference.and_then(|g| g.vertical_datum.clone()),
        "uncertainty_m": georeference.map(|g| g.horizontal_uncertainty_m),
    })
}

/// The model's own colour, else one of the class.
fn colour(solid: &Solid, role: Role) -> [u8; 4] {
    let own = solid.colour;
    let grey = own.iter().take(3).all(|c| (c - own[0]).abs() < 0.02);
    if !grey {
        return own.map(|c| (c.clamp(0.0, 1.0) * 255.0).round() as u8);
    }
    match role {
        Role::Wall => [222, 214, 202, 255],
        Role::Floor | Role::Foundation => [176, 176, 172, 255],
        Role::Roof => [168, 84, 66, 255],
        Role::Canopy => [196, 132, 96, 255],
        Role::Filling => [120, 168, 196, 160],
        Role::Column | Role::Stair => [150, 150, 150, 255],
        Role::Railing => [96, 104, 112, 255],
        Role::Terrain => [140, 164, 112, 255],
        Role::Furnishing | Role::Equipment => [184, 164, 128, 255],
        Role::Other | Role::Space | Role::Opening => [200, 200, 196, 255],
    }
}

impl Names {
    fn add(&mut self, member: &Member<'_>, storey: Option<usize>) {
        let entity = self.entities.iter().position(|e| *e == member.entity).unwrap_or_else(|| {
            self.entities.push(member.entity.clone());
            self.entities.len() - 1
        });
        self.elements.push(json!([member.global_id, entity, storey]));
    }
}

/// Corners and triangles of a batch, in quantised steps of its box.
#[derive(Default)]
struct Batch {
    corners: Vec<[u16; 3]>,
    features: Vec<u16>,
    triangles: Vec<u32>,
}

impl Batch {
    /// Adds one element; equal corners once, for tessellations repeat them for each face.
    fn add(&mut self, solid: &Solid, feature: u16, steps: impl Fn(&[f64; 3]) -> [u16; 3]) {
        let mut index = HashMap::new();
        for t in &solid.triangles {
            let t = t.map(|i| {
                let [x, y, z] = steps(&solid.vertices[i as usize]);
                // Y up: the third axis runs south, so its steps are counted from the other end.
                let corner = [x, z, u16::MAX - y];
                *index.entry(corner).or_insert_with(|| {
                    self.corners.push(corner);
                    self.features.push(feature);
                    self.corners.len() as u32 - 1
                })
            });
            if t[0] != t[1] && t[1] != t[2] && t[2] != t[0] {
                self.triangles.extend(t);
            }
        }
    }
}

impl Builder {
    /// Storeys by elevation, and the number of each.
    fn number_storeys(&mut self, context: &Context<'_>) -> HashMap<u32, usize> {
        let mut found: Vec<(f64, u32)> = context
            .model
            .all("IfcBuildingStorey")
            .into_iter()
            .filter_map(|id| {
                let elevation = context.model.get(id)?.number("Elevation").unwrap_or(0.0);
                Some((elevation * context.units.length_m, id))
            })
            .collect();
        found.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        for (elevation, id) in &found {
            let named = context.named(*id);
            self.storeys.push(json!({
                "global_id": named.global_id, "name": named.name,
                "elevation_m": elevation.is_finite().then_some(elevation),
            }));
        }
        found.into_iter().enumerate().map(|(number, (_, id))| (id, number)).collect()
    }

    fn add(&mut self, members: &[Member<'_>], storey: Option<usize>, colour: [u8; 4], origin: [f64; 3]) {
        let min = [0, 1, 2].map(|k| members.iter().map(|m| m.bbox.min[k]).fold(f64::INFINITY, f64::min));
        let max = [0, 1, 2].map(|k| members.iter().map(|m| m.bbox.max[k]).fold(f64::NEG_INFINITY, f64::max));
        let size = [0, 1, 2].map(|k| (max[k] - min[k]).max(1e-6));
        let steps = |v: &[f64; 3]| [0, 1, 2].map(|k| ((v[k] - min[k]) / size[k] * STEPS).round() as u16);
        let mut batch = Batch::default();
        for (number, member) in members.iter().enumerate() {
            batch.add(member.solid, number as u16, steps);
        }
        if batch.triangles.is_empty() {
            return;
        }
        let first = self.names.elements.len();
        members.iter().for_each(|m| self.names.add(m, storey));
        let (position, feature) = self.vertices(&batch);
        let indices = self.indices(&batch.triangles, batch.corners.len());
        let material = self.material(colour);
        self.meshes.push(json!({"primitives":[{
            "attributes":{"POSITION":position,"_FEATURE_ID_0":feature},"indices":indices,"material":material,
            "extensions":{"EXT_mesh_features":{"featureIds":[{"featureCount":members.len(),"attribute":0}]}},
        }]}));
        let scale = [size[0] / STEPS, size[2] / STEPS, size[1] / STEPS];
        let translation = [min[0] - origin[0], min[2] - origin[2], -(max[1] - origin[1])];
        self.nodes.push(json!({
            "mesh": self.meshes.len() - 1, "scale": scale, "translation": translation,
            "extras": {"first": first, "storey": storey},
        }));
    }

    /// Position and element of each corner, side by side: eight bytes and four, for each part of a vertex starts at
    /// a multiple of four bytes (glTF 2.0, 3.6.2.4).
    fn vertices(&mut self, batch: &Batch) -> (usize, usize) {
        let start = self.bin.len();
        let (mut min, mut max) = ([u16::MAX; 3], [0_u16; 3]);
        for (corner, feature) in batch.corners.iter().zip(&batch.features) {
            for k in 0..3 {
                min[k] = min[k].min(corner[k]);
                max[k] = max[k].max(corner[k]);
                self.bin.extend(corner[k].to_le_bytes());
            }
            self.bin.extend([0, 0]);
            self.bin.extend(feature.to_le_bytes());
            self.bin.extend([0, 0]);
        }
        let length = self.bin.len() - start;
        self.views
            .push(json!({"buffer":0,"byteOffset":start,"byteLength":length,"byteStride":12,"target":34962}));
        let (view, count) = (self.views.len() - 1, batch.corners.len());
        self.accessors.push(json!({"bufferView":view,"componentType":U16,"count":count,
            "type":"VEC3","min":min,"max":max}));
        self.accessors.push(json!({"bufferView":view,"byteOffset":8,"componentType":U16,"count":count,
            "type":"SCALAR"}));
        (self.accessors.len() - 2, self.accessors.len() - 1)
    }

    fn indices(&mut self, triangles: &[u32], corners: usize) -> usize {
        let start = self.bin.len();
        let small = u16::try_from(corners).is_ok();
        for &i in triangles {
            if small { self.bin.extend((i as u16).to_le_bytes()) } else { self.bin.extend(i.to_le_bytes()) }
        }
        let length = self.bin.len() - start;
        self.pad();
        self.views.push(json!({"buffer":0,"byteOffset":start,"byteLength":length,"target":34963}));
        self.accessors
            .push(json!({"bufferView":self.views.len()-1,"componentType":if small {U16} else {U32},
            "count":triangles.len(),"type":"SCALAR"}));
        self.accessors.len() - 1
    }

    fn material(&mut self, colour: [u8; 4]) -> usize {
        if let Some(i) = self.colours.iter().position(|c| *c == colour) {
            return i;
        }
        let factor = colour.map(|c| (f64::from(c) / 255.0 * 1000.0).round() / 1000.0);
        let mode = if colour[3] < 255 { "BLEND" } else { "OPAQUE" };
        self.materials.push(json!({"alphaMode":mode,"doubleSided":true,"pbrMetallicRoughness":
            {"baseColorFactor":factor,"metallicFactor":0.0,"roughnessFactor":0.9}}));
        self.colours.push(colour);
        self.colours.len() - 1
    }

    fn pad(&mut self) {
        while !self.bin.len().is_multiple_of(4) {
            self.bin.push(0);
        }
    }

    fn finish(mut self, origin: [f64; 3], placement: &Value) -> Vec<u8> {
        self.pad();
        let nodes: Vec<usize> = (0..self.nodes.len()).collect();
        let extras = json!({
            "origin": origin, "placement": placement, "entities": self.names.entities,
            "storeys": self.storeys, "elements": self.names.elements,
        });
        let document = json!({
            "asset":{"version":"2.0","generator":"dothi"},
            "extensionsUsed":["KHR_mesh_quantization","EXT_mesh_features"],
            "extensionsRequired":["KHR_mesh_quantization"],
            "scene":0,"scenes":[{"nodes":nodes,"extras":extras}],
            "nodes":self.nodes,"meshes":self.meshes,"materials":self.materials,
            "accessors":self.accessors,"bufferViews":self.views,"buffers":[{"byteLength":self.bin.len()}],
        });
        let mut text = document.to_string().into_bytes();
        while !text.len().is_multiple_of(4) {
            text.push(b' ');
        }
        let total = 12 + 8 + text.len() + 8 + self.bin.len();
        let mut out = Vec::with_capacity(total);
        out.extend(b"glTF");
        out.extend(2_u32.to_le_bytes());
        out.extend((total as u32).to_le_bytes());
        out.extend((text.len() as u32).to_le_bytes());
        out.extend(b"JSON");
        out.extend(text);
        out.extend((self.bin.len() as u32).to_le_bytes());
        out.extend(b"BIN\0");
        out.extend(self.bin);
        out
    }
}
