//! The graph as it is kept and searched: plain lists of neighbours in one file, checked when it is read.
//!
//! The file is little-endian: eight bytes of magic and version, the SHA-256 of what follows, then numbers of 32 or
//! 64 bits in the order of [`Flat::encode`]. Every node number in it is checked against the number of nodes.

use std::cell::RefCell;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::Neighbour;
use super::build::Layers;
use super::distance::dot;
use super::exact::Nearest;
use crate::durable;
use crate::embed::Fingerprint;
use crate::error::Result;
use crate::store::{DocId, Generation, Vectors};

/// The last byte is the version.
const MAGIC: [u8; 8] = *b"pkgraph\x01";

/// What a graph was built from; it serves the same store at any later moment of the same generation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Covers {
    generation: u64,
    fingerprint: [u8; 32],
    /// Rows before this one are in the graph, if they belonged to papers.
    pub rows: u32,
}

impl Covers {
    pub(super) fn all_of(generation: &Generation) -> Self {
        Self {
            generation: generation.number,
            fingerprint: digest(&generation.fingerprint),
            rows: u32::try_from(generation.rows).unwrap_or(u32::MAX),
        }
    }

    /// Whether the rows of this graph mean the same in a generation.
    pub(super) fn belongs_to(&self, generation: &Generation) -> bool {
        let now = Self::all_of(generation);
        self.generation == now.generation && self.fingerprint == now.fingerprint && self.rows <= now.rows
    }
}

fn digest(fingerprint: &Fingerprint) -> [u8; 32] {
    Sha256::digest(format!("{fingerprint:?}")).into()
}

/// A list of numbers for each node: that of node `n` is `items[offsets[n]..offsets[n + 1]]`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Lists {
    offsets: Vec<u32>,
    items: Vec<u32>,
}

impl Lists {
    fn new(lists: impl IntoIterator<Item = Vec<u32>>) -> Self {
        let mut offsets = vec![0];
        let mut items = Vec::new();
        for list in lists {
            items.extend(list);
            offsets.push(u32::try_from(items.len()).unwrap_or(u32::MAX));
        }
        Self { offsets, items }
    }

    fn of(&self, node: u32) -> &[u32] {
        let node = node as usize;
        match (self.offsets.get(node), self.offsets.get(node + 1)) {
            (Some(start), Some(end)) => self.items.get(*start as usize..*end as usize).unwrap_or_default(),
            _ => &[],
        }
    }
}

/// A navigable graph over rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flat {
    pub covers: Covers,
    /// The rows of each node, at least one; several have the same vector.
    rows: Lists,
    /// The neighbours of each node, the lowest layer first.
    layers: Vec<Lists>,
    entry: u32,
}

thread_local! {
    /// Which nodes a search has seen, by a number that grows with each search: clearing it costs nothing.
    static SEEN: RefCell<(u32, Vec<u32>)> = const { RefCell::new((0, Vec::new())) };
}

impl Flat {
    pub(super) fn new(covers: Covers, rows_of_node: Vec<Vec<u32>>, layers: Layers, entry: u32) -> Self {
        let layers = layers.into_iter().map(|layer| Lists::new(layer.into_iter().map(Option::unwrap_or_default)));
        Self { covers, rows: Lists::new(rows_of_node), layers: layers.collect(), entry }
    }

