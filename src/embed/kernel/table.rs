//! All kernels.

use super::{Format, Kernel, Product, general, portable};
#[cfg(target_arch = "x86_64")]
use super::{amx, avx_vnni, avx2, avx512};

/// A kernel with the usual sizes of batches for its format.
const fn kernel(
    name: &'static str,
    format: Format,
    runs_here: fn() -> bool,
    multiply: unsafe fn(&mut Product<'_>),
) -> Kernel {
    let (tokens, block) = match format {
        Format::F32 => (384, 192),
        Format::Bf16 => (384, 384),
        Format::Int16 | Format::Int8 => (512, 96),
    };
    Kernel { name, format, runs_here, multiply, tokens, block, attention: None }
}

/// The kernel with another one for attention.
const fn with_attention(kernel: Kernel, attention: &'static Kernel) -> Kernel {
    Kernel { attention: Some(attention), ..kernel }
}

fn everywhere() -> bool {
    true
}

/// The name of the kernel for the matrix unit.
#[cfg(target_arch = "x86_64")]
pub(super) const AMX: &str = "amx-bf16";

#[cfg(target_arch = "x86_64")]
const AVX512_INT16: Kernel = kernel("avx512-int16", Format::Int16, avx512::has_vnni, avx512::multiply_int16);
#[cfg(target_arch = "x86_64")]
const AVX_VNNI_INT16: Kernel = kernel("avx-vnni-int16", Format::Int16, avx_vnni::runs_here, avx_vnni::multiply_int16);
#[cfg(target_arch = "x86_64")]
const AVX2_INT16: Kernel = kernel("avx2-int16", Format::Int16, avx2::runs_here, avx2::multiply_int16);
pub(super) const PORTABLE_INT16: Kernel = kernel("portable-int16", Format::Int16, everywhere, portable::multiply_int16);

/// Products in plain Rust, for every processor.
pub(super) const PORTABLE: Kernel =
    Kernel { tokens: 512, block: 96, ..kernel("portable", Format::F32, everywhere, portable::multiply_f32) };

/// All kernels that may be chosen. Without a measurement, the first one that the processor supports is used, which is not an
/// 8-bit one.
pub(super) const KERNELS: &[Kernel] = &[
    #[cfg(target_arch = "x86_64")]
    kernel(AMX, Format::Bf16, amx::runs_here, amx::multiply),
    #[cfg(target_arch = "x86_64")]
    AVX512_INT16,
    #[cfg(target_arch = "x86_64")]
    kernel("avx512-f32", Format::F32, avx512::runs_here, avx512::multiply_f32),
    #[cfg(target_arch = "x86_64")]
    kernel("avx512-bf16", Format::Bf16, avx512::has_bf16, avx512::multiply_bf16),
    #[cfg(target_arch = "x86_64")]
    AVX2_INT16,
    #[cfg(target_arch = "x86_64")]
    AVX_VNNI_INT16,
    #[cfg(target_arch = "x86_64")]
    kernel("avx2-f32", Format::F32, avx2::runs_here, avx2::multiply_f32),
    #[cfg(target_arch = "x86_64")]
    with_attention(kernel("avx512-int8", Format::Int8, avx512::has_vnni, avx512::multiply_int8), &AVX512_INT16),
    #[cfg(target_arch = "x86_64")]
    with_attention(
        kernel("avx-vnni-int8", Format::Int8, avx_vnni::runs_here, avx_vnni::multiply_int8),
        &AVX_VNNI_INT16,
    ),
    kernel("gemm-f32", Format::F32, everywhere, general::multiply_f32),
    PORTABLE,
];

/// Kernels that run only if they are named. They are slower than others, and reproduce the results of the 8-bit kernels on
/// processors without their instructions.
pub(super) const NAMED: &[Kernel] = &[
    #[cfg(target_arch = "x86_64")]
    with_attention(kernel("avx2-int8", Format::Int8, avx2::runs_here, avx2::multiply_int8), &AVX2_INT16),
    with_attention(kernel("portable-int8", Format::Int8, everywhere, portable::multiply_int8), &PORTABLE_INT16),
];
