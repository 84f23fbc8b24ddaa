//! How do the vectors of a text's tokens become one? By their mean (Reimers & Gurevych, "Sentence-BERT", 2019,
//! arXiv:1908.10084, section 3). That of some of the tokens is the vector of a part of the text, seen in all of it
//! (Günther et al., "Late chunking", 2024, arXiv:2409.04701).

use std::ops::Range;

/// What a network makes of a text; not yet of unit length.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Pooled {
    pub whole: Vec<f32>,
    pub parts: Vec<Vec<f32>>,
}

impl Pooled {
    /// The mean of the rows of a row-major matrix with rows of `width` numbers, and those of some ranges of its rows.
    pub fn mean(rows: &[f32], width: usize, parts: &[Range<usize>]) -> Self {
        let part =
            |part: &Range<usize>| mean(rows.get(part.start * width..part.end * width).unwrap_or_default(), width);
        Self { whole: mean(rows, width), parts: parts.iter().map(part).collect() }
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
    use super::Pooled;

    #[test]
    fn the_mean_is_taken_over_rows() {
        let pooled = Pooled::mean(&[1.0, 10.0, 3.0, 30.0, 5.0, 80.0], 2, &[1..3, 0..1, 2..2, 2..9]);
        assert_eq!(pooled.whole, [3.0, 40.0]);
        assert_eq!(pooled.parts, [vec![4.0, 55.0], vec![1.0, 10.0], vec![0.0; 2], vec![0.0; 2]]);
    }
}
