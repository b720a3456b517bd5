//! Sheets of icons (MapLibre Style Specification, `sprite`): one picture with all icons, and an index of where each
//! lies in it.

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree};
use serde_json::{Map, Value, json};

use crate::layers::icons;

/// Icons side by side in a row of the sheet.
const COLUMNS: u32 = 8;

/// A sheet of all icons.
#[derive(Debug)]
pub struct Sprite {
    /// The picture, PNG.
    pub png: Vec<u8>,
    /// `{name: {x, y, width, height, pixelRatio}}`.
    pub index: Value,
}

/// The sheet with `ratio` pixels of the picture to one of the map.
pub fn sheet(ratio: u32) -> Result<Sprite, String> {
    let cell = icons::SIDE_PX * ratio;
    let count = icons::all().count() as u32;
    let (width, height) = (COLUMNS.min(count) * cell, count.div_ceil(COLUMNS) * cell);
    let mut sheet = Pixmap::new(width, height).ok_or("there are no icons")?;
    let mut index = Map::new();
    for (n, (name, svg)) in icons::all().enumerate() {
        let (x, y) = (n as u32 % COLUMNS * cell, n as u32 / COLUMNS * cell);
        let tree = Tree::from_str(svg, &Options::default()).map_err(|e| format!("{name}: {e}"))?;
        let scale = cell as f32 / tree.size().width();
        let place = Transform::from_row(scale, 0.0, 0.0, scale, x as f32, y as f32);
        resvg::render(&tree, place, &mut sheet.as_mut());
        index.insert(
            name.to_owned(),
            json!({"x": x, "y": y, "width": cell, "height": cell, "pixelRatio": ratio}),
        );
    }
    Ok(Sprite { png: sheet.encode_png().map_err(|e| e.to_string())?, index: index.into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_icon_has_a_place_of_its_own_with_something_in_it() {
        for ratio in [1, 2] {
            let sprite = sheet(ratio).unwrap();
            let picture = Pixmap::decode_png(&sprite.png).unwrap();
            let places = sprite.index.as_object().unwrap();
            assert_eq!(places.len(), icons::all().count());
            for (name, place) in places {
                let at = |key: &str| place[key].as_u64().unwrap() as u32;
                let (x, y, side) = (at("x"), at("y"), at("width"));
                assert_eq!((side, at("pixelRatio")), (icons::SIDE_PX * ratio, u64::from(ratio) as u32));
                let seen = (x..x + side)
                    .flat_map(|x| (y..y + side).map(move |y| (x, y)))
                    .filter(|(x, y)| picture.pixel(*x, *y).unwrap().alpha() > 128)
                    .count() as u32;
                assert!(seen * 10 > side * side, "{name}: {seen} of {}", side * side);
            }
        }
    }
}
