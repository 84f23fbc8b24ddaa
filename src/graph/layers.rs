//! The layers of the HNSW graph, each with lists of neighbours, and the traversal.

use std::borrow::Cow;

use fixedbitset::FixedBitSet;

use super::codes::Codes;

/// Marks unused entries at the end of a list.
pub(super) const NONE: u32 = u32::MAX;

/// One layer: some of the nodes, each at its own place, and for each place a list of the places of its neighbours.
#[derive(Debug, Clone)]
pub(super) struct Layer<'a> {
    /// The node at each place. Empty in the lowest layer, where place and node are the same number.
    pub nodes: Cow<'a, [u32]>,
    /// The place of the same node in the layer below. Empty in the lowest layer.
    pub below: Cow<'a, [u32]>,
    /// The lists, `width` entries per place. Unused entries are [`NONE`].
    pub lists: Cow<'a, [u32]>,
    pub width: usize,
}

impl Layer<'_> {
    /// Number of places.
    pub fn len(&self) -> usize {
        self.lists.len() / self.width.max(1)
    }

    /// The neighbours of a place. They may be damaged, so callers must check each before they use it as an index.
    pub fn neighbours(&self, place: u32) -> &[u32] {
        let start = (place as usize).saturating_mul(self.width);
        let list = self.lists.get(start..start.saturating_add(self.width)).unwrap_or_default();
        &list[..list.iter().position(|place| *place == NONE).unwrap_or(list.len())]
    }

    pub fn node(&self, place: u32) -> u32 {
        if self.nodes.is_empty() { place } else { self.nodes.get(place as usize).copied().unwrap_or(NONE) }
    }
}

/// The whole graph: Malkov & Yashunin, "Efficient and robust approximate nearest neighbor search using Hierarchical Navigable
/// Small World graphs", 2016, arXiv:1603.09320.
#[derive(Debug, Clone)]
pub(super) struct Hierarchy<'a> {
    pub codes: Codes<'a>,
    /// The layers, the lowest first. There is at least one.
    pub layers: Vec<Layer<'a>>,
    /// The entry point: the place of the top layer where each traversal starts.
    pub entry: u32,
}

/// A place that a traversal visited.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Candidate {
    pub place: u32,
    pub similarity: f32,
    /// Whether its neighbours have not been visited yet.
    is_open: bool,
}

/// Memory of a traversal, reused by the next one.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    /// The places that were visited.
    seen: FixedBitSet,
    /// The same, so that only these are cleared for the next traversal.
    visited: Vec<u32>,
    /// The nearest candidates so far, the nearest first. [`Hierarchy::walk`] leaves its result here.
    pub found: Vec<Candidate>,
    fresh_places: Vec<u32>,
    fresh_nodes: Vec<u32>,
    dots: Vec<i32>,
}

/// The vector to search for: the numbers and the scale of its code.
pub(super) type Wanted<'a> = (&'a [i8], f32);

impl Hierarchy<'_> {
    /// Finds the `ef` nodes nearest to a code, approximately. They are left in `scratch.found`, the nearest first.
    pub fn search(&self, wanted: Wanted<'_>, ef: usize, scratch: &mut Scratch) {
        let start = self.descend(wanted, 0, scratch);
        self.walk(0, wanted, start, ef, scratch);
    }

    /// The node of the entry point.
    pub fn start(&self) -> u32 {
        let upper = self.layers[1..].iter().rev();
        upper.fold(self.entry, |place, layer| layer.below.get(place as usize).copied().unwrap_or(0))
    }

    /// Descends greedily from the entry point to the layer above `to`. Returns the place in layer `to` of the nearest node found.
    pub fn descend(&self, wanted: Wanted<'_>, to: usize, scratch: &mut Scratch) -> u32 {
        let mut place = self.entry;
        for (number, layer) in self.layers.iter().enumerate().skip(to + 1).rev() {
            self.walk(number, wanted, place, 1, scratch);
            let nearest = scratch.found.first().map_or(place, |nearest| nearest.place);
            place = layer.below.get(nearest as usize).copied().unwrap_or(0);
        }
        place
    }

    /// Best-first traversal of one layer: algorithm 2 of the paper. Its two heaps are one sorted list here, since only the `ef`
    /// nearest candidates can be expanded. A list of some hundreds of candidates is faster to keep sorted than a heap.
    pub fn walk(&self, number: usize, wanted: Wanted<'_>, start: u32, ef: usize, scratch: &mut Scratch) {
        self.walk_until(number, wanted, start, ef, scratch, |_| false);
    }

    /// As [`Hierarchy::walk`], but ends as soon as a place for which `is_enough` holds is the nearest candidate and its neighbours
    /// have been compared, too.
    pub fn walk_until(
        &self,
        number: usize,
        wanted: Wanted<'_>,
        start: u32,
        ef: usize,
        scratch: &mut Scratch,
        is_enough: impl Fn(u32) -> bool,
    ) {
        let Scratch { seen, visited, found, fresh_places, fresh_nodes, dots } = scratch;
        let layer = &self.layers[number];
        let places = layer.len();
        for place in visited.drain(..) {
            seen.set(place as usize, false);
        }
        seen.grow(places);
        found.clear();
        fresh_places.clear();
        if (start as usize) < places {
            seen.insert(start as usize);
            visited.push(start);
            fresh_places.push(start);
        }
        let mut next = 0;
        loop {
            fresh_nodes.clear();
            fresh_nodes.extend(fresh_places.iter().map(|place| layer.node(*place)));
            let scored = self.codes.similarities(wanted, fresh_nodes, dots);
            for ((_, similarity), place) in scored.zip(&*fresh_places) {
                if let Some(at) = keep(found, ef, Candidate { place: *place, similarity, is_open: true }) {
                    next = next.min(at);
                }
            }
            if found.first().is_some_and(|first| !first.is_open && is_enough(first.place)) {
                return;
            }
            while found.get(next).is_some_and(|candidate| !candidate.is_open) {
                next += 1;
            }
            let Some(nearest) = found.get_mut(next) else { return };
            nearest.is_open = false;
            fresh_places.clear();
            for place in layer.neighbours(nearest.place) {
                if (*place as usize) < places && !seen.put(*place as usize) {
                    visited.push(*place);
                    fresh_places.push(*place);
                    self.codes.prefetch(layer.node(*place));
                }
            }
        }
    }
}

/// Inserts a candidate into a sorted list of at most `most`, and returns its index; `None` if it is too far.
fn keep(found: &mut Vec<Candidate>, most: usize, candidate: Candidate) -> Option<usize> {
    if found.len() >= most {
        if found.last().is_none_or(|farthest| farthest.similarity >= candidate.similarity) {
            return None;
        }
        found.pop();
    }
    let at = found.partition_point(|other| other.similarity >= candidate.similarity);
    found.insert(at, candidate);
    Some(at)
}
