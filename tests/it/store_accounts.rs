//! Accounts, sessions, jobs and idempotency keys.

use std::collections::BTreeSet;

use dothi::Error;
use dothi::access::Role;
use dothi::store::accounts::{NewAccount, SignIn};
use dothi::store::idempotency::{Answer, Begun, request_hash};
use dothi::store::jobs::State;
use dothi::text::Text;

use crate::support::empty_database;

fn account(name: &str) -> NewAccount {
    NewAccount {
        name: name.to_owned(),
        display_name: "Nguyễn Văn A".to_owned(),
        password: "mật khẩu 1".to_owned(),
        roles: BTreeSet::from([Role::Reviewer, Role::OrderOfficer]),
        authority: Some("24611".to_owned()),
        agency: Some("XA".to_owned()),
        sample: false,
        must_change_password: false,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn passwords_and_sessions() {
    let db = empty_database().await;
    let store = &db.store;
    let id = store.add_account(account("a")).await.unwrap_err();
    assert!(matches!(id, Error::InvalidParameter { .. }), "one letter is no name: {id:?}");
    let id = store.add_account(account("reviewer")).await.unwrap();
    assert!(matches!(store.add_account(account("reviewer")).await, Err(Error::Conflict { .. })));
    let short = NewAccount { password: "1234567".into(), ..account("other") };
    assert!(matches!(store.add_account(short).await, Err(Error::InvalidParameter { .. })));

    let SignIn::Welcome { account: known, .. } = store.sign_in("reviewer", "mật khẩu 1").await.unwrap()
    else {
        panic!("refused")
    };
    assert_eq!(known.roles, BTreeSet::from([Role::Reviewer, Role::OrderOfficer]));
    assert_eq!((known.id, known.authority.as_deref()), (id, Some("24611")));
    assert_eq!(store.sign_in("reviewer", "falsch").await.unwrap(), SignIn::Refused);
    assert_eq!(store.sign_in("nobody", "mật khẩu 1").await.unwrap(), SignIn::Refused);

    let token = store.open_session(id, "test", "::1").await.unwrap();
    assert_eq!(store.find_session(&token).await.unwrap().unwrap().account.id, id);
    assert!(store.find_session("0000").await.unwrap().is_none());
    let kept: Vec<u8> = sqlx::query_scalar("select token_sha256 from dothi.session")
        .fetch_one(&mut db.sql().await)
        .await
        .unwrap();
    assert_ne!(hex::encode(kept), token, "the token itself is not kept");
    store.close_session(&token).await.unwrap();
    assert!(store.find_session(&token).await.unwrap().is_none());

    let token = store.open_session(id, "test", "::1").await.unwrap();
    store.set_password(id, "mật khẩu 2".into()).await.unwrap();
    assert!(store.find_session(&token).await.unwrap().is_none(), "a new password ends the sessions");
    assert_eq!(store.sign_in("reviewer", "mật khẩu 1").await.unwrap(), SignIn::Refused);
    store.disable_account("reviewer", true).await.unwrap();
    assert_eq!(store.sign_in("reviewer", "mật khẩu 2").await.unwrap(), SignIn::Refused);
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_is_slowed_down() {
    let db = empty_database().await;
    db.store.add_account(account("victim")).await.unwrap();
    for _ in 0..8 {
        assert_eq!(db.store.sign_in("victim", "wrong wrong").await.unwrap(), SignIn::Refused);
    }
    assert!(matches!(db.store.sign_in("victim", "mật khẩu 1").await.unwrap(), SignIn::Locked(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_are_leased_once_and_taken_up_again() {
    let db = empty_database().await;
    let store = &db.store;
    let payload = serde_json::json!({"n": 1});
    let id = store.enqueue("check", &payload, None).await.unwrap();
    assert!(store.lease_job(&["other"], 60.0).await.unwrap().is_none());
    let (one, two) = tokio::join!(store.lease_job(&["check"], 60.0), store.lease_job(&["check"], 60.0));
    let leases: Vec<_> = [one.unwrap(), two.unwrap()].into_iter().flatten().collect();
    assert_eq!(leases.len(), 1, "one job, one worker");
    let lease = &leases[0];
    assert_eq!((lease.id, &lease.payload, lease.attempt), (id, &payload, 1));
    assert!(store.progress_job(lease, 0.5, 60.0).await.unwrap());
    assert_eq!(store.find_job(id).await.unwrap().unwrap().state, State::Running);

    // The worker dies: its lease ends and the next one gets the job; the dead one's answer counts no more.
    assert!(store.progress_job(lease, 0.6, -1.0).await.unwrap());
    let second = store.lease_job(&["check"], 60.0).await.unwrap().unwrap();
    assert_eq!(second.attempt, 2);
    assert!(!store.finish_job(lease, &serde_json::json!({})).await.unwrap());
    let why = Text::new("lỗi", "fault");
    assert!(store.fail_job(&second, &why, Some(0.0)).await.unwrap());
    let third = store.lease_job(&["check"], 60.0).await.unwrap().unwrap();
    assert!(third.last_attempt);
    assert!(store.finish_job(&third, &serde_json::json!({"ok": true})).await.unwrap());
    let done = store.find_job(id).await.unwrap().unwrap();
    assert_eq!(
        (done.state, done.progress, done.result),
        (State::Done, 1.0, Some(serde_json::json!({"ok": true})))
    );

    let id = store.enqueue("check", &payload, None).await.unwrap();
    for _ in 0..3 {
        let lease = store.lease_job(&["check"], -1.0).await.unwrap();
        assert!(lease.is_some());
    }
    assert!(store.lease_job(&["check"], 60.0).await.unwrap().is_none(), "given up after three attempts");
    let failed = store.find_job(id).await.unwrap().unwrap();
    assert_eq!(failed.state, State::Failed);
    assert!(failed.error.unwrap().en.contains("interrupted"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_request_gets_the_first_answer() {
    let db = empty_database().await;
    let store = &db.store;
    let id = store.add_account(account("reviewer")).await.unwrap();
    let request = request_hash("POST", "/x", b"{}");
    assert_eq!(store.begin_request(id, "k", &request).await.unwrap(), Begun::First);
    assert_eq!(store.begin_request(id, "k", &request).await.unwrap(), Begun::AtWork);
    let answer =
        Answer { status: 201, headers: vec![("location".into(), "/x/1".into())], body: b"{}".to_vec() };
    store.finish_request(id, "k", &answer).await.unwrap();
    assert_eq!(store.begin_request(id, "k", &request).await.unwrap(), Begun::Replay(answer));
    let other = request_hash("POST", "/x", b"{ }");
    assert!(matches!(store.begin_request(id, "k", &other).await, Err(Error::IdempotencyMismatch)));
    assert_eq!(store.begin_request(id, "l", &other).await.unwrap(), Begun::First);
    store.abandon_request(id, "l").await.unwrap();
    assert_eq!(store.begin_request(id, "l", &request).await.unwrap(), Begun::First);
}
