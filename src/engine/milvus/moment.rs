//! Implements [`Moment`] by searches and queries of the server.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use milvus::v2::prelude::SearchVectors;

use super::client::{MOST_ROWS, Rows, sparse};
use super::counts::State;
use super::docs::{Docs, Known};
use super::expression::{self, quoted};
use super::record::{Record, decode_sentences};
use super::schema::{ALIASES, COUNTS, ID, OF_HITS, PAPERS, RECORD, SENTENCES, TERMS, VALUE, VECTOR};
use super::selection::Selection;
use super::{Milvus, Words};
use crate::embed::{Embedding, Fingerprint, ModelFolder};
use crate::engine::{Expansion, Moment, Term, WordRange};
use crate::error::{Error, Result};
use crate::full_text::{self, Abbreviation, Added, Correction, FullText, LexicalQuery, Named, Scored, Sought, WordForm};
use crate::paper::{Paper, PaperId};
use crate::store::{DocId, Filter, Sentences};

/// The most papers that are read to score them, if no vector finds them.
const MOST_SCANNED: usize = 1_000;

pub(super) fn as_strs(ids: &[String]) -> Vec<&str> {
    ids.iter().map(String::as_str).collect()
}

/// The papers with a form of a word.
fn expression_of(form: &WordForm<'_>) -> String {
    match form {
        WordForm::Stem(stem) => expression::with_stem(stem),
        WordForm::Name(whole) => expression::with_name(whole),
        WordForm::Phrase(words) => expression::with_words(words),
    }
}

/// The collection as the server has it while the moment is open. The words and their numbers are those of one version of the
/// state; papers that are written meanwhile may be found.
pub struct MilvusMoment<'a> {
    pub(super) engine: &'a Milvus,
    pub(super) state: Arc<State>,
    pub(super) words: Arc<Words>,
    pub(super) docs: Docs,
    /// The papers that have an alias, as they were looked up.
    aliases: Mutex<HashMap<String, Vec<String>>>,
    /// The first failure of a function that cannot return one.
    failed: Mutex<Option<Error>>,
}

impl<'a> MilvusMoment<'a> {
    pub(super) fn new(engine: &'a Milvus, state: Arc<State>, words: Arc<Words>) -> Self {
        let (docs, aliases, failed) = Default::default();
        Self { engine, state, words, docs, aliases, failed }
    }

