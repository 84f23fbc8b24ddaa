//! Products by the matrix unit of Intel's processors since 2023: AMX tiles of 16 rows by 64 bytes, in `bf16`, summed up
//! in `f32` (Intel, "Architecture Instruction Set Extensions Programming Reference", chapter on AMX).
//!
//! Two tiles of activations and two of weights give four tiles of sums, so that each loaded tile is used twice. The
//! compiler's intrinsics for tiles are not stable, hence the assembly.
#![allow(unsafe_code)]

use std::arch::asm;
use std::arch::x86_64::{__cpuid, __cpuid_count, _xgetbv};
use std::mem::offset_of;
use std::sync::LazyLock;

use super::{LANES, Product};

/// Rows of a tile.
const HEIGHT: usize = 16;
/// Bytes of a tile's row, which is a line.
const ROW: usize = 64;
/// Bytes of a tile.
const TILE: usize = HEIGHT * ROW;

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

/// Whether the processor has tiles for `bf16`, and the system lets this process use them; it is asked once.
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
    features & BF16 != 0 && features & TILES != 0 && unsafe { _xgetbv(0) } & KEPT == KEPT
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

/// Where the tiles of a block begin, and how far their rows are apart in bytes; read by the assembly.
#[repr(C)]
struct Block {
    /// Of the upper and the lower rows.
    a: [*const u8; 2],
    a_stride: usize,
    w: [*const u8; 2],
    bias: [*const f32; 2],
    /// Of the upper rows.
    upper: [*mut f32; 2],
    lower: [*mut f32; 2],
    out_stride: [usize; 2],
    /// Tiles that are summed up.
    depth: usize,
}

/// Pairs of `bf16`, summed up in `f32`.
///
/// # Safety
/// The kernel runs here, and the product's slices are as long as its shape says.
pub(super) unsafe fn multiply(product: &mut Product<'_>) {
    let columns = product.panels * LANES;
    let no_bias = [0f32; LANES];
    // Where the second panel of the last pair goes when there is none.
    let mut nowhere = [0f32; HEIGHT * LANES];
    // SAFETY: reads the 64 bytes of the shapes; the tiles are released below.
    unsafe { asm!("ldtilecfg [{}]", in(reg) &raw const FULL, options(nostack, readonly)) };
    for panel in (0..product.panels).step_by(2) {
        let last = panel + 1 == product.panels;
        for row in (0..product.rows).step_by(2 * HEIGHT) {
            // SAFETY: the rows up to the whole group of 32, and both panels, are in the slices; the second panel of
            // the last pair, if there is none, is the first one once more, and its sums go nowhere.
            unsafe {
                let w = |panel: usize| product.w.as_ptr().add(panel * product.depth * LANES).cast::<u8>();
                let bias = |panel: usize| match product.bias {
                    Some(bias) => bias.as_ptr().add(panel * LANES),
                    None => no_bias.as_ptr(),
                };
                let a = product.a.as_ptr().add(row * product.depth);
                let upper = product.out.as_mut_ptr().add(row * columns + panel * LANES);
                let lower = upper.add(HEIGHT * columns);
                let second = if last { panel } else { panel + 1 };
                let nowhere = nowhere.as_mut_ptr();
                let block = Block {
                    a: [a.cast(), a.add(HEIGHT * product.depth).cast()],
                    a_stride: product.depth * ROW,
                    w: [w(panel), w(second)],
                    bias: [bias(panel), bias(second)],
                    upper: [upper, if last { nowhere } else { upper.add(LANES) }],
                    lower: [lower, if last { nowhere } else { lower.add(LANES) }],
                    out_stride: [columns * 4, if last { ROW } else { columns * 4 }],
                    depth: product.depth,
                };
                if product.rows - row > HEIGHT {
                    multiply_two(&block);
                } else {
                    multiply_one(&block);
                }
            }
        }
    }
    // SAFETY: returns the tiles to their initial state, so that no switch of threads has to keep them.
    unsafe { asm!("tilerelease", options(nomem, nostack)) };
}

