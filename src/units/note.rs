//! Answers in words, for people.

use chrono::{Datelike, NaiveDate};

use super::{Outcome, Resolution, Unit};
use crate::text::Text;

/// Units listed in a sentence; of more only the number is told.
const LISTED: usize = 6;

impl Resolution<'_> {
    /// What is to be known of the answer: what became of a former unit, which readings there are, that a code was
    /// reused. None where the text simply is a unit of today.
    pub fn note(&self) -> Option<Text> {
        match self.outcome {
            Outcome::Unknown => None,
            Outcome::Ambiguous => {
                let each = |lang: fn(&Text) -> String| {
                    self.readings
                        .iter()
                        .map(|r| lang(&became(r.unit, &r.today)))
                        .collect::<Vec<_>>()
                        .join("; ")
                };
                let (vi, en) = (each(|t| t.vi.clone()), each(|t| t.en.clone()));
                Some(Text::new(format!("có nhiều cách hiểu: {vi}"), format!("it may mean: {en}")))
            }
            Outcome::Former => self.readings.first().map(|r| became(r.unit, &r.today)),
            Outcome::Current => self.reused_from.first().map(|old| {
                let name = old.full_name();
                let until = old.valid_to.map(day);
                let until = until.unwrap_or_default();
                Text::new(
                    format!("đến {until} mã này là của {}", name.vi),
                    format!("until {until} this was the code of {}", name.en),
                )
            }),
        }
    }
}

/// `thị trấn Đắk Mil (đến 30/6/2025) nay là xã Đức Lập`.
fn became(unit: &Unit, today: &[&Unit]) -> Text {
    let name = unit.full_name();
    let Some(to) = unit.valid_to else {
        return Text::new(format!("{} ({})", name.vi, unit.code), format!("{} ({})", name.en, unit.code));
    };
    let now = now(today);
    Text::new(
        format!("{} (đến {}) {}", name.vi, day(to), now.vi),
        format!("{} (until {}), {}", name.en, day(to), now.en),
    )
}

/// `nay là xã Đức Lập`, `nay thuộc xã A, xã B`.
pub fn now(today: &[&Unit]) -> Text {
    let names: Vec<Text> = today.iter().take(LISTED).map(|u| u.full_name()).collect();
    let join = |lang: fn(&Text) -> &str| names.iter().map(lang).collect::<Vec<_>>().join(", ");
    let (vi, en) = (join(|t| &t.vi), join(|t| &t.en));
    let more = today.len().saturating_sub(LISTED);
    match (today.len(), more) {
        (1, _) => Text::new(format!("nay là {vi}"), format!("now {en}")),
        (_, 0) => Text::new(format!("nay thuộc {vi}"), format!("now in {en}")),
        _ => Text::new(
            format!("nay thuộc {vi} và {more} đơn vị khác"),
            format!("now in {en} and {more} others"),
        ),
    }
}

/// A day as Vietnamese papers write it.
fn day(d: NaiveDate) -> String {
    format!("{}/{}/{}", d.day(), d.month(), d.year())
}
