//! What does the collection look like? A picture in two dimensions, in which papers that lie near each other speak of like
//! things: `axes` tells where a vector lies, [`Drawing`] puts the papers of a snapshot there, and `maps` keeps the
//! last one. The axes are those of a principal component analysis: the two directions in which the vectors differ most.
//!
//! Such a picture shows the large divisions of a collection and not every neighbourhood; in return new papers have a place
//! in it at once, and the others keep theirs.

use axes::Axes;
pub use drawing::{Drawing, MAGIC, MapPoint, NO_CATEGORY};
pub use maps::Map;
pub(crate) use maps::Maps;

mod axes;
mod drawing;
mod maps;
mod principal;
