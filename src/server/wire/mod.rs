//! What do requests and answers look like?
//!
//! - `request`: what does a client ask for?
//! - `finding`: what can be asked for?
//! - `fields`: which fields of papers does a client want?
//! - `cursor`: which page comes next?
//! - `lines`: which lines are in a body that never ends?
//! - `answer`: what do answers look like?
//! - `atom`: what is new for a saved question?
//! - `cite`: how are papers downloaded as a bibliography?
//! - `problem`: what does an error look like?
//! - `responses`: what may the answers be, as OpenAPI tells them?
//! - `tagged`: has the client just that already?

pub(super) mod answer;
pub(super) mod atom;
pub(super) mod cite;
pub(super) mod cursor;
pub(super) mod fields;
pub(super) mod finding;
pub(super) mod lines;
pub(super) mod problem;
pub(super) mod request;
pub(super) mod responses;
pub(super) mod tagged;
