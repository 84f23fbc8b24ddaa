//! The words of all papers on the server, with the number of papers with each, and the state of the collection.
//!
//! A front end reads them when it starts, and again when the state's version has changed. Writers add to them at the end of each
//! commit. If two writers do so at the same moment, some numbers are lost: words seem a little rarer than they are, but all papers
//! are found.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::client::Client;
use super::reading::as_strs;
use super::record::values_by_id;
use super::schema::{VALUE, WORDS_OF};
use crate::error::{Error, Result};
use crate::full_text::{Dictionary, PaperTerms};

/// The number of parts into which words are divided, by a hash.
const BUCKETS: usize = 256;
/// The id of the state.
const STATE: &str = "state";
/// The bytes of words in a row, before they are compressed.
const ROW_BYTES: usize = 48 * 1024;
const LEVEL: i32 = 3;
/// Rows that are read in one request: about 2 MB.
const ROWS_AT_ONCE: usize = 64;
/// The mean numbers of words in title, abstract and names of papers in general, and the number of papers that they count for. A
/// collection that begins with a few unusual papers is not measured by these.
const TYPICAL: [u64; 3] = [10, 130, 8];
const TYPICAL_PAPERS: u64 = 1_000;

/// The state of the collection.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct State {
    /// Changes with each commit.
    pub version: u64,
    /// Number of papers.
    pub papers: u64,
    /// Number of words in all titles, abstracts and names.
    pub lengths: [u64; 3],
    /// Whether all papers are the sample collection.
    #[serde(default)]
    pub is_sample: bool,
    /// The number of rows of each bucket.
    rows: Vec<u16>,
}

impl State {
    /// The mean numbers of words by which the weights of new papers are computed.
    #[allow(clippy::cast_precision_loss)] // a mean of words
    pub fn mean_lengths(&self) -> [f32; 3] {
        let papers = self.papers + TYPICAL_PAPERS;
        std::array::from_fn(|field| (self.lengths[field] + TYPICAL[field] * TYPICAL_PAPERS) as f32 / papers as f32)
    }
}

/// What a commit changes in the numbers.
#[derive(Debug, Clone, Default)]
pub(super) struct Delta {
    papers: i64,
    lengths: [i64; 3],
    terms: BTreeMap<String, i64>,
}

impl Delta {
    /// A paper was added, or replaced a former state of it.
    pub fn add(&mut self, paper: &PaperTerms) {
        self.count(paper, 1);
    }

    /// A paper was deleted, or a former state of it was replaced.
    pub fn remove(&mut self, paper: &PaperTerms) {
        self.count(paper, -1);
    }

    /// Adds the changes of a later commit.
    pub fn join(&mut self, later: &Self) {
        self.papers += later.papers;
        for (sum, length) in self.lengths.iter_mut().zip(later.lengths) {
            *sum += length;
        }
        for (term, by) in &later.terms {
            *self.terms.entry(term.clone()).or_default() += by;
        }
    }

    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        self.papers == 0 && self.terms.values().all(|by| *by == 0)
    }

    fn count(&mut self, paper: &PaperTerms, by: i64) {
        self.papers += by;
        for (sum, length) in self.lengths.iter_mut().zip(paper.lengths) {
            *sum += by * length.cast_signed();
        }
        for term in &paper.terms {
            *self.terms.entry(term.clone()).or_default() += by;
        }
    }
}

fn bucket_of(term: &str) -> usize {
    usize::from(Sha256::digest(term)[0]) % BUCKETS
}

fn row_id(bucket: usize, row: u16) -> String {
    format!("words/{bucket:03}/{row:03}")
}

/// The state; that of an empty collection if there is none yet.
pub(super) fn state(client: &Client) -> Result<State> {
    let tables = client.rows_by_ids(WORDS_OF, &[STATE], &[VALUE])?;
    let texts = tables.iter().map(|rows| rows.texts(VALUE)).collect::<Result<Vec<_>>>()?;
    match texts.concat().first() {
        Some(json) => serde_json::from_str(json).map_err(|error| unreadable(&error.to_string())),
        None => Ok(State::default()),
    }
}

fn unreadable(reason: &str) -> Error {
    Error::ServerAnswer { what: format!("the words of the collection cannot be read: {reason}") }
}

/// All words, with the state that belongs to them.
pub(super) fn dictionary(client: &Client, state: &State) -> Result<Dictionary> {
    let buckets: Vec<usize> = (0..BUCKETS).collect();
    let lengths = state.lengths;
    let papers = usize::try_from(state.papers).unwrap_or(usize::MAX);
    let terms = read(client, state, &buckets)?.into_values().flatten();
    let terms = terms.filter_map(|(term, papers)| Some((term, u32::try_from(papers).ok()?))).collect();
    Ok(Dictionary { papers, lengths, terms })
}

/// The words of some buckets.
fn read(client: &Client, state: &State, buckets: &[usize]) -> Result<BTreeMap<usize, BTreeMap<String, i64>>> {
    let rows = |bucket: &usize| state.rows.get(*bucket).copied().unwrap_or_default();
    let ids: Vec<String> =
        buckets.iter().flat_map(|bucket| (0..rows(bucket)).map(|row| row_id(*bucket, row))).collect();
    let mut words: BTreeMap<usize, BTreeMap<String, i64>> = BTreeMap::new();
    for ids in as_strs(&ids).chunks(ROWS_AT_ONCE) {
        let tables = client.rows_by_ids(WORDS_OF, ids, &[VALUE])?;
        let texts = tables.iter().map(|rows| rows.texts(VALUE)).collect::<Result<Vec<_>>>()?;
        for text in texts.into_iter().flatten() {
            let bytes = BASE64.decode(text).map_err(|error| unreadable(&error.to_string()))?;
            let lines = zstd::bulk::decompress(&bytes, 64 * ROW_BYTES)?;
            let lines = String::from_utf8(lines).map_err(|error| unreadable(&error.to_string()))?;
            for (papers, term) in lines.lines().filter_map(|line| line.split_once('\t')) {
                let papers: i64 = papers.parse().unwrap_or_default();
                *words.entry(bucket_of(term)).or_default().entry(term.to_owned()).or_default() += papers;
            }
        }
    }
    Ok(words)
}

