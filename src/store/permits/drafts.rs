//! The open working set of a case: made as a draft, changed until it is filed.

use chrono::Utc;
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::application::{Work, touch};
use super::events::{self, About, NewEvent};
use super::work::next_number;
use crate::error::{Error, Result};
use crate::store::{Store, database};

/// What an applicant enters.
#[derive(Debug, Clone)]
pub struct Draft {
    /// Kind.
    pub kind: String,
    /// Title.
    pub title: String,
    /// Investor type, from the form.
    pub investor_type: Option<String>,
    /// Technical fields of form 01.
    pub form: Value,
    /// Personal fields.
    pub parties: Value,
    /// Parcel codes.
    pub parcels: Vec<String>,
    /// Site of linear works, WKB in EPSG:9218.
    pub site: Option<Vec<u8>>,
    /// Works.
    pub works: Vec<Work>,
    /// Permit that it is about.
    pub parent_permit: Option<Uuid>,
}

/// Where a new case comes from.
#[derive(Debug, Clone)]
pub struct Origin {
    /// Account of the applicant.
    pub applicant: Uuid,
    /// Channel.
    pub channel: String,
    /// The channel's own number.
    pub external_code: Option<String>,
}

impl Store {
    /// Makes a draft. A number of the same channel that exists already is a conflict.
    pub async fn create_application(&self, draft: &Draft, origin: &Origin) -> Result<(Uuid, String)> {
        let mut tx = self.pool.begin().await.map_err(database)?;
        let (id, now) = (Uuid::now_v7(), Utc::now());
        let series = format!("HS-{}", now.format("%Y"));
        let code = format!("{series}-{:06}", next_number(&mut tx, &series).await?);
        let made = sqlx::query!(
            "insert into permit.application (id, code, kind, state, title, channel, external_code, parent_permit,
                applicant, investor_type, form, parties, site)
             values ($1, $2, $3, 'DRAFT', $4, $5, $6, $7, $8, $9, $10, $11,
                ST_SetSRID(ST_GeomFromWKB($12), 9218))
             on conflict (channel, external_code) do nothing",
            id,
            code,
            draft.kind,
            draft.title,
            origin.channel,
            origin.external_code,
            draft.parent_permit,
            origin.applicant,
            draft.investor_type,
            draft.form,
            draft.parties,
            draft.site.as_deref()
        )
        .execute(&mut *tx)
        .await
        .map_err(database)?;
        if made.rows_affected() == 0 {
            return Err(Error::conflict(
                "Mã hồ sơ này của kênh nộp đã được tiếp nhận trước đó.",
                "This channel has already filed an application under this code.",
            ));
        }
        sqlx::query!(
            "insert into permit.application_party (application, account, role) values ($1, $2, 'applicant')",
            id,
            origin.applicant
        )
        .execute(&mut *tx)
        .await
        .map_err(database)?;
        put_details(&mut tx, id, draft).await?;
        let about = About { application: id, permit: None, authority: None, submission: 0 };
        let event = NewEvent {
            event: "create".to_owned(),
            from_state: None,
            to_state: Some("DRAFT".to_owned()),
            actor: Some(origin.applicant),
            role: "applicant".to_owned(),
            note: String::new(),
            detail: Value::Object(serde_json::Map::new()),
        };
        events::record(&mut tx, about, &[event], now).await?;
        tx.commit().await.map_err(database)?;
        Ok((id, code))
    }

    /// Replaces what the applicant entered, if the case is still as it was read.
    pub async fn update_draft(&self, id: Uuid, revision: i64, draft: &Draft) -> Result<()> {
        let mut tx = self.pool.begin().await.map_err(database)?;
        touch(&mut tx, id, revision, Utc::now()).await?;
        sqlx::query!(
            "update permit.application set title = $2, investor_type = $3, form = $4, parties = $5,
                site = ST_SetSRID(ST_GeomFromWKB($6), 9218)
             where id = $1",
            id,
            draft.title,
            draft.investor_type,
            draft.form,
            draft.parties,
            draft.site.as_deref()
        )
        .execute(&mut *tx)
        .await
        .map_err(database)?;
        put_details(&mut tx, id, draft).await?;
        tx.commit().await.map_err(database)
    }
}

/// Writes parcels and works anew.
async fn put_details(db: &mut PgConnection, id: Uuid, draft: &Draft) -> Result<()> {
    sqlx::query!("delete from permit.application_parcel where application = $1", id)
        .execute(&mut *db)
        .await
        .map_err(database)?;
    sqlx::query!(
        "insert into permit.application_parcel (application, position, code)
         select $1, p.n::integer, p.code from unnest($2::text[]) with ordinality as p (code, n)",
        id,
        &draft.parcels
    )
    .execute(&mut *db)
    .await
    .map_err(database)?;
    sqlx::query!("delete from permit.work where application = $1", id)
        .execute(&mut *db)
        .await
        .map_err(database)?;
    for (position, work) in (0..).zip(&draft.works) {
        sqlx::query!(
            "insert into permit.work (application, id, position, name, use) values ($1, $2, $3, $4, $5)",
            id,
            work.id,
            position,
            work.name,
            work.use_
        )
        .execute(&mut *db)
        .await
        .map_err(database)?;
    }
    Ok(())
}
