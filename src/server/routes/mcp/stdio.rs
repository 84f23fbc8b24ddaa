//! MCP over standard input and output, until the input ends.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use rmcp::service::ServerInitializeError;
use rmcp::transport::stdio_pipes;
use rmcp::{RoleServer, serve_server, service::RunningService};

use super::tools::Tools;
use crate::error::Result;
use crate::search::Searcher;
use crate::server::settings::Settings;
use crate::server::stop;
use crate::server::work::service::Service;

/// Serves MCP on standard input and output until the input ends, or until SIGINT or SIGTERM. Nothing else may write to
/// standard output.
///
/// # Errors
/// When the streams fail, or when a thread cannot be started.
pub fn serve_stdio(searcher: Arc<Searcher>, settings: Settings) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let outcome = runtime.block_on(async {
        let stop = stop::signal()?;
        let tools = Tools::new(Service::start(searcher, settings)?);
        tracing::info!("reading messages of an MCP client from standard input");
        tokio::select! {
            () = stop => Ok(()),
            ended = answer(tools) => ended,
        }
    });
    // A thread that reads standard input cannot be interrupted; it ends with the process.
    runtime.shutdown_timeout(Duration::from_millis(200));
    outcome
}

async fn answer(tools: Tools) -> Result<()> {
    let started: std::result::Result<RunningService<RoleServer, Tools>, _> = serve_server(tools, stdio_pipes()).await;
    match started {
        Ok(running) => running.waiting().await.map(drop).map_err(|error| io::Error::other(error).into()),
        // The input ended before the first message.
        Err(ServerInitializeError::ConnectionClosed(_)) => Ok(()),
        Err(error) => Err(io::Error::other(error).into()),
    }
}
