//! Through what does every request go before it is answered?
//!
//! - `log`: what happened to it?
//! - `headers`: what are browsers told beside its answer?
//! - `openai`: do errors below `/v1` have the form of OpenAI's API?
//! - `panics`: what if its handler fails?
//! - `guard`: does it come from where it says?
//! - `cors`: what may pages of other origins do?
//! - `rate_limit`: may this client ask once more?
//! - `deadline`: how long may its answer take?
//! - `authorised`: may this client write?

pub(super) mod authorised;
pub(super) mod cors;
pub(super) mod deadline;
pub(super) mod guard;
pub(super) mod headers;
pub(super) mod log;
pub(super) mod openai;
pub(super) mod panics;
pub(super) mod rate_limit;
