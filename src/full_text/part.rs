//! What is a part of the index? That which lies in the folder, or some papers in memory.

use fixedbitset::FixedBitSet;
use tantivy::schema::Field;

use super::recent::Recent;
use super::written::Written;

/// Documents, each of a row of the store.
#[derive(Debug)]
pub(super) enum Part {
    Written(Written),
    Recent(Recent),
}

impl Part {
    pub fn is_in_memory(&self) -> bool {
        matches!(self, Self::Recent(_))
    }

    /// The rows that have a document.
    pub fn rows(&self) -> FixedBitSet {
        match self {
            Self::Written(written) => written.rows(),
            Self::Recent(recent) => recent.rows(),
        }
    }

    /// Number of documents.
    pub fn documents(&self) -> usize {
        match self {
            Self::Written(written) => written.documents(),
            Self::Recent(recent) => recent.documents(),
        }
    }

    /// No fewer documents than these have a word in one of some fields.
    pub fn fewest_having(&self, fields: &[Field], word: &str) -> tantivy::Result<usize> {
        match self {
            Self::Written(written) => written.fewest_having(fields, word),
            Self::Recent(recent) => Ok(recent.fewest_having(fields, word)),
        }
    }

    /// Hands out the row of each document that has a word in a field, how often it has it, and the number of words that it has there
    /// as one of 256 that tantivy tells apart (`FieldNormReader::id_to_fieldnorm`).
    pub fn each(&self, field: Field, word: &str, visit: impl FnMut(u32, u32, u8)) -> tantivy::Result<()> {
        match self {
            Self::Written(written) => written.each(field, word, visit),
            Self::Recent(recent) => {
                recent.each(field, word, visit);
                Ok(())
            }
        }
    }

    /// The number of words that some rows have in a field.
    pub fn words_in(&self, field: Field, rows: &FixedBitSet) -> tantivy::Result<u64> {
        match self {
            Self::Written(written) => written.words_in(field, rows),
            Self::Recent(recent) => Ok(recent.words_in(field, rows)),
        }
    }
}
