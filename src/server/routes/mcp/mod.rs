//! How does an assistant ask? The Model Context Protocol: four tools, at `/mcp` over HTTP and by `paperkin mcp` over standard input
//! and output.
//!
//! - `tools`: which tools does it have?
//! - `arguments`: what may it ask for?
//! - `results`: what is it told?
//! - `stdio`: how does a program ask that has started this one?

use std::sync::Arc;

use axum::Router;
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use rmcp::transport::{StreamableHttpServerConfig, StreamableHttpService};

use crate::server::work::service::Service;
use tools::Tools;

mod arguments;
mod results;
mod stdio;
mod tools;

pub use stdio::serve_stdio;

/// A message has a question and a few filters.
const LARGEST_MESSAGE: usize = 64 << 10;

/// The tools at `/mcp`, over streamable HTTP. Each request stands alone: no session is kept, and each is answered with JSON.
pub(crate) fn routes(service: &Service) -> Router<Service> {
    let tools = Tools::new(service.clone());
    let config = StreamableHttpServerConfig::default()
        .with_legacy_session_mode(false)
        .with_json_response(true)
        .with_max_request_body_bytes(LARGEST_MESSAGE)
        // `guard` has compared both with the service's settings, by one rule for all addresses.
        .disable_allowed_hosts()
        .disable_allowed_origins();
    let sessions = Arc::new(NeverSessionManager::default());
    Router::new().route_service("/mcp", StreamableHttpService::new(move || Ok(tools.clone()), sessions, config))
}
