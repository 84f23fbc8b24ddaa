//! Model files: what describes a model, and how its files are found, downloaded and verified. Nothing here runs a model. Each
//! file uses those listed above it:
//!
//! - `manifest`: the description of a model
//! - `catalogue`: the models that are known by name
//! - `json`: reads the JSON files of a model's folder
//! - `facts`: architecture and sizes, from the files of a network
//! - `modules`: the steps from text to embedding, from `modules.json`
//! - `cross_encoder`: the description of a cross-encoder, from its folder
//! - `layout`: the description of any model, from its folder
//! - `distilled`: the description of a distilled model, for its folder
//! - `fingerprint`: decides which embeddings can be compared
//! - `hashes`: verifies files by SHA-256
//! - `lock`: records the commit and the hashes of the first fetch
//! - `folder`: finds and checks a model's folder
//! - `fetch`: downloads a model, with `fetch/hub` and `fetch/package`

pub use catalogue::DEFAULT_MODEL;
pub(crate) use distilled::TABLE_FOLDER;
pub use fetch::find_or_fetch;
pub use fingerprint::Fingerprint;
pub use folder::ModelFolder;
pub(crate) use folder::{names_made_here, place_to_make};
pub(super) use manifest::NO_LIMIT;
pub use manifest::{Manifest, Score, Task};

mod catalogue;
pub(super) mod cross_encoder;
mod distilled;
mod facts;
mod fetch;
mod fingerprint;
mod folder;
pub(super) mod hashes;
mod json;
mod layout;
mod lock;
mod manifest;
mod modules;
