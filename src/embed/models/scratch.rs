//! Scratch memory that forward passes reuse.

use std::sync::Arc;

#[cfg(target_arch = "x86_64")]
use crate::embed::kernel::amx::{AttentionTiles, FlatRows, TileRows};
use crate::embed::kernel::matrix::{Out, Rows};
use crate::embed::kernel::team::Team;
use crate::embed::layers::attention::AttentionScratch;

/// Scratch memory for forward passes of any network.
#[derive(Default)]
pub(in crate::embed) struct Scratch {
    pub rows: Rows,
    pub projected: Out,
    pub attended: Vec<f32>,
    pub product: Out,
    pub wide: Out,
    pub wide_rows: Rows,
    pub attention: AttentionScratch,
    #[cfg(target_arch = "x86_64")]
    pub tiled: TiledScratch,
}

/// Scratch memory for layers on a matrix unit.
#[cfg(target_arch = "x86_64")]
#[derive(Default)]
pub(in crate::embed) struct TiledScratch {
    pub rows: TileRows,
    pub projected: FlatRows,
    pub attended: TileRows,
    pub wide: TileRows,
    pub attention: AttentionTiles,
}

impl Scratch {
    /// Scratch memory with which a team shares every product. Used for a single text.
    pub fn shared(team: &Arc<Team>) -> Self {
        let out = || Out::shared(team);
        Self { projected: out(), product: out(), wide: out(), ..Self::default() }
    }
}
