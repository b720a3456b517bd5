//! Which encoding the bytes of a file are in: each candidate is tried on the words that have letters beyond ASCII,
//! and the one that makes Vietnamese syllables of most of them wins.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Encoding, syllable};
use crate::text::Text;

/// Distinct words that are enough.
const ENOUGH_WORDS: usize = 20_000;
/// Longest word that is kept: what is longer is no text.
const LONGEST_WORD: usize = 64;
/// From here on a detection is not called uncertain.
pub const SURE: f64 = 0.8;
/// Below this share of legal syllables a text is hardly Vietnamese in that encoding.
const HARDLY: f64 = 0.3;

/// Where the name of an encoding comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// The user said so.
    Given,
    /// The file says so, and nothing speaks against it.
    File,
    /// It was found by its bytes.
    Detected,
    /// Nothing but ASCII: any would do.
    Default,
}

/// The encoding in which a file's texts were read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Used {
    /// As `--encoding` takes it; another name where GDAL decodes what the file names.
    pub name: String,
    /// Where it comes from.
    pub source: Source,
    /// How sure, from 0 to 1.
    pub confidence: f64,
}

/// What a file says of its encoding.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Claim {
    /// In its own words, with where they stand.
    pub label: String,
    /// The encoding, where it is one of ours.
    pub encoding: Option<Encoding>,
}

/// Words beyond ASCII out of the texts of a file.
#[derive(Debug, Default)]
pub(crate) struct Sample {
    words: BTreeSet<Vec<u8>>,
}

impl Sample {
    /// Adds a text.
    pub(crate) fn feed(&mut self, text: &[u8]) {
        // VISCII has six capitals among the control characters.
        let letter =
            |b: &u8| b.is_ascii_alphabetic() || matches!(b, 0x80..|0x02| 0x05 | 0x06 | 0x14 | 0x19 | 0x1e);
        if text.is_ascii() {
            return;
        }
        for word in text.split(|b| !letter(b)) {
            if !word.is_ascii() && word.len() <= LONGEST_WORD && self.words.len() < ENOUGH_WORDS {
                self.words.insert(word.to_vec());
            }
        }
    }

    /// Whether more would not help.
    pub(crate) fn is_full(&self) -> bool {
        self.words.len() >= ENOUGH_WORDS
    }

    /// How many words are whole characters (UTF-8) or legal syllables in `encoding`.
    fn legal(&self, encoding: Encoding) -> usize {
        self.words.iter().filter(|word| fits(encoding, word)).count()
    }

    /// The best candidate and how sure it is; none where all is ASCII.
    fn best(&self) -> Option<(Encoding, f64)> {
        const CANDIDATES: [Encoding; 5] =
            [Encoding::Utf8, Encoding::Tcvn3, Encoding::Vni, Encoding::Viscii, Encoding::Cp1258];
        let all = self.words.len();
        let mut scores: Vec<(usize, Encoding)> = CANDIDATES.iter().map(|e| (self.legal(*e), *e)).collect();
        // The first of equals stays first: UTF-8 before all.
        scores.sort_by_key(|s| std::cmp::Reverse(s.0));
        let [(first, encoding), (second, _)] = [scores[0], scores[1]];
        if all == 0 {
            return None;
        }
        let share = first as f64 / all as f64;
        if share < HARDLY {
            // No Vietnamese: what a western program would have written.
            return Some((Encoding::Cp1252, 0.3));
        }
        // Bytes are UTF-8 by accident far more seldom than a syllable is legal by accident.
        let doubt: f64 = if encoding == Encoding::Utf8 { 0.1 } else { 0.6 };
        let evidence = 1.0 - doubt.powi((first - second).min(1000) as i32);
        Some((encoding, evidence * (share / SURE).min(1.0)))
    }
}

