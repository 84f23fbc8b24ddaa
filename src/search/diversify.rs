//! Diversity by maximal marginal relevance (MMR): the next hit is the one that is relevant and dissimilar to the hits
//! before it (Carbonell & Goldstein, "The use of MMR, diversity-based reranking for reordering documents and producing
//! summaries", SIGIR 1998).

/// The positions of `k` candidates in their new order. Relevance must be descending. `share`, from 0 to 1, is the
/// weight of dissimilarity (the paper's 1 − λ). With a share of 0, the order is unchanged.
pub(super) fn diversified(
    relevance: &[f32],
    similarity: impl Fn(usize, usize) -> f32,
    share: f32,
    k: usize,
) -> Vec<usize> {
    let mut left: Vec<usize> = (0..relevance.len()).collect();
    // The similarity of each candidate to the most similar one that is already taken.
    let mut nearest = vec![f32::NEG_INFINITY; relevance.len()];
    let mut taken = Vec::with_capacity(k);
    while taken.len() < k && !left.is_empty() {
        let value = |place: usize| {
            let likeness = if taken.is_empty() { 0.0 } else { nearest[place] };
            (1.0 - share) * relevance[place] - share * likeness
        };
        // Of equal candidates, the earlier one.
        let best = left.iter().enumerate().map(|(at, place)| (at, value(*place)));
        let best = best.reduce(|best, next| if next.1 > best.1 { next } else { best });
        let place = left.remove(best.map_or(0, |(at, _)| at));
        for other in &left {
            nearest[*other] = nearest[*other].max(similarity(place, *other));
        }
        taken.push(place);
    }
    taken
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Candidates as points on a line, the most relevant first.
    fn candidates() -> impl Strategy<Value = (Vec<f32>, Vec<f32>)> {
        prop::collection::vec((0.0f32..1.0, 0.0f32..1.0), 0..40).prop_map(|pairs| {
            let (mut relevance, points): (Vec<f32>, Vec<f32>) = pairs.into_iter().unzip();
            relevance.sort_by(|a, b| b.total_cmp(a));
            (relevance, points)
        })
    }

    proptest! {
        #[test]
        fn zero_share_keeps_the_order((relevance, points) in candidates(), k in 0usize..50) {
            let order = diversified(&relevance, |a, b| 1.0 - (points[a] - points[b]).abs(), 0.0, k);
            prop_assert_eq!(order, (0..k.min(relevance.len())).collect::<Vec<_>>());
        }

        #[test]
        fn every_candidate_is_taken_once((relevance, points) in candidates(), share in 0.0f32..=1.0, k in 0usize..50) {
            let mut order = diversified(&relevance, |a, b| 1.0 - (points[a] - points[b]).abs(), share, k);
            prop_assert_eq!(order.len(), k.min(relevance.len()));
            prop_assert!(order.first().is_none_or(|first| share > 0.999 || relevance[*first] >= relevance[0]));
            order.sort_unstable();
            order.dedup();
            prop_assert_eq!(order.len(), k.min(relevance.len()));
        }

        #[test]
        fn each_hit_maximises_marginal_relevance((relevance, points) in candidates(), share in 0.0f32..=1.0) {
            let similarity = |a: usize, b: usize| 1.0 - (points[a] - points[b]).abs();
            let order = diversified(&relevance, similarity, share, relevance.len());
            for at in 1..order.len() {
                let value = |place: usize| {
                    let likeness = order[..at].iter().map(|before| similarity(*before, place)).fold(f32::MIN, f32::max);
                    (1.0 - share) * relevance[place] - share * likeness
                };
                let best = order[at..].iter().map(|place| value(*place)).fold(f32::MIN, f32::max);
                prop_assert!(value(order[at]) >= best - 1e-6);
            }
        }
    }

    #[test]
    fn duplicate_of_the_first_hit_comes_last() {
        let similarity = |a: usize, b: usize| if (a, b) == (0, 1) || (a, b) == (1, 0) { 1.0 } else { 0.0 };
        assert_eq!(diversified(&[1.0, 0.99, 0.5], similarity, 0.5, 3), [0, 2, 1]);
    }
}
