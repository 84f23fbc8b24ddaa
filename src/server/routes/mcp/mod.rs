//! The Model Context Protocol (MCP): tools for assistants, over HTTP at `/mcp` and over standard input and output by `paperkin mcp`.
//!
//! - `tools`: the tools.
//! - `arguments`: their arguments.
//! - `reading`: how arguments are read.
//! - `results`: their results, as text and as structured content.
//! - `review`: the results of the tools for literature reviews.
//! - `budget`: the maximum size of a result.
//! - `messages`: which messages are passed on, and which are answered by an error.
//! - `http`: the transport over HTTP.
//! - `stdio`: the transport over standard input and output.

mod arguments;
mod budget;
mod http;
mod messages;
mod reading;
mod results;
mod review;
mod stdio;
mod tools;

pub(crate) use http::routes;
pub use stdio::serve_stdio;

/// Maximum size of a message, in bytes.
const LARGEST_MESSAGE: usize = 256 << 10;
