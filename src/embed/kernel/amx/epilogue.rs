//! Processes the sums of a block, one row of 32 at a time, with the bias: stores them, adds them to existing numbers, rounds
//! them, or activates and rounds them.

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

/// It must be inlined into a function with AVX-512 and its `bf16` extension; the code in a closure might not be.
pub(super) trait Epilogue {
    /// Processes one row of a block: the 32 sums of row number `row` of the block.
    ///
    /// # Safety
    /// The processor has AVX-512 and its `bf16` extension; `sums` is aligned to a line; the place is within the buffers of the
    /// epilogue.
    unsafe fn row(&self, place: Place, row: usize, sums: *const f32);
}

/// The sums plus the bias of their columns.
///
/// # Safety
/// There are 16 sums, and 16 numbers of the bias from this column on.
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

/// Stores the sums.
pub(super) struct Store {
    pub out: *mut f32,
    /// The width of a row, which may be an odd number of panels.
    pub columns: usize,
    pub bias: Option<*const f32>,
}

impl Epilogue for Store {
    #[inline(always)]
    unsafe fn row(&self, Place { row: first, column }: Place, row: usize, sums: *const f32) {
        // SAFETY: the columns of one or two panels are in the row.
        unsafe {
            let out = self.out.add((first + row) * self.columns + column);
            _mm512_storeu_ps(out, with_bias(sums, self.bias, column));
            if column + LANES < self.columns {
                _mm512_storeu_ps(out.add(LANES), with_bias(sums.add(LANES), self.bias, column + LANES));
            }
        }
    }
}

/// Adds the sums to rows of `f32`.
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

/// Rounds the sums to `bf16` and stores them in contiguous rows.
pub(super) struct Round {
    pub out: *mut Line,
    /// Number of lines of a row.
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

/// Applies the activation to the sums, rounds them to `bf16` and stores them in tile order.
pub(super) struct Activate {
    pub out: *mut Line,
    /// Number of tiles of a row.
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
