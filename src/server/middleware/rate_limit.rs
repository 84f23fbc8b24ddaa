//! The rate limit: up to N requests a second from each IP address.

use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use super::forwarded::Seen;
use crate::server::wire::problem::Problem;

/// Number of requests between two removals of inactive addresses.
const BETWEEN_CLEANINGS: u32 = 10_000;

/// Counts the requests of each client, with the generic cell rate algorithm (GCRA).
pub(crate) struct RateLimit {
    limiter: DefaultKeyedRateLimiter<IpAddr>,
    clock: DefaultClock,
    requests: AtomicU32,
}

impl RateLimit {
    /// Allows each client `a_second` requests a second.
    pub fn new(a_second: NonZeroU32) -> Self {
        let limiter = RateLimiter::keyed(Quota::per_second(a_second));
        Self { limiter, clock: DefaultClock::default(), requests: AtomicU32::new(0) }
    }

    /// Seconds until the next request is allowed, if this client exceeds the limit.
    fn wait(&self, client: IpAddr) -> Option<u64> {
        if self.requests.fetch_add(1, Ordering::Relaxed) % BETWEEN_CLEANINGS == BETWEEN_CLEANINGS - 1 {
            self.limiter.retain_recent();
        }
        let refused = self.limiter.check_key(&whose(client)).err()?;
        Some(refused.wait_time_from(self.clock.now()).as_secs() + 1)
    }
}

/// The key of a client. IPv6 addresses of the same /64 network count as one client.
fn whose(client: IpAddr) -> IpAddr {
    match client.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
        address @ IpAddr::V4(_) => address,
    }
}

/// Rejects requests above the limit with 429. Clients of a Unix socket have no address and are not limited.
pub(crate) async fn limit(State(limit): State<Arc<RateLimit>>, request: Request, next: Next) -> Response {
    let client = request.extensions().get::<Seen>().and_then(|seen| seen.client);
    let Some(seconds) = client.and_then(|client| limit.wait(client)) else { return next.run(request).await };
    let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, "too many requests from this address");
    let problem = problem.hint(format!("retry in {seconds} s"));
    ([(header::RETRY_AFTER, seconds.to_string())], problem).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_client_has_its_own_limit() {
        let limit = RateLimit::new(NonZeroU32::new(3).unwrap());
        let (one, other) = ("192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap());
        assert!((0..3).all(|_| limit.wait(one).is_none()));
        assert_eq!(limit.wait(one), Some(1));
        assert_eq!(limit.wait(other), None);
        let mapped: IpAddr = "::ffff:192.0.2.1".parse().unwrap();
        assert_eq!(limit.wait(mapped), Some(1), "the same address, mapped to IPv6");
    }

    #[test]
    fn an_ipv6_network_of_64_bits_is_one_client() {
        let address = |text: &str| whose(text.parse().unwrap());
        assert_eq!(address("2001:db8::1"), address("2001:db8::ffff:1"));
        assert_ne!(address("2001:db8:0:1::1"), address("2001:db8::1"));
    }
}
