//! Reading a file, feature by feature. Runs in the worker child.

use std::path::Path;

use gdal::vector::{Feature, FieldValue, LayerAccess, OGRwkbGeometryType};

use unicode_normalization::UnicodeNormalization;

use super::drawing;
use super::geometry::{Tally, ready};
use super::open::{Opened, Texts, open};
use super::osm;
use super::record::Record;
use super::transform::{ToStored, label, likely, named};
use super::{Header, ReadOptions, Summary};
use crate::layers::Value;
use crate::space::PROVINCE;
use crate::text::{Text, is_composed};
use crate::{Error, Result};

/// Bytes of records that are gathered before they are handed out.
pub(super) const BATCH_BYTES: usize = 1 << 20;
/// Features between two words on the progress.
const PROGRESS_EVERY: u64 = 1000;

/// Where the reader puts what it reads.
pub trait Sink {
    /// The header as JSON, once, before all else.
    fn header(&mut self, json: &[u8]) -> Result<()>;
    /// Whole records, one after the other.
    fn records(&mut self, bytes: &[u8]) -> Result<()>;
    /// Features read, of how many where known.
    fn progress(&mut self, done: u64, total: Option<u64>) -> Result<()>;
}

/// Reads the layer that `options` name, to its end.
pub fn read(file: &Path, options: &ReadOptions, sink: &mut dyn Sink) -> Result<Summary> {
    let mut opened = open(file, options)?;
    let srs = match &options.crs {
        Some(crs) => named(crs)?,
        None => opened.layer.spatial_ref().ok_or_else(|| no_crs(&mut opened))?,
    };
    let mut header = Header {
        driver: opened.driver.clone(),
        layer: opened.layer.name(),
        features: opened.layer.try_feature_count(),
        crs: label(&srs),
        fields: opened.layer.defn().fields().map(|f| decode_name(&f.name(), &opened.texts)).collect(),
        encoding: opened.encoding.clone(),
        warnings: opened.warnings.clone(),
    };
    let transform = ToStored::new(srs)?.swapped(options.swap_axes);
    check_extent(&opened, &transform, &header.crs, options.swap_axes)?;
    header.warnings.extend(elsewhere(&mut opened, &transform, &header.crs));
    if drawing::is_drawing(&opened.driver) && options.target.is_area() {
        return drawing::read(&mut opened, header, &transform, options, sink);
    }
    let levels = osm::Levels::of(&header.fields);
    header.fields.extend(levels.as_ref().map(|_| osm::LEVEL.to_owned()));
    sink.header(&serde_json::to_vec(&header).map_err(|e| Error::internal("header", e))?)?;
    features(&mut opened, &header, &transform, levels.as_ref(), options, sink)
}

fn features(
    opened: &mut Opened,
    header: &Header,
    transform: &ToStored,
    levels: Option<&osm::Levels>,
    options: &ReadOptions,
    sink: &mut dyn Sink,
) -> Result<Summary> {
    let mut tally = Tally::default();
    let mut batch = Vec::with_capacity(BATCH_BYTES + 4096);
    let mut read = 0;
    let texts = &opened.texts;
    for feature in opened.layer.features() {
        read += 1;
        let mut record = record(&feature, read, header, texts, transform, options, &mut tally);
        if let (Some(levels), Record::Row { values, .. }) = (levels, &mut record) {
            values.push(Value::Int(levels.level(values)));
        }
        record.write(&mut batch);
        if batch.len() >= BATCH_BYTES {
            sink.records(&batch)?;
            batch.clear();
        }
        if read % PROGRESS_EVERY == 0 {
            sink.progress(read, header.features)?;
        }
    }
    sink.records(&batch)?;
    sink.progress(read, header.features)?;
    // A reader that meets damage in the middle of a file ends as if it were its end.
    match header.features {
        Some(expected) if read < expected => Err(Error::bad_file(
            format!("{}, feature {}", header.layer, read + 1),
            format!("tệp hỏng: chỉ đọc được {read} trong {expected} đối tượng"),
            format!("the file is damaged: {read} of {expected} features could be read"),
        )),
        _ => Ok(Summary { features: read, notes: tally.notes(), warnings: Vec::new() }),
    }
}

