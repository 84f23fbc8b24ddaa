//! Products on the matrix unit (AMX) of Intel's processors since 2023: tiles of 16 rows by 64 bytes in `bf16`, accumulated in
//! `f32` (Intel, "Architecture Instruction Set Extensions Programming Reference", chapter on AMX).
//!
//! A network built only from the steps in `unit` never writes sums to memory to read them again. Each file uses those listed
//! above it:
//!
//! - `detect`: detects the matrix unit
//! - `tiles`: the tile instructions
//! - `round`: converts `f32` to `bf16`
//! - `gelu`: the activation function
//! - `norm`: layer norm of a row
//! - `rows`: activations in memory
//! - `epilogue`: processes the sums of a product
//! - `product`: multiplies tile by tile
//! - `attention`: attention within one text
//! - `unit`: the steps of a network, with all shapes checked
#![allow(unsafe_code)]

use super::{LANES, Line, Product};
use epilogue::Store;
use product::{Operands, walk};
use rows::Tiled;
use tiles::{HEIGHT, ROW, TILE, Tiles};

pub(in crate::embed) use attention::AttentionTiles;
pub(super) use detect::runs_here;
pub(in crate::embed) use rows::{FlatRows, TileRows};
pub(in crate::embed) use tiles::PER_LINE;
pub(in crate::embed) use unit::{HEAD_WIDTHS, Unit};

mod attention;
mod detect;
mod epilogue;
mod gelu;
mod norm;
mod product;
mod round;
mod rows;
#[cfg(test)]
mod tests;
mod tiles;
mod unit;

/// Products of pairs of `bf16`, accumulated in `f32`.
///
/// # Safety
/// The kernel runs on this processor, and the product's slices have the lengths that its shape requires.
pub(super) unsafe fn multiply(product: &mut Product<'_>) {
    let Product { rows, depth, panels, .. } = *product;
    let operands = Operands {
        a: Tiled { first: product.a.as_ptr().cast(), row: depth * ROW, next: ROW, group: HEIGHT * depth * ROW },
        w: product.w.as_ptr().cast(),
        panel: depth * TILE,
        rows,
        depth,
        panels,
    };
    let columns = panels * LANES;
    let out = product.out.as_mut_ptr();
    let bias = product.bias.map(<[f32]>::as_ptr);
    // SAFETY: the slices have all rows up to a multiple of 32, and all panels; the kernel runs on this processor.
    unsafe {
        let _tiles = Tiles::configure();
        walk(&operands, Store { out, columns, bias });
    }
}
