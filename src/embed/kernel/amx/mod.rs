//! Products by the matrix unit of Intel's processors since 2023: AMX tiles of 16 rows by 64 bytes, in `bf16`, summed up
//! in `f32` (Intel, "Architecture Instruction Set Extensions Programming Reference", chapter on AMX).
//!
//! The compiler's intrinsics for tiles are not stable, hence the assembly. `product` walks through a product, `epilogue`
//! tells what becomes of its sums, `attention` is a text's. A network that is made of these steps alone, by way of `unit`,
//! writes no sum to memory only to read it again.
#![allow(unsafe_code)]

use std::arch::asm;
use std::arch::x86_64::{__cpuid, __cpuid_count, _xgetbv};
use std::sync::LazyLock;

use super::{LANES, Line, Product};
use epilogue::Store;
use product::{Operands, Tiled, walk};

pub(in crate::embed) use attention::Scratch;
pub(in crate::embed) use rows::{FlatRows, PER_LINE, TileRows};
pub(in crate::embed) use unit::{HEAD_WIDTHS, Unit};

mod attention;
mod epilogue;
mod gelu;
mod norm;
mod pack;
mod product;
mod rows;
#[cfg(test)]
mod tests;
mod unit;

/// Rows of a tile.
const HEIGHT: usize = 16;
/// Bytes of a tile's row, which is a line.
const ROW: usize = size_of::<Line>();
/// Bytes of a tile.
const TILE: usize = HEIGHT * ROW;
/// Rows and columns of a block: two tiles of sums each way.
const BLOCK: usize = 2 * HEIGHT;

/// The shapes of the eight tiles, as `ldtilecfg` reads them: all are full.
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

/// Whether the processor has tiles for `bf16` and the vectors that belong to them, and the system lets this process use
/// them; it is asked once.
pub(super) fn runs_here() -> bool {
    static RUNS: LazyLock<bool> = LazyLock::new(|| has_tiles() && is_permitted());
    *RUNS
}

fn has_tiles() -> bool {
    const OSXSAVE: u32 = 1 << 27;
    const BF16: u32 = 1 << 22;
    const TILES: u32 = 1 << 24;
    /// The two parts of a thread's state that belong to tiles.
    const KEPT: u64 = 0b11 << 17;
    if __cpuid(0).eax < 7 || __cpuid(1).ecx & OSXSAVE == 0 {
        return false;
    }
    let features = __cpuid_count(7, 0).edx;
    // SAFETY: OSXSAVE says that `xgetbv` may be asked.
    let are_kept = unsafe { _xgetbv(0) } & KEPT == KEPT;
    // Every processor with tiles has these, too; the epilogues rely on it.
    let has_vectors = is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512dq")
        && is_x86_feature_detected!("avx512bf16");
    features & BF16 != 0 && features & TILES != 0 && are_kept && has_vectors
}

/// Linux keeps a thread's tiles only for a process that asked for it.
#[cfg(target_os = "linux")]
fn is_permitted() -> bool {
    const ARCH_REQ_XCOMP_PERM: libc::c_int = 0x1023;
    const XFEATURE_XTILEDATA: libc::c_ulong = 18;
    // SAFETY: the call takes two numbers and writes nothing into this process' memory.
    unsafe { libc::syscall(libc::SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA) == 0 }
}

#[cfg(not(target_os = "linux"))]
fn is_permitted() -> bool {
    false
}

/// The tiles of this thread, configured; dropping it returns them to their initial state, so that no switch of threads
/// has to keep them.
struct Tiles(());

impl Tiles {
    /// # Safety
    /// [`runs_here`], and nobody else on this thread has tiles.
    unsafe fn configure() -> Self {
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

/// One step of four sums: 32 numbers of each of 32 rows, times those of 32 columns. The rows, which pass by once for each
/// two panels, are loaded with the hint not to keep them, so that the panels stay in the first cache.
///
/// # Safety
/// The tiles are configured; there is a tile at each place.
#[inline(always)]
unsafe fn sum_two_by_two(a: [*const u8; 2], a_row: usize, w: [*const u8; 2]) {
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

/// The same for the upper 16 rows alone.
///
/// # Safety
/// As [`sum_two_by_two`].
#[inline(always)]
unsafe fn sum_one_by_two(a: *const u8, a_row: usize, w: [*const u8; 2]) {
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

/// Four sums begin at zero.
///
/// # Safety
/// The tiles are configured.
#[inline(always)]
unsafe fn zero() {
    // SAFETY: changes tiles alone.
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

/// Stores four sums as rows of two tiles beside each other.
///
/// # Safety
/// The tiles are configured, and there is room for [`BLOCK`] rows of [`BLOCK`] numbers.
#[inline(always)]
unsafe fn store(block: *mut f32) {
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

/// Pairs of `bf16`, summed up in `f32`.
///
/// # Safety
/// The kernel runs here, and the product's slices are as long as its shape says.
pub(super) unsafe fn multiply(product: &mut Product<'_>) {
    let Product { rows, depth, panels, .. } = *product;
    let operands = Operands {
        a: Tiled { first: product.a.as_ptr().cast(), row: depth * ROW, next: ROW, group: HEIGHT * depth * ROW },
        w: product.w.as_ptr().cast(),
        panel: depth * TILE,
        rows,
        depth,
        panels,
    };
    let columns = panels * LANES;
    let out = product.out.as_mut_ptr();
    let bias = product.bias.map(<[f32]>::as_ptr);
    // SAFETY: the slices have all rows up to a whole group of 32, and all panels; the kernel runs here.
    unsafe {
        let _tiles = Tiles::configure();
        walk(&operands, Store { out, columns, bias });
    }
}
