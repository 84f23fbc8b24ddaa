//! `/api/v1/search` and `/api/v1/related`: ranked papers.

use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Deserializer};
use utoipa::{IntoParams, ToSchema};

use super::cite::{self, Format};
use super::cursor::Asked;
use super::fields::Fields;
use super::problem::Problem;
use super::request::{Body, IdInPath, Parameters, list, number};
use super::service::Service;
use super::wire::{Answer, Fusion, Mode};
use super::workers::Workers;
use crate::error::Error;
use crate::paper::PaperId;
use crate::search::{DEFAULT_K, Diversity, Examples, Options, Query, Searcher, checked_k};
use crate::store::{Criteria, Filter};

/// A hit has these fields.
const FIELDS: [&str; 13] = [
    "rank",
    "id",
    "title",
    "authors",
    "author_count",
    "organisation",
    "categories",
    "published",
    "url",
    "score",
    "why",
    "highlight",
    "abstract",
];

/// A question
#[derive(Deserialize, IntoParams, ToSchema)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct SearchRequest {
    /// The question, in words, at most 2,000 characters; `query` is the same
    #[serde(default, alias = "query")]
    #[param(example = "how do neural networks forget?")]
    #[schema(example = "how do neural networks forget?")]
    q: String,
    #[serde(default)]
    #[param(inline)]
    mode: Mode,
    #[serde(default)]
    #[param(inline)]
    fusion: Fusion,
    /// Whether `hybrid` takes its best papers for right and asks again with them
    #[serde(default = "yes", deserialize_with = "feedback")]
    feedback: bool,
    /// Whether a cross-encoder orders the first 50 hits anew; as the service was started, unless said
    #[serde(default, deserialize_with = "rerank")]
    rerank: Option<bool>,
    #[serde(flatten)]
    #[param(ignore)]
    finding: Finding,
    #[serde(flatten)]
    #[param(ignore)]
    filters: Filters,
}

/// Examples of what is wanted
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct RelatedRequest {
    /// Papers that are examples of what is wanted
    #[serde(default, deserialize_with = "list")]
    #[param(example = json!(["1706.03762"]))]
    id: Vec<String>,
    /// Papers that are examples of what is not
    #[serde(default, deserialize_with = "list")]
    unlike: Vec<String>,
    /// What is wanted, in words
    text: Option<String>,
    #[serde(flatten)]
    #[param(ignore)]
    finding: Finding,
    #[serde(flatten)]
    #[param(ignore)]
    filters: Filters,
}

/// What is wanted beside the paper in the path
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct RelatedToOne {
    /// Papers that are examples of what is not wanted
    #[serde(default, deserialize_with = "list")]
    unlike: Vec<String>,
    /// What is wanted, in words
    text: Option<String>,
    #[serde(flatten)]
    #[param(ignore)]
    finding: Finding,
    #[serde(flatten)]
    #[param(ignore)]
    filters: Filters,
}

/// What every request that finds papers may have
#[derive(Deserialize, IntoParams, ToSchema)]
#[into_params(parameter_in = Query)]
pub(super) struct Finding {
    /// Hits of a page
    #[serde(default = "default_k", deserialize_with = "k")]
    #[param(minimum = 1, maximum = 100, default = 10)]
    #[schema(minimum = 1, maximum = 100, default = 10)]
    k: usize,
    /// `next` of the page before this one
    cursor: Option<String>,
    /// Fields of hits, with commas between; all, unless said. Without `highlight` among them none is looked for
    #[serde(default, deserialize_with = "list")]
    #[param(example = "id,title,score")]
    fields: Vec<String>,
    /// How much hits shall differ from each other, from 0 to 1
    #[serde(default, deserialize_with = "diverse")]
    #[param(minimum = 0, maximum = 1, default = 0)]
    diverse: f32,
    /// Whether hits say which of their sentences answers best
    #[serde(default = "yes", deserialize_with = "highlight")]
    highlight: bool,
    /// JSON, or a bibliography of the hits as a file
    #[serde(default)]
    #[param(inline)]
    format: Format,
}

/// Among which papers
#[derive(Deserialize, IntoParams, ToSchema)]
#[into_params(parameter_in = Query)]
pub(super) struct Filters {
    /// The first day, month or year
    #[param(example = "2024-06")]
    from: Option<String>,
    /// The last day, month or year, the whole of it
    to: Option<String>,
    /// Of a category, or of a whole archive; of any of them where several are given
    #[serde(default, deserialize_with = "list")]
    #[param(example = "cs.*")]
    category: Vec<String>,
    /// With an author whose name has this part; with all of them where several are given
    #[serde(default, deserialize_with = "list")]
    author: Vec<String>,
    /// Of an organisation whose name has this part
    #[serde(default, deserialize_with = "list")]
    organisation: Vec<String>,
    /// With so many readers' comments
    #[serde(default, deserialize_with = "min_comments")]
    min_comments: Option<u32>,
    /// One of these papers
    #[serde(default, deserialize_with = "list")]
    ids: Vec<String>,
}

fn default_k() -> usize {
    DEFAULT_K
}

fn k<'de, D: Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
    number(deserializer, "`k` as a whole number from 1 to 100")
}

fn diverse<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f32, D::Error> {
    number(deserializer, "`diverse` as a number from 0 to 1")
}

fn yes() -> bool {
    true
}

fn feedback<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    number(deserializer, "`feedback` as `true` or `false`")
}

fn rerank<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    number(deserializer, "`rerank` as `true` or `false`").map(Some)
}

fn highlight<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    number(deserializer, "`highlight` as `true` or `false`")
}

fn min_comments<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    number(deserializer, "`min_comments` as a whole number").map(Some)
}

