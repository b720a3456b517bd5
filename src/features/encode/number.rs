//! Numbers, days and instants as text, two digits at a time and without an allocation.

use std::io::Write;

use chrono::{DateTime, Datelike, NaiveDate, SecondsFormat, Timelike, Utc};

/// A whole number of 10^-`decimals` steps as a decimal, without trailing zeros.
#[inline]
pub(super) fn steps(out: &mut Vec<u8>, steps: i64, decimals: usize) {
    debug_assert!(decimals <= 10);
    if steps < 0 {
        out.push(b'-');
    }
    let one = 10_u64.pow(decimals as u32);
    let (whole, mut part) = (steps.unsigned_abs() / one, steps.unsigned_abs() % one);
    integer(out, whole as i64);
    if part == 0 {
        return;
    }
    let mut digits = [b'0'; 11];
    digits[0] = b'.';
    let mut end = decimals + 1;
    let mut at = end;
    while part > 0 {
        if at > 2 {
            at -= 2;
            digits[at..at + 2].copy_from_slice(pair(part % 100));
            part /= 100;
        } else {
            at -= 1;
            digits[at] = b'0' + (part % 10) as u8;
            part /= 10;
        }
    }
    while digits[end - 1] == b'0' {
        end -= 1;
    }
    out.extend_from_slice(&digits[..end]);
}

/// Two decimal digits of a number below a hundred.
#[inline]
fn pair(n: u64) -> &'static [u8] {
    const PAIRS: &[u8; 200] = b"0001020304050607080910111213141516171819202122232425262728293031323334353637383940\
        414243444546474849505152535455565758596061626364656667686970717273747576777879808182838485868788899091929394959697\
        9899";
    let at = 2 * n as usize;
    &PAIRS[at..at + 2]
}

/// A whole number.
pub(super) fn integer(out: &mut Vec<u8>, value: i64) {
    let mut digits = [0_u8; 20];
    let mut at = digits.len();
    let mut rest = value.unsigned_abs();
    while rest >= 10 {
        at -= 2;
        digits[at..at + 2].copy_from_slice(pair(rest % 100));
        rest /= 100;
    }
    if rest > 0 || at == digits.len() {
        at -= 1;
        digits[at] = b'0' + rest as u8;
    }
    if value < 0 {
        out.push(b'-');
    }
    out.extend_from_slice(&digits[at..]);
}

/// A day as ISO 8601 writes it.
pub(super) fn day(out: &mut Vec<u8>, value: NaiveDate) {
    let year = value.year();
    if !(0..=9999).contains(&year) {
        write!(out, "{value}").expect("writing to memory does not fail");
        return;
    }
    let (year, month, day) = (year as u64, u64::from(value.month()), u64::from(value.day()));
    let parts = [pair(year / 100), pair(year % 100), b"-", pair(month), b"-", pair(day)];
    parts.iter().for_each(|p| out.extend_from_slice(p));
}

/// An instant in UTC as RFC 3339 writes it, with no, three, six or nine decimals of a second.
pub(super) fn instant(out: &mut Vec<u8>, value: DateTime<Utc>) {
    let nanos = value.nanosecond();
    // A leap second is written by who knows it.
    if !(0..=9999).contains(&value.year()) || nanos >= 1_000_000_000 {
        out.extend_from_slice(value.to_rfc3339_opts(SecondsFormat::AutoSi, true).as_bytes());
        return;
    }
    day(out, value.date_naive());
    let [hour, minute, second] = [value.hour(), value.minute(), value.second()].map(u64::from);
    let parts = [b"T", pair(hour), b":", pair(minute), b":", pair(second)];
    parts.iter().for_each(|p| out.extend_from_slice(p));
    let (decimals, part) = match nanos {
        0 => (0, 0),
        n if n % 1_000_000 == 0 => (3, n / 1_000_000),
        n if n % 1000 == 0 => (6, n / 1000),
        n => (9, n),
    };
    if decimals > 0 {
        write!(out, ".{part:0decimals$}").expect("writing to memory does not fail");
    }
    out.push(b'Z');
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn numbers_days_and_instants_are_written_as_their_types_write_them(
            n in any::<i64>(), small in -10_000_i64..10_000, seconds in -62_000_000_000_i64..253_000_000_000,
            nanos in prop_oneof![Just(0_u32), (0..1000_u32).prop_map(|n| n * 1_000_000), 0..1_000_000_000_u32],
        ) {
            let written = |write: &dyn Fn(&mut Vec<u8>)| {
                let mut out = Vec::new();
                write(&mut out);
                String::from_utf8(out).unwrap()
            };
            for n in [n, small] {
                prop_assert_eq!(written(&|out| integer(out, n)), n.to_string());
                let back: f64 = written(&|out| steps(out, small, 9)).parse().unwrap();
                prop_assert!((back * 1e9 - small as f64).abs() < 1e-6);
            }
            let at = DateTime::from_timestamp(seconds, nanos).unwrap();
            prop_assert_eq!(written(&|out| instant(out, at)), at.to_rfc3339_opts(SecondsFormat::AutoSi, true));
            prop_assert_eq!(written(&|out| day(out, at.date_naive())), at.date_naive().to_string());
        }
    }

    #[test]
    fn steps_are_written_without_trailing_zeros() {
        for (value, decimals, text) in [
            (107_690_000_000, 9, "107.69"),
            (12_000_000_000, 9, "12"),
            (-1, 9, "-0.000000001"),
            (1_071_234_567_891, 10, "107.1234567891"),
            (20_000_000_003, 10, "2.0000000003"),
            (107_123_456_789, 9, "107.123456789"),
            (4_116_002_650, 4, "411600.265"),
            (-5, 4, "-0.0005"),
            (0, 4, "0"),
        ] {
            let mut out = Vec::new();
            steps(&mut out, value, decimals);
            assert_eq!(String::from_utf8(out).unwrap(), text);
        }
        let mut out = Vec::new();
        integer(&mut out, i64::MIN);
        assert_eq!(String::from_utf8(out).unwrap(), i64::MIN.to_string());
    }
}
