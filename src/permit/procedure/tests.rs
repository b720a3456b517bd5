use std::collections::BTreeSet;

use serde_json::json;
use uuid::Uuid;

use super::*;
use crate::Error;
use crate::permit::Law;
use crate::permit::clock::ClockEffect;
use crate::permit::law::Machine;
use crate::permit::verdict::{Effect, Outcome};

fn machine(id: &str) -> std::sync::Arc<Machine> {
    Law::load().unwrap().machine(id).unwrap()
}

fn officer(n: u128, role: Role) -> Actor {
    Actor {
        account: Some(Uuid::from_u128(n)),
        roles: BTreeSet::from([role]),
        authority: Some("24611".into()),
        ..Actor::default()
    }
}

fn applicant() -> Actor {
    Actor {
        account: Some(Uuid::from_u128(1)),
        roles: BTreeSet::from([Role::Applicant]),
        is_party: true,
        ..Actor::default()
    }
}

fn case(state: &str) -> CaseState {
    CaseState {
        state: state.into(),
        authority: Some("24611".into()),
        areas: vec!["24611".into()],
        official_run: Some(OfficialRun { current_submission: true, stale: false }),
        ..CaseState::default()
    }
}

fn row(rule: &str, verdict: Outcome, binding: bool, finding: Option<FindingKind>) -> RowState {
    RowState {
        rule: rule.into(),
        work: None,
        effect: Effect::Blocking,
        verdict,
        binding,
        clause: format!("clause of {rule}"),
        finding,
    }
}

#[allow(clippy::needless_pass_by_value, reason = "events are made in place")]
fn go(case: &CaseState, event: Event, actor: &Actor) -> Result<Transition, Refusal> {
    transition(&machine("application"), case, &event, actor)
}

#[test]
fn the_main_way_from_draft_to_issued() {
    let reviewer = officer(3, Role::Reviewer);
    let steps: Vec<(&str, Event, Actor, &str)> = vec![
        ("DRAFT", Event::new("submit"), applicant(), "SUBMITTED"),
        ("SUBMITTED", Event::new("accept"), officer(2, Role::Intake), "ACCEPTED"),
        ("ACCEPTED", Event::new("begin_appraisal"), Actor::system(), "APPRAISAL"),
        ("APPRAISAL", Event::new("propose"), reviewer, "DECISION"),
        ("DECISION", Event::new("approve"), officer(4, Role::Approver), "ISSUED"),
    ];
    for (from, event, actor, to) in steps {
        assert_eq!(go(&case(from), event, &actor).unwrap().to, to, "{from}");
    }
}

#[test]
fn each_transition_of_the_domain() {
    // (from, event, role, to): the table of domain §2.
    let table = [
        ("DRAFT", "withdraw", Role::Applicant, "WITHDRAWN"),
        ("RETURNED", "submit", Role::Applicant, "SUBMITTED"),
        ("SUBMITTED", "return", Role::Intake, "RETURNED"),
        ("APPRAISAL", "request_supplement", Role::Reviewer, "SUPPLEMENT_REQUESTED"),
        ("SUPPLEMENT_REQUESTED", "supplement", Role::Applicant, "APPRAISAL"),
        ("SUPPLEMENT_REQUESTED", "supplement_lapsed", Role::System, "REFUSED"),
        ("DECISION", "send_back", Role::Approver, "APPRAISAL"),
        ("FEE_DUE", "issue", Role::Clerk, "ISSUED"),
        ("FEE_DUE", "issue", Role::Approver, "ISSUED"),
    ];
    for (from, event, role, to) in table {
        let actor = match role {
            Role::Applicant => applicant(),
            Role::System => Actor::system(),
            role => officer(9, role),
        };
        let event = Event::new(event).with("note", "ghi chú");
        assert_eq!(go(&case(from), event.clone(), &actor).unwrap().to, to, "{from} {}", event.name);
    }
}

#[test]
fn acceptance_starts_the_clock_and_the_signature_stops_it() {
    let t = go(&case("SUBMITTED"), Event::new("accept"), &officer(2, Role::Intake)).unwrap();
    assert_eq!(t.clock, ClockEffect::Start);
    let t = go(&case("DECISION"), Event::new("approve"), &officer(4, Role::Approver)).unwrap();
    assert_eq!(t.clock, ClockEffect::Stop);
}

