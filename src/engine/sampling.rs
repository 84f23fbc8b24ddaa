//! Which rows are sampled?

use crate::store::DocId;

/// The rows of [`Moment::sample`](super::Moment::sample), from a number of rows to which later ones are appended.
pub(super) fn sampled(rows: usize, count: usize) -> Vec<DocId> {
    evenly(if rows <= count { rows } else { 1 << rows.ilog2() }, count)
}

/// At most `count` of the first `rows` rows, evenly spread.
pub(super) fn evenly(rows: usize, count: usize) -> Vec<DocId> {
    (0..).map(DocId).take(rows).step_by(rows.div_ceil(count.max(1)).max(1)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sample_changes_only_when_the_rows_have_doubled() {
        assert_eq!(sampled(0, 4), []);
        assert_eq!(sampled(3, 4), [0, 1, 2].map(DocId));
        for rows in 8..16 {
            assert_eq!(sampled(rows, 4), [0, 2, 4, 6].map(DocId));
        }
        assert_eq!(sampled(16, 4), [0, 4, 8, 12].map(DocId));
    }
}
