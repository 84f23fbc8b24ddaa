//! Memory aligned to cache lines, so that no vector load crosses a line boundary.

use bytemuck::{Pod, Zeroable};

use super::{LANES, ROW_GROUP};

/// A cache line of 64 bytes: 16 units.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C, align(64))]
pub(in crate::embed) struct Line(pub [u32; LANES]);

/// A buffer of lines that grows but never shrinks, so that later batches need no allocation.
#[derive(Default, Clone)]
pub(in crate::embed) struct Lines(Vec<Line>);

impl std::ops::Deref for Lines {
    type Target = [Line];

    fn deref(&self) -> &[Line] {
        &self.0
    }
}

impl Lines {
    /// Makes room for `rows` rows of `depth` lines. The previous content is kept.
    pub fn rows(&mut self, rows: usize, depth: usize) -> &mut [Line] {
        self.lines(rows.next_multiple_of(ROW_GROUP) * depth)
    }

    /// Makes room for `count` lines.
    pub fn lines(&mut self, count: usize) -> &mut [Line] {
        if self.0.len() < count {
            self.0.resize(count, Line::zeroed());
        }
        &mut self.0[..count]
    }

    /// Makes room for rows of `f32`, whose width must be a multiple of a line.
    pub fn numbers(&mut self, rows: usize, width: usize) -> &mut [f32] {
        let numbers = rows.next_multiple_of(ROW_GROUP) * width;
        &mut bytemuck::cast_slice_mut(self.lines(numbers.div_ceil(LANES)))[..numbers]
    }
}
