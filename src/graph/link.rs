//! Inserts nodes into the graph in batches. All nodes of a batch search for their neighbours in parallel, in the graph as it was
//! before the batch. Then the back edges are added in parallel.
//!
//! Each list is written by one thread, and the result depends neither on the number of threads nor on their order. The batches
//! are those of Manohar et al., "ParlayANN", 2024, arXiv:2305.04359, section 3.

use std::ops::Range;

use fixedbitset::FixedBitSet;
use rayon::prelude::*;

use super::codes::Codes;
use super::layers::{Candidate, Hierarchy, Layer, NONE, Scratch};

/// A batch has 1/32 as many nodes as were inserted before it, so that few of its nodes would be neighbours of each other.
const BATCH_SHARE: usize = 32;
/// Pruning factor: a neighbour is kept if its distance to each neighbour already kept, times this, exceeds its distance to the
/// owner of the list. Values above 1 keep longer edges: α of Subramanya et al., "DiskANN", 2019, section 2.2.
const ALPHA: f32 = 1.05;

/// The new list of a place.
pub(super) struct List {
    pub layer: usize,
    pub place: u32,
    pub neighbours: Vec<u32>,
}

impl Hierarchy<'_> {
    /// Inserts nodes that have no neighbours yet. All nodes before them are in the graph. Nodes whose lists change in the lowest
    /// layer, and those that lose an incoming edge there, are added to `touched`.
    ///
    /// The size of a batch depends on the number of nodes since `first`. If a graph grows, this is the first new node, because
    /// new papers may be of a new subject: then none of the older nodes is near them.
    pub fn link(&mut self, first: usize, nodes: Range<usize>, ef: usize, touched: &mut FixedBitSet) {
        let mut next = nodes.start;
        while next < nodes.end {
            let end = (next + ((next - first) / BATCH_SHARE).max(1)).min(nodes.end);
            self.link_batch(&(index(next)..index(end)).collect::<Vec<u32>>(), ef, touched);
            next = end;
        }
    }

    /// Inserts one batch of nodes. Nodes that already have neighbours are linked again.
    pub fn link_batch(&mut self, nodes: &[u32], ef: usize, touched: &mut FixedBitSet) {
        let graph = &*self;
        let lists: Vec<List> = nodes
            .par_iter()
            .with_min_len(16)
            .map_init(Scratch::default, |scratch, node| graph.lists_of(*node, ef, scratch))
            .flatten_iter()
            .collect();
        self.set_with_back_edges(&lists, touched);
    }

    /// Replaces lists, and adds an edge back from each of the neighbours in them.
    pub fn set_with_back_edges(&mut self, lists: &[List], touched: &mut FixedBitSet) {
        let mut back: Vec<(usize, u32, u32)> = lists
            .iter()
            .flat_map(|list| list.neighbours.iter().map(|neighbour| (list.layer, *neighbour, list.place)))
            .collect();
        self.set(lists, touched);
        back.par_sort_unstable();
        let graph = &*self;
        let groups: Vec<&[(usize, u32, u32)]> = back.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)).collect();
        let lists: Vec<List> = groups.into_par_iter().map(|group| graph.with_back_edges(group)).collect();
        self.set(&lists, touched);
    }

    /// Replaces lists. The nodes of lists of the lowest layer, and those that lose an incoming edge there, are added to `touched`.
    pub fn set(&mut self, lists: &[List], touched: &mut FixedBitSet) {
        for List { layer, place, neighbours } in lists {
            let number = *layer;
            let layer = &mut self.layers[number];
            let start = *place as usize * layer.width;
            let slots = &mut layer.lists.to_mut()[start..start + layer.width];
            if number == 0 {
                let before = slots.iter().filter(|slot| **slot != NONE);
                touched.extend(before.filter(|slot| !neighbours.contains(slot)).map(|slot| *slot as usize));
                touched.extend([*place as usize]);
            }
            slots.fill(NONE);
            slots[..neighbours.len()].copy_from_slice(neighbours);
        }
    }

    /// The lists of a node in all its layers: the diverse ones among the nearest nodes that a traversal finds.
    fn lists_of(&self, node: u32, ef: usize, scratch: &mut Scratch) -> Vec<List> {
        let wanted = self.codes.of_node(node);
        let places = self.places_of(node);
        let top = places.len() - 1;
        let mut start = self.descend(wanted, top, scratch);
        let mut lists = Vec::with_capacity(places.len());
        for (number, place) in places.into_iter().enumerate().rev() {
            let layer = &self.layers[number];
            self.walk(number, wanted, start, ef, scratch);
            let mut near: Vec<(u32, f32)> =
                scratch.found.iter().map(|Candidate { place, similarity, .. }| (*place, *similarity)).collect();
            if let Some((nearest, _)) = near.first() {
                start = layer.below.get(*nearest as usize).copied().unwrap_or(0);
            }
            let before = layer.neighbours(place).iter();
            near.extend(before.map(|other| (*other, self.codes.similarity(node, layer.node(*other)))));
            lists.push(List { layer: number, place, neighbours: diverse(&self.codes, layer, place, near) });
        }
        lists
    }

    /// The list of a place with back edges to the places that have it in their lists.
    fn with_back_edges(&self, group: &[(usize, u32, u32)]) -> List {
        let (number, place, _) = group[0];
        let layer = &self.layers[number];
        let mut neighbours = layer.neighbours(place).to_vec();
        for (_, _, from) in group {
            if !neighbours.contains(from) {
                neighbours.push(*from);
            }
        }
        if neighbours.len() > layer.width {
            let node = layer.node(place);
            let near = neighbours.iter().map(|other| (*other, self.codes.similarity(node, layer.node(*other))));
            neighbours = diverse(&self.codes, layer, place, near.collect());
        }
        List { layer: number, place, neighbours }
    }

    /// The places of a node, the lowest layer first. The nodes of the upper layers are sorted.
    fn places_of(&self, node: u32) -> Vec<u32> {
        let upper = self.layers[1..].iter().map_while(|layer| layer.nodes.binary_search(&node).ok().map(index));
        std::iter::once(node).chain(upper).collect()
    }
}

/// Selects the neighbours to keep, in order of distance. A neighbour is kept only if it is nearer to the owner of the list than
/// to all those kept before, up to [`ALPHA`], so that edges lead in different directions. At least half of the list is filled if
/// there are enough. This is algorithm 4 of Malkov & Yashunin, 2016.
pub(super) fn diverse(codes: &Codes<'_>, layer: &Layer<'_>, owner: u32, mut near: Vec<(u32, f32)>) -> Vec<u32> {
    near.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    near.dedup_by_key(|(place, _)| *place);
    near.retain(|(place, _)| *place != owner);
    let mut kept: Vec<u32> = Vec::with_capacity(layer.width);
    for (place, similarity) in &near {
        if kept.len() == layer.width {
            break;
        }
        let node = layer.node(*place);
        let bound = 1.0 - (1.0 - similarity) / ALPHA;
        if kept.iter().all(|other| codes.similarity(node, layer.node(*other)) < bound) {
            kept.push(*place);
        }
    }
    // Among nearly equal vectors few pass the rule above, but all of them must be found.
    for (place, _) in near {
        if kept.len() >= layer.width / 2 {
            break;
        }
        if !kept.contains(&place) {
            kept.push(place);
        }
    }
    kept
}

/// Converts a count or index of nodes, of which there are never more than 32 bits can number.
pub(super) fn index(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(NONE)
}
