//! What does each address answer? One file a resource; handlers translate, and know nothing of threads.
//!
//! - `search`: which papers answer a question, or are related to others?
//! - `papers`: what is stored, and what does the service hold?
//! - `writing`: papers are added and removed
//! - `facets`: how many papers are there of each category and year?
//! - `embeddings`, `models`: what do programs get that were written for OpenAI's API?
//! - `mcp`: how does an assistant ask?
//! - `health`: does the service live, and can it answer?
//! - `openapi`: what can be asked, said so that programs can read it?

pub(super) mod embeddings;
pub(super) mod facets;
pub(super) mod health;
pub(super) mod mcp;
pub(super) mod models;
pub(super) mod openapi;
pub(super) mod papers;
pub(super) mod search;
pub(super) mod writing;
