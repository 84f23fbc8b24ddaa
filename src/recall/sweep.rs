//! How much does a walk find with so many candidates? One number after the other, until enough is found.

use serde::Serialize;

use super::timing::{Timing, timed};
use super::truth::Truth;
use crate::embed::Embedding;
use crate::error::{Error, Result};
use crate::graph::{Graph, Neighbour};
use crate::progress::Progress;
use crate::store::Snapshot;

/// Papers that a question asks for.
pub(super) const K: usize = 100;
/// Candidates that are tried.
pub const EFS: [usize; 14] = [10, 14, 20, 28, 40, 56, 80, 112, 160, 200, 320, 400, 640, 1_280];
/// More candidates than this are not tried: a scan is exact, and hardly slower.
const MOST: usize = 20_480;
/// How exactly the least number that suffices is told: to one in so many.
const STEP: usize = 16;

/// The shares of the 1, 10 and 100 nearest papers that were found; `None` where not so many were asked for.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Recalls {
    /// Of the nearest paper.
    #[serde(rename = "recall@1")]
    pub at_1: f64,
    /// Of the ten nearest.
    #[serde(rename = "recall@10")]
    pub at_10: Option<f64>,
    /// Of the hundred nearest.
    #[serde(rename = "recall@100")]
    pub at_100: Option<f64>,
}

impl Recalls {
    fn of(truth: &Truth, answers: &[Vec<Neighbour>], asked: usize) -> Self {
        let at = |k: usize| (asked >= k).then(|| truth.recall(answers, k));
        Self { at_1: truth.recall(answers, 1), at_10: at(10), at_100: at(100) }
    }

    /// The one of the `k` nearest, which is 1, 10 or 100.
    #[must_use]
    pub fn at(&self, k: usize) -> Option<f64> {
        match k {
            1 => Some(self.at_1),
            10 => self.at_10,
            _ => self.at_100,
        }
    }
}

/// What was measured with so many candidates.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct SweepPoint {
    /// Candidates of the walk.
    pub ef: usize,
    /// What it found.
    #[serde(flatten)]
    pub recalls: Recalls,
    /// How long it took.
    #[serde(flatten)]
    pub timing: Timing,
}

/// What was measured of a scan.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Scan {
    /// What was scanned.
    pub scan: &'static str,
    /// So many of the questions were asked; a scan takes its time.
    pub questions: usize,
    /// What it found.
    #[serde(flatten)]
    pub recalls: Recalls,
    /// How long it took.
    #[serde(flatten)]
    pub timing: Timing,
}

/// A graph, what it is asked and what it should find.
pub(super) struct Sweep<'a> {
    pub graph: &'a Graph,
    pub snapshot: &'a Snapshot,
    pub questions: &'a [Embedding],
    /// Of the [`K`] nearest.
    pub truth: &'a Truth,
    pub progress: &'a dyn Progress,
}

impl Sweep<'_> {
    /// Walks with each number of candidates.
    ///
    /// # Errors
    /// [`Error::Interrupted`].
    pub fn over(&self, efs: &[usize]) -> Result<Vec<SweepPoint>> {
        efs.iter().map(|ef| self.point(*ef)).collect()
    }

    fn point(&self, ef: usize) -> Result<SweepPoint> {
        if self.progress.is_cancelled() {
            return Err(Error::Interrupted);
        }
        // A walk finds no more papers than it has candidates.
        let k = K.min(ef);
        let (timing, answers) = timed(self.questions, |question| self.graph.walk(self.snapshot, question, k, ef));
        Ok(SweepPoint { ef, recalls: Recalls::of(self.truth, &answers, k), timing })
    }

    /// The least number of candidates that finds the wanted share of the `k` nearest, to a sixteenth; none where no number does. What is
    /// measured on the way is put to the points, which stay in order.
    ///
    /// # Errors
    /// [`Error::Interrupted`].
    pub fn enough(&self, points: &mut Vec<SweepPoint>, k: usize, wanted: f64) -> Result<Option<usize>> {
        let suffices = |point: &SweepPoint| point.recalls.at(k).is_some_and(|recall| recall >= wanted);
        while !points.iter().any(suffices) {
            let next = points.last().map_or(k, |last| 2 * last.ef);
            if next > MOST {
                return Ok(None);
            }
            points.push(self.point(next)?);
        }
        loop {
            let place = points.iter().position(suffices).unwrap_or_default();
            let enough = points[place].ef;
            let too_few = place.checked_sub(1).map_or(k - 1, |before| points[before].ef.max(k - 1));
            if enough - too_few.min(enough) <= (enough / STEP).max(1) {
                return Ok(Some(enough));
            }
            points.insert(place, self.point(too_few.midpoint(enough))?);
        }
    }

    /// The two exact ways: by codes, where there is a graph of all rows, and by the vectors.
    ///
    /// # Errors
    /// [`Error::Interrupted`].
    pub fn scans(&self) -> Result<Vec<Scan>> {
        let bare = Graph::default();
        let mut scans = Vec::new();
        for (scan, graph, most) in [("codes, then f32", self.graph, 200), ("f32", &bare, 50)] {
            if self.progress.is_cancelled() {
                return Err(Error::Interrupted);
            }
            let asked = &self.questions[..most.min(self.questions.len())];
            let (timing, answers) = timed(asked, |question| graph.exact(self.snapshot, question, K));
            scans.push(Scan { scan, questions: asked.len(), recalls: Recalls::of(self.truth, &answers, K), timing });
        }
        Ok(scans)
    }
}
