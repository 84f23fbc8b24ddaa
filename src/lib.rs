//! Semantic search over scientific papers on your own machine.
//!
//! The modules follow the data flow: [`corpus`] reads [`paper`]s from files, [`embed`] turns their text into unit
//! vectors, [`ingest`] writes both to the [`store`], [`reembed`] moves a store to another model, [`renew`] brings old texts up to date, [`graph`] finds
//! approximate nearest neighbours, and [`search`] answers queries. [`server`] and [`cli`] are the user interfaces.
//!
//! Create a store, fill it with the sample collection and search it:
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
//! // A folder in sentence-transformers layout; `find_or_fetch` finds or downloads known models by name.
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
//! Features, both on by default: `server` is the HTTP service with its MCP tools, `cli` is the program. Without them,
//! none of their dependencies is compiled.
//!
//! The library is synchronous and prints nothing. Only [`server`] is asynchronous, and only [`cli`] prints.

pub mod citation;
#[cfg(feature = "cli")]
pub mod cli;
pub mod corpus;
// Only commands distil.
#[cfg_attr(not(feature = "cli"), allow(dead_code))]
pub mod distil;
mod durable;
// Only commands use the embedding cache and some facts about models.
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
mod letters;
mod lines;
#[cfg(test)]
mod made_up;
pub mod map;
pub mod paper;
#[cfg(feature = "server")]
mod priority;
pub mod progress;
// Only commands and the service use it.
#[cfg_attr(not(feature = "cli"), allow(dead_code))]
pub mod quick;
pub mod recall;
pub mod reembed;
pub mod renew;
pub mod search;
#[cfg(feature = "server")]
pub mod server;
pub mod store;

pub use error::{Error, Result};
