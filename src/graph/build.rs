//! Builds the graph: hnsw_rs inserts the first nodes (only this file uses hnsw_rs). The others are inserted in batches by our own
//! traversal, which is many times faster. Then the graph is audited and repaired.

use std::cmp::Ordering;
use std::collections::HashSet;

use hnsw_rs::anndists::dist::distances::Distance;
use hnsw_rs::hnsw::Hnsw;
use rayon::prelude::*;

use super::codes::Codes;
use super::layers::{Hierarchy, Layer, NONE};
use super::link::index;
use crate::embed::dot;
use crate::store::{DocId, Snapshot};

/// Maximum number of neighbours of a node per layer, and twice that in the lowest layer: M of Malkov & Yashunin, "Efficient and
/// robust approximate nearest neighbor search using Hierarchical Navigable Small World graphs", 2016, arXiv:1603.09320.
pub const M: usize = 16;
/// Candidate list size while a node is inserted: efConstruction of the same paper.
pub const EF_CONSTRUCTION: usize = 150;
/// Number of nodes that hnsw_rs inserts, one after the other, so that each build gives the same graph.
const SEEDS: usize = 2_000;
/// Maximum number of layers, more than any number of papers fills.
pub(super) const MOST_LAYERS: usize = 16;

/// A graph, and the rows of each node.
pub(super) struct Built {
    pub layers: Hierarchy<'static>,
    pub rows: Vec<Vec<u32>>,
    /// Edges that were added by the repair, as (from, to).
    pub repair_edges: HashSet<(u32, u32)>,
}

/// Builds the graph of all papers of a snapshot, on the threads of the current pool.
pub(super) fn build(snapshot: &Snapshot) -> Built {
    let (rows, vectors) = nodes(snapshot);
    of_vectors(rows, &vectors, snapshot.vectors.dimension())
}

/// Builds the graph of nodes with these rows and vectors.
pub(super) fn of_vectors(rows: Vec<Vec<u32>>, vectors: &[&[f32]], dimension: usize) -> Built {
    let codes = Codes::of(vectors, dimension);
    let seeds = vectors.len().min(SEEDS);
    let mut layers = seed(&vectors[..seeds], codes);
    layers.link_batch(0..seeds, EF_CONSTRUCTION);
    layers.link(seeds..vectors.len(), EF_CONSTRUCTION);
    Built { layers, rows, repair_edges: HashSet::new() }.in_order_of_walk()
}

/// 1 − cosine of unit vectors, clamped to at least 0. Rounding can make the dot product of a vector with itself up to 1.0000005,
/// and hnsw_rs panics on negative distances.
#[derive(Clone, Copy)]
struct Cosine;

impl Distance<f32> for Cosine {
    fn eval(&self, a: &[f32], b: &[f32]) -> f32 {
        (1.0 - dot(a, b)).max(0.0)
    }
}

/// The rows and the vector of each node. Papers with equal vectors share one node: as separate nodes they would fill each other's
/// lists, and no edge would lead to other nodes. The nodes are in a pseudorandom order, because papers of one subject are often
/// adjacent, and nodes of the same batch are not linked to each other.
fn nodes(snapshot: &Snapshot) -> (Vec<Vec<u32>>, Vec<&[f32]>) {
    let mut rows: Vec<(DocId, &[f32])> =
        snapshot.docs().filter_map(|doc| Some((doc, snapshot.vectors.row(doc)?))).collect();
    rows.par_sort_unstable_by(|(a_doc, a), (b_doc, b)| {
        let differing = a.iter().zip(*b).map(|(a, b)| a.total_cmp(b)).find(|order| order.is_ne());
        differing.unwrap_or(Ordering::Equal).then(a_doc.cmp(b_doc))
    });
    let mut groups: Vec<&[(DocId, &[f32])]> = rows.chunk_by(|(_, a), (_, b)| a == b).collect();
    groups.sort_by_cached_key(|group| scrambled(group[0].0.0));
    groups.iter().map(|group| (group.iter().map(|(doc, _)| doc.0).collect(), group[0].1)).unzip()
}

