//! The plain weighted sum of two rankings, which every other fusion has to beat: each query's scores are scaled to 0..1
//! by their least and largest (min–max), and one weight holds for all queries of a test set.

use std::collections::HashMap;
use std::num::NonZeroUsize;

use super::metrics::{Metric, Scored, mean, ranked};
use super::run::Run;
use super::test_set::JudgedQuery;

/// Number of documents of each ranking that are scaled and added.
pub const SUMMED: NonZeroUsize = NonZeroUsize::new(1_000).unwrap();

/// The weights of the first ranking among which the best is chosen; the second has 1 minus it.
pub const WEIGHTS: [f32; 6] = [0.3, 0.4, 0.5, 0.6, 0.7, 0.8];

/// The sum with the weight that is best for these judgements by a metric, and its weight. Chosen on the judgements
/// themselves, it is better than any choice that was made without them. `depth` documents are kept of each ranking.
#[must_use]
pub fn best_sum(a: &Run, b: &Run, queries: &[JudgedQuery], metric: Metric, depth: usize) -> (f32, Run) {
    let mut best = (f64::MIN, WEIGHTS[0], Run::default());
    for weight in WEIGHTS {
        let run = sum(a, b, weight, queries);
        let value = |query: &JudgedQuery| metric.of(run.ranking(&query.id), &query.judged);
        let value = mean(&queries.iter().map(value).collect::<Vec<_>>());
        if value > best.0 {
            best = (value, weight, run);
        }
    }
    let (_, weight, run) = best;
    (weight, run.truncated(depth))
}

/// The weighted sum of two runs for the given queries.
fn sum(a: &Run, b: &Run, weight: f32, queries: &[JudgedQuery]) -> Run {
    let mut run = Run::default();
    for query in queries {
        let mut sums: HashMap<&str, f32> = HashMap::new();
        for (ranking, weight) in [(a.ranking(&query.id), weight), (b.ranking(&query.id), 1.0 - weight)] {
            let largest = ranking.iter().map(|found| found.score).fold(f32::MIN, f32::max);
            let least = ranking.iter().map(|found| found.score).fold(f32::MAX, f32::min);
            for Scored { id, score } in ranking {
                *sums.entry(id).or_default() += weight * (score - least) / (largest - least).max(f32::MIN_POSITIVE);
            }
        }
        let found = sums.into_iter().map(|(id, score)| Scored { id: id.to_owned(), score });
        run.insert(query.id.clone(), ranked(found.collect()));
    }
    run
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(found: &[(&str, f32)]) -> Run {
        let mut run = Run::default();
        run.insert(
            "q".to_owned(),
            found.iter().map(|(id, score)| Scored { id: (*id).to_owned(), score: *score }).collect(),
        );
        run
    }

    fn query(relevant: &str) -> JudgedQuery {
        JudgedQuery {
            id: "q".to_owned(),
            text: String::new(),
            document: None,
            judged: [(relevant.to_owned(), 1)].into(),
        }
    }

    #[test]
    fn scores_are_scaled_weighted_and_added() {
        let (a, b) = (run(&[("x", 0.9), ("y", 0.7), ("z", 0.5)]), run(&[("y", 30.0), ("w", 10.0)]));
        let summed = sum(&a, &b, 0.3, &[query("y")]);
        let found: Vec<(&str, f32)> = summed.ranking("q").iter().map(|found| (&*found.id, found.score)).collect();
        let wanted = [("y", 0.3 * 0.5 + 0.7), ("x", 0.3), ("z", 0.0), ("w", 0.0)];
        for ((id, score), (wanted_id, wanted)) in found.iter().zip(wanted) {
            assert!(*id == wanted_id && (score - wanted).abs() < 1e-6, "{found:?}");
        }
    }

    #[test]
    fn weight_is_the_best_for_the_judgements() {
        let (a, b) = (run(&[("x", 0.9), ("y", 0.5)]), run(&[("y", 30.0), ("x", 10.0)]));
        let (weight, best) = best_sum(&a, &b, &[query("x")], Metric::Mrr10, 1);
        assert!(weight > 0.5 && best.ranking("q").len() == 1 && best.ranking("q")[0].id == "x", "{weight}");
        let (weight, _) = best_sum(&a, &b, &[query("y")], Metric::Mrr10, 10);
        assert!(weight < 0.5, "{weight}");
        let (_, nothing) = best_sum(&Run::default(), &Run::default(), &[query("y")], Metric::Mrr10, 10);
        assert!(nothing.ranking("q").is_empty());
    }
}
