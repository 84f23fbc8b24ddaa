//! `/api/v1/facets`: number of papers of each category and year.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::search::{CategoryCount, Facets, YearCount};
use crate::server::wire::problem::Problem;
use crate::server::wire::request::Parameters;
use crate::server::wire::responses::Unanswered;
use crate::server::work::workers::Workers;
use crate::store::{Criteria, Filter};

/// The papers to count (default: all)
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FacetsRequest {
    #[serde(flatten)]
    filters: Criteria,
}

/// Counts of the papers that pass the filters
#[derive(Serialize, ToSchema)]
pub(crate) struct FacetsAnswer {
    /// Number of papers that pass the filters
    papers: usize,
    /// Up to 100 categories, the most frequent first; counted without the category filter
    categories: Vec<CategoryFacet>,
    /// Years in ascending order; counted without the date filters. Papers without a date are not counted
    years: Vec<YearFacet>,
}

/// Number of papers of a category
#[derive(Serialize, ToSchema)]
pub(crate) struct CategoryFacet {
    #[schema(example = "cs.LG")]
    category: String,
    papers: usize,
}

/// Number of papers published in a year
#[derive(Serialize, ToSchema)]
pub(crate) struct YearFacet {
    #[schema(example = 2024)]
    year: u16,
    papers: usize,
}

impl From<&CategoryCount> for CategoryFacet {
    fn from(found: &CategoryCount) -> Self {
        Self { category: found.category.clone(), papers: found.papers }
    }
}

impl From<&Facets> for FacetsAnswer {
    fn from(facets: &Facets) -> Self {
        let year = |found: &YearCount| YearFacet { year: found.year, papers: found.papers };
        Self {
            papers: facets.papers,
            categories: facets.categories.iter().map(CategoryFacet::from).collect(),
            years: facets.years.iter().map(year).collect(),
        }
    }
}

/// Count papers by category and by year
#[utoipa::path(
    get,
    path = "/facets",
    operation_id = "facets",
    tag = "papers",
    params(Criteria),
    responses(
        (status = OK, description = "The counts", body = FacetsAnswer),
        Unanswered,
    ),
)]
pub(crate) async fn get(
    State(workers): State<Workers>,
    Parameters(request): Parameters<FacetsRequest>,
) -> Result<Json<FacetsAnswer>, Problem> {
    let filter = Filter::new(request.filters)?;
    let facets = workers.ask(move |searcher| searcher.facets(&filter)).await?;
    Ok(Json((&*facets).into()))
}
