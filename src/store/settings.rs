//! The few settings that change at run time.

use serde::{Serialize, de::DeserializeOwned};
use uuid::Uuid;

use super::Store;
use crate::{Error, Result};

impl Store {
    /// A setting; none if it was never set.
    pub async fn setting<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>> {
        let row = sqlx::query!("select value from dothi.setting where key = $1", key)
            .fetch_optional(&self.pool)
            .await?;
        row.map(|r| serde_json::from_value(r.value))
            .transpose()
            .map_err(|e| Error::internal(format!("setting {key}"), e))
    }

    /// Sets it.
    pub async fn set_setting<T: Serialize + Sync>(
        &self,
        key: &str,
        value: &T,
        by: Option<Uuid>,
    ) -> Result<()> {
        let value = serde_json::to_value(value).map_err(|e| Error::internal(format!("setting {key}"), e))?;
        sqlx::query!(
            "insert into dothi.setting (key, value, changed_by) values ($1, $2, $3)
             on conflict (key) do update set value = excluded.value, changed_at = now(), changed_by = excluded.changed_by",
            key,
            value,
            by
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }
}
