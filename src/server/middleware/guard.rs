//! Checks of the `Host` and `Origin` headers, against DNS rebinding and cross-site requests from browsers.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::forwarded::Seen;
use crate::server::proxy::ip_address;
use crate::server::settings::Settings;
use crate::server::wire::problem::Problem;
use crate::server::work::service::Service;

/// Rejects requests for other hosts, and requests from pages of other origins that write or use MCP.
pub(crate) async fn guard(State(service): State<Service>, request: Request, next: Next) -> Response {
    match check(service.settings(), &request) {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

fn check(settings: &Settings, request: &Request) -> Result<(), Problem> {
    text(request.headers(), &header::HOST)?;
    let seen = request.extensions().get::<Seen>();
    let host = seen.and_then(|seen| seen.host.as_deref());
    if let Some(host) = host
        && !is_ours(settings, host)
    {
        let problem = Problem::new(StatusCode::MISDIRECTED_REQUEST, format!("the host `{host}` is not allowed"));
        return Err(problem.hint("use the IP address of the service, or start it with `--host` and this name"));
    }
    let writes = !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if !writes && !request.uri().path().starts_with("/mcp") {
        return Ok(());
    }
    let Some(origin) = text(request.headers(), &header::ORIGIN)? else { return Ok(()) };
    if is_same(origin, host) || settings.cors.iter().any(|allowed| allowed == "*" || allowed == origin) {
        return Ok(());
    }
    let problem = Problem::new(StatusCode::FORBIDDEN, format!("pages of `{origin}` are not allowed to do this"));
    Err(problem.hint("start the service with `--cors` and this origin"))
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, Problem> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(Problem::bad_request(format!("the header `{name}` was sent twice")).hint("send it once"));
    }
    value.to_str().map(Some).map_err(|_| Problem::bad_request(format!("the header `{name}` is not visible ASCII text")))
}

/// Whether this is a name of the service. Any IP address is accepted, because DNS rebinding needs a host name.
fn is_ours(settings: &Settings, host: &str) -> bool {
    let Some(name) = without_port(host) else { return false };
    let is_address = ip_address(name).is_some();
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    is_address
        || name == "localhost"
        || name.ends_with(".localhost")
        || settings.hosts.iter().any(|ours| ours.trim_end_matches('.').eq_ignore_ascii_case(&name))
}

/// The host without its port, which follows the last colon outside an IPv6 address; `None` if it is not a host.
fn without_port(host: &str) -> Option<&str> {
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !port.contains(']') && (name.ends_with(']') || !name.contains(':')) => (name, port),
        _ => (host, ""),
    };
    let is_bracketed = name.starts_with('[') && name.ends_with(']');
    let is_name =
        !name.starts_with('.') && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte));
    ((is_bracketed || is_name) && port.bytes().all(|byte| byte.is_ascii_digit())).then_some(name)
}

/// Whether an origin is this service itself.
fn is_same(origin: &str, host: Option<&str>) -> bool {
    let of = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
    of.is_some_and(|of| host.is_some_and(|host| of.eq_ignore_ascii_case(host)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_localhost_and_allowed_names_are_accepted() {
        let settings = Settings { hosts: vec!["papers.example".to_owned()], ..Settings::default() };
        for host in [
            "127.0.0.1:7373",
            "127.0.0.1",
            "[::1]:7373",
            "[::1]",
            "192.0.2.7:80",
            "localhost:7373",
            "LOCALHOST",
            "a.localhost",
            "papers.example",
            "Papers.Example.:8080",
        ] {
            assert!(is_ours(&settings, host), "{host}");
        }
        for host in [
            "evil.example",
            "127.0.0.1.evil.example",
            "localhost.evil.example:7373",
            "",
            ":80",
            "papers.example.org",
            "localhost:7373@evil.example",
            "127.0.0.1:evil.example",
            "localhost@evil",
            "[::1",
            ".localhost",
            "evil.example/.localhost",
            "a b.localhost",
        ] {
            assert!(!is_ours(&settings, host), "{host}");
        }
    }

    #[test]
    fn an_origin_matches_only_the_same_host_and_port() {
        assert!(is_same("http://127.0.0.1:7373", Some("127.0.0.1:7373")));
        assert!(is_same("https://papers.example", Some("papers.example")));
        for (origin, host) in [
            ("http://127.0.0.1:7374", Some("127.0.0.1:7373")),
            ("http://evil.example", Some("127.0.0.1:7373")),
            ("null", Some("null")),
            ("http://x", None),
        ] {
            assert!(!is_same(origin, host), "{origin}");
        }
    }
}
