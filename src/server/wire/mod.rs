//! What do requests and answers look like? Types and texts alone: nothing here computes.
//!
//! Requests:
//! - `request`: how are query strings, bodies and paths read?
//! - `finding`: what can be asked for?
//! - `fields`: which fields of papers does a client want?
//! - `cursor`: which page comes next?
//! - `lines`: which lines are in a body that never ends?
//!
//! Answers:
//! - `answer`: what do ranked papers, and single ones, look like?
//! - `atom`: how are hits told to feed readers?
//! - `cite`: how are papers downloaded as a bibliography?
//! - `status`: what does the service hold?
//! - `written`: what became of papers that were sent?
//! - `tagged`: has the client just that already?
//! - `problem`: what does an error look like?
//! - `responses`: what may answers be, as OpenAPI tells them?
//!
//! In the form of OpenAI's API:
//! - `embeddings`: which texts are to be embedded, and what do their vectors look like?
//! - `openai`: what do errors look like, and what are models called?

pub(super) mod answer;
pub(super) mod atom;
pub(super) mod cite;
pub(super) mod cursor;
pub(super) mod embeddings;
pub(super) mod fields;
pub(super) mod finding;
pub(super) mod lines;
pub(super) mod openai;
pub(super) mod problem;
pub(super) mod request;
pub(super) mod responses;
pub(super) mod status;
pub(super) mod tagged;
pub(super) mod written;
