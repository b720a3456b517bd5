//! Versions of the service, and what goes with each.

use crate::features::encode::gml::Gml;
use crate::space::crs::Offered;

/// A version of WFS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Version {
    V10,
    V11,
    V20,
}

impl Version {
    /// The version that is asked for; none where it is not offered.
    pub fn exact(text: &str) -> Option<Self> {
        match text.trim() {
            "1.0.0" => Some(Self::V10),
            "1.1.0" => Some(Self::V11),
            // 2.0.2 is the corrigendum of 2.0.0.
            "2.0.0" | "2.0.2" => Some(Self::V20),
            _ => None,
        }
    }

    /// The version in which an answer to `text` is understood best (OGC 04-094, 6.2.4: the highest below it).
    pub fn nearest(text: &str) -> Self {
        Self::exact(text).unwrap_or_else(|| match text.trim() {
            t if t < "1.1" => Self::V10,
            t if t < "2" => Self::V11,
            _ => Self::V20,
        })
    }

    pub fn text(self) -> &'static str {
        match self {
            Self::V10 => "1.0.0",
            Self::V11 => "1.1.0",
            Self::V20 => "2.0.0",
        }
    }

    /// The GML of its features.
    pub fn gml(self) -> Gml {
        match self {
            Self::V10 => Gml::V2,
            Self::V11 => Gml::V31,
            Self::V20 => Gml::V32,
        }
    }

    /// Media type of that GML.
    pub fn gml_type(self) -> &'static str {
        match self {
            Self::V10 => "text/xml; subtype=gml/2.1.2",
            Self::V11 => "text/xml; subtype=gml/3.1.1",
            Self::V20 => "application/gml+xml; version=3.2",
        }
    }

    /// How it names a reference system.
    pub fn srs_name(self, crs: Offered) -> &'static str {
        match self {
            Self::V10 => crs.code(),
            Self::V11 | Self::V20 => crs.urn(),
        }
    }

    /// Its namespace.
    pub fn namespace(self) -> &'static str {
        match self {
            Self::V10 | Self::V11 => "http://www.opengis.net/wfs",
            Self::V20 => "http://www.opengis.net/wfs/2.0",
        }
    }

    /// Namespace of its GML.
    pub fn gml_namespace(self) -> &'static str {
        match self {
            Self::V10 | Self::V11 => "http://www.opengis.net/gml",
            Self::V20 => "http://www.opengis.net/gml/3.2",
        }
    }

    /// Where its schema lies.
    pub fn schema(self) -> &'static str {
        match self {
            Self::V10 => "http://schemas.opengis.net/wfs/1.0.0/WFS-basic.xsd",
            Self::V11 => "http://schemas.opengis.net/wfs/1.1.0/wfs.xsd",
            Self::V20 => "http://schemas.opengis.net/wfs/2.0/wfs.xsd",
        }
    }

    /// Where the schema of its GML lies.
    pub fn gml_schema(self) -> &'static str {
        match self {
            Self::V10 => "http://schemas.opengis.net/gml/2.1.2/feature.xsd",
            Self::V11 => "http://schemas.opengis.net/gml/3.1.1/base/gml.xsd",
            Self::V20 => "http://schemas.opengis.net/gml/3.2.1/gml.xsd",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_version_answers() {
        for (text, version) in [
            ("0.0.14", Version::V10),
            ("1.0.0", Version::V10),
            ("1.0.9", Version::V10),
            ("1.1.3", Version::V11),
            ("1.9", Version::V11),
            ("2.0.2", Version::V20),
            ("3.0.0", Version::V20),
        ] {
            assert_eq!(Version::nearest(text), version, "{text}");
        }
        assert_eq!(Version::exact("1.1.3"), None);
    }
}
