//! A row of a layer on its way between the database, memory and files.

use super::{Value, ValueRef};

/// An item: identifier, version, geometry and values in the order of the layer's attributes.
#[derive(Debug, Clone, PartialEq)]
pub struct ItemRow {
    /// Identifier, 1 … 2^53 − 1, stable for life.
    pub fid: i64,
    /// Revision in which this state became current.
    pub version: i64,
    /// Geometry, ISO WKB in EPSG:9218.
    pub wkb: Vec<u8>,
    /// One value an attribute of the definition.
    pub values: Vec<Value>,
}

/// The same without a copy, while what it was read from is at hand.
#[derive(Debug, Clone, Copy)]
pub struct ItemRef<'a> {
    /// Identifier.
    pub fid: i64,
    /// Revision in which this state became current.
    pub version: i64,
    /// Geometry in EPSG:9218, EWKB as PostGIS sends it (its SRID may stand behind the type) or ISO WKB.
    pub wkb: &'a [u8],
    /// One value an attribute of the definition.
    pub values: &'a [ValueRef<'a>],
}

impl ItemRef<'_> {
    /// A copy that outlives what it was read from.
    pub fn to_row(&self) -> ItemRow {
        ItemRow {
            fid: self.fid,
            version: self.version,
            wkb: without_srid(self.wkb),
            values: self.values.iter().map(|v| Value::from(*v)).collect(),
        }
    }
}

/// ISO WKB of two-dimensional EWKB: the same without the SRID behind the type.
fn without_srid(ewkb: &[u8]) -> Vec<u8> {
    match ewkb {
        [1, a, b, c, flags, _, _, _, _, rest @ ..] if flags & 0x20 != 0 => {
            let mut wkb = Vec::with_capacity(5 + rest.len());
            wkb.extend([1, *a, *b, *c, flags & !0x20]);
            wkb.extend_from_slice(rest);
            wkb
        }
        other => other.to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_srid_is_taken_out() {
        assert_eq!(without_srid(&[1, 1, 0, 0, 0x20, 2, 0x24, 0, 0, 7, 8]), [1, 1, 0, 0, 0, 7, 8]);
        assert_eq!(without_srid(&[1, 1, 0, 0, 0, 7, 8]), [1, 1, 0, 0, 0, 7, 8]);
    }
}
