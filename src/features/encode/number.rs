//! Numbers as text, digit by digit.

/// A whole number of 10^-`decimals` steps as a decimal, without trailing zeros.
pub(super) fn steps(out: &mut Vec<u8>, steps: i64, decimals: usize) {
    debug_assert!(decimals <= 9);
    if steps < 0 {
        out.push(b'-');
    }
    let one = 10_u64.pow(decimals as u32);
    let (whole, mut part) = (steps.unsigned_abs() / one, steps.unsigned_abs() % one);
    integer(out, whole as i64);
    if part == 0 {
        return;
    }
    let mut digits = [b'0'; 10];
    digits[0] = b'.';
    let mut end = decimals + 1;
    for at in (1..end).rev() {
        digits[at] = b'0' + (part % 10) as u8;
        part /= 10;
    }
    while digits[end - 1] == b'0' {
        end -= 1;
    }
    out.extend_from_slice(&digits[..end]);
}

/// A whole number.
pub(super) fn integer(out: &mut Vec<u8>, value: i64) {
    let mut digits = [0_u8; 20];
    let mut at = digits.len();
    let mut rest = value.unsigned_abs();
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if value < 0 {
        out.push(b'-');
    }
    out.extend_from_slice(&digits[at..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_written_without_trailing_zeros() {
        for (value, decimals, text) in [
            (107_690_000_000, 9, "107.69"),
            (12_000_000_000, 9, "12"),
            (-1, 9, "-0.000000001"),
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
