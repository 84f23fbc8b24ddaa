//! `/api/v1/search` and `/api/v1/related`: search, and related papers.

use axum::extract::State;
use axum::response::Response;

use crate::search::{Examples, Options, Query};
use crate::server::wire::cursor::Asked;
use crate::server::wire::finding::{Finding, Page, Ranking, RelatedRequest, RelatedToOne, SearchRequest, reranking};
use crate::server::wire::problem::Problem;
use crate::server::wire::request::{Body, IdInPath, Parameters};
use crate::server::wire::responses::{Answered, Unanswered};
use crate::server::work::service::Service;
use crate::store::Criteria;

/// A text with everything the ranking depends on, for the digest in cursors.
fn ranked_by(of: &str, options: &Options) -> String {
    let Options { mode, fusion, feedback, filter, diverse, rerank, rerank_depth, rerank_time, .. } = options;
    // Over HTTP, feedback is on or off as a whole.
    let feedback = feedback.expansion;
    let ranked_by = format!("{of} {mode:?} {fusion:?} {feedback} {filter:?} {diverse:?} {rerank}");
    if *rerank { format!("{ranked_by} {rerank_depth:?} {rerank_time:?}") } else { ranked_by }
}

/// Search for papers, best hits first
#[utoipa::path(
    get,
    path = "/search",
    operation_id = "search",
    tag = "search",
    params(SearchRequest, Ranking, Finding, Criteria),
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
        (status = PAYLOAD_TOO_LARGE, description = "The body exceeds 256 KiB", body = Problem, content_type = "application/problem+json"),
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
    let (options, page) = request.finding.read(request.filters)?;
    let limits = (request.rerank_depth, request.rerank_ms);
    let options = reranking(request.ranking.of(options), request.rerank, limits, service.workers().has_reranker());
    let mut options = options?;
    let asked = Asked::new(&ranked_by(query.as_str(), &options));
    page.turn(&asked, &mut options)?;
    let skip = options.skip;
    page.show(&asked, skip, service.search(query, options).await?)
}

/// Find papers related to example papers, best hits first
#[utoipa::path(
    get,
    path = "/related",
    operation_id = "related",
    tag = "search",
    params(RelatedRequest, Ranking, Finding, Criteria),
    responses(Answered, Unanswered)
)]
pub(crate) async fn related(
    State(service): State<Service>,
    Parameters(request): Parameters<RelatedRequest>,
) -> Result<Response, Problem> {
    let RelatedRequest { id, unlike, text, ranking, finding, filters } = request;
    related_to(&service, Examples::read(&id, &unlike, text.as_deref())?, ranking, finding.read(filters)?).await
}

/// Find papers related to one paper, best hits first
#[utoipa::path(
    get,
    path = "/papers/{id}/related", operation_id = "related_to_paper",
    tag = "search",
    params(("id" = String, Path, description = "Id of the paper; write a `/` as `%2F`"), RelatedToOne, Ranking, Finding, Criteria),
    responses(Answered, Unanswered)
)]
pub(crate) async fn related_to_one(
    State(service): State<Service>,
    IdInPath(id): IdInPath,
    Parameters(request): Parameters<RelatedToOne>,
) -> Result<Response, Problem> {
    let RelatedToOne { unlike, text, ranking, finding, filters } = request;
    let examples = Examples::read(&[], &unlike, text.as_deref())?.like([id]);
    related_to(&service, examples, ranking, finding.read(filters)?).await
}

async fn related_to(
    service: &Service,
    examples: Examples,
    ranking: Ranking,
    (options, page): (Options, Page),
) -> Result<Response, Problem> {
    let mut options = ranking.of(options);
    let asked = Asked::new(&ranked_by(&format!("{examples:?}"), &options));
    page.turn(&asked, &mut options)?;
    let skip = options.skip;
    page.show(&asked, skip, service.related(examples, options).await?)
}
