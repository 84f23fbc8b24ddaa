//! The service behind reverse proxies: below a path prefix, and with the headers that say what the client asked.

use std::num::NonZeroU32;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use paperkin::server::Settings;
use serde_json::json;

use crate::support::http::{self, Answer, get, service};

/// The response to a request of a client of the Unix socket.
fn asked(router: &Router, method: &str, address: &str, headers: &[(&str, &str)]) -> Answer {
    let request = headers
        .iter()
        .fold(Request::builder().method(method).uri(address), |request, (name, value)| request.header(*name, *value));
    http::call(router, request.body(Body::empty()).unwrap())
}

#[test]
fn all_routes_are_below_the_base_path() {
    let folder = tempfile::tempdir().unwrap();
    let router = service(folder.path(), Settings { base_path: "/my/papers".parse().unwrap(), ..Settings::default() });
    // A proxy keeps the prefix, or removes it.
    for prefix in ["/my/papers", ""] {
        for route in ["/", "/map", "/page/page.js", "/api/v1/status", "/v1/models", "/feed.atom?q=x", "/healthz"] {
            assert_eq!(get(&router, &format!("{prefix}{route}")).status, StatusCode::OK, "{prefix}{route}");
        }
    }
    let foreign = asked(&router, "GET", "/my/papers", &[("host", "evil.example")]);
    assert_eq!(foreign.status, StatusCode::MISDIRECTED_REQUEST);
    let to_slash = get(&router, "/my/papers?q=a%20b");
    assert_eq!((to_slash.status, to_slash.header("location")), (StatusCode::PERMANENT_REDIRECT, "papers/?q=a%20b"));
    let slash = get(&router, "/my/papers/map/");
    assert_eq!((slash.status, slash.header("location")), (StatusCode::PERMANENT_REDIRECT, "../map"));
    assert_eq!(get(&router, "/my/papers2").status, StatusCode::NOT_FOUND);
    let unknown = get(&router, "/my/papers/nowhere");
    assert!(
        unknown.body.contains("`/my/papers/nowhere`") && unknown.body.contains("`/my/papers/docs`"),
        "{}",
        unknown.body
    );
    assert_eq!(get(&router, "/my/papers/openapi.json").json()["servers"], json!([{ "url": "/my/papers" }]));
    let feed = asked(&router, "GET", "/my/papers/feed.atom?q=x", &[("host", "127.0.0.1")]);
    assert!(feed.body.contains("href=\"http://127.0.0.1/my/papers/?q=x\""), "{}", feed.body);
    // Checks of routes hold below the prefix too.
    let foreign = [("host", "127.0.0.1"), ("origin", "https://evil.example")];
    assert_eq!(asked(&router, "GET", "/my/papers/mcp", &foreign).status, StatusCode::FORBIDDEN);
    assert!(get(&router, "/my/papers/v1/nowhere").json()["error"]["message"].is_string());
}

#[test]
fn headers_of_trusted_proxies_name_host_scheme_and_prefix() {
    let folder = tempfile::tempdir().unwrap();
    let hosts = vec!["papers.example".to_owned()];
    let trusted_proxies = vec!["unix".parse().unwrap()];
    let trusting = Settings { hosts: hosts.clone(), trusted_proxies, ..Settings::default() };
    let trusting = service(&folder.path().join("trusting"), trusting);
    let wary = service(&folder.path().join("wary"), Settings { hosts, ..Settings::default() });
    let headers = [
        ("host", "127.0.0.1:7373"),
        ("x-forwarded-host", "papers.example"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-prefix", "/library"),
    ];
    let link = |router: &Router| {
        let feed = asked(router, "GET", "/feed.atom?q=x", &headers);
        assert_eq!(feed.status, StatusCode::OK, "{}", feed.body);
        feed.body.split("href=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap().to_owned()
    };
    assert_eq!(link(&trusting), "https://papers.example/library/feed.atom?q=x");
    assert_eq!(link(&wary), "http://127.0.0.1:7373/feed.atom?q=x");
    let described = asked(&trusting, "GET", "/openapi.json", &headers).json();
    assert_eq!(described["servers"], json!([{ "url": "/library" }]));

    // A page of the forwarded host is of the same origin, and other host names are rejected.
    let own = [&headers[..], &[("origin", "https://papers.example")]].concat();
    assert_ne!(asked(&trusting, "GET", "/mcp", &own).status, StatusCode::FORBIDDEN);
    assert_eq!(asked(&wary, "GET", "/mcp", &own).status, StatusCode::FORBIDDEN);
    let rebound = [("host", "127.0.0.1:7373"), ("x-forwarded-host", "evil.example")];
    assert_eq!(asked(&trusting, "GET", "/", &rebound).status, StatusCode::MISDIRECTED_REQUEST);
    assert_eq!(
        asked(&wary, "GET", "http://evil.example/", &[("host", "localhost")]).status,
        StatusCode::MISDIRECTED_REQUEST
    );
    for host in ["evil example", "", "127.0.0.1.evil.example", "localhost:7373@evil.example"] {
        assert_eq!(asked(&wary, "GET", "/", &[("host", host)]).status, StatusCode::MISDIRECTED_REQUEST, "{host}");
    }
}

#[test]
fn the_rate_limit_counts_clients_of_trusted_proxies() {
    let folder = tempfile::tempdir().unwrap();
    let rate_limit = NonZeroU32::new(1);
    let trusted_proxies = vec!["unix".parse().unwrap()];
    let router = service(folder.path(), Settings { rate_limit, trusted_proxies, ..Settings::default() });
    let status = |client: &str| asked(&router, "GET", "/api/v1/status", &[("x-forwarded-for", client)]).status;
    // However slow the machine is, one of these follows within a second of the one before.
    assert!((0..1_000).any(|_| status("203.0.113.9") == StatusCode::TOO_MANY_REQUESTS));
    assert_eq!(status("203.0.113.10"), StatusCode::OK);
    assert_eq!(status("203.0.113.9, 203.0.113.11"), StatusCode::OK, "the first address is a claim of the client");
}
