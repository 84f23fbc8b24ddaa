//! The handlers, one file a resource. They translate between `wire` and `work`.
//!
//! - `search`: search, and related papers.
//! - `compare`: what two papers share.
//! - `papers`: single papers, the list of papers, and the status of the store.
//! - `writing/`: adds and deletes papers.
//! - `facets`: number of papers of each category and year.
//! - `suggest`: completes the operator that is being typed.
//! - `overview`: what the collection holds, and example queries.
//! - `map`: the map of the collection.
//! - `feed`: the newest hits of a query as an Atom feed.
//! - `embeddings`, `models`: embeddings in the format of OpenAI's API.
//! - `rerank`: scores of texts, by the cross-encoder.
//! - `mcp/`: tools for MCP clients.
//! - `health`: liveness and readiness.
//! - `metrics`: metrics in OpenMetrics format.
//! - `openapi`: the OpenAPI description.
//! - `fallback`: unknown routes and methods.

use axum::extract::FromRef;

use super::work::service::Service;
use super::work::workers::Workers;

pub(super) mod compare;
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
pub(super) mod rerank;
pub(super) mod search;
pub(super) mod suggest;
pub(super) mod writing;

/// Most handlers need only the search threads.
impl FromRef<Service> for Workers {
    fn from_ref(service: &Service) -> Self {
        service.workers().clone()
    }
}
