//! BERT's layers on a matrix unit. The result of a product is rounded, activated or accumulated while the next block is computed;
//! no other intermediate results are written to memory.

use super::super::scratch::TiledScratch;
use super::{Bert, Layer};
use crate::embed::kernel::amx::{HEAD_WIDTHS, PER_LINE, TileRows, Unit};
use crate::embed::layers::norm::Norm;

/// Number of columns of the intermediate layer that are computed together. They stay in the L2 cache together with their input
/// rows and the states they are added to.
const STRIPE: usize = 384;

impl Bert {
    /// The matrix unit, if the kernel uses it and all widths are whole tiles. Its attention does not support a relative position bias.
    pub(super) fn unit(&self) -> Option<Unit> {
        let has_heads = HEAD_WIDTHS.contains(&(self.hidden_size() / self.heads));
        let is_whole = self.layers.first()?.down.width().is_multiple_of(PER_LINE);
        self.kernel.unit().filter(|_| has_heads && is_whole && self.bias.is_none())
    }

    /// Runs all layers on the input embeddings of the tokens, before their norm.
    pub(super) fn run_tiled(&self, unit: Unit, batch: &[&[u32]], states: &mut [f32], scratch: &mut TiledScratch) {
        normalise(unit, &self.embeddings_norm, states, &mut scratch.rows);
        for layer in &self.layers {
            self.run_layer(unit, layer, batch, states, scratch);
        }
    }

    fn run_layer(&self, unit: Unit, layer: &Layer, batch: &[&[u32]], states: &mut [f32], scratch: &mut TiledScratch) {
        let TiledScratch { rows, projected, attended, wide, attention } = scratch;
        unit.project(rows, &layer.qkv, projected);
        unit.attend(projected, batch.iter().map(|text| text.len()), self.heads, attention, attended);
        unit.add(attended, &layer.attention_output, 0, states);
        normalise(unit, &layer.attention_norm, states, rows);
        let width = layer.down.width();
        for first in (0..width).step_by(STRIPE) {
            unit.activate(rows, &layer.up, first..width.min(first + STRIPE), wide);
            unit.add(wide, &layer.down, first, states);
        }
        normalise(unit, &layer.feed_forward_norm, states, rows);
    }
}

/// state ← norm(state) for each row; `rows` receives the result, rounded.
fn normalise(unit: Unit, norm: &Norm, states: &mut [f32], rows: &mut TileRows) {
    unit.normalise(&norm.weight, &norm.offset, norm.epsilon, states, rows);
}
