//! Metrics of a ranking by relevance judgements, computed as in NIST's trec_eval, including ties.
//!
//! A document is relevant if its grade is 1 or more. Unjudged documents count as not relevant.

use std::cmp::Ordering;
use std::collections::HashMap;

use serde::Serialize;

/// The judgements of one query: documents with their grades; 0 or less is not relevant.
pub type Judged = HashMap<String, i64>;

/// A retrieved document with its score.
#[derive(Debug, Clone, PartialEq)]
pub struct Scored {
    /// The document's id in its test set.
    pub id: String,
    /// The score as f32, as in trec_eval: scores that differ only beyond this precision are ties.
    pub score: f32,
}

/// Sorts as trec_eval does: by descending score, ties by descending id.
#[must_use]
pub fn ranked(mut found: Vec<Scored>) -> Vec<Scored> {
    // 0 and -0 are equal.
    let by_score = |a: &Scored, b: &Scored| b.score.partial_cmp(&a.score).unwrap_or(Ordering::Equal);
    found.sort_by(|a, b| by_score(a, b).then_with(|| b.id.cmp(&a.id)));
    found
}

/// Whether any document is relevant to the query.
#[must_use]
pub(super) fn has_relevant(judged: &Judged) -> bool {
    judged.values().any(|grade| *grade > 0)
}

/// The metrics that are reported. Each is between 0 and 1; larger is better, and an empty ranking has 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
pub enum Metric {
    /// See [`ndcg`]; trec_eval's `ndcg_cut_10`.
    #[default]
    #[serde(rename = "ndcg@10")]
    #[cfg_attr(feature = "cli", value(name = "ndcg@10"))]
    Ndcg10,
    /// See [`ndcg`]; trec_eval's `ndcg_cut_20`.
    #[serde(rename = "ndcg@20")]
    #[cfg_attr(feature = "cli", value(name = "ndcg@20"))]
    Ndcg20,
    /// See [`reciprocal_rank`]; trec_eval's `recip_rank` of the first 10 documents, so that later ones do not count.
    #[serde(rename = "mrr@10")]
    #[cfg_attr(feature = "cli", value(name = "mrr@10"))]
    Mrr10,
    /// See [`average_precision`]; trec_eval's `map`.
    #[serde(rename = "map")]
    #[cfg_attr(feature = "cli", value(name = "map"))]
    Map,
    /// See [`recall`]; trec_eval's `recall_10`.
    #[serde(rename = "recall@10")]
    #[cfg_attr(feature = "cli", value(name = "recall@10"))]
    Recall10,
    /// See [`recall`]; trec_eval's `recall_100`.
    #[serde(rename = "recall@100")]
    #[cfg_attr(feature = "cli", value(name = "recall@100"))]
    Recall100,
    /// See [`precision`]; trec_eval's `P_10`.
    #[serde(rename = "p@10")]
    #[cfg_attr(feature = "cli", value(name = "p@10"))]
    Precision10,
}

impl Metric {
    /// All metrics, in the order in which they are reported.
    pub const ALL: [Self; 7] =
        [Self::Ndcg10, Self::Ndcg20, Self::Mrr10, Self::Map, Self::Recall10, Self::Recall100, Self::Precision10];

    /// The name of the metric.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ndcg10 => "nDCG@10",
            Self::Ndcg20 => "nDCG@20",
            Self::Mrr10 => "MRR@10",
            Self::Map => "MAP",
            Self::Recall10 => "Recall@10",
            Self::Recall100 => "Recall@100",
            Self::Precision10 => "P@10",
        }
    }

    /// The value for one query. The ranking must be sorted as by [`ranked`].
    #[must_use]
    pub fn of(self, ranking: &[Scored], judged: &Judged) -> f64 {
        match self {
            Self::Ndcg10 => ndcg(ranking, judged, 10),
            Self::Ndcg20 => ndcg(ranking, judged, 20),
            Self::Mrr10 => reciprocal_rank(ranking, judged, 10),
            Self::Map => average_precision(ranking, judged),
            Self::Recall10 => recall(ranking, judged, 10),
            Self::Recall100 => recall(ranking, judged, 100),
            Self::Precision10 => precision(ranking, judged, 10),
        }
    }
}

/// Normalised discounted cumulative gain (nDCG) of the first `k` documents.
///
/// The gain is the grade, and the discount is the binary logarithm of the rank plus 1. The ideal ranking is that of all
/// judged documents (Järvelin & Kekäläinen, "Cumulated gain-based evaluation of IR techniques", 2002). A query without
/// a relevant document has 0.
#[must_use]
pub fn ndcg(ranking: &[Scored], judged: &Judged, k: usize) -> f64 {
    let gains = ranking.iter().map(|found| judged.get(&found.id).copied().unwrap_or(0));
    let mut ideal: Vec<i64> = judged.values().copied().collect();
    ideal.sort_unstable_by(|a, b| b.cmp(a));
    let best = discounted(ideal.into_iter(), k);
    if best > 0.0 { discounted(gains, k) / best } else { 0.0 }
}

#[allow(clippy::cast_precision_loss)] // ranks and grades are small
fn discounted(gains: impl Iterator<Item = i64>, k: usize) -> f64 {
    let part = |(place, gain): (usize, i64)| gain.max(0) as f64 / ((place + 2) as f64).log2();
    sum(gains.take(k).enumerate().map(part))
}

/// The reciprocal of the rank of the first relevant document among the first `k`; 0 if there is none.
#[must_use]
pub fn reciprocal_rank(ranking: &[Scored], judged: &Judged, k: usize) -> f64 {
    ranking.iter().take(k).position(|found| is_relevant(found, judged)).map_or(0.0, |place| 1.0 / count(place + 1))
}

