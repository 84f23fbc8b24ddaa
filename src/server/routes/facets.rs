//! `/api/v1/facets`: how many papers there are of each category and year.

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

/// Which papers are counted: all of them, unless something is given
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FacetsRequest {
    #[serde(flatten)]
    filters: Criteria,
}

/// Numbers of papers that pass the filters.
#[derive(Serialize, ToSchema)]
pub(crate) struct FacetsAnswer {
    /// Papers that pass.
    papers: usize,
    /// The most frequent first, at most 100; counted as if no category was asked for.
    categories: Vec<CategoryFacet>,
    /// The first year first; counted as if no date was asked for. Papers without a date are of none.
    years: Vec<YearFacet>,
}

/// How many papers have a category.
#[derive(Serialize, ToSchema)]
pub(crate) struct CategoryFacet {
    #[schema(example = "cs.LG")]
    category: String,
    papers: usize,
}

/// How many papers appeared in a year.
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
        (status = OK, description = "The numbers", body = FacetsAnswer),
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
