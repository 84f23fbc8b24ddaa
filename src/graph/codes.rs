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
    /// No codes yet, for vectors of this dimension.
    pub fn empty(dimension: usize) -> Self {
        Self { stride: stride(dimension), numbers: Cow::default(), scales: Cow::default() }
    }

    /// Appends the codes of vectors.
    pub fn extend(&mut self, vectors: &[&[f32]]) {
        let (stride, before) = (self.stride, self.len());
        let (numbers, scales) = (self.numbers.to_mut(), self.scales.to_mut());
        numbers.reserve_exact(vectors.len() * stride);
        numbers.resize((before + vectors.len()) * stride, 0);
        scales.resize(before + vectors.len(), 0.0);
        let places = numbers[before * stride..].par_chunks_mut(stride.max(1)).zip(&mut scales[before..]).zip(vectors);
        places.for_each(|((numbers, scale), vector)| {
            let code = Code::of(vector);
            numbers.copy_from_slice(&code.numbers);
            *scale = code.scale;
        });
    }

    /// The codes of these nodes, in their order.
    pub fn of_nodes(&self, nodes: &[u32]) -> Codes<'static> {
        let mut numbers = vec![0i8; nodes.len() * self.stride];
        let places = numbers.par_chunks_mut(self.stride.max(1)).zip(nodes);
        places.for_each(|(numbers, node)| {
            let code = self.of_node(*node).0;
            numbers[..code.len()].copy_from_slice(code);
        });
        let scales: Vec<f32> = nodes.iter().map(|node| self.of_node(*node).1).collect();
        Codes { stride: self.stride, numbers: numbers.into(), scales: scales.into() }
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

/// A hash of a code. Equal vectors have equal codes, and so equal hashes; others rarely do.
pub(super) fn hash(numbers: &[i8], scale: f32) -> u64 {
    let mut hash = u64::from(scale.to_bits());
    for eight in numbers.chunks(8) {
        let mut bytes = [0; 8];
        bytes[..eight.len()].copy_from_slice(bytemuck::cast_slice(eight));
        hash = scrambled(hash ^ u64::from_le_bytes(bytes));
    }
    hash
}

/// A deterministic hash of a number: the finaliser of Steele, Lea & Flood, "Fast splittable pseudorandom number generators",
/// 2014.
pub(super) fn scrambled(number: u64) -> u64 {
    let mut state = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ (state >> 31)
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
