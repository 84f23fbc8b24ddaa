//! Computes embeddings: unit vectors of texts, by the role of the text (query or passage).
//!
//! [`find_or_fetch`] finds or downloads a model's files. [`Embedder`] runs the model with the fastest [`Kernel`] that the
//! processor supports. Threads share texts, not matrix products: each thread computes its own batches. The exception is a single
//! text on a kernel without a matrix unit: there, all threads share each product.
//!
//! - `kernel/`: matrix products, one file per instruction set
//! - `layers/`: the layers that networks share
//! - `models/`: the network architectures, one file each, and a table of them
//! - `files/`: what describes a model, where its files are, and how they are fetched
//! - `text`, `embedding`: input and output of an embedder
//! - `dot`: the dot product of two vectors
//! - `tokenize`: splits texts into tokens; `token_cache` remembers those of words
//! - `vocabulary`: the tokenizer of a static model, made from that of another model
//! - `runner`: chooses a kernel of the processor or a GPU; `choice` measures kernels
//! - `encoder`: from texts to embeddings with one loaded network
//! - `lazy`: loads an encoder when it is first used
//! - `threads`: distributes batches over threads
//! - `cache`: stores embeddings of earlier texts on disk
//! - `embedder`, `reranker`: the entry points, for embeddings and for cross-encoder scores

pub use choice::{Candidates, KernelChoice, Speed, Work, choose_kernels, measure_and_keep};
pub(crate) use dot::dot;
pub use embedder::Embedder;
pub use embedding::Embedding;
pub use files::{DEFAULT_MODEL, Fingerprint, Manifest, ModelFolder, Score, Task, find_or_fetch};
pub(crate) use files::{TABLE_FOLDER, names_made_here, place_to_make};
pub(crate) use kernel::simd::{fma, widest};
pub use kernel::{Kernel, Precision};
pub use layers::pool::Pooling;
pub use reranker::Reranker;
pub(crate) use runner::runner_name;
pub use text::{Embedded, Role, Text};
pub use tokenize::{Tokenizer, Tokens};
pub(crate) use vocabulary::Vocabulary;

pub(crate) mod cache;
mod choice;
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
mod scripts;
mod text;
mod threads;
mod token_cache;
mod tokenize;
mod vocabulary;
