//! How good is a ranking, by what people judged? Computed as NIST's trec_eval does, ties included.

use std::cmp::Ordering;
use std::collections::HashMap;

/// What was judged for one query: documents and how well they serve it; 0 or less is not at all.
pub type Judged = HashMap<String, i64>;

/// A document that was found, with its score.
#[derive(Debug, Clone, PartialEq)]
pub struct Scored {
    pub id: String,
    pub score: f32,
}

/// The order in which trec_eval reads a ranking: by falling score, documents of equal score by falling id.
#[must_use]
pub fn ranked(mut found: Vec<Scored>) -> Vec<Scored> {
    let order = |a: &Scored, b: &Scored| -> Ordering { b.score.total_cmp(&a.score).then_with(|| b.id.cmp(&a.id)) };
    found.sort_by(order);
    found
}

/// Normalised discounted cumulative gain of the first `k` documents, between 0 and 1.
///
/// The gain is the judgement, the discount the binary logarithm of the rank plus 1, and the ideal ranking is that of all
/// judged documents (Järvelin & Kekäläinen, "Cumulated gain-based evaluation of IR techniques", 2002). A query without a
/// relevant document gives 0.
#[must_use]
pub fn ndcg(ranking: &[Scored], judged: &Judged, k: usize) -> f64 {
    let gains = ranking.iter().map(|found| judged.get(&found.id).copied().unwrap_or(0));
    let mut ideal: Vec<i64> = judged.values().copied().collect();
    ideal.sort_unstable_by(|a, b| b.cmp(a));
    let best = discounted(ideal.into_iter(), k);
    if best > 0.0 { discounted(gains, k) / best } else { 0.0 }
}

fn discounted(gains: impl Iterator<Item = i64>, k: usize) -> f64 {
    #[allow(clippy::cast_precision_loss)] // ranks and grades are small
    let part = |(place, gain): (usize, i64)| gain.max(0) as f64 / ((place + 2) as f64).log2();
    gains.take(k).enumerate().map(part).sum()
}

/// The mean over queries; 0 without any.
#[must_use]
pub fn mean(values: &[f64]) -> f64 {
    #[allow(clippy::cast_precision_loss)]
    let count = values.len().max(1) as f64;
    values.iter().sum::<f64>() / count
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
    fn a_ranking_is_read_by_score_and_then_by_id_backwards() {
        let ids: Vec<String> =
            ranking(&[("a", 0.5), ("b", 0.5), ("c", 0.9), ("d", -1.0)]).into_iter().map(|found| found.id).collect();
        assert_eq!(ids, ["c", "b", "a", "d"]);
    }

    #[test]
    fn the_ideal_ranking_has_a_gain_of_one() {
        let judged = judged(&[("a", 3), ("b", 1), ("c", 0)]);
        close(ndcg(&ranking(&[("a", 0.9), ("b", 0.8), ("c", 0.7)]), &judged, 10), 1.0);
    }

    #[test]
    fn a_relevant_document_counts_less_the_later_it_comes() {
        let judged = judged(&[("a", 1)]);
        close(ndcg(&ranking(&[("x", 0.9), ("a", 0.8)]), &judged, 10), 1.0 / 3f64.log2());
        close(ndcg(&ranking(&[("x", 0.9), ("a", 0.8)]), &judged, 1), 0.0);
    }

    #[test]
    fn grades_are_gains() {
        // (1 + 2 / log2 3) / (2 + 1 / log2 3), by hand.
        let judged = judged(&[("a", 2), ("b", 1)]);
        let wanted = (1.0 + 2.0 / 3f64.log2()) / (2.0 + 1.0 / 3f64.log2());
        close(ndcg(&ranking(&[("b", 0.9), ("a", 0.8)]), &judged, 10), wanted);
    }

    #[test]
    fn the_ideal_knows_of_documents_that_were_not_found() {
        let judged = judged(&[("a", 1), ("b", 1), ("c", -2)]);
        close(ndcg(&ranking(&[("a", 0.9), ("c", 0.8)]), &judged, 10), 1.0 / (1.0 + 1.0 / 3f64.log2()));
    }

    #[test]
    fn what_is_missing_gives_zero() {
        close(ndcg(&[], &judged(&[("a", 1)]), 10), 0.0);
        close(ndcg(&ranking(&[("a", 0.9)]), &judged(&[]), 10), 0.0);
        close(mean(&[]), 0.0);
        close(mean(&[0.5, 1.0]), 0.75);
    }
}
