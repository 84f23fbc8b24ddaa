//! Measures latency: queries run one at a time on one thread, in several passes.

use std::time::Instant;

use serde::Serialize;

use crate::embed::Embedding;
use crate::graph::Neighbour;

/// Number of passes over all queries; the pass with the median duration is reported.
const PASSES: usize = 3;

/// The speed of a search.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Timing {
    /// Queries per second.
    #[serde(rename = "qps")]
    pub per_second: f64,
    /// Median latency in microseconds.
    pub p50_us: f64,
    /// 99th percentile of the latency in microseconds.
    pub p99_us: f64,
}

/// Runs all queries in several passes. Returns the timing of the median pass, and the results.
pub fn timed(
    questions: &[Embedding],
    mut answer: impl FnMut(&[f32]) -> Vec<Neighbour>,
) -> (Timing, Vec<Vec<Neighbour>>) {
    let mut passes = Vec::with_capacity(PASSES);
    let mut answers = Vec::new();
    for _ in 0..PASSES {
        let mut us = Vec::with_capacity(questions.len());
        answers.clear();
        for question in questions {
            let start = Instant::now();
            answers.push(answer(question.as_slice()));
            us.push(start.elapsed().as_secs_f64() * 1e6);
        }
        passes.push((us.iter().sum::<f64>(), us));
    }
    passes.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (sum, mut us) = passes.swap_remove(PASSES / 2);
    us.sort_by(f64::total_cmp);
    #[allow(clippy::cast_precision_loss)] // there are few queries
    let per_second = us.len() as f64 / sum.max(f64::MIN_POSITIVE) * 1e6;
    let at_most = |percent: usize| us.get((us.len() * percent).div_ceil(100).saturating_sub(1)).copied();
    let [p50_us, p99_us] = [50, 99].map(|percent| at_most(percent).unwrap_or_default());
    (Timing { per_second, p50_us, p99_us }, answers)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn slow_query_affects_only_the_high_percentile() {
        let questions: Vec<Embedding> =
            (0u8..20).map(|n| Embedding::normalised(vec![1.0, f32::from(n)]).unwrap()).collect();
        let mut asked = 0;
        let (timing, answers) = timed(&questions, |question| {
            asked += 1;
            let slow = question[1] == 0.0;
            std::thread::sleep(Duration::from_millis(if slow { 50 } else { 1 }));
            Vec::new()
        });
        assert_eq!((asked, answers.len()), (60, 20));
        assert!(timing.p50_us >= 1_000.0 && timing.p50_us < timing.p99_us && timing.p99_us >= 50_000.0, "{timing:?}");
        assert!(timing.per_second < 1_000.0 && timing.per_second > 20.0 / 10.0, "{timing:?}");
    }
}
