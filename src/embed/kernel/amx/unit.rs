//! The steps of a network on the matrix unit. Each step checks all shapes, so callers need no unsafe code.

use std::ops::Range;

use super::attention::{self, AttentionTiles, Sequence};
use super::detect::runs_here;
use super::epilogue::{Activate, Add, Epilogue, Round};
use super::gelu::Gelu;
use super::norm;
use super::product::{Operands, walk};
use super::rows::{FlatRows, TileRows};
use super::tiles::{BLOCK, HEIGHT, PER_LINE, ROW, TILE, Tiles};
use crate::embed::kernel::LANES;
use crate::embed::kernel::matrix::Matrix;

/// The numbers of dimensions of a head that [`Unit::attend`] supports.
pub(in crate::embed) const HEAD_WIDTHS: [usize; 2] = [PER_LINE, 2 * PER_LINE];

/// Proof that the processor has a matrix unit and can run the code in this folder.
#[derive(Clone, Copy)]
pub(in crate::embed) struct Unit(());

impl Unit {
    /// The matrix unit, if there is one.
    pub fn find() -> Option<Self> {
        runs_here().then_some(Self(()))
    }

    /// state ← norm(state) for each row; `rows` receives the result, rounded.
    #[allow(clippy::unused_self)] // proves that the instructions are available
    pub fn normalise(self, weight: &[f32], offset: &[f32], epsilon: f32, states: &mut [f32], rows: &mut TileRows) {
        let width = weight.len();
        assert!(offset.len() == width && states.len().is_multiple_of(width), "a norm of another width");
        rows.begin(states.len() / width, width);
        let (depth, lines) = (rows.depth(), rows.as_mut_ptr());
        for (row, state) in states.chunks_exact_mut(width).enumerate() {
            // SAFETY: a processor with the unit has AVX-512 and `bf16`; there is a line for each tile of the row.
            unsafe {
                let lines = lines.add(row / HEIGHT * depth * HEIGHT + row % HEIGHT);
                norm::normalise(state, weight, offset, epsilon, lines);
            }
        }
    }

    /// out ← rows · matrix + bias, rounded.
    pub fn project(self, rows: &TileRows, matrix: &Matrix, out: &mut FlatRows) {
        out.begin(rows.count(), matrix.stride());
        let epilogue = Round { depth: out.depth(), out: out.as_mut_ptr(), bias: Some(matrix.bias().as_ptr()) };
        // SAFETY: `out` has room for these rows and columns.
        unsafe { self.multiply(rows, matrix, 0..matrix.stride(), 0..rows.depth(), epilogue) };
    }

    /// out ← GELU(rows · matrix + bias), rounded, for a range of columns that starts and ends at block boundaries.
    pub fn activate(self, rows: &TileRows, matrix: &Matrix, columns: Range<usize>, out: &mut TileRows) {
        out.begin(rows.count(), columns.len());
        let bias = matrix.bias()[columns.clone()].as_ptr();
        // SAFETY: a processor with the unit has AVX-512; `out` has room for these rows and columns.
        unsafe {
            let epilogue = Activate { depth: out.depth(), out: out.as_mut_ptr(), bias: Some(bias), gelu: Gelu::load() };
            self.multiply(rows, matrix, columns, 0..rows.depth(), epilogue);
        }
    }

    /// sums ← sums + rows · matrix, where the rows are a range of the matrix's inputs, from `first` on. The bias is added if the
    /// range is the first one.
    pub fn add(self, rows: &TileRows, matrix: &Matrix, first: usize, sums: &mut [f32]) {
        assert!(first.is_multiple_of(PER_LINE), "columns that begin within a tile");
        let columns = matrix.stride();
        assert!(sums.len() >= rows.count() * columns, "too little room for the sums");
        let bias = (first == 0).then(|| matrix.bias().as_ptr());
        let tiles = first / PER_LINE..first / PER_LINE + rows.depth();
        // SAFETY: there are sums for all rows and columns.
        unsafe { self.multiply(rows, matrix, 0..columns, tiles, Add { out: sums.as_mut_ptr(), columns, bias }) };
    }

    /// Attention within each text, given the numbers of tokens of the texts. The input has the queries of all heads, then their
    /// keys, then their values in each row; the output has the results of all heads.
    pub fn attend(
        self,
        projected: &FlatRows,
        texts: impl Iterator<Item = usize>,
        heads: usize,
        scratch: &mut AttentionTiles,
        out: &mut TileRows,
    ) {
        assert!(heads > 0 && projected.depth().is_multiple_of(3 * heads), "heads of whole lines");
        let lines = projected.depth() / (3 * heads);
        assert!(HEAD_WIDTHS.contains(&(lines * PER_LINE)), "heads of one or two lines");
        let width = lines * PER_LINE;
        out.begin(projected.count(), heads * width);
        let stride = projected.depth();
        #[allow(clippy::cast_precision_loss)] // a head has some tens of numbers
        let scale = 1.0 / (width as f32).sqrt();
        let mut first = 0;
        let _tiles = self.tiles();
        for tokens in texts.filter(|tokens| *tokens > 0) {
            assert!(first + tokens <= projected.count(), "more tokens than rows");
            let row = projected.as_ptr().wrapping_add(first * stride);
            let text = Sequence { projected: row, stride, tokens, heads, scale, out: out.as_mut_ptr(), first };
            // SAFETY: the text's rows are in both buffers, and there is room for a tile after the last row.
            unsafe {
                if lines == 1 {
                    attention::attend::<1>(&text, scratch);
                } else {
                    attention::attend::<2>(&text, scratch);
                }
            }
            first += tokens;
        }
    }

    /// Configures the tiles of this thread.
    #[allow(clippy::unused_self)] // proves that tiles are available
    fn tiles(self) -> Tiles {
        // SAFETY: a processor with the unit has tiles. No other code on this thread uses them, since each step releases them at
        // its end.
        unsafe { Tiles::configure() }
    }

    /// Multiplies by a range of a matrix's columns, over a range of the tiles along the dimension that is summed.
    ///
    /// # Safety
    /// The epilogue has room for all rows and for these columns, counted from the first of them.
    unsafe fn multiply(
        self,
        rows: &TileRows,
        matrix: &Matrix,
        columns: Range<usize>,
        tiles: Range<usize>,
        epilogue: impl Epilogue,
    ) {
        let depth = matrix.width() / PER_LINE;
        assert!(matrix.width().is_multiple_of(PER_LINE) && tiles.len() == rows.depth(), "rows of another width");
        assert!(tiles.end <= depth && columns.end <= matrix.stride(), "more than the matrix has");
        assert!(
            columns.start.is_multiple_of(BLOCK) && columns.len().is_multiple_of(BLOCK),
            "a part of a block's columns"
        );
        let panels = matrix.panels();
        assert!(panels.len() * ROW >= matrix.stride() / LANES * depth * TILE, "too few weights");
        let operands = Operands {
            a: rows.tiled(),
            w: panels.as_ptr().cast::<u8>().wrapping_add((columns.start / LANES * depth + tiles.start) * TILE),
            panel: depth * TILE,
            rows: rows.count(),
            depth: tiles.len(),
            panels: columns.len() / LANES,
        };
        let _tiles = self.tiles();
        // SAFETY: the tiles of these columns were checked to be in the matrix; the rows have room up to a whole block.
        unsafe { walk(&operands, epilogue) };
    }
}
