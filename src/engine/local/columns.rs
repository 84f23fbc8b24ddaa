//! Columns in memory with the categories and date of each row, eight bytes per row. They catch up with later commits.

use std::collections::{BTreeMap, HashMap};

use fixedbitset::FixedBitSet;

use crate::error::Result;
use crate::paper::PublicationDate;
use crate::store::{DocId, Labels, Snapshot, View};

/// The categories and the date of every row of a snapshot.
#[derive(Debug, Clone, Default)]
pub(super) struct Columns {
    generation: u64,
    commits: u64,
    names: Names,
    /// The distinct lists of categories, of which there are far fewer than papers.
    lists: Vec<Box<[u32]>>,
    places: HashMap<Vec<String>, u32>,
    rows: Vec<Row>,
}

/// The index of a row's list of categories, and its date as [`PublicationDate::sortable`]; 0 if the date is unknown.
#[derive(Debug, Clone, Copy)]
struct Row {
    list: u32,
    published: u32,
}

/// A row of no paper.
const NOTHING: Row = Row { list: u32::MAX, published: 0 };

impl Row {
    /// The year; 0 if the date is unknown.
    fn year(self) -> u16 {
        (self.published >> 16) as u16
    }
}

impl Columns {
    /// The columns of a view, derived from those of an earlier one.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn caught_up(&self, view: &View<'_>) -> Result<Self> {
        let (number, commits) = (view.generation.number, view.generation.commits);
        let mut next = if self.generation == number && self.commits <= commits {
            self.clone()
        } else {
            Self { generation: number, ..Self::default() }
        };
        next.rows.resize(view.vectors.rows(), NOTHING);
        let since = next.commits;
        view.labels(since, |doc, labels| next.set(doc.row(), labels))?;
        next.commits = commits;
        Ok(next)
    }

    /// Whether these are the columns of this snapshot.
    pub fn are_of(&self, snapshot: &Snapshot) -> bool {
        (self.generation, self.commits) == (snapshot.generation.number, snapshot.generation.commits)
    }

    fn set(&mut self, row: usize, labels: Labels) {
        let published = labels.published.map_or(0, PublicationDate::sortable);
        let list = if let Some(place) = self.places.get(&labels.categories) {
            *place
        } else {
            let place = u32::try_from(self.lists.len()).unwrap_or(u32::MAX);
            let mut list: Vec<u32> = labels.categories.iter().filter_map(|name| self.names.number(name)).collect();
            // A paper counts once per category, even if it lists the category twice.
            list.sort_unstable();
            list.dedup();
            self.lists.push(list.into());
            self.places.insert(labels.categories, place);
            place
        };
        if let Some(kept) = self.rows.get_mut(row) {
            *kept = Row { list, published };
        }
    }

    /// The number of rows in each category: the most frequent, in descending order, ties by name.
    pub fn categories(&self, rows: &FixedBitSet, most: usize) -> Vec<(String, usize)> {
        let mut of_lists = vec![0; self.lists.len()];
        for row in rows.ones().filter_map(|row| self.rows.get(row)) {
            if let Some(count) = of_lists.get_mut(row.list as usize) {
                *count += 1;
            }
        }
        let mut counts = vec![0; self.names.shown.len()];
        for (list, count) in self.lists.iter().zip(of_lists) {
            list.iter().for_each(|name| counts[*name as usize] += count);
        }
        let mut found: Vec<(&str, usize)> =
            self.names.shown.iter().map(String::as_str).zip(counts).filter(|(_, count)| *count > 0).collect();
        found.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
        found.truncate(most);
        found.into_iter().map(|(name, count)| (name.to_owned(), count)).collect()
    }

    /// The number of rows in each year, in ascending order of years; rows without a date are not counted.
    pub fn years(&self, rows: &FixedBitSet) -> Vec<(u16, usize)> {
        let mut counts = BTreeMap::new();
        for row in rows.ones().filter_map(|row| self.rows.get(row)).filter(|row| row.published > 0) {
            *counts.entry(row.year()).or_default() += 1;
        }
        counts.into_iter().collect()
    }

    /// The rows of a selection with the latest dates, the latest first. Of rows with the same date or without a date,
    /// the row added last comes first.
    pub fn newest(&self, rows: &FixedBitSet, count: usize) -> Vec<DocId> {
        let dated = rows.ones().filter_map(|row| Some((self.rows.get(row)?.published, u32::try_from(row).ok()?)));
        let mut dated: Vec<(u32, u32)> = dated.collect();
        let later = |a: &(u32, u32), b: &(u32, u32)| b.cmp(a);
        if dated.len() > count {
            dated.select_nth_unstable_by(count, later);
            dated.truncate(count);
        }
        dated.sort_by(later);
        dated.into_iter().map(|(_, row)| DocId(row)).collect()
    }
}

/// Numbers of categories. As in filters, case does not matter.
#[derive(Debug, Clone, Default)]
struct Names {
    /// The spelling of each category: of several spellings, the first in character order, which has the capital
    /// letters.
    shown: Vec<String>,
    numbers: HashMap<String, u32>,
}

impl Names {
    /// The number of a category; `None` for a blank name.
    fn number(&mut self, name: &str) -> Option<u32> {
        let name = name.trim();
        if name.is_empty() {
            return None;
        }
        let next = u32::try_from(self.shown.len()).ok()?;
        let number = *self.numbers.entry(name.to_ascii_lowercase()).or_insert(next);
        match self.shown.get_mut(number as usize) {
            Some(shown) if name < shown.as_str() => name.clone_into(shown),
            Some(_) => {}
            None => self.shown.push(name.to_owned()),
        }
        Some(number)
    }
}
