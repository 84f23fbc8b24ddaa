//! `/api/v1/overview`: what does the collection hold, and which queries fit it?

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::facets::CategoryFacet;
use crate::search::{Overview, Searcher};
use crate::server::wire::answer::Paper;
use crate::server::wire::problem::Problem;
use crate::server::wire::responses::Unanswered;
use crate::server::work::workers::Workers;

/// What a collection holds.
#[derive(Serialize, ToSchema)]
pub(crate) struct OverviewAnswer {
    /// Number of papers.
    papers: usize,
    /// The first year of publication; `null` if no paper has a date.
    #[schema(example = 1997)]
    first_year: Option<u16>,
    /// The last year of publication; `null` if no paper has a date.
    #[schema(example = 2025)]
    last_year: Option<u16>,
    /// The most frequent categories, the most frequent first, at most 5.
    categories: Vec<CategoryFacet>,
    /// Example queries made from the collection, each about another part of it: 8, or fewer if it has fewer papers.
    examples: Vec<String>,
    /// The papers published last, the newest first, at most 5.
    newest: Vec<Paper>,
}

impl From<&Overview> for OverviewAnswer {
    fn from(overview: &Overview) -> Self {
        let [first_year, last_year] = overview.years.map_or([None; 2], |years| years.map(Some));
        Self {
            papers: overview.papers,
            first_year,
            last_year,
            categories: overview.categories.iter().map(CategoryFacet::from).collect(),
            examples: overview.examples.clone(),
            newest: overview.newest.iter().cloned().map(Paper::from).collect(),
        }
    }
}

/// Show what the collection holds, and example queries
#[utoipa::path(
    get,
    path = "/overview",
    operation_id = "overview",
    tag = "papers",
    responses(
        (status = OK, description = "The overview", body = OverviewAnswer),
        Unanswered,
    ),
)]
pub(crate) async fn get(State(workers): State<Workers>) -> Result<Json<OverviewAnswer>, Problem> {
    let overview = workers.ask(Searcher::overview).await?;
    Ok(Json((&*overview).into()))
}
