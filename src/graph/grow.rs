//! Grows a graph: dead nodes are removed, and the papers that are newer than the graph are inserted. What is repeated in each
//! growth is copying the file and, now and then, searching for all nodes; each node is linked once.

use super::build::{self, Built, EF_CONSTRUCTION, SEEDS};
use super::equal::Groups;
use super::frozen::Frozen;
use crate::store::Snapshot;

/// All nodes are audited once 1/20 of them were inserted or removed since the last audit of all nodes, or if more than a quarter
/// would be audited anyway. A search for a node whose own edges did not change may fail, too: after a growth by 1/20, this was so
/// for none of 50,000 abstracts, and for 0.3 % of 100,000 generated papers, most of which are nearly equal to others.
const UNAUDITED_SHARE: usize = 20;
const AUDITED_SHARE: usize = 4;

/// The graph of a snapshot, grown from an earlier one. Also returns the number of nodes that were inserted and removed since the
/// last audit of all nodes; 0 if the next audit is one of all nodes.
pub(super) fn grown(frozen: &Frozen, snapshot: &Snapshot) -> (Built, usize) {
    let (mut built, removed) = Built::thawed(frozen, snapshot);
    // So small a graph is built in a second, and its number of layers was drawn for more nodes.
    if built.rows.len() < SEEDS {
        return (build::build(snapshot), 0);
    }
    let newer = frozen.covers().rows as usize;
    let groups = Groups::joining(snapshot, newer, &built.layers.codes, &mut built.rows);
    let changed = frozen.changed() + groups.rows.len() + removed;
    built.insert(groups);
    let mut built = built.in_order_of_walk();
    let nodes = built.rows.len();
    let unaudited = built.unaudited.count_ones(..);
    if changed * UNAUDITED_SHARE > nodes || unaudited * AUDITED_SHARE > nodes || !frozen.audit().is_clean() {
        built.unaudited.grow(nodes);
        built.unaudited.insert_range(..);
        return (built, 0);
    }
    (built, changed)
}

impl Built {
    /// Inserts nodes.
    fn insert(&mut self, Groups { rows, vectors }: Groups<'_>) {
        let first = self.rows.len();
        self.rows.extend(rows);
        let all = self.rows.len();
        self.layers.extend(&vectors);
        self.unaudited.grow(all);
        self.unaudited.insert_range(first..);
        self.layers.link(first, first..all, EF_CONSTRUCTION, &mut self.unaudited);
        self.layers.raise();
    }
}
