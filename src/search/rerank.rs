//! Reranks the first papers with a cross-encoder, which reads each together with the query.

use super::ranked::Ranked;
use crate::embed::Reranker;
use crate::error::Result;
use crate::progress::Progress;

/// Number of papers that are reranked; those behind them keep their order.
pub const RERANKED: usize = 50;

/// Orders the first papers by their cross-encoder score, ties by id.
pub(super) fn rerank(
    reranker: &Reranker,
    question: &str,
    papers: &mut [Ranked],
    progress: &dyn Progress,
) -> Result<()> {
    let most = papers.len().min(RERANKED);
    let first = &mut papers[..most];
    let texts: Vec<String> = first.iter().map(|ranked| ranked.paper.text()).collect();
    for (ranked, score) in first.iter_mut().zip(reranker.scores(question, &texts, progress)?) {
        ranked.why.rerank = Some(score);
    }
    let score = |ranked: &Ranked| ranked.why.rerank.unwrap_or(f32::NEG_INFINITY);
    first.sort_by(|a, b| score(b).total_cmp(&score(a)).then_with(|| a.paper.id.cmp(&b.paper.id)));
    Ok(())
}

/// The relevance of each paper relative to the first, from 1 downwards. After reranking, the cross-encoder scores
/// scaled to 0..1; papers that were not reranked get 0.
pub(super) fn relevance(papers: &[Ranked]) -> Vec<f32> {
    let reranked = || papers.iter().filter_map(|ranked| ranked.why.rerank);
    let (largest, least) = (reranked().fold(f32::MIN, f32::max), reranked().fold(f32::MAX, f32::min));
    if largest < least {
        let best = papers.first().map_or(1.0, |best| best.score.abs()).max(f32::MIN_POSITIVE);
        return papers.iter().map(|ranked| ranked.score / best).collect();
    }
    let range = (largest - least).max(f32::MIN_POSITIVE);
    papers.iter().map(|ranked| ranked.why.rerank.map_or(0.0, |score| (score - least) / range)).collect()
}
