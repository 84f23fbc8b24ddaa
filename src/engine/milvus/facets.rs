//! Categories and years of papers, the latest papers, and samples.

use std::collections::BTreeMap;

use super::client::{MOST_ROWS, Rows};
use super::expression::{self, ALL};
use super::moment::MilvusMoment;
use super::record::SAMPLES;
use super::schema::{ADDED, CATEGORIES, PAPERS, PUBLISHED_FROM, SAMPLE, VECTOR};
use super::selection::Selection;
use crate::error::Result;
use crate::store::DocId;

/// The categories of up to this number of papers are read. Of more, the server counts the most frequent categories.
const MOST_READ: usize = 50_000;
/// The number of categories that the server counts.
const MOST_COUNTED: usize = 50;
/// The rows of a page.
const PAGE: usize = 5_000;
/// A range of dates with more papers is divided.
const MOST_OF_RANGE: usize = 2_000;

impl MilvusMoment<'_> {
    /// As [`Moment::categories`].
    pub(super) fn count_categories(&self, among: &Selection, most: usize) -> Result<Vec<(String, usize)>> {
        // By key, in lower case: the name as papers write it, and the number of papers.
        let mut names = self.words.full_text.categories_of_dictionary();
        let mut counts: Vec<(String, usize)> = if among.expression() == ALL {
            names.into_values().collect()
        } else if among.count(self)? <= MOST_READ {
            let mut counts: BTreeMap<String, usize> = BTreeMap::new();
            let filter = among.expression().to_owned();
            let wanted = Rows { collection: PAPERS, filter, fields: &[CATEGORIES], limit: PAGE, in_order: true };
            self.engine.client.for_each_page(&wanted, |page| {
                for key in page.lists(CATEGORIES)?.iter().flatten() {
                    *counts.entry(key.clone()).or_default() += 1;
                }
                Ok(true)
            })?;
            // Archives are keys, too, but no categories.
            counts.into_iter().filter_map(|(key, papers)| Some((names.remove(&key)?.0, papers))).collect()
        } else {
            let mut frequent: Vec<(String, (String, usize))> = names.into_iter().collect();
            frequent.sort_by_key(|(_, (_, papers))| std::cmp::Reverse(*papers));
            frequent.truncate(MOST_COUNTED.max(most.min(2 * MOST_COUNTED)));
            let mut counts = Vec::with_capacity(frequent.len());
            for (key, (name, _)) in frequent {
                let with = format!("array_contains({CATEGORIES}, {})", expression::quoted(&key));
                let filter = expression::all([among.expression().to_owned(), with]);
                counts.push((name, self.engine.client.count(PAPERS, &filter)?));
            }
            counts
        };
        counts.retain(|(_, papers)| *papers > 0);
        counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        counts.truncate(most);
        Ok(counts)
    }

    /// As [`Moment::years`].
    pub(super) fn count_years(&self, among: &Selection) -> Result<Vec<(u16, usize)>> {
        let years = self.words.full_text.years_of_dictionary();
        if among.expression() == ALL {
            return Ok(years);
        }
        let mut counts = Vec::new();
        for (year, _) in years {
            let filter =
                expression::all([among.expression().to_owned(), between(first_day(year), first_day(year + 1))]);
            counts.push((year, self.engine.client.count(PAPERS, &filter)?));
        }
        counts.retain(|(_, papers)| *papers > 0);
        Ok(counts)
    }

    /// As [`Moment::newest`].
    pub(super) fn latest(&self, among: &Selection, count: usize) -> Result<Vec<DocId>> {
        let mut dated: Vec<(i64, i64, DocId)> = Vec::new();
        let mut ranges: Vec<(i64, i64)> = Vec::new();
        // Without a date, last.
        ranges.push((0, 1));
        let years = self.words.full_text.years_of_dictionary();
        ranges.extend(years.iter().map(|(year, _)| (first_day(*year), first_day(year + 1))));
        while dated.len() < count
            && let Some((from, to)) = ranges.pop()
        {
            let filter = expression::all([among.expression().to_owned(), between(from, to)]);
            let length = to - from;
            if length > 1 && self.engine.client.count(PAPERS, &filter)? > MOST_OF_RANGE {
                // Years into months, months into days.
                let step = if length > 100 { 100 } else { 1 };
                ranges.extend((from..to).step_by(step).map(|from| (from, from + i64::try_from(step).unwrap_or(1))));
                continue;
            }
            let fields = [PUBLISHED_FROM, ADDED];
            let wanted = Rows { collection: PAPERS, filter, fields: &fields, limit: MOST_ROWS, in_order: false };
            let rows = self.engine.client.rows(&wanted)?;
            let docs = self.docs.take_in(&rows)?;
            let times = rows.numbers(PUBLISHED_FROM)?.iter().zip(rows.numbers(ADDED)?);
            let mut of_range: Vec<(i64, i64, DocId)> =
                times.zip(docs).map(|((published, added), doc)| (*published, *added, doc)).collect();
            of_range.sort_unstable_by(|a, b| b.cmp(a));
            dated.extend(of_range);
        }
        dated.truncate(count);
        Ok(dated.into_iter().map(|(.., doc)| doc).collect())
    }

    /// At most `count` papers: those with the smallest numbers, of which `papers` papers have about this many.
    pub(super) fn sampled(&self, papers: usize, count: usize) -> Result<Vec<DocId>> {
        if papers == 0 || count == 0 {
            return Ok(Vec::new());
        }
        if let Some(known) = self.engine.known_sample(papers, count) {
            let mut seen = self.docs.lock();
            let docs: Vec<DocId> = known
                .iter()
                .map(|(id, vector)| {
                    let doc = seen.doc_of(id);
                    seen.known_mut(doc).vector.get_or_insert_with(|| std::sync::Arc::clone(vector));
                    doc
                })
                .collect();
            return Ok(docs);
        }
        // A quarter more than are wanted, since numbers are spread by chance.
        #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation)] // a share of 2^32
        let below = (SAMPLES * (1.25 * count as f64 / papers as f64).min(1.0)).ceil() as i64;
        let filter = format!("{SAMPLE} < {below}");
        let fields = [VECTOR, ADDED, SAMPLE];
        let limit = (4 * count).min(MOST_ROWS);
        let rows =
            self.engine.client.rows(&Rows { collection: PAPERS, filter, fields: &fields, limit, in_order: true })?;
        let docs = self.docs.take_in(&rows)?;
        let numbers = rows.numbers(SAMPLE)?.iter().zip(rows.numbers(ADDED)?);
        let mut numbered: Vec<(i64, i64, DocId)> =
            numbers.zip(docs).map(|((number, added), doc)| (*number, *added, doc)).collect();
        numbered.sort_unstable();
        numbered.truncate(count);
        // In the order in which they were added.
        numbered.sort_unstable_by_key(|(_, added, _)| *added);
        let docs: Vec<DocId> = numbered.into_iter().map(|(.., doc)| doc).collect();
        self.engine.remember_sample(papers, count, &docs, self);
        Ok(docs)
    }
}

fn first_day(year: u16) -> i64 {
    i64::from(year) * 10_000
}

fn between(from: i64, to: i64) -> String {
    format!("{PUBLISHED_FROM} >= {from} and {PUBLISHED_FROM} < {to}")
}
