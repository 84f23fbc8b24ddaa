//! Pseudo-random numbers for tests.

/// Reproducible pseudo-random numbers between -1 and 1.
pub(crate) fn numbers(seed: u64) -> impl Iterator<Item = f32> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    std::iter::repeat_with(move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        #[allow(clippy::cast_precision_loss)] // 24 bits are exact in f32
        let unit = (state >> 40) as f32 / (1u32 << 24) as f32;
        2.0 * unit - 1.0
    })
}
