//! Quantised vectors for the graph: a code has each number of a vector in 8 bits, and one scale.
//!
//! A code has a quarter of the size of its vector. The product of two codes is exact in integer arithmetic, so the only error is
//! the quantisation error. Its bound is known for each code, which makes exact scans of the codes possible.

use std::borrow::Cow;

use rayon::prelude::*;

use super::distance::{LINE, dot_i8, dots_i8, prefetch};

/// The largest number of a code. -128 is excluded so that the sum of two products fits into 16 bits.
const LARGEST: f32 = 127.0;

/// The length of a code in bytes: the dimension, padded with zeros to whole cache lines.
pub(super) fn stride(dimension: usize) -> usize {
    dimension.next_multiple_of(LINE)
}

/// The code of one vector, which is approximately `scale * numbers`.
#[derive(Debug, Clone)]
pub(super) struct Code {
    pub numbers: Vec<i8>,
    pub scale: f32,
    /// The length of the quantisation error (vector minus code).
    pub error: f32,
}

impl Code {
    pub fn of(vector: &[f32]) -> Self {
        let largest = vector.iter().fold(0f32, |largest, number| largest.max(number.abs()));
        let scale = if largest > 0.0 { largest / LARGEST } else { 1.0 };
        let mut numbers = vec![0; stride(vector.len())];
        let mut error = 0f32;
        for (code, number) in numbers.iter_mut().zip(vector) {
            let rounded = (number / scale).round().clamp(-LARGEST, LARGEST);
            #[allow(clippy::cast_possible_truncation)] // clamped
            let whole = rounded as i8;
            *code = whole;
            error += (number - rounded * scale).powi(2);
        }
        Self { numbers, scale, error: error.sqrt() }
    }
}

/// The codes of many vectors, contiguous; borrowed from a file or owned.
#[derive(Debug, Clone)]
pub(super) struct Codes<'a> {
    pub stride: usize,
    pub numbers: Cow<'a, [i8]>,
    pub scales: Cow<'a, [f32]>,
}

impl Codes<'_> {
    /// Quantises vectors of the same dimension.
    pub fn of(vectors: &[&[f32]], dimension: usize) -> Self {
        let stride = stride(dimension);
        let mut numbers = vec![0i8; vectors.len() * stride];
        let mut scales = vec![0f32; vectors.len()];
        let places = numbers.par_chunks_mut(stride.max(1)).zip(&mut scales).zip(vectors);
        places.for_each(|((numbers, scale), vector)| {
            let code = Code::of(vector);
            numbers.copy_from_slice(&code.numbers);
            *scale = code.scale;
        });
        Self { stride, numbers: numbers.into(), scales: scales.into() }
    }

    pub fn len(&self) -> usize {
        self.scales.len()
    }

    /// The numbers and the scale of a node; empty and 0 if there is no such node.
    pub fn of_node(&self, node: u32) -> (&[i8], f32) {
        let start = (node as usize).saturating_mul(self.stride);
        match (self.numbers.get(start..start.saturating_add(self.stride)), self.scales.get(node as usize)) {
            (Some(numbers), Some(scale)) => (numbers, *scale),
            _ => (&[], 0.0),
        }
    }

    /// The similarity (approximate cosine) of two nodes.
    pub fn similarity(&self, a: u32, b: u32) -> f32 {
        let ((a, a_scale), (b, b_scale)) = (self.of_node(a), self.of_node(b));
        product(dot_i8(a, b), a_scale, b_scale)
    }

    /// The similarities of nodes to a code, in the order of the nodes.
    pub fn similarities<'a>(
        &'a self,
        to: (&[i8], f32),
        nodes: &'a [u32],
        dots: &'a mut Vec<i32>,
    ) -> impl Iterator<Item = (u32, f32)> + 'a {
        dots_i8(to.0, &self.numbers, nodes, dots);
        let scale = to.1;
        nodes.iter().zip(&*dots).map(move |(node, dot)| {
            (*node, product(*dot, scale, self.scales.get(*node as usize).copied().unwrap_or_default()))
        })
    }

    pub fn prefetch(&self, node: u32) {
        prefetch(self.of_node(node).0);
    }
}

/// A bound of the quantisation error in the product of two codes, exceeded by one pair in many millions. It is six times the
/// standard deviation of the error, if each number of both unit vectors has an error that is uniform within half a step.
pub(super) fn likely_error(a_scale: f32, b_scale: f32) -> f32 {
    const DEVIATIONS: f32 = 6.0;
    DEVIATIONS * (a_scale + b_scale) / 12f32.sqrt()
}

fn product(dot: i32, a_scale: f32, b_scale: f32) -> f32 {
    #[allow(clippy::cast_precision_loss)] // exact up to 2^24, which is 1,040 numbers of 127 times 127
    let dot = dot as f32;
    dot * (a_scale * b_scale)
}
