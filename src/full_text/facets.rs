//! How many papers of a selection are in each category, and when were they published? The answers come from the index, so that no
//! paper is read.
//!
//! Categories are entries of the index (see [`super::names`]), each by its name in lower case. As in filters, case does not matter.

use std::collections::{BTreeMap, BTreeSet};

use fixedbitset::FixedBitSet;

use super::FullText;
use super::counted::Counted;
use super::names::{CATEGORY, END};
use crate::paper::Paper;

/// The entries of a paper's categories: the name in lower case, then as it is written.
pub(super) fn entries(paper: &Paper) -> impl Iterator<Item = String> {
    let names: BTreeSet<&str> =
        paper.categories.iter().map(|name| name.trim()).filter(|name| !name.is_empty()).collect();
    names.into_iter().map(|name| format!("{CATEGORY}{}{END}{name}", name.to_ascii_lowercase()))
}

impl FullText {
    /// The number of papers of a selection in each category, in the order of names. Of several spellings of a name, the first in
    /// character order is shown, which has the capital letters.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub(super) fn count_categories(&self, among: &FixedBitSet) -> tantivy::Result<Vec<(String, usize)>> {
        let mut spellings: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        self.for_each_term(CATEGORY, |entry, _| {
            if let Some((key, name)) = entry.strip_prefix(CATEGORY).and_then(|entry| entry.split_once(END)) {
                spellings.entry(key.to_owned()).or_default().insert(name.to_owned());
            }
        })?;
        let mut counts = Vec::with_capacity(spellings.len());
        for (key, names) in spellings {
            let entry = |name: &str| format!("{CATEGORY}{key}{END}{name}");
            let names: Vec<String> = names.into_iter().collect();
            if let [name] = names.as_slice() {
                let mut count = 0;
                self.for_each_row_in(self.fields.entries, &entry(name), |row| {
                    count += usize::from(among.contains(row));
                })?;
                counts.push((name.clone(), count));
                continue;
            }
            // A paper counts once, even if it has the category in several spellings.
            let mut rows = FixedBitSet::with_capacity(self.rows);
            let mut shown = None;
            for name in names {
                self.add_rows_in(self.fields.entries, &entry(&name), &mut rows)?;
                // Of a paper that was replaced, the index may still have the entry.
                if shown.is_none() && !rows.is_clear() {
                    shown = Some(name);
                }
            }
            counts.extend(shown.map(|name| (name, rows.intersection_count(among))));
        }
        counts.retain(|(_, count)| *count > 0);
        Ok(counts)
    }

    /// The dates of the papers of a selection as [`PublicationDate::sortable`](crate::paper::PublicationDate::sortable), 0 for an
    /// unknown date, each with its row; in any order.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub(super) fn read_dates(&self, among: &FixedBitSet) -> tantivy::Result<Vec<(u32, u32)>> {
        let mut dates = Vec::new();
        for Counted { part, rows, .. } in &self.parts {
            part.for_each_date(|row, published| {
                if rows.contains(row as usize) && among.contains(row as usize) {
                    dates.push((published, row));
                }
            })?;
        }
        Ok(dates)
    }
}
