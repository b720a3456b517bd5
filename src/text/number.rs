//! Numbers within texts.

use super::Lang;

/// A number with at most `digits` decimals, thousands apart: `1.234,5` in Vietnamese, `1,234.5` in English.
pub fn number(lang: Lang, value: f64, digits: usize) -> String {
    let (decimal, thousands) = match lang {
        Lang::Vi => (',', '.'),
        Lang::En => ('.', ','),
    };
    let fixed = format!("{:.digits$}", value.abs());
    let (whole, fraction) = fixed.split_once('.').unwrap_or((&fixed, ""));
    let fraction = fraction.trim_end_matches('0');
    let mut text = String::new();
    if value < 0.0 && fixed.bytes().any(|b| (b'1'..=b'9').contains(&b)) {
        text.push('\u{2212}');
    }
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            text.push(thousands);
        }
        text.push(digit);
    }
    if !fraction.is_empty() {
        text.push(decimal);
        text.push_str(fraction);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_language_has_its_own_signs() {
        assert_eq!(number(Lang::Vi, 2_000_000.5, 3), "2.000.000,5");
        assert_eq!(number(Lang::En, 2_000_000.5, 3), "2,000,000.5");
        assert_eq!(number(Lang::Vi, -1e-9, 3), "0");
    }
}
