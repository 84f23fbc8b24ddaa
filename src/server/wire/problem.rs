//! What does an error look like over HTTP? Problem details for HTTP APIs (RFC 9457), with hints that fit a
//! client.

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
    /// `about:blank`: no page describes the problem further than its title
    #[serde(rename = "type")]
    kind: &'static str,
    /// What the status means
    title: &'static str,
    status: u16,
    /// What was wanted and what was found
    detail: String,
    /// What to do about it
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

    /// What an error of the library is to a client.
    pub fn of(status: StatusCode, error: &Error) -> Self {
        Self::new(status, error.to_string()).hint(hint(error))
    }

    pub fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    pub fn internal(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, detail).hint("ask again; if it stays, it is worth reporting")
    }

    fn unanswered() -> Self {
        Self::internal("the work ended without an answer")
    }

    fn busy() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "too many requests are waiting").hint("ask again in a second")
    }

    pub fn late(deadline: Duration) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, format!("no answer was found within {} s", deadline.as_secs_f32()))
            .hint("ask again when there is less to do")
    }

    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// What happened and what to do, as one line.
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
            | Error::NoReranker
            | Error::BadFilter { .. }
            | Error::DatesReversed { .. }
            | Error::BadDiversity { .. } => StatusCode::BAD_REQUEST,
            Error::UnknownPaper { .. } => StatusCode::NOT_FOUND,
            Error::StoreReadOnly { .. } => StatusCode::FORBIDDEN,
            Error::StoreLocked { .. } | Error::StoreOverwritten { .. } => StatusCode::SERVICE_UNAVAILABLE,
            Error::DiskFull { .. } => StatusCode::INSUFFICIENT_STORAGE,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Self::of(status, &error)
    }
}

/// What a client can do about it, in terms of parameters, which HTTP and MCP name alike; where those do not help, the library's
/// hint.
fn hint(error: &Error) -> String {
    match error {
        Error::NoReranker => "leave `rerank` out, or use a service that has one".into(),
        Error::BadK { limit, .. } => format!("set `k` to a number from 1 to {limit}"),
        Error::NoIds => "pass at least one `id`, or a `text`".into(),
        Error::EmptyStore { .. } => "add papers with `POST /api/v1/papers`".into(),
        Error::StoreReadOnly { .. } => "searching works; to write, give the service write access to its store".into(),
        Error::StoreOverwritten { .. } => "send the request again when the other process has finished".into(),
        Error::StoreLocked { .. } => "wait until it has finished, then send the request again".into(),
        Error::DiskFull { .. } => {
            "make room on the disk, then send the request again; what was committed is safe".into()
        }
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
    fn hints_of_a_store_that_refuses_are_for_who_sent_the_request() {
        let dir = || "index".into();
        for (error, status, wanted) in [
            (Error::StoreLocked { dir: dir(), holder: None, waited_s: 10 }, 503, "send the request again"),
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
