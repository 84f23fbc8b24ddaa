//! Of which categories and date is each row? Kept in memory, eight bytes a row, and caught up when somebody has committed.

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
    /// The lists of categories that papers have, each once: far fewer than papers.
    lists: Vec<Box<[u32]>>,
    places: HashMap<Vec<String>, u32>,
    rows: Vec<Row>,
}

/// The list of categories of a row, and its date as [`PublicationDate::sortable`] gives it, 0 where none is known.
#[derive(Debug, Clone, Copy)]
struct Row {
    list: u32,
    published: u32,
}

/// A row of no paper.
const NOTHING: Row = Row { list: u32::MAX, published: 0 };

impl Row {
    /// The year, 0 where none is known.
    fn year(self) -> u16 {
        (self.published >> 16) as u16
    }
}

impl Columns {
    /// Those of a view, made from those of an earlier one.
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

    /// Whether they are those of this snapshot.
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
            // A paper counts once, however often it names a category.
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

    /// How many of some rows have each category: the most frequent first, those of one number by name.
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

    /// How many of some rows are of each year, the first year first; those without a date are of none.
    pub fn years(&self, rows: &FixedBitSet) -> Vec<(u16, usize)> {
        let mut counts = BTreeMap::new();
        for row in rows.ones().filter_map(|row| self.rows.get(row)).filter(|row| row.published > 0) {
            *counts.entry(row.year()).or_default() += 1;
        }
        counts.into_iter().collect()
    }

    /// The rows of a selection with the latest dates, the latest first; of the same date, and of none, the row that was added last.
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

/// Categories by number. As for filters, case makes no difference between two.
#[derive(Debug, Clone, Default)]
struct Names {
    /// How each is written: of several ways the first in the order of characters, which has the capitals.
    shown: Vec<String>,
    numbers: HashMap<String, u32>,
}

impl Names {
    /// The number of a category; none for a blank one.
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
