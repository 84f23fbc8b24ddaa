//! Reads query strings, JSON bodies and ids in paths. Unknown fields are errors, because they are usually misspelt.

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::de::DeserializeOwned;

use super::problem::Problem;
use crate::paper::PaperId;

/// Maximum size of a JSON body, in bytes. A query has up to 20,000 characters, each up to 12 bytes if it is escaped.
const LARGEST_BODY: usize = 256 << 10;
/// Timeout for a body that is read as a whole.
const BODY_WITHIN: Duration = Duration::from_mins(1);

/// The parameters of a query string; those with a list may be repeated.
pub(crate) struct Parameters<T>(pub T);

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for Parameters<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let query = parts.uri.query().unwrap_or_default();
        serde_html_form::from_str(query).map(Self).map_err(|error| {
            Problem::bad_request(format!("the query string cannot be read: {error}")).hint(
                "give each parameter once, percent-encoded, as in `?q=deep%20nets&k=5`; only `id`, `unlike`, `category`, `author`, \
                 `organisation`, `venue`, `type`, `ids` and `fields` may be repeated",
            )
        })
    }
}

/// A JSON body.
pub(crate) struct Body<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Problem> {
        json_body(request, LARGEST_BODY, "{\"query\": \"deep nets\", \"k\": 5}").await.map(Self)
    }
}

/// Reads a JSON object of up to `most` bytes; the hint of an error shows the example.
pub(crate) async fn json_body<T: DeserializeOwned>(request: Request, most: usize, example: &str) -> Result<T, Problem> {
    let kind = content_type(request.headers());
    if kind != "application/json" {
        return Err(unexpected("`application/json`", &kind).hint("send the header `Content-Type: application/json`"));
    }
    let bytes = whole_body(request.into_body(), most).await?;
    // Read a map first, because serde would also accept an array of the fields in their order.
    let read = serde_json::from_slice::<serde_json::Map<_, _>>(&bytes);
    read.and_then(|fields| serde_json::from_value(fields.into())).map_err(|error| {
        Problem::bad_request(format!("the JSON body cannot be read: {error}"))
            .hint(format!("send an object like `{example}`"))
    })
}

/// The media type of a body without its parameters; empty if there is none.
pub(crate) fn content_type(headers: &HeaderMap) -> String {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// The error for a body of an unsupported media type.
pub(crate) fn unexpected(wanted: &str, kind: &str) -> Problem {
    let found = if kind.is_empty() { "none".to_owned() } else { format!("`{kind}`") };
    Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, format!("a body of {wanted} was expected, found {found}"))
}

/// Reads a body of up to `most` bytes, with a timeout.
pub(crate) async fn whole_body(body: axum::body::Body, most: usize) -> Result<Bytes, Problem> {
    match tokio::time::timeout(BODY_WITHIN, Limited::new(body, most).collect()).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            let most = if most < 1 << 20 { format!("{} KiB", most >> 10) } else { format!("{} MiB", most >> 20) };
            let problem = Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "the body is too large");
            Err(problem.hint(format!("the limit is {most}")))
        }
        Ok(Err(error)) => Err(Problem::bad_request(format!("the body cannot be read: {error}"))),
        Err(_) => {
            let problem = Problem::new(StatusCode::REQUEST_TIMEOUT, "the body was not received in time");
            Err(problem.hint(format!("send it within {} s", BODY_WITHIN.as_secs())))
        }
    }
}

/// The id of a paper in a path; a `/` in it is percent-encoded.
pub(crate) struct IdInPath(pub PaperId);

impl<S: Send + Sync> FromRequestParts<S> for IdInPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Path(text) = Path::<String>::from_request_parts(parts, state).await.map_err(|rejection| {
            Problem::new(rejection.status(), rejection.body_text()).hint("percent-encode ids as UTF-8")
        })?;
        Ok(Self(text.parse::<PaperId>()?))
    }
}
