//! Chooses the strategy of a nearest-neighbour search by expected cost: traversal of the HNSW graph, a scan of all codes, or a
//! scan of the rows that pass a filter. Both scans are exact. A search returns `k` papers unless fewer pass the filter.

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

/// Cost of each strategy in nanoseconds, measured with 384 dimensions: to compare a row in f32 with the query, to compare a code
/// with it in the order of the file, and to add one candidate to a traversal.
const ROW_COST: f64 = 100.0;
const CODE_COST: f64 = 30.0;
const CANDIDATE_COST: f64 = 1_500.0;

/// How to find the nearest rows.
enum Strategy {
    /// Compares the vectors of all rows that pass the filter with the query.
    Rows,
    /// Compares all codes, and then the vectors of the rows that could be among the nearest.
    Codes,
    /// Traverses the graph with this `ef` (candidate list size).
    Walk(usize),
}

impl Strategy {
    /// The strategy with the least expected cost, if `wanted` of the graph's `papers` pass the filter. The fewer pass, the larger
    /// the `ef` of a traversal must be.
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

/// The `ef` of a search for `k` papers: the tuned value of the collection, else [`EF`] or `2 * k`, whichever is larger. At least
/// `k`.
#[must_use]
pub fn candidates(snapshot: &Snapshot, k: usize) -> usize {
    snapshot.tuning.map_or(EF.max(2 * k), |tuning| k.max(tuning.ef as usize))
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

impl Graph {
    /// The `k` papers nearest to a unit vector, the nearest first, optionally only among some rows. Returns fewer than `k` only
    /// if there are fewer papers.
    #[must_use]
    pub fn nearest(&self, snapshot: &Snapshot, query: &[f32], k: usize, rows: Option<&FixedBitSet>) -> Vec<Neighbour> {
        self.nearest_with(snapshot, query, k, candidates(snapshot, k), rows)
    }

    /// As [`Graph::nearest`], with a given `ef` of the traversal (at least `k`).
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

    /// The result of [`Graph::nearest_with`] if it uses the graph's file, by traversal or by a scan of the codes. `None` if the
    /// vectors have to be compared with the query instead.
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
        // There are fewer if most candidates of the traversal were filtered out, or the graph is damaged.
        (found.len() >= k.min(matching)).then_some(found)
    }

    /// As [`Graph::nearest_with`] among all papers, but always by traversal, whatever its cost and result. Empty without a graph.
    #[must_use]
    pub fn walk(&self, snapshot: &Snapshot, query: &[f32], k: usize, ef: usize) -> Vec<Neighbour> {
        let wanted = |doc| snapshot.is_live(doc);
        self.frozen.as_ref().map_or_else(Vec::new, |frozen| {
            let found = frozen.walk(snapshot, query, k, ef, wanted);
            frozen.with_tail(found, snapshot, query, k, wanted)
        })
    }

    /// The exact `k` nearest papers: by a scan of the codes if the graph covers all rows, else by a scan of the vectors.
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
    /// The `k` nearest of the given papers and of the tail.
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
        // A damaged graph may contain a row more than once.
        found.dedup_by_key(|found| found.doc);
        found.truncate(k);
        found
    }

    /// The `k` nearest rows that are wanted among the `ef` nodes that a traversal finds, by their vectors in f32.
    ///
    /// The candidates are compared in the order of their codes' similarity. The loop ends when a candidate could be among the `k`
    /// only if its quantisation error were larger than [`likely_error`].
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

    /// The exact `k` nearest of all rows that are wanted. Vectors are compared in f32 only if their codes do not rule them out.
    ///
    /// Let x' and q' be the vectors that the codes of x and q stand for. Then |x·q − x'·q'| ≤ |x − x'| |q| + |x'| |q − q'|, where
    /// each number of x − x' is at most half the scale of the code.
    fn scan(&self, snapshot: &Snapshot, query: &[f32], k: usize, wanted: impl Fn(DocId) -> bool) -> Vec<Neighbour> {
        const PART: u32 = 256;
        /// An upper bound of the f32 rounding error in a dot product of unit vectors.
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
