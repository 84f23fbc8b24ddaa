//! How do programs that were written for OpenAI's API find their way? Errors below `/v1` have its form, and `/v1/models` names the
//! model.

use axum::Json;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::search::Searcher;
use crate::server::wire::problem::Problem;
use crate::server::work::workers::Workers;

/// Problem details are shorter than this.
const LONGEST_PROBLEM: usize = 64 << 10;

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

    pub fn about(mut self, param: impl Into<String>, code: &'static str) -> Self {
        (self.error.param, self.error.code) = (Some(param.into()), Some(code));
        self
    }

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

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            return (self.status, [(header::RETRY_AFTER, "1")], Json(self)).into_response();
        }
        (self.status, Json(self)).into_response()
    }
}

/// Gives errors below `/v1` that come from elsewhere, as that nothing is at an address, the form that is expected there.
pub(crate) async fn errors(request: Request, next: Next) -> Response {
    let is_below = request.uri().path() == "/v1" || request.uri().path().starts_with("/v1/");
    let response = next.run(request).await;
    let kind = response.headers().get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    if !is_below || kind != Some(b"application/problem+json") {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let problem = to_bytes(body, LONGEST_PROBLEM).await.unwrap_or_default();
    let problem: Value = serde_json::from_slice(&problem).unwrap_or_default();
    let told = [&problem["detail"], &problem["hint"]].into_iter().filter_map(Value::as_str).collect::<Vec<_>>();
    let refusal = Refusal::new(parts.status, told.join("; "));
    // Its other headers stay, as when to ask again.
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Response::from_parts(parts, Body::from(serde_json::to_vec(&refusal).unwrap_or_default()))
}

/// Whether a client means this model: by its name, or by the one that it has on the hub, `owner/name`, whatever the case.
pub(crate) fn is_served(wanted: &str, served: &str) -> bool {
    let name = wanted.rsplit('/').next().unwrap_or(wanted);
    wanted.eq_ignore_ascii_case(served) || name.eq_ignore_ascii_case(served)
}

/// The name of the model that embeds.
pub(super) fn served(searcher: &Searcher) -> crate::Result<String> {
    Ok(searcher.embedder()?.fingerprint().model.clone())
}

/// The models that are served
#[derive(Serialize, ToSchema)]
pub(crate) struct Models {
    /// `list`
    object: &'static str,
    data: Vec<Model>,
}

/// A model that is served
#[derive(Serialize, ToSchema)]
pub(crate) struct Model {
    id: String,
    /// `model`
    object: &'static str,
    /// Not known: 0
    created: u64,
    owned_by: &'static str,
}

impl Model {
    fn new(id: String) -> Self {
        Self { id, object: "model", created: 0, owned_by: "paperkin" }
    }
}

/// The model that embeds papers and questions here
#[utoipa::path(get, path = "/models", operation_id = "models", tag = "embeddings", responses((status = OK, description = "The model that is served", body = Models)))]
pub(crate) async fn models(State(workers): State<Workers>) -> Result<Json<Models>, Refusal> {
    let served = workers.ask(served).await?;
    Ok(Json(Models { object: "list", data: vec![Model::new(served)] }))
}

/// Whether a model is served
#[utoipa::path(
    get,
    path = "/models/{model}", operation_id = "model",
    tag = "embeddings",
    params(("model" = String, Path, description = "Its name, its `/` written `%2F`")),
    responses(
        (status = OK, description = "The model that is served", body = Model),
        (status = NOT_FOUND, description = "Another model is served", body = Refusal),
    )
)]
pub(crate) async fn model(State(workers): State<Workers>, Path(model): Path<String>) -> Result<Json<Model>, Refusal> {
    let served = workers.ask(served).await?;
    if !is_served(&model, &served) {
        return Err(Refusal::unknown_model(&model, &served));
    }
    Ok(Json(Model::new(served)))
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
