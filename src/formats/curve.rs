//! ISO WKB with curves (circular strings, compound curves, curve polygons, multi curves and surfaces) to straight
//! geometries. GDAL hands curves out as they are; arcs become chords that stay within 1 mm of them.

use std::f64::consts::TAU;

use geo::{Coord, Geometry, LineString, MultiLineString, MultiPolygon, Point, Polygon};

use super::geometry::MAX_VERTICES;
use crate::text::Text;

/// Farthest that a chord leaves its arc, in units of the coordinates (metres in projected systems).
pub const SAGITTA: f64 = 0.001;
/// Most chords of one arc: a degenerate one must not fill the memory.
const MAX_CHORDS: f64 = 10_000.0;
/// Deepest nesting of collections.
const MAX_DEPTH: u8 = 16;

/// Reads two-dimensional ISO WKB as GDAL writes it, and says how many arcs were straightened.
pub(super) fn read(wkb: &[u8], sagitta: f64) -> Result<(Geometry<f64>, u64), Text> {
    let mut reader = Reader { rest: wkb, sagitta, arcs: 0, made: 0 };
    Ok((reader.geometry(0)?, reader.arcs))
}

struct Reader<'a> {
    rest: &'a [u8],
    sagitta: f64,
    arcs: u64,
    /// Vertices that arcs became.
    made: usize,
}

impl Reader<'_> {
    fn geometry(&mut self, depth: u8) -> Result<Geometry<f64>, Text> {
        let (little, kind) = self.head()?;
        if depth > MAX_DEPTH {
            return Err(broken());
        }
        Ok(match kind {
            1 => {
                let c = Coord { x: self.f64(little)?, y: self.f64(little)? };
                // An empty point is written so.
                if c.x.is_nan() && c.y.is_nan() {
                    return Err(empty());
                }
                Geometry::Point(Point(finite(c)?))
            }
            2 => Geometry::LineString(self.line(little)?),
            8 | 9 => Geometry::LineString(self.curve_body(little, kind, depth)?),
            3 | 17 => Geometry::Polygon(self.polygon(little)?),
            10 => Geometry::Polygon(self.curve_polygon(little, depth)?),
            4 => Geometry::MultiPoint(
                self.parts(little, depth)?
                    .into_iter()
                    .filter_map(|g| g.try_into().ok())
                    .collect::<Vec<Point>>()
                    .into(),
            ),
            5 | 11 => Geometry::MultiLineString(MultiLineString(
                self.parts(little, depth)?
                    .into_iter()
                    .map(LineString::try_from)
                    .collect::<Result<_, _>>()
                    .map_err(|_| broken())?,
            )),
            // Polyhedral surfaces and TINs are their faces, seen from above.
            6 | 12 | 15 | 16 => Geometry::MultiPolygon(MultiPolygon(
                self.parts(little, depth)?
                    .into_iter()
                    .map(Polygon::try_from)
                    .collect::<Result<_, _>>()
                    .map_err(|_| broken())?,
            )),
            7 => gather(self.parts(little, depth)?)?,
            other => {
                return Err(Text::new(
                    format!("kiểu hình học {other} chưa được hỗ trợ"),
                    format!("geometry type {other} is not supported"),
                ));
            }
        })
    }

    fn head(&mut self) -> Result<(bool, u32), Text> {
        let little = self.take(1)?[0] == 1;
        let kind = self.u32(little)?;
        // Heights and measures were dropped before; 1000, 2000, 3000 would mark them.
        if kind >= 1000 { Err(broken()) } else { Ok((little, kind)) }
    }

    fn take(&mut self, n: usize) -> Result<&[u8], Text> {
        let (head, rest) = self.rest.split_at_checked(n).ok_or_else(broken)?;
        self.rest = rest;
        Ok(head)
    }

    fn u32(&mut self, little: bool) -> Result<u32, Text> {
        let b: [u8; 4] = self.take(4)?.try_into().map_err(|_| broken())?;
        Ok(if little { u32::from_le_bytes(b) } else { u32::from_be_bytes(b) })
    }

    fn f64(&mut self, little: bool) -> Result<f64, Text> {
        let b: [u8; 8] = self.take(8)?.try_into().map_err(|_| broken())?;
        Ok(if little { f64::from_le_bytes(b) } else { f64::from_be_bytes(b) })
    }

    fn line(&mut self, little: bool) -> Result<LineString<f64>, Text> {
        let n = self.u32(little)? as usize;
        let bytes = n.checked_mul(16).ok_or_else(broken)?;
        let number = |b: [u8; 8]| if little { f64::from_le_bytes(b) } else { f64::from_be_bytes(b) };
        let (numbers, _) = self.take(bytes)?.as_chunks::<8>();
        let mut line = Vec::with_capacity(n);
        for pair in numbers.chunks_exact(2) {
            line.push(finite(Coord { x: number(pair[0]), y: number(pair[1]) })?);
        }
        Ok(LineString(line))
    }

    fn polygon(&mut self, little: bool) -> Result<Polygon<f64>, Text> {
        let n = self.u32(little)?;
        let rings = (0..n).map(|_| self.line(little)).collect::<Result<Vec<_>, _>>()?;
        from_rings(rings)
    }

    fn curve_polygon(&mut self, little: bool, depth: u8) -> Result<Polygon<f64>, Text> {
        let n = self.u32(little)?;
        let rings = (0..n)
            .map(|_| {
                let (little, kind) = self.head()?;
                self.curve_body(little, kind, depth + 1)
            })
            .collect::<Result<Vec<_>, _>>()?;
        from_rings(rings)
    }

    /// A line string, circular string or compound curve, after its head.
    fn curve_body(&mut self, little: bool, kind: u32, depth: u8) -> Result<LineString<f64>, Text> {
        if depth > MAX_DEPTH {
            return Err(broken());
        }
        match kind {
            2 => self.line(little),
            8 => {
                let arcs = self.line(little)?;
                self.arcs += (arcs.0.len() / 2) as u64;
                let chords = straighten(&arcs, self.sagitta, MAX_VERTICES.saturating_sub(self.made))?;
                self.made += chords.0.len();
                Ok(chords)
            }
            9 => {
                let n = self.u32(little)?;
                let mut joined: Vec<Coord<f64>> = Vec::new();
                for _ in 0..n {
                    let (little, kind) = self.head()?;
                    let part = self.curve_body(little, kind, depth + 1)?;
                    let skip = usize::from(!joined.is_empty() && joined.last() == part.0.first());
                    joined.extend(part.0.into_iter().skip(skip));
                }
                Ok(LineString(joined))
            }
            _ => Err(broken()),
        }
    }

    fn parts(&mut self, little: bool, depth: u8) -> Result<Vec<Geometry<f64>>, Text> {
        let n = self.u32(little)?;
        (0..n).map(|_| self.geometry(depth + 1)).collect()
    }
}

