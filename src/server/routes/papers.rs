//! `/api/v1/papers` and `/api/v1/status`: stored papers and the status of the store.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::lenient::list;
use crate::search::{Searcher, checked_k};
use crate::server::wire::answer::Paper;
use crate::server::wire::cite::{self, Format};
use crate::server::wire::cursor::Asked;
use crate::server::wire::details::Details;
use crate::server::wire::fields::Fields;
use crate::server::wire::finding::k;
use crate::server::wire::problem::Problem;
use crate::server::wire::request::{IdInPath, Parameters};
use crate::server::wire::responses::Unanswered;
use crate::server::wire::status::Status;
use crate::server::work::workers::Workers;
use crate::store::{Criteria, Filter};

/// The fields of a paper.
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
fn known_fields() -> Vec<&'static str> {
    [&FIELDS[..], &Details::FIELDS].concat()
}

/// Default number of papers in a page.
const PAPERS: usize = 100;

/// Options for getting a paper
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct PaperRequest {
    /// Format of the response: JSON, or a citation as a file
    #[serde(default)]
    #[param(inline)]
    format: Format,
    /// Fields to return, comma-separated (default: all)
    #[serde(default, deserialize_with = "list")]
    #[param(example = "id,title")]
    fields: Vec<String>,
}

/// Get a paper
#[utoipa::path(
    get,
    path = "/papers/{id}", operation_id = "get_paper",
    tag = "papers",
    params(("id" = String, Path, description = "Id of the paper; write a `/` as `%2F`"), PaperRequest),
    responses(
        (status = OK, description = "The paper, as JSON or as a citation", content(
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
    Parameters(PaperRequest { format, fields }): Parameters<PaperRequest>,
) -> Result<Response, Problem> {
    let fields = Fields::new(&fields, &known_fields())?;
    let paper = workers.ask(move |searcher| searcher.paper(&id)).await?;
    match format.style() {
        Some(style) => Ok(cite::one(style, &paper)),
        None => fields.of_one(Paper::from(paper)),
    }
}

/// Options for listing papers
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListRequest {
    /// Number of papers in a page
    #[serde(default = "default_k", deserialize_with = "k")]
    #[param(minimum = 1, maximum = 100, default = 100)]
    k: usize,
    /// Value of `next` from the previous page
    cursor: Option<String>,
    /// Fields of papers to return, comma-separated (default: all)
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

/// A page of papers in the order of their ids
#[derive(Serialize, ToSchema)]
pub(crate) struct Listing {
    papers: Vec<Paper>,
    /// Value of `cursor` for the next page; `null` on the last page
    next: Option<String>,
}

/// List the papers that pass the filters, in the order of their ids
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
    let fields = Fields::new(&request.fields, &known_fields())?;
    let filter = Filter::new(request.filters)?;
    let asked = Asked::new(&format!("{filter:?}"));
    let after = request.cursor.map(|cursor| asked.id(&cursor)).transpose()?;
    // Read one more paper to see whether there is another page.
    let found = move |searcher: &Searcher| searcher.list(after.as_ref(), &filter, k + 1);
    let mut papers = workers.ask(found).await?;
    let more = papers.len() > k;
    papers.truncate(k);
    let next = papers.last().filter(|_| more).map(|last| asked.cursor_behind(&last.id));
    let papers = papers.into_iter().map(Paper::from).collect();
    fields.of(Listing { papers, next }, "papers")
}

/// Get the status of the store and its model
#[utoipa::path(get, path = "/status", operation_id = "status", tag = "operations", responses((status = OK, description = "The status", body = Status)))]
pub(crate) async fn status(State(workers): State<Workers>) -> Result<Json<Status>, Problem> {
    Ok(Json(workers.ask(Searcher::status).await?.into()))
}
