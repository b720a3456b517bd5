//! Authorities: who issues permits and who is consulted.

use serde::Serialize;

use crate::error::Result;
use crate::store::{Store, database};

/// An authority.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Authority {
    /// Commune code, `SXD`, zone board or agency code.
    pub code: String,
    /// `commune`, `zone_board`, `department` or `agency`.
    pub kind: String,
    /// Name in Vietnamese.
    pub name: String,
    /// Name in English.
    pub name_en: String,
    /// Owner code of the layers.
    pub agency: String,
    /// Whether its silence counts as consent.
    pub deemed_consent: bool,
}

impl Store {
    /// One authority.
    pub async fn find_authority(&self, code: &str) -> Result<Option<Authority>> {
        sqlx::query_as!(
            Authority,
            "select code, kind, name, name_en, agency, deemed_consent from permit.authority where code = $1",
            code
        )
        .fetch_optional(&self.pool)
        .await
        .map_err(database)
    }

    /// All authorities by code.
    pub async fn list_authorities(&self) -> Result<Vec<Authority>> {
        sqlx::query_as!(
            Authority,
            "select code, kind, name, name_en, agency, deemed_consent from permit.authority order by code"
        )
        .fetch_all(&self.pool)
        .await
        .map_err(database)
    }

    /// Enters an authority or brings it up to date.
    pub async fn put_authority(&self, a: &Authority) -> Result<()> {
        sqlx::query!(
            "insert into permit.authority (code, kind, name, name_en, agency, deemed_consent)
             values ($1, $2, $3, $4, $5, $6)
             on conflict (code) do update set kind = excluded.kind, name = excluded.name,
                name_en = excluded.name_en, agency = excluded.agency, deemed_consent = excluded.deemed_consent",
            a.code,
            a.kind,
            a.name,
            a.name_en,
            a.agency,
            a.deemed_consent
        )
        .execute(&self.pool)
        .await
        .map_err(database)?;
        Ok(())
    }
}
