//! The layers by a processor's matrix unit: what a product gives is rounded, activated or added up while the next one is
//! computed, and nothing else is written to memory.

use super::super::kernel::amx::{self, FlatRows, HEAD_WIDTHS, PER_LINE, TileRows, Unit};
use super::{Layer, Network};

/// Columns of the wide layer that are computed together: with the rows they come from and the states they are added to,
/// they do not leave the second cache.
const STRIPE: usize = 384;

/// The memory of one forward pass after another.
#[derive(Default)]
pub(super) struct Scratch {
    rows: TileRows,
    projected: FlatRows,
    attended: TileRows,
    wide: TileRows,
    attention: amx::Scratch,
}

impl Network {
    /// The matrix unit, where it is the kernel's and all widths are those of whole tiles.
    pub(super) fn unit(&self) -> Option<Unit> {
        let has_heads = HEAD_WIDTHS.contains(&(self.hidden_size() / self.heads));
        let is_whole = self.layers.first()?.narrow.width().is_multiple_of(PER_LINE);
        self.kernel.unit().filter(|_| has_heads && is_whole)
    }

    /// Runs all layers on the vectors that the tokens begin with, before their norm.
    pub(super) fn run_tiled(&self, unit: Unit, batch: &[&[u32]], states: &mut [f32], scratch: &mut Scratch) {
        scratch.rows.normalise(unit, &self.embeddings_norm, states);
        for layer in &self.layers {
            self.run_layer(unit, layer, batch, states, scratch);
        }
    }

    fn run_layer(&self, unit: Unit, layer: &Layer, batch: &[&[u32]], states: &mut [f32], scratch: &mut Scratch) {
        let Scratch { rows, projected, attended, wide, attention } = scratch;
        unit.project(rows, &layer.attend, projected);
        unit.attend(projected, batch.iter().map(|text| text.len()), self.heads, attention, attended);
        unit.add(attended, &layer.merge, 0, states);
        rows.normalise(unit, &layer.merge_norm, states);
        let width = layer.narrow.width();
        for first in (0..width).step_by(STRIPE) {
            unit.activate(rows, &layer.widen, first..width.min(first + STRIPE), wide);
            unit.add(wide, &layer.narrow, first, states);
        }
        rows.normalise(unit, &layer.narrow_norm, states);
    }
}
