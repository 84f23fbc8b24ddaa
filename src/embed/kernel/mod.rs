//! How are matrices multiplied on this processor? Every kernel does one thing, `out = a · w`, for rows of activations
//! and packed panels of weights. There is one file per instruction set; this one chooses, and checks what they rely on.
//!
//! A *unit* is the 32 bits that one multiply-add takes from each side: one `f32`, or a pair of `bf16` or of `i16`.
//! Activations are rows of units. Weights are panels of [`LANES`] columns: for each unit of a row, that unit of the 16
//! columns, which is a line of the cache, a vector of AVX-512, and a row of an AMX tile.
//!
//! - `simd`: loops by the widest vector instructions
//! - `buffer`: memory in lines of the cache
//! - `format`: in which numbers a product is computed
//! - `matrix`: weights, rows of activations, and their product
//! - `team`: threads that share the products of one text
//! - `portable`, `avx2`, `avx512` (both made by `block`), `amx/`: the instruction sets
//! - `limit`: how fast a kernel could be

use std::fmt;

use crate::error::{Error, Result};
pub(super) use buffer::Line;
pub(super) use format::Format;

#[cfg(target_arch = "x86_64")]
pub(super) mod amx;
#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(target_arch = "x86_64")]
mod block;
pub(super) mod buffer;
pub(super) mod format;
mod limit;
pub(super) mod matrix;
mod portable;
pub(super) mod simd;
pub(super) mod team;

#[cfg(test)]
mod tests;

/// Columns of a panel, and units of a line.
pub(super) const LANES: usize = 16;

/// Activations and results have room for whole groups of so many rows: AMX computes two tiles' height at once.
pub(super) const ROW_GROUP: usize = 32;

/// The environment variable that forces a kernel.
const VARIABLE: &str = "PAPERKIN_KERNEL";

/// One product of matrices: `out[r, c] = Σ a[r, k] · w[k, c]`, times the scales, plus the bias.
pub(super) struct Product<'a> {
    pub rows: usize,
    /// Lines of a row: its units, divided by [`LANES`].
    pub depth: usize,
    /// Columns, divided by [`LANES`].
    pub panels: usize,
    /// `[rows, depth]`, and room up to a whole [`ROW_GROUP`].
    pub a: &'a [Line],
    /// `[panels, depth · LANES]`.
    pub w: &'a [Line],
    /// Factors of each row and of each column.
    pub scales: Option<(&'a [f32], &'a [f32])>,
    /// Added to each row; its length is that of a row.
    pub bias: Option<&'a [f32]>,
    /// `[rows, panels · LANES]`, and room up to a whole [`ROW_GROUP`], which is overwritten.
    pub out: &'a mut [f32],
}

/// A way to multiply: an instruction set and a number format.
#[derive(Clone, Copy)]
pub struct Kernel {
    name: &'static str,
    format: Format,
    runs_here: fn() -> bool,
    /// May be called where `runs_here`, with a product that [`Kernel::multiply`] has checked.
    multiply: unsafe fn(&mut Product<'_>),
    /// Tokens that one thread computes together; their states stay in its caches.
    tokens: usize,
    /// Of these, the tokens that pass the feed-forward layers together.
    block: usize,
}

/// The kernel of the matrix unit.
#[cfg(target_arch = "x86_64")]
const AMX: &str = "amx-bf16";

/// All kernels, the fastest first.
const KERNELS: &[Kernel] = &[
    #[cfg(target_arch = "x86_64")]
    Kernel {
        name: AMX,
        format: Format::Bf16,
        runs_here: amx::runs_here,
        multiply: amx::multiply,
        tokens: 384,
        block: 384,
    },
    #[cfg(target_arch = "x86_64")]
    Kernel {
        name: "avx512-int16",
        format: Format::Int16,
        runs_here: avx512::has_vnni,
        multiply: avx512::multiply_int16,
        tokens: 512,
        block: 96,
    },
    #[cfg(target_arch = "x86_64")]
    Kernel {
        name: "avx512-f32",
        format: Format::F32,
        runs_here: avx512::runs_here,
        multiply: avx512::multiply_f32,
        tokens: 384,
        block: 192,
    },
    #[cfg(target_arch = "x86_64")]
    Kernel {
        name: "avx512-bf16",
        format: Format::Bf16,
        runs_here: avx512::has_bf16,
        multiply: avx512::multiply_bf16,
        tokens: 384,
        block: 384,
    },
    #[cfg(target_arch = "x86_64")]
    Kernel {
        name: "avx2-int16",
        format: Format::Int16,
        runs_here: avx2::runs_here,
        multiply: avx2::multiply_int16,
        tokens: 512,
        block: 96,
    },
    #[cfg(target_arch = "x86_64")]
    Kernel {
        name: "avx2-f32",
        format: Format::F32,
        runs_here: avx2::runs_here,
        multiply: avx2::multiply_f32,
        tokens: 384,
        block: 192,
    },
    Kernel {
        name: "portable",
        format: Format::F32,
        runs_here: || true,
        multiply: portable::multiply_f32,
        tokens: 512,
        block: 96,
    },
];

impl Kernel {
    /// The kernels that this processor can run, the fastest first; never none.
    pub fn available() -> impl Iterator<Item = Self> {
        KERNELS.iter().filter(|kernel| (kernel.runs_here)()).copied()
    }