fn fits(encoding: Encoding, word: &[u8]) -> bool {
    let Ok(text) = encoding.decode(word) else { return false };
    if encoding == Encoding::Utf8 {
        return true;
    }
    text.split(|c: char| !c.is_alphabetic()).filter(|part| !part.is_empty()).all(|part| {
        // Capitals of TCVN3 are by font.
        (encoding == Encoding::Tcvn3 || syllable::is_well_cased(part))
            && (part.is_ascii() || syllable::is_legal(part))
    }) && text.chars().all(|c| c.is_alphabetic() || c.is_whitespace() || c.is_ascii_punctuation())
}

/// How the texts are to be read: an encoding, or none where GDAL knows the one that the file names.
pub(crate) struct Decision {
    /// Ours, or GDAL's.
    pub encoding: Option<Encoding>,
    /// For the report.
    pub used: Used,
    /// What speaks against it.
    pub warnings: Vec<Text>,
}

/// Chooses by what the user says, what the file says and what its bytes say.
pub(crate) fn decide(given: Option<Encoding>, claim: Option<&Claim>, sample: &Sample) -> Decision {
    let best = sample.best();
    if let Some(given) = given {
        return by_user(given, best, sample);
    }
    match (claim, best) {
        (None, None) => with(Encoding::Utf8, Source::Default, 1.0),
        (Some(claim), None) => trusted(claim, 1.0),
        (None, Some((found, confidence))) => {
            let mut decision = with(found, Source::Detected, confidence);
            if confidence < SURE {
                decision.warnings.push(unsure(found, confidence));
            }
            decision
        }
        (Some(claim), Some(best)) => by_file(claim, best, sample),
    }
}

fn by_user(given: Encoding, best: Option<(Encoding, f64)>, sample: &Sample) -> Decision {
    let mut decision = with(given, Source::Given, 1.0);
    if let Some((found, confidence)) = best
        && found != given
        && confidence >= SURE
        && sample.legal(given) * 2 < sample.legal(found)
    {
        let (given, found) = (given.name(), found.name());
        decision.used.confidence = 1.0 - confidence;
        decision.warnings.push(Text::new(
            format!("đã đọc theo bảng mã được chỉ định ({given}), nhưng các byte giống {found} hơn ({confidence:.2})"),
            format!("read as {given}, as was said, but the bytes look like {found} ({confidence:.2})"),
        ));
    }
    decision
}

fn by_file(claim: &Claim, (found, confidence): (Encoding, f64), sample: &Sample) -> Decision {
    let said = claim.encoding.map_or(0, |e| sample.legal(e));
    let agrees = claim.encoding == Some(found);
    // What claims UTF-8 must be UTF-8; what claims another must make about as much sense as the best.
    let lies = !agrees
        && match claim.encoding {
            Some(Encoding::Utf8) => said * 2 < sample.words.len(),
            _ => confidence >= SURE && said * 2 < sample.legal(found),
        };
    if lies {
        let mut decision = with(found, Source::Detected, confidence);
        let (label, name) = (&claim.label, found.name());
        decision.warnings.push(Text::new(
            format!("tệp tự ghi bảng mã {label}, nhưng các byte là {name} (độ tin cậy {confidence:.2}); đã đọc theo {name}"),
            format!("the file says its encoding is {label}, but the bytes are {name} (confidence {confidence:.2}); read as {name}"),
        ));
        if confidence < SURE {
            decision.warnings.push(unsure(found, confidence));
        }
        return decision;
    }
    let confidence = if agrees { confidence.max(SURE) } else { SURE };
    let mut decision = trusted(claim, confidence);
    let broken = sample.words.len() - said;
    if claim.encoding == Some(Encoding::Utf8) && broken > 0 {
        let label = &claim.label;
        decision.used.confidence = said as f64 / sample.words.len() as f64;
        decision.warnings.push(Text::new(
            format!("tệp tự ghi bảng mã {label}, nhưng {broken} từ không đúng bảng mã này"),
            format!("the file says its encoding is {label}, but {broken} words are not in it"),
        ));
    }
    decision
}

fn trusted(claim: &Claim, confidence: f64) -> Decision {
    let name = claim.encoding.map_or_else(|| claim.label.clone(), |e| e.name().to_owned());
    Decision {
        encoding: claim.encoding,
        used: Used { name, source: Source::File, confidence: round(confidence) },
        warnings: Vec::new(),
    }
}

