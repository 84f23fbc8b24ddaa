//! Rotates vectors so that their outliers are spread over many numbers, which then lose less when they are rounded to 8 bits
//! (Ashkboos et al., "QuaRot", 2024, arXiv:2404.00456, section 4). Activations and weights are rotated alike, which leaves their
//! products as they are.
//!
//! The rotation is the Walsh-Hadamard transform of blocks of up to 128 numbers, divided by the root of the block's length.

#[cfg(target_arch = "x86_64")]
mod vectors;

/// The longest block.
const LONGEST: usize = 128;

/// The length of the blocks of a vector: the largest power of two up to 128 that divides its width.
fn block_of(width: usize) -> usize {
    (1 << width.trailing_zeros().min(LONGEST.trailing_zeros())).min(width.max(1))
}

/// Rotates a vector into another one of the same length.
pub(super) fn rotate(vector: &[f32], rotated: &mut [f32]) {
    let block = block_of(vector.len());
    #[allow(clippy::cast_precision_loss)]
    let scale = 1.0 / (block as f32).sqrt();
    #[cfg(target_arch = "x86_64")]
    if vectors::rotate(vector, rotated, block, scale) {
        return;
    }
    rotate_portably(vector, rotated, block, scale);
}

/// Rotates blocks of this length in plain Rust.
fn rotate_portably(vector: &[f32], rotated: &mut [f32], block: usize, scale: f32) {
    for (from, block) in vector.chunks_exact(block).zip(rotated.chunks_exact_mut(block)) {
        for (number, from) in block.iter_mut().zip(from) {
            *number = from * scale;
        }
        let mut distance = 1;
        while distance < block.len() {
            for pair in block.chunks_exact_mut(2 * distance) {
                let (left, right) = pair.split_at_mut(distance);
                for (left, right) in left.iter_mut().zip(right) {
                    (*left, *right) = (*left + *right, *left - *right);
                }
            }
            distance *= 2;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn blocks_are_as_long_as_possible() {
        for (width, block) in [(384, 128), (1536, 128), (768, 128), (96, 32), (48, 16), (7, 1), (1, 1), (64, 64)] {
            assert_eq!(block_of(width), block, "{width}");
        }
    }

    #[test]
    fn an_outlier_is_spread_over_its_block() {
        let mut vector = [0.0; 256];
        vector[5] = 8.0;
        rotate(&vector.clone(), &mut vector);
        let wanted = 8.0 / 128f32.sqrt();
        assert!(vector[..128].iter().all(|number| (number.abs() - wanted).abs() < 1e-6));
        assert!(vector[128..].iter().all(|number| *number == 0.0));
    }

    proptest! {
        #[test]
        fn products_stay_as_they_are(width in 1usize..300, seed in 1u32..1000) {
            let mut state = seed;
            let mut number = || {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                #[allow(clippy::cast_precision_loss)]
                let unit = (state >> 8) as f32 / 8_388_608.0 - 1.0;
                unit
            };
            let mut a: Vec<f32> = (0..width).map(|_| number()).collect();
            let mut b: Vec<f32> = (0..width).map(|_| number()).collect();
            let product = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
            let before = product(&a, &b);
            rotate(&a.clone(), &mut a);
            rotate(&b.clone(), &mut b);
            prop_assert!((product(&a, &b) - before).abs() < 1e-3, "{} {before}", product(&a, &b));
        }
    }
}
