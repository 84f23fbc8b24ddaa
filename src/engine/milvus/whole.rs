//! Reads all papers, for export and for copies to another collection.

use super::Milvus;
use super::client::Rows;
use super::expression::ALL;
use super::record::{Record, decode_sentences};
use super::schema::{PAPERS, RECORD, SENTENCES, VECTOR};
use crate::embed::Embedding;
use crate::error::{Error, Result};
use crate::paper::Paper;
use crate::store::WholePaper;

/// Papers in a request. Each has 3 to 15 kB, and an answer may have 4 MB.
const PAGE: usize = 250;

impl Milvus {
    /// Passes all papers with their vectors to `visit`; without `with_vectors`, with empty ones.
    pub(super) fn exported(
        &self,
        with_vectors: bool,
        visit: &mut dyn FnMut(&Paper, &[f32]) -> Result<()>,
    ) -> Result<()> {
        let fields: &[&str] = if with_vectors { &[RECORD, VECTOR] } else { &[RECORD] };
        self.client.for_each_page(&all_papers(fields), |page| {
            let vectors = if with_vectors { page.vectors(VECTOR)? } else { &[] };
            for (row, record) in page.texts(RECORD)?.iter().enumerate() {
                let vector = vectors.get(row).map(Vec::as_slice).unwrap_or_default();
                visit(&Record::decode(record)?.paper, vector)?;
            }
            Ok(true)
        })
    }

    /// Passes all papers with everything that is stored of them to `visit`, a page at a time.
    pub(super) fn whole(&self, visit: &mut dyn FnMut(Vec<WholePaper>) -> Result<()>) -> Result<()> {
        self.client.for_each_page(&all_papers(&[RECORD, VECTOR, SENTENCES]), |page| {
            let values = page.vectors(VECTOR)?.iter().zip(page.texts(SENTENCES)?);
            let rows = page.texts(RECORD)?.iter().zip(values);
            let whole = rows.map(|(record, (vector, sentences))| {
                let record = Record::decode(record)?;
                let what = || format!("the vector of `{}` does not have length 1", record.paper.id);
                let embedding =
                    Embedding::of_unit(vector.clone()).ok_or_else(|| Error::ServerAnswer { what: what() })?;
                let sentences = decode_sentences(sentences);
                Ok(WholePaper { stored: record.stored(), former: record.former, embedding, sentences })
            });
            visit(whole.collect::<Result<_>>()?)?;
            Ok(true)
        })
    }
}

fn all_papers<'a>(fields: &'a [&'a str]) -> Rows<'a> {
    Rows { collection: PAPERS, filter: ALL.to_owned(), fields, limit: PAGE, in_order: true }
}
