//! Relative position bias of attention: for each head, a learnt number for the distance between query and key.
//!
//! Distances share learnt numbers by buckets: Raffel et al., "Exploring the Limits of Transfer Learning with a Unified
//! Text-to-Text Transformer" (T5), 2019, arXiv:1910.10683, section 2.1.

/// Number of buckets.
pub(in crate::embed) const BUCKETS: usize = 32;

/// The distance from which on all tokens share the last bucket of their side.
const FARTHEST: usize = 128;

/// For each head, the bias of each distance of a key from its query. It depends on nothing else, so the biases of a query are
/// contiguous in the order of the keys.
pub(in crate::embed) struct RelativeBias {
    /// Maximum number of tokens of a text.
    longest: usize,
    /// The biases of the distances −(longest − 1) to longest − 1: `[heads, 2 · longest − 1]`.
    numbers: Vec<f32>,
}

impl RelativeBias {
    /// The biases for texts of at most `longest` tokens. `table` has the numbers of each bucket: `[BUCKETS, heads]`.
    pub fn new(table: &[f32], heads: usize, longest: usize) -> Self {
        let distances = 2 * longest - 1;
        let mut numbers = Vec::with_capacity(heads * distances);
        for head in 0..heads {
            numbers.extend((0..distances).map(|place| {
                let (behind, ahead) = ((longest - 1).saturating_sub(place), place.saturating_sub(longest - 1));
                table[bucket(behind, ahead) * heads + head]
            }));
        }
        Self { longest, numbers }
    }

    /// The biases of the first `tokens` keys for a query.
    pub(super) fn of(&self, head: usize, query: usize, tokens: usize) -> &[f32] {
        &self.numbers[head * (2 * self.longest - 1) + self.longest - 1 - query..][..tokens]
    }
}

/// The bucket of a key that is `behind` tokens before its query, or `ahead` tokens after it. Half of the buckets are for keys
/// ahead. Of each half, one half has a bucket for each distance, and the other one divides the rest logarithmically.
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)] // distances are small
fn bucket(behind: usize, ahead: usize) -> usize {
    const SIDE: usize = BUCKETS / 2;
    const EXACT: usize = SIDE / 2;
    let distance = behind.max(ahead);
    let first = if ahead > 0 { SIDE } else { 0 };
    if distance < EXACT {
        return first + distance;
    }
    // In 32 bits, as in training: rounding decides at the bounds of buckets.
    let share = (distance as f32 / EXACT as f32).ln() / (FARTHEST as f32 / EXACT as f32).ln();
    first + (EXACT + (share * (SIDE - EXACT) as f32) as usize).min(SIDE - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_those_of_training() {
        // The first distance of each bucket, from transformers 5.24 for all distances up to 300.
        let firsts = [0, 1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 23, 32, 46, 64, 91];
        for distance in 0..300 {
            let wanted = firsts.iter().rposition(|first| *first <= distance).unwrap();
            assert_eq!(bucket(distance, 0), wanted, "{distance} behind");
            let wanted = if distance == 0 { 0 } else { wanted + 16 };
            assert_eq!(bucket(0, distance), wanted, "{distance} ahead");
        }
    }

    #[test]
    fn a_row_has_the_bias_of_each_distance() {
        #[allow(clippy::cast_precision_loss)]
        let table: Vec<f32> = (0..2 * BUCKETS).map(|place| place as f32).collect();
        let bias = RelativeBias::new(&table, 2, 4);
        assert_eq!(bias.of(0, 0, 4), [0.0, 34.0, 36.0, 38.0]);
        assert_eq!(bias.of(1, 2, 3), [5.0, 3.0, 1.0]);
        assert_eq!(bias.of(1, 3, 4), [7.0, 5.0, 3.0, 1.0]);
    }
}
