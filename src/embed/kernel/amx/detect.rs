//! Detects whether this processor has a matrix unit and whether this process may use it.

use std::arch::x86_64::{__cpuid, __cpuid_count, _xgetbv};
use std::sync::LazyLock;

/// Whether the processor has `bf16` tiles and the matching vector instructions, and the operating system lets this process use
/// them. The result is computed once.
pub(in crate::embed::kernel) fn runs_here() -> bool {
    static RUNS: LazyLock<bool> = LazyLock::new(|| has_tiles() && is_permitted());
    *RUNS
}

fn has_tiles() -> bool {
    const OSXSAVE: u32 = 1 << 27;
    const BF16: u32 = 1 << 22;
    const TILES: u32 = 1 << 24;
    /// The two state components of tiles (configuration and data) in XCR0.
    const KEPT: u64 = 0b11 << 17;
    if __cpuid(0).eax < 7 || __cpuid(1).ecx & OSXSAVE == 0 {
        return false;
    }
    let features = __cpuid_count(7, 0).edx;
    // SAFETY: `xgetbv` is available, since OSXSAVE is set.
    let are_kept = unsafe { _xgetbv(0) } & KEPT == KEPT;
    // Every processor with tiles also has these instructions; the epilogues rely on them.
    let has_vectors = is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512dq")
        && is_x86_feature_detected!("avx512bf16");
    features & BF16 != 0 && features & TILES != 0 && are_kept && has_vectors
}

/// Linux saves the tiles of a thread only if its process has requested it.
#[cfg(target_os = "linux")]
fn is_permitted() -> bool {
    const ARCH_REQ_XCOMP_PERM: libc::c_int = 0x1023;
    const XFEATURE_XTILEDATA: libc::c_ulong = 18;
    // SAFETY: the call takes two numbers and writes nothing into the memory of this process.
    unsafe { libc::syscall(libc::SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA) == 0 }
}

#[cfg(not(target_os = "linux"))]
fn is_permitted() -> bool {
    false
}
