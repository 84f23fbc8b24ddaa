//! How many papers are there of each category and year, among those that pass a filter?
//!
//! Categories are counted as if the filter named none, and years as if it had no dates: so that somebody who chose one
//! sees what the others would give.

use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;

use crate::engine::Moment;
use crate::error::Result;
use crate::store::Filter;

/// Rarer categories than these many are not told.
pub const MOST_CATEGORIES: usize = 100;
/// So many filters are remembered, each with what it gave.
const REMEMBERED: usize = 64;

/// The numbers of papers that pass a filter.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Facets {
    /// Papers that pass.
    pub papers: usize,
    /// The most frequent first, those of one number by name; at most [`MOST_CATEGORIES`].
    pub categories: Vec<CategoryCount>,
    /// The first year first. Papers without a date are of none.
    pub years: Vec<YearCount>,
}

/// How many papers have a category, be it their primary one or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CategoryCount {
    /// The category, such as `cs.LG`.
    pub category: String,
    /// Papers that have it.
    pub papers: usize,
}

/// How many papers appeared in a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct YearCount {
    /// The year.
    pub year: u16,
    /// Papers that appeared in it.
    pub papers: usize,
}

/// How many papers of a moment pass a filter, and of which categories and years papers are that would pass a wider one.
///
/// # Errors
/// When the collection cannot be read.
pub fn facets<M: Moment>(moment: &M, filter: &Filter) -> Result<Facets> {
    let passing = moment.select(filter)?;
    // Where the wider filter is no wider, the papers are the same.
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

/// What was counted of one version of the collection.
#[derive(Debug, Default)]
pub(super) struct Remembered(Mutex<Counted>);

#[derive(Debug, Default)]
struct Counted {
    version: [u64; 2],
    /// What was asked last comes last.
    facets: Vec<(Filter, Arc<Facets>)>,
}

impl Remembered {
    /// As [`facets`], counted the first time that it is asked of a version.
    pub fn facets<M: Moment>(&self, moment: &M, filter: &Filter) -> Result<Arc<Facets>> {
        if let Some(known) = self.known(moment.version(), filter) {
            return Ok(known);
        }
        let counted = Arc::new(facets(moment, filter)?);
        let mut remembered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if remembered.version != moment.version() {
            *remembered = Counted { version: moment.version(), facets: Vec::new() };
        }
        // Another thread may have counted the same.
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
