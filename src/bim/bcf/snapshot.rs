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
/// Pixels that a picture may look at, those of all triangles' boxes together: some seconds. A picture that needs more is
/// drawn coarser and enlarged.
pub const MOST_PIXELS: u64 = 500_000_000;

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

/// Where the camera stands, and how fine its picture is.
struct View<'a> {
    camera: &'a Camera,
    right: [f64; 3],
    up: [f64; 3],
    forward: [f64; 3],
    width: usize,
    height: usize,
}

struct Canvas {
    width: usize,
    height: usize,
    colour: Vec<u8>,
    depth: Vec<f64>,
}

/// Draws the model as `camera` sees it, 800 × 600 PNG. The elements `red` show through what stands before them, paler.
/// What looks at more than `most_pixels` is drawn coarser.
pub fn render(
    parts: &[Part<'_>],
    red: &[String],
    camera: &Camera,
    most_pixels: u64,
) -> Result<Vec<u8>, BimError> {
    let red: HashSet<&str> = red.iter().map(String::as_str).collect();
    let mut view = View::new(camera);
    let coarse = view.coarseness(parts, most_pixels);
    (view.width, view.height) = (WIDTH.div_ceil(coarse), HEIGHT.div_ceil(coarse));
    let colour = view.draw(parts, &red);
    let colour = if coarse == 1 { colour } else { enlarged(&colour, view.width, coarse) };
    encode(&colour).map_err(|e| {
        BimError::new("", format!("không ghi được ảnh: {e}"), format!("cannot write the picture: {e}"))
    })
}

fn enlarged(colour: &[u8], width: usize, coarse: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(WIDTH * HEIGHT * 3);
    for i in 0..WIDTH * HEIGHT {
        let at = 3 * (i / WIDTH / coarse * width + i % WIDTH / coarse);
        out.extend_from_slice(&colour[at..at + 3]);
    }
    out
}

impl<'a> View<'a> {
    fn new(camera: &'a Camera) -> Self {
        let forward = unit(camera.direction);
        let right = unit(cross(forward, camera.up));
        let up = cross(right, forward);
        Self { camera, right, up, forward, width: WIDTH, height: HEIGHT }
    }

    /// Pixels of the finest picture to a side of one that is drawn, so that `most` pixels are looked at.
    fn coarseness(&self, parts: &[Part<'_>], most: u64) -> usize {
        let mut pixels = 0_u64;
        for part in parts {
            for corners in corners(part) {
                self.seen(&corners, |t| {
                    let ((left, right), (top, bottom)) = spans(&t, self.width, self.height);
                    pixels += (right.saturating_sub(left) * bottom.saturating_sub(top)) as u64;
                });
            }
        }
        let sides = (pixels as f64 / most.max(1) as f64).sqrt();
        (sides.ceil() as usize).clamp(1, HEIGHT)
    }

    fn draw(&self, parts: &[Part<'_>], red: &HashSet<&str>) -> Vec<u8> {
        let mut canvas = Canvas::new(self.width, self.height);
        let mut behind = Canvas::new(self.width, self.height);
        for part in parts {
            let failed = red.contains(part.global_id);
            let base = if failed { [220.0, 30.0, 30.0] } else { [222.0, 222.0, 218.0] };
            for corners in corners(part) {
                let normal = unit(cross(sub(corners[1], corners[0]), sub(corners[2], corners[0])));
                let light = 0.55 + 0.45 * dot(normal, unit([0.3, -0.5, 0.8])).abs();
                let colour = base.map(|c: f64| (c * light).clamp(0.0, 255.0) as u8);
                self.seen(&corners, |t| {
                    canvas.triangle(&t, colour);
                    if failed {
                        behind.triangle(&t, colour);
                    }
                });
            }
        }
        for i in 0..self.width * self.height {
            if behind.depth[i] < f64::INFINITY && canvas.depth[i] < behind.depth[i] {
                for k in 3 * i..3 * i + 3 {
                    canvas.colour[k] = u8::midpoint(canvas.colour[k], behind.colour[k]);
                }
            }
        }
        canvas.colour
    }

    /// Gives what of the triangle lies before the camera, in pixels: one triangle, two or none.
    fn seen(&self, corners: &[[f64; 3]; 3], mut take: impl FnMut([[f64; 3]; 3])) {
        let eye = corners.map(|p| {
            let v = sub(p, self.camera.view_point);
            [dot(v, self.right), dot(v, self.up), dot(v, self.forward)]
        });
        if !eye.iter().flatten().all(|x| x.is_finite()) {
            return;
        }
        if eye.iter().all(|p| p[2] >= NEAR) {
            return take(eye.map(|p| self.project(p)));
        }
        let (mut clipped, mut n) = ([[0.0; 3]; 4], 0);
        for i in 0..3 {
            let (p, q) = (eye[i], eye[(i + 1) % 3]);
            if p[2] >= NEAR {
                clipped[n] = self.project(p);
                n += 1;
            }
            if (p[2] >= NEAR) != (q[2] >= NEAR) {
                let part = (NEAR - p[2]) / (q[2] - p[2]);
                let cut = [p[0] + part * (q[0] - p[0]), p[1] + part * (q[1] - p[1]), NEAR];
                clipped[n] = self.project(cut);
                n += 1;
            }
        }
        let [a, b, c, d] = clipped;
        if n >= 3 {
            take([a, b, c]);
        }
        if n == 4 {
            take([a, c, d]);
        }
    }

    /// Pixel coordinates, and a depth that is linear over the picture.
    fn project(&self, p: [f64; 3]) -> [f64; 3] {
        let (width, height) = (self.width as f64, self.height as f64);
        let (scale, depth) = match self.camera.lens {
            Lens::Perspective(degrees) => {
                (height / 2.0 / (degrees / 2.0).to_radians().tan() / p[2], -1.0 / p[2])
            }
            Lens::Orthogonal(of) => (height / of.abs().max(1e-9), p[2]),
        };
        [width / 2.0 + p[0] * scale, height / 2.0 - p[1] * scale, depth]
    }
}

fn corners<'a>(part: &'a Part<'_>) -> impl Iterator<Item = [[f64; 3]; 3]> + 'a {
    let corner = |i: u32| part.vertices.get(i as usize).copied().unwrap_or([f64::NAN; 3]);
    part.triangles.iter().map(move |t| t.map(corner))
}

/// The columns and rows of the picture that a triangle may touch.
fn spans(t: &[[f64; 3]; 3], width: usize, height: usize) -> ((usize, usize), (usize, usize)) {
    let span = |k: usize, most: usize| {
        let low = t[0][k].min(t[1][k]).min(t[2][k]).floor().max(0.0);
        let high = t[0][k].max(t[1][k]).max(t[2][k]).ceil().min(most as f64 - 1.0);
        (low as usize, if high < 0.0 { 0 } else { high as usize + 1 })
    };
    (span(0, width), span(1, height))
}

impl Canvas {
    fn new(width: usize, height: usize) -> Self {
        let pixels = width * height;
        Self { width, height, colour: vec![255; pixels * 3], depth: vec![f64::INFINITY; pixels] }
    }

    fn triangle(&mut self, t: &[[f64; 3]; 3], colour: [u8; 3]) {
        let [a, b, c] = *t;
        let area = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
        if area.abs() < 1e-9 || !area.is_finite() {
            return;
        }
        let ((left, right), (top, bottom)) = spans(t, self.width, self.height);
        let (du, dv) = ((c[1] - a[1]) / area, -(b[1] - a[1]) / area);
        for y in top..bottom {
            let py = y as f64 + 0.5 - a[1];
            let (u0, v0) = (-py * (c[0] - a[0]) / area, (b[0] - a[0]) * py / area);
            for x in left..right {
                let px = x as f64 + 0.5 - a[0];
                let (u, v) = (u0 + px * du, v0 + px * dv);
                if u < 0.0 || v < 0.0 || u + v > 1.0 {
                    continue;
                }
                let depth = a[2] + u * (b[2] - a[2]) + v * (c[2] - a[2]);
                let i = y * self.width + x;
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
