//! What do programs get that were written for OpenAI's API? Errors of its form, and models by its names.

use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::problem::Problem;
use crate::server::work::error::WorkError;

/// An error in the form of OpenAI's API
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Refusal {
    error: Refused,
    #[serde(skip)]
    status: StatusCode,
}

/// What was wrong
#[derive(Debug, Serialize, ToSchema)]
struct Refused {
    /// What was wanted, what was found and what to do
    message: String,
    /// `invalid_request_error` for what the client can change, `server_error` for the rest
    #[serde(rename = "type")]
    kind: &'static str,
    /// The field that is meant
    param: Option<String>,
    /// The same for programs
    code: Option<&'static str>,
}

impl Refusal {
    /// An error, of the kind that its status means.
    pub fn new(status: StatusCode, message: impl Into<String>) -> Self {
        let kind = match status.as_u16() {
            401 => "authentication_error",
            403 => "permission_error",
            429 => "rate_limit_error",
            500.. => "server_error",
            _ => "invalid_request_error",
        };
        Self { error: Refused { message: message.into(), kind, param: None, code: None }, status }
    }

    /// A field that has not the value that it should have.
    pub fn of(param: impl Into<String>, code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message).about(param, code)
    }

    /// Says which field is meant, and what is wrong with it.
    fn about(mut self, param: impl Into<String>, code: &'static str) -> Self {
        (self.error.param, self.error.code) = (Some(param.into()), Some(code));
        self
    }

    /// Another model is served.
    pub fn unknown_model(wanted: &str, served: &str) -> Self {
        let message = format!("the model `{wanted}` is not served here; ask for `{served}`");
        Self::new(StatusCode::NOT_FOUND, message).about("model", "model_not_found")
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self::new(problem.status(), problem.told())
    }
}

impl From<WorkError> for Refusal {
    fn from(error: WorkError) -> Self {
        Problem::from(error).into()
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            return (self.status, [(header::RETRY_AFTER, "1")], Json(self)).into_response();
        }
        (self.status, Json(self)).into_response()
    }
}

/// Whether a client means this model: by its name, or by the one that it has on the hub, `owner/name`, whatever the case.
pub(crate) fn is_served(wanted: &str, served: &str) -> bool {
    let name = wanted.rsplit('/').next().unwrap_or(wanted);
    wanted.eq_ignore_ascii_case(served) || name.eq_ignore_ascii_case(served)
}

#[cfg(test)]
mod tests {
    use super::is_served;

    #[test]
    fn a_model_is_known_by_its_name_with_or_without_an_owner() {
        for wanted in ["all-MiniLM-L6-v2", "sentence-transformers/all-MiniLM-L6-v2", "ALL-MINILM-L6-V2"] {
            assert!(is_served(wanted, "all-MiniLM-L6-v2"), "{wanted}");
        }
        for wanted in ["", "text-embedding-3-small", "all-MiniLM-L12-v2", "all-MiniLM-L6-v2/"] {
            assert!(!is_served(wanted, "all-MiniLM-L6-v2"), "{wanted}");
        }
    }
}
