//! MCP over standard input and output, until the input ends.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use rmcp::model::{ClientJsonRpcMessage, ServerJsonRpcMessage};
use rmcp::service::ServerInitializeError;
use rmcp::transport::io::{StdioReader, StdioWriter};
use rmcp::transport::{Transport, stdio_pipes};
use rmcp::{RoleServer, serve_server};
use serde::Serialize;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::sync::Mutex;
use tokio::task::JoinHandle;

use super::LARGEST_MESSAGE;
use super::messages::{Rejected, read, too_long};
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
    let streams = Streams::new();
    loop {
        match serve_server(tools.clone(), streams.clone()).await {
            Ok(running) => return running.waiting().await.map(drop).map_err(|error| io::Error::other(error).into()),
            // The input ended before the first message.
            Err(ServerInitializeError::ConnectionClosed(_)) => return Ok(()),
            Err(ServerInitializeError::TransportError { error, .. }) => return Err(io::Error::other(error).into()),
            // The client has not initialised the session, or has been told why it could not; it may try again.
            Err(error) => tracing::debug!(%error, "the session is not initialised"),
        }
    }
}

/// Standard input and output. Clones share them.
struct Streams {
    input: Arc<Mutex<Lines>>,
    output: Arc<Mutex<StdioWriter>>,
    /// An error is being written.
    writing: Option<JoinHandle<io::Result<()>>>,
}

/// Reads lines of limited length.
struct Lines {
    input: BufReader<StdioReader>,
    line: Vec<u8>,
    /// The rest of a line is skipped.
    is_too_long: bool,
}

enum Line {
    Complete(Vec<u8>),
    TooLong,
    End,
}

impl Streams {
    fn new() -> Self {
        let (input, output) = stdio_pipes();
        let input = Lines { input: BufReader::new(input), line: Vec::new(), is_too_long: false };
        Self { input: Arc::new(Mutex::new(input)), output: Arc::new(Mutex::new(output)), writing: None }
    }

    /// Writes a message as one line.
    fn write<M: Serialize>(&self, message: &M) -> impl Future<Output = io::Result<()>> + Send + use<M> {
        let line = serde_json::to_vec(message);
        let output = Arc::clone(&self.output);
        async move {
            let mut line = line?;
            line.push(b'\n');
            let mut output = output.lock().await;
            output.write_all(&line).await?;
            output.flush().await
        }
    }
}

impl Clone for Streams {
    fn clone(&self) -> Self {
        Self { input: Arc::clone(&self.input), output: Arc::clone(&self.output), writing: None }
    }
}

impl Transport<RoleServer> for Streams {
    type Error = io::Error;

    fn send(&mut self, message: ServerJsonRpcMessage) -> impl Future<Output = io::Result<()>> + Send + 'static {
        self.write(&message)
    }

    /// The next message that can be understood. It can be cancelled at any point: nothing read is lost, and errors are written by
    /// a task of their own.
    async fn receive(&mut self) -> Option<ClientJsonRpcMessage> {
        loop {
            if let Some(writing) = &mut self.writing {
                // If standard output is closed, the next answer fails too.
                let _ = writing.await;
                self.writing = None;
            }
            let line = self.input.lock().await.next().await;
            let answer = match line {
                Ok(Line::Complete(line)) => match read(&line) {
                    Ok(message) => return Some(message.message),
                    Err(Rejected::Request { answer, .. }) => answer,
                    Err(Rejected::Other) => continue,
                },
                Ok(Line::TooLong) => too_long(LARGEST_MESSAGE),
                Ok(Line::End) => return None,
                Err(error) => {
                    tracing::error!(%error, "standard input cannot be read");
                    return None;
                }
            };
            self.writing = Some(tokio::spawn(self.write(&answer)));
        }
    }

    async fn close(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Lines {
    /// The next line that is not blank; the last one needs no line end.
    async fn next(&mut self) -> io::Result<Line> {
        loop {
            let available = self.input.fill_buf().await?;
            let end = available.iter().position(|byte| *byte == b'\n');
            let is_end = available.is_empty() || end.is_some();
            let part = &available[..end.unwrap_or(available.len())];
            if self.line.len() + part.len() > LARGEST_MESSAGE {
                self.is_too_long = true;
                self.line.clear();
            }
            if !self.is_too_long {
                self.line.extend_from_slice(part);
            }
            let (is_last, consumed) = (available.is_empty(), end.map_or(part.len(), |end| end + 1));
            self.input.consume(consumed);
            if is_end && std::mem::take(&mut self.is_too_long) {
                return Ok(Line::TooLong);
            }
            if is_end && !self.line.trim_ascii().is_empty() {
                return Ok(Line::Complete(std::mem::take(&mut self.line)));
            }
            if is_last {
                return Ok(Line::End);
            }
            if is_end {
                self.line.clear();
            }
        }
    }
}
