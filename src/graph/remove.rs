//! Removes nodes whose papers were all deleted: Singh et al., "FreshDiskANN", 2021, arXiv:2105.09613, section 4.2 (delete
//! consolidation).
//!
//! Each node that has a removed one among its neighbours gets the neighbours of the removed node as candidates in its place, and
//! its list is chosen again. A node that has too few candidates left is linked again by a search.

use std::collections::HashSet;

use fixedbitset::FixedBitSet;
use rayon::prelude::*;

use super::build::{Built, EF_CONSTRUCTION};
use super::codes::Codes;
use super::frozen::Frozen;
use super::layers::{Hierarchy, Layer};
use super::link::{List, diverse, index};
use crate::store::{DocId, Snapshot};

/// A node is linked again if its list has less than this part of its capacity left.
const SHORTEST_LIST: usize = 4;

impl Built {
    /// Copies a graph from its file into memory, without the rows that are dead in a snapshot and without the nodes that have no
    /// other rows. Also returns the number of nodes that were removed.
    pub fn thawed(frozen: &Frozen, snapshot: &Snapshot) -> (Self, usize) {
        let (layers, rows_of) = (frozen.layers(), frozen.rows());
        let is_live = |row: &u32| snapshot.is_live(DocId(*row));
        let live = |node| rows_of(node).iter().copied().filter(is_live).collect();
        let rows: Vec<Vec<u32>> = (0..index(layers.codes.len())).map(live).collect();
        let dead: FixedBitSet = (0..rows.len()).filter(|node| rows[*node].is_empty()).collect();
        let removed = dead.count_ones(..);
        let lists = if removed > 0 { layers.without(&dead) } else { Vec::new() };
        let mut unaudited = FixedBitSet::with_capacity(rows.len());
        for node in dead.ones() {
            unaudited.extend(layers.layers[0].neighbours(index(node)).iter().map(|node| *node as usize));
        }
        let mut built = Self { layers: layers.into_owned(), rows, unaudited, repair_edges: HashSet::new() };
        if removed == 0 {
            return (built, 0);
        }
        let layers = &built.layers.layers;
        let is_short = |list: &&List| list.neighbours.len() < layers[list.layer].width / SHORTEST_LIST;
        let mut sparse: Vec<u32> =
            lists.iter().filter(is_short).map(|list| layers[list.layer].node(list.place)).collect();
        sparse.sort_unstable();
        sparse.dedup();
        built.layers.set(&lists, &mut built.unaudited);
        let order: Vec<u32> = (0..index(built.rows.len())).filter(|node| !dead.contains(*node as usize)).collect();
        let mut built = built.renumbered(&order);
        let sparse: Vec<u32> = sparse.iter().filter_map(|node| order.binary_search(node).ok()).map(index).collect();
        for batch in sparse.chunks(order.len().div_ceil(32).max(1)) {
            built.layers.link_batch(batch, EF_CONSTRUCTION, &mut built.unaudited);
        }
        (built, removed)
    }
}

impl Hierarchy<'_> {
    /// The new lists of all places that have a dead node among their neighbours.
    fn without(&self, dead: &FixedBitSet) -> Vec<List> {
        let is_dead = |layer: &Layer<'_>, place: u32| dead.contains(layer.node(place) as usize);
        let mut lists = Vec::new();
        for (number, layer) in self.layers.iter().enumerate() {
            let list = |place: u32| {
                let neighbours = layer.neighbours(place);
                if is_dead(layer, place) || !neighbours.iter().any(|other| is_dead(layer, *other)) {
                    return None;
                }
                let of_dead = neighbours.iter().filter(|other| is_dead(layer, **other));
                let candidates = neighbours.iter().chain(of_dead.flat_map(|other| layer.neighbours(*other)));
                let node = layer.node(place);
                let near = candidates
                    .filter(|other| !is_dead(layer, **other))
                    .map(|other| (*other, self.codes.similarity(node, layer.node(*other))))
                    .collect();
                Some(List { layer: number, place, neighbours: diverse(&self.codes, layer, place, near) })
            };
            lists.par_extend((0..index(layer.len())).into_par_iter().filter_map(list));
        }
        lists
    }

    /// A copy of the numbers that are borrowed from a file.
    fn into_owned(self) -> Hierarchy<'static> {
        let Self { codes: Codes { stride, numbers, scales }, layers, entry } = self;
        let owned = |Layer { nodes, below, lists, width }: Layer<'_>| Layer {
            nodes: nodes.into_owned().into(),
            below: below.into_owned().into(),
            lists: lists.into_owned().into(),
            width,
        };
        Hierarchy {
            codes: Codes { stride, numbers: numbers.into_owned().into(), scales: scales.into_owned().into() },
            layers: layers.into_iter().map(owned).collect(),
            entry,
        }
    }
}
