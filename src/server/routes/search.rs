//! `/api/v1/search` and `/api/v1/related`: search, and related papers.

use axum::extract::State;
use axum::response::Response;

use crate::search::{Examples, Options, Query};
use crate::server::wire::cursor::Asked;
use crate::server::wire::finding::{Finding, RelatedRequest, RelatedToOne, SearchRequest};
use crate::server::wire::problem::Problem;
use crate::server::wire::request::{Body, IdInPath, Parameters};
use crate::server::wire::responses::{Answered, Unanswered};
use crate::server::work::service::Service;
use crate::store::Criteria;

/// A text with everything the ranking depends on, for the digest in cursors.
fn ranked_by(of: &str, options: &Options) -> String {
    let Options { mode, fusion, feedback, filter, diverse, rerank, k: _, skip: _, highlight: _ } = options;
    format!("{of} {mode:?} {fusion:?} {feedback:?} {filter:?} {diverse:?} {rerank}")
}

/// Search for papers, best hits first
#[utoipa::path(
    get,
    path = "/search",
    operation_id = "search",
    tag = "search",
    params(SearchRequest, Finding, Criteria),
    responses(Answered, Unanswered)
)]
pub(crate) async fn get(
    State(service): State<Service>,
    Parameters(request): Parameters<SearchRequest>,
) -> Result<Response, Problem> {
    search(&service, request).await
}

/// Search for papers, with the parameters in a JSON body
#[utoipa::path(
    post,
    path = "/search", operation_id = "search_by_post",
    tag = "search",
    request_body = SearchRequest,
    responses(
        Answered,
        Unanswered,
        (status = PAYLOAD_TOO_LARGE, description = "The body exceeds 64 KiB", body = Problem, content_type = "application/problem+json"),
        (status = UNSUPPORTED_MEDIA_TYPE, description = "The body is not JSON", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn post(
    State(service): State<Service>,
    Body(request): Body<SearchRequest>,
) -> Result<Response, Problem> {
    search(&service, request).await
}

async fn search(service: &Service, request: SearchRequest) -> Result<Response, Problem> {
    let query = Query::new(&request.q)?;
    let SearchRequest { mode, fusion, feedback, rerank, .. } = request;
    let (options, page) = request.finding.read(request.filters)?;
    let rerank = rerank.unwrap_or_else(|| service.workers().has_reranker());
    let mut options = options.mode(mode.into()).fusion(fusion.into()).feedback(feedback).rerank(rerank);
    let asked = Asked::new(&ranked_by(query.as_str(), &options));
    page.turn(&asked, &mut options)?;
    let skip = options.skip;
    page.show(&asked, skip, service.search(query, options).await?)
}

/// Find papers related to example papers, nearest first
#[utoipa::path(
    get,
    path = "/related",
    operation_id = "related",
    tag = "search",
    params(RelatedRequest, Finding, Criteria),
    responses(Answered, Unanswered)
)]
pub(crate) async fn related(
    State(service): State<Service>,
    Parameters(request): Parameters<RelatedRequest>,
) -> Result<Response, Problem> {
    let RelatedRequest { id, unlike, text, finding, filters } = request;
    related_to(&service, Examples::read(&id, &unlike, text.as_deref())?, finding, filters).await
}

/// Find papers related to one paper, nearest first
#[utoipa::path(
    get,
    path = "/papers/{id}/related", operation_id = "related_to_paper",
    tag = "search",
    params(("id" = String, Path, description = "Id of the paper; write a `/` as `%2F`"), RelatedToOne, Finding, Criteria),
    responses(Answered, Unanswered)
)]
pub(crate) async fn related_to_one(
    State(service): State<Service>,
    IdInPath(id): IdInPath,
    Parameters(request): Parameters<RelatedToOne>,
) -> Result<Response, Problem> {
    let RelatedToOne { unlike, text, finding, filters } = request;
    let examples = Examples::read(&[], &unlike, text.as_deref())?.like([id]);
    related_to(&service, examples, finding, filters).await
}

async fn related_to(
    service: &Service,
    examples: Examples,
    finding: Finding,
    filters: Criteria,
) -> Result<Response, Problem> {
    let (mut options, page) = finding.read(filters)?;
    let asked = Asked::new(&ranked_by(&format!("{examples:?}"), &options));
    page.turn(&asked, &mut options)?;
    let skip = options.skip;
    page.show(&asked, skip, service.related(examples, options).await?)
}
