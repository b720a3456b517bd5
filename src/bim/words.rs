//! Names that people give to storeys, spaces and elements, in Vietnamese (with or without diacritics) and
//! English. A name decides only where the standard's own types and property sets are silent.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Lower case, without diacritics, words separated by single spaces: `Tầng_Lửng 1` → `tang lung 1`.
pub fn plain(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut previous_lower = false;
    for c in name.nfd().filter(|c| !is_combining_mark(*c)) {
        let c = match c {
            'đ' | 'Đ' => 'd',
            c => c,
        };
        // `LoadBearingWall` reads as three words.
        if c.is_uppercase() && previous_lower {
            out.push(' ');
        }
        previous_lower = c.is_lowercase();
        if c.is_alphanumeric() {
            out.extend(c.to_lowercase());
        } else {
            out.push(' ');
        }
    }
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether the plain `text` holds one of `phrases` as whole words.
pub fn has_phrase(text: &str, phrases: &[&str]) -> bool {
    let text = format!(" {text} ");
    phrases.iter().any(|p| text.contains(&format!(" {p} ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lose_case_and_diacritics() {
        assert_eq!(plain("Tầng_Lửng 1"), "tang lung 1");
        assert_eq!(plain("Đường ống – Ø60"), "duong ong ø60");
        assert_eq!(plain("GroundFloor"), "ground floor");
        assert_eq!(plain("Mái đón"), "mai don");
    }

    #[test]
    fn phrases_are_whole_words() {
        assert!(has_phrase("tang ham 1", &["tang ham"]));
        assert!(!has_phrase("tang hammam", &["tang ham"]));
    }
}
