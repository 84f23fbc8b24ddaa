//! Semantic search over scientific papers, on one's own machine.
//!
//! The modules follow the way of the data: a [`corpus`] yields [`paper`]s, [`embed`] turns their text into unit
//! vectors, [`ingest`] brings both into the [`store`], [`reembed`] gives that another model, [`graph`] finds the rows nearest to a vector, and [`search`]
//! answers. [`server`] and [`cli`] are how people meet it.
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
pub mod graph;
pub mod ingest;
#[cfg(feature = "server")]
mod lenient;
pub mod lexical;
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