/// The mean over all relevant documents of the precision at their ranks; 0 for a document that is not in the ranking.
#[must_use]
pub fn average_precision(ranking: &[Scored], judged: &Judged) -> f64 {
    let places = ranking.iter().enumerate().filter(|(_, found)| is_relevant(found, judged)).map(|(place, _)| place);
    let precisions = places.zip(1..).map(|(place, relevant)| count(relevant) / count(place + 1));
    share(sum(precisions), relevant(judged))
}

/// The share of the relevant documents that are among the first `k`.
#[must_use]
pub fn recall(ranking: &[Scored], judged: &Judged, k: usize) -> f64 {
    share(hits(ranking, judged, k), relevant(judged))
}

/// The share of relevant documents among the first `k`; missing documents of a shorter ranking count as not relevant.
#[must_use]
pub fn precision(ranking: &[Scored], judged: &Judged, k: usize) -> f64 {
    share(hits(ranking, judged, k), k)
}

fn is_relevant(found: &Scored, judged: &Judged) -> bool {
    judged.get(&found.id).is_some_and(|grade| *grade > 0)
}

fn hits(ranking: &[Scored], judged: &Judged, k: usize) -> f64 {
    count(ranking.iter().take(k).filter(|found| is_relevant(found, judged)).count())
}

fn relevant(judged: &Judged) -> usize {
    judged.values().filter(|grade| **grade > 0).count()
}

/// The sum of the values; 0 for none, where `Iterator::sum` gives -0.
fn sum(values: impl Iterator<Item = f64>) -> f64 {
    values.fold(0.0, |sum, value| sum + value)
}

fn share(part: f64, whole: usize) -> f64 {
    part / count(whole.max(1))
}

#[allow(clippy::cast_precision_loss)] // documents of a ranking
fn count(number: usize) -> f64 {
    number as f64
}

/// The mean over queries; 0 if there are none.
#[must_use]
pub fn mean(values: &[f64]) -> f64 {
    share(sum(values.iter().copied()), values.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranking(found: &[(&str, f32)]) -> Vec<Scored> {
        ranked(found.iter().map(|(id, score)| Scored { id: (*id).to_owned(), score: *score }).collect())
    }

    fn judged(judged: &[(&str, i64)]) -> Judged {
        judged.iter().map(|(id, grade)| ((*id).to_owned(), *grade)).collect()
    }

    fn close(found: f64, wanted: f64) {
        assert!((found - wanted).abs() < 1e-12, "{found}, expected {wanted}");
    }

    #[test]
    fn rankings_are_sorted_by_score_and_descending_id() {
        let found = [("a", 0.5), ("b", 0.5), ("c", 0.9), ("d", -1.0), ("e", 0.0), ("f", -0.0)];
        let ids: Vec<String> = ranking(&found).into_iter().map(|found| found.id).collect();
        assert_eq!(ids, ["c", "b", "a", "f", "e", "d"]);
    }

    #[test]
    fn ideal_ranking_has_an_ndcg_of_one() {
        let judged = judged(&[("a", 3), ("b", 1), ("c", 0)]);
        close(ndcg(&ranking(&[("a", 0.9), ("b", 0.8), ("c", 0.7)]), &judged, 10), 1.0);
    }

    #[test]
    fn later_relevant_documents_count_less() {
        let judged = judged(&[("a", 1)]);
        let ranking = ranking(&[("x", 0.9), ("a", 0.8)]);
        close(ndcg(&ranking, &judged, 10), 1.0 / 3f64.log2());
        close(ndcg(&ranking, &judged, 1), 0.0);
        close(reciprocal_rank(&ranking, &judged, 10), 0.5);
        close(reciprocal_rank(&ranking, &judged, 1), 0.0);
    }

    #[test]
    fn gains_are_the_grades() {
        // (1 + 2 / log2 3) / (2 + 1 / log2 3), calculated by hand.
        let judged = judged(&[("a", 2), ("b", 1)]);
        let wanted = (1.0 + 2.0 / 3f64.log2()) / (2.0 + 1.0 / 3f64.log2());
        close(ndcg(&ranking(&[("b", 0.9), ("a", 0.8)]), &judged, 10), wanted);
    }

    #[test]
    fn missing_relevant_documents_lower_the_metrics() {
        let judged = judged(&[("a", 1), ("b", 1), ("c", -2)]);
        let ranking = ranking(&[("c", 0.9), ("a", 0.8)]);
        close(ndcg(&ranking, &judged, 10), 1.0 / 3f64.log2() / (1.0 + 1.0 / 3f64.log2()));
        close(average_precision(&ranking, &judged), 0.25);
        close(recall(&ranking, &judged, 10), 0.5);
        close(recall(&ranking, &judged, 1), 0.0);
        close(precision(&ranking, &judged, 10), 0.1);
    }

    #[test]
    fn empty_input_gives_zero() {
        for metric in Metric::ALL {
            for (found, judgements) in
                [(vec![], [("a", 1)]), (vec![("b", 0.9)], [("a", 1)]), (vec![("a", 0.9)], [("a", 0)])]
            {
                let value = metric.of(&ranking(&found), &judged(&judgements));
                assert_eq!(value.to_string(), "0", "{metric:?}");
            }
        }
        assert!(has_relevant(&judged(&[("a", 1)])) && !has_relevant(&judged(&[("a", 0), ("b", -1)])));
        close(mean(&[]), 0.0);
        close(mean(&[0.5, 1.0]), 0.75);
    }
}
