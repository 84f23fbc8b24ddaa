//! The rotation with AVX-512 and AVX2: compilers turn its plain loops into gathers, which take three times as long.
//!
//! A block is at most eight lines, which stay in registers. Steps within a line add a permutation of the line to the line, with
//! the signs of the transform; steps between lines are sums and differences. Each number is the result of the same additions as
//! in plain Rust, in the same order, so it is the same.
#![allow(unsafe_code)]

use std::arch::x86_64::{
    __m256, __m512, _mm256_add_ps, _mm256_fmadd_ps, _mm256_loadu_ps, _mm256_mul_ps, _mm256_permute_ps,
    _mm256_permute2f128_ps, _mm256_set1_ps, _mm256_storeu_ps, _mm256_sub_ps, _mm512_add_ps, _mm512_fmadd_ps,
    _mm512_loadu_ps, _mm512_mul_ps, _mm512_permute_ps, _mm512_set1_ps, _mm512_shuffle_f32x4, _mm512_storeu_ps,
    _mm512_sub_ps,
};

use crate::embed::kernel::LANES;

/// Rotates the blocks of a vector into another one, if the processor has the instructions and a block is whole lines.
pub(super) fn rotate(vector: &[f32], rotated: &mut [f32], block: usize, scale: f32) -> bool {
    if !block.is_multiple_of(LANES) {
        return false;
    }
    // SAFETY: the processor has the instructions.
    unsafe {
        if is_x86_feature_detected!("avx512f") {
            with_avx512(vector, rotated, block, scale);
        } else if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            with_avx2(vector, rotated, block, scale);
        } else {
            return false;
        }
    }
    true
}

/// # Safety
/// The processor has AVX-512.
#[target_feature(enable = "avx512f")]
unsafe fn with_avx512(vector: &[f32], rotated: &mut [f32], block: usize, scale: f32) {
    // SAFETY: as the caller promises.
    unsafe { blocks::<__m512>(vector, rotated, block, scale) };
}

/// # Safety
/// The processor has AVX2 and FMA.
#[target_feature(enable = "avx2,fma")]
unsafe fn with_avx2(vector: &[f32], rotated: &mut [f32], block: usize, scale: f32) {
    // SAFETY: as the caller promises.
    unsafe { blocks::<[__m256; 2]>(vector, rotated, block, scale) };
}

/// It must be inlined into a function with the instructions of `L`.
///
/// # Safety
/// The processor has the instructions of `L`.
#[inline(always)]
unsafe fn blocks<L: Registers>(vector: &[f32], rotated: &mut [f32], block: usize, scale: f32) {
    for (from, to) in vector.chunks_exact(block).zip(rotated.chunks_exact_mut(block)) {
        // SAFETY: as the caller promises.
        unsafe {
            match block / LANES {
                1 => rotate_lines::<L, 1>(from, to, scale),
                2 => rotate_lines::<L, 2>(from, to, scale),
                4 => rotate_lines::<L, 4>(from, to, scale),
                _ => rotate_lines::<L, 8>(from, to, scale),
            }
        }
    }
}

/// Rotates a block of `LINES` lines.
///
/// # Safety
/// The processor has the instructions of `L`.
#[inline(always)]
unsafe fn rotate_lines<L: Registers, const LINES: usize>(from: &[f32], to: &mut [f32], scale: f32) {
    let Some(from) = from.as_chunks::<LANES>().0.first_chunk::<LINES>() else { return };
    // SAFETY: as the caller promises.
    unsafe {
        let mut registers = [L::load(&from[0]); LINES];
        for (register, line) in registers.iter_mut().zip(from) {
            *register = L::load(line).times(scale).step::<1>().step::<2>().step::<4>().step::<8>();
        }
        let mut distance = 1;
        while distance < LINES {
            for place in 0..LINES {
                if place & distance == 0 {
                    let (left, right) = (registers[place], registers[place | distance]);
                    (registers[place], registers[place | distance]) = (left.plus(right), left.minus(right));
                }
            }
            distance *= 2;
        }
        for (line, register) in to.as_chunks_mut::<LANES>().0.iter_mut().zip(registers) {
            register.store(line);
        }
    }
}

/// The registers that hold a line. All functions must be inlined into one with their instructions.
trait Registers: Copy {
    /// # Safety
    /// The processor has the instructions, as for all others.
    unsafe fn load(line: &[f32; LANES]) -> Self;
    unsafe fn store(self, line: &mut [f32; LANES]);
    unsafe fn times(self, factor: f32) -> Self;
    unsafe fn plus(self, other: Self) -> Self;
    unsafe fn minus(self, other: Self) -> Self;
    /// One step within the line: sums and differences of the numbers at this distance, 1, 2, 4 or 8.
    unsafe fn step<const DISTANCE: usize>(self) -> Self;
}

/// 1 for the lanes that become sums in a step, −1 for those that become differences.
const fn signs(distance: usize) -> [f32; LANES] {
    let mut signs = [1.0; LANES];
    let mut lane = 0;
    while lane < LANES {
        if lane & distance != 0 {
            signs[lane] = -1.0;
        }
        lane += 1;
    }
    signs
}