/// Applies what a commit has changed, and returns the new state.
pub(super) fn apply(client: &Client, delta: &Delta) -> Result<State> {
    apply_to(client, state(client)?, delta)
}

/// Replaces all numbers by those of a delta, which has counted all papers.
pub(super) fn replace(client: &Client, all: &Delta) -> Result<State> {
    let before = state(client)?;
    // All buckets are written again, so that no former word stays.
    let emptied = State { papers: 0, lengths: [0; 3], ..before.clone() };
    let former = read(client, &before, &(0..BUCKETS).collect::<Vec<_>>())?.into_values().flatten();
    let mut delta = Delta { papers: all.papers, lengths: all.lengths, terms: all.terms.clone() };
    for (term, papers) in former {
        *delta.terms.entry(term).or_default() -= papers;
    }
    apply_to(client, emptied, &delta)
}

fn apply_to(client: &Client, mut state: State, delta: &Delta) -> Result<State> {
    state.rows.resize(BUCKETS, 0);
    let mut changes: BTreeMap<usize, Vec<(&str, i64)>> = BTreeMap::new();
    for (term, by) in delta.terms.iter().filter(|(_, by)| **by != 0) {
        // A line break would end the entry.
        if !term.contains('\n') {
            changes.entry(bucket_of(term)).or_default().push((term, *by));
        }
    }
    let buckets: Vec<usize> = changes.keys().copied().collect();
    let mut words = read(client, &state, &buckets)?;
    let (mut ids, mut values) = (Vec::new(), Vec::new());
    for (bucket, changes) in changes {
        let of_bucket = words.entry(bucket).or_default();
        for (term, by) in changes {
            *of_bucket.entry(term.to_owned()).or_default() += by;
        }
        of_bucket.retain(|_, papers| *papers > 0);
        let rows = rows_of(of_bucket)?;
        // Rows that are no longer needed are emptied, so that no writer counts them again.
        let before = usize::from(state.rows[bucket]);
        state.rows[bucket] = u16::try_from(rows.len()).unwrap_or(u16::MAX);
        let empty = rows_of(&BTreeMap::new())?.remove(0);
        let padding = std::iter::repeat_n(empty, before.saturating_sub(rows.len()));
        for (row, value) in (0..).zip(rows.into_iter().chain(padding)) {
            ids.push(row_id(bucket, row));
            values.push(value);
        }
    }
    let sum = |number: u64, by: i64| number.saturating_add_signed(by);
    state.papers = sum(state.papers, delta.papers);
    state.lengths = std::array::from_fn(|field| sum(state.lengths[field], delta.lengths[field]));
    state.version += 1;
    // Papers that are added later are the user's own.
    state.is_sample = false;
    // The state is written last: it names the rows.
    write(client, ids, values)?;
    write_state(client, &state)?;
    Ok(state)
}

/// Marks the papers as the sample collection, or as the user's own.
pub(super) fn mark(client: &Client, state: &State, is_sample: bool) -> Result<()> {
    if state.is_sample == is_sample {
        return Ok(());
    }
    write_state(client, &State { is_sample, ..state.clone() })
}

/// Replaces the state.
fn write_state(client: &Client, state: &State) -> Result<()> {
    let json = serde_json::to_string(state).map_err(|error| unreadable(&error.to_string()))?;
    write(client, vec![STATE.to_owned()], vec![json])
}

fn write(client: &Client, ids: Vec<String>, values: Vec<String>) -> Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    client.upsert(WORDS_OF, values_by_id(ids, values))
}

/// The rows of a bucket: at least one.
fn rows_of(words: &BTreeMap<String, i64>) -> Result<Vec<String>> {
    let mut texts = vec![String::new()];
    for (term, papers) in words {
        if texts.last().is_some_and(|text| text.len() + term.len() > ROW_BYTES) {
            texts.push(String::new());
        }
        if let Some(text) = texts.last_mut() {
            text.push_str(&format!("{papers}\t{term}\n"));
        }
    }
    texts.iter().map(|text| Ok(BASE64.encode(zstd::bulk::compress(text.as_bytes(), LEVEL)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::milvus::schema::LONGEST;

    #[test]
    fn rows_hold_all_words_and_fit_into_a_field() {
        let words: BTreeMap<String, i64> =
            (0..20_000).map(|n| (format!("s{:x}", n * 2_654_435_761_u64), n.cast_signed())).collect();
        let rows = rows_of(&words).unwrap();
        assert!(rows.len() > 1 && rows.iter().all(|row| row.len() <= LONGEST));
        assert_eq!(rows_of(&BTreeMap::new()).unwrap().len(), 1);
    }

    #[test]
    fn the_first_papers_do_not_decide_the_mean_lengths() {
        let mut state = State { papers: 1, lengths: [50, 3, 0], ..State::default() };
        assert!((state.mean_lengths()[1] - 130.0).abs() < 1.0);
        state = State { papers: 1_000_000, lengths: [8_000_000, 90_000_000, 5_000_000], ..State::default() };
        assert!((state.mean_lengths()[1] - 90.0).abs() < 0.1);
    }
}
