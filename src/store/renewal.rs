//! Reads stored titles and abstracts by the present rules: a paper keeps the text that an older version of the program made until
//! then.

use rusqlite::params;

use super::commit;
use super::generation::finish;
use super::lock::Lock;
use super::plan::{Known, Plan, Stored, merged};
use super::refusal::database;
use super::{DocId, Sentences, State, Store, record, to_i64, vectors};
use crate::corpus::text;
use crate::embed::{Embedding, Fingerprint};
use crate::error::{Error, Result};
use crate::paper::{Paper, PaperId};

/// A stored paper whose text was made by older rules, and what the present rules make of it.
pub(crate) struct Renewal {
    /// The row of its vector.
    pub doc: DocId,
    before: Stored,
    after: Stored,
}

impl Renewal {
    fn new(doc: DocId, before: Stored) -> Self {
        let mut contributions = before.contributions.clone();
        for contribution in &mut contributions {
            make_readable(&mut contribution.paper);
        }
        let paper = match contributions.as_slice() {
            [only] => only.paper.clone(),
            several => merged(&before.paper.id, &[], several),
        };
        Self { doc, before, after: Stored { paper, contributions } }
    }

    /// The paper with its new text, if that differs: it needs a new embedding.
    pub fn to_embed(&self) -> Option<&Paper> {
        (self.after.paper.content_hash() != self.before.paper.content_hash()).then_some(&self.after.paper)
    }
}

fn make_readable(paper: &mut Paper) {
    paper.title = text::readable(&paper.title);
    paper.abstract_text = text::readable(&paper.abstract_text);
}

impl Store {
    /// The first `count` papers after the row `after` whose text was made by older rules, in the order of rows.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub(crate) fn older_texts(&self, after: Option<DocId>, count: usize) -> Result<Vec<Renewal>> {
        let papers = self.papers()?;
        papers.begin_view()?;
        let query = "SELECT id, row FROM papers WHERE text_rules < ?1 AND row > ?2 ORDER BY row LIMIT ?3";
        (|| {
            let connection = papers.connection();
            let mut statement = connection.prepare_cached(query)?;
            let after = after.map_or(-1, |doc| i64::from(doc.0));
            let mut rows = statement.query(params![text::VERSION, after, to_i64(count as u64)])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                let id = PaperId::of_stored(&row.get::<_, String>(0)?);
                if let Some(before) = connection.stored(&id)? {
                    found.push(Renewal::new(DocId(row.get(1)?), before));
                }
            }
            Ok(found)
        })()
        .map_err(|source| database(self.dir(), source))
    }

    /// Stores papers with their new text durably, all or none. A paper whose text differs needs an embedding of this fingerprint, and
    /// is left as it is without one; so is a paper that another writer has changed in the meantime.
    ///
    /// # Errors
    /// As [`Store::commit`].
    pub(crate) fn renew_texts(
        &self,
        fingerprint: &Fingerprint,
        renewals: &[(Renewal, Option<(Embedding, Sentences)>)],
    ) -> Result<()> {
        let _lock = Lock::acquire(self.dir())?;
        let failed = |source| database(self.dir(), source);
        let mut papers = self.papers()?;
        let (transaction, mut generation) = papers.begin_writing()?;
        if generation.fingerprint != *fingerprint {
            return Err(Error::ModelChanged {
                dir: self.dir().to_owned(),
                now: Box::new(generation.fingerprint.summary()),
                before: Box::new(fingerprint.summary()),
            });
        }
        let number = to_i64(generation.commits + 1);
        let mut embeddings = Vec::new();
        for (renewal, vectors) in renewals {
            let Renewal { before, after, .. } = renewal;
            let id = &before.paper.id;
            if transaction.stored(id).map_err(failed)?.as_ref() != Some(before) {
                continue;
            }
            if before == after {
                let known = "UPDATE papers SET text_rules = ?2 WHERE id = ?1";
                (|| transaction.prepare_cached(known)?.execute(params![id.as_str(), text::VERSION]))()
                    .map_err(failed)?;
                continue;
            }
            let row = match (renewal.to_embed(), vectors) {
                (Some(_), None) => continue,
                (Some(_), Some((embedding, sentences))) => {
                    record::write_sentences(&transaction, id, sentences).map_err(failed)?;
                    embeddings.push(embedding);
                    Some(to_i64(generation.rows + embeddings.len() as u64 - 1))
                }
                (None, _) => None,
            };
            let plan = Plan {
                state: State::TextDiffers,
                paper: after.paper.clone(),
                absorbed: Vec::new(),
                contradicted: None,
                contributions: after.contributions.clone(),
            };
            commit::write(&transaction, &plan, &[], row, (number, text::VERSION)).map_err(failed)?;
        }
        if !embeddings.is_empty() {
            vectors::append(self.dir(), &generation, &embeddings)?;
            generation.rows += embeddings.len() as u64;
        }
        finish(transaction, generation).map_err(failed)
    }
}
