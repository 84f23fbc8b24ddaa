//! The tile instructions: eight registers of 16 rows by 64 bytes; the product of two is added to a third. This is assembly
//! because the compiler's intrinsics for tiles are not stable.

use std::arch::asm;

use super::Line;

/// Number of rows of a tile.
pub(super) const HEIGHT: usize = 16;
/// Number of bytes of a tile's row, which is a line.
pub(super) const ROW: usize = size_of::<Line>();
/// Number of bytes of a tile.
pub(super) const TILE: usize = HEIGHT * ROW;
/// Number of rows and of columns of a block: two tiles of sums each way.
pub(super) const BLOCK: usize = 2 * HEIGHT;
/// Number of `bf16` in a line.
pub(in crate::embed) const PER_LINE: usize = 32;

/// The shapes of the eight tiles, in the layout of `ldtilecfg`. All tiles have full size.
#[repr(C, align(64))]
struct Shapes {
    palette: u8,
    start_row: u8,
    reserved: [u8; 14],
    row_bytes: [u16; 16],
    rows: [u8; 16],
}

static FULL: Shapes = Shapes {
    palette: 1,
    start_row: 0,
    reserved: [0; 14],
    row_bytes: [64, 64, 64, 64, 64, 64, 64, 64, 0, 0, 0, 0, 0, 0, 0, 0],
    rows: [16, 16, 16, 16, 16, 16, 16, 16, 0, 0, 0, 0, 0, 0, 0, 0],
};

/// Proof that this thread's tiles are configured. Dropping it resets the tiles, so that context switches need not save them.
pub(super) struct Tiles(());

impl Tiles {
    /// # Safety
    /// The processor has tiles (see `detect`), and no other code on this thread uses them.
    pub unsafe fn configure() -> Self {
        // SAFETY: reads the 64 bytes of the shapes.
        unsafe { asm!("ldtilecfg [{}]", in(reg) &raw const FULL, options(nostack, readonly)) };
        Self(())
    }
}

impl Drop for Tiles {
    fn drop(&mut self) {
        // SAFETY: the tiles were configured, so the processor has them.
        unsafe { asm!("tilerelease", options(nomem, nostack)) };
    }
}

/// One step of four tiles of sums: 32 numbers of each of 32 rows, times those of 32 columns. The rows are used once per two
/// panels, so they are loaded with a non-temporal hint. This keeps the panels in the L1 cache.
///
/// # Safety
/// The tiles are configured, and there is a tile at each pointer.
#[inline(always)]
pub(super) unsafe fn sum_two_by_two(a: [*const u8; 2], a_row: usize, w: [*const u8; 2]) {
    // SAFETY: as the caller promises.
    unsafe {
        asm!(
            "tileloadd tmm6, [{w0} + {line}]",
            "tileloaddt1 tmm4, [{a0} + {a_row}]",
            "tdpbf16ps tmm0, tmm4, tmm6",
            "tileloadd tmm7, [{w1} + {line}]",
            "tdpbf16ps tmm1, tmm4, tmm7",
            "tileloaddt1 tmm5, [{a1} + {a_row}]",
            "tdpbf16ps tmm2, tmm5, tmm6",
            "tdpbf16ps tmm3, tmm5, tmm7",
            a0 = in(reg) a[0], a1 = in(reg) a[1], a_row = in(reg) a_row,
            w0 = in(reg) w[0], w1 = in(reg) w[1], line = in(reg) ROW,
            options(nostack, readonly, preserves_flags),
        );
    }
}

/// As [`sum_two_by_two`], for the upper 16 rows only.
///
/// # Safety
/// As [`sum_two_by_two`].
#[inline(always)]
pub(super) unsafe fn sum_one_by_two(a: *const u8, a_row: usize, w: [*const u8; 2]) {
    // SAFETY: as the caller promises.
    unsafe {
        asm!(
            "tileloadd tmm6, [{w0} + {line}]",
            "tileloadd tmm4, [{a} + {a_row}]",
            "tdpbf16ps tmm0, tmm4, tmm6",
            "tileloadd tmm7, [{w1} + {line}]",
            "tdpbf16ps tmm1, tmm4, tmm7",
            a = in(reg) a, a_row = in(reg) a_row,
            w0 = in(reg) w[0], w1 = in(reg) w[1], line = in(reg) ROW,
            options(nostack, readonly, preserves_flags),
        );
    }
}

/// Sets the four tiles of sums to zero.
///
/// # Safety
/// The tiles are configured.
#[inline(always)]
pub(super) unsafe fn zero() {
    // SAFETY: changes only tiles.
    unsafe {
        asm!(
            "tilezero tmm0",
            "tilezero tmm1",
            "tilezero tmm2",
            "tilezero tmm3",
            options(nomem, nostack, preserves_flags)
        );
    }
}

/// Stores the four tiles of sums as a block of contiguous rows.
///
/// # Safety
/// The tiles are configured, and there is room for [`BLOCK`] rows of [`BLOCK`] numbers.
#[inline(always)]
pub(super) unsafe fn store(block: *mut f32) {
    // SAFETY: as the caller promises.
    unsafe {
        asm!(
            "tilestored [{upper} + {row}], tmm0",
            "tilestored [{upper} + {row} + 64], tmm1",
            "tilestored [{lower} + {row}], tmm2",
            "tilestored [{lower} + {row} + 64], tmm3",
            upper = in(reg) block, lower = in(reg) block.add(HEIGHT * BLOCK), row = in(reg) 2 * ROW,
            options(nostack, preserves_flags),
        );
    }
}
