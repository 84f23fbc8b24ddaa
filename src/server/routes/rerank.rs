//! `POST /rerank` and `POST /v1/rerank`: how relevant are texts to a query? By the cross-encoder that the service has loaded, in the
//! formats of text-embeddings-inference, and of Cohere and Jina.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;

use crate::server::wire::openai::{Refusal, is_served};
use crate::server::wire::problem::Problem;
use crate::server::wire::request::json_body;
use crate::server::wire::rerank::{
    Document, RankedDocument, RankedText, RerankAnswer, RerankDocuments, RerankTexts, Text, checked,
};
use crate::server::wire::responses::Refused;
use crate::server::work::service::Service;

/// Maximum size of a body, in bytes.
const LARGEST_BODY: usize = 8 << 20;
/// Number of texts scored in one job. Long requests are split, so that they do not block others.
const TEXTS_AT_ONCE: usize = 32;

/// Score texts for a query, in the format of text-embeddings-inference
///
/// The best text is first.
#[utoipa::path(
    post,
    path = "/rerank", operation_id = "rerank_texts",
    tag = "embeddings",
    request_body = RerankTexts,
    responses(
        (status = OK, description = "The texts by descending score", body = Vec<RankedText>),
        (status = BAD_REQUEST, description = "A parameter is invalid", body = Problem, content_type = "application/problem+json"),
        (status = NOT_FOUND, description = "No cross-encoder is loaded", body = Problem, content_type = "application/problem+json"),
        (status = PAYLOAD_TOO_LARGE, description = "The body exceeds 8 MiB", body = Problem, content_type = "application/problem+json"),
        (status = UNSUPPORTED_MEDIA_TYPE, description = "The body is not JSON", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn texts(State(service): State<Service>, request: Request) -> Result<Json<Vec<RankedText>>, Problem> {
    let RerankTexts { query, texts, raw_scores, return_text, .. } =
        json_body(request, LARGEST_BODY, "{\"query\": \"deep nets\", \"texts\": [\"On nets\"]}").await?;
    checked("texts", &query, texts.len())?;
    let texts = Arc::new(texts);
    let scores = scored(&service, query, &texts, !raw_scores).await?;
    let ranked = best_first(scores).map(|(index, score)| {
        let text = return_text.then(|| texts[index].clone());
        RankedText { index, score, text }
    });
    Ok(Json(ranked.collect()))
}

/// Score documents for a query, in the format of Cohere and Jina
///
/// The best document is first.
#[utoipa::path(
    post,
    path = "/rerank", operation_id = "rerank_documents",
    tag = "embeddings",
    request_body = RerankDocuments,
    responses(
        (status = OK, description = "The documents by descending score", body = RerankAnswer),
        (status = NOT_FOUND, description = "No cross-encoder is loaded, or another one", body = Refusal),
        Refused,
    )
)]
pub(crate) async fn documents(State(service): State<Service>, request: Request) -> Result<Json<RerankAnswer>, Refusal> {
    let RerankDocuments { query, documents, model: wanted, top_n, return_documents, .. } =
        json_body(request, LARGEST_BODY, "{\"query\": \"deep nets\", \"documents\": [\"On nets\"]}").await?;
    checked("documents", &query, documents.len())?;
    let model =
        service.workers().ask(|searcher| Ok(searcher.reranker().map(|reranker| reranker.name().to_owned()))).await?;
    let model = model.ok_or_else(no_cross_encoder)?;
    if let Some(wanted) = wanted.filter(|wanted| !is_served(wanted, &model)) {
        return Err(Refusal::unknown_model(&wanted, &model));
    }
    let texts: Arc<Vec<String>> = Arc::new(documents.into_iter().map(Document::into_text).collect());
    let scores = scored(&service, query, &texts, true).await?;
    let ranked = best_first(scores).take(top_n.unwrap_or(usize::MAX)).map(|(index, relevance_score)| {
        let document = return_documents.then(|| Text { text: texts[index].clone() });
        RankedDocument { index, relevance_score, document }
    });
    Ok(Json(RerankAnswer { model, results: ranked.collect() }))
}

fn no_cross_encoder() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "no cross-encoder is loaded")
        .hint("use a service that was started with `serve --rerank`")
}

/// The score of each text; with `as_share` from 0 to 1, else as the model gives it.
async fn scored(
    service: &Service,
    query: String,
    texts: &Arc<Vec<String>>,
    as_share: bool,
) -> Result<Vec<f32>, Problem> {
    let query = Arc::new(query);
    let mut scores = Vec::with_capacity(texts.len());
    while scores.len() < texts.len() {
        let (query, texts, start) = (Arc::clone(&query), Arc::clone(texts), scores.len());
        let part = service.workers().ask_watched(move |searcher, progress| {
            let Some(reranker) = searcher.reranker() else { return Ok(None) };
            let texts = &texts[start..texts.len().min(start + TEXTS_AT_ONCE)];
            let mut scores = reranker.scores(&query, texts, progress)?;
            if as_share {
                for score in &mut scores {
                    *score = reranker.share(*score);
                }
            }
            Ok(Some(scores))
        });
        scores.extend(part.await?.ok_or_else(no_cross_encoder)?);
    }
    Ok(scores)
}

/// The places of scores with the scores, the largest first.
fn best_first(scores: Vec<f32>) -> impl Iterator<Item = (usize, f32)> {
    let mut ranked: Vec<(usize, f32)> = scores.into_iter().enumerate().collect();
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    ranked.into_iter()
}
