//! A text in the two languages of the service. Vietnamese comes first.

pub mod fold;
mod number;

use unicode_normalization::{IsNormalized, is_nfc_quick};

pub use number::number;

use serde::{Deserialize, Serialize};

/// A text in Vietnamese and English.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Text {
    /// Vietnamese, Unicode NFC.
    pub vi: String,
    /// English.
    pub en: String,
}

/// Language of a page or message.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Lang {
    /// Vietnamese.
    #[default]
    Vi,
    /// English.
    En,
}

impl Lang {
    /// The language of `LANG`, for a terminal.
    pub fn of_environment() -> Self {
        if std::env::var("LANG").is_ok_and(|l| l.starts_with("vi")) { Self::Vi } else { Self::En }
    }
}

/// Whether a text is in NFC beyond doubt.
pub fn is_composed(text: &str) -> bool {
    // Letters of Latin scripts, Vietnamese among them, that neither combine nor decompose: nearly all texts.
    let latin = |c: char| c < '\u{300}' || ('\u{1e00}'..='\u{1eff}').contains(&c);
    text.is_ascii() || text.chars().all(latin) || is_nfc_quick(text.chars()) == IsNormalized::Yes
}

impl Text {
    /// Both languages at once.
    pub fn new(vi: impl Into<String>, en: impl Into<String>) -> Self {
        Self { vi: vi.into(), en: en.into() }
    }

    /// The text in `lang`.
    pub fn get(&self, lang: Lang) -> &str {
        match lang {
            Lang::Vi => &self.vi,
            Lang::En => &self.en,
        }
    }
}
