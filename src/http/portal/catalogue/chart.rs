//! How often a layer changed, as bars; the same numbers as a table for those who do not see them.

use maud::{Markup, html};

use super::super::format::number;
use super::super::i18n::Tr;
use crate::store::activity::Month;

/// Units of the drawing: a month's width, the height of the highest bar, room for its number and its name.
const STEP: f64 = 48.0;
const HEIGHT: f64 = 84.0;
const TOP: f64 = 18.0;
const FOOT: f64 = 20.0;

/// Bars of the revisions in each month.
pub fn bars(tr: Tr, months: &[Month]) -> Markup {
    let most = months.iter().map(|m| m.revisions).max().unwrap_or(0);
    if most == 0 {
        return html! { p class="muted" { (tr.t("layer-chart-none")) } };
    }
    let (width, height) = (STEP * months.len() as f64, TOP + HEIGHT + FOOT);
    html! {
        svg class="chart" viewBox={ "0 0 " (width) " " (height) } role="img" aria-label=(tr.t("layer-chart")) {
            line x1="0" x2=(width) y1=(TOP + HEIGHT) y2=(TOP + HEIGHT) class="chart__axis" {}
            @for (i, m) in months.iter().enumerate() {
                @let x = i as f64 * STEP;
                @let h = if m.revisions == 0 { 0.0 } else { (m.revisions as f64 / most as f64 * HEIGHT).max(2.0) };
                @if m.revisions > 0 {
                    rect class="chart__bar" x=(x + 8.0) y=(TOP + HEIGHT - h) width=(STEP - 16.0) height=(h) rx="2" {}
                    text class="chart__value" x=(x + STEP / 2.0) y=(TOP + HEIGHT - h - 5.0) { (number(tr, m.revisions as f64, 0)) }
                }
                text class="chart__name" x=(x + STEP / 2.0) y=(height - 5.0) { (name(m)) }
            }
        }
        details class="small" {
            summary { (tr.t("layer-chart-table")) }
            table {
                thead { tr {
                    th scope="col" { (tr.t("layer-month")) }
                    th scope="col" class="num" { (tr.t("layer-revisions")) }
                    th scope="col" class="num" { (tr.t("layer-changed-items")) }
                } }
                tbody { @for m in months.iter().rev() { tr {
                    th scope="row" { (name(m)) }
                    td class="num" { (number(tr, m.revisions as f64, 0)) }
                    td class="num" {
                        @match m.items {
                            Some(items) => { (number(tr, items as f64, 0)) },
                            None => { (tr.t("layer-changed-whole")) },
                        }
                    }
                } } }
            }
        }
    }
}

/// `3/2026` for `2026-03`.
fn name(month: &Month) -> String {
    let (year, number) = month.month.split_once('-').unwrap_or((&month.month, ""));
    format!("{}/{year}", number.trim_start_matches('0'))
}
