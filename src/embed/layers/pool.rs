//! How do the vectors of a text's tokens become one? By their mean (Reimers & Gurevych, "Sentence-BERT", 2019,
//! arXiv:1908.10084, section 3), or one of them is taken. The mean of some of the tokens is the vector of a part of the
//! text, seen in all of it (Günther et al., "Late chunking", 2024, arXiv:2409.04701).

use serde::{Deserialize, Serialize};

use crate::embed::tokenize::Tokens;

/// How the vectors of a text's tokens become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pooling {
    /// The mean over all tokens, special ones included, padding left out
    /// (Reimers & Gurevych, "Sentence-BERT", 2019, arXiv:1908.10084, section 3).
    Mean,
    /// The vector of the first token, `[CLS]` in BERT.
    Cls,
    /// The vector of the last token.
    Last,
}

/// What a network makes of a text; not yet of unit length.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::embed) struct Pooled {
    pub whole: Vec<f32>,
    pub parts: Vec<Vec<f32>>,
}

impl Pooled {
    /// Pools the rows of a row-major matrix, one of `width` numbers for each token; the parts of the text by their means.
    pub fn of(rows: &[f32], width: usize, tokens: &Tokens, pooling: Pooling) -> Self {
        // A prompt that fills all the room leaves nothing else to pool.
        let own = rows.get(tokens.unpooled * width..).filter(|own| !own.is_empty()).unwrap_or(rows);
        let whole = match pooling {
            Pooling::Mean => mean(own, width),
            Pooling::Cls => own.get(..width).unwrap_or_default().to_vec(),
            Pooling::Last => own.get(own.len().saturating_sub(width)..).unwrap_or_default().to_vec(),
        };
        let parts = tokens.parts.iter();
        let parts =
            parts.map(|part| mean(rows.get(part.start * width..part.end * width).unwrap_or_default(), width)).collect();
        Self { whole, parts }
    }
}

fn mean(rows: &[f32], width: usize) -> Vec<f32> {
    let mut sum = vec![0f32; width];
    for row in rows.chunks_exact(width) {
        for (sum, value) in sum.iter_mut().zip(row) {
            *sum += value;
        }
    }
    #[allow(clippy::cast_precision_loss)] // at most a few hundred rows
    let count = (rows.len() / width).max(1) as f32;
    for value in &mut sum {
        *value /= count;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROWS: [f32; 6] = [1.0, 10.0, 3.0, 30.0, 5.0, 80.0];

    fn tokens(unpooled: usize) -> Tokens {
        Tokens { ids: vec![7; 3], truncated: false, unpooled, parts: vec![1..3, 0..1, 2..2, 2..9] }
    }

    #[test]
    fn the_mean_is_taken_over_rows() {
        let pooled = Pooled::of(&ROWS, 2, &tokens(0), Pooling::Mean);
        assert_eq!(pooled.whole, [3.0, 40.0]);
        assert_eq!(pooled.parts, [vec![4.0, 55.0], vec![1.0, 10.0], vec![0.0; 2], vec![0.0; 2]]);
    }

    #[test]
    fn one_token_can_stand_for_all_and_a_prompt_for_none() {
        let whole = |unpooled, pooling| Pooled::of(&ROWS, 2, &tokens(unpooled), pooling).whole;
        assert_eq!(whole(0, Pooling::Cls), [1.0, 10.0]);
        assert_eq!(whole(0, Pooling::Last), [5.0, 80.0]);
        assert_eq!(whole(1, Pooling::Mean), [4.0, 55.0]);
        assert_eq!(whole(1, Pooling::Cls), [3.0, 30.0]);
        assert_eq!(whole(3, Pooling::Mean), [3.0, 40.0]);
    }
}
