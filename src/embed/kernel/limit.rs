//! Measures the peak rate of a kernel: products only, with nothing between them.

use std::time::{Duration, Instant};

use super::matrix::{Matrix, Out, Rows};
use super::{Kernel, LANES};

/// The shape of the widest layer of a small model.
const WIDTH: usize = 384;
const COLUMNS: usize = 1536;

impl Kernel {
    /// Measures the floating-point operations per second of `threads` threads, each multiplying its own matrices in the shape of
    /// a small model's layers for about `time`.
    #[must_use]
    pub fn measure_limit(&self, threads: usize, time: Duration) -> f64 {
        let run = || {
            #[allow(clippy::cast_precision_loss)]
            let numbers = |count: usize| (0..count).map(|n| (n % 17) as f32 / 17.0 - 0.5).collect::<Vec<f32>>();
            let matrix = Matrix::pack(self.format, &numbers(WIDTH * COLUMNS), WIDTH, &numbers(COLUMNS));
            let (mut rows, mut out) = (Rows::default(), Out::default());
            // A multiple of the block heights of all kernels.
            let count = self.block.next_multiple_of(6 * LANES);
            rows.write(self.format, &numbers(count * WIDTH), WIDTH, WIDTH);
            let start = Instant::now();
            let mut products = 0usize;
            while start.elapsed() < time {
                matrix.multiply(*self, &rows, &mut out);
                products += 1;
            }
            #[allow(clippy::cast_precision_loss)]
            let operations = (2 * products * count * WIDTH * COLUMNS) as f64;
            operations / start.elapsed().as_secs_f64()
        };
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..threads.max(1)).map(|_| scope.spawn(run)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap_or_default()).sum()
        })
    }
}
