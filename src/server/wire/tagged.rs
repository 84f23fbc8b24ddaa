//! Conditional requests: responses with an `ETag`, and 304 if the client has the current one (RFC 9110, section 13.1.2).

use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, IntoResponseParts, Response};

/// The body with its tag, or 304 if the request names this tag. Clients may cache the body but must revalidate it. `head` is
/// part of both responses, because the headers of a 304 replace the cached ones.
pub(crate) fn tagged(wanted: &HeaderMap, tag: &str, head: impl IntoResponseParts, body: impl IntoResponse) -> Response {
    let tag = format!("\"{tag}\"");
    let is_known = wanted.get_all(header::IF_NONE_MATCH).iter().any(|known| matches(known.as_bytes(), &tag));
    let caching = [(header::ETAG, tag.as_str()), (header::CACHE_CONTROL, "no-cache")];
    if is_known {
        (StatusCode::NOT_MODIFIED, head, caching).into_response()
    } else {
        (head, caching, body).into_response()
    }
}

/// Whether an `If-None-Match` header names this tag.
fn matches(header: &[u8], tag: &str) -> bool {
    let Ok(header) = std::str::from_utf8(header) else { return false };
    header.trim() == "*"
        || header.split(',').map(str::trim).any(|known| known.strip_prefix("W/").unwrap_or(known) == tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_matches_in_a_list_and_as_a_weak_tag() {
        for header in ["*", "\"1-2\"", "W/\"1-2\"", "\"0-1\", \"1-2\"", " \"1-2\" ,\"x\""] {
            assert!(matches(header.as_bytes(), "\"1-2\""), "{header}");
        }
        for header in ["", "1-2", "\"1-20\"", "\"0-1\",\"1-3\"", "\"*\""] {
            assert!(!matches(header.as_bytes(), "\"1-2\""), "{header}");
        }
        assert!(!matches(b"\xff", "\"1-2\""));
    }
}
