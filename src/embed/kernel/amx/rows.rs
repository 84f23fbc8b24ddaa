//! Activations as operands of tile products: `bf16`, in tile order (tiles of 16 rows by 32 numbers) or in contiguous rows.

use bytemuck::Zeroable;

use super::Line;
use super::tiles::{HEIGHT, PER_LINE, ROW, TILE};
use crate::embed::kernel::buffer::Lines;

/// The layout of activations: the distances between rows, between tiles of a row, and between groups of 16 rows, in bytes.
#[derive(Clone, Copy)]
pub(super) struct Tiled {
    pub first: *const u8,
    pub row: usize,
    pub next: usize,
    pub group: usize,
}

/// Rows in tile order: the 16 rows of a tile are contiguous in memory, followed by the next tile of the same rows.
#[derive(Default)]
pub(in crate::embed) struct TileRows {
    lines: Lines,
    count: usize,
    /// Number of tiles of a row.
    depth: usize,
}

impl TileRows {
    /// Makes room for `count` rows of `width` numbers, a multiple of [`PER_LINE`]. The previous content is kept.
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

/// Contiguous rows, followed by room for 16 more, so that a tile may start at any row.
#[derive(Default)]
pub(in crate::embed) struct FlatRows {
    lines: Lines,
    count: usize,
    /// Number of lines of a row.
    depth: usize,
}

impl FlatRows {
    /// Makes room for `count` rows of `width` numbers, a multiple of [`PER_LINE`]. The previous content of these rows is kept.
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

    /// Converts the numbers of all rows.
    #[cfg(test)]
    pub(super) fn fill(&mut self, values: &[f32]) {
        let lines = self.lines.rows(self.count + HEIGHT, self.depth).iter_mut();
        for (line, values) in lines.zip(values.chunks_exact(PER_LINE)) {
            for (unit, pair) in line.0.iter_mut().zip(values.chunks_exact(2)) {
                *unit = crate::embed::kernel::Format::Bf16.unit(|place| pair[place]);
            }
        }
    }
}
