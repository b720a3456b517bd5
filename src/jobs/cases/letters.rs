//! Letters of the authority, made from what the event says and the case holds. Their Vietnamese follows the habits
//! of administrative documents; the English is for information.

use chrono::{DateTime, FixedOffset};
use serde_json::{Value, json};

use super::effects::Work;
use crate::permit::calendar::zone;
use crate::permit::law::Ground;
use crate::store::permits::work::{Comment, Finding, NewLetter};

/// Delivered where the applicant reads it: in his case on the portal.
const CHANNEL: &str = "portal";

fn letter(work: &Work<'_>, kind: &'static str, series: &str, title: &str, body: Value) -> NewLetter {
    let a = &work.situation.dossier.application;
    let authority = a.authority.clone().unwrap_or_default();
    let year = work.now.with_timezone(&zone()).format("%Y");
    NewLetter {
        kind,
        series: format!("{year}/{series}-{authority}"),
        title: title.to_owned(),
        body,
        signed_by: work.giver.record.account,
        delivered_at: Some(work.now),
        delivery_channel: Some(CHANNEL),
    }
}

fn day(at: DateTime<FixedOffset>) -> String {
    at.format("%H:%M ngày %d/%m/%Y").to_string()
}

fn note(work: &Work<'_>) -> String {
    work.event.text("note").unwrap_or_default().to_owned()
}

/// Receipt with the appointed day.
pub(super) fn receipt(work: &Work<'_>) -> NewLetter {
    let a = &work.situation.dossier.application;
    let timers = work.situation.timers();
    let due = work.state().law.calendar().due(work.now, timers.total_wd);
    let body = json!({
        "vi": {"paragraphs": [
            format!("Đã tiếp nhận hồ sơ {} đủ thành phần, hợp lệ.", a.code),
            format!("Thời hạn giải quyết: {} ngày làm việc; hẹn trả kết quả trước {}.", timers.total_wd, day(due)),
        ]},
        "en": {"paragraphs": [
            format!("Application {} is received, complete and valid.", a.code),
            format!("Time: {} working days; result due by {}.", timers.total_wd, due.format("%H:%M %Y-%m-%d")),
        ]},
        "source": timers.source,
        "due": due,
    });
    letter(work, "receipt", "GTN", "Giấy tiếp nhận hồ sơ và hẹn trả kết quả", body)
}

/// Guidance on how to complete a dossier that intake could not accept.
pub(super) fn returned(work: &Work<'_>) -> NewLetter {
    let code = &work.situation.dossier.application.code;
    let body = json!({
        "vi": {"paragraphs": [format!("Hồ sơ {code} chưa đủ điều kiện tiếp nhận. Đề nghị hoàn thiện:"), note(work)]},
        "en": {"paragraphs": [format!("Application {code} cannot be accepted yet. Please complete:"), note(work)]},
    });
    letter(work, "return", "HDHT", "Phiếu hướng dẫn hoàn thiện hồ sơ", body)
}

/// The one request for supplements: every open point in one list.
pub(super) fn supplement(
    work: &Work<'_>,
    findings: &[Finding],
    comments: &[Comment],
    due: DateTime<FixedOffset>,
) -> NewLetter {
    let code = &work.situation.dossier.application.code;
    let rows = &work.situation.case.rows;
    let clause = |rule: &str| rows.iter().find(|r| r.rule == rule).map(|r| r.clause.clone());
    let found = findings
        .iter()
        .filter(|f| f.finding == "not_accepted")
        .map(|f| json!({"rule": f.rule, "work": f.work, "clause": clause(&f.rule), "text": f.reason}));
    let said = comments.iter().map(|c| {
        json!({"rule": c.rule, "work": c.work, "element": c.element, "slot": c.slot, "page": c.page, "text": c.body})
    });
    let points: Vec<Value> = found.chain(said).collect();
    let body = json!({
        "vi": {"paragraphs": [
            format!("Qua thẩm định, đề nghị bổ sung hồ sơ {code} theo các nội dung sau (yêu cầu một lần duy nhất):"),
            note(work),
            format!("Thời hạn nộp bổ sung: trước {}. Quá thời hạn này hồ sơ không được cấp phép.", day(due)),
        ]},
        "en": {"paragraphs": [
            format!("Please supplement application {code} on the points below (this is the only request):"),
            note(work),
            format!("To be filed by {}; after that the application is refused.", due.format("%H:%M %Y-%m-%d")),
        ]},
        "points": points,
        "due": due,
    });
    letter(work, "supplement", "YCBS", "Thông báo yêu cầu bổ sung hồ sơ", body)
}

/// Refusal with its grounds, each with its clause, and the ways of complaint.
pub(super) fn refusal(work: &Work<'_>) -> NewLetter {
    let code = &work.situation.dossier.application.code;
    let grounds: Vec<&Ground> = work.decided.grounds.iter().collect();
    let body = json!({
        "vi": {"paragraphs": [
            format!("Không cấp giấy phép xây dựng đối với hồ sơ {code} vì các căn cứ nêu dưới đây."),
            note(work),
            "Chủ đầu tư có quyền nộp hồ sơ mới, khiếu nại theo Luật Khiếu nại hoặc khởi kiện theo Luật Tố tụng hành chính.",
        ]},
        "en": {"paragraphs": [
            format!("The permit is refused for application {code} on the grounds below."),
            note(work),
            "You may file a new application, complain under the Law on Complaints, or go to the administrative court.",
        ]},
        "grounds": grounds,
    });
    letter(work, "refusal", "TB-KCP", "Thông báo không cấp giấy phép xây dựng", body)
}

/// Notice that the permit is issued.
pub(super) fn permit(work: &Work<'_>) -> NewLetter {
    let code = &work.situation.dossier.application.code;
    let body = json!({
        "vi": {"paragraphs": [format!("Giấy phép xây dựng theo hồ sơ {code} đã được cấp.")]},
        "en": {"paragraphs": [format!("The building permit of application {code} is issued.")]},
    });
    letter(work, "permit", "TB-CP", "Thông báo cấp giấy phép xây dựng", body)
}
