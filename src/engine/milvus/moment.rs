//! Implements [`Moment`] by searches and queries of the server.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use milvus::v2::prelude::SearchVectors;

use super::client::{Rows, Search, sparse};
use super::counts::State;
use super::docs::{Docs, Known};
use super::expression::{self, quoted};
use super::reading::as_strs;
use super::record::{Record, decode_sentences};
use super::schema::{ID, OF_HITS, PAPERS, RECORD, SENTENCES, TERMS, VECTOR, search_params};
use super::selection::Selection;
use super::{Milvus, Words};
use crate::embed::{Embedding, Fingerprint, ModelFolder};
use crate::engine::{Expansion, Moment, WordRange};
use crate::error::{Error, Result};
use crate::full_text::{self, Abbreviation, Correction, LexicalQuery, Named, Sought, WordForm};
use crate::paper::{Paper, PaperId};
use crate::store::{DocId, Filter, Sentences};

/// The most papers that are read to score them, if no vector finds them.
const MOST_SCANNED: usize = 1_000;

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
    pub(super) aliases: Mutex<HashMap<String, Vec<String>>>,
    /// The first failure of a function that cannot return one.
    pub(super) failed: Mutex<Option<Error>>,
}

/// A search for hits.
fn wanted<'w>(
    field: &'w str,
    vectors: SearchVectors,
    among: &'w Selection,
    limit: usize,
    params: HashMap<String, String>,
) -> Search<'w> {
    Search { collection: PAPERS, field, vectors, filter: among.expression(), fields: &OF_HITS, limit, params }
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
        let params = search_params(self.engine.index, k);
        let found = self.engine.client.search(&wanted(VECTOR, vectors, among, k, params))?;
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
        self.read_words(|full_text| full_text.expanded(words, expansion.own, &expansion.added()))
    }

    fn combine(&self, words: &LexicalQuery, expansion: &Expansion) -> Result<LexicalQuery> {
        expansion.combined(self, words)
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
            client.search(&wanted(TERMS, sparse(&query), among, sought.count, HashMap::new()))?
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
        known.iter().map(Known::paper).collect()
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