fn from_rings(rings: Vec<LineString<f64>>) -> Result<Polygon<f64>, Text> {
    let mut rings = rings.into_iter();
    let outer = rings.next().ok_or_else(empty)?;
    Ok(Polygon::new(outer, rings.collect()))
}

/// A collection of one kind becomes the multi geometry of that kind.
fn gather(parts: Vec<Geometry<f64>>) -> Result<Geometry<f64>, Text> {
    let (mut points, mut lines, mut polygons) = (Vec::new(), Vec::new(), Vec::new());
    let count = parts.len();
    for part in parts {
        match part {
            Geometry::Point(p) => points.push(p),
            Geometry::MultiPoint(m) => points.extend(m.0),
            Geometry::LineString(l) => lines.push(l),
            Geometry::MultiLineString(m) => lines.extend(m.0),
            Geometry::Polygon(p) => polygons.push(p),
            Geometry::MultiPolygon(m) => polygons.extend(m.0),
            _ => return Err(broken()),
        }
    }
    match (points.is_empty(), lines.is_empty(), polygons.is_empty()) {
        (false, true, true) => Ok(Geometry::MultiPoint(points.into())),
        (true, false, true) => Ok(Geometry::MultiLineString(MultiLineString(lines))),
        (true, true, false) => Ok(Geometry::MultiPolygon(MultiPolygon(polygons))),
        (true, true, true) => Err(empty()),
        _ => Err(Text::new(
            format!("tập hợp gồm {count} hình thuộc nhiều kiểu khác nhau"),
            format!("a collection of {count} geometries of different kinds"),
        )),
    }
}

/// A circular string (start, point on the arc, end, …) as chords, `most` vertices at most.
fn straighten(curve: &LineString<f64>, sagitta: f64, most: usize) -> Result<LineString<f64>, Text> {
    let Some(first) = curve.0.first() else { return Ok(curve.clone()) };
    let mut out = vec![*first];
    for arc in curve.0.windows(3).step_by(2) {
        chords(arc[0], arc[1], arc[2], sagitta, &mut out);
        if out.len() > most {
            return Err(Text::new(
                format!("các cung tròn thành hơn {MAX_VERTICES} đỉnh, giới hạn của một đối tượng"),
                format!("its arcs become more than {MAX_VERTICES} vertices, the limit for one feature"),
            ));
        }
    }
    // A circle beyond all bounds has no middle.
    out.into_iter().map(finite).collect::<Result<Vec<_>, _>>().map(LineString)
}

