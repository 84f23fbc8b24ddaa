//! What becomes of a block's sums? They are written as they are, added to what is there, rounded, or activated and rounded,
//! one row of 32 at a time, with the bias.

use std::arch::x86_64::{__m512, _mm512_add_ps, _mm512_load_ps, _mm512_loadu_ps, _mm512_storeu_ps};

use super::gelu::Gelu;
use super::round::round;
use super::tiles::{HEIGHT, PER_LINE};
use super::{LANES, Line};

/// The first row and column of a block.
#[derive(Clone, Copy, Default)]
pub(super) struct Place {
    pub row: usize,
    pub column: usize,
}

/// To be inlined into a function with AVX-512 and its `bf16`; what stands in a closure might not be.
pub(super) trait Epilogue {
    /// Takes over one row of a block: the 32 sums of the row `row` rows below its first.
    ///
    /// # Safety
    /// The processor has AVX-512 and its `bf16`; `sums` are aligned to a line, and the place is in what was given to the
    /// epilogue.
    unsafe fn row(&self, place: Place, row: usize, sums: *const f32);
}

/// The sums with the bias of their columns.
///
/// # Safety
/// There are as many sums, and numbers of the bias from this column on, as are loaded.
#[inline(always)]
unsafe fn with_bias(sums: *const f32, bias: Option<*const f32>, column: usize) -> __m512 {
    // SAFETY: as the caller promises.
    unsafe {
        match bias {
            Some(bias) => _mm512_add_ps(_mm512_load_ps(sums), _mm512_loadu_ps(bias.add(column))),
            None => _mm512_load_ps(sums),
        }
    }
}

/// Writes the sums.
pub(super) struct Store {
    pub out: *mut f32,
    /// Numbers of a row, which may be an odd number of panels.
    pub columns: usize,
    pub bias: Option<*const f32>,
}

impl Epilogue for Store {
    #[inline(always)]
    unsafe fn row(&self, Place { row: first, column }: Place, row: usize, sums: *const f32) {
        // SAFETY: the columns of one panel or of two are in the row.
        unsafe {
            let out = self.out.add((first + row) * self.columns + column);
            _mm512_storeu_ps(out, with_bias(sums, self.bias, column));
            if column + LANES < self.columns {
                _mm512_storeu_ps(out.add(LANES), with_bias(sums.add(LANES), self.bias, column + LANES));
            }
        }
    }
}

/// Adds the sums to rows of numbers.
pub(super) struct Add {
    pub out: *mut f32,
    pub columns: usize,
    pub bias: Option<*const f32>,
}

impl Epilogue for Add {
    #[inline(always)]
    unsafe fn row(&self, Place { row: first, column }: Place, row: usize, sums: *const f32) {
        // SAFETY: the columns of two panels are in the row.
        unsafe {
            let out = self.out.add((first + row) * self.columns + column);
            for part in [0, LANES] {
                let sums = with_bias(sums.add(part), self.bias, column + part);
                _mm512_storeu_ps(out.add(part), _mm512_add_ps(_mm512_loadu_ps(out.add(part)), sums));
            }
        }
    }
}

/// Rounds the sums to rows of lines, one row after the other.
pub(super) struct Round {
    pub out: *mut Line,
    /// Lines of a row.
    pub depth: usize,
    pub bias: Option<*const f32>,
}

impl Epilogue for Round {
    #[inline(always)]
    unsafe fn row(&self, Place { row: first, column }: Place, row: usize, sums: *const f32) {
        // SAFETY: the line of these columns is in the row.
        unsafe {
            let (a, b) = (with_bias(sums, self.bias, column), with_bias(sums.add(LANES), self.bias, column + LANES));
            round(self.out.add((first + row) * self.depth + column / PER_LINE), a, b);
        }
    }
}

/// Rounds the activations of the sums to rows in the order of tiles.
pub(super) struct Activate {
    pub out: *mut Line,
    /// Tiles of a row.
    pub depth: usize,
    pub bias: Option<*const f32>,
    pub gelu: Gelu,
}

impl Epilogue for Activate {
    #[inline(always)]
    unsafe fn row(&self, Place { row: first, column }: Place, row: usize, sums: *const f32) {
        // SAFETY: the line of these columns is in the tiles of the row.
        unsafe {
            let a = self.gelu.of(with_bias(sums, self.bias, column));
            let b = self.gelu.of(with_bias(sums.add(LANES), self.bias, column + LANES));
            let row = first + row;
            round(self.out.add((row / HEIGHT * self.depth + column / PER_LINE) * HEIGHT + row % HEIGHT), a, b);
        }
    }
}
