//! `/ogc/collections/{id}/events` and `/ogc/events`: what changes in layers, told as server-sent events (HTML Living
//! Standard, 9.2) as soon as this node serves it, so that maps and programs follow without asking.
//!
//! The first event, `at`, says where the node stands; each `change` names a layer and the items that changed, or null
//! for the layer as a whole. An event's id is epoch and revision: a client that comes back with it in `Last-Event-ID`, as
//! browsers do by themselves, hears at once what it missed. Of the events of one step the last alone has the id: who is
//! cut off between two of them hears all of the step again, and what is told twice does no harm.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;

use axum::extract::{FromRequestParts, Path, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::stream;
use serde_json::json;
use tokio::time::Instant;
use uuid::Uuid;

use super::ask::{Ask, look_up};
use super::format::Format;
use crate::Result;
use crate::access;
use crate::feed::{Heard, Subscription};
use crate::http::access_keys::Client;
use crate::http::tiles::dataset::chosen;
use crate::state::AppState;
use crate::store::Position;

/// After this time a stream ends and its client comes back, to the same node or to another.
const LIFE: Duration = Duration::from_mins(10);
/// A sign of life, before proxies take the connection for dead.
const PULSE: Duration = Duration::from_secs(15);
/// How long a client waits before it comes back.
const RETRY: Duration = Duration::from_secs(2);
/// Items that are named; more are told as the layer as a whole.
const ITEMS_MOST: usize = 1_000;

/// `GET /ogc/collections/{id}/events`
pub(super) async fn of_collection(
    State(state): State<AppState>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response> {
    let (mut parts, _) = request.into_parts();
    let ask = Ask::of(&mut parts, &state, &[Format::Json]).await?;
    ask.params.only(&[])?;
    look_up(&state, &ask.who, &id)?;
    follow(state, parts, vec![id]).await
}

/// `GET /ogc/events?collections=a,b`: of these, else of all that the caller may see.
pub(super) async fn of_dataset(State(state): State<AppState>, request: Request) -> Result<Response> {
    let (mut parts, _) = request.into_parts();
    let ask = Ask::of(&mut parts, &state, &[Format::Json]).await?;
    ask.params.only(&["collections"])?;
    let readers = chosen(&state, &ask, &state.features.snapshot())?;
    let layers = readers.iter().map(|r| r.view().layer.id.clone()).collect();
    follow(state, parts, layers).await
}

async fn follow(state: AppState, parts: Parts, layers: Vec<String>) -> Result<Response> {
    // From here on nothing is missed; what the node holds by now is told first.
    let subscription = state.feed.listen()?;
    let now = state.feed.position();
    let hello = Event::default().event("at").retry(RETRY).id(id_of(now));
    let hello = hello.data(json!({"epoch": now.epoch, "revision": now.revision}).to_string());
    let known = last_event(&parts.headers);
    let mut follower = Follower {
        state,
        parts,
        layers,
        subscription,
        until: Instant::now() + LIFE,
        waiting: VecDeque::from([hello]),
    };
    if let Some(known) = known {
        follower.tell_since(known, now).await?;
    }
    let events = stream::unfold(follower, Follower::next);
    let mut response = Sse::new(events).keep_alive(KeepAlive::new().interval(PULSE)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    // nginx would gather events until its buffer is full.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(response)
}

fn id_of(position: Position) -> String {
    format!("{}:{}", position.epoch, position.revision)
}

/// Where a client stands that comes back.
fn last_event(headers: &HeaderMap) -> Option<Position> {
    let (epoch, revision) = headers.get("last-event-id")?.to_str().ok()?.split_once(':')?;
    Some(Position { epoch: epoch.parse::<Uuid>().ok()?, revision: revision.parse().ok()? })
}

/// One client's stream.
struct Follower {
    state: AppState,
    /// The request: who may see what is decided anew with each event, as if it had just come.
    parts: Parts,
    layers: Vec<String>,
    subscription: Subscription,
    until: Instant,
    waiting: VecDeque<Event>,
}

impl Follower {
    async fn next(mut self) -> Option<(Result<Event, Infallible>, Self)> {
        loop {
            if let Some(event) = self.waiting.pop_front() {
                return Some((Ok(event), self));
            }
            let heard = tokio::time::timeout_at(self.until, self.subscription.next()).await.ok()??;
            match heard {
                Heard::Step(step) => self.tell(step.position, &step.layers).await?,
                Heard::Missed => self.tell(self.state.feed.position(), &self.all()).await?,
            }
        }
    }

    /// All layers, each as a whole.
    fn all(&self) -> Vec<(String, Option<Vec<i64>>)> {
        self.layers.iter().map(|id| (id.clone(), None)).collect()
    }

    /// What has changed since the client stood at `known`.
    async fn tell_since(&mut self, known: Position, now: Position) -> Result<()> {
        if known == now {
            return Ok(());
        }
        let mut changed = None;
        if known.epoch == now.epoch {
            let mut database = self.state.store.snapshot().await?;
            changed = database.changes_after(known.revision).await?;
            database.close().await?;
        }
        // Of another database, or of its future: it was restored.
        let changed = changed.map(|deltas| deltas.into_iter().map(|d| (d.layer, d.what.items())).collect());
        let told = self.tell(now, &changed.unwrap_or_else(|| self.all())).await;
        if told.is_none() {
            self.until = Instant::now();
        }
        Ok(())
    }

    /// Puts events of the client's layers among `changed` into line; none where he may see none of them any more.
    async fn tell(&mut self, at: Position, changed: &[(String, Option<Vec<i64>>)]) -> Option<()> {
        let mine: Vec<_> = changed.iter().filter(|(id, _)| self.layers.contains(id)).collect();
        if mine.is_empty() {
            return Some(());
        }
        // A session that ended, or a database that is away: the client comes back and hears of it.
        let Client(who) = Client::from_request_parts(&mut self.parts, &self.state).await.ok()?;
        let catalog = self.state.catalog.load();
        let mut events = Vec::with_capacity(mine.len());
        for (id, items) in mine {
            let Some(view) = catalog.layer(id).and_then(|l| access::view(&who, l, &catalog)) else {
                self.layers.retain(|layer| layer != id);
                continue;
            };
            // Who sees a part of the items only does not hear of the others.
            let named = items.as_ref().filter(|ids| view.rows.is_none() && ids.len() <= ITEMS_MOST);
            let data = json!({"collection": id, "epoch": at.epoch, "revision": at.revision, "items": named});
            events.push(Event::default().event("change").data(data.to_string()));
        }
        if let Some(last) = events.pop() {
            self.waiting.extend(events);
            self.waiting.push_back(last.id(id_of(at)));
        }
        (!self.layers.is_empty()).then_some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_again_and_anything_else_is_none() {
        let at = Position { epoch: Uuid::from_u128(7), revision: 42 };
        let read = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("last-event-id", HeaderValue::from_str(text).unwrap());
            last_event(&headers)
        };
        assert_eq!(read(&id_of(at)), Some(at));
        for other in ["", "42", "x:42", "00000000-0000-0000-0000-000000000007:", "a:b:c"] {
            assert_eq!(read(other), None, "{other}");
        }
    }
}
