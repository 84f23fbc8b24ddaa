//! By which strategy are the nearest rows found? By a walk of the graph, by a scan of all codes, or by a scan of the rows that a
//! filter leaves: whichever is expected to cost least. The two scans are exact, and none returns too few.

use std::cell::RefCell;
use std::mem::take;

use fixedbitset::FixedBitSet;

use super::codes::{Code, likely_error};
use super::exact::{Nearest, nearest_of};
use super::frozen::Frozen;
use super::layers::{Candidate, Scratch};
use super::{EF, Graph, Neighbour, exact_nearest};
use crate::embed::dot;
use crate::store::{DocId, Snapshot};

/// What the strategies cost, measured on 384 numbers, in nanoseconds: to compare a row in f32 with the question, to compare a code with
/// it in the order of the file, and to keep one more candidate in a walk.
const ROW_COST: f64 = 100.0;
const CODE_COST: f64 = 30.0;
const CANDIDATE_COST: f64 = 1_500.0;

/// How to find the nearest rows.
enum Strategy {
    /// Compares the rows that are wanted with the question.
    Rows,
    /// Compares all codes, and then the rows that could be among the nearest.
    Codes,
    /// Walks the graph with so many candidates.
    Walk(usize),
}

impl Strategy {
    /// The strategy that is expected to cost least where so many of the papers in a graph are wanted; a walk needs the more
    /// candidates the fewer of them are.
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)] // estimates
    fn cheapest(wanted: usize, papers: usize, ef: usize) -> Self {
        let (wanted, papers) = (wanted.max(1) as f64, papers as f64);
        let candidates = (ef as f64 * (papers / wanted).max(1.0)).ceil();
        let (rows, codes, walk) = (wanted * ROW_COST, papers * CODE_COST, candidates * CANDIDATE_COST);
        if rows < codes.min(walk) {
            Self::Rows
        } else if codes < walk {
            Self::Codes
        } else {
            Self::Walk(candidates as usize)
        }
    }
}

