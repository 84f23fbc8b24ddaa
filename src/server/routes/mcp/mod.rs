//! The Model Context Protocol (MCP): four tools, over HTTP at `/mcp` and over standard input and output by `paperkin mcp`.
//!
//! - `tools`: the tools.
//! - `arguments`: their arguments.
//! - `reading`: how arguments are read.
//! - `results`: their results, as text and as structured content.
//! - `stdio`: the transport over standard input and output.

use std::sync::Arc;

use axum::Router;
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use rmcp::transport::{StreamableHttpServerConfig, StreamableHttpService};

use crate::server::work::service::Service;
use tools::Tools;

mod arguments;
mod reading;
mod results;
mod stdio;
mod tools;

pub use stdio::serve_stdio;

/// Maximum size of a message, in bytes.
const LARGEST_MESSAGE: usize = 256 << 10;

/// The tools at `/mcp`, over streamable HTTP, without sessions and with JSON responses.
pub(crate) fn routes(service: &Service) -> Router<Service> {
    let tools = Tools::new(service.clone());
    let config = StreamableHttpServerConfig::default()
        .with_legacy_session_mode(false)
        .with_json_response(true)
        .with_max_request_body_bytes(LARGEST_MESSAGE)
        // `guard` checks both for all routes.
        .disable_allowed_hosts()
        .disable_allowed_origins();
    let sessions = Arc::new(NeverSessionManager::default());
    Router::new().route_service("/mcp", StreamableHttpService::new(move || Ok(tools.clone()), sessions, config))
}
