//! Facets: the number of papers per category and year, among the papers that pass a filter.
//!
//! Categories are counted without the filter's categories, and years without its dates. So the counts show what each
//! other choice would give.

use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;

use crate::engine::Moment;
use crate::error::Result;
use crate::store::Filter;

/// Maximum number of categories in an answer.
pub const MOST_CATEGORIES: usize = 100;
/// Maximum number of filters whose facets are cached.
const REMEMBERED: usize = 64;

/// The facets of the papers that pass a filter.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Facets {
    /// Number of papers that pass.
    pub papers: usize,
    /// The most frequent categories, in descending order, ties by name; at most [`MOST_CATEGORIES`].
    pub categories: Vec<CategoryCount>,
    /// The years in ascending order. Papers without a date are not counted.
    pub years: Vec<YearCount>,
}

/// The number of papers in a category, primary or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CategoryCount {
    /// The category, such as `cs.LG`.
    pub category: String,
    /// Number of papers in it.
    pub papers: usize,
}

/// The number of papers of a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct YearCount {
    /// The year.
    pub year: u16,
    /// Number of papers first published in it.
    pub papers: usize,
}

/// The facets of a moment's papers for a filter. Categories and years are counted without the filter's own restriction
/// on them.
///
/// # Errors
/// When the collection cannot be read.
pub fn facets<M: Moment>(moment: &M, filter: &Filter) -> Result<Facets> {
    let passing = moment.select(filter)?;
    // If the wider filter equals the given one, the papers are the same.
    let wider = |wider: Filter| if wider == *filter { Ok(None) } else { moment.select(&wider).map(Some) };
    let of_any_category = wider(filter.of_any_category())?;
    let of_any_date = wider(filter.of_any_date())?;
    let categories = moment.categories(of_any_category.as_ref().unwrap_or(&passing), MOST_CATEGORIES)?.into_iter();
    let years = moment.years(of_any_date.as_ref().unwrap_or(&passing))?.into_iter();
    Ok(Facets {
        papers: moment.selected(&passing),
        categories: categories.map(|(category, papers)| CategoryCount { category, papers }).collect(),
        years: years.map(|(year, papers)| YearCount { year, papers }).collect(),
    })
}

/// Cached facets of one version of the collection.
#[derive(Debug, Default)]
pub(super) struct Remembered(Mutex<Counted>);

#[derive(Debug, Default)]
struct Counted {
    version: [u64; 2],
    /// In the order of their last use.
    facets: Vec<(Filter, Arc<Facets>)>,
}

impl Remembered {
    /// As [`facets`], but computed only once for each version and filter.
    pub fn facets<M: Moment>(&self, moment: &M, filter: &Filter) -> Result<Arc<Facets>> {
        if let Some(known) = self.known(moment.version(), filter) {
            return Ok(known);
        }
        let counted = Arc::new(facets(moment, filter)?);
        let mut remembered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if remembered.version != moment.version() {
            *remembered = Counted { version: moment.version(), facets: Vec::new() };
        }
        // Another thread may have computed the same facets.
        remembered.facets.retain(|(of, _)| of != filter);
        if remembered.facets.len() >= REMEMBERED {
            remembered.facets.remove(0);
        }
        remembered.facets.push((filter.clone(), Arc::clone(&counted)));
        Ok(counted)
    }

    fn known(&self, version: [u64; 2], filter: &Filter) -> Option<Arc<Facets>> {
        let mut remembered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if remembered.version != version {
            return None;
        }
        let place = remembered.facets.iter().position(|(of, _)| of == filter)?;
        let found = remembered.facets.remove(place);
        let facets = Arc::clone(&found.1);
        remembered.facets.push(found);
        Some(facets)
    }
}
