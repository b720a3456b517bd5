use proptest::prelude::*;

use super::*;

fn calendar() -> Calendar {
    Calendar::parse("vietnam.toml", include_str!("../../schema/calendar/vietnam.toml")).unwrap()
}

fn day(s: &str) -> NaiveDate {
    s.parse().unwrap()
}

fn at(s: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(s).unwrap().with_timezone(&Utc)
}

#[test]
fn a_house_accepted_on_friday_is_due_on_tuesday_of_the_second_week_after() {
    let due = calendar().due(at("2026-10-02T10:00:00+07:00"), 7);
    assert_eq!(due.to_rfc3339(), "2026-10-13T17:00:00+07:00");
}

#[test]
fn due_days() {
    let cases = [
        // The day of receipt is not counted, whatever the hour.
        ("2026-10-05T08:00:00+07:00", 1, "2026-10-06"),
        ("2026-10-05T23:59:00+07:00", 1, "2026-10-06"),
        // 23:30 UTC on Sunday is Monday morning in Vietnam.
        ("2026-10-04T23:30:00Z", 1, "2026-10-06"),
        // Received on a Saturday.
        ("2026-10-03T09:00:00+07:00", 1, "2026-10-05"),
        // Tết Bính Ngọ: 16–20 February.
        ("2026-02-13T09:00:00+07:00", 1, "2026-02-23"),
        ("2026-02-13T09:00:00+07:00", 7, "2026-03-03"),
        // 2 January was swapped for Saturday 10 January.
        ("2025-12-31T09:00:00+07:00", 1, "2026-01-05"),
        ("2026-01-09T09:00:00+07:00", 1, "2026-01-10"),
        // Hung Kings' Day on a Sunday: Monday off; then 30 April and 1 May.
        ("2026-04-24T09:00:00+07:00", 3, "2026-05-04"),
        // National Day with 31 August swapped for 22 August.
        ("2026-08-21T09:00:00+07:00", 1, "2026-08-22"),
        ("2026-08-28T09:00:00+07:00", 1, "2026-09-03"),
        ("2024-04-26T09:00:00+07:00", 2, "2024-05-03"),
        ("2024-05-03T09:00:00+07:00", 1, "2024-05-04"),
    ];
    for (received, n, due) in cases {
        assert_eq!(calendar().due(at(received), n).date_naive(), day(due), "{received} + {n}");
    }
}

#[test]
fn an_unconfirmed_holiday_is_marked() {
    let c = calendar();
    assert!(c.holiday(day("2026-02-17")).unwrap().confirmed);
    assert!(!c.holiday(day("2027-02-08")).unwrap().confirmed);
    assert!(c.is_working_day(day("2026-11-24")), "not counted before the law is seen");
    assert!(c.covers(day("2027-12-31")) && !c.covers(day("2028-01-01")));
}

#[test]
fn wrong_files_are_refused_with_the_place() {
    let head = "office_end = \"17:00\"\noffice_end_source = \"setting\"\nyears = [2026]\n";
    let title = "title = { vi = \"a\", en = \"a\" }\nsource = \"s\"\n";
    let cases = [
        (head.replace("17:00", "25:00"), "25:00"),
        (format!("{head}[[off]]\nfrom = \"2026-05-02\"\nto = \"2026-05-01\"\n{title}"), "2026-05-02"),
        (format!("{head}[[off]]\nfrom = \"2025-05-02\"\n{title}"), "2025-05-02"),
        (format!("{head}[[working]]\ndate = \"2026-05-04\"\n{title}"), "2026-05-04"),
        (
            format!("{head}[[off]]\nfrom = \"2026-05-01\"\n{title}").repeat(1)
                + &format!("[[off]]\nfrom = \"2026-05-01\"\n{title}"),
            "twice",
        ),
        (format!("{head}tet = 1\n"), "tet"),
    ];
    for (text, place) in cases {
        let error = Calendar::parse("x.toml", &text).unwrap_err().to_string();
        assert!(error.starts_with("x.toml") && error.contains(place), "{error}");
    }
}

fn any_day() -> impl Strategy<Value = NaiveDate> {
    (0..1400_u64).prop_map(|n| day("2024-01-01") + Days::new(n))
}

proptest! {
    #[test]
    fn adding_then_counting_gives_the_number_back(from in any_day(), n in 0..60_u32) {
        let c = calendar();
        let to = c.add_working_days(from, n);
        prop_assert_eq!(c.working_days_between(from, to), i64::from(n));
        prop_assert!(n == 0 || c.is_working_day(to));
    }

    #[test]
    fn adding_is_additive_and_monotone(from in any_day(), a in 0..30_u32, b in 0..30_u32) {
        let c = calendar();
        prop_assert_eq!(c.add_working_days(c.add_working_days(from, a), b), c.add_working_days(from, a + b));
        prop_assert!(c.add_working_days(from, a) <= c.add_working_days(from, a + b));
    }

    #[test]
    fn counting_is_antisymmetric_and_additive(a in any_day(), b in any_day(), m in any_day()) {
        let c = calendar();
        prop_assert_eq!(c.working_days_between(a, b), -c.working_days_between(b, a));
        prop_assert_eq!(
            c.working_days_between(a, b),
            c.working_days_between(a, m) + c.working_days_between(m, b)
        );
    }

    #[test]
    fn due_is_the_same_for_every_hour_of_the_day(from in any_day(), n in 1..20_u32, hour in 0..24_u32, minute in 0..60_u32) {
        let c = calendar();
        let received = zone().from_local_datetime(&from.and_hms_opt(hour, minute, 0).unwrap()).unwrap();
        let due = c.due(received.with_timezone(&Utc), n);
        prop_assert_eq!(due.date_naive(), c.add_working_days(from, n));
        prop_assert_eq!(due.time(), NaiveTime::from_hms_opt(17, 0, 0).unwrap());
    }
}
