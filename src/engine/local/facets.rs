//! Counts of categories and years, and the latest papers. They come from the full-text index; from the database only until an
//! index of an older version is built anew.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use fixedbitset::FixedBitSet;

use super::LocalMoment;
use crate::error::Result;
use crate::paper::PublicationDate;
use crate::store::DocId;

impl LocalMoment<'_> {
    /// As [`Moment::categories`](crate::engine::Moment::categories).
    pub(super) fn count_categories(&self, among: &FixedBitSet, most: usize) -> Result<Vec<(String, usize)>> {
        let mut counts = match self.read_words(|full_text| full_text.categories(among))? {
            Some(counts) => counts,
            None => self.categories_in_database(among)?,
        };
        counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        counts.truncate(most);
        Ok(counts)
    }

    fn categories_in_database(&self, among: &FixedBitSet) -> Result<Vec<(String, usize)>> {
        let mut counts: BTreeMap<String, (String, usize)> = BTreeMap::new();
        self.view().labels(0, |doc, labels| {
            if !among.contains(doc.row()) {
                return;
            }
            let mut counted = BTreeSet::new();
            for name in labels.categories.iter().map(|name| name.trim()).filter(|name| !name.is_empty()) {
                let key = name.to_ascii_lowercase();
                let (shown, count) = counts.entry(key.clone()).or_insert_with(|| (name.to_owned(), 0));
                if name < shown.as_str() {
                    name.clone_into(shown);
                }
                *count += usize::from(counted.insert(key));
            }
        })?;
        Ok(counts.into_values().collect())
    }

    /// As [`Moment::years`](crate::engine::Moment::years).
    pub(super) fn count_years(&self, among: &FixedBitSet) -> Result<Vec<(u16, usize)>> {
        let mut counts = vec![0; usize::from(u16::MAX) + 1];
        for (published, _) in self.dates(among)?.into_iter().filter(|(published, _)| *published > 0) {
            counts[(published >> 16) as usize] += 1;
        }
        Ok((0..=u16::MAX).zip(counts).filter(|(_, count)| *count > 0).collect())
    }

    /// As [`Moment::newest`](crate::engine::Moment::newest).
    pub(super) fn latest(&self, among: &FixedBitSet, count: usize) -> Result<Vec<DocId>> {
        let mut dates = self.dates(among)?;
        if dates.len() > count {
            dates.select_nth_unstable_by_key(count, |date| Reverse(*date));
            dates.truncate(count);
        }
        dates.sort_unstable_by_key(|date| Reverse(*date));
        Ok(dates.into_iter().map(|(_, row)| DocId(row)).collect())
    }

    /// The dates of a selection as [`PublicationDate::sortable`], 0 for an unknown date, each with its row.
    fn dates(&self, among: &FixedBitSet) -> Result<Vec<(u32, u32)>> {
        if let Some(dates) = self.read_words(|full_text| full_text.dates(among))? {
            return Ok(dates);
        }
        let mut dates = Vec::new();
        self.view().labels(0, |doc, labels| {
            if among.contains(doc.row()) {
                dates.push((labels.published.map_or(0, PublicationDate::sortable), doc.0));
            }
        })?;
        Ok(dates)
    }
}
