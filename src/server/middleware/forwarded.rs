//! The service as the client sees it: through which host, scheme and path, and from which address, also behind reverse proxies.
//!
//! `X-Forwarded-For`, `-Host`, `-Proto` and `-Prefix` are trusted only if a trusted proxy sent the request. Of several values
//! the last is taken, because the nearest proxy added it; the client is the last address that is not a trusted proxy.

use std::net::{IpAddr, SocketAddr};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::uri::{Authority, PathAndQuery};
use axum::http::{HeaderMap, Uri, header};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use tower::Layer;

use crate::server::listen::Peer;
use crate::server::proxy::{BasePath, TrustedProxy, ip_address};
use crate::server::settings::Settings;
use crate::server::work::service::Service;

/// The service as the client sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    /// The client's IP address; `None` for a Unix socket.
    pub client: Option<IpAddr>,
    /// The host with its port, as it was sent; `None` if the client sent none.
    pub host: Option<String>,
    scheme: &'static str,
    /// The path that the service is below.
    pub base: BasePath,
}

impl Seen {
    fn new(settings: &Settings, peer: Option<IpAddr>, headers: &HeaderMap, uri: &Uri) -> Self {
        let is_trusted = |address| settings.trusted_proxies.iter().any(|proxy: &TrustedProxy| proxy.is(address));
        let said = headers.get(header::HOST).and_then(|host| host.to_str().ok()).map(str::to_owned);
        let direct = Self {
            client: peer,
            // RFC 9112, section 3.2.2: the host of an address is before that of the header.
            host: uri.authority().map(Authority::to_string).or(said),
            scheme: "http",
            base: settings.base_path.clone(),
        };
        if !is_trusted(peer) {
            return direct;
        }
        let mut client = peer;
        for address in values(headers, "x-forwarded-for").rev().map_while(address) {
            client = Some(address);
            if !is_trusted(client) {
                break;
            }
        }
        Self {
            client,
            host: last(headers, "x-forwarded-host").map(str::to_owned).or(direct.host),
            scheme: if last(headers, "x-forwarded-proto") == Some("https") { "https" } else { "http" },
            base: last(headers, "x-forwarded-prefix").and_then(|path| path.parse().ok()).unwrap_or(direct.base),
        }
    }

    /// Scheme, host and base path of the service, without a slash at the end; empty if the client sent no valid host.
    pub fn root(&self) -> String {
        let host = self.host.as_deref().and_then(|host| host.parse::<Authority>().ok());
        host.map(|host| format!("{}://{host}{}", self.scheme, self.base)).unwrap_or_default()
    }
}

/// All values of a header that may be repeated, and that may have several values between commas.
fn values<'a>(headers: &'a HeaderMap, name: &str) -> impl DoubleEndedIterator<Item = &'a str> {
    headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
}

fn last<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    values(headers, name).next_back().filter(|value| !value.is_empty())
}

/// An IP address, with a port or without.
fn address(text: &str) -> Option<IpAddr> {
    ip_address(text).or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()))
}

/// Adds [`Seen`] to each request.
pub(crate) async fn seen(State(service): State<Service>, mut request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<Peer>().and_then(Peer::address);
    let seen = Seen::new(service.settings(), peer, request.headers(), request.uri());
    request.extensions_mut().insert(seen);
    next.run(request).await
}

/// A router whose routes are below the base path as well.
pub(crate) fn below(base: BasePath, router: Router) -> Router {
    if base.is_root() {
        return router;
    }
    let strip = move |mut request: Request, next: Next| {
        let base = base.clone();
        async move {
            let path = base.stripped(request.uri().path());
            if path.len() == request.uri().path().len() {
                return next.run(request).await;
            }
            let query = request.uri().query().map(|query| format!("?{query}")).unwrap_or_default();
            let mut parts = request.uri().clone().into_parts();
            // A part of a valid path is valid.
            parts.path_and_query = format!("{path}{query}").parse::<PathAndQuery>().ok();
            if let Ok(uri) = Uri::from_parts(parts) {
                *request.uri_mut() = uri;
            }
            next.run(request).await
        }
    };
    Router::new().fallback_service(from_fn(strip).layer(router))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderName;

    use super::*;

    fn of(peer: &str, headers: &[(&'static str, &'static str)]) -> Seen {
        let trusted = ["127.0.0.1", "10.0.0.0/8", "unix"].map(|proxy| proxy.parse().unwrap());
        let base_path = "/papers".parse().unwrap();
        let settings = Settings { trusted_proxies: trusted.to_vec(), base_path, ..Settings::default() };
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(HeaderName::from_static(name), value.parse().unwrap());
        }
        Seen::new(&settings, peer.parse().ok(), &map, &Uri::from_static("/feed.atom?q=x"))
    }

    #[test]
    fn links_name_the_requested_host() {
        let root = |headers: &[_]| of("192.0.2.1", headers).root();
        assert_eq!(root(&[("host", "127.0.0.1:7373")]), "http://127.0.0.1:7373/papers");
        assert_eq!(root(&[("host", "[::1]:7373")]), "http://[::1]:7373/papers");
        assert_eq!(root(&[]), "");
        assert_eq!(root(&[("host", "a b")]), "");
    }

    #[test]
    fn only_headers_of_trusted_proxies_are_used() {
        let headers = [
            ("host", "backend:7373"),
            ("x-forwarded-host", "evil.example, papers.example"),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-prefix", "/library/"),
            ("x-forwarded-for", "203.0.113.9"),
        ];
        for proxy in ["127.0.0.1", "::ffff:10.1.2.3", ""] {
            let seen = of(proxy, &headers);
            assert_eq!(seen.root(), "https://papers.example/library", "{proxy}");
            assert_eq!(seen.client, Some("203.0.113.9".parse().unwrap()), "{proxy}");
        }
        let seen = of("192.0.2.1", &headers);
        assert_eq!(seen.root(), "http://backend:7373/papers");
        assert_eq!(seen.client, Some("192.0.2.1".parse().unwrap()));
    }

    #[test]
    fn the_client_is_the_last_address_that_no_trusted_proxy_has() {
        let client = |headers: &[(&'static str, &'static str)]| of("127.0.0.1", headers).client.unwrap().to_string();
        let name = "x-forwarded-for";
        assert_eq!(client(&[(name, "1.1.1.1, 203.0.113.9, 10.0.0.2")]), "203.0.113.9", "1.1.1.1 is the client's claim");
        assert_eq!(client(&[(name, "1.1.1.1"), (name, "203.0.113.9:4711"), (name, "10.0.0.2")]), "203.0.113.9");
        assert_eq!(client(&[(name, "[2001:db8::1]:80")]), "2001:db8::1");
        assert_eq!(client(&[(name, "[2001:db8::1]")]), "2001:db8::1");
        assert_eq!(client(&[(name, "10.0.0.3, 10.0.0.2")]), "10.0.0.3", "all are proxies: the first");
        assert_eq!(client(&[(name, "203.0.113.9, unknown, 10.0.0.2")]), "10.0.0.2", "nothing is known beyond");
        assert_eq!(client(&[(name, "")]), "127.0.0.1");
        assert_eq!(client(&[]), "127.0.0.1");
    }
}
