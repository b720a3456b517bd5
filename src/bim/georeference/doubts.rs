//! What is doubtful in a declared conversion: CRS and datums not named or at odds, axes swapped, zone or unit wrong.

use super::conversion::Raw;
use super::{Found, crs, no_vertical_datum, zones};
use crate::bim::words::plain;
use crate::text::Text;

/// Tells the doubts of a conversion that is placed already.
pub fn of_conversion(found: &mut Found, raw: &Raw) {
    let Some(g) = &found.georeference else { return };
    let (code, e, n) = (g.crs.clone(), g.easting.unwrap_or(0.0), g.northing.unwrap_or(0.0));
    match (&code, raw.crs_name.as_deref()) {
        (None, None) => unnamed(found, raw, e, n),
        (None, Some(name)) => {
            let name: String = name.chars().take(80).collect();
            found.notes.push(Text::new(
                format!("không nhận ra hệ tọa độ «{name}»; hãy ghi EPSG:n"),
                format!("the coordinate reference system “{name}” is not known; write EPSG:n"),
            ));
            guess(found, e, n);
        }
        (Some(code), _) => {
            datum(found, code, raw.geodetic_datum.as_deref());
            if zones::is_known(code) {
                place(found, code, (e, n));
            }
        }
    }
    if raw.vertical_datum.is_none() {
        found.notes.push(no_vertical_datum());
    }
}

fn unnamed(found: &mut Found, raw: &Raw, e: f64, n: f64) {
    found.notes.push(Text::new(
        "không nêu hệ tọa độ (IfcProjectedCRS)",
        "no coordinate reference system is named (IfcProjectedCRS)",
    ));
    if raw.geodetic_datum.is_none() {
        found.notes.push(Text::new(
            "không nêu hệ quy chiếu mặt bằng (GeodeticDatum)",
            "no horizontal datum is named (GeodeticDatum)",
        ));
    }
    guess(found, e, n);
}

/// The grids that numbers without a known CRS may be of: named, never used.
fn guess(found: &mut Found, e: f64, n: f64) {
    let readings = zones::in_the_province(e, n);
    if readings.is_empty() {
        return;
    }
    let list = zones::list(&readings);
    found.notes.push(Text::new(
        format!("tọa độ đông {e:.2}, bắc {n:.2} nằm trong tỉnh nếu là: {list}; mô hình không nói là hệ nào nên không đặt lên bản đồ"),
        format!("easting {e:.2}, northing {n:.2} lie in the province if they are of: {list}; the model does not say which, so it is not placed"),
    ));
}

/// A datum in words that contradicts the code.
fn datum(found: &mut Found, code: &str, words: Option<&str>) {
    let Some(words) = words else { return };
    let said = plain(words);
    let vn2000 = crs::names_vn2000(&said);
    let wgs84 = ["wgs", "itrs", "itrf"].iter().any(|w| said.contains(w));
    let at_odds = if zones::is_vn2000_code(code) { wgs84 && !vn2000 } else { vn2000 };
    if at_odds {
        let words: String = words.chars().take(60).collect();
        found.doubt(
            zones::DATUM_M,
            format!("GeodeticDatum «{words}» mâu thuẫn với {code}; đọc theo {code}. VN-2000 và WGS 84 lệch nhau khoảng 200 m"),
            format!("GeodeticDatum “{words}” contradicts {code}; {code} is read. VN-2000 and WGS 84 are some 200 m apart"),
        );
    }
}

/// What is wrong with coordinates that do not lie where the declared grid is used.
fn place(found: &mut Found, code: &str, (e, n): (f64, f64)) {
    let read = zones::read_in(code, e, n);
    if read.as_ref().is_some_and(|r| zones::in_province(r.at)) {
        return;
    }
    if read.is_none() && zones::plausible(n, e) {
        let apart = zones::apart((e, n), (n, e));
        let inside = zones::read_in(code, n, e).is_some_and(|r| zones::in_province(r.at));
        let (vi, en) = if inside { (" (trong tỉnh)", " (in the province)") } else { ("", "") };
        return found.doubt(
            apart,
            format!("tọa độ đông {e:.2} và bắc {n:.2} có vẻ bị đảo; đúng ra là đông {n:.2}, bắc {e:.2}{vi}"),
            format!("easting {e:.2} and northing {n:.2} look swapped; right would be easting {n:.2}, northing {e:.2}{en}"),
        );
    }
    if read.is_none() {
        return unit(found, code, (e, n));
    }
    let others: Vec<_> = zones::in_the_province(e, n).into_iter().filter(|r| r.code != code).collect();
    if let (Some(read), false) = (&read, others.is_empty()) {
        let farthest = others.iter().map(|r| zones::apart(r.at, read.at)).fold(0.0, f64::max);
        let list = zones::list(&others);
        found.doubt(
            farthest,
            format!("đông {e:.2}, bắc {n:.2} đọc theo {code} nằm ngoài tỉnh, nhưng nằm trong tỉnh nếu đọc theo {list}: có vẻ khai sai múi chiếu"),
            format!("easting {e:.2}, northing {n:.2} read in {code} lie outside the province, but inside it if read in {list}: the zone looks wrong"),
        );
    }
}

fn unit(found: &mut Found, code: &str, (e, n): (f64, f64)) {
    let apart = |k: f64| e.hypot(n) * (1.0 - k).abs();
    if zones::plausible(e / 1000.0, n / 1000.0) {
        found.doubt(
            apart(0.001),
            format!("tọa độ {e:.0}, {n:.0} có vẻ ghi bằng milimét dù khai báo đơn vị bản đồ khác; đúng ra là {:.3}, {:.3} m", e / 1000.0, n / 1000.0),
            format!("easting {e:.0} and northing {n:.0} look like millimetres although the map unit says otherwise; right would be {:.3}, {:.3} m", e / 1000.0, n / 1000.0),
        );
    } else if zones::plausible(e * 1000.0, n * 1000.0) {
        found.doubt(
            apart(1000.0),
            format!("tọa độ có vẻ ghi bằng mét nhưng được đọc là milimét (đọc được {e:.3}, {n:.3} m); kiểm tra đơn vị bản đồ (MapUnit)"),
            format!("easting and northing look like metres read as millimetres ({e:.3}, {n:.3} m were read); check the map unit (MapUnit)"),
        );
    } else {
        found.notes.push(Text::new(
            format!("tọa độ đông {e:.0}, bắc {n:.0} nằm ngoài Việt Nam trong hệ {code}"),
            format!("easting {e:.0} and northing {n:.0} lie outside Vietnam in {code}"),
        ));
    }
}