    /// The fastest kernel of this processor, or the one that the environment names.
    ///
    /// # Errors
    /// [`Error::UnknownKernel`] when `PAPERKIN_KERNEL` names none that runs here.
    pub(super) fn choose() -> Result<Self> {
        match Self::forced() {
            Some(name) => Self::named(&name),
            None => Ok(Self::available().next().unwrap_or(KERNELS[KERNELS.len() - 1])),
        }
    }

    /// What the environment names, if it names something.
    pub(super) fn forced() -> Option<String> {
        std::env::var(VARIABLE).ok().filter(|name| !name.is_empty())
    }

    /// The kernel of this name, if it runs here.
    ///
    /// # Errors
    /// [`Error::UnknownKernel`] when it does not, or there is none.
    pub fn named(name: &str) -> Result<Self> {
        Self::available().find(|kernel| kernel.name == name).ok_or_else(|| Error::UnknownKernel {
            name: name.to_owned(),
            exists: KERNELS.iter().any(|kernel| kernel.name == name),
            available: Self::available().map(|kernel| format!("`{}`", kernel.name)).collect::<Vec<_>>().join(", "),
        })
    }

    /// A kernel in plain Rust for each format, for tests on processors without its instructions.
    #[cfg(test)]
    pub(super) fn portable(format: Format) -> Self {
        let multiply = match format {
            Format::F32 => portable::multiply_f32,
            Format::Bf16 => portable::multiply_bf16,
            Format::Int16 => portable::multiply_int16,
        };
        Self { name: "portable", format, multiply, ..KERNELS[KERNELS.len() - 1] }
    }

    /// The instruction set and the number format.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    pub(super) fn format(&self) -> Format {
        self.format
    }

    /// The processor's matrix unit, if this kernel is the one that uses it.
    #[cfg(target_arch = "x86_64")]
    pub(super) fn unit(&self) -> Option<amx::Unit> {
        if self.name == AMX { amx::Unit::find() } else { None }
    }

    pub(super) fn tokens(&self) -> usize {
        self.tokens
    }

    pub(super) fn block(&self) -> usize {
        self.block
    }

    /// Multiplies.
    ///
    /// # Panics
    /// When a slice of the product is shorter than its shape says: a mistake of the caller.
    pub(super) fn multiply(&self, mut product: Product<'_>) {
        product.check();
        // SAFETY: the kernel is one of those that run here, since only those can be had, and the shapes were checked.
        #[allow(unsafe_code)]
        unsafe {
            (self.multiply)(&mut product);
        }
    }
}

impl Product<'_> {
    fn check(&self) {
        let rows = self.rows.next_multiple_of(ROW_GROUP);
        let columns = self.panels * LANES;
        assert!(self.depth > 0 && self.panels > 0, "an empty product");
        assert!(self.a.len() >= rows * self.depth, "too few activations");
        assert!(self.w.len() >= self.panels * self.depth * LANES, "too few weights");
        assert!(self.out.len() >= rows * columns, "too little room for the result");
        assert!(self.bias.is_none_or(|bias| bias.len() >= columns), "too short a bias");
        let enough =
            |(of_rows, of_columns): (&[f32], &[f32])| of_rows.len() >= self.rows && of_columns.len() >= columns;
        assert!(self.scales.is_none_or(enough), "too few scales");
    }
}

impl fmt::Debug for Kernel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}
