//! `POST /v1/embeddings`: embeds texts, in the format of OpenAI's API.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::embed::{self, Fingerprint};
use crate::error::Error;
use crate::server::wire::embeddings::{Embedded, EmbeddingsAnswer, EmbeddingsRequest, Role, Usage, Vector};
use crate::server::wire::openai::Refusal;
use crate::server::wire::problem::Problem;
use crate::server::wire::request::{content_type, whole_body};
use crate::server::wire::responses::Refused;
use crate::server::work::aside;
use crate::server::work::service::Service;
use crate::server::work::writer::WriterState;

/// Number of texts embedded in one job. Long requests are split, so that they do not block others.
const TEXTS_AT_ONCE: usize = 128;
/// Maximum size of a body, in bytes.
const LARGEST_BODY: usize = 8 << 20;

/// Embed texts, in the format of OpenAI's API
///
/// The embeddings equal those of `paperkin embed` and are comparable with those of the papers.
#[utoipa::path(
    post,
    path = "/embeddings", operation_id = "embeddings",
    tag = "embeddings",
    request_body = EmbeddingsRequest,
    responses(
        (status = OK, description = "The embeddings", body = EmbeddingsAnswer),
        (status = NOT_FOUND, description = "The model is not served", body = Refusal),
        Refused,
    )
)]
pub(crate) async fn post(State(service): State<Service>, request: Request) -> Result<Response, Refusal> {
    if content_type(request.headers()) != "application/json" {
        let message = "expected a JSON body; send the header `Content-Type: application/json`";
        return Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, message));
    }
    let body = whole_body(request.into_body(), LARGEST_BODY).await?;
    // Parsing and serialising large bodies would block the threads of the async runtime.
    let request = Arc::new(aside(move || EmbeddingsRequest::read(&body)).await??);
    let mut embedded = Vec::new();
    let mut model = None;
    while embedded.len() < request.input.texts().len() {
        let (request, start) = (Arc::clone(&request), embedded.len());
        let (fingerprint, next) = service.writer().ask(move |state| embed(state, &request, start)).await??;
        if *model.get_or_insert_with(|| fingerprint.clone()) != fingerprint {
            let message = "the model of the store changed during the request; retry";
            return Err(Refusal::new(StatusCode::SERVICE_UNAVAILABLE, message));
        }
        embedded.extend(next);
    }
    let model = model.map(|fingerprint| fingerprint.model).unwrap_or_default();
    let answer = aside(move || written(model, embedded, &request)).await??;
    Ok(([(header::CONTENT_TYPE, "application/json")], answer).into_response())
}

/// Embeds up to [`TEXTS_AT_ONCE`] texts from index `start` on. Returns the fingerprint of the model, too.
fn embed(
    state: &mut WriterState,
    request: &EmbeddingsRequest,
    start: usize,
) -> Result<Result<(Fingerprint, Vec<embed::Embedded>), Refusal>, Error> {
    let embedder = state.embedder()?;
    if let Err(refusal) = request.check(embedder) {
        return Ok(Err(refusal));
    }
    let role = match request.role {
        Some(Role::Query) => embed::Role::Query,
        Some(Role::Passage) | None => embed::Role::Passage,
    };
    let texts = &request.input.texts()[start..];
    let vectors = embedder.embed(role, &texts[..texts.len().min(TEXTS_AT_ONCE)])?;
    Ok(Ok((embedder.fingerprint().clone(), vectors)))
}

/// The body of the response.
fn written(model: String, embedded: Vec<embed::Embedded>, request: &EmbeddingsRequest) -> Result<Vec<u8>, Problem> {
    let tokens = embedded.iter().map(|embedded| embedded.tokens).sum();
    let truncated_texts = embedded.iter().filter(|embedded| embedded.truncated).count();
    let data = embedded.into_iter().enumerate().map(|(index, embedded)| {
        let embedding = match request.dimensions {
            Some(dimension) if dimension < embedded.embedding.as_slice().len() => embedded.embedding.cut(dimension)?,
            _ => embedded.embedding,
        };
        Ok(Embedded { object: "embedding", index, embedding: Vector::new(&embedding, request.encoding_format) })
    });
    let answer = EmbeddingsAnswer {
        object: "list",
        data: data.collect::<Result<_, Error>>()?,
        model,
        usage: Usage { prompt_tokens: tokens, total_tokens: tokens, truncated_texts },
    };
    serde_json::to_vec(&answer).map_err(|error| Problem::internal(error.to_string()))
}
