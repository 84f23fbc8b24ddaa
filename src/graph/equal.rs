//! Which papers have equal vectors? These share one node: as separate nodes they would fill each other's lists, and no edge would
//! lead to other nodes.
//!
//! Vectors are compared only if the hashes of their codes are equal, so that rows are read in the order of the file.

use std::collections::HashSet;

use rayon::prelude::*;

use super::codes::{Code, Codes, hash, scrambled};
use crate::store::{DocId, Snapshot};

/// The rows and the vector of each node to insert.
#[derive(Default)]
pub(super) struct Groups<'a> {
    pub rows: Vec<Vec<u32>>,
    pub vectors: Vec<&'a [f32]>,
}

/// A live row, with the hash of its code. These are sorted by hash.
struct Hashed<'a> {
    hash: u64,
    row: u32,
    vector: &'a [f32],
}

impl<'a> Groups<'a> {
    /// The live rows from `first` on. The groups are in a pseudorandom order, because papers of one subject are often adjacent,
    /// and nodes of the same batch are not linked to each other.
    pub fn of(snapshot: &'a Snapshot, first: usize) -> Self {
        Self::joining(snapshot, first, &Codes::empty(snapshot.vectors.dimension()), &mut [])
    }

    /// As [`Groups::of`], without the rows whose vector an existing node has. These are added to the `rows` of that node.
    pub fn joining(snapshot: &'a Snapshot, first: usize, codes: &Codes<'_>, rows: &mut [Vec<u32>]) -> Self {
        let hashed = hashed(snapshot, first);
        let wanted: HashSet<u64> = hashed.iter().map(|hashed| hashed.hash).collect();
        let mut known: Vec<(u64, u32)> = (0..u32::try_from(codes.len()).unwrap_or(u32::MAX))
            .into_par_iter()
            .map(|node| (codes.of_node(node), node))
            .map(|((numbers, scale), node)| (hash(numbers, scale), node))
            .filter(|(hash, _)| wanted.contains(hash))
            .collect();
        known.par_sort_unstable();
        let mut groups = Self::default();
        for equal in hashed.chunk_by(|a, b| a.hash == b.hash) {
            let begin = groups.rows.len();
            let nodes = known.partition_point(|(hash, _)| *hash < equal[0].hash);
            for Hashed { hash, row, vector } in equal {
                let mut nodes = known[nodes..].iter().take_while(|(other, _)| other == hash).map(|(_, node)| *node);
                let of_node = |node: u32| snapshot.vectors.row(DocId(*rows[node as usize].first()?));
                if let Some(node) = nodes.find(|node| of_node(*node) == Some(*vector)) {
                    rows[node as usize].push(*row);
                } else if let Some(group) = groups.vectors[begin..].iter().position(|other| other == vector) {
                    groups.rows[begin + group].push(*row);
                } else {
                    groups.rows.push(vec![*row]);
                    groups.vectors.push(vector);
                }
            }
        }
        groups.shuffled()
    }

    fn shuffled(self) -> Self {
        let mut groups: Vec<(Vec<u32>, &[f32])> = self.rows.into_iter().zip(self.vectors).collect();
        groups.sort_by_cached_key(|(rows, _)| scrambled(u64::from(rows[0])));
        let (rows, vectors) = groups.into_iter().unzip();
        Self { rows, vectors }
    }
}

fn hashed(snapshot: &Snapshot, first: usize) -> Vec<Hashed<'_>> {
    let docs: Vec<DocId> = snapshot.docs().skip_while(|doc| doc.row() < first).collect();
    let mut hashed: Vec<Hashed<'_>> = docs
        .into_par_iter()
        .filter_map(|doc| {
            let vector = snapshot.vectors.row(doc)?;
            let code = Code::of(vector);
            Some(Hashed { hash: hash(&code.numbers, code.scale), row: doc.0, vector })
        })
        .collect();
    hashed.par_sort_unstable_by_key(|hashed| (hashed.hash, hashed.row));
    hashed
}
