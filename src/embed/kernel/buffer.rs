//! Memory in lines of the cache: a kernel never reads a vector that lies across two of them.

use bytemuck::{Pod, Zeroable};

use super::{LANES, ROW_GROUP};

/// 64 bytes: 16 units.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C, align(64))]
pub(in crate::embed) struct Line(pub [u32; LANES]);

/// Lines whose number grows and never shrinks, so that the next batch finds its memory ready.
#[derive(Default, Clone)]
pub(in crate::embed) struct Lines(Vec<Line>);

impl std::ops::Deref for Lines {
    type Target = [Line];

    fn deref(&self) -> &[Line] {
        &self.0
    }
}

impl Lines {
    /// Room for so many rows of units; what is in it is left from before.
    pub fn rows(&mut self, rows: usize, depth: usize) -> &mut [Line] {
        self.lines(rows.next_multiple_of(ROW_GROUP) * depth)
    }

    /// So many lines.
    pub fn lines(&mut self, count: usize) -> &mut [Line] {
        if self.0.len() < count {
            self.0.resize(count, Line::zeroed());
        }
        &mut self.0[..count]
    }

    /// Room for so many rows of `f32`, whose width is a multiple of a line's.
    pub fn numbers(&mut self, rows: usize, width: usize) -> &mut [f32] {
        let numbers = rows.next_multiple_of(ROW_GROUP) * width;
        &mut bytemuck::cast_slice_mut(self.lines(numbers.div_ceil(LANES)))[..numbers]
    }
}
