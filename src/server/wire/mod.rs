//! The types of requests and responses. Nothing here computes.
//!
//! Requests:
//! - `request`: reads query strings, JSON bodies and ids in paths.
//! - `finding`: the parameters of searches.
//! - `fields`: selection of the fields of papers.
//! - `cursor`: pagination.
//! - `lines`: the lines of a streamed body.
//!
//! Responses:
//! - `answer`: hits and papers.
//! - `comparison`: the comparison of two papers.
//! - `details`: bibliographic details of papers.
//! - `understood`: how a query was read.
//! - `atom`: hits as an Atom feed.
//! - `cite`: papers as a bibliography.
//! - `status`: the state of the store.
//! - `written`: the outcome of adding papers.
//! - `tagged`: conditional requests with an `ETag`.
//! - `problem`: errors as problem details.
//! - `responses`: the responses in the OpenAPI description.
//!
//! In the format of OpenAI's API:
//! - `embeddings`: requests for embeddings, and their responses.
//! - `openai`: errors and model names.
//!
//! In the formats of other services:
//! - `rerank`: requests for scores of texts, and their responses.

pub(super) mod answer;
pub(super) mod atom;
pub(super) mod cite;
pub(super) mod comparison;
pub(super) mod cursor;
pub(super) mod details;
pub(super) mod embeddings;
pub(super) mod fields;
pub(super) mod finding;
pub(super) mod lines;
pub(super) mod openai;
pub(super) mod problem;
pub(super) mod request;
pub(super) mod rerank;
pub(super) mod responses;
pub(super) mod status;
pub(super) mod tagged;
pub(super) mod understood;
pub(super) mod written;
