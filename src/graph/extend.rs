//! Appends nodes and layers to a hierarchy.

use fixedbitset::FixedBitSet;
use rayon::prelude::*;

use super::build::{M, MOST_LAYERS};
use super::codes::scrambled;
use super::layers::{Hierarchy, Layer, NONE};
use super::link::{List, diverse, index};

/// If the highest layer has more places, another one is added above it. The entry point is any place of the highest layer, so a
/// long one makes the descent long.
const WIDEST_TOP: usize = M * M;

impl Hierarchy<'_> {
    /// Appends nodes with these vectors, which have no neighbours yet. Their numbers of layers are drawn as in section 4.1 of the
    /// paper cited at [`M`], but they are in no layer above the present ones.
    pub fn extend(&mut self, vectors: &[&[f32]]) {
        let first = index(self.codes.len());
        self.codes.extend(vectors);
        let top = self.layers.len() - 1;
        let levels: Vec<(u32, usize)> =
            (first..index(self.codes.len())).map(|node| (node, drawn_level(node).min(top))).collect();
        // The new nodes of the layer below, and the place of the first of them.
        let mut below: (u32, Vec<u32>) = (first, Vec::new());
        for (number, layer) in self.layers.iter_mut().enumerate() {
            let start = index(layer.len());
            let nodes: Vec<u32> = levels.iter().filter(|(_, level)| *level >= number).map(|(node, _)| *node).collect();
            let lists = layer.lists.to_mut();
            lists.reserve_exact(nodes.len() * layer.width);
            lists.resize(lists.len() + nodes.len() * layer.width, NONE);
            if number > 0 {
                let place = |node: &u32| Some(below.0 + index(below.1.binary_search(node).ok()?));
                layer.below.to_mut().extend(nodes.iter().filter_map(place));
                layer.nodes.to_mut().extend(&nodes);
            }
            below = (start, nodes);
        }
    }

    /// Adds layers until the highest one is short. Each has one in [`M`] places of the layer below, whose neighbours are chosen
    /// among all places.
    pub fn raise(&mut self) {
        while let Some(top) = self.layers.last()
            && top.len() > WIDEST_TOP
            && self.layers.len() < MOST_LAYERS
        {
            let below: Vec<u32> = (0..index(top.len())).step_by(M).collect();
            let nodes: Vec<u32> = below.iter().map(|place| top.node(*place)).collect();
            let lists = vec![NONE; nodes.len() * M];
            self.layers.push(Layer { nodes: nodes.into(), below: below.into(), lists: lists.into(), width: M });
            self.entry = 0;
            let number = self.layers.len() - 1;
            let (codes, layer) = (&self.codes, &self.layers[number]);
            let list = |place: u32| {
                let similarity = |other: u32| codes.similarity(layer.node(place), layer.node(other));
                let near = (0..index(layer.len())).map(|other| (other, similarity(other))).collect();
                List { layer: number, place, neighbours: diverse(codes, layer, place, near) }
            };
            let lists: Vec<List> = (0..index(layer.len())).into_par_iter().map(list).collect();
            // Only changes of the lowest layer are noted.
            self.set_with_back_edges(&lists, &mut FixedBitSet::new());
        }
    }
}

/// The top layer of a node. It is drawn from a geometric distribution, so that each layer has 1 in [`M`] of the nodes of the
/// layer below.
fn drawn_level(node: u32) -> usize {
    let mut draws = scrambled(u64::from(!node));
    let mut level = 0;
    while draws.is_multiple_of(M as u64) && level < MOST_LAYERS {
        draws /= M as u64;
        level += 1;
    }
    level
}
