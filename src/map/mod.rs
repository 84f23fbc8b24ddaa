//! The map: a two-dimensional picture of a collection, in which nearby papers are similar. `axes` projects a vector, [`Drawing`]
//! does so for the papers of a snapshot, and `maps` keeps the last map. The axes are the first two components of a principal
//! component analysis (PCA): the two directions of largest variance.
//!
//! Such a map shows the large divisions of a collection, but not every neighbourhood. In return, new papers can be placed at
//! once, and the others stay where they are.

use axes::Axes;
pub use drawing::{Drawing, MAGIC, MapPoint, NO_CATEGORY};
pub use maps::Map;
pub(crate) use maps::Maps;

mod axes;
mod drawing;
mod maps;
mod principal;
