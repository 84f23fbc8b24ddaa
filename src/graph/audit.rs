//! Audits a built graph and repairs it. Every node must be reachable from the entry point and be found by a search for its own
//! vector. Nodes that are not get additional edges, until an audit is clean.

use std::fmt;

use rayon::prelude::*;
use serde::Serialize;

use super::build::Built;
use super::codes::likely_error;
use super::layers::{Hierarchy, NONE, Scratch};
use super::link::index;
use super::{Took, timed};

/// A search for a node's vector must return the node among this number of hits.
const K: usize = 10;
/// Maximum number of audits. After the last one the graph is used as it is.
const MOST_AUDITS: usize = 10;
/// A lost node gets an edge from one of this number of nearest nodes, if one of their lists has room.
const NEARBY: usize = 10;
/// Maximum number of repair rounds per audit. An edge added to a full list displaces another edge, so another node may be lost.
const MOST_ROUNDS: usize = 20;

/// The result of an audit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Audit {
    /// Number of nodes, which are distinct vectors.
    pub nodes: u32,
    /// Number of nodes that are reachable from the entry point in the lowest layer.
    pub reached: u32,
    /// Number of nodes that a search for their own vector returns among its ten hits (or ten others that are equally near in
    /// f32).
    pub found: u32,
}

impl Audit {
    /// Whether every node is reachable and found.
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
    /// Audits every node, on the threads of the current pool. Also returns the nodes that are not reachable or not found.
    fn audit(&self, ef: usize) -> (Audit, Vec<u32>) {
        let nodes = index(self.codes.len());
        let mut lost = self.lost(ef, (0..nodes).collect());
        let found = nodes - index(lost.len());
        let unreached = self.unreached();
        let audit = Audit { nodes, reached: nodes - index(unreached.len()), found };
        lost.extend(unreached);
        (audit, lost)
    }

    /// The nodes that are not reachable from the entry point in the lowest layer.
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

    /// Those of the given nodes that a search for their own vector does not find.
    fn lost(&self, ef: usize, nodes: Vec<u32>) -> Vec<u32> {
        let finds_itself = |scratch: &mut Scratch, node| (!self.finds_itself(node, ef, scratch)).then_some(node);
        nodes.into_par_iter().with_min_len(64).map_init(Scratch::default, finds_itself).flatten().collect()
    }

    /// Whether a search for a node's own vector, for ten hits, has the node among its candidates and compares it in f32. This
    /// holds if the node is among the first ten, or so near that rounding may hide that it is the nearest. In f32 nothing is
    /// nearer to a unit vector than itself, so the search returns the node, or ten others that are equally near.
    fn finds_itself(&self, node: u32, ef: usize, scratch: &mut Scratch) -> bool {
        let wanted = self.codes.of_node(node);
        self.search(wanted, ef, scratch);
        let own = scratch.found.iter().enumerate().find(|(_, found)| found.place == node);
        own.is_some_and(|(rank, own)| rank < K || own.similarity + likely_error(wanted.1, wanted.1) >= 1.0)
    }
}

impl Built {
    /// Audits the graph and adds edges to every node that is not reachable or not found, until an audit is clean.
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

    /// Checks only the lost nodes again. The next audit detects nodes that are lost because their edge was displaced.
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

    /// Adds an edge to a node from one of the nodes that a search for it visits: a near one whose list has room, else the nearest
    /// one whose farthest neighbour can be displaced. Repair edges are never displaced.
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
