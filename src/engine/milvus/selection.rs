//! A set of papers: an expression, which the server evaluates, and what was found out about the set so far.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use super::client::Rows;
use super::expression::{self, ALL};
use super::moment::MilvusMoment;
use super::schema::{ID, PAPERS};
use crate::engine::Moment;
use crate::error::Result;
use crate::store::DocId;

/// A set of papers.
#[derive(Debug)]
pub struct Selection {
    expression: String,
    found_out: Mutex<FoundOut>,
}

#[derive(Debug, Default)]
struct FoundOut {
    count: Option<usize>,
    /// How many of the papers that the moment has seen were compared with the set, and which of these are in it.
    compared: usize,
    inside: HashSet<DocId>,
}

impl Selection {
    pub(super) fn of(expression: String) -> Self {
        Self { expression, found_out: Mutex::default() }
    }

    pub(super) fn expression(&self) -> &str {
        &self.expression
    }

    /// Keeps the papers that are in another set, or those that are not.
    pub(super) fn restrict(&mut self, to: &Self, inside: bool) {
        let other = if inside { to.expression.clone() } else { expression::not(&to.expression) };
        *self = Self::of(expression::all([std::mem::take(&mut self.expression), other]));
    }

    /// Number of papers.
    pub(super) fn count(&self, moment: &MilvusMoment<'_>) -> Result<usize> {
        if self.expression == ALL {
            return Ok(moment.papers());
        }
        let mut found_out = self.found_out.lock().unwrap_or_else(PoisonError::into_inner);
        match found_out.count {
            Some(count) => Ok(count),
            None => Ok(*found_out.count.insert(moment.engine.client.count(PAPERS, &self.expression)?)),
        }
    }

    /// Whether a paper is in the set. All papers that the moment has seen are compared at once.
    pub(super) fn contains(&self, moment: &MilvusMoment<'_>, doc: DocId) -> Result<bool> {
        if self.expression == ALL {
            return Ok(true);
        }
        let mut found_out = self.found_out.lock().unwrap_or_else(PoisonError::into_inner);
        if doc.row() >= found_out.compared {
            let (among, seen) = {
                let seen = moment.docs.lock();
                let new = &seen.ids[found_out.compared.min(seen.ids.len())..];
                (expression::with_ids(new.iter().map(String::as_str)), seen.ids.len())
            };
            let filter = expression::all([among, self.expression.clone()]);
            let limit = seen - found_out.compared;
            let wanted = Rows { collection: PAPERS, filter, fields: &[ID], limit, in_order: false };
            let rows = moment.engine.client.rows(&wanted)?;
            let mut seen_docs = moment.docs.lock();
            let inside: Vec<DocId> = rows.texts(ID)?.iter().map(|id| seen_docs.doc_of(id)).collect();
            found_out.inside.extend(inside);
            found_out.compared = seen;
        }
        Ok(found_out.inside.contains(&doc))
    }
}
