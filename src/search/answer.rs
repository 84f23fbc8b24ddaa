//! What does an answer look like? The same on the command line (`--json`) and over HTTP.

use std::time::{Duration, Instant};

use serde::Serialize;

use super::fusion::Candidate;
use super::query::Mode;
use crate::paper::{Paper, PaperId, PublicationDate};

/// Ranked papers.
#[derive(Debug, Clone, Serialize)]
pub struct Answer {
    /// The question, or the examples that relatives were asked for.
    pub query: String,
    /// By what the ranking was made.
    pub mode: Mode,
    /// How many papers were searched: those that pass the filters.
    pub among: usize,
    /// From the question to the hits, in milliseconds.
    pub took_ms: f64,
    pub hits: Vec<Hit>,
    /// Whether there are candidates behind these hits.
    #[serde(skip)]
    pub more: bool,
}

/// A paper that was found, and why.
#[derive(Debug, Clone, Serialize)]
pub struct Hit {
    /// From 1.
    pub rank: usize,
    pub id: PaperId,
    pub title: String,
    pub authors: Vec<String>,
    /// Where the corpus tells how many authors there are, and not all their names.
    pub author_count: Option<u32>,
    pub organisation: Option<String>,
    pub categories: Vec<String>,
    pub published: Option<PublicationDate>,
    pub url: Option<String>,
    /// What hits are ranked by. In mode `dense` the cosine, in mode `lexical` the BM25 score, in mode `hybrid` what both make
    /// together, at most 1. Where they shall differ, or a cross-encoder was asked, the order is another one.
    pub score: f32,
    pub why: Why,
    /// The sentence of the abstract that best answers the question; none past the first twenty hits, or without an abstract.
    pub highlight: Option<String>,
    #[serde(rename = "abstract")]
    pub abstract_text: String,
}

/// What speaks for a hit. What its mode does not look at is `null`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Why {
    /// Of the paper's vector and the question's.
    pub cosine: Option<f32>,
    /// Its rank by meaning alone, from 1; `null` past the candidates, the best 200 or twice as many as there are hits. Papers of
    /// equal score share a rank.
    pub meaning_rank: Option<usize>,
    /// How well its words fit, from 0; larger is better, and there is no upper end.
    pub bm25: Option<f32>,
    /// Its rank by words alone, as `meaning_rank`; `null` without any word of the question.
    pub word_rank: Option<usize>,
    /// What the cross-encoder says, by which the first hits stand in order then; `null` past these, and where it was not asked.
    pub rerank: Option<f32>,
}

/// Milliseconds, with two digits behind the point.
pub(crate) fn ms(took: Duration) -> f64 {
    (took.as_secs_f64() * 1e5).round() / 100.0
}

/// The hits of an answer.
pub(super) struct Found {
    pub among: usize,
    pub hits: Vec<Hit>,
    pub more: bool,
}

impl Answer {
    pub(super) fn new(query: String, mode: Mode, start: Instant, found: Found) -> Self {
        let took_ms = ms(start.elapsed());
        let Found { among, hits, more } = found;
        Self { query, mode, among, took_ms, hits, more }
    }
}

impl Hit {
    pub(super) fn new(rank: usize, paper: Paper, found: &Candidate, highlight: Option<String>) -> Self {
        Self {
            rank,
            url: paper.link(),
            id: paper.id,
            title: paper.title,
            authors: paper.authors,
            author_count: paper.author_count,
            organisation: paper.organisation,
            categories: paper.categories,
            published: paper.published,
            score: found.score,
            why: Why {
                cosine: found.cosine,
                meaning_rank: found.meaning_rank,
                bm25: found.bm25,
                word_rank: found.word_rank,
                rerank: found.reranked,
            },
            highlight,
            abstract_text: paper.abstract_text,
        }
    }

    /// The paper, as far as a hit tells of it.
    #[must_use]
    pub fn paper(&self) -> Paper {
        Paper {
            id: self.id.clone(),
            title: self.title.clone(),
            abstract_text: self.abstract_text.clone(),
            authors: self.authors.clone(),
            author_count: self.author_count,
            organisation: self.organisation.clone(),
            categories: self.categories.clone(),
            published: self.published,
            url: self.url.clone(),
            comments: None,
        }
    }

    /// Who wrote it: up to `most` names, then how many more; or the organisation; or the number of authors.
    #[must_use]
    pub fn byline(&self, most: usize) -> Option<String> {
        byline(&self.authors, self.author_count, self.organisation.as_deref(), most)
    }
}

/// See [`Hit::byline`].
#[must_use]
pub fn byline(authors: &[String], count: Option<u32>, organisation: Option<&str>, most: usize) -> Option<String> {
    let total = count.map_or(authors.len(), |count| authors.len().max(count as usize));
    if authors.is_empty() {
        return organisation.map(str::to_owned).or_else(|| match total {
            0 => None,
            1 => Some("1 author".to_owned()),
            _ => Some(format!("{total} authors")),
        });
    }
    let named = authors.len().min(most);
    let mut line = authors[..named].join(", ");
    if total > named {
        line.push_str(&format!(" and {} more", total - named));
    }
    Some(line)
}

#[cfg(test)]
mod tests {
    use super::byline;

    #[test]
    fn a_byline_names_counts_or_stays_away() {
        let names = ["A".to_owned(), "B".to_owned(), "C".to_owned()];
        assert_eq!(byline(&names, None, None, 3).unwrap(), "A, B, C");
        assert_eq!(byline(&names, None, None, 2).unwrap(), "A, B and 1 more");
        assert_eq!(byline(&names, Some(30), None, 2).unwrap(), "A, B and 28 more");
        assert_eq!(byline(&[], Some(1), None, 2).unwrap(), "1 author");
        assert_eq!(byline(&[], Some(5), None, 2).unwrap(), "5 authors");
        assert_eq!(byline(&[], None, Some("ACME"), 2).unwrap(), "ACME");
        assert_eq!(byline(&[], None, None, 2), None);
    }
}
