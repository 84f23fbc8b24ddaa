//! Does a query name a paper by its title? Then this paper is first, whatever else has its words.
//!
//! An equal title is found by its hash, which ignores case, spacing and punctuation. A title with a typing error is
//! recognised among the best papers.

use super::ranked::Ranked;
use super::retrieve::Candidate;
use crate::engine::Moment;
use crate::error::{Error, Result};
use crate::paper::PaperId;
use crate::store::DocId;

/// The least similarity of a query to a title with a typing error: 1 minus the edit distance by the longer length.
const SIMILAR: f64 = 0.85;
/// Number of best papers whose titles are compared with the query.
pub(super) const COMPARED: usize = 20;
/// A longer query, in bytes, is no title.
pub(super) const LONGEST_TITLE: usize = 1_000;
/// A shorter query has too few letters to tell a typing error from another title.
const SHORTEST: usize = 12;

/// The papers of a selection whose title is the query.
pub(super) fn with_title<M: Moment>(moment: &M, among: &M::Selection, query: &str) -> Result<Vec<DocId>> {
    if query.len() > LONGEST_TITLE {
        return Ok(Vec::new());
    }
    let ids = match moment.paper(&PaperId::of_title(query)) {
        Ok((_, doc)) => return Ok(if moment.contains(among, doc) { vec![doc] } else { Vec::new() }),
        Err(Error::UnknownPaper { .. }) => return Ok(Vec::new()),
        Err(Error::AmbiguousId { papers, .. }) => papers,
        Err(error) => return Err(error),
    };
    let mut docs = Vec::new();
    for id in ids.iter().filter_map(|id| PaperId::parse(id)) {
        match moment.paper(&id) {
            Ok((_, doc)) if moment.contains(among, doc) => docs.push(doc),
            Ok(_) | Err(Error::UnknownPaper { .. } | Error::AmbiguousId { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(docs)
}

/// Raises the scores of these candidates above all others, if they are not.
pub(super) fn raise(found: &mut [Candidate<'_>], titled: &[DocId]) {
    let others = found.iter().filter(|found| !titled.contains(&found.doc)).map(|found| found.score);
    let Some(best) = others.max_by(f32::total_cmp) else { return };
    for candidate in found.iter_mut().filter(|found| titled.contains(&found.doc)) {
        candidate.score = candidate.score.max(best.next_up());
    }
}

/// Raises the score of the paper whose title is nearly the query above all others, and puts it first. `papers` are sorted
/// by score.
pub(super) fn raise_similar(papers: &mut [Ranked], query: &str) {
    let Some(best) = papers.first().map(|ranked| ranked.score).filter(|_| query.len() <= LONGEST_TITLE) else { return };
    let query = plain(query);
    let similarity = |ranked: &Ranked| similarity(&query, &plain(&ranked.paper.title));
    let similar = papers.iter().take(COMPARED).map(similarity).enumerate();
    let nearest = similar.filter(|(_, similarity)| *similarity >= SIMILAR).reduce(|a, b| if b.1 > a.1 { b } else { a });
    let Some((place, _)) = nearest else { return };
    if place > 0 {
        papers[place].score = best.next_up();
        papers[..=place].rotate_right(1);
    }
}

/// Whether a query is a title, or nearly so.
pub(super) fn is_similar(query: &str, title: &str) -> bool {
    similarity(&plain(query), &plain(title)) >= SIMILAR
}

/// The similarity of two plain texts; 0 for a short query.
fn similarity(query: &str, title: &str) -> f64 {
    let (of_query, of_title) = (query.chars().count(), title.chars().count());
    // The lengths bound the similarity.
    #[allow(clippy::cast_precision_loss)] // texts are short
    let bound = of_query.min(of_title) as f64 / of_query.max(of_title).max(1) as f64;
    if of_query < SHORTEST || bound < SIMILAR { 0.0 } else { strsim::normalized_levenshtein(query, title) }
}

/// A text in lower case, with single spaces between words and without punctuation.
fn plain(text: &str) -> String {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect::<Vec<_>>().join(" ")
}
