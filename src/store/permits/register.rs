//! Issued permits: the register.

use chrono::{DateTime, NaiveDate, Utc};
use rand::Rng;
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::application::Dossier;
use super::work::next_number;
use crate::error::Result;
use crate::store::{Store, database};

/// Letters of a register code: no I, O, 0, 1, which people confuse.
const CODE_LETTERS: &[u8] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
/// 4 groups of 5 letters of 32: 100 bits, so that the register cannot be walked.
const CODE_GROUPS: usize = 4;

/// A permit about to be issued.
#[derive(Debug, Clone)]
pub struct NewPermit {
    /// Day of issue in Vietnam.
    pub issued_on: NaiveDate,
    /// Last day on which the work may be started.
    pub start_by: NaiveDate,
    /// End of a fixed-term permit.
    pub term_ends_on: Option<NaiveDate>,
    /// Series of its number, such as `2026/GPXD-24611`.
    pub series: String,
    /// Content of form 03 without personal data.
    pub content: Value,
    /// Holder (personal).
    pub holder: Value,
    /// SHA-256 of each approved file.
    pub approved_files: Value,
    /// Who approved.
    pub approved_by: Uuid,
    /// Who issues.
    pub issued_by: Uuid,
    /// It takes the place of the permit that the application is about.
    pub replaces_parent: bool,
}

/// What issuing made.
#[derive(Debug, Clone)]
pub(super) struct Issued {
    pub id: Uuid,
    pub fid: i64,
    pub code: String,
    /// The permit that it takes the place of.
    pub replaced: Option<(Uuid, i64)>,
}

/// A permit of the register.
#[derive(Debug, Clone, PartialEq)]
pub struct Permit {
    /// Id.
    pub id: Uuid,
    /// Item of the layer `permit`.
    pub fid: i64,
    /// Register code.
    pub code: String,
    /// Number on the paper.
    pub number: String,
    /// Its application.
    pub application: Uuid,
    /// The application's code.
    pub application_code: String,
    /// Kind.
    pub kind: String,
    /// State.
    pub state: String,
    /// Issuing authority.
    pub authority: String,
    /// Its name.
    pub authority_name: String,
    /// Day of issue.
    pub issued_on: NaiveDate,
    /// Last day to start.
    pub start_by: NaiveDate,
    /// End of a fixed-term permit.
    pub term_ends_on: Option<NaiveDate>,
    /// Parcels.
    pub parcel_codes: Vec<String>,
    /// Use.
    pub use_: Option<String>,
    /// Storeys.
    pub storeys: Option<i64>,
    /// Height, metres.
    pub height_m: Option<f64>,
    /// Footprint, square metres.
    pub footprint_area_m2: Option<f64>,
    /// Gross floor area, square metres.
    pub gross_floor_area_m2: Option<f64>,
    /// Content of form 03.
    pub content: Value,
    /// Holder (personal).
    pub holder: Value,
    /// SHA-256 of each approved file.
    pub approved_files: Value,
    /// Place: ISO WKB in EPSG:9218.
    pub wkb: Vec<u8>,
}

