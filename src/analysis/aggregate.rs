//! Figures per zone: how many, how much area and length, sums of an attribute.

use std::collections::BTreeMap;

use geo::Area;

use super::outcome::{Column, Figure, Outcome, Row, name_of};
use super::source::Source;
use super::work::Work;
use super::zones::Zones;
use crate::filter::check::unknown_attribute;
use crate::layers::{Attribute, AttributeType, Value};
use crate::text::Text;
use crate::{Error, Result};

/// Groups of an attribute within all zones, at most.
const GROUPS_MAX: usize = 100_000;

/// What is counted beside number, area and length.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Aggregate {
    /// Numeric attribute whose sum, mean, least and greatest value are wanted.
    pub attribute: Option<String>,
    /// Attribute whose values are counted apart (land use, say).
    pub group_by: Option<String>,
    /// Zones in which nothing lies are left out.
    pub leave_out_empty: bool,
}

#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    count: usize,
    area_m2: f64,
    length_m: f64,
    values: usize,
    sum: f64,
    least: Option<f64>,
    greatest: Option<f64>,
}

/// Features are counted in the zone where their interior point lies; areas and lengths are cut at the borders.
pub fn aggregate(
    source: &Source,
    zones: &Source,
    how: &Aggregate,
    limit: usize,
    work: &mut Work,
) -> Result<Outcome> {
    let reader = source.reader().ok_or_else(super::select::no_layer)?;
    let find = |name: &String| reader.view().attribute(name).ok_or_else(|| unknown_attribute(name));
    let (attribute, group) = (how.attribute.as_ref().map(find), how.group_by.as_ref().map(find));
    let (attribute, group) = (attribute.transpose()?, group.transpose()?);
    let layer = reader.view().layer.clone();
    if let Some(i) = attribute
        && !matches!(layer.attributes[i].kind, AttributeType::Integer | AttributeType::Real)
    {
        let name = &layer.attributes[i].name;
        return Err(Error::invalid(name, "không phải thuộc tính số", "is not a numeric attribute"));
    }
    work.stage(0.0, 0.1);
    let zones = Zones::new(zones.all(work, "zones")?)?;
    work.stage(0.1, 1.0);
    let mut sums: BTreeMap<(usize, String), Sums> = BTreeMap::new();
    let mut outside = 0_usize;
    let measured = layer.geometry;
    source.each(work, None, |_, feature| {
        let Some(item) = &feature.item else { return Ok(()) };
        let key = group.map(|g| plain(&item.value(g))).unwrap_or_default();
        match zones.of(&feature) {
            Some(zone) => {
                let number = attribute.and_then(|a| number(&item.value(a)));
                sums.entry((zone, key.clone())).or_default().take(number);
            }
            None => outside += 1,
        }
        if !measured.is_point() {
            for (zone, share) in zones.shares(&feature) {
                let sums = sums.entry((zone, key.clone())).or_default();
                sums.area_m2 += share.area_m2;
                sums.length_m += share.length_m;
            }
        }
        if sums.len() > GROUPS_MAX {
            return Err(Error::invalid("group_by", "có quá nhiều giá trị", "has too many values"));
        }
        Ok(())
    })?;
    if group.is_none() && !how.leave_out_empty {
        for zone in 0..zones.places.features.len() {
            sums.entry((zone, String::new())).or_default();
        }
    }
    let table = Table {
        attribute: attribute.map(|i| &layer.attributes[i]),
        group: group.map(|i| &layer.attributes[i]),
    };
    Ok(table.outcome(&zones, &sums, outside, limit))
}

struct Table<'a> {
    attribute: Option<&'a Attribute>,
    group: Option<&'a Attribute>,
}

