//! The middleware that requests pass through before their handler, from the outside to the inside.
//!
//! - `log`: request ids, the access log and request metrics.
//! - `headers`: security headers of every response.
//! - `openai`: errors below `/v1` in the format of OpenAI's API.
//! - `panics`: the response to a panic in a handler.
//! - `forwarded`: the service as the client sees it, behind proxies.
//! - `guard`: checks of `Host` and `Origin`.
//! - `coding`: compression of requests and responses.
//! - `cors`: cross-origin access for allowed origins.
//! - `rate_limit`: requests a second for each client.
//! - `deadline`: the time limit of a request.
//! - `authorised`: the token for writing.

pub(super) mod authorised;
pub(super) mod coding;
pub(super) mod cors;
pub(super) mod deadline;
pub(super) mod forwarded;
pub(super) mod guard;
pub(super) mod headers;
pub(super) mod log;
pub(super) mod openai;
pub(super) mod panics;
pub(super) mod rate_limit;
