//! Numbers, days and times as pages show them: decimal comma in Vietnamese, every number with its unit.

use chrono::{DateTime, FixedOffset, NaiveDate, Utc};

use super::i18n::Tr;

/// Hours of Vietnam's only time zone before UTC.
const VIETNAM_SECONDS: i32 = 7 * 3600;

/// A number with at most `digits` decimals, thousands apart.
pub fn number(tr: Tr, value: f64, digits: usize) -> String {
    crate::text::number(tr.0, value, digits)
}

/// A number with two decimals always, as levels stand on drawings and checks compare.
pub fn fixed(tr: Tr, value: f64) -> String {
    let text = number(tr, value, 2);
    let decimal = if tr.code() == "vi" { ',' } else { '.' };
    match text.split_once(decimal) {
        Some((_, fraction)) if fraction.len() == 1 => format!("{text}0"),
        Some(_) => text,
        None => format!("{text}{decimal}00"),
    }
}

/// The symbol of a unit of layer files, rules and forms; an unknown one stands as it is.
pub fn unit_symbol(tr: Tr, unit: &str) -> String {
    match unit {
        "m2" => "m²".to_owned(),
        "m3" => "m³".to_owned(),
        "km2" => "km²".to_owned(),
        "percent" => "%".to_owned(),
        "storeys" => tr.t("unit-storeys"),
        "ratio" => tr.t("unit-ratio"),
        "working_days" => tr.t("unit-working-days"),
        "m3/d" => tr.t("unit-m3-day"),
        "m3/s" => "m³/s".to_owned(),
        "t/d" => tr.t("unit-t-day"),
        "t" => tr.t("unit-tonnes"),
        "a" => tr.t("unit-years"),
        "min" => tr.t("unit-minutes"),
        "VND" => tr.t("unit-vnd"),
        "deg" => "°".to_owned(),
        other => other.to_owned(),
    }
}

/// A number with its unit and no line break between.
pub fn quantity(tr: Tr, value: f64, unit: Option<&str>) -> String {
    let number = number(tr, value, 2);
    match unit {
        Some(unit) => format!("{number}\u{a0}{}", unit_symbol(tr, unit)),
        None => number,
    }
}

/// A calendar day, day first.
pub fn day(day: NaiveDate) -> String {
    day.format("%d/%m/%Y").to_string()
}

fn in_vietnam(at: DateTime<Utc>) -> DateTime<FixedOffset> {
    let zone = FixedOffset::east_opt(VIETNAM_SECONDS).expect("seven hours lie within a day");
    at.with_timezone(&zone)
}

/// A time in Vietnam, to the minute.
pub fn time(at: DateTime<Utc>) -> String {
    in_vietnam(at).format("%H:%M %d/%m/%Y").to_string()
}

/// The day on which a time falls in Vietnam.
pub fn day_of(at: DateTime<Utc>) -> NaiveDate {
    in_vietnam(at).date_naive()
}

/// The size of a file.
pub fn bytes(tr: Tr, bytes: i64) -> String {
    let size = bytes as f64;
    if size < 1e6 {
        format!("{}\u{a0}kB", number(tr, (size / 1e3).max(0.1), 1))
    } else {
        format!("{}\u{a0}MB", number(tr, size / 1e6, 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Lang;

    #[test]
    fn numbers_carry_comma_and_unit() {
        let (vi, en) = (Tr(Lang::Vi), Tr(Lang::En));
        for (value, digits, in_vi, in_en) in [
            (1234.5, 2, "1.234,5", "1,234.5"),
            (0.004, 2, "0", "0"),
            (-0.004, 2, "0", "0"),
            (-12.3456, 2, "−12,35", "−12.35"),
            (1_000_000.0, 2, "1.000.000", "1,000,000"),
            (999.999, 2, "1.000", "1,000"),
        ] {
            assert_eq!(number(vi, value, digits), in_vi);
            assert_eq!(number(en, value, digits), in_en);
        }
        assert_eq!(quantity(vi, 80.0, Some("percent")), "80\u{a0}%");
        assert_eq!(quantity(vi, 119.8, Some("m2")), "119,8\u{a0}m²");
        assert_eq!(quantity(vi, 2.5, Some("t/d")), "2,5\u{a0}tấn/ngày");
    }

    #[test]
    fn times_are_those_of_vietnam() {
        let at = DateTime::parse_from_rfc3339("2026-11-23T18:30:00Z").unwrap().to_utc();
        assert_eq!(time(at), "01:30 24/11/2026");
        assert_eq!(day(day_of(at)), "24/11/2026");
    }
}