/// The middle of the layer's extent where its format tells, else of its first geometry.
fn middle(opened: &mut Opened) -> Option<(f64, f64)> {
    // The header of a drawing tells the extent of its sheet, or nothing true.
    let told = if drawing::is_drawing(&opened.driver) { Ok(None) } else { opened.layer.try_get_extent() };
    if let Ok(Some(e)) = told {
        return Some((f64::midpoint(e.MinX, e.MaxX), f64::midpoint(e.MinY, e.MaxY)));
    }
    // The layers of this format are read together, once.
    if opened.driver == "OSM" {
        return None;
    }
    let mut features = opened.layer.features();
    let e = features
        .find_map(|f| f.geometry().filter(|g| !g.is_empty()).map(gdal::vector::Geometry::envelope))?;
    Some((f64::midpoint(e.MinX, e.MaxX), f64::midpoint(e.MinY, e.MaxY)))
}

fn no_crs(opened: &mut Opened) -> Error {
    let found = middle(opened).map(|(x, y)| likely(x, y)).unwrap_or_default();
    let (vi, en) = if found.is_empty() {
        ("(ví dụ EPSG:9218)".to_owned(), "(EPSG:9218, for instance)".to_owned())
    } else {
        let found = found.join(", ");
        (
            format!("; dữ liệu nằm trong tỉnh nếu hệ là {found}"),
            format!("; the data would lie in the province in {found}"),
        )
    };
    Error::invalid(
        "--crs",
        format!("tệp không ghi hệ toạ độ; hãy cho biết bằng --crs EPSG:n {vi}"),
        format!("the file does not tell its reference system; say so by --crs EPSG:n {en}"),
    )
}

/// Where the data lies outside the province but would lie in it in another system.
fn elsewhere(opened: &mut Opened, transform: &ToStored, crs: &str) -> Option<Text> {
    let (x, y) = middle(opened)?;
    let inside = match transform.apply(geo::Geometry::Point(geo::Point::new(x, y))) {
        Ok(geo::Geometry::Point(p)) => PROVINCE.holds(p.x(), p.y()),
        _ => false,
    };
    let found = if inside { Vec::new() } else { likely(x, y) };
    if found.is_empty() {
        return None;
    }
    let found = found.join(", ");
    Some(Text::new(
        format!("theo {crs} dữ liệu nằm ngoài tỉnh; nó nằm trong tỉnh nếu hệ là {found}"),
        format!("in {crs} the data lies outside the province; it would lie in it in {found}"),
    ))
}

/// Metres that call themselves degrees: the whole file is wrong, not each feature.
fn check_extent(opened: &Opened, transform: &ToStored, crs: &str, swapped: bool) -> Result<()> {
    let Ok(Some(extent)) = opened.layer.try_get_extent() else { return Ok(()) };
    let (x, y) = ([extent.MinX, extent.MaxX], [extent.MinY, extent.MaxY]);
    let (east, north) = if swapped { (y, x) } else { (x, y) };
    // What is no number at all is the fault of one feature, and refused with it.
    let beyond = |values: [f64; 2], most: f64| values.iter().any(|v| v.is_finite() && v.abs() > most);
    let far = beyond(east, 361.0) || beyond(north, 91.0);
    if !(transform.is_geographic() && far) {
        return Ok(());
    }
    let found = likely(f64::midpoint(x[0], x[1]), f64::midpoint(y[0], y[1])).join(", ");
    let (vi, en) = if found.is_empty() {
        (String::new(), String::new())
    } else {
        (
            format!("; dữ liệu nằm trong tỉnh nếu hệ là {found}"),
            format!("; the data would lie in the province in {found}"),
        )
    };
    Err(Error::invalid(
        "--crs",
        format!(
            "tệp ghi hệ toạ độ {crs} nhưng toạ độ ({:.0}, {:.0}) không phải độ; hãy cho biết hệ đúng bằng --crs{vi}",
            extent.MinX, extent.MinY
        ),
        format!(
            "the file says {crs}, but coordinates such as ({:.0}, {:.0}) are no degrees; name the right system by --crs{en}",
            extent.MinX, extent.MinY
        ),
    ))
}

fn record(
    feature: &Feature,
    number: u64,
    header: &Header,
    texts: &Texts,
    transform: &ToStored,
    options: &ReadOptions,
    tally: &mut Tally,
) -> Record {
    let id = feature.fid().unwrap_or(number);
    let place = format!("{} fid {id}", header.layer);
    let made = feature
        .geometry()
        // A feature without one still gives a geometry here, of no type.
        .filter(|g| g.geometry_type() != OGRwkbGeometryType::wkbUnknown)
        .ok_or_else(|| Text::new("không có hình học", "there is no geometry"))
        .and_then(|g| ready(g, transform, options.target, tally))
        .and_then(|g| Ok((g, values(feature, header, texts)?)));
    match made {
        Ok((geometry, values)) => Record::Row { place, note: geometry.note, wkb: geometry.wkb, values },
        Err(reason) => Record::Rejected { place, reason },
    }
}

