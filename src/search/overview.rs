//! Overview of a collection: size, years, largest categories, newest papers, and example queries.

use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;

use super::example_queries::{Described, example_queries};
use super::facets::{CategoryCount, facets};
use crate::engine::Moment;
use crate::error::Result;
use crate::paper::Paper;
use crate::store::Filter;

/// Number of newest papers in an overview.
const NEWEST: usize = 5;
/// Number of categories in an overview.
const CATEGORIES: usize = 5;
/// Number of papers that example queries are made of. Reading them takes about 10 ms.
const SAMPLED: usize = 500;

/// An overview of a collection.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Overview {
    /// Number of papers.
    pub papers: usize,
    /// The first and the last year of publication, if any paper has a date.
    pub years: Option<[u16; 2]>,
    /// The most frequent categories, at most 5, in descending order.
    pub categories: Vec<CategoryCount>,
    /// Queries made from the collection: 8, or fewer if it has fewer papers. Each is about a different part of it.
    pub examples: Vec<String>,
    /// The most recently published papers, at most 5, the newest first.
    pub newest: Vec<Paper>,
}

/// The overview of a moment.
///
/// # Errors
/// When the collection cannot be read.
pub fn overview<M: Moment>(moment: &M) -> Result<Overview> {
    let facets = facets(moment, &Filter::default())?;
    let years = facets.years.first().zip(facets.years.last()).map(|(first, last)| [first.year, last.year]);
    let all = moment.select(&Filter::default())?;
    let newest = moment.papers_at(&moment.newest(&all, NEWEST)?)?.into_iter().flatten().collect();
    let sampled = moment.spread(SAMPLED);
    let vectors = moment.vectors(&sampled)?;
    let papers = moment.papers_at(&sampled)?.into_iter().zip(&vectors);
    let described: Vec<Described<'_>> =
        papers.filter_map(|(paper, vector)| Some(Described::new(&paper?, vector.as_deref()?))).collect();
    Ok(Overview {
        papers: facets.papers,
        years,
        categories: facets.categories.into_iter().take(CATEGORIES).collect(),
        examples: example_queries(&described),
        newest,
    })
}

/// The overview of the most recently requested version of the collection.
#[derive(Debug, Default)]
pub(super) struct CachedOverview(Mutex<Option<([u64; 2], Arc<Overview>)>>);

impl CachedOverview {
    /// As [`overview`], but computed only once for each version.
    pub fn overview<M: Moment>(&self, moment: &M) -> Result<Arc<Overview>> {
        let cached = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((version, overview)) = &*cached()
            && *version == moment.version()
        {
            return Ok(Arc::clone(overview));
        }
        let computed = Arc::new(overview(moment)?);
        *cached() = Some((moment.version(), Arc::clone(&computed)));
        Ok(computed)
    }
}
