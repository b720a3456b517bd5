//! A picture of the model: flat shading, depth buffer, the named elements red and all else light grey.

use std::collections::HashSet;

use super::types::{Camera, Lens};
use crate::bim::error::BimError;

/// Width, pixels.
const WIDTH: usize = 800;
/// Height, pixels.
const HEIGHT: usize = 600;
/// Nearer than this nothing is drawn, metres.
const NEAR: f64 = 0.05;

/// The triangles of an element.
#[derive(Debug, Clone, Copy)]
pub struct Part<'a> {
    /// IfcGloballyUniqueId.
    pub global_id: &'a str,
    /// Corners, metres.
    pub vertices: &'a [[f64; 3]],
    /// Corners of each triangle.
    pub triangles: &'a [[u32; 3]],
}

struct Canvas {
    colour: Vec<u8>,
    depth: Vec<f64>,
}

/// Draws the model as `camera` sees it, 800 × 600 PNG. The elements `red` show through what stands before them, paler.
pub fn render(parts: &[Part<'_>], red: &[String], camera: &Camera) -> Result<Vec<u8>, BimError> {
    let red: HashSet<&str> = red.iter().map(String::as_str).collect();
    let forward = unit(camera.direction);
    let right = unit(cross(forward, camera.up));
    let up = cross(right, forward);
    let mut canvas =
        Canvas { colour: vec![255; WIDTH * HEIGHT * 3], depth: vec![f64::INFINITY; WIDTH * HEIGHT] };
    let mut behind =
        Canvas { colour: vec![255; WIDTH * HEIGHT * 3], depth: vec![f64::INFINITY; WIDTH * HEIGHT] };
    for part in parts {
        let failed = red.contains(part.global_id);
        let base = if failed { [220.0, 30.0, 30.0] } else { [222.0, 222.0, 218.0] };
        for t in part.triangles {
            let corners = t.map(|i| part.vertices.get(i as usize).copied().unwrap_or([f64::NAN; 3]));
            let eye = corners.map(|p| {
                let v = [0, 1, 2].map(|k| p[k] - camera.view_point[k]);
                [dot(v, right), dot(v, up), dot(v, forward)]
            });
            // Triangles through the near plane are left out: the camera stands well away from what it shows.
            if !eye.iter().flatten().all(|x| x.is_finite()) || eye.iter().any(|p| p[2] < NEAR) {
                continue;
            }
            let normal = unit(cross(sub(corners[1], corners[0]), sub(corners[2], corners[0])));
            let light = 0.55 + 0.45 * dot(normal, unit([0.3, -0.5, 0.8])).abs();
            let colour = base.map(|c: f64| (c * light).clamp(0.0, 255.0) as u8);
            let screen = eye.map(|p| project(p, camera.lens));
            canvas.triangle(&screen, colour);
            if failed {
                behind.triangle(&screen, colour);
            }
        }
    }
    for i in 0..WIDTH * HEIGHT {
        if behind.depth[i] < f64::INFINITY && canvas.depth[i] < behind.depth[i] {
            for k in 3 * i..3 * i + 3 {
                canvas.colour[k] = u8::midpoint(canvas.colour[k], behind.colour[k]);
            }
        }
    }
    encode(&canvas.colour).map_err(|e| {
        BimError::new("", format!("không ghi được ảnh: {e}"), format!("cannot write the picture: {e}"))
    })
}

/// Pixel coordinates, and a depth that is linear over the picture.
fn project(p: [f64; 3], lens: Lens) -> [f64; 3] {
    let (scale, depth) = match lens {
        Lens::Perspective(degrees) => {
            (HEIGHT as f64 / 2.0 / (degrees / 2.0).to_radians().tan() / p[2], -1.0 / p[2])
        }
        Lens::Orthogonal(height) => (HEIGHT as f64 / height.abs().max(1e-9), p[2]),
    };
    [WIDTH as f64 / 2.0 + p[0] * scale, HEIGHT as f64 / 2.0 - p[1] * scale, depth]
}

impl Canvas {
    fn triangle(&mut self, t: &[[f64; 3]; 3], colour: [u8; 3]) {
        let [a, b, c] = *t;
        let area = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
        if area.abs() < 1e-9 || !area.is_finite() {
            return;
        }
        let span = |k: usize, most: usize| {
            let low = a[k].min(b[k]).min(c[k]).floor().max(0.0);
            let high = a[k].max(b[k]).max(c[k]).ceil().min(most as f64 - 1.0);
            (low as usize, if high < 0.0 { 0 } else { high as usize + 1 })
        };
        let ((left, right), (top, bottom)) = (span(0, WIDTH), span(1, HEIGHT));
        for y in top..bottom {
            for x in left..right {
                let (px, py) = (x as f64 + 0.5, y as f64 + 0.5);
                let u = ((px - a[0]) * (c[1] - a[1]) - (py - a[1]) * (c[0] - a[0])) / area;
                let v = ((b[0] - a[0]) * (py - a[1]) - (b[1] - a[1]) * (px - a[0])) / area;
                if u < 0.0 || v < 0.0 || u + v > 1.0 {
                    continue;
                }
                let depth = a[2] + u * (b[2] - a[2]) + v * (c[2] - a[2]);
                let i = y * WIDTH + x;
                if depth < self.depth[i] {
                    self.depth[i] = depth;
                    self.colour[3 * i..3 * i + 3].copy_from_slice(&colour);
                }
            }
        }
    }
}

fn encode(colour: &[u8]) -> Result<Vec<u8>, png::EncodingError> {
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, WIDTH as u32, HEIGHT as u32);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Fast);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(colour)?;
    writer.finish()?;
    Ok(out)
}

fn sub(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    [0, 1, 2].map(|k| a[k] - b[k])
}

fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

/// The cross product.
pub fn cross(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

/// The vector's direction; of none the zero vector.
pub fn unit(v: [f64; 3]) -> [f64; 3] {
    let length = dot(v, v).sqrt();
    if length > 1e-12 { v.map(|x| x / length) } else { [0.0; 3] }
}
