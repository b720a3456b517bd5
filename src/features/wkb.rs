//! Reads ISO WKB (and PostGIS' EWKB) into rings of grid coordinates. Heights and measures are read over: the
//! index is two-dimensional.

use crate::layers::GeometryKind;
use crate::space::crs::STORED_9218;

/// Grid steps in a metre: coordinates are kept on 0.1 mm.
pub(crate) const STEPS_PER_M: f64 = 10_000.0;

/// A geometry as it is packed: rings (or lines, or one list of points), each with whether it opens a new part.
#[derive(Debug, Default, Clone, PartialEq)]
pub(super) struct Rings {
    pub vertices: Vec<[i64; 2]>,
    /// End of each ring in `vertices`, and whether it is the outer ring of a polygon.
    pub rings: Vec<(usize, bool)>,
}

/// Reads a geometry of `kind`. A single geometry is taken where a collection of it is expected, and a collection
/// of one where a single one is. Rings are turned so that outer ones run anticlockwise (RFC 7946).
pub(super) fn read(wkb: &[u8], kind: GeometryKind) -> Result<Rings, String> {
    let mut out = Rings::default();
    if wkb.is_empty() {
        return Ok(out);
    }
    let mut reader = Reader { bytes: wkb, at: 0, little: true, stride: 2 };
    let parts = reader.geometry(kind, &mut out, true)?;
    let single = matches!(kind, GeometryKind::Point | GeometryKind::LineString | GeometryKind::Polygon);
    if single && parts > 1 {
        return Err(format!("{parts} parts where one {kind:?} was expected"));
    }
    Ok(out)
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    little: bool,
    stride: usize,
}

impl Reader<'_> {
    /// Reads one geometry and gives its number of parts.
    fn geometry(&mut self, kind: GeometryKind, out: &mut Rings, multi: bool) -> Result<usize, String> {
        use GeometryKind as K;
        let code = self.header()?;
        match (code, kind) {
            (1, K::Point | K::MultiPoint) => Ok(self.point(out)?),
            (2, K::LineString | K::MultiLineString) => Ok(self.line(out)?),
            (3, K::Polygon | K::MultiPolygon) => Ok(self.polygon(out)?),
            (4, K::Point | K::MultiPoint)
            | (5, K::LineString | K::MultiLineString)
            | (6, K::Polygon | K::MultiPolygon)
                if multi =>
            {
                let n = self.u32()?;
                (0..n).try_fold(0, |parts, _| Ok(parts + self.geometry(kind, out, false)?))
            }
            (code, kind) => Err(format!("WKB type {code} where a {kind:?} was expected")),
        }
    }

    fn header(&mut self) -> Result<u32, String> {
        self.little = match self.take::<1>()? {
            [0] => false,
            [1] => true,
            [other] => return Err(format!("byte order {other}")),
        };
        let code = self.u32()?;
        let (mut base, mut stride) = (code & 0x0fff_ffff, 2);
        stride += usize::from(code & 0x8000_0000 != 0) + usize::from(code & 0x4000_0000 != 0);
        if code & 0x2000_0000 != 0 {
            self.u32()?;
        }
        stride += match base / 1000 {
            0 => 0,
            1 | 2 => 1,
            3 => 2,
            _ => return Err(format!("WKB type {code}")),
        };
        base %= 1000;
        self.stride = stride;
        Ok(base)
    }

    fn point(&mut self, out: &mut Rings) -> Result<usize, String> {
        // POINT EMPTY is written as NaN NaN.
        let at = self.at;
        if self.f64()?.is_nan() {
            self.at = at + 8 * self.stride;
            return Ok(0);
        }
        self.at = at;
        let vertex = self.vertex()?;
        out.vertices.push(vertex);
        match out.rings.last_mut() {
            Some((end, _)) => *end += 1,
            None => out.rings.push((1, false)),
        }
        Ok(1)
    }

    fn line(&mut self, out: &mut Rings) -> Result<usize, String> {
        match self.vertices(out)? {
            0 => return Ok(0),
            1 => return Err("a line of one vertex".to_owned()),
            _ => out.rings.push((out.vertices.len(), false)),
        }
        Ok(1)
    }

    fn polygon(&mut self, out: &mut Rings) -> Result<usize, String> {
        let n = self.u32()?;
        for ring in 0..n {
            let from = out.vertices.len();
            if self.vertices(out)? < 4 {
                return Err(format!("ring {ring} has fewer than four vertices"));
            }
            let vertices = &mut out.vertices[from..];
            if vertices.first() != vertices.last() {
                return Err(format!("ring {ring} is not closed"));
            }
            if (doubled_area(vertices) > 0) != (ring == 0) {
                vertices.reverse();
            }
            out.rings.push((out.vertices.len(), ring == 0));
        }
        Ok(usize::from(n > 0))
    }

    fn vertices(&mut self, out: &mut Rings) -> Result<usize, String> {
        let n = self.u32()? as usize;
        if n.saturating_mul(8 * self.stride) > self.bytes.len() - self.at {
            return Err(format!("cut off: {n} vertices are announced"));
        }
        for _ in 0..n {
            let vertex = self.vertex()?;
            out.vertices.push(vertex);
        }
        Ok(n)
    }

    fn vertex(&mut self) -> Result<[i64; 2], String> {
        let (x, y) = (self.f64()?, self.f64()?);
        for _ in 2..self.stride {
            self.f64()?;
        }
        let d = STORED_9218;
        if !(d.min_x..=d.max_x).contains(&x) || !(d.min_y..=d.max_y).contains(&y) {
            return Err(format!("({x}, {y}) is no position in EPSG:9218"));
        }
        Ok([(x * STEPS_PER_M).round() as i64, (y * STEPS_PER_M).round() as i64])
    }

    fn u32(&mut self) -> Result<u32, String> {
        let b = self.take()?;
        Ok(if self.little { u32::from_le_bytes(b) } else { u32::from_be_bytes(b) })
    }

    fn f64(&mut self) -> Result<f64, String> {
        let b = self.take()?;
        Ok(if self.little { f64::from_le_bytes(b) } else { f64::from_be_bytes(b) })
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], String> {
        let bytes = self.bytes.get(self.at..self.at + N).ok_or("cut off")?;
        self.at += N;
        bytes.try_into().map_err(|_| "cut off".to_owned())
    }
}

