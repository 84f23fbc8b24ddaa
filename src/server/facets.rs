//! `/api/v1/facets`: how many papers there are of each category and year.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::problem::Problem;
use super::request::{Parameters, list, number};
use super::workers::Workers;
use crate::error::Error;
use crate::search::{CategoryCount, Facets, YearCount};
use crate::store::{Criteria, Filter};

/// Which papers are counted: all of them, unless something is given.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct FacetsRequest {
    /// Papers from this day, month or year on.
    #[param(example = "2024-06")]
    from: Option<String>,
    /// Papers up to this day, month or year, the whole of it.
    #[param(example = "2024")]
    to: Option<String>,
    /// Papers of this category, or of a whole archive, `cs.*`; given again, of any of them.
    #[serde(default, deserialize_with = "list")]
    category: Vec<String>,
    /// Papers with an author whose name has this part; given again, with all of them.
    #[serde(default, deserialize_with = "list")]
    author: Vec<String>,
    /// Papers of an organisation whose name has this part; given again, of any of them.
    #[serde(default, deserialize_with = "list")]
    organisation: Vec<String>,
    /// Papers with so many readers' comments.
    #[serde(default, deserialize_with = "min_comments")]
    min_comments: Option<u32>,
    /// Only this paper; given again, only these.
    #[serde(default, deserialize_with = "list")]
    ids: Vec<String>,
}

fn min_comments<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    number(deserializer, "`min_comments` as a whole number").map(Some)
}

impl FacetsRequest {
    fn filter(self) -> Result<Filter, Error> {
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

/// Numbers of papers that pass the filters.
#[derive(Serialize, ToSchema)]
pub(super) struct FacetsAnswer {
    /// Papers that pass.
    papers: usize,
    /// The most frequent first, at most 100; counted as if no category was asked for.
    categories: Vec<CategoryFacet>,
    /// The first year first; counted as if no date was asked for. Papers without a date are of none.
    years: Vec<YearFacet>,
}

/// How many papers have a category.
#[derive(Serialize, ToSchema)]
pub(super) struct CategoryFacet {
    #[schema(example = "cs.LG")]
    category: String,
    papers: usize,
}

/// How many papers appeared in a year.
#[derive(Serialize, ToSchema)]
pub(super) struct YearFacet {
    #[schema(example = 2024)]
    year: u16,
    papers: usize,
}

impl From<&Facets> for FacetsAnswer {
    fn from(facets: &Facets) -> Self {
        let category = |found: &CategoryCount| CategoryFacet { category: found.category.clone(), papers: found.papers };
        let year = |found: &YearCount| YearFacet { year: found.year, papers: found.papers };
        Self {
            papers: facets.papers,
            categories: facets.categories.iter().map(category).collect(),
            years: facets.years.iter().map(year).collect(),
        }
    }
}

/// Count papers by category and by year
#[utoipa::path(
    get,
    path = "/facets",
    operation_id = "facets",
    params(FacetsRequest),
    responses(
        (status = 200, description = "The numbers", body = FacetsAnswer),
        (status = 400, description = "A filter cannot be read", content_type = "application/problem+json"),
    ),
)]
pub(super) async fn get(
    State(workers): State<Workers>,
    Parameters(request): Parameters<FacetsRequest>,
) -> Result<Json<FacetsAnswer>, Problem> {
    let filter = request.filter()?;
    let facets = workers.ask(move |searcher| searcher.facets(&filter)).await?;
    Ok(Json((&*facets).into()))
}
