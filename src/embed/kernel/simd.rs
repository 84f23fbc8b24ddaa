//! How does a plain loop get the widest vector instructions that the processor has? The compiler makes it once for each
//! instruction set, and pulp chooses at run time.

use pulp::Arch;

/// Independent sums of a reduction, so that it can be done in vector registers.
pub(in crate::embed) const REDUCTION_LANES: usize = 16;

/// Does something with the widest vector instructions of the processor.
///
/// `work` is told whether these multiply and add at once ([`fma`]); it must be marked `#[inline(always)]`.
#[inline(always)]
pub(in crate::embed) fn widest<R>(work: impl FnOnce(bool) -> R) -> R {
    match Arch::new() {
        Arch::Scalar => work(false),
        arch => arch.dispatch(
            #[inline(always)]
            || work(true),
        ),
    }
}

/// a · b + c, in one instruction where there is one: without it the rounding in one step would be a call of the library.
#[inline(always)]
pub(in crate::embed) fn fma(fused: bool, a: f32, b: f32, c: f32) -> f32 {
    if fused { a.mul_add(b, c) } else { a * b + c }
}
