//! Which of the first hits stand where, when a cross-encoder has read them together with the question?

use crate::embed::Reranker;
use crate::error::Result;
use crate::paper::Paper;
use crate::progress::Progress;

use super::fusion::Candidate;

/// So many of the first are read again; those behind them keep their order.
pub const RERANKED: usize = 50;

/// Orders the first hits by what the cross-encoder says of them, those of equal score by id.
pub(super) fn rerank(
    reranker: &Reranker,
    question: &str,
    found: &mut [(Candidate, Paper)],
    progress: &dyn Progress,
) -> Result<()> {
    let most = found.len().min(RERANKED);
    let first = &mut found[..most];
    let texts: Vec<String> = first.iter().map(|(_, paper)| paper.text()).collect();
    for ((found, _), score) in first.iter_mut().zip(reranker.scores(question, &texts, progress)?) {
        found.reranked = Some(score);
    }
    let score = |found: &Candidate| found.reranked.unwrap_or(f32::NEG_INFINITY);
    first.sort_by(|(a, one), (b, other)| score(b).total_cmp(&score(a)).then_with(|| one.id.cmp(&other.id)));
    Ok(())
}

/// How relevant each hit is beside the first one, from 1 down: by the cross-encoder where it was asked, those behind as the last
/// of these.
pub(super) fn relevance(found: &[(Candidate, Paper)]) -> Vec<f32> {
    let reranked = || found.iter().filter_map(|(found, _)| found.reranked);
    let (largest, least) = (reranked().fold(f32::MIN, f32::max), reranked().fold(f32::MAX, f32::min));
    if largest < least {
        let best = found.first().map_or(1.0, |(best, _)| best.score.abs()).max(f32::MIN_POSITIVE);
        return found.iter().map(|(found, _)| found.score / best).collect();
    }
    let range = (largest - least).max(f32::MIN_POSITIVE);
    found.iter().map(|(found, _)| found.reranked.map_or(0.0, |score| (score - least) / range)).collect()
}
