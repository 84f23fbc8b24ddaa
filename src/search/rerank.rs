//! Reranks the first papers with a cross-encoder, which reads each together with the query. Its score is one signal
//! beside the score so far.

use super::background::mean_and_squares;
use super::ranked::Ranked;
use crate::embed::Reranker;
use crate::error::Result;
use crate::progress::Progress;

/// Number of papers that are reranked; those behind them keep their order.
pub const RERANKED: usize = 50;

/// The weight of the cross-encoder's score; the first stage's has 1 minus it. The cross-encoder alone made answers worse
/// on every test set, see benches/RESULTS.md.
const WEIGHT: f32 = 0.3;

/// Orders the first papers by a weighted sum of their score and that of the cross-encoder, ties by id.
pub(super) fn rerank(
    reranker: &Reranker,
    question: &str,
    papers: &mut [Ranked],
    progress: &dyn Progress,
) -> Result<()> {
    let most = papers.len().min(RERANKED);
    let first = &mut papers[..most];
    let texts: Vec<String> = first.iter().map(|ranked| ranked.paper.text()).collect();
    let read = reranker.scores(question, &texts, progress)?;
    let scores: Vec<f32> = first.iter().map(|ranked| ranked.score).collect();
    let mixed = z_scores(&scores).zip(z_scores(&read)).map(|(score, read)| (1.0 - WEIGHT) * score + WEIGHT * read);
    for ((ranked, read), mixed) in first.iter_mut().zip(&read).zip(mixed) {
        (ranked.why.rerank, ranked.mixed) = (Some(*read), Some(mixed));
    }
    let mixed = |ranked: &Ranked| ranked.mixed.unwrap_or(f32::NEG_INFINITY);
    first.sort_by(|a, b| mixed(b).total_cmp(&mixed(a)).then_with(|| a.paper.id.cmp(&b.paper.id)));
    Ok(())
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
    use super::*;

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