/// A deterministic hash: the finaliser of Steele, Lea & Flood, "Fast splittable pseudorandom number generators", 2014.
fn scrambled(number: u32) -> u64 {
    let mut state = u64::from(number).wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ (state >> 31)
}

/// The graph of the first nodes as hnsw_rs builds it, with empty lists for the other nodes. The number of layers of each of these
/// is drawn as in section 4.1 of the paper cited at [`M`].
fn seed(vectors: &[&[f32]], codes: Codes<'static>) -> Hierarchy<'static> {
    let hnsw = Hnsw::new(M, vectors.len().max(1), MOST_LAYERS, EF_CONSTRUCTION, Cosine);
    for (node, vector) in vectors.iter().enumerate() {
        hnsw.insert_slice((vector, node));
    }
    let lists = read_out(&hnsw, vectors.len());
    let top = lists.len() - 1;
    let later = (vectors.len()..codes.len()).map(|node| (index(node), drawn_level(index(node)).min(top)));
    let later: Vec<(u32, usize)> = later.collect();
    let mut layers: Vec<Layer<'static>> = Vec::new();
    for (number, lists) in lists.iter().enumerate() {
        let first = (0..).zip(lists).filter(|(_, list)| list.is_some()).map(|(node, _)| node);
        let nodes: Vec<u32> =
            first.chain(later.iter().filter(|(_, level)| *level >= number).map(|(node, _)| *node)).collect();
        let place = |node: u32| nodes.binary_search(&node).ok().map(index);
        let width = if number == 0 { 2 * M } else { M };
        let mut flat = vec![NONE; nodes.len() * width];
        for (node, slots) in nodes.iter().zip(flat.chunks_exact_mut(width)) {
            let list = lists.get(*node as usize).and_then(Option::as_deref).unwrap_or_default();
            for (slot, neighbour) in slots.iter_mut().zip(list.iter().filter_map(|node| place(*node))) {
                *slot = neighbour;
            }
        }
        let below = match layers.last() {
            Some(below) if number > 1 => {
                nodes.iter().filter_map(|node| below.nodes.binary_search(node).ok().map(index)).collect()
            }
            Some(_) => nodes.clone(),
            None => Vec::new(),
        };
        let nodes = if number == 0 { Vec::new() } else { nodes };
        layers.push(Layer { nodes: nodes.into(), below: below.into(), lists: flat.into(), width });
    }
    // Any place of the top layer can be the entry point. The entry point of hnsw_rs is private.
    Hierarchy { codes, layers, entry: 0 }
}

/// The top layer of a node. It is drawn from a geometric distribution, so that each layer has 1 in [`M`] of the nodes of the
/// layer below.
fn drawn_level(node: u32) -> usize {
    let mut draws = scrambled(!node);
    let mut level = 0;
    while draws.is_multiple_of(M as u64) && level < MOST_LAYERS {
        draws /= M as u64;
        level += 1;
    }
    level
}

/// Reads the neighbour lists from hnsw_rs: `lists[l][node]` are the neighbours of a node in layer `l`; `None` if it is not in
/// that layer.
///
/// `get_layer_iterator(l)` yields only points whose top layer is `l`; such a point is in all layers up to `l`. Its lists may have
/// surplus entries: lists above its top layer, and neighbours that are not in the layer. Both are ignored.
fn read_out(hnsw: &Hnsw<'_, f32, Cosine>, count: usize) -> Vec<Vec<Option<Vec<u32>>>> {
    let points = hnsw.get_point_indexation();
    let top = usize::from(points.get_max_level_observed());
    let mut layers = vec![vec![None; count]; top + 1];
    for level in 0..=top {
        for point in points.get_layer_iterator(level) {
            for (layer, neighbours) in point.get_neighborhood_id().into_iter().enumerate().take(level + 1) {
                let in_layer = neighbours.iter().filter(|neighbour| usize::from(neighbour.p_id.0) >= layer);
                layers[layer][point.get_origin_id()] =
                    Some(in_layer.map(|neighbour| index(neighbour.d_id)).collect::<Vec<u32>>());
            }
        }
    }
    layers
}
