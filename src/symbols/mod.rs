//! What the texts and icons of a map are drawn from where a client draws it: glyphs of fonts and sheets of icons, in
//! the forms that MapLibre styles name (`glyphs`, `sprite`).

pub mod glyphs;
pub mod sprite;
