//! Events on permit cases, given by people (`http::permits`) and by the system (`jobs::deadlines`): load the case,
//! ask the pure engine of `permit::procedure`, save what it answers in one transaction.

mod effects;
mod letters;
mod map;
mod routing;
pub mod situation;

use chrono::Utc;
use serde_json::{Value, json};

pub use situation::Situation;

use crate::error::{Error, Result};
use crate::permit::procedure::{self, Event, Step};
use crate::state::AppState;
use crate::store::permits::events::NewEvent;
use crate::store::permits::{Actor, Change, Changed, Dossier};

/// Who gives an event: as the engine judges him, and as the records name him.
#[derive(Debug, Clone)]
pub struct Giver {
    /// For the engine.
    pub engine: procedure::Actor,
    /// For the records.
    pub record: Actor,
}

impl Giver {
    /// The system.
    pub fn system() -> Self {
        let record = Actor { name: "system".to_owned(), ..Actor::default() };
        Self { engine: procedure::Actor::system(), record }
    }
}

/// Gives `event` to the case. The answer is what was changed and the new state; the change is in memory when this
/// returns, so that the next read shows it.
pub async fn give(
    state: &AppState,
    dossier: Dossier,
    event: &Event,
    giver: &Giver,
) -> Result<(Changed, String)> {
    let mut situation = Situation::load(state, dossier).await?;
    if event.name == "propose" {
        situation.repeat_official_run(state, giver).await?;
    }
    if event.name == "submit" && !state.law.settings().portal_receives() {
        return Err(Error::conflict(
            "Cổng này chỉ chuẩn bị và kiểm tra trước; hãy nộp hồ sơ tại Cổng Dịch vụ công quốc gia.",
            "This portal prepares and pre-checks only; file at the national public-service portal.",
        ));
    }
    let machine = situation.procedure.machine();
    let decided = procedure::transition(machine, &situation.case, event, &giver.engine)?;
    let now = Utc::now();
    let mut work = effects::Work::new(state, &mut situation, event, giver, &decided, now);
    for step in &decided.steps {
        work.apply(step).await?;
    }
    let (change, dossier) = work.finish();
    let to = dossier.application.state.clone();
    let changed = state.store.change_application(&dossier, &change, &giver.record).await?;
    state.feed.catch_up(changed.position).await?;
    Ok((changed, to))
}

/// The record of a step. Steps of the system carry no person.
fn record(step: &Step, giver: &Giver, role: &str, note: &str, detail: Value) -> NewEvent {
    NewEvent {
        event: step.event.clone(),
        from_state: Some(step.from.clone()),
        to_state: Some(step.to.clone()),
        actor: if step.by_system { None } else { giver.record.account },
        role: if step.by_system { "system".to_owned() } else { role.to_owned() },
        note: note.to_owned(),
        detail,
    }
}

/// Members of an event's body that its record keeps: what is no person's data.
fn kept(event: &Event) -> Value {
    let kept = ["agency", "opinion", "decision", "grounds", "authority"];
    let members = event.fields.iter().filter(|(name, _)| kept.contains(&name.as_str()));
    json!(members.map(|(n, v)| (n.clone(), v.clone())).collect::<serde_json::Map<_, _>>())
}

/// A change with nothing in it yet.
fn no_change() -> Change {
    Change::default()
}