/// With how many candidates a search for `k` papers walks the graph: as many as were chosen for the collection, but at least `k`.
#[must_use]
pub fn candidates(snapshot: &Snapshot, k: usize) -> usize {
    snapshot.tuning.map_or(EF.max(2 * k), |tuning| k.max(tuning.ef as usize))
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

impl Graph {
    /// The `k` papers nearest to a unit vector, the nearest first; where rows are given, among these. Never fewer than
    /// there are.
    #[must_use]
    pub fn nearest(&self, snapshot: &Snapshot, query: &[f32], k: usize, rows: Option<&FixedBitSet>) -> Vec<Neighbour> {
        self.nearest_with(snapshot, query, k, candidates(snapshot, k), rows)
    }

    /// As [`Graph::nearest`], with so many candidates of a walk, at least `k`.
    #[must_use]
    pub fn nearest_with(
        &self,
        snapshot: &Snapshot,
        query: &[f32],
        k: usize,
        ef: usize,
        rows: Option<&FixedBitSet>,
    ) -> Vec<Neighbour> {
        let live = snapshot.live();
        self.by_file(snapshot, query, k, ef, rows).unwrap_or_else(|| match rows {
            Some(rows) => nearest_of(&snapshot.vectors, rows.intersection(live), query, k),
            None => nearest_of(&snapshot.vectors, live.ones(), query, k),
        })
    }

    /// What [`Graph::nearest_with`] finds in the file of the graph, by a walk or by a scan of the codes; `None` where it compares the
    /// vectors themselves with the question.
    pub(crate) fn by_file(
        &self,
        snapshot: &Snapshot,
        query: &[f32],
        k: usize,
        ef: usize,
        rows: Option<&FixedBitSet>,
    ) -> Option<Vec<Neighbour>> {
        let live = snapshot.live();
        let wanted = |doc: DocId| live.contains(doc.row()) && rows.is_none_or(|rows| rows.contains(doc.row()));
        let matching = rows.map_or(snapshot.len(), |rows| rows.intersection_count(live));
        let frozen = self.frozen.as_ref()?;
        let found = match Strategy::cheapest(matching, frozen.papers(), ef.max(k)) {
            Strategy::Rows => return None,
            Strategy::Codes => frozen.scan(snapshot, query, k, wanted),
            Strategy::Walk(ef) => frozen.walk(snapshot, query, k, ef, wanted),
        };
        let found = frozen.with_tail(found, snapshot, query, k, wanted);
        // Fewer where too many of those that the walk came to were filtered out, or the graph is damaged.
        (found.len() >= k.min(matching)).then_some(found)
    }

    /// As [`Graph::nearest_with`] among all papers, but by a walk whatever it costs, and whatever it finds; nothing without a graph.
    #[must_use]
    pub fn walk(&self, snapshot: &Snapshot, query: &[f32], k: usize, ef: usize) -> Vec<Neighbour> {
        let wanted = |doc| snapshot.is_live(doc);
        self.frozen.as_ref().map_or_else(Vec::new, |frozen| {
            let found = frozen.walk(snapshot, query, k, ef, wanted);
            frozen.with_tail(found, snapshot, query, k, wanted)
        })
    }

    /// The `k` nearest papers without doubt: by a scan of the codes where there is a graph, else of the vectors.
    #[must_use]
    pub fn exact(&self, snapshot: &Snapshot, query: &[f32], k: usize) -> Vec<Neighbour> {
        match &self.frozen {
            Some(frozen) if frozen.covers().rows as usize == snapshot.vectors.rows() => {
                frozen.scan(snapshot, query, k, |doc| snapshot.is_live(doc))
            }
            _ => nearest_of(&snapshot.vectors, snapshot.live().ones(), query, k),
        }
    }
}

impl Frozen {
    /// The `k` nearest of those found and of the rows newer than the graph.
    fn with_tail(
        &self,
        mut found: Vec<Neighbour>,
        snapshot: &Snapshot,
        query: &[f32],
        k: usize,
        wanted: impl Fn(DocId) -> bool,
    ) -> Vec<Neighbour> {
        let (vectors, covered) = (&snapshot.vectors, self.covers().rows);
        let tail = vectors.all().get(covered as usize * vectors.dimension()..).unwrap_or_default();
        found.extend(exact_nearest(tail, vectors.dimension(), covered, query, k, wanted));
        found.sort_by(|a, b| b.similarity.total_cmp(&a.similarity).then(a.doc.cmp(&b.doc)));
        // A damaged graph may name a row more than once.
        found.dedup_by_key(|found| found.doc);
        found.truncate(k);
        found
    }

    /// The `k` nearest wanted rows among those of the `ef` nodes that a walk finds, by their vectors in f32.
    ///
    /// Those are looked at in the order of their codes, until the next could only be among the `k` if rounding had misled by
    /// more than it does.
    pub(super) fn walk(
        &self,
        snapshot: &Snapshot,
        query: &[f32],
        k: usize,
        ef: usize,
        wanted: impl Fn(DocId) -> bool,
    ) -> Vec<Neighbour> {
        let mut scratch = SCRATCH.with_borrow_mut(take);
        let code = Code::of(query);
        let (layers, rows, vectors) = (self.layers(), self.rows(), &snapshot.vectors);
        layers.search((&code.numbers, code.scale), ef, &mut scratch);
        let mut nearest = Nearest::new(k);
        let mut kth = f32::NEG_INFINITY;
        for Candidate { place: node, similarity, .. } in &scratch.found {
            let scale = layers.codes.of_node(*node).1;
            if similarity + likely_error(scale, code.scale) < kth {
                break;
            }
            for doc in rows(*node).iter().map(|row| DocId(*row)).filter(|doc| wanted(*doc)) {
                if let Some(row) = vectors.row(doc) {
                    kth = nearest.show(doc, dot(row, query)).unwrap_or(kth);
                }
            }
        }
        SCRATCH.set(scratch);
        nearest.into_sorted()
    }

    /// The `k` nearest wanted rows of all, exactly: those whose code tells that they could be are compared in f32.
    ///
    /// With x' and q' for what the codes stand for, |x·q − x'·q'| ≤ |x − x'| |q| + |x'| |q − q'|, where rounding takes at most
    /// half a scale from each number of x.
    fn scan(&self, snapshot: &Snapshot, query: &[f32], k: usize, wanted: impl Fn(DocId) -> bool) -> Vec<Neighbour> {
        const PART: u32 = 256;
        /// More than f32 can lose in a product of unit vectors.
        const ROUNDING: f32 = 1e-5;
        let code = Code::of(query);
        let layers = self.layers();
        let rows = self.rows();
        #[allow(clippy::cast_precision_loss)] // exact for any dimension
        let half_a_step_each = 0.5 * (query.len() as f32).sqrt();
        let mut lower_bounds = Nearest::new(k);
        let mut upper_bounds: Vec<(f32, u32)> = Vec::new();
        let mut threshold = f32::NEG_INFINITY;
        let mut dots = Vec::new();
        let nodes: Vec<u32> = (0..u32::try_from(layers.codes.len()).unwrap_or(u32::MAX)).collect();
        for part in nodes.chunks(PART as usize) {
            for (node, similarity) in layers.codes.similarities((&code.numbers, code.scale), part, &mut dots) {
                let error = half_a_step_each * layers.codes.of_node(node).1;
                let margin = error + (1.0 + error) * code.error + ROUNDING;
                if similarity + margin >= threshold && rows(node).iter().any(|row| wanted(DocId(*row))) {
                    upper_bounds.push((similarity + margin, node));
                    if let Some(kth) = lower_bounds.show(DocId(node), similarity - margin) {
                        threshold = kth;
                    }
                }
            }
        }
        let possible = upper_bounds.iter().filter(|(upper, _)| *upper >= threshold);
        let to_compare = possible.flat_map(|(_, node)| rows(*node)).map(|row| DocId(*row)).filter(|doc| wanted(*doc));
        nearest_of(&snapshot.vectors, to_compare.map(DocId::row), query, k)
    }
}