fn with(encoding: Encoding, source: Source, confidence: f64) -> Decision {
    let used = Used { name: encoding.name().to_owned(), source, confidence: round(confidence) };
    Decision { encoding: Some(encoding), used, warnings: Vec::new() }
}

fn round(confidence: f64) -> f64 {
    (confidence * 1000.0).round() / 1000.0
}

fn unsure(found: Encoding, confidence: f64) -> Text {
    let name = found.name();
    let names = Encoding::NAMES.join(", ");
    Text::new(
        format!(
            "chưa chắc về bảng mã: {name} (độ tin cậy {confidence:.2}); hãy xem lại các chữ có dấu hoặc cho biết bằng --encoding ({names})"
        ),
        format!(
            "the encoding is uncertain: {name} (confidence {confidence:.2}); look at the letters with marks, or name it by --encoding ({names})"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(texts: &[&[u8]]) -> Sample {
        let mut sample = Sample::default();
        texts.iter().for_each(|t| sample.feed(t));
        sample
    }

    const TCVN3: [&[u8]; 4] =
        [b"Ph\xad\xeang B\xbec Gia Ngh\xdca", b"\xa7\xbek N\xabng", b"Qu\xb6ng S\xacn", b"TH\xde X\xb7"];

    fn claim(name: &str) -> Claim {
        Claim { label: name.to_owned(), encoding: Encoding::find(name) }
    }

    #[test]
    fn each_encoding_is_found_by_its_bytes() {
        let cases: [(&[&[u8]], Encoding); 6] = [
            (&["Phường Bắc Gia Nghĩa, Đắk Nông".as_bytes()], Encoding::Utf8),
            (&TCVN3, Encoding::Tcvn3),
            (&[b"Ph\xdf\xb6ng B\xa1c Gia Ngh\xeea, \xd0\xa1k N\xf4ng"], Encoding::Viscii),
            (&[b"Ph\xfd\xf5\xccng B\xe3\xecc Gia Nghi\xdea, \xd0\xe3\xeck N\xf4ng"], Encoding::Cp1258),
            (&[b"Ph\xf6\xf4\xf8ng Ba\xe9c Gia Ngh\xf3a, \xd1a\xe9k No\xe2ng"], Encoding::Vni),
            (&[b"Ch\xe2telet, Saint-\xc9tienne, fa\xe7ade, gar\xe7on, No\xebl"], Encoding::Cp1252),
        ];
        for (texts, encoding) in cases {
            let used = decide(None, None, &sample(texts)).used;
            assert_eq!((used.name.as_str(), used.source), (encoding.name(), Source::Detected), "{used:?}");
        }
    }

    #[test]
    fn a_file_that_lies_is_named_and_an_honest_one_trusted() {
        let decision = decide(None, Some(&claim("UTF-8")), &sample(&TCVN3));
        assert_eq!(decision.encoding, Some(Encoding::Tcvn3));
        assert!(decision.warnings[0].en.contains("says its encoding is UTF-8, but the bytes are tcvn3"));
        assert_eq!(decide(None, Some(&claim("1252")), &sample(&TCVN3)).encoding, Some(Encoding::Tcvn3));
        let french = sample(&[b"Ch\xe2telet"]);
        let decision = decide(None, Some(&claim("1252")), &french);
        assert_eq!((decision.used.source, decision.warnings.len()), (Source::File, 0));
    }

    #[test]
    fn little_text_is_uncertain_and_plain_text_is_not() {
        let decision = decide(None, None, &sample(&[b"\xa7\xbek"]));
        assert!(decision.used.confidence < SURE && !decision.warnings.is_empty(), "{:?}", decision.used);
        let plain = decide(None, None, &sample(&[b"plain"])).used;
        assert_eq!((plain.source, plain.confidence), (Source::Default, 1.0));
        let given = decide(Some(Encoding::Vni), None, &sample(&TCVN3));
        assert!(given.warnings[0].en.contains("look like tcvn3"));
    }
}
