//! How is the graph made? By hnsw_rs, of which this is the only file to know; its layers are read out, mended so that
//! every point can be reached, and handed over as plain lists.

use std::cmp::Ordering;

use hnsw_rs::anndists::dist::distances::Distance;
use hnsw_rs::hnsw::Hnsw;
use rayon::ThreadPool;

use super::distance::dot;
use super::flat::{Covers, Flat};
use crate::store::{DocId, Snapshot};

/// Neighbours of a point per layer, twice as many in the lowest: M of Malkov & Yashunin, "Efficient and robust approximate
/// nearest neighbor search using Hierarchical Navigable Small World graphs", 2016, arXiv:1603.09320.
pub const M: usize = 16;
/// Candidates kept while a point is inserted.
pub const EF_CONSTRUCTION: usize = 200;
const MOST_LAYERS: usize = 16;

/// 1 − cosine of unit vectors, never below zero: rounding makes a vector's product with its own copy up to 1.0000005,
/// and hnsw_rs panics on negative distances.
#[derive(Clone, Copy)]
struct Cosine;

impl Distance<f32> for Cosine {
    fn eval(&self, a: &[f32], b: &[f32]) -> f32 {
        (1.0 - dot(a, b)).max(0.0)
    }
}

/// Builds the graph of all papers of a snapshot on the threads of a pool.
pub(super) fn build(snapshot: &Snapshot, covers: Covers, pool: &ThreadPool) -> Flat {
    let (rows_of_node, points) = nodes(snapshot);
    let hnsw = Hnsw::new(M, points.len().max(1), MOST_LAYERS, EF_CONSTRUCTION, Cosine);
    pool.install(|| {
        // The first points make the upper layers; put in one after the other, they cannot miss each other.
        let (first, rest) = points.split_at(points.len().min(EF_CONSTRUCTION));
        for point in first {
            hnsw.insert_slice(*point);
        }
        hnsw.parallel_insert_slice(&rest.to_vec());
    });
    let mut layers = read_out(&hnsw, points.len());
    drop(hnsw);
    let entry = entry(&layers);
    reach_all(&mut layers, entry, &points);
    Flat::new(covers, rows_of_node, layers, entry)
}

/// A vector and the number of its node.
type Point<'a> = (&'a [f32], usize);

/// The rows of each node, and the vector of each with the node's number. Papers with one and the same vector are one
/// node: as neighbours they would fill each other's lists, and no way would lead out of their midst.
fn nodes(snapshot: &Snapshot) -> (Vec<Vec<u32>>, Vec<Point<'_>>) {
    let mut rows: Vec<(DocId, &[f32])> =
        snapshot.docs().filter_map(|doc| Some((doc, snapshot.vectors.row(doc)?))).collect();
    rows.sort_by(|(a_doc, a), (b_doc, b)| {
        let differing = a.iter().zip(*b).map(|(a, b)| a.total_cmp(b)).find(|order| order.is_ne());
        differing.unwrap_or(Ordering::Equal).then(a_doc.cmp(b_doc))
    });
    let mut groups: Vec<&[(DocId, &[f32])]> = rows.chunk_by(|(_, a), (_, b)| a == b).collect();
    // Sorted by their numbers, neighbours would be put in one after the other; in the order of the corpus they are mixed.
    groups.sort_unstable_by_key(|group| group[0].0);
    let rows_of_node = groups.iter().map(|group| group.iter().map(|(doc, _)| doc.0).collect()).collect();
    let points = groups.iter().enumerate().map(|(node, group)| (group[0].1, node)).collect();
    (rows_of_node, points)
}

/// `layers[l][node]` are the neighbours of a node in layer `l`, or `None` where the node is not in that layer.
pub(super) type Layers = Vec<Vec<Option<Vec<u32>>>>;

/// The lists of hnsw_rs. `get_layer_iterator(l)` yields only points whose top layer is `l`; such a point is in all
/// layers up to there. Its lists may stray: they go on above its top layer, and name points that are not in the layer.
fn read_out(hnsw: &Hnsw<'_, f32, Cosine>, count: usize) -> Layers {
    let points = hnsw.get_point_indexation();
    let top = usize::from(points.get_max_level_observed());
    let mut layers: Layers = vec![vec![None; count]; top + 1];
    for level in 0..=top {
        for point in points.get_layer_iterator(level) {
            for (layer, neighbours) in point.get_neighborhood_id().into_iter().enumerate().take(level + 1) {
                let in_layer = neighbours.iter().filter(|neighbour| usize::from(neighbour.p_id.0) >= layer);
                let ids = in_layer.filter_map(|neighbour| u32::try_from(neighbour.d_id).ok()).collect();
                layers[layer][point.get_origin_id()] = Some(ids);
            }
        }
    }
    layers
}

/// Any point of the highest layer: hnsw_rs keeps its own entry point to itself.
fn entry(layers: &Layers) -> u32 {
    let highest = layers.last().map(Vec::as_slice).unwrap_or_default();
    highest.iter().position(Option::is_some).and_then(|node| u32::try_from(node).ok()).unwrap_or(0)
}

/// Links in the points that no path from the entry leads to, each from the nearest point that is reached: where lists
/// overflow, hnsw_rs keeps only the nearest neighbours, and whole clusters can lose their last edge from outside.
fn reach_all(layers: &mut Layers, entry: u32, points: &[Point<'_>]) {
    if points.is_empty() {
        return;
    }
    // An edge of an upper layer can be walked as well: the descent ends in the lowest layer at a point of its own.
    let mut reached = vec![false; points.len()];
    let mut open = vec![entry];
    reached[entry as usize] = true;
    let walk = |layers: &Layers, reached: &mut Vec<bool>, open: &mut Vec<u32>| {
        while let Some(node) = open.pop() {
            for layer in layers {
                for next in layer[node as usize].iter().flatten() {
                    if !std::mem::replace(&mut reached[*next as usize], true) {
                        open.push(*next);
                    }
                }
            }
        }
    };
    walk(layers, &mut reached, &mut open);
    for node in 0..points.len() {
        if reached[node] {
            continue;
        }
        let near = |other: usize| (other, dot(points[node].0, points[other].0));
        let own = layers[0][node].iter().flatten().map(|next| *next as usize).filter(|next| reached[*next]);
        let by_similarity = |a: &(usize, f32), b: &(usize, f32)| a.1.total_cmp(&b.1);
        let from = own.map(near).max_by(by_similarity);
        let from = from.or_else(|| (0..points.len()).filter(|other| reached[*other]).map(near).max_by(by_similarity));
        if let (Some((from, _)), Ok(node)) = (from, u32::try_from(node)) {
            layers[0][from].get_or_insert_default().push(node);
            reached[node as usize] = true;
            open.push(node);
            walk(layers, &mut reached, &mut open);
        }
    }
}