#[test]
fn an_event_that_does_not_fit_names_those_that_do() {
    let refusal = go(&case("SUBMITTED"), Event::new("approve"), &officer(2, Role::Intake)).unwrap_err();
    assert_eq!(refusal.kind, RefusalKind::WrongState);
    assert_eq!(refusal.allowed_events, ["accept", "return", "reroute"]);
    assert!(refusal.reason.vi.contains("Đã nộp"), "{}", refusal.reason.vi);
    assert!(matches!(Error::from(refusal), Error::Conflict { .. }));
    let unknown = go(&case("SUBMITTED"), Event::new("fly"), &officer(2, Role::Intake)).unwrap_err();
    assert!(matches!(Error::from(unknown), Error::InvalidParameter { .. }));
}

#[test]
fn roles_and_scopes() {
    let mut other_commune = officer(2, Role::Intake);
    other_commune.authority = Some("24664".into());
    let mut stranger = applicant();
    stranger.is_party = false;
    let mut own_case = officer(2, Role::Intake);
    own_case.is_party = true;
    let refused = [
        (case("SUBMITTED"), "accept", other_commune),
        (case("SUBMITTED"), "accept", officer(2, Role::Reviewer)),
        (case("SUBMITTED"), "accept", own_case),
        (case("SUBMITTED"), "accept", applicant()),
        (case("SUBMITTED"), "withdraw", stranger),
        (case("ACCEPTED"), "begin_appraisal", officer(2, Role::Reviewer)),
        (
            CaseState { authority: None, ..case("SUBMITTED") },
            "accept",
            Actor { authority: None, ..officer(2, Role::Intake) },
        ),
    ];
    for (case, event, actor) in refused {
        let refusal = go(&case, Event::new(event), &actor).unwrap_err();
        assert_eq!(refusal.kind, RefusalKind::NotAllowed, "{event} {actor:?}");
        assert!(matches!(Error::from(refusal), Error::Forbidden(_)));
    }
}

#[test]
fn the_first_reviewer_who_acts_takes_the_case_on_and_no_other() {
    let first = officer(3, Role::Reviewer);
    let t = go(&case("APPRAISAL"), Event::new("propose"), &first).unwrap();
    assert!(t.takes_on);
    let taken = CaseState { reviewer: first.account, ..case("APPRAISAL") };
    assert!(!go(&taken, Event::new("propose"), &first).unwrap().takes_on);
    let refusal = go(&taken, Event::new("propose"), &officer(5, Role::Reviewer)).unwrap_err();
    assert_eq!(refusal.kind, RefusalKind::NotAllowed);
    assert!(may_find(&taken, &first).is_ok());
    assert!(may_find(&taken, &officer(5, Role::Reviewer)).is_err());
    assert!(may_find(&case("SUBMITTED"), &first).is_err());
}

#[test]
fn one_supplement_only() {
    let again = CaseState { supplements: 1, ..case("APPRAISAL") };
    let event = Event::new("request_supplement").with("note", "thiếu bản vẽ");
    let refusal = go(&again, event.clone(), &officer(3, Role::Reviewer)).unwrap_err();
    assert_eq!(refusal.kind, RefusalKind::Guard);
    assert!(!refusal.allowed_events.contains(&"request_supplement".to_owned()));
    let blank = Event::new("request_supplement").with("note", "  ");
    assert_eq!(
        go(&case("APPRAISAL"), blank, &officer(3, Role::Reviewer)).unwrap_err().kind,
        RefusalKind::BadField
    );
    assert!(go(&case("APPRAISAL"), event, &officer(3, Role::Reviewer)).is_ok());
}

#[test]
fn a_lapsed_supplement_is_refused_with_its_ground() {
    let t = go(&case("SUPPLEMENT_REQUESTED"), Event::new("supplement_lapsed"), &Actor::system()).unwrap();
    assert_eq!(t.grounds.len(), 1);
    assert!(t.grounds[0].clause.contains("Điều 54"));
}

#[test]
fn rows_without_a_finding_hold_propose_and_approve() {
    use FindingKind::{Accepted, NotAccepted, NotApplicable};
    use Outcome::{Fail, Manual, NoData, NotApplicable as Na, Pass};
    let mut with_rows = case("APPRAISAL");
    with_rows.rows = vec![
        row("G01", Pass, true, None),
        row("P01", Na, true, None),
        row("P03", Fail, true, None),
        row("P06", Manual, true, None),
        row("P09", NoData, true, None),
        row("P10", Manual, true, Some(Accepted)),
        RowState { effect: Effect::Advisory, ..row("S01", Manual, true, None) },
        RowState { effect: Effect::Consult, ..row("E06", Manual, true, None) },
    ];
    let refusal = go(&with_rows, Event::new("propose"), &officer(3, Role::Reviewer)).unwrap_err();
    let rules: Vec<_> = refusal.rows.iter().map(|r| r.rule.as_str()).collect();
    assert_eq!(rules, ["P03", "P06", "P09"]);
    let Error::Conflict { detail, .. } = Error::from(refusal) else { panic!("a conflict was expected") };
    assert_eq!(detail["rows"][0], json!({"rule":"P03","work":null,"verdict":"FAIL"}));

    for r in &mut with_rows.rows {
        r.finding = Some(NotApplicable);
    }
    assert!(go(&with_rows, Event::new("propose"), &officer(3, Role::Reviewer)).is_ok());
    with_rows.state = "DECISION".into();
    with_rows.rows[2].finding = Some(NotAccepted);
    let refusal = go(&with_rows, Event::new("approve"), &officer(4, Role::Approver)).unwrap_err();
    assert_eq!(refusal.rows.len(), 1);
    with_rows.rows[2].finding = Some(Accepted);
    assert!(go(&with_rows, Event::new("approve"), &officer(4, Role::Approver)).is_ok());
}

