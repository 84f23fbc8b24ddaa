//! Everything that is tested through the public surface: the library's, and the program's.

#![allow(clippy::unwrap_used, clippy::print_stderr, clippy::print_stdout)] // a test fails by panicking, and says what it left out

mod support;

mod advice; // measuring models, and comparing them with their published scores
mod api; // pages of hits, fields, lists, OpenAPI
mod architecture;
mod archive; // ARCHITECTURE.md tells of what is there
mod citation; // BibTeX, RIS and CSL-JSON
mod cli; // output, exit status and help of the commands
mod clients; // clients of other projects, and the Python package
mod comparison; // several test sets and models in one table, ablation, pools
mod copying; // copies of a collection, and duplicates
mod corpus; // real and made-up corpora, and the sample
mod distil; // a static model that imitates another one
mod docs; // the documentation: its commands, links, lines and terms
mod embedder; // golden vectors, kernels, padding, truncation, broken model files
mod embeddings; // the OpenAI-compatible embeddings
mod errors; // the text of every error message
mod evaluate; // `paperkin evaluate` on one test set
mod examples; // the programs in examples/
mod facets; // counts by category and year, against a look at each paper
mod feed; // saved queries as Atom feeds
#[cfg(unix)]
mod fetch; // fetching a model from every source, and failing at all of them
mod filters; // a filter that matches m papers gives min(k, m) hits in every mode
#[cfg(target_os = "linux")]
mod identity; // one paper from several files, and a wrong merge undone
mod instances; // several services on one store, one of them read-only
mod kernels; // kernels are measured once, and 8 bits give nearly the same vectors
mod killed; // `kill -9` and Ctrl-C at any moment lose nothing
mod map; // the map of the collection: similar papers are near each other, and stay in place
mod mcp; // the tools for assistants
mod metrics; // metrics and significance agree with trec_eval
#[cfg(feature = "milvus")]
mod milvus; // papers on a Milvus server
mod models; // every kind of model agrees with its reference implementation
mod page; // the page in Chromium, with the scripts in tests/page
#[cfg(target_os = "linux")]
mod power_loss; // only unsynced data is lost; full and read-only disks
mod proxy;
mod query_words; // misspelt words, stop words, long queries, other languages
mod question; // queries with operators, ids, titles, names and years
mod quick; // papers are found before they are embedded
mod recall; // recall of the graph, and the tuning of searches
mod recorded; // answers on the sample equal recorded ones
mod reembed; // changing the model of a store while it is searched and written
mod related; // papers related to others, by embeddings and words
mod relevance; // relevant papers rank first, with the default model
mod renewal; // texts of older versions are made readable
mod rerank; // a cross-encoder agrees with its reference and reranks the first hits
mod server; // the API and the page
mod service; // access, metrics, log, limits, sockets
mod store; // adding, changing, reopening, damage, old formats
mod upkeep; // remove, compact, export, snapshot, two writers
mod view; // answers are consistent, and long requests do not pin the log
mod without_model;
mod words; // the full-text index, its state relative to the papers, and its effect on searches
mod writing; // adding and deleting papers over HTTP
