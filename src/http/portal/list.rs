//! Lists of applications, as `GET /api/v1/applications` gives them.

use chrono::{DateTime, Utc};
use serde::Deserialize;

use crate::Result;
use crate::http::auth::User;
use crate::http::permits::read;
use crate::state::AppState;
use crate::text::Text;

/// A row.
#[derive(Debug, Clone, Deserialize)]
#[allow(missing_docs, reason = "the members of the API's answer")]
pub struct Row {
    pub id: uuid::Uuid,
    pub code: String,
    pub kind: String,
    pub state: String,
    pub state_title: Text,
    pub title: String,
    pub parcels: Vec<String>,
    pub assigned_to: Option<String>,
    pub submitted_at: Option<DateTime<Utc>>,
    pub due: Option<DateTime<Utc>>,
    pub working_days_left: Option<i64>,
    pub supplement_due: Option<DateTime<Utc>>,
}

/// Which rows.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Only what waits for the reader.
    pub waiting: bool,
    /// In this state only.
    pub state: Option<String>,
    /// Due before the end of this day.
    pub due_before: Option<String>,
    /// Where the last page ended.
    pub cursor: Option<String>,
}

/// A page of rows, and where the next begins.
pub async fn rows(state: &AppState, user: User, wanted: &Wanted) -> Result<(Vec<Row>, Option<String>)> {
    let query = read::ListQuery {
        state: wanted.state.clone(),
        waiting_for: wanted.waiting.then(|| "me".to_owned()),
        due_before: wanted.due_before.clone(),
        cursor: wanted.cursor.clone(),
        limit: None,
    };
    let mut answer = read::list(state, user, query).await?;
    let rows = read::typed(answer["applications"].take())?;
    Ok((rows, answer["cursor"].as_str().map(str::to_owned)))
}
