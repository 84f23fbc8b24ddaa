//! Pools the token embeddings of a text: their mean (Reimers & Gurevych, "Sentence-BERT", 2019, arXiv:1908.10084, section 3), or
//! the embedding of one token. The embedding of a part of a text is the mean over the tokens of the part, which were computed
//! with the whole text as context (late chunking: Günther et al., "Late chunking", 2024, arXiv:2409.04701).

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::embed::kernel::simd::widest;
use crate::embed::tokenize::Tokens;

/// How the token embeddings of a text are pooled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pooling {
    /// The mean over all tokens, including special ones but not padding (Reimers & Gurevych, "Sentence-BERT", 2019,
    /// arXiv:1908.10084, section 3).
    Mean,
    /// The embedding of the first token, `[CLS]` in BERT.
    Cls,
    /// The embedding of the last token.
    Last,
}

/// The pooled vectors of a text and of its parts, not normalised.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::embed) struct Pooled {
    pub whole: Vec<f32>,
    pub parts: Vec<Vec<f32>>,
}

impl Pooled {
    /// Pools the rows of the tokens, which have `width` numbers each, multiplied by their weights. Parts are always pooled by their
    /// mean.
    pub fn of<'r>(row: impl Fn(usize) -> (&'r [f32], f32), width: usize, tokens: &Tokens, pooling: Pooling) -> Self {
        let count = tokens.ids.len();
        let mean = |range: Range<usize>| mean(&row, range, width);
        let one = |token: usize| mean(token..token + 1);
        // If the prompt fills the whole sequence, all tokens are pooled.
        let first = if tokens.unpooled < count { tokens.unpooled } else { 0 };
        let whole = match pooling {
            Pooling::Mean => mean(first..count),
            Pooling::Cls if first < count => one(first),
            Pooling::Last if first < count => one(count - 1),
            Pooling::Cls | Pooling::Last => Vec::new(),
        };
        let is_there = |part: &Range<usize>| part.start <= part.end && part.end <= count;
        let parts = tokens.parts.iter();
        let parts = parts.map(|part| mean(if is_there(part) { part.clone() } else { 0..0 })).collect();
        Self { whole, parts }
    }
}

/// The mean of weighted rows, zeros if there are none.
fn mean<'r>(row: &impl Fn(usize) -> (&'r [f32], f32), range: Range<usize>, width: usize) -> Vec<f32> {
    let mut sum = vec![0f32; width];
    #[allow(clippy::cast_precision_loss)] // at most a few hundred rows
    let count = range.len().max(1) as f32;
    widest(
        #[inline(always)]
        |_| {
            for (row, weight) in range.map(row) {
                for (sum, value) in sum.iter_mut().zip(row) {
                    *sum += value * weight;
                }
            }
            for value in &mut sum {
                *value /= count;
            }
        },
    );
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three rows with their weights.
    const ROWS: [([f32; 2], f32); 3] = [([1.0, 10.0], 1.0), ([1.5, 15.0], 2.0), ([5.0, 80.0], 1.0)];

    fn row(token: usize) -> (&'static [f32], f32) {
        let (row, weight) = &ROWS[token];
        (row, *weight)
    }

    fn tokens(unpooled: usize) -> Tokens {
        Tokens { ids: vec![7; 3], truncated: false, unpooled, parts: vec![1..3, 0..1, 2..2, 2..9] }
    }

    #[test]
    fn mean_pooling_averages_rows() {
        let pooled = Pooled::of(row, 2, &tokens(0), Pooling::Mean);
        assert_eq!(pooled.whole, [3.0, 40.0]);
        assert_eq!(pooled.parts, [vec![4.0, 55.0], vec![1.0, 10.0], vec![0.0; 2], vec![0.0; 2]]);
    }

    #[test]
    fn first_and_last_token_pooling_and_unpooled_prompts() {
        let whole = |unpooled, pooling| Pooled::of(row, 2, &tokens(unpooled), pooling).whole;
        assert_eq!(whole(0, Pooling::Cls), [1.0, 10.0]);
        assert_eq!(whole(0, Pooling::Last), [5.0, 80.0]);
        assert_eq!(whole(1, Pooling::Mean), [4.0, 55.0]);
        assert_eq!(whole(1, Pooling::Cls), [3.0, 30.0]);
        assert_eq!(whole(3, Pooling::Mean), [3.0, 40.0]);
    }
}
