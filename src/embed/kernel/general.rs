//! Products by the crate `gemm`, for processors that none of the other kernels fits: it has kernels for NEON, the vector
//! instructions of ARM.
#![allow(unsafe_code)]

use gemm::Parallelism;

use super::{LANES, Product};

/// Products of `f32`. For each panel, `gemm` computes the transposed product: there, the 16 columns of a panel are contiguous, so
/// that it reads the packed weights as they are.
pub(super) fn multiply_f32(product: &mut Product<'_>) {
    let (columns, width) = (product.panels * LANES, product.depth * LANES);
    for panel in 0..product.panels {
        // SAFETY: `Kernel::multiply` has checked that the slices have `rows` rows of `width` activations, `panels` panels of
        // `width` lines, and `rows` rows of `columns` results. The result is only written.
        unsafe {
            gemm::gemm(
                LANES,
                product.rows,
                width,
                product.out.as_mut_ptr().add(panel * LANES),
                columns.cast_signed(),
                1,
                false,
                product.w.as_ptr().cast::<f32>().add(panel * width * LANES),
                LANES.cast_signed(),
                1,
                product.a.as_ptr().cast::<f32>(),
                width.cast_signed(),
                1,
                0.0,
                1.0,
                false,
                false,
                false,
                Parallelism::None,
            );
        }
    }
    if let Some(bias) = product.bias {
        for row in product.out.chunks_exact_mut(columns).take(product.rows) {
            row.iter_mut().zip(bias).for_each(|(number, bias)| *number += bias);
        }
    }
}
