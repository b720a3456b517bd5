//! The permit service's tables (schema `permit`, migrations 0010-0013).

pub mod application;
pub mod authorities;
pub mod change;
pub mod drafts;
pub mod events;
pub mod files;
pub mod list;
pub mod register;
pub mod runs;
pub mod sample;
pub mod submissions;
pub mod work;

use uuid::Uuid;

pub use application::{Application, Dossier, Work};
pub use authorities::Authority;
pub use change::{Actor, CHECK_JOB, Change, Changed, MapFacts};

use super::Store;
use crate::error::Result;

impl Store {
    /// A case with what belongs to it, as of one moment.
    pub async fn find_dossier(&self, id: Uuid) -> Result<Option<Dossier>> {
        let mut tx = self.begin().await?;
        sqlx::query!("set transaction isolation level repeatable read read only").execute(&mut *tx).await?;
        let found = application::find(&mut tx, id).await?;
        tx.commit().await?;
        Ok(found)
    }
}
