//! The portal's texts: `web/i18n/<language>/*.ftl` (Project Fluent), compiled in. Vietnamese is the original.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use fluent_templates::fluent_bundle::FluentValue;
use fluent_templates::{LanguageIdentifier, Loader};

use crate::text::{Lang, Text};

fluent_templates::static_loader! {
    static LOCALES = {
        locales: "./web/i18n",
        fallback_language: "vi",
        // Marks of text direction around values are of no use in two languages that both run left to right, and
        // would get in the way of copying a number out of a page.
        customise: |bundle| bundle.set_use_isolating(false),
    };
}

static VI: LazyLock<LanguageIdentifier> = LazyLock::new(|| "vi".parse().expect("`vi` is a language tag"));
static EN: LazyLock<LanguageIdentifier> = LazyLock::new(|| "en".parse().expect("`en` is a language tag"));

/// Names of the variables that texts for scripts may use; they stay in the text as `{name}`.
const SCRIPT_VARIABLES: [&str; 17] = [
    "status", "field", "min", "on", "all", "count", "q", "time", "reason", "limit", "sent", "total",
    "percent", "who", "value", "mb", "storey",
];

/// Texts of one language.
#[derive(Debug, Clone, Copy)]
pub struct Tr(pub Lang);

impl Tr {
    fn id(self) -> &'static LanguageIdentifier {
        match self.0 {
            Lang::Vi => &VI,
            Lang::En => &EN,
        }
    }

    /// The text called `key`. A test holds that every key exists in both languages.
    pub fn t(self, key: &str) -> String {
        LOCALES.lookup(self.id(), key)
    }

    /// The text called `key` with its variables.
    pub fn with(self, key: &str, values: &[(&'static str, &str)]) -> String {
        let args: HashMap<Cow<'static, str>, FluentValue<'_>> =
            values.iter().map(|(name, value)| (Cow::Borrowed(*name), FluentValue::from(*value))).collect();
        LOCALES.lookup_with_args(self.id(), key, &args)
    }

    /// The text called `key`, or `otherwise` where there is none: for words of data (states, kinds) that may be
    /// newer than the page.
    pub fn or(self, key: &str, otherwise: &str) -> String {
        LOCALES.try_lookup(self.id(), key).unwrap_or_else(|| otherwise.to_owned())
    }

    /// The bilingual text in this language.
    pub fn of(self, text: &Text) -> &str {
        text.get(self.0)
    }

    /// `lang` attribute of the page.
    pub fn code(self) -> &'static str {
        match self.0 {
            Lang::Vi => "vi",
            Lang::En => "en",
        }
    }

    /// The texts that scripts use (`js-…`), by key without the prefix; with those of the editor where `editor`.
    pub fn script_texts(self, editor: bool) -> BTreeMap<String, String> {
        let values: Vec<(&'static str, String)> =
            SCRIPT_VARIABLES.iter().map(|v| (*v, format!("{{{v}}}"))).collect();
        let values: Vec<(&'static str, &str)> = values.iter().map(|(k, v)| (*k, v.as_str())).collect();
        script_keys(editor).map(|key| (key["js-".len()..].to_owned(), self.with(key, &values))).collect()
    }
}

/// Keys of the texts for scripts, from the Vietnamese files.
fn script_keys(editor: bool) -> impl Iterator<Item = &'static str> {
    let own = if editor { include_str!("../../../web/i18n/vi/edit.ftl") } else { "" };
    include_str!("../../../web/i18n/vi/script.ftl")
        .lines()
        .chain(own.lines())
        .filter_map(|line| line.split_once(" = ").map(|(key, _)| key))
        .filter(|key| key.starts_with("js-"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    fn keys(lang: &str) -> BTreeSet<String> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("web/i18n").join(lang);
        let mut keys = BTreeSet::new();
        for file in std::fs::read_dir(folder).unwrap() {
            let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
            keys.extend(
                text.lines()
                    .filter_map(|l| l.split_once(" ="))
                    .map(|(k, _)| k.to_owned())
                    .filter(|k| k.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')),
            );
        }
        keys
    }

    #[test]
    fn both_languages_have_the_same_texts() {
        assert_eq!(keys("vi"), keys("en"));
    }

    #[test]
    fn every_text_that_a_page_names_exists() {
        let known = keys("vi");
        let mut missing = BTreeSet::new();
        for (folder, prefix, calls) in [
            ("src/http/portal", "", &[".t(\"", ".with(\"", "t(\""][..]),
            ("src/http/portal/changes", "", &[".t(\"", ".with(\"", "t(\""][..]),
            ("src/http/portal/catalogue", "", &[".t(\"", ".with(\"", "t(\""][..]),
            ("src/http/portal/import", "", &[".t(\"", ".with(\"", "t(\""][..]),
            ("web/src", "js-", &["t('"][..]),
            ("web/src/lib", "js-", &["t('"][..]),
            ("web/src/map", "js-", &["t('"][..]),
            ("web/src/case", "js-", &["t('"][..]),
            ("web/src/case/viewer", "js-", &["t('"][..]),
            ("web/src/analysis", "js-", &["t('"][..]),
            ("web/src/edit", "js-", &["t('"][..]),
        ] {
            for file in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).unwrap() {
                let path = file.unwrap().path();
                if path.is_dir() || path.ends_with("i18n.rs") {
                    continue;
                }
                let source = std::fs::read_to_string(&path).unwrap();
                for call in calls {
                    let end = if call.ends_with('"') { '"' } else { '\'' };
                    // `t(` must not be the end of another name (`Text(`, `set(` …).
                    for (at, _) in source.match_indices(call) {
                        let before = source[..at].chars().next_back().unwrap_or(' ');
                        if !call.starts_with('.')
                            && (before.is_alphanumeric() || before == '_' || before == '.')
                        {
                            continue;
                        }
                        let key: String =
                            source[at + call.len()..].chars().take_while(|c| *c != end).collect();
                        let key = format!("{prefix}{key}");
                        if !known.contains(&key) {
                            missing.insert(format!("{}: {key}", path.display()));
                        }
                    }
                }
            }
        }
        assert!(missing.is_empty(), "{missing:#?}");
    }

    #[test]
    fn variables_of_scripts_stay_in_the_text() {
        let texts = Tr(Lang::En).script_texts(true);
        assert!(texts["search-found"].contains("{count}"), "{}", texts["search-found"]);
        assert!(texts["edit-conflict-who"].contains("{who}"), "{}", texts["edit-conflict-who"]);
        assert!(texts.values().all(|t| !t.contains('\u{2068}')));
    }
}