#[test]
fn propose_needs_a_fresh_official_run_and_closed_consultations() {
    let reviewer = officer(3, Role::Reviewer);
    let stale = OfficialRun { current_submission: true, stale: true };
    let old = OfficialRun { current_submission: false, stale: false };
    for run in [None, Some(stale), Some(old)] {
        let c = CaseState { official_run: run, ..case("APPRAISAL") };
        assert_eq!(go(&c, Event::new("propose"), &reviewer).unwrap_err().kind, RefusalKind::Guard);
    }
    let open = Consultation { agency: "CA".into(), open: true, overdue: true, deemed: false };
    let c = CaseState { consultations: vec![open.clone()], ..case("APPRAISAL") };
    assert!(go(&c, Event::new("propose"), &reviewer).unwrap_err().reason.vi.contains("CA"));
    let deem = Event::new("deemed_consent").with("agency", "CA");
    assert!(go(&c, deem.clone(), &Actor::system()).is_err(), "another law rules");
    let c = CaseState { consultations: vec![Consultation { deemed: true, ..open }], ..case("APPRAISAL") };
    assert!(go(&c, deem, &Actor::system()).is_ok());
    let mut police = officer(7, Role::Agency);
    police.authority = Some("CA".into());
    let opinion = Event::new("opinion").with("opinion", "đồng ý");
    assert_eq!(go(&c, opinion.clone(), &police).unwrap().to, "APPRAISAL");
    police.authority = Some("BCHQS".into());
    assert_eq!(go(&c, opinion, &police).unwrap_err().kind, RefusalKind::NotAllowed);
}

#[test]
fn the_proposer_never_decides() {
    let mut both = officer(3, Role::Approver);
    both.roles.insert(Role::Reviewer);
    let proposed = CaseState { proposer: both.account, ..case("DECISION") };
    assert_eq!(go(&proposed, Event::new("approve"), &both).unwrap_err().kind, RefusalKind::Guard);
    let refuse = Event::new("refuse").with("grounds", json!([{"clause":"Luật 135/2025 Điều 44"}]));
    assert_eq!(go(&proposed, refuse, &both).unwrap_err().kind, RefusalKind::Guard);
}

#[test]
fn a_refusal_needs_a_ground_that_bears() {
    use Outcome::{Fail, Pass};
    let mut c = case("DECISION");
    c.rows = vec![
        row("P03", Fail, true, Some(FindingKind::NotAccepted)),
        row("P07", Fail, false, Some(FindingKind::NotAccepted)),
        row("P10", Pass, true, None),
    ];
    let by = officer(4, Role::Approver);
    let refuse = |grounds| go(&c, Event::new("refuse").with("grounds", grounds), &by);
    let bad = [
        (json!([]), RefusalKind::BadField),
        (json!([{"text":{"vi":"xấu","en":"ugly"}}]), RefusalKind::BadField),
        (json!([{"rule":"P99"}]), RefusalKind::BadField),
        (json!([{"rule":"P10"}]), RefusalKind::BadField),
        (json!("P03"), RefusalKind::BadField),
        (json!([{"rule":"P07"}]), RefusalKind::Guard),
        (json!([{"rule":"P07","clause":"QCVN 01"}]), RefusalKind::Guard),
        (json!([{"clause":"clause of P07"}]), RefusalKind::Guard),
    ];
    for (grounds, kind) in bad {
        assert_eq!(refuse(grounds.clone()).unwrap_err().kind, kind, "{grounds}");
    }
    let t = refuse(json!([{"rule":"P07"},{"rule":"P03"}])).unwrap();
    assert_eq!(t.to, "REFUSED");
    assert_eq!(t.grounds[1].clause, "clause of P03", "taken from the row");
    assert!(refuse(json!([{"clause":"Luật 135/2025 Điều 44"}])).is_ok());
    assert!(go(&c, Event::new("refuse"), &by).is_err());
}