    /// Number of papers in the graph.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.items.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.items.is_empty()
    }

    fn nodes(&self) -> usize {
        self.rows.offsets.len() - 1
    }

    /// The wanted rows among the `ef` nearest that a walk finds, the nearest first: Malkov & Yashunin, algorithms 2 and 5.
    #[must_use]
    pub fn search(
        &self,
        vectors: &Vectors,
        query: &[f32],
        ef: usize,
        wanted: impl Fn(DocId) -> bool,
    ) -> Vec<Neighbour> {
        let similarity = |node: u32| {
            let row = self.rows.of(node).first().and_then(|row| vectors.row(DocId(*row)));
            row.map_or(f32::NEG_INFINITY, |row| dot(row, query))
        };
        if self.is_empty() {
            return Vec::new();
        }
        let mut nearest = (self.entry, similarity(self.entry));
        for layer in self.layers.iter().skip(1).rev() {
            loop {
                let next = layer.of(nearest.0).iter().map(|node| (*node, similarity(*node)));
                match next.max_by(|a, b| a.1.total_cmp(&b.1)) {
                    Some(next) if next.1 > nearest.1 => nearest = next,
                    _ => break,
                }
            }
        }
        let found = self.walk(nearest, ef, similarity);
        let mut kept = Nearest::new(ef);
        for (node, similarity) in found {
            for doc in self.rows.of(node).iter().map(|row| DocId(*row)).filter(|doc| wanted(*doc)) {
                kept.show(doc, similarity);
            }
        }
        kept.into_sorted()
    }

    /// The best-first walk of the lowest layer.
    fn walk(&self, start: (u32, f32), ef: usize, similarity: impl Fn(u32) -> f32) -> Vec<(u32, f32)> {
        SEEN.with_borrow_mut(|(search, seen)| {
            seen.resize(seen.len().max(self.nodes()), 0);
            *search = search.wrapping_add(1);
            if *search == 0 {
                seen.fill(0);
                *search = 1;
            }
            let mut first_time = |node: u32| std::mem::replace(&mut seen[node as usize], *search) != *search;
            first_time(start.0);
            let mut open = BinaryHeap::from([(Ordered(start.1), start.0)]);
            let mut best = BinaryHeap::from([Reverse((Ordered(start.1), start.0))]);
            while let Some((Ordered(near), node)) = open.pop() {
                let farthest = best.peek().map_or(f32::NEG_INFINITY, |Reverse((Ordered(far), _))| *far);
                if near < farthest && best.len() >= ef {
                    break;
                }
                for next in self.layers[0].of(node) {
                    if !first_time(*next) {
                        continue;
                    }
                    let near = similarity(*next);
                    let farthest = best.peek().map_or(f32::NEG_INFINITY, |Reverse((Ordered(far), _))| *far);
                    if best.len() < ef || near > farthest {
                        open.push((Ordered(near), *next));
                        best.push(Reverse((Ordered(near), *next)));
                        if best.len() > ef {
                            best.pop();
                        }
                    }
                }
            }
            best.into_iter().map(|Reverse((Ordered(similarity), node))| (node, similarity)).collect()
        })
    }

    /// Writes the graph beside, syncs it, and renames it to `path`.
    pub(super) fn write(&self, path: &Path) -> Result<()> {
        let body = self.encode();
        Ok(durable::replace(path, &[&MAGIC, &Sha256::digest(&body), &body])?)
    }

    fn encode(&self) -> Vec<u8> {
        let mut body = Vec::new();
        body.extend(self.covers.generation.to_le_bytes());
        body.extend(self.covers.fingerprint);
        let mut numbers = |list: &[u32]| body.extend(list.iter().flat_map(|number| number.to_le_bytes()));
        let count = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        numbers(&[self.covers.rows, self.entry, count(self.nodes()), count(self.layers.len())]);
        for lists in std::iter::once(&self.rows).chain(&self.layers) {
            numbers(&lists.offsets);
            numbers(&[count(lists.items.len())]);
            numbers(&lists.items);
        }
        body
    }

    /// Reads a graph; `None` for a file that is missing, cut, altered or of another version, since it can be built again.
    pub(super) fn read(path: &Path) -> Option<Self> {
        let file = std::fs::read(path).ok()?;
        let (checksum, body) = file.strip_prefix(&MAGIC)?.split_at_checked(32)?;
        (Sha256::digest(body).as_slice() == checksum).then(|| Self::decode(body)).flatten()
    }

    fn decode(body: &[u8]) -> Option<Self> {
        let mut rest = Numbers(body);
        let generation = u64::from_le_bytes(rest.bytes(8)?.try_into().ok()?);
        let fingerprint = rest.bytes(32)?.try_into().ok()?;
        let [rows, entry, nodes, layers] = rest.list(4)?.try_into().ok()?;
        let rows_of_node = rest.lists(nodes, rows)?;
        let layers = (0..layers).map(|_| rest.lists(nodes, nodes)).collect::<Option<Vec<_>>>()?;
        let sound = rest.0.is_empty() && !layers.is_empty() && entry < nodes.max(1);
        sound.then_some(Self { covers: Covers { generation, fingerprint, rows }, rows: rows_of_node, layers, entry })
    }
}

/// Reads from a slice without ever going past its end.
struct Numbers<'a>(&'a [u8]);

impl<'a> Numbers<'a> {
    fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(head)
    }

    fn list(&mut self, count: usize) -> Option<Vec<u32>> {
        let bytes = self.bytes(count.checked_mul(4)?)?;
        Some(bytes.chunks_exact(4).map(|four| u32::from_le_bytes([four[0], four[1], four[2], four[3]])).collect())
    }

    /// The lists of so many nodes, of numbers below `bound`.
    fn lists(&mut self, nodes: u32, bound: u32) -> Option<Lists> {
        let offsets = self.list((nodes as usize).checked_add(1)?)?;
        let count = *self.list(1)?.first()?;
        let items = self.list(count as usize)?;
        let sound = offsets.is_sorted() && offsets.last() == Some(&count) && items.iter().all(|item| *item < bound);
        sound.then_some(Lists { offsets, items })
    }
}

/// A similarity, ordered as numbers are.
#[derive(Clone, Copy, PartialEq)]
struct Ordered(f32);

impl Eq for Ordered {}

impl PartialOrd for Ordered {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Ordered {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}
