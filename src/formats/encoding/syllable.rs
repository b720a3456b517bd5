//! Whether a word could be Vietnamese: onset, rime and tone of one syllable. Names of the highlands (Đắk, Búk,
//! Krông) are let through where they follow the same script.

use unicode_normalization::UnicodeNormalization;

/// Consonants that begin a syllable; the last row stands in names of the highlands only.
const ONSETS: [&str; 39] = [
    "", "b", "c", "ch", "d", "đ", "g", "gh", "gi", "h", "k", "kh", "l", "m", "n", "ng", "ngh", "nh", "p",
    "ph", "qu", "r", "s", "t", "th", "tr", "v", "x", //
    "kr", "br", "bl", "pl", "pr", "đr", "gl", "kl", "mr", "gr", "j",
];

/// Rimes without their tones.
const RIMES: &str = " a ac ach ai am an ang anh ao ap at au ay ăc ăm ăn ăng ăp ăt âc âm ân âng âp ât âu ây e ec em \
    en eng eo ep et ê êch êm ên êng ênh êp êt êu i ia ich im in inh ip it iu iêc iêm iên iêng iêp iêt iêu o oa oac \
    oach oai oam oan oang oanh oao oap oat oay oăc oăm oăn oăng oăt oc oe oen oeo oet oi om on ong ooc oong op ot ô \
    ôc ôi ôm ôn ông ôp ôt ơ ơi ơm ơn ơng ơp ơt u ua uân uâng uât uây uc uê uêch uênh ui um un ung uơ up ut uy uya \
    uych uyên uyêt uyn uynh uyp uyt uyu uôc uôi uôm uôn uông uôp uôt ư ưa ưc ưi ưm ưn ưng ưt ưu ươc ươi ươm ươn \
    ương ươp ươt ươu y yêm yên yêng yêt yêu ak ăk âk ek êk ik ok ôk uk ưk ";

const ACUTE: char = '\u{301}';
const DOT_BELOW: char = '\u{323}';
const TONES: [char; 5] = ['\u{300}', ACUTE, '\u{303}', '\u{309}', DOT_BELOW];

/// Whether `word` (letters only) is a syllable that Vietnamese could have.
pub(super) fn is_legal(word: &str) -> bool {
    let mut tone = None;
    let mut bare = String::with_capacity(word.len() + 4);
    for c in word.nfd().flat_map(char::to_lowercase) {
        if TONES.contains(&c) {
            if tone.replace(c).is_some() {
                return false;
            }
        } else {
            bare.push(c);
        }
    }
    let bare: String = bare.nfc().collect();
    // A syllable that ends in a stop has one of two tones; names in -k often none.
    let stopped = matches!(tone, Some(ACUTE | DOT_BELOW));
    let tone_fits = match bare.chars().last() {
        Some('p' | 't' | 'c') => stopped,
        Some('k') => stopped || tone.is_none(),
        Some('h') if bare.ends_with("ch") => stopped,
        _ => true,
    };
    tone_fits
        && ONSETS.iter().any(|onset| {
            bare.strip_prefix(onset)
                .is_some_and(|rime| !rime.is_empty() && RIMES.contains(&format!(" {rime} ")))
        })
}

/// Whether the letters are all small, all capitals, or a capital and small ones.
pub(super) fn is_well_cased(word: &str) -> bool {
    let upper = |c: &char| c.is_uppercase();
    let rest = word.chars().skip(1);
    rest.clone().all(|c| !c.is_uppercase()) || word.chars().all(|c| upper(&c) || !c.is_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_the_language_are_legal_and_noise_is_not() {
        for word in [
            "Đắk",
            "Nông",
            "Nghĩa",
            "phường",
            "Quảng",
            "Tuy",
            "Đức",
            "Krông",
            "giếng",
            "gì",
            "quý",
            "NGUYỄN",
            "Đăk",
        ] {
            assert!(is_legal(word), "{word}");
        }
        for word in ["ộtộ", "ỏẳẰk", "Đắc̀", "Dạt́", "Châtelet", "brẽz", "àt"] {
            assert!(!is_legal(word), "{word}");
        }
        assert!(
            is_well_cased("Đắk") && is_well_cased("ĐẮK") && is_well_cased("đắk") && !is_well_cased("đẮk")
        );
    }
}
