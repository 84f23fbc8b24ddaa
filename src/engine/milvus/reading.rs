//! What a moment reads of the server: each paper and each alias once.

use std::collections::HashSet;
use std::sync::{Arc, PoisonError};

use super::client::{MOST_ROWS, Rows};
use super::counts::State;
use super::docs::Known;
use super::expression;
use super::moment::MilvusMoment;
use super::record::Record;
use super::schema::{ALIASES, COUNTS, ID, PAPERS, RECORD, VALUE};
use super::selection::Selection;
use super::{Milvus, Words};
use crate::error::{Error, Result};
use crate::full_text::{FullText, Scored};
use crate::paper::{Paper, PaperId};
use crate::store::DocId;

pub(super) fn as_strs(ids: &[String]) -> Vec<&str> {
    ids.iter().map(String::as_str).collect()
}

impl<'a> MilvusMoment<'a> {
    pub(super) fn new(engine: &'a Milvus, state: Arc<State>, words: Arc<Words>) -> Self {
        let (docs, aliases, failed) = Default::default();
        Self { engine, state, words, docs, aliases, failed }
    }

    pub(super) fn read_words<T>(&self, read: impl FnOnce(&FullText) -> Option<T>) -> Result<T> {
        let damaged = || Error::ServerAnswer { what: "the words of the collection cannot be used".to_owned() };
        read(&self.words.full_text).ok_or_else(damaged)
    }

    /// The value, or the one of a failed call, which [`Moment::check`] reports.
    pub(super) fn or_failed<T: Default>(&self, result: Result<T>) -> T {
        result.unwrap_or_else(|error| {
            self.failed.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
            T::default()
        })
    }

    /// Reads what is not yet known of some papers.
    pub(super) fn fetch(
        &self,
        docs: &[DocId],
        fields: &[&'static str],
        is_known: impl Fn(&Known) -> bool,
    ) -> Result<()> {
        let missing: Vec<DocId> = {
            let seen = self.docs.lock();
            let unknown = |doc: &&DocId| {
                let known = seen.known(**doc);
                !known.is_gone && !is_known(&known)
            };
            docs.iter().filter(unknown).copied().collect()
        };
        let mut found = HashSet::new();
        for rows in self.engine.client.rows_by_ids(PAPERS, &as_strs(&self.ids_of(&missing)), fields)? {
            found.extend(self.docs.take_in(&rows)?);
        }
        let mut seen = self.docs.lock();
        for doc in missing.iter().filter(|doc| !found.contains(doc)) {
            seen.known_mut(*doc).is_gone = true;
        }
        Ok(())
    }

    pub(super) fn ids_of(&self, docs: &[DocId]) -> Vec<String> {
        let seen = self.docs.lock();
        docs.iter().map(|doc| seen.id_of(*doc).to_owned()).collect()
    }

    /// The own ids of the papers that have an id.
    pub(super) fn with_id(&self, id: &PaperId) -> Result<Vec<String>> {
        let alias = id.as_str();
        let lock = || self.aliases.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = lock().get(alias) {
            return Ok(known.clone());
        }
        let mut papers: Vec<String> = Vec::new();
        for rows in self.engine.client.rows_by_ids(ALIASES, &[alias], &[VALUE])? {
            papers
                .extend(rows.texts(VALUE)?.iter().flat_map(|json| serde_json::from_str::<Vec<String>>(json)).flatten());
        }
        lock().insert(alias.to_owned(), papers.clone());
        Ok(papers)
    }

    /// The papers that match an expression and pass a check, which reads their records.
    pub(super) fn checked(&self, filter: String, passes: impl Fn(&Paper) -> bool) -> Result<Selection> {
        let mut ids: Vec<String> = Vec::new();
        let wanted =
            Rows { collection: PAPERS, filter: filter.clone(), fields: &[RECORD], limit: 1_000, in_order: true };
        self.engine.client.for_each_page(&wanted, |page| {
            for (id, record) in page.texts(ID)?.iter().zip(page.texts(RECORD)?) {
                if passes(&Record::decode(record)?.paper) {
                    ids.push(id.clone());
                }
            }
            // Of more papers than an expression can list, all that may pass do.
            Ok(ids.len() <= MOST_ROWS / 2)
        })?;
        if ids.len() > MOST_ROWS / 2 {
            return Ok(Selection::of(filter));
        }
        Ok(Selection::of(expression::with_ids(ids.iter().map(String::as_str))))
    }

    /// The own ids of the papers with any of some ids.
    pub(super) fn with_any_id(&self, ids: &[PaperId]) -> Result<Selection> {
        let mut own = Vec::new();
        for id in ids {
            own.extend(self.with_id(id)?);
        }
        Ok(Selection::of(expression::with_ids(own.iter().map(String::as_str))))
    }

    /// Scores papers by the numbers of their words; one that is gone has the default.
    pub(super) fn scored<T: Default>(&self, docs: &[DocId], score: impl Fn(&Scored<'_>) -> T) -> Result<Vec<T>> {
        self.fetch(docs, &[COUNTS, RECORD], |known| known.counts.is_some())?;
        let known: Vec<Known> = {
            let seen = self.docs.lock();
            docs.iter().map(|doc| seen.known(*doc)).collect()
        };
        let of_paper = |known: &Known| {
            // The text is read for phrases only.
            let paper = || known.paper().ok().flatten();
            known.counts.as_deref().map(|counts| score(&Scored { counts, paper: &paper })).unwrap_or_default()
        };
        Ok(known.iter().map(of_paper).collect())
    }
}
