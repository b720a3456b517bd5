//! A system into which files are written: one that the services offer, or any other that PROJ knows; and what it is,
//! in the words that file formats want. Files hold east before north (longitude before latitude) whatever the system's
//! authority says.

use proj::wkt::WktVersion;
use proj::{Proj, ProjError};

use super::{Offered, Transform};
use crate::{Error, Result};

/// A system of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// One that the services offer.
    Offered(Offered),
    /// Another one by its EPSG code.
    Other {
        /// The code.
        epsg: i32,
        /// From the stored system.
        way: Transform,
        /// Whether positions are degrees.
        geographic: bool,
    },
}

impl From<Offered> for Target {
    fn from(crs: Offered) -> Self {
        Self::Offered(crs)
    }
}

impl Target {
    /// The system called `EPSG:n` or `OGC:CRS84`; the error is of the argument `argument`.
    pub fn named(argument: &str, text: &str) -> Result<Self> {
        if let Some(crs) = Offered::ALL.into_iter().find(|c| c.code().eq_ignore_ascii_case(text)) {
            return Ok(crs.into());
        }
        let of_argument = |e| match e {
            Error::InvalidParameter { reason, .. } => {
                Error::InvalidParameter { name: argument.to_owned(), reason }
            }
            other => other,
        };
        let number = text.split_once(':').filter(|(authority, _)| authority.eq_ignore_ascii_case("EPSG"));
        let epsg: i32 = number.and_then(|(_, n)| n.parse().ok()).ok_or_else(|| {
            Error::invalid(
                argument,
                format!("cần EPSG:n, nhận được {text}"),
                format!("expected EPSG:n, got {text}"),
            )
        })?;
        let way = Transform::new(Offered::STORED.code(), &format!("EPSG:{epsg}")).map_err(of_argument)?;
        let target = Self::Other { epsg, way, geographic: false };
        let told: serde_json::Value = serde_json::from_str(&target.projjson()?).unwrap_or_default();
        let kind = told["type"].as_str().unwrap_or_default();
        let Self::Other { epsg, way, .. } = target else { return Ok(target) };
        Ok(Self::Other { epsg, way, geographic: kind.starts_with("Geog") || kind == "GeodeticCRS" })
    }

    /// Its EPSG code. CRS84 is EPSG:4326 in files.
    pub fn epsg(&self) -> i32 {
        match self {
            Self::Offered(Offered::Crs84 | Offered::Epsg4326) => 4326,
            Self::Offered(Offered::Epsg9218) => 9218,
            Self::Offered(Offered::Epsg3857) => 3857,
            Self::Offered(Offered::Epsg5899) => 5899,
            Self::Offered(Offered::Epsg4756) => 4756,
            Self::Other { epsg, .. } => *epsg,
        }
    }

    /// Whether positions are degrees.
    pub fn is_geographic(&self) -> bool {
        match self {
            Self::Offered(crs) => crs.is_geographic(),
            Self::Other { geographic, .. } => *geographic,
        }
    }

    /// Decimals in which the services write positions: 0.1 mm, as stored.
    pub fn decimals(&self) -> u8 {
        if self.is_geographic() { 9 } else { 4 }
    }

    /// Decimals in which files hold positions: 0.01 mm, so that one which is read back lies nearer to its place on the
    /// stored grid than to any other. In the stored system they are on the grid itself.
    pub fn file_decimals(&self) -> u8 {
        let on_the_grid = *self == Self::Offered(Offered::STORED);
        self.decimals() + u8::from(!on_the_grid)
    }

    /// Steps of the last of these decimals in a unit.
    pub fn steps(&self) -> f64 {
        if self.is_geographic() { 1e9 } else { 1e4 }
    }

    /// The system in the Well-Known Text of OGC 01-009, which GeoPackage wants.
    pub fn wkt1(&self) -> Result<String> {
        let wkt = self.told(|system| system.as_wkt(Some(WktVersion::Wkt1_Gdal), None))?;
        Ok(wkt.lines().map(str::trim).collect())
    }

    /// The system as PROJJSON, which GeoParquet wants.
    pub fn projjson(&self) -> Result<String> {
        self.told(|system| system.to_projjson(Some(false), None, None))
    }

    fn told(&self, tell: impl FnOnce(&Proj) -> Result<String, ProjError>) -> Result<String> {
        let what = "telling a reference system";
        let system = Proj::new(&format!("EPSG:{}", self.epsg())).map_err(|e| Error::internal(what, e))?;
        tell(&system).map_err(|e| Error::internal(what, e))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_system_is_told_in_both_languages() {
        let others = ["EPSG:3405", "epsg:32648", "EPSG:4240"].map(|c| Target::named("--crs", c).unwrap());
        for crs in Offered::ALL.map(Target::from).into_iter().chain(others) {
            let wkt = crs.wkt1().unwrap();
            let opens = if crs.is_geographic() { "GEOGCS[" } else { "PROJCS[" };
            assert!(wkt.starts_with(opens), "{wkt}");
            assert!(wkt.ends_with(&format!("AUTHORITY[\"EPSG\",\"{}\"]]", crs.epsg())), "{wkt}");
            let json: serde_json::Value = serde_json::from_str(&crs.projjson().unwrap()).unwrap();
            assert_eq!(json["id"], serde_json::json!({"authority": "EPSG", "code": crs.epsg()}));
        }
    }

    #[test]
    fn what_is_no_system_is_told() {
        for text in ["EPSG:999999", "9218", "ESRI:102100", "EPSG:", ""] {
            let refused = Target::named("--crs", text);
            assert!(
                matches!(refused, Err(Error::InvalidParameter { ref name, .. }) if name == "--crs"),
                "{text}"
            );
        }
        assert_eq!(Target::named("--crs", "ogc:crs84").unwrap(), Offered::Crs84.into());
    }
}
