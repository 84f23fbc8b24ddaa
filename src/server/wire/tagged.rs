//! Has the client just that already? Answers with a tag of what is in them (RFC 9110, section 13.1.2).

use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, IntoResponseParts, Response};

/// The body, or that it is still the one with this tag, which the client has. It is kept by the client, and asked for again each time
/// whether it is still right. `head` stands on both, for headers of the second take the place of those that were kept.
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

/// Whether a header names this tag (RFC 9110, section 13.1.2).
fn matches(header: &[u8], tag: &str) -> bool {
    let Ok(header) = std::str::from_utf8(header) else { return false };
    header.trim() == "*"
        || header.split(',').map(str::trim).any(|known| known.strip_prefix("W/").unwrap_or(known) == tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_found_among_others() {
        for header in ["*", "\"1-2\"", "W/\"1-2\"", "\"0-1\", \"1-2\"", " \"1-2\" ,\"x\""] {
            assert!(matches(header.as_bytes(), "\"1-2\""), "{header}");
        }
        for header in ["", "1-2", "\"1-20\"", "\"0-1\",\"1-3\"", "\"*\""] {
            assert!(!matches(header.as_bytes(), "\"1-2\""), "{header}");
        }
        assert!(!matches(b"\xff", "\"1-2\""));
    }
}
