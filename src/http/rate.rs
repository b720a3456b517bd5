//! How often one client may ask: so many requests a second, and ten times as many at once (GCRA). Beyond that 429 says
//! when to come again.

use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::extract::{FromRequestParts, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use governor::clock::{Clock, DefaultClock};
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};

use super::auth::Address;
use crate::config::Config;
use crate::error::Error;
use crate::state::AppState;

/// Requests a second where nothing is set. A map that is moved about asks for some dozens.
const USUAL: u32 = 200;
/// Seconds' worth of requests that may come at once.
const BURST_S: u32 = 10;
/// Requests between two looks for clients that are long gone.
const TIDY_EVERY: u32 = 10_000;

/// The limit of this node.
pub struct Limit {
    limiter: RateLimiter<IpAddr, HashMapStateStore<IpAddr>, DefaultClock>,
    clock: DefaultClock,
    /// Programs on this machine are its owner's own.
    spares_loopback: bool,
    asked: AtomicU32,
}

impl Limit {
    /// As the settings say; none where they switch it off.
    pub fn of(config: &Config) -> Option<Arc<Self>> {
        let a_second = NonZeroU32::new(config.rate_limit.unwrap_or(USUAL))?;
        let burst = a_second.saturating_mul(NonZeroU32::new(BURST_S)?);
        let clock = DefaultClock::default();
        let limiter = RateLimiter::new(
            Quota::per_second(a_second).allow_burst(burst),
            HashMapStateStore::default(),
            clock.clone(),
        );
        // Behind a proxy the address is the client's; one that cannot be told is the proxy's own.
        let spares_loopback = config.rate_limit.is_none();
        Some(Arc::new(Self { limiter, clock, spares_loopback, asked: AtomicU32::new(0) }))
    }

    /// Seconds to wait, where `client` asks too often.
    fn wait(&self, client: IpAddr) -> Option<u32> {
        if self.asked.fetch_add(1, Ordering::Relaxed) % TIDY_EVERY == TIDY_EVERY - 1 {
            self.limiter.retain_recent();
            self.limiter.shrink_to_fit();
        }
        if self.spares_loopback && client.is_loopback() {
            return None;
        }
        let denied = self.limiter.check_key(&network(client)).err()?;
        Some(denied.wait_time_from(self.clock.now()).as_secs() as u32 + 1)
    }
}

/// Whoever has an IPv6 address has a network of them.
fn network(client: IpAddr) -> IpAddr {
    match client.to_canonical() {
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

/// Layer around all routes but those of the machine's own watchers.
pub async fn limit(
    State((state, limit)): State<(AppState, Arc<Limit>)>,
    request: Request,
    next: Next,
) -> Response {
    let watched = request.uri().path();
    if watched.starts_with("/health/") || watched == "/metrics" {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    let Ok(Address(address)) = Address::from_request_parts(&mut parts, &state).await;
    let wait = address.parse().ok().and_then(|client| limit.wait(client));
    match wait {
        Some(retry_after_s) => Error::TooManyRequests { retry_after_s }.into_response(),
        None => next.run(Request::from_parts(parts, body)).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(rate_limit: Option<u32>) -> Option<Arc<Limit>> {
        let config = Config {
            home: "x".into(),
            listen: ([127, 0, 0, 1], 1).into(),
            database_url: None,
            owner_url: None,
            public_url: None,
            behind_proxy: false,
            tile_cache_mib: 0,
            layer_memory_mib: None,
            download_cache_mib: 0,
            rate_limit,
        };
        Limit::of(&config)
    }

    #[test]
    fn a_client_may_come_so_often_and_no_other_waits_for_it() {
        let limit = limit(Some(2)).unwrap();
        let (one, other) = ("203.0.113.7".parse().unwrap(), "203.0.113.8".parse().unwrap());
        assert_eq!((0..20).filter_map(|_| limit.wait(one)).count(), 0, "a burst");
        assert_eq!(limit.wait(one), Some(1));
        assert_eq!(limit.wait(other), None);
        let (here, there) = ("2001:db8::1".parse().unwrap(), "2001:db8::2".parse().unwrap());
        assert_eq!((0..20).filter_map(|_| limit.wait(here)).count(), 0);
        assert!(limit.wait(there).is_some(), "one network");
    }

    #[test]
    fn this_machine_is_spared_unless_it_is_said() {
        let here: IpAddr = "127.0.0.1".parse().unwrap();
        let usual = limit(None).unwrap();
        assert!((0..USUAL * BURST_S + 10).all(|_| usual.wait(here).is_none()));
        let said = limit(Some(1)).unwrap();
        assert!((0..20).any(|_| said.wait(here).is_some()));
        assert!(limit(Some(0)).is_none());
    }
}
