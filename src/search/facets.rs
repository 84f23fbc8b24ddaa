//! How many papers are there of each category and year, among those that pass a filter?
//!
//! Categories are counted as if the filter named none, and years as if it had no dates: so that somebody who chose one
//! sees what the others would give.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use fixedbitset::FixedBitSet;
use serde::Serialize;

use super::columns::Columns;
use super::{Searcher, rows};
use crate::error::Result;
use crate::store::{Filter, Snapshot, Store};

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
    pub category: String,
    pub papers: usize,
}

/// How many papers appeared in a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct YearCount {
    pub year: u16,
    pub papers: usize,
}

impl Facets {
    /// Counts in a store that nobody has opened for searching; no model is needed.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn of(store: &Store, filter: &Filter) -> Result<Arc<Self>> {
        let counter = Counter::default();
        store.of_one_moment(|snapshot| counter.facets(store, snapshot, filter))
    }
}

impl Searcher {
    /// How many papers pass a filter, and of which categories and years papers are that would pass a wider one.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn facets(&self, filter: &Filter) -> Result<Arc<Facets>> {
        self.in_one_state(|now| self.counter.facets(&self.store, &now.snapshot, filter))
    }
}

/// Counts, and remembers what was counted until somebody commits.
#[derive(Debug, Default)]
pub(super) struct Counter(Mutex<Remembered>);

#[derive(Debug, Default)]
struct Remembered {
    columns: Arc<Columns>,
    /// Of the same state as the columns; what was asked last comes last.
    facets: Vec<(Filter, Arc<Facets>)>,
}

impl Counter {
    /// The numbers of a snapshot; `None` when somebody has committed since it was taken.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn facets(&self, store: &Store, snapshot: &Snapshot, filter: &Filter) -> Result<Option<Arc<Facets>>> {
        let Some(columns) = self.columns(store, snapshot)? else { return Ok(None) };
        if let Some(facets) = self.remembered(snapshot, filter) {
            return Ok(Some(facets));
        }
        let Some(passing) = rows(store, snapshot, filter)? else { return Ok(None) };
        // Where the wider filter is no wider, the rows are the same.
        let wider = |wider: Filter| -> Result<Option<FixedBitSet>> {
            if wider == *filter { Ok(Some(passing.clone())) } else { rows(store, snapshot, &wider) }
        };
        let Some(of_any_category) = wider(filter.of_any_category())? else { return Ok(None) };
        let Some(of_any_date) = wider(filter.of_any_date())? else { return Ok(None) };
        let categories = columns.categories(&of_any_category, MOST_CATEGORIES).into_iter();
        let years = columns.years(&of_any_date).into_iter();
        let facets = Arc::new(Facets {
            papers: passing.count_ones(..),
            categories: categories.map(|(category, papers)| CategoryCount { category, papers }).collect(),
            years: years.map(|(year, papers)| YearCount { year, papers }).collect(),
        });
        self.remember(snapshot, filter, &facets);
        Ok(Some(facets))
    }

    /// The columns of a snapshot. Whoever asks while another reads them waits for those.
    fn columns(&self, store: &Store, snapshot: &Snapshot) -> Result<Option<Arc<Columns>>> {
        let mut remembered = self.lock();
        if !remembered.columns.are_of(snapshot) {
            let Some(columns) = remembered.columns.caught_up(store, snapshot)? else { return Ok(None) };
            *remembered = Remembered { columns: Arc::new(columns), facets: Vec::new() };
        }
        Ok(Some(Arc::clone(&remembered.columns)))
    }

    fn remembered(&self, snapshot: &Snapshot, filter: &Filter) -> Option<Arc<Facets>> {
        let mut remembered = self.lock();
        if !remembered.columns.are_of(snapshot) {
            return None;
        }
        let place = remembered.facets.iter().position(|(of, _)| of == filter)?;
        let found = remembered.facets.remove(place);
        let facets = Arc::clone(&found.1);
        remembered.facets.push(found);
        Some(facets)
    }

    fn remember(&self, snapshot: &Snapshot, filter: &Filter, facets: &Arc<Facets>) {
        let mut remembered = self.lock();
        // Another may have seen a later state, or counted the same.
        if remembered.columns.are_of(snapshot) {
            remembered.facets.retain(|(of, _)| of != filter);
            if remembered.facets.len() >= REMEMBERED {
                remembered.facets.remove(0);
            }
            remembered.facets.push((filter.clone(), Arc::clone(facets)));
        }
    }

    fn lock(&self) -> MutexGuard<'_, Remembered> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