impl Registers for __m512 {
    #[inline(always)]
    unsafe fn load(line: &[f32; LANES]) -> Self {
        // SAFETY: a line is 512 bits.
        unsafe { _mm512_loadu_ps(line.as_ptr()) }
    }

    #[inline(always)]
    unsafe fn store(self, line: &mut [f32; LANES]) {
        // SAFETY: a line is 512 bits.
        unsafe { _mm512_storeu_ps(line.as_mut_ptr(), self) };
    }

    #[inline(always)]
    unsafe fn times(self, factor: f32) -> Self {
        // SAFETY: operates on registers.
        unsafe { _mm512_mul_ps(self, _mm512_set1_ps(factor)) }
    }

    #[inline(always)]
    unsafe fn plus(self, other: Self) -> Self {
        // SAFETY: operates on registers.
        unsafe { _mm512_add_ps(self, other) }
    }

    #[inline(always)]
    unsafe fn minus(self, other: Self) -> Self {
        // SAFETY: operates on registers.
        unsafe { _mm512_sub_ps(self, other) }
    }

    #[inline(always)]
    unsafe fn step<const DISTANCE: usize>(self) -> Self {
        // SAFETY: operates on registers.
        unsafe {
            let others = match DISTANCE {
                1 => _mm512_permute_ps::<0b10_11_00_01>(self),
                2 => _mm512_permute_ps::<0b01_00_11_10>(self),
                4 => _mm512_shuffle_f32x4::<0b10_11_00_01>(self, self),
                _ => _mm512_shuffle_f32x4::<0b01_00_11_10>(self, self),
            };
            _mm512_fmadd_ps(self, Self::load(const { &signs(DISTANCE) }), others)
        }
    }
}

impl Registers for [__m256; 2] {
    #[inline(always)]
    unsafe fn load(line: &[f32; LANES]) -> Self {
        // SAFETY: a line is twice 256 bits.
        unsafe { [_mm256_loadu_ps(line.as_ptr()), _mm256_loadu_ps(line.as_ptr().add(LANES / 2))] }
    }

    #[inline(always)]
    unsafe fn store(self, line: &mut [f32; LANES]) {
        // SAFETY: a line is twice 256 bits.
        unsafe {
            _mm256_storeu_ps(line.as_mut_ptr(), self[0]);
            _mm256_storeu_ps(line.as_mut_ptr().add(LANES / 2), self[1]);
        }
    }

    #[inline(always)]
    unsafe fn times(self, factor: f32) -> Self {
        // SAFETY: operates on registers.
        unsafe { [_mm256_mul_ps(self[0], _mm256_set1_ps(factor)), _mm256_mul_ps(self[1], _mm256_set1_ps(factor))] }
    }

    #[inline(always)]
    unsafe fn plus(self, other: Self) -> Self {
        // SAFETY: operates on registers.
        unsafe { [_mm256_add_ps(self[0], other[0]), _mm256_add_ps(self[1], other[1])] }
    }

    #[inline(always)]
    unsafe fn minus(self, other: Self) -> Self {
        // SAFETY: operates on registers.
        unsafe { [_mm256_sub_ps(self[0], other[0]), _mm256_sub_ps(self[1], other[1])] }
    }

    #[inline(always)]
    unsafe fn step<const DISTANCE: usize>(self) -> Self {
        // SAFETY: operates on registers.
        unsafe {
            if DISTANCE == LANES / 2 {
                let [left, right] = self;
                return [_mm256_add_ps(left, right), _mm256_sub_ps(left, right)];
            }
            let [signs, _] = Self::load(const { &signs(DISTANCE) });
            let mut halves = self;
            for own in &mut halves {
                let others = match DISTANCE {
                    1 => _mm256_permute_ps::<0b10_11_00_01>(*own),
                    2 => _mm256_permute_ps::<0b01_00_11_10>(*own),
                    _ => _mm256_permute2f128_ps::<1>(*own, *own),
                };
                *own = _mm256_fmadd_ps(*own, signs, others);
            }
            halves
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{block_of, rotate_portably};
    use super::*;

    type Rotate = unsafe fn(&[f32], &mut [f32], usize, f32);

    #[test]
    fn each_instruction_set_computes_the_same() {
        let mut all: Vec<Rotate> = Vec::new();
        if is_x86_feature_detected!("avx512f") {
            all.push(with_avx512);
        }
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            all.push(with_avx2);
        }
        for width in [16, 48, 64, 96, 384, 768, 1536] {
            let vector: Vec<f32> = (0u8..=255).cycle().take(width).map(|n| f32::from(n).sin()).collect();
            let mut wanted = vec![0.0; width];
            rotate_portably(&vector, &mut wanted, block_of(width), 0.3);
            for rotate in &all {
                let mut rotated = vec![0.0; width];
                // SAFETY: the processor has the instructions.
                unsafe { rotate(&vector, &mut rotated, block_of(width), 0.3) };
                assert_eq!(rotated, wanted, "{width}");
            }
        }
    }
}
