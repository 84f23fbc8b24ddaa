//! Here are texts and their role: what are their unit vectors?
//!
//! [`find_or_fetch`] brings a model's files to this machine, [`Embedder`] runs it, by the fastest [`Kernel`] that the
//! processor has. Threads share texts, not products: each computes batches of its own, unless there is but one text and no
//! matrix unit that is faster alone.
//!
//! - `kernel/`: how are matrices multiplied on this processor?
//! - `layers/`: what do networks consist of, beside that?
//! - `models/`: which networks can be computed? One file each, and a table of them
//! - `files/`: what is a model, and where are its files?
//! - `text`, `embedding`: what is embedded, and what comes of it? `dot`: how near are two vectors?
//! - `tokenize`: which tokens is a text made of?
//! - `runner`: what runs the network?
//! - `encoder`: what does one model make of texts? `lazy`: is it needed at all?
//! - `threads`: how do threads share texts?
//! - `cache`: which texts have been embedded before?
//! - `embedder`, `reranker`: all of that together, for vectors and for scores

pub(crate) use dot::dot;
pub use embedder::Embedder;
pub use embedding::Embedding;
pub use files::{DEFAULT_MODEL, Fingerprint, Manifest, ModelFolder, Task, find_or_fetch};
pub use kernel::Kernel;
pub use layers::pool::Pooling;
pub use reranker::Reranker;
pub(crate) use runner::runner_name;
pub use text::{Embedded, Role, Text};
pub use tokenize::{Tokenizer, Tokens};

pub(crate) mod cache;
mod dot;
mod embedder;
mod embedding;
mod encoder;
mod files;
mod kernel;
mod layers;
mod lazy;
mod models;
mod reranker;
mod runner;
mod text;
mod threads;
mod tokenize;
