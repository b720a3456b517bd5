//! Splitting an area by lines.

use geo::{Area, Coord, CoordsIter, Geometry};

use super::{Row, Succession, areas, decode, encode, only_shown, stored};
use crate::layers::{ItemRow, Value};
use crate::space::weld;
use crate::store::items::{Items, check_valid};
use crate::store::{Tx, wkb};
use crate::{Error, Result};

/// Most pieces of one split.
pub const MAX_PIECES: usize = 100;
/// Pieces smaller than this are slips of the hand, m².
const LEAST_PIECE_M2: f64 = 0.01;

/// A split as a client asks for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Split {
    /// The item.
    pub fid: i64,
    /// The version that the client looked at.
    pub version: i64,
    /// Lines that cut it, EPSG:9218. They may reach beyond it; an end that lies on its border cuts there.
    pub line: Geometry<f64>,
    /// For each piece, in the order of the preview (largest first), what differs from the item; empty: nothing.
    pub pieces: Vec<Vec<(usize, Value)>>,
    /// Neighbours that the author may change: one on whose border the cut ends gets a vertex there.
    pub neighbours: Vec<i64>,
}

impl Items<'_> {
    /// Splits an item, or (`dry_run`) only says into what.
    ///
    /// The pieces share the vertices of the cut and lie on the stored grid: their areas add up to that of the item
    /// with the cut's ends on its border. Each part of an item of several becomes a piece.
    pub async fn split(&self, split: Split, dry_run: bool) -> Result<Succession> {
        self.needs_area()?;
        let mut tx = self.begin().await?;
        let rows = self.lock_all(&mut tx, &[(split.fid, split.version)], &split.neighbours).await?;
        let (old, others): (Vec<ItemRow>, Vec<ItemRow>) = rows.into_iter().partition(|r| r.fid == split.fid);
        let old = old.first().ok_or_else(|| Error::not_found("item", split.fid.to_string()))?;
        let whole = decode(&old.wkb)?;
        let pieces = self.cut(&mut tx, &whole, &split.line).await?;
        let asked = split.pieces.len();
        if !dry_run && asked != 0 && asked != pieces.len() {
            return Err(Error::invalid(
                "pieces",
                format!("đường chia tạo {} phần, nhận được thông tin của {asked}", pieces.len()),
                format!("the line makes {} pieces, {asked} are described", pieces.len()),
            ));
        }
        let mut new = Vec::new();
        for (n, geometry) in pieces.iter().enumerate() {
            let patch = split.pieces.get(n).map_or(&[][..], Vec::as_slice);
            let values = if dry_run {
                let mut values = old.values.clone();
                crate::layers::computed::fill(self.def, geometry, &mut values, true);
                values
            } else {
                self.values_of(&mut tx, &old.values, patch, geometry, &format!("pieces/{n}")).await?
            };
            new.push(Row { geometry: geometry.clone(), values });
        }
        let ends = weld::new_on_border(&whole, &pieces);
        let adjusted = adjusted(&mut tx, others, &ends).await?;
        if dry_run {
            tx.rollback().await?;
            return Ok(only_shown(&[old], new, &adjusted));
        }
        self.distinct_keys(&new)?;
        self.succeed(tx, &[old], new, adjusted).await
    }

    /// The pieces, largest first.
    async fn cut(
        &self,
        tx: &mut Tx,
        whole: &Geometry<f64>,
        line: &Geometry<f64>,
    ) -> Result<Vec<Geometry<f64>>> {
        let line = wkb::keep_stored(line, std::slice::from_ref(whole));
        let line = on_grid(&line)?;
        // A vertex that lies on the border by the served rounding is put into it: else the line would end a hair
        // inside and cut nothing.
        let mut bordered = whole.clone();
        for at in line.coords_iter() {
            bordered = weld::with_vertex(&bordered, at).unwrap_or(bordered);
        }
        let cut = sqlx::query!(
            "select ST_AsBinary(ST_Split(ST_GeomFromWKB($1, 9218), ST_UnaryUnion(ST_GeomFromWKB($2, 9218)))) as wkb",
            encode(&bordered)?,
            encode(&line)?
        )
        .fetch_one(&mut **tx)
        .await?;
        let cut = decode(&cut.wkb.unwrap_or_default())?;
        let mut pieces = Vec::new();
        for piece in areas(cut) {
            let piece = stored(&Geometry::Polygon(piece), self.def.geometry, "line")?;
            check_valid(tx, &encode(&piece)?).await?;
            pieces.push(piece);
        }
        check_pieces(areas(whole.clone()).len(), &pieces)?;
        let first = |g: &Geometry<f64>| g.coords_iter().next().map_or((0.0, 0.0), |c| (c.x, c.y));
        pieces.sort_by(|a, b| {
            let by_area = b.unsigned_area().total_cmp(&a.unsigned_area());
            let ((ax, ay), (bx, by)) = (first(a), first(b));
            by_area.then(ax.total_cmp(&bx)).then(ay.total_cmp(&by))
        });
        Ok(pieces)
    }
}

fn on_grid(line: &Geometry<f64>) -> Result<Geometry<f64>> {
    use crate::layers::GeometryKind as K;
    match line {
        Geometry::LineString(_) | Geometry::MultiLineString(_) => stored(line, K::MultiLineString, "line"),
        _ => Err(Error::invalid(
            "line",
            "cần LineString hoặc MultiLineString",
            "a LineString or MultiLineString was expected",
        )),
    }
}

fn check_pieces(parts: usize, pieces: &[Geometry<f64>]) -> Result<()> {
    if pieces.len() <= parts {
        return Err(Error::invalid(
            "line",
            "đường chia không cắt hẳn qua đối tượng: hai đầu phải nằm trên ranh hoặc ngoài ranh",
            "the line does not cut through the item: both ends must lie on its border or beyond",
        ));
    }
    if pieces.len() > MAX_PIECES {
        return Err(Error::invalid(
            "line",
            format!("đường chia tạo {} phần, tối đa {MAX_PIECES}", pieces.len()),
            format!("the line makes {} pieces, at most {MAX_PIECES}", pieces.len()),
        ));
    }
    let small = pieces.iter().find(|p| p.unsigned_area() < LEAST_PIECE_M2);
    if let Some(at) = small.and_then(|p| p.coords_iter().next()) {
        return Err(Error::invalid(
            "line",
            format!("có phần nhỏ hơn {LEAST_PIECE_M2} m² tại E {:.3}, N {:.3}", at.x, at.y),
            format!("a piece is smaller than {LEAST_PIECE_M2} m² at E {:.3}, N {:.3}", at.x, at.y),
        ));
    }
    Ok(())
}

/// The neighbours on whose border the cut ends, with a vertex there. One that would not be valid with it stays as
/// it is.
async fn adjusted(
    tx: &mut Tx,
    others: Vec<ItemRow>,
    ends: &[Coord<f64>],
) -> Result<Vec<(ItemRow, Geometry<f64>)>> {
    let mut found = Vec::new();
    for row in others {
        let mut geometry = decode(&row.wkb)?;
        let before = geometry.coords_count();
        for at in ends {
            geometry = weld::with_vertex(&geometry, *at).unwrap_or(geometry);
        }
        if geometry.coords_count() > before && check_valid(tx, &encode(&geometry)?).await.is_ok() {
            found.push((row, geometry));
        }
    }
    Ok(found)
}
