//! When is the graph built or grown?

use crate::error::Error;

/// Below this number of papers, no graph is built unless you ask for it: a scan takes a few milliseconds, less than embedding the
/// query.
pub(crate) const FEWEST_ROWS: usize = 20_000;
/// While papers are added, the graph grows when the tail has more than 1/50 of the papers, within these bounds. Scanning a row
/// takes about 0.1 µs, so the tail costs at most 0.8 ms up to 400,000 papers, and never more than 5 ms.
const TAIL_SHARE: usize = 50;
const LONGEST_TAIL: (usize, usize) = (8_192, 50_000);
/// When adding pauses, the graph grows if the tail and the dead papers are at least 1/500 of the papers, within these bounds. A
/// growth writes the whole file, about 530 bytes per paper at 384 dimensions. So at most 500 times this is written for each new
/// paper, or half a gigabyte for 2,000 papers in a collection of a million. A shorter tail costs next to nothing.
const PAUSE_SHARE: usize = 500;
const PAUSE_TAIL: (usize, usize) = (1_000, 50_000);
/// The graph also grows when more than a tenth of its papers are dead: a traversal visits them in vain.
const DEAD_SHARE: usize = 10;

/// Whether more papers are about to be added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occasion {
    /// Papers are being added.
    Adding,
    /// Papers were added, and no others for some seconds.
    Pause,
}

/// Why a graph has to be built or grown.
#[derive(Debug)]
pub enum Due {
    /// The file is damaged, or was written by another version: the graph is built from nothing.
    Damaged(Error),
    /// There are at least 20,000 papers, and no graph.
    Missing,
    /// The graph lacks too many papers or has too many dead ones.
    Behind(Behind),
}

/// How far a graph is behind a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Behind {
    /// Number of papers in the commit.
    pub papers: usize,
    /// Number of papers in the tail: newer than the graph.
    pub newer: usize,
    /// Number of papers in the graph that were deleted or have a newer row, and of nodes that `compact` left without papers.
    pub dead: usize,
}

impl Behind {
    /// Whether the graph should grow.
    pub(super) fn is_due(self, occasion: Occasion) -> bool {
        let Self { papers, newer, dead } = self;
        let share = |share: usize, (least, most)| (papers / share).clamp(least, most);
        let in_graph = papers.saturating_sub(newer) + dead;
        newer > share(TAIL_SHARE, LONGEST_TAIL)
            || dead * DEAD_SHARE > in_graph
            || occasion == Occasion::Pause && newer + dead >= share(PAUSE_SHARE, PAUSE_TAIL)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The shortest tail with which a graph of this many papers grows.
    fn shortest_tail(papers: usize, occasion: Occasion) -> usize {
        (0..100_000).find(|newer| Behind { papers, newer: *newer, dead: 0 }.is_due(occasion)).unwrap()
    }

    #[test]
    fn the_tail_stays_short_and_the_file_is_not_written_for_a_few_papers() {
        let adding = |papers| shortest_tail(papers, Occasion::Adding);
        assert_eq!([20_000, 409_600, 1_000_000, 10_000_000].map(adding), [8_193, 8_193, 20_001, 50_001]);
        let pause = |papers| shortest_tail(papers, Occasion::Pause);
        assert_eq!(
            [20_000, 500_000, 1_000_000, 10_000_000, 38_000_000].map(pause),
            [1_000, 1_000, 2_000, 20_000, 50_000]
        );
    }

    #[test]
    fn ten_papers_a_minute_cause_a_growth_every_hundred_minutes_at_most() {
        for papers in [20_000, 300_000, 1_000_000] {
            let (mut newer, mut growths) = (0, 0);
            for minute in 0..24 * 60 {
                newer += 10;
                if (Behind { papers: papers + minute * 10, newer, dead: 0 }.is_due(Occasion::Pause)) {
                    (newer, growths) = (0, growths + 1);
                }
            }
            assert!((7..=14).contains(&growths), "{growths} growths in a day at {papers} papers");
        }
    }

    #[test]
    fn dead_papers_are_removed_when_they_are_a_tenth_or_with_new_ones() {
        let is_due = |newer, dead, occasion| Behind { papers: 90_000 + newer, newer, dead }.is_due(occasion);
        assert!(!is_due(0, 10_000, Occasion::Adding));
        assert!(is_due(0, 10_001, Occasion::Adding));
        assert!(!is_due(500, 499, Occasion::Pause));
        assert!(is_due(500, 500, Occasion::Pause));
        assert!(!is_due(500, 500, Occasion::Adding));
        // All papers were deleted, or there never were any.
        assert!(Behind { papers: 0, newer: 0, dead: 5 }.is_due(Occasion::Adding));
        assert!(!Behind { papers: 0, newer: 0, dead: 0 }.is_due(Occasion::Pause));
    }
}
