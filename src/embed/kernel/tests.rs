//! Tests each kernel against the portable one, with many shapes and numbers.

use std::sync::Arc;

use proptest::prelude::*;

use super::matrix::{Matrix, Out, Rows};
use super::team::Team;
use super::*;

/// The kernels that run here, also those that run only if they are named.
fn all() -> impl Iterator<Item = Kernel> {
    KERNELS.iter().chain(NAMED).filter(|kernel| (kernel.runs_here)()).copied()
}

/// A product of random rows with random weights, computed by this kernel.
fn product(kernel: Kernel, rows: usize, width: usize, columns: usize, seed: u64, size: f32) -> Vec<f32> {
    let mut state = seed;
    let mut number = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        #[allow(clippy::cast_precision_loss)]
        let unit = (state >> 40) as f32 / 8_388_608.0 - 1.0;
        // Most numbers are small and some are outliers, as in activations.
        size * unit * unit * unit
    };
    let weights: Vec<f32> = (0..width * columns).map(|_| number()).collect();
    let bias: Vec<f32> = (0..columns).map(|_| number()).collect();
    let values: Vec<f32> = (0..rows * width).map(|_| number()).collect();
    let matrix = Matrix::pack(kernel.format(), &weights, width, &bias);
    let (mut input, mut out) = (Rows::default(), Out::default());
    input.write(kernel.format(), &values, width, width);
    let stride = matrix.stride();
    let out = matrix.multiply(kernel, &input, &mut out);
    out.chunks_exact(stride).take(rows).flat_map(|row| row[..columns].to_vec()).collect()
}

fn agree(kernel: Kernel, rows: usize, width: usize, columns: usize, seed: u64, size: f32) -> Result<(), TestCaseError> {
    let found = product(kernel, rows, width, columns, seed, size);
    let wanted = product(Kernel::portable(kernel.format), rows, width, columns, seed, size);
    // The order of summation differs between kernels. In integers it does not matter.
    #[allow(clippy::cast_precision_loss)]
    let allowed = size * size * width as f32 * 1e-6;
    for (place, (found, wanted)) in found.iter().zip(&wanted).enumerate() {
        prop_assert!((found - wanted).abs() <= allowed, "{kernel:?} at {place}: {found}, expected {wanted}");
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_kernel_agrees_with_the_portable_one(
        rows in 1usize..70, width in 1usize..200, columns in 1usize..120, seed: u64, size in 0.01f32..100.0,
    ) {
        for kernel in all() {
            agree(kernel, rows, width, columns, seed, size)?;
        }
    }
}

#[test]
fn kernels_agree_in_the_shapes_of_a_model() {
    for kernel in all() {
        for (rows, width, columns) in [(97, 384, 1152), (33, 1536, 384), (1, 384, 384)] {
            agree(kernel, rows, width, columns, 7, 1.0).unwrap();
        }
    }
}

#[test]
fn the_largest_integers_do_not_overflow() {
    for kernel in all() {
        for width in [16usize, 1537, 4096] {
            // All numbers are as large as possible and have the same sign, so the sum is the largest possible.
            for value in [1e-15f32, 1.0, -1.0, 1e17] {
                let matrix = Matrix::pack(kernel.format(), &vec![value; width * 16], width, &[0.0; 16]);
                let (mut input, mut out) = (Rows::default(), Out::default());
                input.write(kernel.format(), &vec![value; width], width, width);
                let out = matrix.multiply(kernel, &input, &mut out)[0];
                #[allow(clippy::cast_precision_loss)]
                let wanted = value * value * width as f32;
                assert!((out - wanted).abs() <= wanted * 0.01, "{kernel:?} {width} {value}: {out}, expected {wanted}");
            }
        }
    }
}

#[test]
fn shared_products_equal_those_of_one_thread() {
    for kernel in all() {
        for columns in [1usize, 40, 16 * 7, 384] {
            #[allow(clippy::cast_precision_loss)]
            let numbers = |count: usize| (0..count).map(|n| (n * 37 % 101) as f32 - 50.0).collect::<Vec<f32>>();
            let matrix = Matrix::pack(kernel.format(), &numbers(70 * columns), 70, &numbers(columns));
            let mut input = Rows::default();
            input.write(kernel.format(), &numbers(5 * 70), 70, 70);
            let team = Arc::new(Team::default());
            let (mut alone, mut shared) = (Out::default(), Out::shared(&team));
            let alone = &matrix.multiply(kernel, &input, &mut alone)[..5 * matrix.stride()];
            std::thread::scope(|scope| {
                for _ in 0..2 {
                    scope.spawn(|| team.help());
                }
                for _ in 0..50 {
                    let shared = &matrix.multiply(kernel, &input, &mut shared)[..5 * matrix.stride()];
                    assert_eq!(alone, shared, "{kernel:?}, {columns} columns");
                }
                team.disband();
            });
        }
    }
}

#[test]
fn a_row_or_column_of_zeros_gives_the_bias() {
    for kernel in all() {
        let matrix = Matrix::pack(kernel.format(), &[0.0; 40 * 3], 40, &[1.0, -2.0, 0.5]);
        let (mut input, mut out) = (Rows::default(), Out::default());
        input.write(kernel.format(), &[0.0; 40], 40, 40);
        assert_eq!(matrix.multiply(kernel, &input, &mut out)[..3], [1.0, -2.0, 0.5], "{kernel:?}");
        input.write(kernel.format(), &[3.0; 40], 40, 40);
        assert_eq!(matrix.multiply(kernel, &input, &mut out)[..3], [1.0, -2.0, 0.5], "{kernel:?}");
    }
}

#[test]
fn nan_and_infinity_propagate() {
    for kernel in all() {
        for (weight, value) in [(1.0, f32::NAN), (f32::NAN, 1.0), (1.0, f32::INFINITY), (f32::INFINITY, 1.0)] {
            let (mut weights, mut row) = ([1.0; 40 * 3], [1.0; 40]);
            (weights[7], row[7]) = (weight, value);
            let matrix = Matrix::pack(kernel.format(), &weights, 40, &[0.0; 3]);
            let (mut input, mut out) = (Rows::default(), Out::default());
            input.write(kernel.format(), &row, 40, 40);
            let product = matrix.multiply(kernel, &input, &mut out)[0];
            assert!(!product.is_finite(), "{kernel:?}, {weight} times {value}: {product}");
        }
    }
}

#[test]
#[should_panic(expected = "too few weights")]
fn a_product_with_too_few_weights_panics() {
    let room = [Line([0; LANES]); ROW_GROUP];
    let product = Product {
        rows: 1,
        depth: 1,
        panels: 1,
        a: &room,
        w: &room[..3],
        scales: None,
        starts: None,
        bias: None,
        out: &mut [0.0; 512],
    };
    KERNELS[KERNELS.len() - 1].multiply(product);
}

#[test]
fn a_kernel_is_found_by_name_and_an_unknown_name_lists_the_others() {
    for kernel in all() {
        assert_eq!(Kernel::named(kernel.name()).unwrap().name(), kernel.name());
    }
    let error = Kernel::named("abacus").unwrap_err().to_string();
    assert!(error.contains("`abacus` does not exist") && error.contains("`portable`"), "{error}");
}
