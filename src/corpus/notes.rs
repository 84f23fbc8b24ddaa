//! What was not read of a file: values that could not be used, and fields that are not known.

use serde::Serialize;

use super::record::Loss;

/// Maximum number of different fields that are counted.
const MOST_FIELDS: usize = 100;

/// What was not read of one file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Notes {
    /// The name of the file.
    pub file: String,
    /// Values that could not be used, by field. The rest of their records was read.
    pub lost: Vec<LostValues>,
    /// Fields that look like part of a paper, and that are not read.
    pub unread: Vec<UnreadField>,
}

/// Values of one field that could not be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LostValues {
    /// The name of the field in the file.
    pub field: String,
    /// Number of records that lost it.
    pub count: u64,
    /// The line of the first of them.
    pub line: u64,
    /// The reason for the first of them.
    pub reason: String,
}

/// A field that is not read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnreadField {
    /// The name of the field in the file.
    pub field: String,
    /// Number of records that have it.
    pub count: u64,
}

impl Notes {
    pub(super) fn new(file: &str) -> Self {
        Self { file: file.to_owned(), ..Self::default() }
    }

    /// Whether everything was read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lost.is_empty() && self.unread.is_empty()
    }

    pub(super) fn count(&mut self, line: u64, loss: Loss) {
        if let Some(known) = self.lost.iter_mut().find(|lost| lost.field == loss.field) {
            known.count += 1;
        } else if self.lost.len() < MOST_FIELDS {
            self.lost.push(LostValues { field: loss.field, count: 1, line, reason: loss.reason });
        }
    }

    pub(super) fn count_unread(&mut self, fields: &[String]) {
        for field in fields {
            if let Some(known) = self.unread.iter_mut().find(|unread| unread.field == *field) {
                known.count += 1;
            } else if self.unread.len() < MOST_FIELDS {
                self.unread.push(UnreadField { field: field.clone(), count: 1 });
            }
        }
    }
}
