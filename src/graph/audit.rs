//! Audits a graph and repairs it. Every node must be reachable from the entry point and be found by a search for its own vector.
//! Nodes that are not get additional edges, until an audit is clean.
//!
//! After a growth, an audit searches for the nodes that are new, have another list, or lost an incoming edge. After a repair, it
//! searches for the repaired nodes, for those whose edges were displaced, and for the neighbours of these. A search for another
//! node may take another way than before, so all nodes are audited once enough of the graph has changed (`grow.rs`). Whether all
//! nodes are reachable is always determined for the whole graph.

use std::fmt;

use fixedbitset::FixedBitSet;
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
const MOST_AUDITS: usize = 50;
/// A lost node gets an edge from one of this number of nearest nodes, if one of their lists has room.
const NEARBY: usize = 10;
/// Number of nodes whose repair is proposed at once. It bounds the memory, and does not depend on the number of threads.
const AT_ONCE: usize = 4_096;

/// The result of an audit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Audit {
    /// Number of nodes, which are distinct vectors.
    pub nodes: u32,
    /// Number of nodes that are reachable from the entry point in the lowest layer.
    pub reached: u32,
    /// Number of nodes that a search for their own vector returns among its ten hits (or ten others that are equally near in
    /// f32), as of the last audit of each node.
    pub found: u32,
    /// Number of nodes that the last audit searched for: all, or those that are new, have other edges, or lost one.
    pub searched: u32,
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
        let Self { nodes, reached, found, searched } = self;
        if self.is_clean() {
            write!(f, "all {nodes} nodes are reachable and found by their own vector")?;
        } else {
            write!(f, "of {nodes} nodes, {reached} are reachable and {found} are found by their own vector")?;
        }
        if searched < nodes {
            write!(f, " (in the last audit of each; {searched} were audited after the last growth)")?;
        }
        Ok(())
    }
}

/// The neighbours of a lost node that could get an edge to it, the preferred one first.
struct Proposal {
    node: u32,
    near: Vec<u32>,
}

impl Hierarchy<'_> {
    /// The nodes that are not reachable from the entry point in the lowest layer.
    pub(super) fn unreached(&self) -> Vec<u32> {
        let count = self.codes.len();
        let mut reached = FixedBitSet::with_capacity(count);
        let mut open = vec![self.start()];
        while let Some(node) = open.pop() {
            if (node as usize) < count && !reached.put(node as usize) {
                open.extend(self.layers[0].neighbours(node).iter().filter(|node| !reached.contains(**node as usize)));
            }
        }
        reached.zeroes().map(index).collect()
    }

    /// Those of the given nodes that a search for their own vector does not find.
    fn lost(&self, ef: usize, nodes: &FixedBitSet) -> Vec<u32> {
        let nodes: Vec<u32> = nodes.ones().map(index).collect();
        let finds_itself = |scratch: &mut Scratch, node| (!self.finds_itself(node, ef, scratch)).then_some(node);
        nodes.into_par_iter().with_min_len(64).map_init(Scratch::default, finds_itself).flatten().collect()
    }

    /// Whether a search for a node's own vector, for ten hits, has the node among its candidates and compares it in f32. This
    /// holds if the node is among the first ten, or so near that rounding may hide that it is the nearest. In f32 nothing is
    /// nearer to a unit vector than itself, so the search returns the node, or ten others that are equally near.
    ///
    /// The traversal ends once the node is the first candidate and none of its neighbours is nearer: only others that are nearer
    /// could displace it.
    fn finds_itself(&self, node: u32, ef: usize, scratch: &mut Scratch) -> bool {
        let wanted = self.codes.of_node(node);
        let start = self.descend(wanted, 0, scratch);
        self.walk_until(0, wanted, start, ef, scratch, |first| first == node);
        let own = scratch.found.iter().enumerate().find(|(_, found)| found.place == node);
        own.is_some_and(|(rank, own)| rank < K || own.similarity + likely_error(wanted.1, wanted.1) >= 1.0)
    }

    /// Searches for the nodes to which an edge can lead.
    fn proposal(&self, node: u32, ef: usize, scratch: &mut Scratch) -> Proposal {
        self.search(self.codes.of_node(node), ef, scratch);
        Proposal { node, near: scratch.found.iter().map(|found| found.place).filter(|other| *other != node).collect() }
    }
}

