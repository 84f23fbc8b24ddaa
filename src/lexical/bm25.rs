//! How well do a paper's words answer a question? By BM25F: BM25 over the frequencies of a word in title, abstract and
//! names, each weighed by its field.
//!
//! Robertson, Zaragoza & Taylor, "Simple BM25 extension to multiple weighted fields", CIKM 2004; the inverse document
//! frequency is the one that is never negative (Robertson & Zaragoza, "The probabilistic relevance framework: BM25 and
//! beyond", 2009, with the 1 inside the logarithm as in Lucene). Everything is counted over the papers that are there now, so the
//! scores depend neither on segments nor on what was replaced or removed before.

use tantivy::postings::Postings;
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocSet, TERMINATED, Term};

use super::Lexical;
use super::words::{Fields, words};

/// How fast a repeated word stops counting for more.
const K1: f32 = 0.9;
/// How much the length of a field counts, from not at all to in proportion.
const B: f32 = 0.4;
const TITLE: f32 = 1.0;
const ABSTRACT: f32 = 1.0;
const AUTHORS: f32 = 1.0;

/// The fields of words, their weights, and whether they hold stems.
pub(super) fn fields(fields: &Fields) -> [(Field, f32, bool); 3] {
    [(fields.title, TITLE, true), (fields.abstract_text, ABSTRACT, true), (fields.authors, AUTHORS, false)]
}

impl Lexical {
    /// The BM25F score of every row, 0 for a paper without any of the words.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub(super) fn bm25(&self, question: &str) -> tantivy::Result<Vec<f32>> {
        let mut scores = vec![0.0; self.rows];
        let mut frequencies = vec![0.0; self.rows];
        let mut found = Vec::new();
        for word in words(question) {
            for ((field, weight, stems), mean) in fields(&self.fields).into_iter().zip(self.mean_lengths) {
                let term = Term::from_field_text(field, if stems { &word.stem } else { &word.whole });
                for (segment, visible) in self.segments() {
                    let inverted = segment.reader.inverted_index(field)?;
                    let Some(mut postings) = inverted.read_postings(&term, IndexRecordOption::WithFreqs)? else {
                        continue;
                    };
                    let lengths = segment.reader.get_fieldnorms_reader(field)?;
                    let mut doc = postings.doc();
                    while doc != TERMINATED {
                        let row = segment.rows.get(doc as usize).copied().flatten().map(|row| row as usize);
                        if let Some(row) = row.filter(|row| visible.contains(*row)) {
                            if frequencies[row] == 0.0 {
                                found.push(row);
                            }
                            #[allow(clippy::cast_precision_loss)] // words of a text
                            let (frequency, length) = (postings.term_freq() as f32, lengths.fieldnorm(doc) as f32);
                            frequencies[row] += weight * frequency / (1.0 - B + B * length / mean);
                        }
                        doc = postings.advance();
                    }
                }
            }
            #[allow(clippy::cast_precision_loss)] // rows fit into 32 bits
            let (all, some) = (self.papers as f32, found.len() as f32);
            let rarity = (1.0 + (all - some + 0.5) / (some + 0.5)).ln();
            for row in found.drain(..) {
                scores[row] += rarity * frequencies[row] * (K1 + 1.0) / (frequencies[row] + K1);
                frequencies[row] = 0.0;
            }
        }
        Ok(scores)
    }
}
