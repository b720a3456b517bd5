//! Numbers as they are compared and shown: rounded to 0.01, with a decimal comma in Vietnamese.

use crate::text::Text;

/// Rounded to 0.01, half away from zero; never −0.
pub fn r2(x: f64) -> f64 {
    (x * 100.0).round() / 100.0 + 0.0
}

/// A value as shown: two decimals, or none for storeys.
pub fn shown(x: f64, unit: Option<&str>) -> Text {
    let plain = match unit {
        Some("storeys") => format!("{x:.0}"),
        _ => format!("{:.2}", r2(x)),
    };
    let (sign, digits) = plain.strip_prefix('-').map_or(("", plain.as_str()), |d| ("-", d));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let write = |group: char, decimal: char| {
        let mut out = String::from(sign);
        for (i, c) in whole.chars().enumerate() {
            if i > 0 && (whole.len() - i) % 3 == 0 {
                out.push(group);
            }
            out.push(c);
        }
        if !fraction.is_empty() {
            out.push(decimal);
            out.push_str(fraction);
        }
        out
    };
    Text::new(write('.', ','), write(',', '.'))
}

/// A value with its unit.
pub fn with_unit(x: f64, unit: Option<&str>) -> Text {
    let n = shown(x, unit);
    let (vi, en) = match unit {
        Some("m") => (" m", " m"),
        Some("m2") => (" m²", " m²"),
        Some("percent") => (" %", " %"),
        Some("storeys") => (" tầng", " storeys"),
        Some("ratio") => (" lần", " times"),
        _ => ("", ""),
    };
    Text::new(n.vi + vi, n.en + en)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_in_both_ways() {
        let cases = [
            (0.6, Some("m"), "0,60 m", "0.60 m"),
            (3816.0, Some("m2"), "3.816,00 m²", "3,816.00 m²"),
            (1_234_567.891, Some("m2"), "1.234.567,89 m²", "1,234,567.89 m²"),
            (35.0, Some("percent"), "35,00 %", "35.00 %"),
            (4.0, Some("storeys"), "4 tầng", "4 storeys"),
            (-0.001, Some("m"), "0,00 m", "0.00 m"),
            (-12.345, None, "-12,35", "-12.35"),
        ];
        for (x, unit, vi, en) in cases {
            let t = with_unit(x, unit);
            assert_eq!((t.vi.as_str(), t.en.as_str()), (vi, en));
        }
        assert!((r2(2.005_000_1) - 2.01).abs() < 1e-12);
    }
}
