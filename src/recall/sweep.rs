//! Measures the graph with one candidate list size (`ef`) after the other, until the target recall is reached.

use serde::Serialize;

use super::timing::{Timing, timed};
use super::truth::Truth;
use crate::embed::Embedding;
use crate::error::{Error, Result};
use crate::graph::{Graph, Neighbour};
use crate::progress::Progress;
use crate::store::Snapshot;

/// Number of neighbours that a query requests.
pub(super) const K: usize = 100;
/// The values of `ef` to measure by default.
pub const EFS: [usize; 14] = [10, 14, 20, 28, 40, 56, 80, 112, 160, 200, 320, 400, 640, 1_280];
/// Maximum `ef` to try: beyond it, an exact scan is hardly slower.
const MOST: usize = 20_480;
/// Precision of the smallest sufficient `ef`: one part in this number.
const STEP: usize = 16;

/// The recall@1, recall@10 and recall@100; `None` if fewer neighbours were requested.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Recalls {
    /// Recall of the nearest neighbour.
    #[serde(rename = "recall@1")]
    pub at_1: f64,
    /// Recall of the 10 nearest neighbours.
    #[serde(rename = "recall@10")]
    pub at_10: Option<f64>,
    /// Recall of the 100 nearest neighbours.
    #[serde(rename = "recall@100")]
    pub at_100: Option<f64>,
}

impl Recalls {
    fn of(truth: &Truth, answers: &[Vec<Neighbour>], asked: usize) -> Self {
        let at = |k: usize| (asked >= k).then(|| truth.recall(answers, k));
        Self { at_1: truth.recall(answers, 1), at_10: at(10), at_100: at(100) }
    }

    /// The recall@k for a `k` of 1, 10 or 100.
    #[must_use]
    pub fn at(&self, k: usize) -> Option<f64> {
        match k {
            1 => Some(self.at_1),
            10 => self.at_10,
            _ => self.at_100,
        }
    }
}

/// The measurement with one `ef`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct SweepPoint {
    /// Candidate list size of the graph search.
    pub ef: usize,
    /// Its recall.
    #[serde(flatten)]
    pub recalls: Recalls,
    /// Its speed.
    #[serde(flatten)]
    pub timing: Timing,
}

/// The measurement of an exact scan.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Scan {
    /// The kind of scan.
    pub scan: &'static str,
    /// Number of queries that were run; a scan is slow, so it may be a part of them.
    pub questions: usize,
    /// Its recall.
    #[serde(flatten)]
    pub recalls: Recalls,
    /// Its speed.
    #[serde(flatten)]
    pub timing: Timing,
}

/// A graph with queries and their true neighbours.
pub(super) struct Sweep<'a> {
    pub graph: &'a Graph,
    pub snapshot: &'a Snapshot,
    pub questions: &'a [Embedding],
    /// The [`K`] nearest neighbours of each query.
    pub truth: &'a Truth,
    pub progress: &'a dyn Progress,
}

impl Sweep<'_> {
    /// Measures each `ef`.
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
        // A graph search returns at most `ef` papers.
        let k = K.min(ef);
        let (timing, answers) = timed(self.questions, |question| self.graph.walk(self.snapshot, question, k, ef));
        Ok(SweepPoint { ef, recalls: Recalls::of(self.truth, &answers, k), timing })
    }

    /// The smallest `ef` that reaches the target recall@k, to one part in 16; `None` if no `ef` does. Points measured
    /// on the way are inserted into `points`, which stay sorted.
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

    /// Measures both exact scans: by 8-bit codes, if the graph has all rows, and by f32 vectors.
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
