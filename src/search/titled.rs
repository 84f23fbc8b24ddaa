//! Does a query name a paper by its title? Then this paper is first, whatever else has its words.
//!
//! An equal title is found by its hash, which ignores case, spacing and punctuation. A title with a typing error is
//! recognised among the best papers.

use super::answer::NamedPart;
use super::ranked::Ranked;
use super::retrieve::Candidate;
use crate::engine::Moment;
use crate::error::{Error, Result};
use crate::paper::{PaperId, is_year};
use crate::store::DocId;

/// The least similarity of a query to a title with a typing error: 1 minus the edit distance by the longer length.
const SIMILAR: f64 = 0.85;
/// Number of best papers whose titles are compared with the query.
pub(super) const COMPARED: usize = 20;
/// A longer query, in bytes, is no title.
pub(super) const LONGEST_TITLE: usize = 1_000;
/// A shorter query has too few letters to distinguish a typing error from another title.
const SHORTEST: usize = 12;

/// The papers of a selection whose title is the query, or the query without the year at its end.
pub(super) fn with_title<M: Moment>(moment: &M, among: &M::Selection, query: &str) -> Result<Vec<DocId>> {
    if query.len() > LONGEST_TITLE {
        return Ok(Vec::new());
    }
    let found = with_equal_title(moment, among, query)?;
    match without_year(query) {
        Some(title) if found.is_empty() => with_equal_title(moment, among, title),
        _ => Ok(found),
    }
}

/// A title that a year follows, as in `A title (2019)`, without it.
fn without_year(query: &str) -> Option<&str> {
    let end = query.trim_end_matches([')', ']', '.', ' ']);
    let (title, year) = end.split_at_checked(end.len().checked_sub(4)?)?;
    let title = title.trim_end_matches(['(', '[', ',', ' ']);
    let is_apart = title.len() + year.len() < end.len();
    (is_year(year) && is_apart && !title.is_empty()).then_some(title)
}

fn with_equal_title<M: Moment>(moment: &M, among: &M::Selection, query: &str) -> Result<Vec<DocId>> {
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
    let best = others.max_by(f32::total_cmp).unwrap_or(f32::NEG_INFINITY);
    for candidate in found.iter_mut().filter(|found| titled.contains(&found.doc)) {
        candidate.score = candidate.score.max(best.next_up());
        candidate.named.push(NamedPart::Title);
    }
}

/// The candidate whose title is nearly the query, if it is among the best. `found` are sorted by score.
pub(super) fn with_similar_title<M: Moment>(moment: &M, found: &[Candidate<'_>], query: &str) -> Result<Vec<DocId>> {
    let docs: Vec<DocId> = found.iter().take(COMPARED).map(|found| found.doc).collect();
    let papers = moment.papers_at(&docs)?;
    let titles = papers.iter().map(|paper| paper.as_ref().map_or("", |paper| paper.title.as_str()));
    Ok(most_similar(query, titles).map(|place| docs[place]).into_iter().collect())
}

/// Raises the score of the paper whose title is nearly the query above all others, and puts it first. `papers` are sorted
/// by score.
pub(super) fn raise_similar(papers: &mut [Ranked], query: &str) {
    let Some(best) = papers.first().map(|ranked| ranked.score) else { return };
    let titles = papers.iter().take(COMPARED).map(|ranked| ranked.paper.title.as_str());
    let Some(place) = most_similar(query, titles) else { return };
    papers[place].why.named.push(NamedPart::Title);
    if place > 0 {
        papers[place].score = best.next_up();
        papers[..=place].rotate_right(1);
    }
}

/// The number of the title that the query is, or nearly so, also without the year at its end.
fn most_similar<'t>(query: &str, titles: impl Iterator<Item = &'t str>) -> Option<usize> {
    if query.len() > LONGEST_TITLE {
        return None;
    }
    let queries: Vec<String> = [Some(query), without_year(query)].into_iter().flatten().map(plain).collect();
    let similarity = |title: &str| {
        let title = plain(title);
        queries.iter().map(|query| similarity(query, &title)).fold(0.0, f64::max)
    };
    let similar = titles.map(similarity).enumerate().filter(|(_, similarity)| *similarity >= SIMILAR);
    similar.reduce(|a, b| if b.1 > a.1 { b } else { a }).map(|(place, _)| place)
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

#[cfg(test)]
mod tests {
    use super::without_year;

    #[test]
    fn a_year_after_a_title_is_not_part_of_it() {
        for (query, title) in [
            ("Light Spanners, 2014", Some("Light Spanners")),
            ("Minkowski games (2015).", Some("Minkowski games")),
            ("Distributed NLP [2018]", Some("Distributed NLP")),
            ("Vision 20/20", None),
            ("2019", None),
            ("Area51984", None),
            ("é2019", None),
        ] {
            assert_eq!(without_year(query), title, "{query}");
        }
    }
}
