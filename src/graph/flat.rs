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

/// One layer: the neighbours of node `n` are `edges[offsets[n]..offsets[n + 1]]`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Layer {
    offsets: Vec<u32>,
    edges: Vec<u32>,
}

impl Layer {
    fn neighbours(&self, node: u32) -> &[u32] {
        let node = node as usize;
        match (self.offsets.get(node), self.offsets.get(node + 1)) {
            (Some(start), Some(end)) => self.edges.get(*start as usize..*end as usize).unwrap_or_default(),
            _ => &[],
        }
    }
}

/// A navigable graph over rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flat {
    pub covers: Covers,
    /// The row of each node.
    docs: Vec<u32>,
    /// The lowest first.
    layers: Vec<Layer>,
    entry: u32,
}

thread_local! {
    /// Which nodes a search has seen, by a number that grows with each search: clearing it costs nothing.
    static SEEN: RefCell<(u32, Vec<u32>)> = const { RefCell::new((0, Vec::new())) };
}

impl Flat {
    pub(super) fn new(covers: Covers, docs: Vec<u32>, layers: Layers, entry: u32) -> Self {
        let layers = layers
            .into_iter()
            .map(|layer| {
                let mut offsets = vec![0];
                let mut edges = Vec::new();
                for neighbours in layer {
                    edges.extend(neighbours.unwrap_or_default());
                    offsets.push(u32::try_from(edges.len()).unwrap_or(u32::MAX));
                }
                Layer { offsets, edges }
            })
            .collect();
        Self { covers, docs, layers, entry }
    }

    /// Number of papers in the graph.
    #[must_use]
    pub fn len(&self) -> usize {
        self.docs.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.docs.is_empty()
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
            let doc = self.docs.get(node as usize).copied().unwrap_or(u32::MAX);
            vectors.row(DocId(doc)).map_or(f32::NEG_INFINITY, |row| dot(row, query))
        };
        if self.docs.is_empty() {
            return Vec::new();
        }
        let mut nearest = (self.entry, similarity(self.entry));
        for layer in self.layers.iter().skip(1).rev() {
            loop {
                let next = layer.neighbours(nearest.0).iter().map(|node| (*node, similarity(*node)));
                match next.max_by(|a, b| a.1.total_cmp(&b.1)) {
                    Some(next) if next.1 > nearest.1 => nearest = next,
                    _ => break,
                }
            }
        }
        let found = self.walk(nearest, ef, similarity);
        let mut kept = Nearest::new(ef);
        for (node, similarity) in found {
            let doc = DocId(self.docs[node as usize]);
            if wanted(doc) {
                kept.show(doc, similarity);
            }
        }
        kept.into_sorted()
    }

    /// The best-first walk of the lowest layer.
    fn walk(&self, start: (u32, f32), ef: usize, similarity: impl Fn(u32) -> f32) -> Vec<(u32, f32)> {
        SEEN.with_borrow_mut(|(search, seen)| {
            seen.resize(seen.len().max(self.docs.len()), 0);
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
                for next in self.layers[0].neighbours(node) {
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
        numbers(&[self.covers.rows, self.entry, count(self.docs.len()), count(self.layers.len())]);
        numbers(&self.docs);
        for layer in &self.layers {
            numbers(&layer.offsets);
            numbers(&[count(layer.edges.len())]);
            numbers(&layer.edges);
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
        let docs = rest.list(nodes as usize)?;
        let layers = (0..layers)
            .map(|_| {
                let offsets = rest.list((nodes as usize).checked_add(1)?)?;
                let count = *rest.list(1)?.first()?;
                let edges = rest.list(count as usize)?;
                let sound =
                    offsets.is_sorted() && offsets.last() == Some(&count) && edges.iter().all(|node| *node < nodes);
                sound.then_some(Layer { offsets, edges })
            })
            .collect::<Option<Vec<_>>>()?;
        let sound =
            rest.0.is_empty() && !layers.is_empty() && entry < nodes.max(1) && docs.iter().all(|doc| *doc < rows);
        sound.then_some(Self { covers: Covers { generation, fingerprint, rows }, docs, layers, entry })
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