impl Filters {
    pub fn filter(self) -> Result<Filter, Error> {
        Filter::new(Criteria {
            from: self.from,
            to: self.to,
            categories: self.category,
            authors: self.author,
            organisations: self.organisation,
            min_comments: self.min_comments,
            ids: self.ids,
        })
    }
}

/// How the hits of an answer are to be shown.
struct Page {
    cursor: Option<String>,
    fields: Fields,
    format: Format,
}

impl Finding {
    /// How to search among the papers that filters let through, and what to show of it.
    fn read(self, filters: Filters) -> Result<(Options, Page), Problem> {
        let mut options = Options::from(checked_k(self.k)?);
        options.diverse = Diversity::new(self.diverse)?;
        let fields = Fields::new(&self.fields, &FIELDS)?;
        options.highlight = self.highlight && fields.has("highlight") && self.format.style().is_none();
        options.filter = filters.filter()?;
        Ok((options, Page { cursor: self.cursor, fields, format: self.format }))
    }
}

impl Page {
    /// Turns to the page that is asked for, of the question that `asked` tells.
    fn turn(&self, asked: &Asked, options: &mut Options) -> Result<(), Problem> {
        if let Some(cursor) = &self.cursor {
            options.skip = asked.skip(cursor)?;
        }
        Ok(())
    }

    fn show(&self, asked: &Asked, skip: usize, answer: crate::search::Answer) -> Result<Response, Problem> {
        if let Some(style) = self.format.style() {
            return Ok(cite::several(style, &answer.hits));
        }
        let next = answer.more.then(|| asked.cursor(skip + answer.hits.len()));
        self.fields.of(Answer::new(answer, next), "hits")
    }
}

/// All that the ranking depends on, and not what is shown of it.
fn ranked_by(of: &str, options: &Options) -> String {
    let Options { mode, fusion, feedback, filter, diverse, rerank, k: _, skip: _, highlight: _ } = options;
    format!("{of} {mode:?} {fusion:?} {feedback} {filter:?} {diverse:?} {rerank}")
}

/// The papers that speak of what is asked, the best first
#[utoipa::path(
    get,
    path = "/search", operation_id = "search",
    tag = "search",
    params(SearchRequest, Finding, Filters),
    responses(
        (status = OK, description = "The hits, or a bibliography of them", content(
            (Answer = "application/json"),
            (String = "application/x-bibtex"),
            (String = "application/x-research-info-systems"),
            (String = "application/vnd.citationstyles.csl+json"),
        )),
        (status = BAD_REQUEST, body = Problem, content_type = "application/problem+json"),
        (status = NOT_FOUND, description = "`ids` names none that could be a paper's", body = Problem, content_type = "application/problem+json"),
        (status = SERVICE_UNAVAILABLE, body = Problem, content_type = "application/problem+json"),
    )
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
        (status = OK, description = "The hits, or a bibliography of them", content(
            (Answer = "application/json"),
            (String = "application/x-bibtex"),
            (String = "application/x-research-info-systems"),
            (String = "application/vnd.citationstyles.csl+json"),
        )),
        (status = BAD_REQUEST, body = Problem, content_type = "application/problem+json"),
        (status = NOT_FOUND, description = "`ids` names none that could be a paper's", body = Problem, content_type = "application/problem+json"),
        (status = PAYLOAD_TOO_LARGE, body = Problem, content_type = "application/problem+json"),
        (status = UNSUPPORTED_MEDIA_TYPE, body = Problem, content_type = "application/problem+json"),
        (status = SERVICE_UNAVAILABLE, body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn post(
    State(service): State<Service>,
    Body(request): Body<SearchRequest>,
) -> Result<Response, Problem> {
    search(&service, request).await
}

async fn search(service: &Service, request: SearchRequest) -> Result<Response, Problem> {
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
    page.show(&asked, skip, answer)
}

/// The papers related to examples, the nearest first
#[utoipa::path(
    get,
    path = "/related", operation_id = "related",
    tag = "search",
    params(RelatedRequest, Finding, Filters),
    responses(
        (status = OK, description = "The hits, or a bibliography of them", content(
            (Answer = "application/json"),
            (String = "application/x-bibtex"),
            (String = "application/x-research-info-systems"),
            (String = "application/vnd.citationstyles.csl+json"),
        )),
        (status = BAD_REQUEST, body = Problem, content_type = "application/problem+json"),
        (status = NOT_FOUND, body = Problem, content_type = "application/problem+json"),
        (status = SERVICE_UNAVAILABLE, body = Problem, content_type = "application/problem+json"),
    )
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
    responses(
        (status = OK, description = "The hits, or a bibliography of them", content(
            (Answer = "application/json"),
            (String = "application/x-bibtex"),
            (String = "application/x-research-info-systems"),
            (String = "application/vnd.citationstyles.csl+json"),
        )),
        (status = BAD_REQUEST, body = Problem, content_type = "application/problem+json"),
        (status = NOT_FOUND, body = Problem, content_type = "application/problem+json"),
        (status = SERVICE_UNAVAILABLE, body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn related_to_one(
    State(workers): State<Workers>,
    IdInPath(id): IdInPath,
    Parameters(request): Parameters<RelatedToOne>,
) -> Result<Response, Problem> {
    related_to(workers, vec![id], request).await
}

async fn related_to(workers: Workers, like: Vec<PaperId>, request: RelatedToOne) -> Result<Response, Problem> {
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
    page.show(&asked, skip, answer)
}

fn parsed(ids: &[String]) -> Result<Vec<PaperId>, Error> {
    ids.iter().map(|id| id.parse()).collect()
}
