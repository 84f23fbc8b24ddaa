//! Does this processor have a matrix unit, and may this process use it?

use std::arch::x86_64::{__cpuid, __cpuid_count, _xgetbv};
use std::sync::LazyLock;

/// Whether the processor has tiles for `bf16` and the vectors that belong to them, and the system lets this process use
/// them; it is asked once.
pub(in crate::embed::kernel) fn runs_here() -> bool {
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
