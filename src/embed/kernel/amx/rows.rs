//! Activations as tiles want them: `bf16`, rows in tiles of 16 by 32 numbers, or one row after the other.

use bytemuck::Zeroable;

use super::Line;
use super::tiles::{HEIGHT, PER_LINE, ROW, TILE};
use crate::embed::kernel::buffer::Lines;

/// Where the tiles of activations lie: how far rows, tiles of a row, and groups of 16 rows are apart, in bytes.
#[derive(Clone, Copy)]
pub(super) struct Tiled {
    pub first: *const u8,
    pub row: usize,
    pub next: usize,
    pub group: usize,
}

/// Rows in the order of tiles: the 16 rows of a tile lie one after the other in memory, tiles of the same rows after that.
#[derive(Default)]
pub(in crate::embed) struct TileRows {
    lines: Lines,
    count: usize,
    /// Tiles of a row.
    depth: usize,
}

impl TileRows {
    /// Makes room for so many rows of `width` numbers, a multiple of [`PER_LINE`]; what is in it is left from before.
    pub fn begin(&mut self, count: usize, width: usize) {
        assert!(width.is_multiple_of(PER_LINE), "a row that is no whole number of lines");
        (self.count, self.depth) = (count, width / PER_LINE);
        self.lines.rows(count, self.depth);
    }

    pub fn count(&self) -> usize {
        self.count
    }

    pub fn depth(&self) -> usize {
        self.depth
    }

    pub(super) fn tiled(&self) -> Tiled {
        Tiled { first: self.lines.as_ptr().cast(), row: ROW, next: TILE, group: self.depth * TILE }
    }

    pub(super) fn as_mut_ptr(&mut self) -> *mut Line {
        self.lines.rows(self.count, self.depth).as_mut_ptr()
    }

    #[cfg(test)]
    pub(super) fn line(&self, row: usize, tile: usize) -> Line {
        self.lines[(row / HEIGHT * self.depth + tile) * HEIGHT + row % HEIGHT]
    }
}

/// Rows one after the other, and so many more behind them that a tile may begin at each.
#[derive(Default)]
pub(in crate::embed) struct FlatRows {
    lines: Lines,
    count: usize,
    /// Lines of a row.
    depth: usize,
}

impl FlatRows {
    /// Makes room for so many rows of `width` numbers, a multiple of [`PER_LINE`]; what is in it is left from before.
    pub fn begin(&mut self, count: usize, width: usize) {
        assert!(width.is_multiple_of(PER_LINE), "a row that is no whole number of lines");
        (self.count, self.depth) = (count, width / PER_LINE);
        let behind = self.lines.rows(count + HEIGHT, self.depth).iter_mut().skip(count * self.depth);
        behind.for_each(|line| *line = Line::zeroed());
    }

    pub fn count(&self) -> usize {
        self.count
    }

    pub fn depth(&self) -> usize {
        self.depth
    }

    pub(super) fn as_ptr(&self) -> *const Line {
        self.lines.as_ptr()
    }

    pub(super) fn as_mut_ptr(&mut self) -> *mut Line {
        self.lines.rows(self.count + HEIGHT, self.depth).as_mut_ptr()
    }

    #[cfg(test)]
    pub(super) fn line(&self, line: usize) -> Line {
        self.lines[line]
    }

    /// Takes over the numbers of all rows.
    #[cfg(test)]
    pub(super) fn fill(&mut self, values: &[f32]) {
        let lines = self.lines.rows(self.count + HEIGHT, self.depth).iter_mut();
        for (line, values) in lines.zip(values.chunks_exact(PER_LINE)) {
            for (unit, pair) in line.0.iter_mut().zip(values.chunks_exact(2)) {
                *unit = crate::embed::kernel::Format::Bf16.unit(pair[0], pair[1]);
            }
        }
    }
}
