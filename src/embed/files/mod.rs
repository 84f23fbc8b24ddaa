//! How are models described, found, downloaded and verified? Nothing here runs a model. Each file uses those above it:
//!
//! - `manifest`: the facts of a model
//! - `catalogue`: the models that are known by name
//! - `json`: how files of facts are read
//! - `facts`: what the files of a network say
//! - `modules`: what a text goes through, by `modules.json`
//! - `cross_encoder`: what the folder of a cross-encoder says
//! - `layout`: what any model's folder says
//! - `fingerprint`: which vectors can be compared
//! - `hashes`: whether a file is the one that was checked
//! - `lock`: what came with the first fetch
//! - `folder`: where on this machine a model is
//! - `fetch`: from where it can be had: `fetch/hub`, `fetch/package`

pub use catalogue::DEFAULT_MODEL;
pub use fetch::find_or_fetch;
pub use fingerprint::Fingerprint;
pub use folder::ModelFolder;
pub use manifest::{Manifest, Task};

mod catalogue;
pub(super) mod cross_encoder;
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