    fn read_words<T>(&self, read: impl FnOnce(&FullText) -> Option<T>) -> Result<T> {
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
    fn fetch(&self, docs: &[DocId], fields: &[&'static str], is_known: impl Fn(&Known) -> bool) -> Result<()> {
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

    fn ids_of(&self, docs: &[DocId]) -> Vec<String> {
        let seen = self.docs.lock();
        docs.iter().map(|doc| seen.id_of(*doc).to_owned()).collect()
    }

    /// The own ids of the papers that have an id.
    fn with_id(&self, id: &PaperId) -> Result<Vec<String>> {
        let alias = id.as_str();
        let lock = || self.aliases.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = lock().get(alias) {
            return Ok(known.clone());
        }
        let mut papers: Vec<String> = Vec::new();
        for rows in self.engine.client.rows_by_ids(ALIASES, &[alias], &[VALUE])? {
            papers.extend(rows.texts(VALUE)?.iter().flat_map(|json| serde_json::from_str::<Vec<String>>(json)).flatten());
        }
        lock().insert(alias.to_owned(), papers.clone());
        Ok(papers)
    }

    /// The papers that match an expression and pass a check, which reads their records.
    fn checked(&self, filter: String, passes: impl Fn(&Paper) -> bool) -> Result<Selection> {
        let mut ids: Vec<String> = Vec::new();
        let wanted = Rows { collection: PAPERS, filter: filter.clone(), fields: &[RECORD], limit: 1_000, in_order: true };
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
    fn with_any_id(&self, ids: &[PaperId]) -> Result<Selection> {
        let mut own = Vec::new();
        for id in ids {
            own.extend(self.with_id(id)?);
        }
        Ok(Selection::of(expression::with_ids(own.iter().map(String::as_str))))
    }

    /// Scores papers by the numbers of their words; one that is gone has the default.
    fn scored<T: Default>(&self, docs: &[DocId], score: impl Fn(&Scored<'_>) -> T) -> Result<Vec<T>> {
        self.fetch(docs, &[COUNTS, RECORD], |known| known.counts.is_some())?;
        let known: Vec<Known> = {
            let seen = self.docs.lock();
            docs.iter().map(|doc| seen.known(*doc)).collect()
        };
        let of_paper = |known: &Known| {
            // The text is read for phrases only.
            let paper = || self.paper_of(known).ok().flatten();
            known.counts.as_deref().map(|counts| score(&Scored { counts, paper: &paper })).unwrap_or_default()
        };
        Ok(known.iter().map(of_paper).collect())
    }

    fn paper_of(&self, known: &Known) -> Result<Option<Paper>> {
        known.record.as_deref().map(|record| Ok(Record::decode(record)?.paper)).transpose()
    }
}

impl Moment for MilvusMoment<'_> {
    type Selection = Selection;
    type Words = LexicalQuery;

    fn version(&self) -> [u64; 2] {
        [self.state.version, self.state.papers]
    }

    fn fingerprint(&self) -> &Fingerprint {
        &self.engine.model.fingerprint
    }

    fn model(&self) -> Result<ModelFolder> {
        self.engine.model().find()
    }

    fn papers(&self) -> usize {
        usize::try_from(self.state.papers).unwrap_or(usize::MAX)
    }

    fn select(&self, filter: &Filter) -> Result<Selection> {
        let expression = expression::of_filter(filter);
        let mut selection = if expression::needs_check(filter) {
            self.checked(expression, |paper| {
                filter.names_fit(&paper.authors, paper.organisation.as_deref(), paper.venue.as_deref())
            })?
        } else {
            Selection::of(expression)
        };
        if !filter.ids.is_empty() {
            selection.restrict(&self.with_any_id(&filter.ids)?, true);
        }
        Ok(selection)
    }

    fn leave_out(&self, selection: &mut Selection, docs: &[DocId]) {
        let seen = self.docs.lock();
        let left_out = Selection::of(expression::with_ids(docs.iter().map(|doc| seen.id_of(*doc))));
        selection.restrict(&left_out, false);
    }

    fn restrict(&self, selection: &mut Selection, to: &Selection, inside: bool) {
        selection.restrict(to, inside);
    }

    fn contains(&self, selection: &Selection, doc: DocId) -> bool {
        self.or_failed(selection.contains(self, doc))
    }

    fn selected(&self, selection: &Selection) -> usize {
        self.or_failed(selection.count(self))
    }

    fn nearest(&self, direction: &Embedding, k: usize, among: &Selection) -> Result<Vec<DocId>> {
        let vectors = SearchVectors::Float(vec![direction.as_slice().to_vec()]);
        let found = self.engine.client.search(PAPERS, VECTOR, vectors, among.expression(), &OF_HITS, k)?;
        self.docs.take_in(&found)
    }

    fn words(&self, question: &str) -> Result<LexicalQuery> {
        self.read_words(|full_text| full_text.query(question))
    }

    fn matched(&self, words: &LexicalQuery, docs: &[DocId]) -> Result<Vec<Vec<(String, f32)>>> {
        self.scored(docs, |scored| self.words.full_text.matched_of(words, scored))
    }

    fn looked_up(&self, words: &LexicalQuery) -> (usize, usize) {
        words.looked_up
    }

    fn corrected(&self, question: &str, is_known: &dyn Fn(&str) -> bool) -> Result<Option<(String, Vec<Correction>)>> {
        self.read_words(|full_text| full_text.corrected(question, is_known))
    }

    fn abbreviations(&self, words: &LexicalQuery) -> Vec<Abbreviation> {
        words.abbreviations.clone()
    }

    fn with_phrase(&self, phrase: &str) -> Result<Selection> {
        let forms = self.read_words(|full_text| full_text.phrases_of(phrase))?;
        Ok(Selection::of(expression::any(forms.iter().map(|form| expression::with_words(form)))))
    }

    fn with_word(&self, word: &str) -> Result<Selection> {
        let words = self.words(word)?;
        Ok(Selection::of(expression::any(words.forms().iter().map(expression_of))))
    }

    fn use_as_name(&self, word: &str) -> Result<(usize, usize)> {
        self.read_words(|full_text| full_text.use_as_name(word))
    }

    fn by_author(&self, family: &str, words: &[String]) -> Result<Selection> {
        let by_family = expression::with_family(family);
        if words.is_empty() {
            return Ok(Selection::of(by_family));
        }
        let whole = words.iter().filter(|word| !full_text::is_initial(word)).map(|word| expression::with_name(word));
        let filter = expression::all([by_family].into_iter().chain(whole));
        self.checked(filter, |paper| paper.authors.iter().any(|author| full_text::is_named(author, family, words)))
    }

    fn suggestions(&self, named: Named, typed: &str, most: usize) -> Result<Vec<(String, usize)>> {
        self.read_words(|full_text| full_text.suggestions(named, typed, most))
    }

    fn frequencies(&self, stems: &[String], most: usize) -> Result<Vec<Option<usize>>> {
        stems.iter().map(|stem| self.read_words(|full_text| full_text.frequency(stem, most))).collect()
    }

    fn expand(&self, words: &LexicalQuery, expansion: &Expansion) -> Result<LexicalQuery> {
        let Expansion { terms, own, scale } = expansion;
        let added: Vec<Added<'_>> =
            terms.iter().map(|Term { stem, shown, weight }| Added { stem, shown, weight: scale * weight }).collect();
        self.read_words(|full_text| full_text.expanded(words, *own, &added))
    }

    fn combine(&self, words: &LexicalQuery, expansion: &Expansion) -> Result<LexicalQuery> {
        let mut combined = self.expand(words, expansion)?;
        let stems: Vec<String> = expansion.terms.iter().map(|term| term.stem.clone()).collect();
        let found: HashMap<&String, Option<usize>> = stems.iter().zip(self.frequencies(&stems, usize::MAX)?).collect();
        let range = expansion.range(self.range(words), self.papers(), |stem| found.get(stem).copied().flatten());
        (combined.bound, combined.count) = (range.bound, range.words);
        Ok(combined)
    }

    fn range(&self, words: &LexicalQuery) -> WordRange {
        WordRange { bound: words.bound, words: words.count }
    }

    fn best(&self, words: &LexicalQuery, sought: &Sought<'_>, among: &Selection) -> Result<Vec<(DocId, f32)>> {
        let query = words.sparse();
        if query.is_empty() || sought.count == 0 {
            return Ok(Vec::new());
        }
        let client = &self.engine.client;
        let forms = words.forms();
        let found = if forms.iter().all(|form| matches!(form, WordForm::Phrase(_))) {
            // Stop words alone, which no vector has: some papers with them.
            let with_words = expression::any(forms.iter().map(expression_of));
            let filter = expression::all([among.expression().to_owned(), with_words]);
            client.rows(&Rows { collection: PAPERS, filter, fields: &OF_HITS, limit: MOST_SCANNED, in_order: false })?
        } else {
            client.search(PAPERS, TERMS, sparse(&query), among.expression(), &OF_HITS, sought.count)?
        };
        let docs = self.docs.take_in(&found)?;
        let scores = self.scores(words, &docs)?;
        let mut best: Vec<(DocId, f32)> = docs.into_iter().zip(scores).filter(|(_, score)| *score > 0.0).collect();
        best.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        best.truncate(sought.count);
        Ok(best)
    }

    fn scores(&self, words: &LexicalQuery, docs: &[DocId]) -> Result<Vec<f32>> {
        self.scored(docs, |scored| self.words.full_text.score_of(words, scored))
    }

    fn vectors(&self, docs: &[DocId]) -> Result<Vec<Option<Cow<'_, [f32]>>>> {
        self.fetch(docs, &[VECTOR], |known| known.vector.is_some())?;
        let seen = self.docs.lock();
        Ok(docs.iter().map(|doc| seen.known(*doc).vector.map(|vector| Cow::Owned(vector.to_vec()))).collect())
    }

    fn sentences(&self, doc: DocId) -> Result<Sentences> {
        // The other hits of the page are asked for next.
        let docs: Vec<DocId> = {
            let seen = self.docs.lock();
            seen.latest_papers().iter().copied().chain([doc]).collect()
        };
        if self.docs.lock().known(doc).sentences.is_none() {
            let tables = self.engine.client.rows_by_ids(PAPERS, &as_strs(&self.ids_of(&docs)), &[SENTENCES])?;
            let mut seen = self.docs.lock();
            for rows in tables {
                for (id, text) in rows.texts(ID)?.iter().zip(rows.texts(SENTENCES)?) {
                    let doc = seen.doc_of(id);
                    seen.known_mut(doc).sentences = Some(decode_sentences(text));
                }
            }
        }
        Ok(self.docs.lock().known(doc).sentences.unwrap_or_default())
    }

    fn papers_at(&self, docs: &[DocId]) -> Result<Vec<Option<Paper>>> {
        self.fetch(docs, &[RECORD], |known| known.record.is_some())?;
        let known: Vec<Known> = {
            let mut seen = self.docs.lock();
            seen.ask_for(docs);
            docs.iter().map(|doc| seen.known(*doc)).collect()
        };
        known.iter().map(|known| self.paper_of(known)).collect()
    }

    fn paper(&self, id: &PaperId) -> Result<(Paper, DocId)> {
        let mut own = self.with_id(id)?;
        // A paper's own id is no other's.
        if own.iter().any(|own| own == id.as_str()) {
            own = vec![id.as_str().to_owned()];
        }
        let docs: Vec<DocId> = {
            let mut seen = self.docs.lock();
            own.iter().map(|id| seen.doc_of(id)).collect()
        };
        let papers = self.papers_at(&docs)?;
        let mut found: Vec<(Paper, DocId)> =
            papers.into_iter().zip(docs).filter_map(|(paper, doc)| Some((paper?, doc))).collect();
        if found.len() > 1 {
            let papers = found.iter().map(|(paper, _)| paper.id.to_string()).collect();
            return Err(Error::AmbiguousId { id: id.printed().to_owned(), papers });
        }
        found.pop().ok_or_else(|| Error::UnknownPaper { id: id.printed().to_owned() })
    }

    fn list(&self, after: Option<&PaperId>, filter: &Filter, count: usize) -> Result<Vec<Paper>> {
        let selection = self.select(filter)?;
        let behind = after.map(|after| format!("{ID} > {}", quoted(after.as_str())));
        let filter = expression::all([selection.expression().to_owned()].into_iter().chain(behind));
        let mut papers = Vec::new();
        let limit = count.clamp(1, 1_000);
        let wanted = Rows { collection: PAPERS, filter, fields: &[RECORD], limit, in_order: true };
        self.engine.client.for_each_page(&wanted, |page| {
            for record in page.texts(RECORD)? {
                papers.push(Record::decode(record)?.paper);
            }
            Ok(papers.len() < count)
        })?;
        papers.truncate(count);
        Ok(papers)
    }

    fn categories(&self, among: &Selection, most: usize) -> Result<Vec<(String, usize)>> {
        self.count_categories(among, most)
    }

    fn years(&self, among: &Selection) -> Result<Vec<(u16, usize)>> {
        self.count_years(among)
    }

    fn newest(&self, among: &Selection, count: usize) -> Result<Vec<DocId>> {
        self.latest(among, count)
    }

    fn spread(&self, count: usize) -> Vec<DocId> {
        self.or_failed(self.sampled(self.papers(), count))
    }

    fn sample(&self, count: usize) -> Vec<DocId> {
        let papers = self.papers();
        // Until the papers have doubled, the sample is the same.
        let of = if papers <= count { papers } else { 1 << papers.ilog2() };
        self.or_failed(self.sampled(of, count))
    }

    fn check(&self) -> Result<()> {
        let failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner).take();
        failed.map_or(Ok(()), Err)
    }
}