/// Two tiles of rows by two panels.
///
/// # Safety
/// The tiles are configured, and the block's places are in memory of ours.
unsafe fn multiply_two(block: &Block) {
    // SAFETY: loads `depth` tiles of both halves of the rows and of both panels, and stores four tiles.
    unsafe {
        asm!(
            // The bias is a tile whose rows are all the same: rows that lie zero bytes apart.
            "xor {stride:e}, {stride:e}",
            "mov {p}, [{block} + {bias}]",
            "mov {q}, [{block} + {bias} + 8]",
            "tileloadd tmm0, [{p} + {stride}]",
            "tileloadd tmm1, [{q} + {stride}]",
            "tileloadd tmm2, [{p} + {stride}]",
            "tileloadd tmm3, [{q} + {stride}]",
            "mov {p}, [{block} + {a}]",
            "mov {q}, [{block} + {a} + 8]",
            "mov {stride}, [{block} + {a_stride}]",
            "mov {w0}, [{block} + {w}]",
            "mov {w1}, [{block} + {w} + 8]",
            "mov {depth}, [{block} + {depths}]",
            "2:",
            "tileloadd tmm6, [{w0} + {line}]",
            "tileloadd tmm4, [{p} + {stride}]",
            "tdpbf16ps tmm0, tmm4, tmm6",
            "tileloadd tmm7, [{w1} + {line}]",
            "tdpbf16ps tmm1, tmm4, tmm7",
            "tileloadd tmm5, [{q} + {stride}]",
            "tdpbf16ps tmm2, tmm5, tmm6",
            "tdpbf16ps tmm3, tmm5, tmm7",
            "add {p}, {row}",
            "add {q}, {row}",
            "add {w0}, {tile}",
            "add {w1}, {tile}",
            "dec {depth}",
            "jnz 2b",
            "mov {p}, [{block} + {out_stride}]",
            "mov {q}, [{block} + {out_stride} + 8]",
            "mov {w0}, [{block} + {upper}]",
            "mov {w1}, [{block} + {upper} + 8]",
            "tilestored [{w0} + {p}], tmm0",
            "tilestored [{w1} + {q}], tmm1",
            "mov {w0}, [{block} + {lower}]",
            "mov {w1}, [{block} + {lower} + 8]",
            "tilestored [{w0} + {p}], tmm2",
            "tilestored [{w1} + {q}], tmm3",
            block = in(reg) block,
            line = in(reg) ROW,
            p = out(reg) _, q = out(reg) _, w0 = out(reg) _, w1 = out(reg) _, stride = out(reg) _, depth = out(reg) _,
            row = const ROW, tile = const TILE,
            a = const offset_of!(Block, a), a_stride = const offset_of!(Block, a_stride),
            w = const offset_of!(Block, w), bias = const offset_of!(Block, bias),
            upper = const offset_of!(Block, upper), lower = const offset_of!(Block, lower),
            out_stride = const offset_of!(Block, out_stride), depths = const offset_of!(Block, depth),
            out("tmm0") _, out("tmm1") _, out("tmm2") _, out("tmm3") _,
            out("tmm4") _, out("tmm5") _, out("tmm6") _, out("tmm7") _,
            options(nostack),
        );
    }
}

/// The upper tile of rows by two panels.
///
/// # Safety
/// As [`multiply_two`].
unsafe fn multiply_one(block: &Block) {
    // SAFETY: loads `depth` tiles of the upper rows and of both panels, and stores two tiles.
    unsafe {
        asm!(
            "xor {stride:e}, {stride:e}",
            "mov {p}, [{block} + {bias}]",
            "mov {q}, [{block} + {bias} + 8]",
            "tileloadd tmm0, [{p} + {stride}]",
            "tileloadd tmm1, [{q} + {stride}]",
            "mov {p}, [{block} + {a}]",
            "mov {stride}, [{block} + {a_stride}]",
            "mov {w0}, [{block} + {w}]",
            "mov {w1}, [{block} + {w} + 8]",
            "mov {depth}, [{block} + {depths}]",
            "2:",
            "tileloadd tmm6, [{w0} + {line}]",
            "tileloadd tmm4, [{p} + {stride}]",
            "tdpbf16ps tmm0, tmm4, tmm6",
            "tileloadd tmm7, [{w1} + {line}]",
            "tdpbf16ps tmm1, tmm4, tmm7",
            "add {p}, {row}",
            "add {w0}, {tile}",
            "add {w1}, {tile}",
            "dec {depth}",
            "jnz 2b",
            "mov {p}, [{block} + {out_stride}]",
            "mov {q}, [{block} + {out_stride} + 8]",
            "mov {w0}, [{block} + {upper}]",
            "mov {w1}, [{block} + {upper} + 8]",
            "tilestored [{w0} + {p}], tmm0",
            "tilestored [{w1} + {q}], tmm1",
            block = in(reg) block,
            line = in(reg) ROW,
            p = out(reg) _, q = out(reg) _, w0 = out(reg) _, w1 = out(reg) _, stride = out(reg) _, depth = out(reg) _,
            row = const ROW, tile = const TILE,
            a = const offset_of!(Block, a), a_stride = const offset_of!(Block, a_stride),
            w = const offset_of!(Block, w), bias = const offset_of!(Block, bias),
            upper = const offset_of!(Block, upper),
            out_stride = const offset_of!(Block, out_stride), depths = const offset_of!(Block, depth),
            out("tmm0") _, out("tmm1") _, out("tmm4") _, out("tmm6") _, out("tmm7") _,
            options(nostack),
        );
    }
}
