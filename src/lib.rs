//! Semantic search over scientific papers, on one's own machine.
//!
//! The modules follow the way of the data: a [`corpus`] yields [`paper`]s, [`embed`] turns their text into unit
//! vectors, [`ingest`] brings both into the [`store`], [`reembed`] gives that another model, [`graph`] finds the rows nearest to a vector, and [`search`]
//! answers. [`server`] and [`cli`] are how people meet it.
//!
//! A store is made, filled with the sample corpus, and asked:
//!
//! ```
//! use std::{path::Path, sync::Arc};
//!
//! use paperkin::corpus::sample;
//! use paperkin::embed::{Embedder, ModelFolder};
//! use paperkin::ingest::{Ingest, open_store};
//! use paperkin::progress::Silent;
//! use paperkin::search::{Options, Query, Searcher};
//!
//! let folder = tempfile::tempdir()?;
//! // A folder in sentence-transformers layout; `find_or_fetch` brings known models here by their names.
//! let model = ModelFolder::open(Path::new("tests/data/models/static"))?;
//! let embedder = Arc::new(Embedder::load(&model, 2)?);
//! let store = open_store(folder.path(), &model)?;
//!
//! let mut ingest = Ingest::new(&store, &embedder, &Silent);
//! ingest.add(sample::papers())?;
//! assert!(ingest.finish()?.added > 10);
//!
//! let searcher = Searcher::new(store, embedder)?;
//! let answer = searcher.search(&Query::new("how do networks learn to translate?")?, Options::default().k(3)?)?;
//! assert_eq!(answer.hits.len(), 3);
//! # Ok::<(), paperkin::Error>(())
//! ```
//!
//! Features, both on by default: `server` is the HTTP service and the tools for assistants, `cli` the program. Without them none of what
//! they need is compiled.
//!
//! The library is synchronous and prints nothing; only [`server`] is asynchronous, and only [`cli`] prints.

pub mod citation;
#[cfg(feature = "cli")]
pub mod cli;
pub mod corpus;
mod durable;
// The cache, and some facts of models, only commands ask for.
#[cfg_attr(not(feature = "cli"), allow(dead_code, unused_imports))]
pub mod embed;
pub mod engine;
pub mod error;
pub mod evaluate;
mod folder_size;
pub mod full_text;
pub mod graph;
pub mod ingest;
#[cfg(feature = "server")]
mod lenient;
mod lines;
#[cfg(test)]
mod made_up;
pub mod map;
pub mod paper;
#[cfg(feature = "server")]
mod priority;
pub mod progress;
pub mod recall;
pub mod reembed;
pub mod search;
#[cfg(feature = "server")]
pub mod server;
pub mod store;

pub use error::{Error, Result};
