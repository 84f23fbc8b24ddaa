//! What does each address answer? One file a resource; handlers translate, and leave work to `work`.
//!
//! - `search`: which papers answer a question, or are related to others?
//! - `papers`: what is stored, and what does the service hold?
//! - `writing/`: papers are added and removed
//! - `facets`: how many papers are there of each category and year?
//! - `overview`: what does the collection hold, and which queries fit it?
//! - `map`: what does the collection look like?
//! - `feed`: what is new for a saved question?
//! - `embeddings`, `models`: what do programs get that were written for OpenAI's API?
//! - `mcp/`: how does an assistant ask?
//! - `health`: does the service live, and can it answer?
//! - `metrics`: how is it doing?
//! - `openapi`: what can be asked, said so that programs can read it?
//! - `fallback`: what is told where nothing answers?

use axum::extract::FromRef;

use super::work::service::Service;
use super::work::workers::Workers;

pub(super) mod embeddings;
pub(super) mod facets;
pub(super) mod fallback;
pub(super) mod feed;
pub(super) mod health;
pub(super) mod map;
pub(super) mod mcp;
pub(super) mod metrics;
pub(super) mod models;
pub(super) mod openapi;
pub(super) mod overview;
pub(super) mod papers;
pub(super) mod search;
pub(super) mod writing;

/// Most handlers need nothing else.
impl FromRef<Service> for Workers {
    fn from_ref(service: &Service) -> Self {
        service.workers().clone()
    }
}
