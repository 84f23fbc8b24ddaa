//! `/api/v1/search` and `/api/v1/related`: ranked papers.

use std::fmt;

use axum::Json;
use axum::extract::State;
use serde::de::{Unexpected, Visitor};
use serde::{Deserialize, Deserializer};

use super::problem::Problem;
use super::request::{Body, IdInPath, Parameters};
use super::workers::Workers;
use crate::paper::PaperId;
use crate::search::{Answer, DEFAULT_K, MAX_K, Query, checked_k};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SearchRequest {
    #[serde(default, alias = "q")]
    query: String,
    #[serde(default = "default_k", deserialize_with = "k")]
    k: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RelatedRequest {
    #[serde(default)]
    id: Vec<String>,
    #[serde(default = "default_k", deserialize_with = "k")]
    k: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RelatedToOne {
    #[serde(default = "default_k", deserialize_with = "k")]
    k: usize,
}

fn default_k() -> usize {
    DEFAULT_K
}

/// A number of hits, written as a number in JSON and as digits in a query string.
fn k<'de, D: Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
    struct Number;

    impl Visitor<'_> for Number {
        type Value = usize;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "`k` as a whole number from 1 to {MAX_K}")
        }

        fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<usize, E> {
            usize::try_from(number).map_err(|_| E::invalid_value(Unexpected::Unsigned(number), &self))
        }

        fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<usize, E> {
            text.parse().map_err(|_| E::invalid_value(Unexpected::Str(text), &self))
        }
    }

    deserializer.deserialize_any(Number)
}

/// `GET /api/v1/search?q=…&k=…`
pub(super) async fn get(
    State(workers): State<Workers>,
    Parameters(request): Parameters<SearchRequest>,
) -> Result<Json<Answer>, Problem> {
    search(workers, request).await
}

/// `POST /api/v1/search` with `{"query": …, "k": …}`
pub(super) async fn post(
    State(workers): State<Workers>,
    Body(request): Body<SearchRequest>,
) -> Result<Json<Answer>, Problem> {
    search(workers, request).await
}

async fn search(workers: Workers, request: SearchRequest) -> Result<Json<Answer>, Problem> {
    let query = Query::new(&request.query)?;
    let k = checked_k(request.k)?;
    Ok(Json(workers.ask(move |searcher| searcher.search(&query, k)).await?))
}

/// `GET /api/v1/related?id=…&id=…&k=…`
pub(super) async fn related(
    State(workers): State<Workers>,
    Parameters(request): Parameters<RelatedRequest>,
) -> Result<Json<Answer>, Problem> {
    let ids = request.id.iter().map(|id| id.parse()).collect::<Result<_, _>>()?;
    related_to(workers, ids, request.k).await
}

/// `GET /api/v1/papers/{id}/related?k=…`
pub(super) async fn related_to_one(
    State(workers): State<Workers>,
    IdInPath(id): IdInPath,
    Parameters(request): Parameters<RelatedToOne>,
) -> Result<Json<Answer>, Problem> {
    related_to(workers, vec![id], request.k).await
}

async fn related_to(workers: Workers, ids: Vec<PaperId>, k: usize) -> Result<Json<Answer>, Problem> {
    let k = checked_k(k)?;
    Ok(Json(workers.ask(move |searcher| searcher.related(&ids, k)).await?))
}