fn values(feature: &Feature, header: &Header, texts: &Texts) -> Result<Vec<Value>, Text> {
    // The header may name one that is made of these.
    let fields = header.fields.len().min(feature.field_count());
    let mut values = Vec::with_capacity(header.fields.len());
    for (i, name) in header.fields.iter().take(fields).enumerate() {
        let value = value(feature, i, texts).map_err(|reason| {
            Text::new(format!("{name}: {}", reason.vi), format!("{name}: {}", reason.en))
        })?;
        values.push(value);
    }
    Ok(values)
}

/// The values of the first `fields` fields, each or why not.
pub(super) fn layer_values(feature: &Feature, fields: usize, texts: &Texts) -> Vec<Result<Value, Text>> {
    (0..fields).map(|i| value(feature, i, texts)).collect()
}

fn value(feature: &Feature, i: usize, texts: &Texts) -> Result<Value, Text> {
    let text = || feature.field_as_string(i).ok().flatten().filter(|t| !t.is_empty());
    let value = match feature.field(i) {
        // A field that is not there at all (GeoJSON, FlatGeobuf) is "not null" to GDAL and reads as 0; its text is
        // empty. Asking for the text of every number would take longer than all the rest.
        Ok(Some(
            FieldValue::IntegerValue(0)
            | FieldValue::Integer64Value(0)
            | FieldValue::RealValue(0.0)
            | FieldValue::DateValue(_)
            | FieldValue::StringListValue(_),
        )) if text().is_none() => None,
        Ok(Some(FieldValue::StringValue(s))) if s.is_empty() => None,
        Ok(value) => value,
        // Times of day, times without a zone and the like, as text.
        Err(_) => text().map(FieldValue::StringValue),
    };
    Ok(match value {
        None => Value::Null,
        Some(FieldValue::IntegerValue(i)) => Value::Int(i64::from(i)),
        Some(FieldValue::Integer64Value(i)) => Value::Int(i),
        Some(FieldValue::RealValue(r)) => Value::Real(r),
        Some(FieldValue::DateValue(d)) => Value::Date(d),
        Some(FieldValue::DateTimeValue(t)) => Value::Time(t.to_utc()),
        Some(FieldValue::StringValue(s)) => decode(s, feature, texts)?,
        Some(FieldValue::StringListValue(list)) => decode(list.join(", "), feature, texts)?,
        Some(FieldValue::IntegerListValue(list)) => Value::Text(join(&list)),
        Some(FieldValue::Integer64ListValue(list)) => Value::Text(join(&list)),
        Some(FieldValue::RealListValue(list)) => Value::Text(join(&list)),
    })
}

fn join<T: ToString>(list: &[T]) -> String {
    list.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn decode(text: String, feature: &Feature, texts: &Texts) -> Result<Value, Text> {
    match texts {
        Texts::Unicode => unicode(text),
        Texts::Bytes(encoding) => carried(&text, *encoding),
        // GDAL has spoilt the letters of an element's text; those of the other fields are ASCII.
        Texts::Elements(encoding, elements) => match feature.fid().and_then(|fid| elements.get(&fid)) {
            Some(bytes) if !text.is_ascii() => encoding
                .decode(bytes)
                .map(Value::Text)
                .map_err(|bad| super::encoding::undecodable(encoding.name(), bad)),
            _ => unicode(text),
        },
    }
}

fn unicode(text: String) -> Result<Value, Text> {
    if !text.is_ascii() && text.contains('\u{fffd}') {
        return Err(Text::new("văn bản không phải UTF-8", "the text is not UTF-8"));
    }
    Ok(Value::Text(if is_composed(&text) { text } else { text.nfc().collect() }))
}

fn carried(text: &str, encoding: super::Encoding) -> Result<Value, Text> {
    let decoded = match encoding.decode_carried(text) {
        // A field too narrow for its last letter: all the others are right.
        Err(bad) if bad.cut_off => {
            let whole: String = text.chars().take(bad.at).collect();
            encoding.decode_carried(&whole)
        }
        decoded => decoded,
    };
    decoded.map(Value::Text).map_err(|bad| super::encoding::undecodable(encoding.name(), bad))
}

pub(super) fn decode_name(name: &str, texts: &Texts) -> String {
    let decoded = match texts {
        Texts::Bytes(encoding) => encoding.decode_carried(name).ok(),
        _ => None,
    };
    decoded.unwrap_or_else(|| name.to_owned())
}
