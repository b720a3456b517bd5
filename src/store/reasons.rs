//! Why the program itself changes something, as it writes it into the log of changes, and back: pages show it in the
//! reader's language. The texts are English and stay as they are, for old ones are in the log for good.

use super::units::UNITS_CLIENT;

/// A reason of the program's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason<'a> {
    /// Layer files were applied by hand.
    LayerFiles,
    /// The layer files of this version of the program.
    LayerFilesOfVersion,
    /// The made-up sample province.
    Sample,
    /// An import of these files.
    Import(&'a str),
    /// A change was taken back.
    Undo {
        /// The revision that was taken back.
        revision: i64,
        /// Why, in the words of who did it; may be empty.
        given: &'a str,
    },
    /// Items got the commune that they lie in.
    Communes,
    /// The quality rules of this layer were asked.
    Quality(&'a str),
    /// An event of a permit's case.
    PermitEvent(&'a str),
}

/// Characters of a person's own words behind the program's.
const GIVEN_CHARS_MAX: usize = 500;

const LAYER_FILES: &str = "layer files";
const LAYER_FILES_OF_VERSION: &str = "layer files of this version";
const SAMPLE: &str = "made-up sample province";
const IMPORT: &str = "import of ";
/// As the import page wrote it once.
const IMPORT_ONCE: &str = "Nhập tệp ";
const UNDO: &str = "undo of revision ";
const COMMUNES: &str = "the commune of each item, by the boundaries in force";
const QUALITY: &str = "quality of ";

impl<'a> Reason<'a> {
    /// As the log keeps it.
    pub fn text(self) -> String {
        match self {
            Self::LayerFiles => LAYER_FILES.to_owned(),
            Self::LayerFilesOfVersion => LAYER_FILES_OF_VERSION.to_owned(),
            Self::Sample => SAMPLE.to_owned(),
            Self::Import(files) => format!("{IMPORT}{files}"),
            Self::Undo { revision, given } => {
                let given: String = given.trim().chars().take(GIVEN_CHARS_MAX).collect();
                let colon = if given.is_empty() { "" } else { ": " };
                format!("{UNDO}{revision}{colon}{given}")
            }
            Self::Communes => COMMUNES.to_owned(),
            Self::Quality(layer) => format!("{QUALITY}{layer}"),
            Self::PermitEvent(event) => event.to_owned(),
        }
    }

    /// The reason of a change of the log that came in through `client` and takes `undoes` back; none where a person
    /// wrote it. What people write comes in through other clients, so words that are the same by chance stay theirs.
    pub fn of(client: &str, reason: &'a str, undoes: Option<i64>) -> Option<Self> {
        if let Some(revision) = undoes
            && let Some(rest) = reason.strip_prefix(UNDO).and_then(|r| r.strip_prefix(&revision.to_string()))
        {
            let given = if rest.is_empty() { Some("") } else { rest.strip_prefix(": ") };
            return given.map(|given| Self::Undo { revision, given });
        }
        let (through, rest) = client.split_once(' ').unwrap_or((client, ""));
        match (through, reason) {
            ("cli" | "up", LAYER_FILES) => Some(Self::LayerFiles),
            ("cli" | "up", LAYER_FILES_OF_VERSION) => Some(Self::LayerFilesOfVersion),
            ("cli", SAMPLE) => Some(Self::Sample),
            ("cli", _) if rest.starts_with("import") => reason.strip_prefix(IMPORT).map(Self::Import),
            ("import", _) => {
                reason.strip_prefix(IMPORT).or_else(|| reason.strip_prefix(IMPORT_ONCE)).map(Self::Import)
            }
            (UNITS_CLIENT, COMMUNES) => Some(Self::Communes),
            ("quality", _) => reason.strip_prefix(QUALITY).map(Self::Quality),
            ("permit", event) => Some(Self::PermitEvent(event)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_program_writes_it_reads_again() {
        for (reason, client, undoes) in [
            (Reason::LayerFiles, "cli layers apply", None),
            (Reason::LayerFilesOfVersion, "up", None),
            (Reason::LayerFilesOfVersion, "cli sample load", None),
            (Reason::Sample, "cli sample load", None),
            (Reason::Import("thửa.gpkg"), "cli import by nam", None),
            (Reason::Import("a.shp, a.dbf"), "import 0192", None),
            (Reason::Undo { revision: 12, given: "" }, "cli undo by nam", Some(12)),
            (Reason::Undo { revision: 12, given: "sai: số đo" }, "portal", Some(12)),
            (Reason::Communes, UNITS_CLIENT, None),
            (Reason::Quality("parcel"), "quality", None),
            (Reason::PermitEvent("submit"), "permit", None),
        ] {
            assert_eq!(Reason::of(client, &reason.text(), undoes), Some(reason), "{client}");
        }
        assert_eq!(Reason::of("import 0192", "Nhập tệp a.gpkg", None), Some(Reason::Import("a.gpkg")));
    }

    #[test]
    fn what_people_wrote_is_theirs() {
        for (client, reason, undoes) in [
            ("portal", "layer files", None),
            ("ogc QGIS", "import of land.gpkg", None),
            ("portal", "undo of revision 12", None),
            ("portal", "undo of revision 12", Some(13)),
            ("portal", "undo of revision 123", Some(12)),
            ("portal", "", None),
            ("cli undo by nam", "import of x", None),
        ] {
            assert_eq!(Reason::of(client, reason, undoes), None, "{client}: {reason}");
        }
    }

    #[test]
    fn words_of_people_behind_an_undo_are_kept_to_a_length() {
        let long = "ă".repeat(600);
        let text = Reason::Undo { revision: 3, given: &long }.text();
        assert_eq!(text.chars().count(), UNDO.len() + "3: ".len() + GIVEN_CHARS_MAX);
    }
}
