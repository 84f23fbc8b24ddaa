//! Multiplies tile by tile. Two tiles of rows by two tiles of columns make a block of four tiles of sums. Two panels of weights
//! stay in the L1 cache while all rows are multiplied by them. The epilogue of a block runs, row by row, while the next block is
//! multiplied, because the processor executes both in parallel.

use std::arch::x86_64::{_MM_HINT_T1, _mm_prefetch};

use super::LANES;
use super::epilogue::{Epilogue, Place};
use super::rows::Tiled;
use super::tiles::{BLOCK, HEIGHT, ROW, TILE, store, sum_one_by_two, sum_two_by_two, zero};

/// Both operands of a product.
pub(super) struct Operands {
    pub a: Tiled,
    /// The first tile of weights; panel follows panel.
    pub w: *const u8,
    /// Number of bytes from one panel to the next.
    pub panel: usize,
    pub rows: usize,
    /// Number of tiles to sum over.
    pub depth: usize,
    pub panels: usize,
}

/// The sums of a block before the epilogue.
#[repr(C, align(64))]
struct Sums([f32; BLOCK * BLOCK]);

/// The block whose sums are processed by the epilogue next.
struct Waiting {
    place: Place,
    rows: usize,
    done: usize,
}

/// Computes a product block by block.
///
/// # Safety
/// The tiles are configured; the operands have tiles for all rows up to a whole block, and for all panels; the epilogue may be
/// called for every row and every two panels.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512bf16")]
pub(super) unsafe fn walk<E: Epilogue>(operands: &Operands, epilogue: E) {
    let Operands { a, w, panel, rows, depth, panels } = *operands;
    let mut sums = [const { Sums([0.0; BLOCK * BLOCK]) }; 2];
    let [mut own, mut others] = sums.each_mut().map(|sums| sums.0.as_mut_ptr());
    let mut waiting = Waiting { place: Place::default(), rows: 0, done: 0 };
    // SAFETY: only tiles that exist, and only rows below `rows`.
    unsafe {
        for first in (0..panels).step_by(2) {
            let single = first + 1 == panels;
            let upper = w.add(first * panel);
            // If the number of panels is odd, the last panel is also used as the second one of its pair.
            let lower = if single { upper } else { upper.add(panel) };
            let mut following = [lower.wrapping_add(panel), lower.wrapping_add(2 * panel)];
            for row in (0..rows).step_by(BLOCK) {
                let above = a.first.add(row / HEIGHT * a.group);
                let below = above.add(a.group);
                let is_high = rows - row > HEIGHT;
                let each = waiting.rows.div_ceil(depth);
                zero();
                for tile in 0..depth {
                    let w = [upper.add(tile * TILE), lower.add(tile * TILE)];
                    if is_high {
                        sum_two_by_two([above.add(tile * a.next), below.add(tile * a.next)], a.row, w);
                    } else {
                        sum_one_by_two(above.add(tile * a.next), a.row, w);
                    }
                    for line in &mut following {
                        for _ in 0..PREFETCHED {
                            _mm_prefetch::<_MM_HINT_T1>(line.cast());
                            *line = line.wrapping_add(ROW);
                        }
                    }
                    waiting.advance(each, others, &epilogue);
                }
                waiting.advance(BLOCK, others, &epilogue);
                store(own);
                waiting = Waiting { place: Place { row, column: first * LANES }, rows: BLOCK.min(rows - row), done: 0 };
                std::mem::swap(&mut own, &mut others);
            }
        }
        waiting.advance(BLOCK, others, &epilogue);
    }
}

/// Number of lines of each of the next two panels that are prefetched into the L2 cache per step. They have arrived after 256
/// rows.
const PREFETCHED: usize = 2;

impl Waiting {
    /// Processes `count` more rows.
    ///
    /// # Safety
    /// `sums` has the sums of a block, and the epilogue may be called for these rows.
    #[inline(always)]
    unsafe fn advance<E: Epilogue>(&mut self, count: usize, sums: *const f32, epilogue: &E) {
        let end = self.rows.min(self.done + count);
        while self.done < end {
            // SAFETY: the row belongs to the block, as the caller promises.
            unsafe { epilogue.row(self.place, self.done, sums.add(self.done * BLOCK)) };
            self.done += 1;
        }
    }
}
