//! Shares the products of a single text among threads. One thread, the leader, runs the network; the helpers compute some columns
//! of each product.
//!
//! A product of a short text takes some ten microseconds, less than waking a thread. So the helpers stay awake between two
//! products. Each free thread takes the next columns, so no thread waits for one that is not scheduled.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use super::buffer::Lines;
use super::matrix::{Matrix, Rows};
use super::{Kernel, LANES, Line};

/// The number of panels of a part is a multiple of this, because kernels compute up to three panels together.
const TOGETHER: usize = 3;
/// The maximum number of parts of a product.
const MOST_PARTS: usize = 16;

/// A team: threads that share the products of one text.
#[derive(Default)]
pub(in crate::embed) struct Team {
    product: Mutex<Option<Arc<Product>>>,
    /// Number of products so far.
    products: AtomicUsize,
    is_over: AtomicBool,
}

impl Team {
    /// Computes parts of products until the team is disbanded.
    pub fn help(&self) {
        let mut seen = 0;
        loop {
            let next = || self.products.load(Ordering::Acquire);
            wait_until(|| next() != seen || self.is_over.load(Ordering::Acquire));
            if self.is_over.load(Ordering::Acquire) {
                return;
            }
            seen = next();
            let product = self.product.lock().unwrap_or_else(PoisonError::into_inner).clone();
            if let Some(product) = product {
                product.compute();
            }
        }
    }

    /// Makes [`Team::help`] return on all threads. No products may follow.
    pub fn disband(&self) {
        self.is_over.store(true, Ordering::Release);
    }

    /// Multiplies rows of activations. The product is in `out`: `[rows, stride]`.
    pub(super) fn multiply(&self, kernel: Kernel, matrix: &Matrix, input: &Rows, out: &mut [f32]) {
        let panels = matrix.stride() / LANES;
        let panels_each = panels.div_ceil(MOST_PARTS).next_multiple_of(TOGETHER);
        let parts = (0..panels.div_ceil(panels_each)).map(|_| OnceLock::new()).collect();
        let (matrix, input) = (matrix.clone(), input.clone());
        let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let product = Arc::new(Product { kernel, matrix, input, panels_each, parts, next, done });
        *self.product.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&product));
        self.products.fetch_add(1, Ordering::Release);
        product.compute();
        wait_until(|| product.done.load(Ordering::Acquire) >= product.parts.len());
        let stride = product.matrix.stride();
        for part in 0..product.parts.len() {
            let columns = product.columns(part);
            let rows = bytemuck::cast_slice::<Line, f32>(product.part(part)).chunks_exact(columns.len());
            for (row, whole) in rows.zip(out.chunks_exact_mut(stride)) {
                whole[columns.clone()].copy_from_slice(row);
            }
        }
    }
}

/// A product that is being computed.
struct Product {
    kernel: Kernel,
    matrix: Matrix,
    input: Rows,
    panels_each: usize,
    /// The results; each part has some columns of all rows.
    parts: Vec<OnceLock<Lines>>,
    /// The index of the next part to compute.
    next: AtomicUsize,
    /// Number of parts that are computed or whose thread has panicked.
    done: AtomicUsize,
}

impl Product {
    /// Computes parts until all have been taken.
    fn compute(&self) {
        /// Counts a part as done, also after a panic; the leader then computes the part.
        struct Done<'a>(&'a AtomicUsize);
        impl Drop for Done<'_> {
            fn drop(&mut self) {
                self.0.fetch_add(1, Ordering::Release);
            }
        }
        loop {
            let part = self.next.fetch_add(1, Ordering::Relaxed);
            if part >= self.parts.len() {
                return;
            }
            let _done = Done(&self.done);
            self.part(part);
        }
    }

    /// The result of a part. It is computed if it has not been yet.
    fn part(&self, part: usize) -> &Lines {
        self.parts[part].get_or_init(|| {
            let mut lines = Lines::default();
            self.matrix.multiply_into(self.kernel, &self.input, self.columns(part), &mut lines);
            lines
        })
    }

    /// The columns of a part.
    fn columns(&self, part: usize) -> std::ops::Range<usize> {
        let width = self.panels_each * LANES;
        part * width..((part + 1) * width).min(self.matrix.stride())
    }
}

/// Waits for another thread, usually for some microseconds; longer if that thread is not scheduled. It spins, then yields, then
/// sleeps for 50 µs at a time.
fn wait_until(is_ready: impl Fn() -> bool) {
    for attempt in 0usize.. {
        if is_ready() {
            return;
        }
        match attempt {
            0..1_000 => std::hint::spin_loop(),
            1_000..2_000 => std::thread::yield_now(),
            _ => std::thread::sleep(Duration::from_micros(50)),
        }
    }
}
