//! What memory does one forward pass after another use?

#[cfg(target_arch = "x86_64")]
use crate::embed::kernel::amx::{AttentionTiles, FlatRows, TileRows};
use crate::embed::kernel::matrix::{Out, Rows};
use crate::embed::layers::attention::AttentionScratch;

/// The memory of one forward pass after another, of whatever network.
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

/// The same for layers by a matrix unit.
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
    /// Lets the threads of the current pool share every product: for a text that is alone.
    pub fn shared() -> Self {
        Self { projected: Out::shared(), product: Out::shared(), wide: Out::shared(), ..Self::default() }
    }
}
