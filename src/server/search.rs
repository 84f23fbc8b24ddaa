//! `/api/v1/search` and `/api/v1/related`: ranked papers.

use std::time::Instant;

use axum::extract::State;
use axum::response::Response;

use super::cursor::Asked;
use super::finding::{Filters, Finding, RelatedRequest, RelatedToOne, SearchRequest};
use super::problem::Problem;
use super::request::{Body, IdInPath, Parameters};
use super::responses::{Answered, Unanswered};
use super::service::Service;
use super::workers::Workers;
use crate::error::Error;
use crate::paper::PaperId;
use crate::search::{Answer, Examples, Options, Query, Searcher, ms_since};

/// All that the ranking depends on, and not what is shown of it.
fn ranked_by(of: &str, options: &Options) -> String {
    let Options { mode, fusion, feedback, filter, diverse, rerank, k: _, skip: _, highlight: _ } = options;
    format!("{of} {mode:?} {fusion:?} {feedback} {filter:?} {diverse:?} {rerank}")
}

/// The papers that speak of what is asked, the best first
#[utoipa::path(
    get,
    path = "/search",
    operation_id = "search",
    tag = "search",
    params(SearchRequest, Finding, Filters),
    responses(Answered, Unanswered)
)]
pub(super) async fn get(
    State(service): State<Service>,
    Parameters(request): Parameters<SearchRequest>,
) -> Result<Response, Problem> {
    search(&service, request).await
}

/// The same, for questions that do not fit into an address
#[utoipa::path(
    post,
    path = "/search", operation_id = "search_by_post",
    tag = "search",
    request_body = SearchRequest,
    responses(
        Answered,
        Unanswered,
        (status = PAYLOAD_TOO_LARGE, description = "A body has at most 64 KiB", body = Problem, content_type = "application/problem+json"),
        (status = UNSUPPORTED_MEDIA_TYPE, description = "The body is no JSON", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn post(
    State(service): State<Service>,
    Body(request): Body<SearchRequest>,
) -> Result<Response, Problem> {
    search(&service, request).await
}

async fn search(service: &Service, request: SearchRequest) -> Result<Response, Problem> {
    let start = Instant::now();
    let workers = service.workers();
    let query = Query::new(&request.q)?;
    let SearchRequest { mode, fusion, feedback, rerank, .. } = request;
    let (options, page) = request.finding.read(request.filters)?;
    let rerank = rerank.unwrap_or_else(|| workers.has_reranker());
    let mut options = Options { mode: mode.into(), fusion: fusion.into(), feedback, rerank, ..options };
    let asked = Asked::new(&ranked_by(query.as_str(), &options));
    page.turn(&asked, &mut options)?;
    let skip = options.skip;
    let vector = workers.embed(query.clone()).await?;
    if options.mode != crate::search::Mode::Lexical {
        service.recall().offer(vector.embedding(), &options.filter);
    }
    let answer =
        workers.ask(move |searcher: &Searcher| searcher.search_embedded(&query, Some(&vector), options)).await?;
    page.show(&asked, skip, Answer { took_ms: ms_since(start), ..answer })
}

/// The papers related to examples, the nearest first
#[utoipa::path(
    get,
    path = "/related",
    operation_id = "related",
    tag = "search",
    params(RelatedRequest, Finding, Filters),
    responses(Answered, Unanswered)
)]
pub(super) async fn related(
    State(workers): State<Workers>,
    Parameters(request): Parameters<RelatedRequest>,
) -> Result<Response, Problem> {
    let RelatedRequest { id, unlike, text, finding, filters } = request;
    related_to(workers, parsed(&id)?, RelatedToOne { unlike, text, finding, filters }).await
}

/// The papers related to one, the nearest first
#[utoipa::path(
    get,
    path = "/papers/{id}/related", operation_id = "related_to_paper",
    tag = "search",
    params(("id" = String, Path, description = "The paper's id, its `/` written `%2F`"), RelatedToOne, Finding, Filters),
    responses(Answered, Unanswered)
)]
pub(super) async fn related_to_one(
    State(workers): State<Workers>,
    IdInPath(id): IdInPath,
    Parameters(request): Parameters<RelatedToOne>,
) -> Result<Response, Problem> {
    related_to(workers, vec![id], request).await
}

async fn related_to(workers: Workers, like: Vec<PaperId>, request: RelatedToOne) -> Result<Response, Problem> {
    let start = Instant::now();
    let text = request.text.as_deref().map(Query::new).transpose()?;
    let examples = Examples { like, unlike: parsed(&request.unlike)?, text };
    let (mut options, page) = request.finding.read(request.filters)?;
    let asked = Asked::new(&ranked_by(&format!("{examples:?}"), &options));
    page.turn(&asked, &mut options)?;
    let skip = options.skip;
    let vector = match &examples.text {
        Some(text) => Some(workers.embed(text.clone()).await?),
        None => None,
    };
    let answer = workers.ask(move |searcher| searcher.related_embedded(&examples, vector.as_ref(), options)).await?;
    page.show(&asked, skip, Answer { took_ms: ms_since(start), ..answer })
}

fn parsed(ids: &[String]) -> Result<Vec<PaperId>, Error> {
    ids.iter().map(|id| id.parse()).collect()
}
