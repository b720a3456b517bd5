//! Glyphs as signed distance fields, 256 code points a file (MapLibre Style Specification, `glyphs`; the format is
//! that of `node-fontnik`: 24 pixels to the em, 3 pixels around each glyph, distances to 8 pixels).

use resvg::tiny_skia::{FillRule, Mask, PathBuilder, Transform};
use sdf_glyph_renderer::{BitmapGlyph, clamp_to_u8};
use ttf_parser::{Face, GlyphId, OutlineBuilder};

use crate::pbf;

/// Code points of a range.
pub const RANGE: u32 = 256;

/// Pixels of an em.
const EM_PX: f32 = 24.0;
/// Pixels around a glyph.
const BUFFER: usize = 3;
/// Distance in pixels at which a field ends.
const RADIUS: usize = 8;
/// Share of the field that lies within a glyph.
const CUTOFF: f64 = 0.25;

/// Why a font gives no glyphs: the file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum GlyphError {
    /// It is no TrueType or OpenType font.
    #[error("the font cannot be read: {0}")]
    Font(#[from] ttf_parser::FaceParsingError),
    /// A glyph cannot be drawn.
    #[error("a glyph cannot be drawn: {0}")]
    Field(#[from] sdf_glyph_renderer::SdfGlyphError),
}

/// The glyphs of a font (a TrueType file) for the code points `from` … `from + 255`, as a Protocol Buffer. Code
/// points that the font does not have are left out.
pub fn range(font: &[u8], name: &str, from: u32) -> Result<Vec<u8>, GlyphError> {
    let face = Face::parse(font, 0)?;
    let mut stack = Vec::new();
    pbf::bytes(&mut stack, 1, name.as_bytes());
    pbf::bytes(&mut stack, 2, format!("{from}-{}", from + RANGE - 1).as_bytes());
    for code in from..from + RANGE {
        let id = char::from_u32(code).and_then(|c| face.glyph_index(c));
        if let Some(id) = id {
            pbf::bytes(&mut stack, 3, &glyph(&face, id, code)?);
        }
    }
    let mut out = Vec::with_capacity(stack.len() + 8);
    pbf::bytes(&mut out, 1, &stack);
    Ok(out)
}

fn glyph(face: &Face<'_>, id: GlyphId, code: u32) -> Result<Vec<u8>, GlyphError> {
    let scale = EM_PX / f32::from(face.units_per_em());
    let mut out = Vec::new();
    pbf::uint(&mut out, 1, u64::from(code));
    // Heights are counted from the line of the ascenders, in whole pixels.
    let ascender = (f32::from(face.ascender()) * scale) as i64;
    let (mut width, mut height, mut left, mut top) = (0, 0, 0, -ascender);
    if let Some(drawn) = Drawn::new(face, id, scale) {
        let field = BitmapGlyph::from_unbuffered(drawn.mask.data(), drawn.width, drawn.height, BUFFER)?;
        pbf::bytes(&mut out, 2, &clamp_to_u8(&field.render_sdf(RADIUS), CUTOFF)?);
        (width, height, left, top) = (drawn.width, drawn.height, drawn.left, drawn.top - ascender);
    }
    pbf::uint(&mut out, 3, width as u64);
    pbf::uint(&mut out, 4, height as u64);
    pbf::uint(&mut out, 5, pbf::zigzag(left));
    pbf::uint(&mut out, 6, pbf::zigzag(top));
    let advance = face.glyph_hor_advance(id).unwrap_or(0);
    pbf::uint(&mut out, 7, (f32::from(advance) * scale).round() as u64);
    Ok(out)
}

/// A glyph in pixels.
struct Drawn {
    mask: Mask,
    width: usize,
    height: usize,
    /// Of the first column from the pen, of the first row above the base line.
    left: i64,
    top: i64,
}

impl Drawn {
    /// None where there is nothing to be seen, as of a blank.
    fn new(face: &Face<'_>, id: GlyphId, scale: f32) -> Option<Self> {
        let mut outline = Outline(PathBuilder::new());
        face.outline_glyph(id, &mut outline)?;
        let path = outline.0.finish()?;
        let b = path.bounds();
        let (left, right) = ((b.left() * scale).floor(), (b.right() * scale).ceil());
        let (bottom, top) = ((b.top() * scale).floor(), (b.bottom() * scale).ceil());
        let (width, height) = ((right - left) as u32, (top - bottom) as u32);
        let mut mask = Mask::new(width, height)?;
        // Fonts count upwards, pictures downwards.
        let to_pixels = Transform::from_row(scale, 0.0, 0.0, -scale, -left, top);
        mask.fill_path(&path, FillRule::Winding, true, to_pixels);
        Some(Self {
            mask,
            width: width as usize,
            height: height as usize,
            left: left as i64,
            top: top as i64,
        })
    }
}

struct Outline(PathBuilder);

impl OutlineBuilder for Outline {
    fn move_to(&mut self, x: f32, y: f32) {
        self.0.move_to(x, y);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.0.line_to(x, y);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        self.0.quad_to(x1, y1, x, y);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        self.0.cubic_to(x1, y1, x2, y2, x, y);
    }

    fn close(&mut self) {
        self.0.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_font_is_refused() {
        assert!(matches!(range(b"no font", "x", 0), Err(GlyphError::Font(_))));
    }
}
