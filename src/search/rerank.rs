//! Reranks the first papers with a cross-encoder, which reads each together with the query. Its score is one signal
//! beside the score so far.

use std::ops::Range;
use std::time::{Duration, Instant};

use super::Options;
use super::background::mean_and_squares;
use super::ranked::Ranked;
use crate::embed::Reranker;
use crate::error::Result;
use crate::progress::Progress;

/// Number of papers that are read between two looks at the clock. Smaller batches use several threads badly.
const BATCH: usize = 8;

/// The weight of the cross-encoder's score; the first stage's has 1 minus it. The cross-encoder alone made answers worse
/// on every test set, see benches/RESULTS.md.
const WEIGHT: f32 = 0.3;

#[cfg(feature = "server")]
impl<E: crate::engine::Engine> super::Searcher<E> {
    /// The cross-encoder, if one is loaded.
    pub(crate) fn reranker(&self) -> Option<&Reranker> {
        self.reranker.as_deref()
    }
}

/// Orders the first papers by a weighted sum of their score and that of the cross-encoder, ties by id. Those that are
/// not read keep their order behind them. Returns the number of papers that were read.
pub(super) fn rerank(
    reranker: &Reranker,
    question: &str,
    papers: &mut [Ranked],
    options: &Options,
    progress: &dyn Progress,
) -> Result<usize> {
    let most = papers.len().min(options.rerank_depth.get());
    let texts: Vec<String> = papers[..most].iter().map(|ranked| ranked.paper.text()).collect();
    let scores = |range: Range<usize>| reranker.scores(question, &texts[range], progress);
    let read = match options.rerank_time {
        Some(limit) => {
            let start = Instant::now();
            in_time(limit, || start.elapsed(), texts.len(), scores)?
        }
        None => scores(0..texts.len())?,
    };
    let first = &mut papers[..read.len()];
    let scores: Vec<f32> = first.iter().map(|ranked| ranked.score).collect();
    let mixed = z_scores(&scores).zip(z_scores(&read)).map(|(score, read)| (1.0 - WEIGHT) * score + WEIGHT * read);
    for ((ranked, read), mixed) in first.iter_mut().zip(&read).zip(mixed) {
        (ranked.why.rerank, ranked.mixed) = (Some(*read), Some(mixed));
    }
    let mixed = |ranked: &Ranked| ranked.mixed.unwrap_or(f32::NEG_INFINITY);
    first.sort_by(|a, b| mixed(b).total_cmp(&mixed(a)).then_with(|| a.paper.id.cmp(&b.paper.id)));
    Ok(read.len())
}

/// The scores of the first of `count` texts, read batch by batch until the time is over. The first batch is always read.
/// `clock` tells the time that has passed.
fn in_time(
    limit: Duration,
    clock: impl Fn() -> Duration,
    count: usize,
    scores: impl Fn(Range<usize>) -> Result<Vec<f32>>,
) -> Result<Vec<f32>> {
    let mut read = Vec::with_capacity(count);
    while read.len() < count && (read.is_empty() || clock() < limit) {
        read.extend(scores(read.len()..count.min(read.len() + BATCH))?);
    }
    Ok(read)
}

/// The distance of each score from the mean, in standard deviations, so that scores of two kinds can be added; 0 if all
/// are equal.
fn z_scores(scores: &[f32]) -> impl Iterator<Item = f32> {
    let (mean, squares) = mean_and_squares(scores);
    #[allow(clippy::cast_precision_loss)] // few papers are reranked
    let deviation = (squares / scores.len().max(1) as f32).sqrt();
    scores.iter().map(move |score| if deviation > 0.0 { (score - mean) / deviation } else { 0.0 })
}

/// The relevance of each paper relative to the first, from 1 downwards. After reranking, the mixed scores scaled to
/// 0..1; papers that were not reranked get 0.
pub(super) fn relevance(papers: &[Ranked]) -> Vec<f32> {
    let mixed = || papers.iter().filter_map(|ranked| ranked.mixed);
    let (largest, least) = (mixed().fold(f32::MIN, f32::max), mixed().fold(f32::MAX, f32::min));
    if largest < least {
        let best = papers.first().map_or(1.0, |best| best.score.abs()).max(f32::MIN_POSITIVE);
        return papers.iter().map(|ranked| ranked.score / best).collect();
    }
    let range = (largest - least).max(f32::MIN_POSITIVE);
    papers.iter().map(|ranked| ranked.mixed.map_or(0.0, |score| (score - least) / range)).collect()
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;
    use crate::error::Error;

    #[test]
    fn batches_are_read_until_the_time_is_over() {
        // A batch takes a second.
        let read = |limit: u64, count: usize| {
            let batches = RefCell::new(Vec::new());
            let scores = |texts: Range<usize>| {
                batches.borrow_mut().push(texts.len());
                Ok(texts.map(|_| 0.0).collect())
            };
            let clock = || Duration::from_secs(batches.borrow().len() as u64);
            let read = in_time(Duration::from_secs(limit), clock, count, scores).unwrap().len();
            let batches = batches.into_inner();
            assert_eq!(batches.iter().sum::<usize>(), read);
            batches
        };
        assert_eq!(read(0, 50), [BATCH]);
        assert_eq!(read(1, 50), [BATCH]);
        assert_eq!(read(2, 50), [BATCH; 2]);
        assert_eq!(read(1_000, 2 * BATCH + 1), [BATCH, BATCH, 1]);
        assert_eq!(read(1_000, BATCH), [BATCH]);
        assert_eq!(read(0, 0), [0usize; 0]);
        assert!(in_time(Duration::MAX, || Duration::ZERO, 9, |_| Err(Error::Interrupted)).is_err());
    }

    #[test]
    fn z_scores_do_not_depend_on_unit_and_origin() {
        let (one, other) = ([1.0, 2.0, 6.0], [-10.0, 0.0, 40.0]);
        for (one, other) in z_scores(&one).zip(z_scores(&other)) {
            assert!((one - other).abs() < 1e-6, "{one}, {other}");
        }
        assert_eq!(z_scores(&[2.0, 2.0]).collect::<Vec<_>>(), [0.0, 0.0]);
        assert_eq!(z_scores(&[]).count(), 0);
    }
}
