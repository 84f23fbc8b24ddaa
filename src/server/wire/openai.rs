//! Errors and model names in the format of OpenAI's API.

use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::problem::Problem;
use crate::server::work::error::WorkError;

/// An error in the format of OpenAI's API
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Refusal {
    error: Refused,
    #[serde(skip)]
    status: StatusCode,
}

/// The details of an error
#[derive(Debug, Serialize, ToSchema)]
struct Refused {
    /// The error message, with a hint
    message: String,
    /// `invalid_request_error` if the request must be changed, `server_error` for errors of the service
    #[serde(rename = "type")]
    kind: &'static str,
    /// The invalid field of the request
    param: Option<String>,
    /// Code of the error, for programs
    code: Option<&'static str>,
}

impl Refusal {
    /// An error whose type follows from its status.
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

    /// An error about the value of a field.
    pub fn of(param: impl Into<String>, code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message).about(param, code)
    }

    /// Sets the invalid field and the code.
    fn about(mut self, param: impl Into<String>, code: &'static str) -> Self {
        (self.error.param, self.error.code) = (Some(param.into()), Some(code));
        self
    }

    /// The requested model is not served.
    pub fn unknown_model(wanted: &str, served: &str) -> Self {
        let message = format!("the model `{wanted}` is not served here; use `{served}`");
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

/// Whether a requested name is the served model: its name, or `owner/name` as on the model hub, in any case.
pub(crate) fn is_served(wanted: &str, served: &str) -> bool {
    let name = wanted.rsplit('/').next().unwrap_or(wanted);
    wanted.eq_ignore_ascii_case(served) || name.eq_ignore_ascii_case(served)
}

#[cfg(test)]
mod tests {
    use super::is_served;

    #[test]
    fn a_model_is_named_with_or_without_an_owner() {
        for wanted in ["all-MiniLM-L6-v2", "sentence-transformers/all-MiniLM-L6-v2", "ALL-MINILM-L6-V2"] {
            assert!(is_served(wanted, "all-MiniLM-L6-v2"), "{wanted}");
        }
        for wanted in ["", "text-embedding-3-small", "all-MiniLM-L12-v2", "all-MiniLM-L6-v2/"] {
            assert!(!is_served(wanted, "all-MiniLM-L6-v2"), "{wanted}");
        }
    }
}