/// Appends the arc from `a` (not repeated) through `b` to `c`.
fn chords(a: Coord<f64>, b: Coord<f64>, c: Coord<f64>, sagitta: f64, out: &mut Vec<Coord<f64>>) {
    // A full circle is written as start, opposite point, start.
    let circle = a == c;
    let centre = if circle { Some((a + b) / 2.0) } else { centre(a, b, c) };
    let Some(o) = centre else {
        // Three points on a line.
        out.extend([b, c]);
        return;
    };
    let r = (a - o).x.hypot((a - o).y);
    let angle = |p: Coord<f64>| (p.y - o.y).atan2(p.x - o.x);
    let (start, through, end) = (angle(a), angle(b), angle(c));
    let turn = |to: f64| (to - start).rem_euclid(TAU);
    let sweep = if circle {
        TAU
    } else if turn(through) < turn(end) {
        turn(end)
    } else {
        turn(end) - TAU
    };
    // sagitta = r (1 - cos(step / 2))
    let step = 2.0 * (1.0 - (sagitta / r).min(1.0)).acos();
    let n = (sweep.abs() / step.max(1e-9)).ceil().clamp(2.0, MAX_CHORDS);
    for i in 1..n as u32 {
        let t = start + sweep * f64::from(i) / n;
        out.push(Coord { x: o.x + r * t.cos(), y: o.y + r * t.sin() });
    }
    out.push(c);
}

/// Centre of the circle through three points; none where they lie on a line.
fn centre(a: Coord<f64>, b: Coord<f64>, c: Coord<f64>) -> Option<Coord<f64>> {
    let (p, q) = (b - a, c - a);
    let d = 2.0 * (p.x * q.y - p.y * q.x);
    if d.abs() < 1e-12 {
        return None;
    }
    let (pp, qq) = (p.x * p.x + p.y * p.y, q.x * q.x + q.y * q.y);
    Some(a + Coord { x: (q.y * pp - p.y * qq) / d, y: (p.x * qq - q.x * pp) / d })
}

/// Nothing can be told of a geometry with such a vertex, and an arc through it would hide it.
fn finite(c: Coord<f64>) -> Result<Coord<f64>, Text> {
    if c.x.is_finite() && c.y.is_finite() {
        return Ok(c);
    }
    Err(Text::new(
        format!("toạ độ ({}, {}) không phải số hữu hạn", c.x, c.y),
        format!("the position ({}, {}) is not finite", c.x, c.y),
    ))
}

fn broken() -> Text {
    Text::new("hình học không đọc được", "the geometry cannot be read")
}

fn empty() -> Text {
    Text::new("hình học rỗng", "the geometry is empty")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn circular(points: &[(f64, f64)]) -> Vec<u8> {
        let mut wkb = vec![1];
        wkb.extend(8_u32.to_le_bytes());
        wkb.extend((points.len() as u32).to_le_bytes());
        for (x, y) in points {
            wkb.extend(x.to_le_bytes());
            wkb.extend(y.to_le_bytes());
        }
        wkb
    }

    #[test]
    fn an_arc_stays_within_a_millimetre() {
        let wkb = circular(&[(10.0, 0.0), (0.0, 10.0), (-10.0, 0.0)]);
        let Geometry::LineString(line) = read(&wkb, SAGITTA).unwrap().0 else { panic!("no line") };
        assert!(line.0.len() > 50);
        for pair in line.0.windows(2) {
            let middle = (pair[0] + pair[1]) / 2.0;
            assert!(10.0 - middle.x.hypot(middle.y) <= SAGITTA + 1e-9);
            assert!(middle.y >= 0.0, "the arc runs over the top");
        }
        assert_eq!(line.0.last(), Some(&Coord { x: -10.0, y: 0.0 }));
    }

    #[test]
    fn a_full_circle_closes_and_points_on_a_line_stay() {
        let Geometry::LineString(circle) =
            read(&circular(&[(1.0, 0.0), (-1.0, 0.0), (1.0, 0.0)]), SAGITTA).unwrap().0
        else {
            panic!("no line")
        };
        assert!(circle.is_closed() && circle.0.len() > 20);
        let Geometry::LineString(line) =
            read(&circular(&[(0.0, 0.0), (1.0, 0.0), (2.0, 0.0)]), SAGITTA).unwrap().0
        else {
            panic!("no line")
        };
        assert_eq!(line.0.len(), 3);
    }

    #[test]
    fn an_arc_through_nowhere_is_refused() {
        for (x, y) in [(f64::NAN, 10.0), (0.0, f64::INFINITY)] {
            let reason = read(&circular(&[(10.0, 0.0), (x, y), (-10.0, 0.0)]), SAGITTA).unwrap_err();
            assert!(reason.en.contains("is not finite"), "{}", reason.en);
        }
    }

    #[test]
    fn arcs_do_not_fill_the_memory() {
        // Circles of a thousand kilometres: each alone is within its bounds.
        let circles: Vec<(f64, f64)> = (0..2001).map(|i| (if i % 2 == 0 { 0.0 } else { 1e6 }, 0.0)).collect();
        let reason = read(&circular(&circles), SAGITTA).unwrap_err();
        assert!(reason.en.contains("more than 1000000 vertices"), "{}", reason.en);
    }

    #[test]
    fn noise_is_told() {
        assert!(read(&[], SAGITTA).is_err());
        assert!(read(&[1, 2, 0, 0, 0, 255, 255, 255, 255], SAGITTA).is_err());
    }
}
