//! How do the vectors of a text's tokens become one? By their mean (Reimers & Gurevych, "Sentence-BERT", 2019,
//! arXiv:1908.10084, section 3).

/// The mean of the rows of a row-major matrix with rows of `width` numbers.
pub(super) fn mean(rows: &[f32], width: usize) -> Vec<f32> {
    let mut sum = vec![0f32; width];
    for row in rows.chunks_exact(width) {
        for (sum, value) in sum.iter_mut().zip(row) {
            *sum += value;
        }
    }
    #[allow(clippy::cast_precision_loss)] // at most a few hundred rows
    let count = (rows.len() / width) as f32;
    for value in &mut sum {
        *value /= count;
    }
    sum
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_mean_is_taken_over_rows() {
        assert_eq!(super::mean(&[1.0, 10.0, 3.0, 30.0], 2), [2.0, 20.0]);
    }
}
