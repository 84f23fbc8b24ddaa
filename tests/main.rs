//! Everything that is tested through the public surface: the library's, and the program's.

#![allow(clippy::unwrap_used, clippy::print_stderr, clippy::print_stdout)] // a test fails by panicking, and says what it left out

mod support;

mod api; // pages of hits, fields, lists, OpenAPI
mod architecture; // ARCHITECTURE.md tells of what is there
mod citation; // BibTeX, RIS and CSL-JSON
mod cli; // what commands print, and with which exit status
mod clients; // what programs of others read and ask, by Python
mod corpus; // real and made-up corpora, and the sample
mod docs; // the documentation: its commands, links, lines and terms
mod embedder; // golden vectors, kernels, padding, truncation, broken model files
mod embeddings; // texts to vectors in the form of OpenAI's API
mod errors; // the text of every error message
mod evaluate; // judged test sets
mod examples; // the programs in examples/
mod facets; // numbers by category and year, against a look at each paper
mod feed; // saved questions as Atom
#[cfg(unix)]
mod fetch; // the model from every source, and from none
mod filters; // a filter that matches m papers gives min(k, m), in every mode
#[cfg(target_os = "linux")]
mod instances; // several services on one store, one of which may not write there
mod killed; // `kill -9` and Ctrl-C at any moment lose nothing
mod map; // a picture of the collection: what is alike lies together, and stays where it is
mod mcp; // the tools for assistants
mod models; // every kind of model agrees with its reference implementation
mod page; // the page in Chromium, by scripts in tests/page
#[cfg(target_os = "linux")]
mod power_loss; // what was not synced is lost, and nothing else; full disks and read-only ones
mod recall; // what the graph finds, and how searches are tuned
mod recorded; // answers on the sample are what they were
mod reembed; // another model for a store, while it is searched and written
mod relevance; // the right papers, with the real model
mod rerank; // a cross-encoder agrees with its reference, and orders the first hits
mod server; // the API and the page
mod service; // who may ask, figures, the log, limits, sockets
mod store; // adding, changing, reopening, damage, old formats
mod upkeep; // removing, compacting, exporting, copying, two writers
mod view; // an answer is of one moment, and a long one does not keep the log
mod words; // the index of words, its state beside the papers, and what it adds to a search
mod writing; // papers come and go over HTTP