#[test]
fn the_fee_is_passed_at_once_only_where_it_is_zero() {
    let by = officer(4, Role::Approver);
    let free = go(&case("DECISION"), Event::new("approve"), &by).unwrap();
    let steps: Vec<_> = free.steps.iter().map(|s| (s.event.as_str(), s.to.as_str(), s.by_system)).collect();
    assert_eq!(steps, [("approve", "FEE_DUE", false), ("issue", "ISSUED", true)]);
    let with_fee = CaseState { fee_vnd: 75_000, ..case("DECISION") };
    assert_eq!(go(&with_fee, Event::new("approve"), &by).unwrap().to, "FEE_DUE");
    let due = CaseState { fee_vnd: 75_000, ..case("FEE_DUE") };
    assert!(go(&due, Event::new("issue"), &by).is_err());
    assert_eq!(go(&due, Event::new("pay"), &applicant()).unwrap().to, "FEE_DUE");
    let paid = CaseState { fee_paid: true, ..due };
    assert_eq!(go(&paid, Event::new("issue"), &by).unwrap().to, "ISSUED");
}

#[test]
fn an_incomplete_dossier_is_not_submitted() {
    let missing = Missing {
        place: "documents/model".into(),
        reason: crate::text::Text::new("chưa có mô hình", "no model"),
    };
    let c = CaseState { missing: vec![missing], ..case("DRAFT") };
    let refusal = go(&c, Event::new("submit"), &applicant()).unwrap_err();
    assert!(refusal.reason.vi.contains("chưa có mô hình"));
    let listed = allowed_events(&machine("application"), &c, &applicant());
    assert!(listed.iter().any(|e| e.event == "submit" && e.blocked.is_some()));
    assert_eq!(refusal.allowed_events, ["withdraw"]);
}

#[test]
fn a_case_is_rerouted_to_another_authority_only() {
    let event = |to: &str| Event::new("reroute").with("authority", to).with("note", "khác thẩm quyền");
    let intake = officer(2, Role::Intake);
    assert_eq!(go(&case("SUBMITTED"), event("SXD"), &intake).unwrap().to, "SUBMITTED");
    assert!(go(&case("SUBMITTED"), event("24611"), &intake).is_err());
}

#[test]
fn the_permit_lives() {
    let m = machine("permit");
    let mut order = officer(6, Role::OrderOfficer);
    order.authority = Some("XD-thanh-tra".into());
    order.areas.insert("24611".into());
    let suspend = Event::new("suspend").with("note", "sai phép");
    assert_eq!(transition(&m, &case("STARTED"), &suspend, &order).unwrap().to, "SUSPENDED");
    let not_started = PermitFacts { extensions: 1, extensions_max: 2, ..PermitFacts::default() };
    let c = CaseState { permit: not_started, ..case("START_EXPIRED") };
    assert_eq!(transition(&m, &c, &Event::new("extend"), &Actor::system()).unwrap().to, "VALID");
    let used = CaseState { permit: PermitFacts { extensions: 2, ..not_started }, ..c };
    assert!(transition(&m, &used, &Event::new("extend"), &Actor::system()).is_err());
    // A household's permit does not lapse by itself: a task asks whether works have started.
    assert!(transition(&m, &case("VALID"), &Event::new("start_lapsed"), &Actor::system()).is_err());
    let revoke = Event::new("revoke").with("grounds", json!([{"clause":"NĐ 217/2026 Điều 53.4"}]));
    for from in ["VALID", "START_EXPIRED", "STARTED", "SUSPENDED", "COMPLETED"] {
        assert_eq!(transition(&m, &case(from), &revoke, &officer(4, Role::Approver)).unwrap().to, "REVOKED");
    }
    assert!(transition(&m, &case("REPLACED"), &revoke, &officer(4, Role::Approver)).is_err());
}

#[test]
fn a_start_notice_is_approved_or_objected() {
    let m = machine("start_notice");
    assert_eq!(transition(&m, &case("DRAFT"), &Event::new("submit"), &applicant()).unwrap().to, "NOTIFIED");
    let by = officer(3, Role::Reviewer);
    assert_eq!(
        transition(&m, &case("NOTIFIED"), &Event::new("approve_data"), &by).unwrap().to,
        "DATA_APPROVED"
    );
    let object = Event::new("object").with("grounds", json!([{"clause":"Luật 135/2025 Điều 43.3"}]));
    assert_eq!(transition(&m, &case("NOTIFIED"), &object, &by).unwrap().to, "OBJECTED");
}
