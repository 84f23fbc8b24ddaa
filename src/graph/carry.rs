//! Compaction of a store with its graph.

use std::path::Path;

use fixedbitset::FixedBitSet;

use super::frozen::{Covers, Frozen};
use super::link::index;
use super::path;
use crate::error::Result;
use crate::store::{Compacted, Generation, Snapshot, Store};

/// Compacts a store as [`Store::compact`] does, and keeps its graph: the file of the next generation has the new row numbers and
/// no rows of dead papers. Nodes of dead papers remain, without rows, until the graph grows.
///
/// The file is written before the generation becomes current, so that no search is without a graph. If that never happens, because
/// the process is killed, the next `compact` deletes the file before another generation can have its number.
///
/// # Errors
/// As [`Store::compact`]. If the graph cannot be written, the store is compacted without one.
pub fn compact(store: &Store) -> Result<Compacted> {
    store.compact_with(|before, next| {
        let target = path(store.dir(), next);
        // A file that a killed process left there has other rows.
        if target.exists() {
            fs_err::remove_file(&target)?;
        }
        // Without the file, the graph is built from nothing.
        let _ = carry_over(&path(store.dir(), &before.generation), before, next, &target);
        Ok(())
    })
}

fn carry_over(source: &Path, before: &Snapshot, next: &Generation, target: &Path) -> Result<()> {
    let Some(frozen) = Frozen::open(source)?.filter(|frozen| frozen.covers().belongs_to(&before.generation)) else {
        return Ok(());
    };
    // Row numbers that are damaged must not be written with a new checksum.
    frozen.check(source)?;
    let new_rows = new_rows(before.live());
    let covered = before.live().count_ones(..(frozen.covers().rows as usize).min(before.live().len()));
    let mut covers = Covers::all_of(next);
    covers.rows = index(covered);
    let new_row = |row: u32| before.live().contains(row as usize).then(|| new_rows[row as usize]);
    frozen.write_renumbered(target, covers, new_row)
}

/// The new number of each live row: the number of live rows before it.
fn new_rows(live: &FixedBitSet) -> Vec<u32> {
    let mut next = 0;
    let mut number = |row: usize| {
        let number = next;
        next += u32::from(live.contains(row));
        number
    };
    (0..live.len()).map(&mut number).collect()
}
