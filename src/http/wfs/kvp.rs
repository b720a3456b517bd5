//! Key-value pairs: keys in any case, unknown ones left aside.

use url::form_urlencoded;

use super::fault::Fault;
use super::version::Version;
use crate::http::access_keys::TOKEN;

/// The pairs of a request, keys in upper case, in their order.
#[derive(Debug, Clone, Default)]
pub(super) struct Pairs(Vec<(String, String)>);

impl Pairs {
    pub fn parse(query: &str) -> Self {
        let pairs = form_urlencoded::parse(query.as_bytes());
        Self(pairs.map(|(k, v)| (k.to_ascii_uppercase(), v.into_owned())).collect())
    }

    /// The value of the first of these keys that has one.
    pub fn get(&self, keys: &[&str]) -> Option<&str> {
        let of = |key: &&str| self.0.iter().find(|(k, v)| k == key && !v.is_empty()).map(|(_, v)| v.as_str());
        keys.iter().find_map(of)
    }

    /// The version in which to answer.
    pub fn version(&self) -> Version {
        self.get(&["VERSION"]).map_or(Version::V20, Version::nearest)
    }

    /// A whole number that is not negative.
    pub fn number(&self, keys: &[&str]) -> Result<Option<usize>, Fault> {
        self.get(keys).map(|text| whole(text, keys[0])).transpose()
    }

    /// The query text with these pairs set anew, all others kept but the access key, which is written as it must be
    /// elsewhere ([`super::Ask::onwards`]).
    pub fn with(&self, anew: &[(&str, String)]) -> String {
        let mut out = form_urlencoded::Serializer::new(String::new());
        let goes = |key: &str| key.eq_ignore_ascii_case(TOKEN) || anew.iter().any(|(n, _)| *n == key);
        out.extend_pairs(self.0.iter().filter(|(k, _)| !goes(k)));
        out.extend_pairs(anew);
        out.finish()
    }
}

/// A whole number that is not negative, of the parameter `name`.
pub(super) fn whole(text: &str, name: &str) -> Result<usize, Fault> {
    text.trim().parse().map_err(|_| {
        Fault::value(
            name,
            format!("cần một số nguyên không âm, nhận được {text}"),
            format!("expected a whole number that is not negative, got {text}"),
        )
    })
}

/// A list of lists, `(a,b)(c)`, or one list without parentheses.
pub(super) fn lists(text: &str) -> Vec<Vec<String>> {
    let list = |t: &str| t.split(',').map(|n| n.trim().to_owned()).filter(|n| !n.is_empty()).collect();
    match text.trim().strip_prefix('(').and_then(|t| t.strip_suffix(')')) {
        Some(inner) => inner.split(")(").map(list).collect(),
        None => vec![list(text)],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_no_case_and_lists_may_be_in_lists() {
        let pairs = Pairs::parse("service=WFS&TypeNames=a%3Ab&COUNT=&startIndex=7&map=x");
        assert_eq!(pairs.get(&["TYPENAMES", "TYPENAME"]), Some("a:b"));
        assert_eq!(pairs.number(&["COUNT", "MAXFEATURES"]).unwrap(), None);
        assert_eq!(pairs.number(&["STARTINDEX"]).unwrap(), Some(7));
        assert!(pairs.number(&["TYPENAMES"]).is_err());
        assert!(pairs.with(&[("STARTINDEX", "9".to_owned())]).ends_with("MAP=x&STARTINDEX=9"));
        assert_eq!(Pairs::parse("token=dk_x&a=1").with(&[]), "A=1");
        assert_eq!(lists("(a,b)(c)"), [vec!["a", "b"], vec!["c"]]);
        assert_eq!(lists("a, b"), [vec!["a", "b"]]);
    }
}
