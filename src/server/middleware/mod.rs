//! Through what does every request go before it is answered?
//!
//! - `log`: what happened to it?
//! - `headers`: what are browsers told beside its answer?
//! - `guard`: does it come from where it says?
//! - `rate_limit`: may this client ask once more?
//! - `authorised`: may this client write?

pub(super) mod authorised;
pub(super) mod guard;
pub(super) mod headers;
pub(super) mod log;
pub(super) mod rate_limit;
