//! Does the graph lose a point? Every one must be reached from the entry by following edges, and must find itself; what does
//! not is linked in, until all do.

use std::fmt;

use rayon::prelude::*;
use serde::Serialize;

use super::build::Built;
use super::codes::likely_error;
use super::layers::{Hierarchy, NONE, Scratch};
use super::link::index;
use super::{Took, timed};

/// A node must be among so many of its own nearest.
const K: usize = 10;
/// Audits after which a graph is used as it is.
const MOST_AUDITS: usize = 10;
/// Nodes that may get an edge to a lost one.
const NEARBY: usize = 10;
/// Rounds of mending: an edge that is added to a full list takes one away, by which another node may have been found.
const MOST_ROUNDS: usize = 20;

/// What an audit found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Audit {
    /// Different vectors.
    pub nodes: u32,
    /// Nodes that some path of the lowest layer leads to from the entry.
    pub reached: u32,
    /// Nodes that a search for their own vector returns among ten hits, but for ten others as near.
    pub found: u32,
}

impl Audit {
    /// Whether every node is reached and found.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.reached == self.nodes && self.found == self.nodes
    }
}

impl fmt::Display for Audit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { nodes, reached, found } = self;
        if self.is_clean() {
            return write!(f, "all {nodes} nodes are reachable and found by their own vector");
        }
        write!(f, "of {nodes} nodes, {reached} are reachable and {found} are found by their own vector")
    }
}

impl Hierarchy<'_> {
    /// Looks at every node, on the threads of the present pool; also tells which are not reached or do not find themselves.
    fn audit(&self, ef: usize) -> (Audit, Vec<u32>) {
        let nodes = index(self.codes.len());
        let mut lost = self.lost(ef, (0..nodes).collect());
        let found = nodes - index(lost.len());
        let unreached = self.unreached();
        let audit = Audit { nodes, reached: nodes - index(unreached.len()), found };
        lost.extend(unreached);
        (audit, lost)
    }

    /// Which nodes cannot be walked to from the entry in the lowest layer.
    fn unreached(&self) -> Vec<u32> {
        let mut reached = vec![false; self.codes.len()];
        let mut open = vec![self.start()];
        while let Some(node) = open.pop() {
            if reached.get(node as usize) == Some(&false) {
                reached[node as usize] = true;
                open.extend(self.layers[0].neighbours(node));
            }
        }
        (0..).zip(reached).filter(|(_, reached)| !reached).map(|(node, _)| node).collect()
    }

    /// Which of some nodes do not find themselves.
    fn lost(&self, ef: usize, nodes: Vec<u32>) -> Vec<u32> {
        let finds_itself = |scratch: &mut Scratch, node| (!self.finds_itself(node, ef, scratch)).then_some(node);
        nodes.into_par_iter().with_min_len(64).map_init(Scratch::default, finds_itself).flatten().collect()
    }

    /// Whether a search for a node's own vector, for ten hits, has the node among its candidates and compares it in f32: because it
    /// is one of the first ten, or so near that rounding may hide that it is the nearest. There nothing is nearer to a unit
    /// vector than itself: the node is returned, or ten others that are as near as f32 can tell.
    fn finds_itself(&self, node: u32, ef: usize, scratch: &mut Scratch) -> bool {
        let wanted = self.codes.of_node(node);
        self.search(wanted, ef, scratch);
        let own = scratch.found.iter().enumerate().find(|(_, found)| found.place == node);
        own.is_some_and(|(rank, own)| rank < K || own.similarity + likely_error(wanted.1, wanted.1) >= 1.0)
    }
}

impl Built {
    /// Audits the graph, and links in every node that is not reached or does not find itself, until an audit finds none.
    pub fn mend_until_clean(&mut self, ef: usize, took: &mut Took) -> Audit {
        for _ in 1..MOST_AUDITS {
            let (audit, lost) = timed(&mut took.audit, || self.layers.audit(ef));
            if audit.is_clean() {
                return audit;
            }
            timed(&mut took.build, || self.mend(ef, lost));
        }
        timed(&mut took.audit, || self.layers.audit(ef)).0
    }

    /// Looks again only at what was lost: what that pushes out of a list is seen by the next audit.
    fn mend(&mut self, ef: usize, mut lost: Vec<u32>) {
        let mut scratch = Scratch::default();
        for _ in 0..MOST_ROUNDS {
            lost.sort_unstable();
            lost.dedup();
            for node in &lost {
                self.add_repair_edge(*node, ef, &mut scratch);
            }
            lost = self.layers.lost(ef, lost);
            lost.extend(self.layers.unreached());
            if lost.is_empty() {
                return;
            }
        }
    }

    /// Puts a node into the list of one of the nodes that a search for it passes: one near it with room, else the nearest that
    /// can do without its farthest neighbour. An edge that was added for another node stays.
    fn add_repair_edge(&mut self, node: u32, ef: usize, scratch: &mut Scratch) {
        self.layers.search(self.layers.codes.of_node(node), ef, scratch);
        let lowest = &mut self.layers.layers[0];
        let (width, lists) = (lowest.width, lowest.lists.to_mut());
        let list_of = |other: u32| other as usize * width..(other as usize + 1) * width;
        let passed = || scratch.found.iter().map(|found| found.place).filter(|other| *other != node);
        let room = |other: u32| Some((other, lists[list_of(other)].iter().position(|slot| *slot == NONE)?));
        let dispensable = |other: u32| {
            let slot = lists[list_of(other)].iter().rposition(|slot| !self.repair_edges.contains(&(other, *slot)))?;
            Some((other, slot))
        };
        let place = passed().take(NEARBY).find_map(room).or_else(|| passed().find_map(dispensable));
        if let Some((other, slot)) = place
            && !lists[list_of(other)].contains(&node)
        {
            lists[list_of(other)][slot] = node;
            self.repair_edges.insert((other, node));
        }
    }
}
