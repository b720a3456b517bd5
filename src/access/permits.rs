//! Rights on permit cases, decided in this one place. Pure: the caller tells who asks and whose case it is.
//!
//! Who may give which event in which state is data (`schema/procedures`); this decides in which capacity a
//! person stands before a case, and with it what he sees.

use std::collections::BTreeSet;

use uuid::Uuid;

use super::{Principal, Role};

/// What rights on a case depend on.
#[derive(Debug, Clone, Default)]
pub struct Case {
    /// Accounts that are party to it: applicant, representative, investor, designer.
    pub parties: Vec<Uuid>,
    /// Competent authority; none before the first submission.
    pub authority: Option<String>,
    /// Consulted agencies (authority codes).
    pub consulted: Vec<String>,
    /// Whether anything was filed yet.
    pub filed: bool,
}

/// The capacity in which somebody stands before a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The account.
    pub account: Uuid,
    /// Applicant or authorised person.
    pub party: bool,
    /// Roles in which he may act; empty: he only reads.
    pub roles: BTreeSet<Role>,
    /// Reads as an officer: verdicts in full, internal comments.
    pub officer: bool,
}

/// The standing of `principal` before `case`; none where the case answers as unknown to him (404).
pub fn standing(principal: &Principal, case: &Case) -> Option<Standing> {
    let user = principal.user.as_ref()?;
    if case.parties.contains(&user.id) {
        // Nobody acts as an officer on a case in which he is a party (domain §2).
        let roles = BTreeSet::from([Role::Applicant]);
        return Some(Standing { account: user.id, party: true, roles, officer: false });
    }
    if !case.filed {
        return None;
    }
    let mut roles = BTreeSet::new();
    if user.authority.is_some() && user.authority == case.authority {
        roles.extend(user.roles.iter().copied().filter(|r| *r != Role::Applicant && *r != Role::Agency));
    }
    let consulted = user.authority.as_ref().is_some_and(|a| case.consulted.contains(a));
    if consulted && user.roles.contains(&Role::Agency) {
        roles.insert(Role::Agency);
    }
    let reads = !roles.is_empty() || user.roles.contains(&Role::Admin);
    reads.then_some(Standing { account: user.id, party: false, roles, officer: true })
}

impl Standing {
    /// Whether he acts in one of `roles`.
    pub fn has_any(&self, roles: &[Role]) -> bool {
        roles.iter().any(|r| self.roles.contains(r))
    }

    /// Officers of the competent authority who examine the case.
    pub fn examines(&self) -> bool {
        self.has_any(&[Role::Intake, Role::Reviewer, Role::Approver])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::Account;

    fn person(n: u128, roles: &[Role], authority: Option<&str>) -> Principal {
        Principal::of(Account {
            id: Uuid::from_u128(n),
            name: n.to_string(),
            display_name: n.to_string(),
            roles: roles.iter().copied().collect(),
            authority: authority.map(str::to_owned),
            agency: None,
        })
    }

    fn case() -> Case {
        Case {
            parties: vec![Uuid::from_u128(1)],
            authority: Some("24611".into()),
            consulted: vec!["CA".into()],
            filed: true,
        }
    }

    #[test]
    fn strangers_and_other_authorities_see_nothing() {
        let case = case();
        for stranger in [
            Principal::public(),
            person(2, &[Role::Applicant], None),
            person(4, &[Role::Reviewer, Role::Approver], Some("24664")),
            person(5, &[Role::Agency], Some("YT")),
            person(6, &[Role::Reviewer], None),
        ] {
            assert_eq!(standing(&stranger, &case), None, "{stranger:?}");
        }
    }

    #[test]
    fn a_draft_is_the_applicants_alone() {
        let draft = Case { filed: false, ..case() };
        assert!(standing(&person(1, &[Role::Applicant], None), &draft).is_some());
        assert_eq!(standing(&person(3, &[Role::Reviewer], Some("24611")), &draft), None);
        assert_eq!(standing(&person(9, &[Role::Admin], None), &draft), None);
    }

    #[test]
    fn a_party_never_acts_as_officer() {
        let found = standing(&person(1, &[Role::Approver, Role::Intake], Some("24611")), &case()).unwrap();
        assert!(found.party && !found.officer && !found.examines());
    }

    #[test]
    fn a_consulted_agency_acts_as_agency_only() {
        let found = standing(&person(7, &[Role::Agency, Role::Reviewer], Some("CA")), &case()).unwrap();
        assert_eq!(found.roles, BTreeSet::from([Role::Agency]));
        assert!(found.officer && !found.examines());
    }
}
