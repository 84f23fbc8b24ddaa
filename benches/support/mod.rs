//! What benches read: rows of 16-bit numbers.

use std::path::Path;

use paperkin::embed::Embedding;

/// The rows of 384 little-endian numbers in a file, of unit length; `None` where it is not there.
pub fn f16(path: &Path) -> Option<Vec<Embedding>> {
    let bytes = std::fs::read(path).ok()?;
    let numbers: Vec<f32> = bytes.as_chunks::<2>().0.iter().map(|two| widened(u16::from_le_bytes(*two))).collect();
    Some(numbers.chunks_exact(384).map(|row| Embedding::normalised(row.to_vec()).unwrap()).collect())
}

/// A number of 16 bits (IEEE 754 binary16) in 32; those of unit vectors are finite.
fn widened(half: u16) -> f32 {
    let (sign, exponent, fraction) = (half >> 15, half >> 10 & 0x1f, half & 0x3ff);
    let size = match exponent {
        0 => f32::from(fraction) * 2f32.powi(-24),
        _ => (1.0 + f32::from(fraction) / 1024.0) * 2f32.powi(i32::from(exponent) - 15),
    };
    if sign == 1 { -size } else { size }
}
