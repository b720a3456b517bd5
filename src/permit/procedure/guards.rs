//! The conditions that transitions name in the data.

use serde_json::Value;

use super::super::law::{Ground, Guard, TransitionDef};
use super::super::verdict::Outcome;
use super::actor::Actor;
use super::case::{CaseState, Event, FindingKind, RowState};
use super::refusal::{Refusal, RowRef};

/// A required member: a text or list that is not empty, or any other value.
pub(super) fn check_field(name: &str, event: &Event) -> Result<(), Refusal> {
    let given = match event.fields.get(name) {
        None | Some(Value::Null) => false,
        Some(Value::String(s)) => !s.trim().is_empty(),
        Some(Value::Array(items)) => !items.is_empty(),
        Some(_) => true,
    };
    if given {
        return Ok(());
    }
    Err(Refusal::field(name, format!("thiếu “{name}”"), format!("{name} is missing")))
}

/// The guards that do not look at the body, for the list of events.
pub(super) fn check_without_body(
    def: &TransitionDef,
    case: &CaseState,
    actor: &Actor,
) -> Result<(), Refusal> {
    let none = Event::new(def.event.as_str());
    def.guards
        .iter()
        .filter(|g| !matches!(g, Guard::Grounds | Guard::OtherAuthority | Guard::DeemedAllowed))
        .try_for_each(|g| check(*g, case, &none, actor))
}

pub(super) fn check(guard: Guard, case: &CaseState, event: &Event, actor: &Actor) -> Result<(), Refusal> {
    let permit = case.permit;
    match guard {
        Guard::Complete => complete(case),
        Guard::OtherAuthority => hold(
            event.text("authority").map(str::to_owned) != case.authority,
            "hồ sơ đang ở chính cơ quan này",
            "the case lies with this very authority",
        ),
        Guard::FirstSupplement => hold(
            case.supplements == 0,
            "chỉ được yêu cầu bổ sung một lần (NĐ 217/2026 Điều 54)",
            "a supplement may be requested once only (Decree 217/2026 Art. 54)",
        ),
        Guard::OfficialRun => official_run(case),
        Guard::FindingsComplete => rows(
            case.rows.iter().filter(|r| r.awaits_finding()),
            "còn mục kiểm tra chưa có kết luận của cán bộ",
            "rows still lack an officer's finding",
        ),
        Guard::NoneNotAccepted => rows(
            case.rows.iter().filter(|r| r.finding == Some(FindingKind::NotAccepted)),
            "có mục kiểm tra được kết luận là không chấp nhận",
            "a finding is not_accepted",
        ),
        Guard::ConsultationsClosed => consultations_closed(case),
        Guard::DeemedAllowed => deemed_allowed(case, event),
        Guard::NotProposer => hold(
            case.proposer.is_none() || case.proposer != actor.account,
            "người trình không được ký quyết định cho cùng hồ sơ",
            "the proposer never decides the same case",
        ),
        Guard::Grounds => grounds(case, event).map(|_| ()),
        Guard::FeeUnpaid => {
            hold(case.fee_vnd > 0 && !case.fee_paid, "không có lệ phí phải nộp", "there is no fee to pay")
        }
        Guard::FeeSettled => {
            hold(case.fee_vnd == 0 || case.fee_paid, "lệ phí chưa nộp", "the fee is not paid")
        }
        Guard::FixedTerm => hold(
            permit.fixed_term,
            "giấy phép không phải loại có thời hạn",
            "the permit is not for a fixed term",
        ),
        Guard::ExtensionLeft => hold(
            !permit.started && permit.extensions < permit.extensions_max,
            "chỉ gia hạn khi chưa khởi công và chưa hết số lần gia hạn",
            "extension needs works not started and an extension left",
        ),
        Guard::StartNoticeOwed => hold(
            permit.start_notice_owed,
            "nhà ở của hộ gia đình không thông báo khởi công: cần xác nhận đã khởi công hay chưa",
            "household houses send no start notice: ask whether works have started",
        ),
    }
}

fn hold(holds: bool, vi: &str, en: &str) -> Result<(), Refusal> {
    if holds { Ok(()) } else { Err(Refusal::guard(vi, en)) }
}

fn rows<'a>(found: impl Iterator<Item = &'a RowState>, vi: &str, en: &str) -> Result<(), Refusal> {
    let rows: Vec<RowRef> = found.map(RowRef::from).collect();
    if rows.is_empty() {
        return Ok(());
    }
    let names = rows.iter().map(|r| r.rule.as_str()).collect::<Vec<_>>().join(", ");
    let mut refusal = Refusal::guard(format!("{vi}: {names}"), format!("{en}: {names}"));
    refusal.rows = rows;
    Err(refusal)
}