impl Built {
    /// Audits the unaudited nodes and adds edges to every node that is not reachable or not found, until an audit is clean. If all
    /// nodes are unaudited, the last audit is one of all nodes, too.
    pub fn repair_until_clean(&mut self, ef: usize, took: &mut Took) -> Audit {
        let nodes = index(self.layers.codes.len());
        let mut unaudited = std::mem::take(&mut self.unaudited);
        let searched = index(unaudited.count_ones(..));
        let mut is_whole = searched == nodes;
        let mut audits = 0;
        loop {
            audits += 1;
            let (mut lost, unreached) =
                timed(&mut took.audit, || (self.layers.lost(ef, &unaudited), self.layers.unreached()));
            let is_clean = lost.is_empty() && unreached.is_empty();
            if is_clean && searched == nodes && !is_whole && audits < MOST_AUDITS {
                unaudited.grow(nodes as usize);
                unaudited.insert_range(..);
                is_whole = true;
                continue;
            }
            if is_clean || audits == MOST_AUDITS {
                let (reached, found) = (nodes - index(unreached.len()), nodes - index(lost.len()));
                return Audit { nodes, reached, found, searched };
            }
            lost.extend(unreached);
            unaudited = timed(&mut took.build, || self.repair(ef, lost));
            is_whole = false;
        }
    }

    /// Adds an edge to each of these nodes. Returns them, and the nodes whose edges were displaced with their neighbours.
    fn repair(&mut self, ef: usize, mut lost: Vec<u32>) -> FixedBitSet {
        lost.sort_unstable();
        lost.dedup();
        let mut touched: FixedBitSet = lost.iter().map(|node| *node as usize).collect();
        for part in lost.chunks(AT_ONCE) {
            let proposal = |scratch: &mut Scratch, node: &u32| self.layers.proposal(*node, ef, scratch);
            let proposals: Vec<Proposal> =
                part.par_iter().with_min_len(16).map_init(Scratch::default, proposal).collect();
            for proposal in proposals {
                if let Some(displaced) = self.add_repair_edge(&proposal) {
                    let neighbours = self.layers.layers[0].neighbours(displaced);
                    touched.extend(neighbours.iter().chain([&displaced]).map(|node| *node as usize));
                }
            }
        }
        touched
    }

    /// Adds an edge to a node from one of the nodes that a search for it visits: a near one whose list has room, else the nearest
    /// one whose farthest neighbour can be displaced. Repair edges are never displaced. Returns the displaced neighbour.
    fn add_repair_edge(&mut self, Proposal { node, near }: &Proposal) -> Option<u32> {
        let lowest = &mut self.layers.layers[0];
        let (width, lists) = (lowest.width, lowest.lists.to_mut());
        let list_of = |other: u32| other as usize * width..(other as usize + 1) * width;
        let room = |other: u32| Some((other, lists[list_of(other)].iter().position(|slot| *slot == NONE)?));
        let dispensable = |other: u32| {
            let slot = lists[list_of(other)].iter().rposition(|slot| !self.repair_edges.contains(&(other, *slot)))?;
            Some((other, slot))
        };
        let first = near.iter().take(NEARBY).find_map(|other| room(*other));
        let (other, slot) = first.or_else(|| near.iter().find_map(|other| dispensable(*other)))?;
        if lists[list_of(other)].contains(node) {
            return None;
        }
        let displaced = std::mem::replace(&mut lists[list_of(other)][slot], *node);
        self.repair_edges.insert((other, *node));
        (displaced != NONE).then_some(displaced)
    }
}
