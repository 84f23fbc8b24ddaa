//! `/api/v1/papers` and `/api/v1/status`: what is stored.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::lenient::list;
use crate::search::{Searcher, checked_k};
use crate::server::wire::answer::Paper;
use crate::server::wire::cite::{self, Format};
use crate::server::wire::cursor::Asked;
use crate::server::wire::fields::Fields;
use crate::server::wire::finding::k;
use crate::server::wire::problem::Problem;
use crate::server::wire::request::{IdInPath, Parameters};
use crate::server::wire::responses::Unanswered;
use crate::server::wire::status::Status;
use crate::server::work::workers::Workers;
use crate::store::{Criteria, Filter};

/// A paper has these fields.
const FIELDS: [&str; 10] = [
    "id",
    "title",
    "abstract",
    "authors",
    "author_count",
    "organisation",
    "categories",
    "published",
    "url",
    "comments",
];
/// Papers of a page, unless another number is asked for.
const PAPERS: usize = 100;

/// How to show a paper
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct PaperRequest {
    /// JSON, or a bibliography as a file
    #[serde(default)]
    #[param(inline)]
    format: Format,
}

/// One paper, whole
#[utoipa::path(
    get,
    path = "/papers/{id}", operation_id = "get_paper",
    tag = "papers",
    params(("id" = String, Path, description = "The paper's id, its `/` written `%2F`"), PaperRequest),
    responses(
        (status = OK, description = "The paper, or its citation", content(
            (Paper = "application/json"),
            (String = "application/x-bibtex"),
            (String = "application/x-research-info-systems"),
            (serde_json::Value = "application/vnd.citationstyles.csl+json"),
        )),
        Unanswered,
    )
)]
pub(crate) async fn get(
    State(workers): State<Workers>,
    IdInPath(id): IdInPath,
    Parameters(PaperRequest { format }): Parameters<PaperRequest>,
) -> Result<Response, Problem> {
    let paper = workers.ask(move |searcher| searcher.paper(&id)).await?;
    Ok(match format.style() {
        Some(style) => cite::one(style, &paper),
        None => Json(Paper::from(paper)).into_response(),
    })
}

/// Which papers to list
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListRequest {
    /// Papers of a page
    #[serde(default = "default_k", deserialize_with = "k")]
    #[param(minimum = 1, maximum = 100, default = 100)]
    k: usize,
    /// `next` of the page before this one
    cursor: Option<String>,
    /// Fields of papers, with commas between; all, unless said
    #[serde(default, deserialize_with = "list")]
    #[param(example = "id,title")]
    fields: Vec<String>,
    #[serde(flatten)]
    #[param(ignore)]
    filters: Criteria,
}

fn default_k() -> usize {
    PAPERS
}

/// Papers in the order of their ids
#[derive(Serialize, ToSchema)]
pub(crate) struct Listing {
    papers: Vec<Paper>,
    /// What to give as `cursor` for the papers behind these; `null` when there are none
    next: Option<String>,
}

/// All papers that pass the filters, in the order of their ids
#[utoipa::path(
    get,
    path = "/papers", operation_id = "list_papers",
    tag = "papers",
    params(ListRequest, Criteria),
    responses(
        (status = OK, description = "The papers", body = Listing),
        Unanswered,
    )
)]
pub(crate) async fn list_all(
    State(workers): State<Workers>,
    Parameters(request): Parameters<ListRequest>,
) -> Result<Response, Problem> {
    let k = checked_k(request.k)?.get();
    let fields = Fields::new(&request.fields, &FIELDS)?;
    let filter = Filter::new(request.filters)?;
    let asked = Asked::new(&format!("{filter:?}"));
    let after = request.cursor.map(|cursor| asked.id(&cursor)).transpose()?;
    // One more tells whether there is another page.
    let found = move |searcher: &Searcher| searcher.list(after.as_ref(), &filter, k + 1);
    let mut papers = workers.ask(found).await?;
    let more = papers.len() > k;
    papers.truncate(k);
    let next = papers.last().filter(|_| more).map(|last| asked.cursor_behind(&last.id));
    let papers = papers.into_iter().map(Paper::from).collect();
    fields.of(Listing { papers, next }, "papers")
}

/// What the service holds, and by what it embeds
#[utoipa::path(get, path = "/status", operation_id = "status", tag = "operations", responses((status = OK, description = "The facts", body = Status)))]
pub(crate) async fn status(State(workers): State<Workers>) -> Result<Json<Status>, Problem> {
    Ok(Json(workers.ask(Searcher::status).await?.into()))
}
