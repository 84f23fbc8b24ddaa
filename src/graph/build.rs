//! Builds a graph from nothing: hnsw_rs inserts the first nodes (only this file uses hnsw_rs). The others are inserted in batches
//! by our own traversal, which is many times faster. Then the graph is audited and repaired.

use std::collections::HashSet;

use fixedbitset::FixedBitSet;
use hnsw_rs::anndists::dist::distances::Distance;
use hnsw_rs::hnsw::Hnsw;

use super::codes::Codes;
use super::equal::Groups;
use super::layers::{Hierarchy, Layer, NONE};
use super::link::index;
use crate::embed::dot;
use crate::store::Snapshot;

/// Maximum number of neighbours of a node per layer, and twice that in the lowest layer: M of Malkov & Yashunin, "Efficient and
/// robust approximate nearest neighbor search using Hierarchical Navigable Small World graphs", 2016, arXiv:1603.09320.
pub const M: usize = 16;
/// Candidate list size while a node is inserted: efConstruction of the same paper.
pub const EF_CONSTRUCTION: usize = 150;
/// Number of nodes that hnsw_rs inserts, one after the other, so that each build gives the same graph.
pub(super) const SEEDS: usize = 2_000;
/// Maximum number of layers, more than any number of papers fills.
pub(super) const MOST_LAYERS: usize = 16;

/// A graph, and the rows of each node.
pub(super) struct Built {
    pub layers: Hierarchy<'static>,
    pub rows: Vec<Vec<u32>>,
    /// Nodes that the next audit searches for: those that are new, have another list, or lost an incoming edge.
    pub unaudited: FixedBitSet,
    /// Edges that were added by the repair, as (from, to).
    pub repair_edges: HashSet<(u32, u32)>,
}

/// Builds the graph of all papers of a snapshot, on the threads of the current pool.
pub(super) fn build(snapshot: &Snapshot) -> Built {
    let Groups { rows, vectors } = Groups::of(snapshot, 0);
    of_vectors(rows, &vectors, snapshot.vectors.dimension())
}

/// Builds the graph of nodes with these rows and vectors.
pub(super) fn of_vectors(rows: Vec<Vec<u32>>, vectors: &[&[f32]], dimension: usize) -> Built {
    let (first, others) = vectors.split_at(vectors.len().min(SEEDS));
    let mut layers = seed(first, dimension);
    let mut unaudited = FixedBitSet::with_capacity(vectors.len());
    unaudited.insert_range(..);
    layers.link_batch(&(0..index(first.len())).collect::<Vec<u32>>(), EF_CONSTRUCTION, &mut unaudited);
    layers.extend(others);
    layers.link(0, first.len()..vectors.len(), EF_CONSTRUCTION, &mut unaudited);
    layers.raise();
    Built { layers, rows, unaudited, repair_edges: HashSet::new() }.in_order_of_walk()
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

/// The graph of vectors as hnsw_rs builds it.
fn seed(vectors: &[&[f32]], dimension: usize) -> Hierarchy<'static> {
    let hnsw = Hnsw::new(M, vectors.len().max(1), MOST_LAYERS, EF_CONSTRUCTION, Cosine);
    for (node, vector) in vectors.iter().enumerate() {
        hnsw.insert_slice((vector, node));
    }
    let mut codes = Codes::empty(dimension);
    codes.extend(vectors);
    let mut layers: Vec<Layer<'static>> = Vec::new();
    for (number, lists) in read_out(&hnsw, vectors.len()).into_iter().enumerate() {
        let nodes: Vec<u32> = (0..).zip(&lists).filter(|(_, list)| list.is_some()).map(|(node, _)| node).collect();
        let place = |node: u32| nodes.binary_search(&node).ok().map(index);
        let width = if number == 0 { 2 * M } else { M };
        let mut flat = vec![NONE; nodes.len() * width];
        for (list, slots) in lists.iter().flatten().zip(flat.chunks_exact_mut(width)) {
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
