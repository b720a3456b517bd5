//! Positions of a shape in a reference system, for every encoder that does not write them straight from memory.

use std::sync::{Mutex, PoisonError};

use crate::features::shapes::Shape;
use crate::features::wkb::STEPS_PER_M;
use crate::space::crs::{AxisOrder, ManyFromStored, Offered, Target};

/// Converts the vertices of shapes into one system. Several threads may use it at once.
#[derive(Debug)]
pub(super) struct Positions {
    crs: Target,
    order: AxisOrder,
    /// Decimals of a unit in which positions are told.
    decimals: u8,
    /// Conversions that no thread uses now: each keeps what it learned of its neighbourhood.
    idle: Mutex<Vec<ManyFromStored>>,
}

impl Positions {
    /// In `crs`, each position in `order`, with the decimals of the services.
    pub(super) fn new(crs: impl Into<Target>, order: AxisOrder) -> Self {
        let crs = crs.into();
        Self { decimals: crs.decimals(), crs, order, idle: Mutex::default() }
    }

    /// With the decimals of files: what is read back comes to the very place on the stored grid.
    pub(super) fn as_files_hold(crs: impl Into<Target>, order: AxisOrder) -> Self {
        let one = Self::new(crs, order);
        Self { decimals: one.crs.file_decimals(), ..one }
    }

    /// The same with the decimals of files.
    pub(super) fn exact(self) -> Self {
        Self::as_files_hold(self.crs, self.order)
    }

    /// Decimals of the steps of [`of`](Self::of).
    pub(super) fn decimals(&self) -> usize {
        usize::from(self.decimals)
    }

    /// Steps of the last decimal in a unit.
    pub(super) fn steps(&self) -> f64 {
        10_f64.powi(i32::from(self.decimals))
    }

    /// Puts all vertices of the shape into `at`, in [`steps`](Self::steps); false where one of them has no position in
    /// the system.
    pub(super) fn of(&self, shape: &Shape<'_>, at: &mut Vec<[i64; 2]>) -> bool {
        at.clear();
        if shape.is_empty() {
            return true;
        }
        match &self.crs {
            Target::Offered(Offered::Epsg9218) => {
                at.extend(shape.vertices().map(|v| self.turned(shape.metres(v))));
                true
            }
            Target::Offered(Offered::Crs84 | Offered::Epsg4326) if self.decimals == self.crs.decimals() => {
                at.extend(shape.vertices().map(|v| self.turned(shape.degrees(v))));
                true
            }
            Target::Offered(crs) => {
                let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
                let taken = idle().pop();
                let mut many = taken.unwrap_or_else(|| ManyFromStored::new(*crs));
                let all = self.converted(shape, at, |x, y| many.convert(x, y));
                idle().push(many);
                all
            }
            Target::Other { way, .. } => self.converted(shape, at, |x, y| way.convert(x, y).ok()),
        }
    }

    fn converted(
        &self,
        shape: &Shape<'_>,
        at: &mut Vec<[i64; 2]>,
        mut convert: impl FnMut(f64, f64) -> Option<(f64, f64)>,
    ) -> bool {
        let steps = self.steps();
        shape.vertices().all(|v| {
            let [x, y] = shape.metres(v).map(|m| m as f64 / STEPS_PER_M);
            let position = convert(x, y);
            let on_grid = |(x, y): (f64, f64)| [(x * steps).round() as i64, (y * steps).round() as i64];
            at.extend(position.map(|p| self.turned(on_grid(p))));
            position.is_some()
        })
    }

    fn turned(&self, [x, y]: [i64; 2]) -> [i64; 2] {
        if self.order == AxisOrder::NorthEast { [y, x] } else { [x, y] }
    }
}
