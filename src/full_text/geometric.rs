//! Which segments of the index on disk are merged? Enough of them that each remaining one is more than twice as large as all smaller ones
//! together. So there are few, because every look-up of a word looks into each, and a document is copied a logarithmic number of times.

use tantivy::SegmentMeta;
use tantivy::indexer::{MergeCandidate, MergePolicy};

/// A segment is merged with the smaller ones once they have together at least half as many documents.
const RATIO: u32 = 2;

#[derive(Debug)]
pub(super) struct Geometric;

impl MergePolicy for Geometric {
    fn compute_merge_candidates(&self, segments: &[SegmentMeta]) -> Vec<MergeCandidate> {
        let mut segments: Vec<&SegmentMeta> = segments.iter().collect();
        segments.sort_by_key(|segment| segment.max_doc());
        let sizes: Vec<u32> = segments.iter().map(|segment| segment.max_doc()).collect();
        let count = merged(&sizes);
        if count < 2 {
            return Vec::new();
        }
        vec![MergeCandidate(segments[..count].iter().map(|segment| segment.id()).collect())]
    }
}

/// How many of the segments with these sizes, the smallest first, are merged.
fn merged(sizes: &[u32]) -> usize {
    let mut sum = 0u32;
    let mut count = 0;
    for (place, size) in sizes.iter().enumerate() {
        if place > 0 && sum.saturating_mul(RATIO) >= *size {
            count = place + 1;
        }
        sum = sum.saturating_add(*size);
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_of_similar_size_are_merged() {
        assert_eq!(merged(&[]), 0);
        assert_eq!(merged(&[7]), 0);
        assert_eq!(merged(&[499, 1_000]), 0);
        assert_eq!(merged(&[500, 1_000]), 2);
        assert_eq!(merged(&[10, 20, 1_000]), 2);
        assert_eq!(merged(&[10, 30, 1_000]), 0);
        assert_eq!(merged(&[10, 20, 30, 1_000]), 3);
    }

    #[test]
    fn growing_in_equal_steps_leaves_few_segments_and_copies_little() {
        let (mut sizes, mut copied) = (Vec::new(), 0);
        for step in 1..=1_000u32 {
            sizes.push(1);
            sizes.sort_unstable();
            let count = merged(&sizes);
            if count > 1 {
                let sum: u32 = sizes.drain(..count).sum();
                copied += sum;
                sizes.push(sum);
                sizes.sort_unstable();
            }
            assert_eq!(sizes.iter().sum::<u32>(), step);
            assert!(sizes.len() <= 6, "{sizes:?}");
        }
        assert!(copied < 10_000, "{copied}");
    }
}