/// Twice the signed area of a closed ring, in grid steps squared; positive where it runs anticlockwise.
pub(super) fn doubled_area(ring: &[[i64; 2]]) -> i128 {
    let Some([x0, y0]) = ring.first().copied() else { return 0 };
    ring.windows(2)
        .map(|w| {
            let ([ax, ay], [bx, by]) = (w[0], w[1]);
            i128::from(ax - x0) * i128::from(by - y0) - i128::from(bx - x0) * i128::from(ay - y0)
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use geo::{Geometry, MultiPoint, line_string, point, polygon};
    use geozero::{CoordDimensions, ToWkb};

    use super::*;

    fn wkb(g: &Geometry<f64>) -> Vec<u8> {
        g.to_wkb(CoordDimensions::xy()).unwrap()
    }

    #[test]
    fn outer_rings_are_turned_anticlockwise_and_holes_clockwise() {
        let clockwise = polygon!(
            exterior: [(x: 0., y: 0.), (x: 0., y: 10.), (x: 10., y: 10.), (x: 10., y: 0.)],
            interiors: [[(x: 1., y: 1.), (x: 2., y: 1.), (x: 2., y: 2.), (x: 1., y: 2.)]]
        );
        let read = read(&wkb(&clockwise.into()), GeometryKind::MultiPolygon).unwrap();
        assert_eq!(read.rings, [(5, true), (10, false)]);
        assert!(doubled_area(&read.vertices[..5]) > 0);
        assert!(doubled_area(&read.vertices[5..]) < 0);
    }

    #[test]
    fn points_of_a_multipoint_share_one_ring() {
        let points: MultiPoint<f64> = vec![(1.0, 2.0), (3.0, 4.0)].into();
        let read_ = read(&wkb(&points.clone().into()), GeometryKind::MultiPoint).unwrap();
        assert_eq!(read_.rings, [(2, false)]);
        assert!(read(&wkb(&points.into()), GeometryKind::Point).unwrap_err().contains("2 parts"));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let line = wkb(&line_string![(x: 1., y: 2.), (x: 3., y: 4.)].into());
        assert!(read(&line[..20], GeometryKind::LineString).unwrap_err().contains("cut off"));
        assert!(read(&line, GeometryKind::Polygon).unwrap_err().contains("Polygon was expected"));
        let far = wkb(&point! { x: 1e9, y: 0.0 }.into());
        assert!(read(&far, GeometryKind::Point).unwrap_err().contains("EPSG:9218"));
        assert_eq!(read(&[], GeometryKind::Point).unwrap(), Rings::default());
    }
}
