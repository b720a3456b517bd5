//! The model as glTF 2.0 binary, small enough for a browser.
//!
//! One mesh and node an element; positions are `u16` quantised over the element's box (KHR_mesh_quantization),
//! put back by the node's scale and translation; normals are left to the viewer (flat shading). Axes are glTF's:
//! Y up, so x = local x, y = local z, z = −local y. The scene's `extras` name the origin that was subtracted, so
//! that f32 keeps its precision. Node `extras`: `global_id`, `entity`, `storey` (GlobalId), `name`.
//! Spaces, openings and annotations are left out; terrain and furniture stay visible.

use serde_json::{Value, json};

use super::element::Context;
use super::error::BimError;
use super::facts::Box3;
use super::role::Role;
use super::shape::Solid;

const STEPS: f64 = 65535.0;
const U16: u32 = 5123;
const U32: u32 = 5125;

#[derive(Default)]
struct Builder {
    bin: Vec<u8>,
    views: Vec<Value>,
    accessors: Vec<Value>,
    meshes: Vec<Value>,
    nodes: Vec<Value>,
    materials: Vec<Value>,
    colours: Vec<[u8; 4]>,
}

/// Writes the model.
pub fn write(context: &Context<'_>) -> Result<Vec<u8>, BimError> {
    let mut builder = Builder::default();
    let origin = origin(context);
    for (&id, solid) in &context.meshes.solids {
        let (Some(record), Some(bbox)) = (context.model.get(id), solid.bbox()) else { continue };
        let element = context.element(&record);
        if matches!(element.role, Role::Space | Role::Opening) {
            continue;
        }
        let storey = element.storey.map(|s| context.named(s).global_id);
        let extras = json!({
            "global_id": element.global_id, "entity": record.entity(), "storey": storey, "name": record.text("Name"),
        });
        builder.add(solid, &bbox, origin, colour(solid, element.role), &extras);
    }
    if builder.nodes.is_empty() {
        return Err(BimError::new("", "mô hình không có hình khối nào", "the model has no solid"));
    }
    Ok(builder.finish(origin))
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

impl Builder {
    fn add(&mut self, solid: &Solid, bbox: &Box3, origin: [f64; 3], colour: [u8; 4], extras: &Value) {
        let size = [0, 1, 2].map(|k| (bbox.max[k] - bbox.min[k]).max(1e-6));
        let steps = |v: &[f64; 3]| [0, 1, 2].map(|k| ((v[k] - bbox.min[k]) / size[k] * STEPS).round() as u16);
        // Equal corners once: tessellations repeat them for each face.
        let mut index = std::collections::HashMap::new();
        let mut corners: Vec<[u16; 3]> = Vec::new();
        let mut triangles: Vec<u32> = Vec::with_capacity(solid.triangles.len() * 3);
        for t in &solid.triangles {
            let t = t.map(|i| {
                let [x, y, z] = steps(&solid.vertices[i as usize]);
                // Y up: the third axis runs south, so its steps are counted from the other end.
                let corner = [x, z, u16::MAX - y];
                *index.entry(corner).or_insert_with(|| {
                    corners.push(corner);
                    corners.len() as u32 - 1
                })
            });
            if t[0] != t[1] && t[1] != t[2] && t[2] != t[0] {
                triangles.extend(t);
            }
        }
        if triangles.is_empty() {
            return;
        }
        let position = self.positions(&corners);
        let indices = self.indices(&triangles, corners.len());
        let material = self.material(colour);
        self.meshes.push(json!({"primitives":[
            {"attributes":{"POSITION":position},"indices":indices,"material":material}]}));
        let scale = [size[0] / STEPS, size[2] / STEPS, size[1] / STEPS];
        let translation = [bbox.min[0] - origin[0], bbox.min[2] - origin[2], -(bbox.max[1] - origin[1])];
        self.nodes.push(json!({
            "mesh": self.meshes.len() - 1, "scale": scale, "translation": translation, "extras": extras,
        }));
    }

    fn positions(&mut self, corners: &[[u16; 3]]) -> usize {
        let start = self.bin.len();
        let (mut min, mut max) = ([u16::MAX; 3], [0_u16; 3]);
        for corner in corners {
            for k in 0..3 {
                min[k] = min[k].min(corner[k]);
                max[k] = max[k].max(corner[k]);
                self.bin.extend(corner[k].to_le_bytes());
            }
            // Each corner starts at a multiple of four bytes.
            self.bin.extend([0, 0]);
        }
        self.views.push(json!({"buffer":0,"byteOffset":start,"byteLength":self.bin.len()-start,"byteStride":8,"target":34962}));
        self.accessors
            .push(json!({"bufferView":self.views.len()-1,"componentType":U16,"count":corners.len(),
            "type":"VEC3","min":min,"max":max}));
        self.accessors.len() - 1
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

    fn finish(mut self, origin: [f64; 3]) -> Vec<u8> {
        self.pad();
        let nodes: Vec<usize> = (0..self.nodes.len()).collect();
        let document = json!({
            "asset":{"version":"2.0","generator":"dothi"},
            "extensionsUsed":["KHR_mesh_quantization"],"extensionsRequired":["KHR_mesh_quantization"],
            "scene":0,"scenes":[{"nodes":nodes,"extras":{"origin":origin}}],
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
