//! Renumbers the nodes of a graph: in breadth-first order, and without those that were removed.

use std::borrow::Cow;
use std::collections::{HashSet, VecDeque};

use super::build::Built;
use super::layers::{Hierarchy, Layer, NONE};
use super::link::index;

impl Built {
    /// Renumbers the nodes in breadth-first order from the entry point, so that nodes that are visited together are adjacent in
    /// memory.
    pub(super) fn in_order_of_walk(self) -> Self {
        let lowest = &self.layers.layers[0];
        let count = self.layers.codes.len();
        let mut is_visited = vec![false; count];
        let mut order: Vec<u32> = Vec::with_capacity(count);
        let mut open = VecDeque::new();
        // Nodes that are not reachable come last.
        for first in std::iter::once(self.layers.start()).chain(0..index(count)) {
            open.push_back(first);
            while let Some(node) = open.pop_front() {
                if is_visited.get(node as usize) == Some(&false) {
                    is_visited[node as usize] = true;
                    order.push(node);
                    open.extend(lowest.neighbours(node));
                }
            }
        }
        self.renumbered(&order)
    }

    /// The graph with only these nodes, numbered in their order. Edges to other nodes are removed. Within each layer, the places
    /// are in the order of the nodes. Empty upper layers are removed.
    pub(super) fn renumbered(self, order: &[u32]) -> Self {
        let Self { layers: Hierarchy { codes, layers, entry }, mut rows, unaudited, .. } = self;
        let mut number = vec![NONE; codes.len()];
        for (new, old) in (0..).zip(order) {
            number[*old as usize] = new;
        }
        // The old codes, which are most of the memory, are dropped at once.
        let codes = {
            let old = codes;
            old.of_nodes(order)
        };
        let mut renumbered: Vec<Layer<'static>> = Vec::new();
        // The new place of each place, in the layer below and in the current one.
        let mut below: Vec<u32> = Vec::new();
        let mut new_entry = NONE;
        for layer in layers {
            let mut kept: Vec<(u32, u32)> = (0..index(layer.len()))
                .map(|place| (number.get(layer.node(place) as usize).copied().unwrap_or(NONE), place))
                .filter(|(node, _)| *node != NONE)
                .collect();
            if kept.is_empty() && !renumbered.is_empty() {
                break;
            }
            kept.sort_unstable();
            let mut places = vec![NONE; layer.len()];
            for (new, (_, old)) in (0..).zip(&kept) {
                places[*old as usize] = new;
            }
            let mut lists = vec![NONE; kept.len() * layer.width];
            for ((_, old), slots) in kept.iter().zip(lists.chunks_exact_mut(layer.width)) {
                let neighbours = layer.neighbours(*old).iter().filter_map(|old| places.get(*old as usize));
                for (slot, neighbour) in slots.iter_mut().zip(neighbours.filter(|place| **place != NONE)) {
                    *slot = *neighbour;
                }
            }
            let (mut nodes, mut places_below) = (Cow::default(), Cow::default());
            if !renumbered.is_empty() {
                let lower = |old: u32| below.get(*layer.below.get(old as usize)? as usize).copied();
                places_below = kept.iter().map(|(_, old)| lower(*old).unwrap_or(0)).collect();
                nodes = kept.iter().map(|(node, _)| *node).collect();
            }
            // Any place of the highest layer can be the entry point.
            new_entry = places.get(entry as usize).copied().unwrap_or(NONE);
            renumbered.push(Layer { nodes, below: places_below, lists: lists.into(), width: layer.width });
            below = places;
        }
        let entry = if new_entry == NONE { 0 } else { new_entry };
        let rows = order.iter().map(|node| std::mem::take(&mut rows[*node as usize])).collect();
        let unaudited =
            (0..).zip(order).filter(|(_, old)| unaudited.contains(**old as usize)).map(|(new, _)| new).collect();
        Self { layers: Hierarchy { codes, layers: renumbered, entry }, rows, unaudited, repair_edges: HashSet::new() }
    }
}