impl Table<'_> {
    fn columns(&self) -> Vec<Column> {
        let mut columns = vec![
            Column::new("zone", "Vùng", "Zone", None),
            Column::new("zone_area_m2", "Diện tích vùng", "Area of the zone", Some("m2")),
        ];
        columns.extend(self.group.map(|a| Column {
            name: a.name.clone(),
            title: a.title.clone(),
            unit: None,
            kind: Some(a.kind),
            codes: a.codes.clone(),
        }));
        columns.extend([
            Column::new("count", "Số đối tượng", "Features", None),
            Column::new("area_m2", "Diện tích trong vùng", "Area in the zone", Some("m2")),
            Column::new("share_percent", "Tỷ lệ diện tích", "Share of the zone", Some("percent")),
            Column::new("length_m", "Chiều dài trong vùng", "Length in the zone", Some("m")),
        ]);
        if let Some(a) = self.attribute {
            let unit = a.unit.as_deref();
            for (name, vi, en) in [
                ("sum", "tổng", "sum"),
                ("mean", "trung bình", "mean"),
                ("min", "nhỏ nhất", "least"),
                ("max", "lớn nhất", "greatest"),
            ] {
                // A sum may be told in a larger unit; the others are compared with the items' own numbers.
                let kind = match name {
                    "sum" => None,
                    "mean" => Some(AttributeType::Real),
                    _ => Some(a.kind),
                };
                let title = Text::new(format!("{}: {vi}", a.title.vi), format!("{}: {en}", a.title.en));
                let name = format!("{name}_{}", a.name);
                columns.push(Column { name, title, unit: unit.map(str::to_owned), kind, codes: None });
            }
        }
        columns
    }

    fn outcome(
        &self,
        zones: &Zones<'_>,
        sums: &BTreeMap<(usize, String), Sums>,
        outside: usize,
        limit: usize,
    ) -> Outcome {
        let mut outcome = Outcome { columns: self.columns(), ..Outcome::default() };
        for ((zone, group), s) in sums {
            let place = &zones.places.features[*zone];
            let zone_m2 = place.geometry.unsigned_area();
            outcome.push(limit, || {
                let mut values = vec![place.item.as_ref().map_or(Value::Null, |i| Value::Text(name_of(i)))];
                values.push(Value::Real(zone_m2));
                if self.group.is_some() {
                    values.push(if group.is_empty() { Value::Null } else { Value::Text(group.clone()) });
                }
                values.extend([
                    Value::Int(s.count as i64),
                    Value::Real(s.area_m2),
                    Value::Real(100.0 * s.area_m2 / zone_m2.max(f64::MIN_POSITIVE)),
                    Value::Real(s.length_m),
                ]);
                if self.attribute.is_some() {
                    let real = |v: Option<f64>| v.map_or(Value::Null, Value::Real);
                    let some = s.values > 0;
                    values.extend([
                        real(some.then_some(s.sum)),
                        real(some.then(|| s.sum / s.values as f64)),
                        real(s.least),
                        real(s.greatest),
                    ]);
                }
                Row {
                    item: place.item.as_ref().map(|i| (i.view().layer.id.as_str().into(), i.fid)),
                    geometry: Some(place.geometry.clone()),
                    values,
                }
            });
        }
        let counted = sums.values().map(|s| s.count).sum();
        outcome.figures.extend([
            Figure::count("counted", "Đối tượng trong các vùng", "Features in the zones", counted),
            Figure::count("outside", "Đối tượng ngoài mọi vùng", "Features outside all zones", outside),
        ]);
        outcome
    }
}

impl Sums {
    fn take(&mut self, number: Option<f64>) {
        self.count += 1;
        let Some(n) = number else { return };
        self.values += 1;
        self.sum += n;
        self.least = Some(self.least.map_or(n, |l| l.min(n)));
        self.greatest = Some(self.greatest.map_or(n, |g| g.max(n)));
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Int(i) => Some(*i as f64),
        Value::Real(r) => Some(*r),
        _ => None,
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(b) => b.to_string(),
        Value::Int(i) => i.to_string(),
        Value::Real(r) => r.to_string(),
        Value::Text(t) => t.clone(),
        Value::Date(d) => d.to_string(),
        Value::Time(t) => t.to_rfc3339(),
    }
}