/// Enters a permit; what the map shows of it is what the case showed.
pub(super) async fn issue(
    db: &mut PgConnection,
    dossier: &Dossier,
    p: &NewPermit,
    now: DateTime<Utc>,
) -> Result<Issued> {
    let (id, code) = (Uuid::now_v7(), new_code());
    let number = format!("{}/{}", next_number(db, &p.series).await?, p.series);
    let fid = sqlx::query_scalar!(
        "insert into permit.permit (id, code, number, application, parent, kind, state, authority, issued_on,
            start_by, term_ends_on, extensions, parcel_codes, commune_code, building_class, work_name, use, storeys,
            height_m, footprint_area_m2, gross_floor_area_m2, content, holder, approved_files, approved_by,
            issued_by, geom, created_at, updated_at)
         select $2, $3, $4, a.id, a.parent_permit, a.kind, 'VALID', a.authority, $5, $6, $7,
            coalesce(p.extensions, 0) + case a.kind when 'extend' then 1 else 0 end,
            case cardinality($8::text[]) when 0 then coalesce(p.parcel_codes, $8) else $8 end,
            coalesce(a.commune_code, p.commune_code), coalesce(a.building_class, p.building_class),
            coalesce(a.work_name, p.work_name), coalesce(a.use, p.use), coalesce(a.storeys, p.storeys),
            coalesce(a.height_m, p.height_m), coalesce(a.footprint_area_m2, p.footprint_area_m2),
            coalesce(a.gross_floor_area_m2, p.gross_floor_area_m2), $9, $10, $11, $12, $13,
            coalesce(a.geom, p.geom), $14, $14
         from permit.application a left join permit.permit p on p.id = a.parent_permit where a.id = $1
         returning fid",
        dossier.application.id,
        id,
        code,
        number,
        p.issued_on,
        p.start_by,
        p.term_ends_on,
        &dossier.parcels,
        p.content,
        p.holder,
        p.approved_files,
        p.approved_by,
        p.issued_by,
        now
    )
    .fetch_one(&mut *db)
    .await
    .map_err(database)?;
    let replaced = match dossier.application.parent_permit.filter(|_| p.replaces_parent) {
        Some(parent) => Some(replace(db, parent, now).await?),
        None => None,
    };
    Ok(Issued { id, fid, code, replaced })
}

/// The permit that is followed by a new one.
async fn replace(db: &mut PgConnection, parent: Uuid, now: DateTime<Utc>) -> Result<(Uuid, i64)> {
    let fid = sqlx::query_scalar!(
        "update permit.permit set state = 'REPLACED', revision = revision + 1, updated_at = $2
         where id = $1 returning fid",
        parent,
        now
    )
    .fetch_one(db)
    .await
    .map_err(database)?;
    Ok((parent, fid))
}

/// A random register code, `GP-7K3M9-QX2TB-…`.
fn new_code() -> String {
    let mut random = rand::rng();
    let mut code = "GP".to_owned();
    for _ in 0..CODE_GROUPS {
        code.push('-');
        code.extend((0..5).map(|_| char::from(CODE_LETTERS[random.random_range(0..CODE_LETTERS.len())])));
    }
    code
}

impl Store {
    /// The permit with register code `code`.
    pub async fn find_permit(&self, code: &str) -> Result<Option<Permit>> {
        sqlx::query_as!(
            Permit,
            r#"select p.id, p.fid, p.code, p.number, p.application, a.code as application_code, p.kind, p.state,
                p.authority, u.name as authority_name, p.issued_on, p.start_by, p.term_ends_on, p.parcel_codes,
                p.use as "use_", p.storeys, p.height_m, p.footprint_area_m2, p.gross_floor_area_m2, p.content,
                p.holder, p.approved_files, ST_AsBinary(p.geom) as "wkb!: Vec<u8>"
               from permit.permit p
               join permit.application a on a.id = p.application
               join permit.authority u on u.code = p.authority
               where p.code = $1"#,
            code
        )
        .fetch_optional(&self.pool)
        .await
        .map_err(database)
    }

    /// Authority that issued a permit.
    pub async fn find_permit_authority(&self, id: Uuid) -> Result<Option<String>> {
        sqlx::query_scalar!("select authority from permit.permit where id = $1", id)
            .fetch_optional(&self.pool)
            .await
            .map_err(database)
    }

    /// Register code of the permit that an application led to.
    pub async fn find_permit_code(&self, application: Uuid) -> Result<Option<String>> {
        sqlx::query_scalar!("select code from permit.permit where application = $1", application)
            .fetch_optional(&self.pool)
            .await
            .map_err(database)
    }

    /// Id of the permit with register code `code`.
    pub async fn find_permit_id(&self, code: &str) -> Result<Option<Uuid>> {
        sqlx::query_scalar!("select id from permit.permit where code = $1", code)
            .fetch_optional(&self.pool)
            .await
            .map_err(database)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_long_random_and_readable() {
        let (a, b) = (new_code(), new_code());
        assert_ne!(a, b);
        assert_eq!(a.len(), 2 + CODE_GROUPS * 6);
        assert!(a.bytes().skip(2).all(|c| c == b'-' || CODE_LETTERS.contains(&c)));
    }
}