fn complete(case: &CaseState) -> Result<(), Refusal> {
    if case.missing.is_empty() {
        return Ok(());
    }
    let list = |get: fn(&super::Missing) -> &str| case.missing.iter().map(get).collect::<Vec<_>>().join("; ");
    let mut refusal = Refusal::guard(
        format!("hồ sơ chưa đủ: {}", list(|m| &m.reason.vi)),
        format!("the dossier is incomplete: {}", list(|m| &m.reason.en)),
    );
    refusal.missing.clone_from(&case.missing);
    Err(refusal)
}

fn official_run(case: &CaseState) -> Result<(), Refusal> {
    match case.official_run {
        Some(run) if run.current_submission && !run.stale => Ok(()),
        Some(run) if run.current_submission => Err(Refusal::guard(
            "lớp bản đồ hoặc quy tắc đã thay đổi sau lần kiểm tra chính thức: cần chạy lại",
            "layers or rules changed since the official run: repeat it",
        )),
        _ => Err(Refusal::guard(
            "chưa có lần kiểm tra chính thức cho bản nộp hiện tại",
            "there is no official run of the current submission",
        )),
    }
}

fn consultations_closed(case: &CaseState) -> Result<(), Refusal> {
    let open: Vec<_> = case.consultations.iter().filter(|c| c.open).map(|c| c.agency.as_str()).collect();
    let names = open.join(", ");
    hold(
        open.is_empty(),
        &format!("còn cơ quan chưa trả lời ý kiến: {names}"),
        &format!("agencies have not answered: {names}"),
    )
}

fn deemed_allowed(case: &CaseState, event: &Event) -> Result<(), Refusal> {
    let agency = event.text("agency").unwrap_or_default();
    let Some(open) = case.consultations.iter().find(|c| c.open && c.agency == agency) else {
        return hold(
            false,
            "cơ quan không có yêu cầu lấy ý kiến đang mở",
            "the agency has no open consultation",
        );
    };
    hold(
        open.deemed && open.overdue,
        "chưa hết hạn, hoặc pháp luật khác không coi im lặng là đồng ý",
        "its time is not over, or another law does not take silence for consent",
    )
}

/// The grounds in the event's body: each with its clause (that of the row where it names one), and at least one
/// that can bear the decision. A breach of a QCVN 01 fall-back limit cannot (domain §3, the legal trap).
pub(super) fn grounds(case: &CaseState, event: &Event) -> Result<Vec<Ground>, Refusal> {
    let given = event.fields.get("grounds").cloned().unwrap_or(Value::Array(Vec::new()));
    let mut grounds: Vec<Ground> = serde_json::from_value(given).map_err(|e| {
        Refusal::field(
            "grounds",
            format!("“grounds” phải là danh sách {{rule, clause, text}}: {e}"),
            format!("grounds must be a list of {{rule, clause, text}}: {e}"),
        )
    })?;
    if grounds.is_empty() {
        return Err(Refusal::field("grounds", "cần ít nhất một căn cứ", "at least one ground is needed"));
    }
    let mut bears = false;
    for ground in &mut grounds {
        bears |= complete_ground(case, ground)?;
    }
    hold(
        bears,
        "vượt chỉ tiêu dự phòng của QCVN 01 (không ràng buộc) không thể là căn cứ duy nhất để từ chối",
        "a breach of a QCVN 01 fall-back limit (not binding) cannot be the only ground",
    )?;
    Ok(grounds)
}

/// Fills in the clause; answers whether the ground can bear a refusal alone.
fn complete_ground(case: &CaseState, ground: &mut Ground) -> Result<bool, Refusal> {
    let Some(rule) = ground.rule.clone() else {
        if ground.clause.trim().is_empty() {
            return Err(Refusal::field(
                "grounds",
                "mỗi căn cứ phải nêu điều khoản",
                "each ground must name its clause",
            ));
        }
        let only_fall_back = case.rows.iter().any(|r| is_fall_back(r) && r.clause == ground.clause);
        return Ok(!only_fall_back);
    };
    let rows: Vec<_> = case.rows.iter().filter(|r| r.rule == rule).collect();
    let Some(first) = rows.first() else {
        return Err(Refusal::field(
            "grounds",
            format!("không có mục kiểm tra {rule}"),
            format!("there is no row {rule}"),
        ));
    };
    if ground.clause.trim().is_empty() {
        ground.clause.clone_from(&first.clause);
    }
    let passed = |r: &&&RowState| {
        matches!(r.verdict, Outcome::Pass | Outcome::NotApplicable)
            && r.finding != Some(FindingKind::NotAccepted)
    };
    if rows.iter().filter(passed).count() == rows.len() {
        return Err(Refusal::field(
            "grounds",
            format!("mục {rule} không vi phạm nên không thể là căn cứ"),
            format!("row {rule} is not breached and cannot be a ground"),
        ));
    }
    Ok(rows.iter().any(|r| !passed(&r) && !is_fall_back(r)))
}

/// A row whose limit is a fall-back that does not bind.
fn is_fall_back(row: &RowState) -> bool {
    !row.binding
}
