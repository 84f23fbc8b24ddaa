//! Cuts the page out of a ranking, with diversity if requested.

use super::Options;
use super::diversify::diversified;
use super::ranked::{Ranked, Ranking};
use super::rerank::relevance;
use crate::embed::dot;

/// Keeps the papers of the page, in the order in which they are shown.
pub(super) fn cut(ranking: &mut Ranking, options: &Options) {
    let k = options.depth();
    ranking.more = ranking.papers.len() > k;
    if !options.diverse.is_off() {
        let papers = std::mem::take(&mut ranking.papers);
        let vector = |place: usize| papers[place].vector.as_deref().unwrap_or_default();
        let cosine = |a, b| dot(vector(a), vector(b));
        let order = diversified(&relevance(&papers), cosine, options.diverse.share(), k);
        let mut papers: Vec<Option<Ranked>> = papers.into_iter().map(Some).collect();
        ranking.papers = order.into_iter().filter_map(|place| papers[place].take()).collect();
    }
    ranking.papers.truncate(k);
    ranking.papers.drain(..options.skip.min(ranking.papers.len()));
}
