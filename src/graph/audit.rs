//! Does the graph lose a point? Every one must be reached from the entry by following edges, and must find itself; what does
//! not is linked in, until all do.

use rayon::prelude::*;

use super::layers::{Layers, NONE, Scratch};
use super::link::index;

/// A node must be among so many of its own nearest.
pub(super) const K: usize = 10;
/// Rounds of mending; each can only take an edge away from a list that is full.
const MOST_ROUNDS: usize = 20;

/// What an audit found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Audit {
    pub nodes: u32,
    /// Nodes that some path of the lowest layer leads to from the entry.
    pub reached: u32,
    /// Nodes that a search for their own vector finds among ten, or ten others that are as near.
    pub found: u32,
}

impl Audit {
    /// Whether every node is reached and found.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.reached == self.nodes && self.found == self.nodes
    }
}

impl Layers<'_> {
    /// Looks at every node, on the threads of the present pool.
    pub fn audit(&self, ef: usize) -> Audit {
        let count = |flags: Vec<bool>| index(flags.iter().filter(|flag| **flag).count());
        let nodes = index(self.codes.len());
        Audit { nodes, reached: count(self.reached()), found: nodes - index(self.lost(ef).len()) }
    }

    /// Links in every node that is not reached or does not find itself.
    pub fn mend(&mut self, ef: usize) {
        for _ in 0..MOST_ROUNDS {
            let reached = self.reached();
            let unreached: Vec<u32> = (0..).zip(&reached).filter(|(_, reached)| !**reached).map(|(node, _)| node).collect();
            let mut lost = self.lost(ef);
            lost.extend(&unreached);
            lost.sort_unstable();
            lost.dedup();
            if lost.is_empty() {
                return;
            }
            let mut scratch = Scratch::default();
            for node in lost {
                self.show_the_way(node, ef, &mut scratch);
            }
        }
    }

    /// Which nodes can be walked to, from the entry in the lowest layer.
    fn reached(&self) -> Vec<bool> {
        let mut reached = vec![false; self.codes.len()];
        let mut open = vec![self.start()];
        while let Some(node) = open.pop() {
            if reached.get(node as usize) == Some(&false) {
                reached[node as usize] = true;
                open.extend(self.layers[0].neighbours(node));
            }
        }
        reached
    }

    /// The nodes that do not find themselves.
    fn lost(&self, ef: usize) -> Vec<u32> {
        let nodes = (0..index(self.codes.len())).into_par_iter().with_min_len(64);
        nodes.map_init(Scratch::default, |scratch, node| (!self.finds_itself(node, ef, scratch)).then_some(node)).flatten().collect()
    }

    fn finds_itself(&self, node: u32, ef: usize, scratch: &mut Scratch) -> bool {
        let wanted = self.codes.of_node(node);
        self.search(wanted, ef, scratch);
        let nearest = &scratch.found[..scratch.found.len().min(K)];
        let own = self.codes.similarity(node, node);
        nearest.iter().any(|found| found.place == node)
            || (nearest.len() == K && nearest.iter().all(|found| found.similarity >= own))
    }

    /// Puts a node into the lists of the nearest nodes that a search for it passes, if possible where there is room.
    fn show_the_way(&mut self, node: u32, ef: usize, scratch: &mut Scratch) {
        self.search(self.codes.of_node(node), ef, scratch);
        let passed: Vec<u32> = scratch.found.iter().map(|found| found.place).filter(|other| *other != node).collect();
        let lowest = &mut self.layers[0];
        let (width, lists) = (lowest.width, lowest.lists.to_mut());
        let list_of = |other: u32| other as usize * width..(other as usize + 1) * width;
        let with_room = passed.iter().take(K).find(|other| lists[list_of(**other)].contains(&NONE));
        let Some(other) = with_room.or(passed.first()) else { return };
        let list = &mut lists[list_of(*other)];
        if list.contains(&node) {
            return;
        }
        // In a full list the last is the farthest, or itself a way that was shown.
        let slot = list.iter().position(|slot| *slot == NONE).unwrap_or(width - 1);
        list[slot] = node;
    }
}
