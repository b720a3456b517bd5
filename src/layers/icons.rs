//! The icons of layer files (`icon-image`): pictures of our own, SVG, embedded from `layers/icons`.

use include_dir::{Dir, include_dir};

static ICONS: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/layers/icons");

/// Side of every icon, pixels of a map.
pub const SIDE_PX: u32 = 20;

/// All icons by name, with their SVG.
pub fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
    let mut all: Vec<_> = ICONS.files().filter_map(|f| Some((name(f)?, f.contents_utf8()?))).collect();
    all.sort_unstable();
    all.into_iter()
}

/// The SVG of an icon.
pub fn svg(icon: &str) -> Option<&'static str> {
    ICONS.files().find(|f| name(f) == Some(icon))?.contents_utf8()
}

fn name(file: &include_dir::File<'static>) -> Option<&'static str> {
    file.path().to_str()?.strip_suffix(".svg")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn icons_are_squares_of_one_size() {
        let head =
            format!("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{SIDE_PX}\" height=\"{SIDE_PX}\"");
        for (name, svg) in all() {
            assert!(svg.starts_with(&head), "{name}");
            assert_eq!(super::svg(name), Some(svg));
        }
        assert!(all().count() > 20);
        assert_eq!(svg("nothing"), None);
    }
}
