//! IfcCompoundPlaneAngleMeasure: degrees, minutes, seconds and millionths of a second, all of one sign.

/// An angle as it stands in the file.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Angle {
    /// Degrees as the standard reads it.
    pub degrees: f64,
    /// What it would be if a decimal fraction of a degree had been put into the wrong field.
    pub meant: Option<f64>,
    /// Fields of both signs.
    pub mixed: bool,
}

/// An angle of three or four numbers; none of fewer.
pub fn read(parts: &[f64]) -> Option<Angle> {
    if parts.len() < 3 || parts.iter().any(|p| !p.is_finite()) {
        return None;
    }
    let millionths = parts.get(3).copied().unwrap_or(0.0);
    let negative = parts.iter().any(|p| *p < 0.0);
    let sign = if negative { -1.0 } else { 1.0 };
    let size = parts[0].abs() + parts[1].abs() / 60.0 + (parts[2].abs() + millionths.abs() / 1e6) / 3600.0;
    Some(Angle {
        degrees: sign * size,
        meant: fraction(parts, millionths).map(|f| sign * (parts[0].abs() + f)),
        mixed: negative && parts.iter().any(|p| *p > 0.0),
    })
}

/// A decimal fraction of a degree in a field for something else: minutes or seconds of 60 and more hold its digits;
/// so may millionths where minutes and seconds are 0.
fn fraction(parts: &[f64], millionths: f64) -> Option<f64> {
    let [minutes, seconds] = [parts[1].abs(), parts[2].abs()];
    let digits = |x: f64| format!("0.{x:.0}").parse::<f64>().ok();
    if minutes >= 60.0 {
        digits(minutes)
    } else if seconds >= 60.0 && minutes == 0.0 {
        digits(seconds)
    } else if minutes == 0.0 && seconds == 0.0 && millionths != 0.0 {
        Some((millionths.abs() / 1e6).min(1.0))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compound_angles_have_one_sign() {
        let degrees = |parts: &[f64]| read(parts).map(|a| a.degrees);
        assert!((degrees(&[12.0, 0.0, 36.0, 500_000.0]).unwrap() - 12.010_138_888).abs() < 1e-8);
        assert!((degrees(&[-71.0, -3.0, -36.0]).unwrap() + 71.06).abs() < 1e-9);
        assert!((degrees(&[0.0, -30.0, 0.0]).unwrap() + 0.5).abs() < 1e-9);
        assert_eq!(degrees(&[12.0]), None);
        assert!(read(&[-71.0, 3.0, 36.0]).unwrap().mixed);
    }

    #[test]
    fn decimals_in_the_wrong_field_are_seen() {
        let meant = |parts: &[f64]| read(parts).unwrap().meant;
        assert_eq!(meant(&[12.0, 692_341.0, 0.0]), Some(12.692_341));
        assert_eq!(meant(&[107.0, 0.0, 69.0]), Some(107.69));
        assert_eq!(meant(&[107.0, 0.0, 0.0, 690_000.0]), Some(107.69));
        assert_eq!(meant(&[12.0, 30.0, 59.0, 690_000.0]), None);
    }
}
