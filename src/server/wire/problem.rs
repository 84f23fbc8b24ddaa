//! Errors as problem details for HTTP APIs (RFC 9457), with hints for API clients.

use std::time::Duration;

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::Error;
use crate::server::work::error::WorkError;

/// An error, as problem details (RFC 9457)
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Problem {
    /// Always `about:blank`
    #[serde(rename = "type")]
    kind: &'static str,
    /// Meaning of the status
    title: &'static str,
    status: u16,
    /// What was expected and what was found
    detail: String,
    /// What to do
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
}

impl Problem {
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self {
            kind: "about:blank",
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            detail: detail.into(),
            hint: None,
        }
    }

    /// A problem from an error of the library.
    pub fn of(status: StatusCode, error: &Error) -> Self {
        Self::new(status, error.to_string()).hint(hint(error))
    }

    pub fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    pub fn internal(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, detail).hint("retry; if the error persists, report it")
    }

    fn unanswered() -> Self {
        Self::internal("internal error: the request was not completed")
    }

    fn busy() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "too many requests are waiting").hint("retry in 1 s")
    }

    pub fn late(deadline: Duration) -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            format!("the request was not completed within {} s", deadline.as_secs_f32()),
        )
        .hint("retry when the load is lower")
    }

    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// Detail and hint on one line.
    pub fn told(&self) -> String {
        let hint = self.hint.as_ref().map(|hint| format!("; {hint}"));
        format!("{}{}", self.detail, hint.unwrap_or_default())
    }

    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let status = match error {
            Error::EmptyQuery
            | Error::QueryTooLong { .. }
            | Error::BadK { .. }
            | Error::NoIds
            | Error::SamePaper { .. }
            | Error::NoReranker
            | Error::BadRerankDepth { .. }
            | Error::BadFilter { .. }
            | Error::TooManyValues { .. }
            | Error::DatesReversed { .. }
            | Error::BadDiversity { .. } => StatusCode::BAD_REQUEST,
            Error::UnknownPaper { .. } => StatusCode::NOT_FOUND,
            Error::AmbiguousId { .. } | Error::NotMerged { .. } => StatusCode::CONFLICT,
            Error::StoreReadOnly { .. } => StatusCode::FORBIDDEN,
            Error::StoreLocked { .. } | Error::ModelMissing { .. } | Error::ServerAway { .. } => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Error::OnlyInFolder { .. } => StatusCode::NOT_IMPLEMENTED,
            Error::DiskFull { .. } => StatusCode::INSUFFICIENT_STORAGE,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        if status.is_server_error() && status != StatusCode::NOT_IMPLEMENTED {
            // The client may not be the one who can correct it.
            tracing::warn!(%error, "a request failed");
        }
        Self::of(status, &error)
    }
}

/// The hint for a client, in terms of parameters, which have the same names in HTTP and MCP; otherwise the library's hint.
fn hint(error: &Error) -> String {
    match error {
        Error::NoReranker => "omit `rerank`, or use a service that has a cross-encoder loaded".into(),
        Error::BadRerankDepth { limit, .. } => format!("set `rerank_depth` to a number from 1 to {limit}"),
        Error::BadK { limit, .. } => format!("set `k` to a number from 1 to {limit}"),
        Error::NoIds => "pass at least one `id`, or a `text`".into(),
        Error::ModelMissing { name, .. } => {
            format!("search with `mode=lexical`, or run `paperkin models pull {name}` on the machine of the service")
        }
        Error::EmptyStore { .. } => "add papers with `POST /api/v1/papers`".into(),
        Error::StoreReadOnly { .. } => "searching works; to write, give the service write access to its store".into(),
        Error::StoreOverwritten { .. } => "send the request again when the other process has finished".into(),
        Error::StoreLocked { .. } => "wait until it has finished, then send the request again".into(),
        Error::ServerAway { .. } => "send the request again when the server is back".into(),
        Error::DiskFull { .. } => "free disk space, then send the request again; committed papers are safe".into(),
        error => error.hint(),
    }
}

impl From<WorkError> for Problem {
    fn from(error: WorkError) -> Self {
        match error {
            WorkError::Busy => Self::busy(),
            WorkError::Lost => Self::unanswered(),
            WorkError::Failed(error) => error.into(),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.status();
        let body = serde_json::to_string(&self).unwrap_or_default();
        let kind = [(header::CONTENT_TYPE, "application/problem+json")];
        if status == StatusCode::SERVICE_UNAVAILABLE {
            return (status, kind, [(header::RETRY_AFTER, "1")], body).into_response();
        }
        (status, kind, body).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn store_errors_have_hints_for_api_clients() {
        let dir = || "index".into();
        for (error, status, wanted) in [
            (Error::StoreLocked { dir: dir(), holder: None, waited_s: 10 }, 503, "send the request again"),
            (
                Error::ServerAway { address: "milvus://db".into(), reason: "refused".into() },
                503,
                "when the server is back",
            ),
            (Error::DiskFull { dir: dir(), source: "no space left on device".into() }, 507, "send the request again"),
            (
                Error::StoreReadOnly { dir: dir(), source: "read-only file system".into() },
                403,
                "give the service write access",
            ),
        ] {
            let problem = Problem::from(error);
            assert_eq!(problem.status, status);
            assert!(problem.told().contains(wanted), "{}", problem.told());
        }
    }
}
