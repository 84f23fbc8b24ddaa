//! Runs plain loops with the widest vector instructions of the processor. The compiler generates the loop for each instruction
//! set, and pulp chooses one at run time.

use pulp::Arch;

/// Number of independent sums in a reduction, so that it can use vector registers.
pub(in crate::embed) const REDUCTION_LANES: usize = 16;

/// Runs a closure with the widest vector instructions of the processor.
///
/// The argument of `work` is whether these include fused multiply-add (see [`fma`]). `work` must be marked `#[inline(always)]`.
#[inline(always)]
pub(crate) fn widest<R>(work: impl FnOnce(bool) -> R) -> R {
    match Arch::new() {
        Arch::Scalar => work(false),
        arch => arch.dispatch(
            #[inline(always)]
            || work(true),
        ),
    }
}

/// a · b + c, fused if the processor has the instruction. Without it, a fused operation would be a slow library call.
#[inline(always)]
pub(crate) fn fma(fused: bool, a: f32, b: f32, c: f32) -> f32 {
    if fused { a.mul_add(b, c) } else { a * b + c }
}
