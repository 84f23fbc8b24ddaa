//! Products by the matrix unit of Intel's processors since 2023: AMX tiles of 16 rows by 64 bytes, in `bf16`, summed up
//! in `f32` (Intel, "Architecture Instruction Set Extensions Programming Reference", chapter on AMX).
//!
//! A network that is made of the steps of `unit` alone writes no sum to memory only to read it again. Each file uses those
//! above it:
//!
//! - `detect`: is there such a unit?
//! - `tiles`: its instructions
//! - `round`: how `f32` become `bf16`
//! - `gelu`: the activation
//! - `norm`: layer norm of a row
//! - `rows`: activations in memory
//! - `epilogue`: what becomes of a product's sums
//! - `product`: how a product passes through the tiles
//! - `attention`: that of a text
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

/// Pairs of `bf16`, summed up in `f32`.
///
/// # Safety
/// The kernel runs here, and the product's slices are as long as its shape says.
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
    // SAFETY: the slices have all rows up to a whole group of 32, and all panels; the kernel runs here.
    unsafe {
        let _tiles = Tiles::configure();
        walk(&operands, Store { out, columns, bias });
    }
}
