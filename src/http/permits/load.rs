//! What every handler of a case begins with: the case, and the capacity in which the caller stands before it.

use axum::http::{HeaderMap, header};
use uuid::Uuid;

use crate::access::permits::{Standing, standing};
use crate::error::{Error, Result};
use crate::http::auth::User;
use crate::state::AppState;
use crate::store::permits::{Actor, Dossier};
use crate::text::Text;

/// A case as the caller may see it.
#[derive(Debug, Clone)]
pub struct Opened {
    /// The case.
    pub dossier: Dossier,
    /// The caller's capacity.
    pub standing: Standing,
    /// The caller.
    pub user: User,
}

/// Opens a case by its id or code; one that the caller may not see answers as unknown.
pub async fn open(state: &AppState, user: &User, id: &str) -> Result<Opened> {
    let unknown = || Error::not_found("application", id);
    let key = match Uuid::parse_str(id) {
        Ok(key) => key,
        Err(_) => state.store.find_by_code(id).await?.ok_or_else(unknown)?,
    };
    let dossier = state.store.find_dossier(key).await?.ok_or_else(unknown)?;
    let standing = standing(&user.principal(), &dossier.case()).ok_or_else(unknown)?;
    Ok(Opened { dossier, standing, user: user.clone() })
}

impl Opened {
    /// The caller, for rights on layers.
    pub fn principal(&self) -> crate::access::Principal {
        self.user.principal()
    }

    /// Refuses who is not the applicant or his authorised person.
    pub fn only_party(&self) -> Result<()> {
        if self.standing.party { Ok(()) } else { Err(forbidden("chủ đầu tư", "the applicant")) }
    }

    /// Refuses who does not examine the case at the competent authority.
    pub fn only_examiners(&self) -> Result<()> {
        let names = ("cán bộ đang giải quyết hồ sơ", "an officer who examines the case");
        if self.standing.examines() { Ok(()) } else { Err(forbidden(names.0, names.1)) }
    }

    /// Strong validator of the case as it stands.
    pub fn etag(&self) -> String {
        etag(self.dossier.application.revision)
    }

    /// Refuses a request whose `If-Match` names an older state (RFC 9110 13.1.1).
    pub fn check_if_match(&self, headers: &HeaderMap) -> Result<()> {
        let Some(given) = headers.get(header::IF_MATCH) else { return Ok(()) };
        let given = given.to_str().unwrap_or_default();
        let current = self.etag();
        if given.split(',').map(str::trim).any(|tag| tag == "*" || tag == current) {
            return Ok(());
        }
        Err(Error::stale(
            "Hồ sơ đã thay đổi từ lúc bạn mở; hãy tải lại.",
            "The application has changed since you opened it; load it again.",
        ))
    }
}

/// The ETag of a revision of a case.
pub fn etag(revision: i64) -> String {
    format!("\"{revision}\"")
}

fn forbidden(vi: &str, en: &str) -> Error {
    Error::Forbidden(Text::new(format!("Chỉ {vi} được làm việc này."), format!("Only {en} may do this.")))
}

/// Who acts, for the records.
pub fn actor(user: &User, headers: &HeaderMap) -> Actor {
    let id = headers.get(crate::http::problem::REQUEST_ID).and_then(|v| v.to_str().ok());
    Actor {
        account: Some(user.account.id),
        name: user.account.name.clone(),
        authority: user.account.authority.clone(),
        request_id: id.unwrap_or_default().to_owned(),
    }
}
