//! A minimal in-memory engine for tests. It scores every paper by the formulas as published, to check the other engine
//! and the interface between search and engines.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock};

use fixedbitset::FixedBitSet;

use super::{Engine, Expansion, Moment, ServerFacts, StoredModel, WordRange, Writer};
use crate::embed::{Embedding, Fingerprint, ModelFolder};
use crate::engine::sampling::{evenly, sampled};
use crate::error::{Error, Result};
use crate::full_text::{self, Abbreviation, Correction, K1, Named, QueryWord, QueryWords, Sought};
use crate::paper::{Paper, PaperId};
use crate::store::{DocId, Filter, Known, Sentences, WholePaper};
use papers::{Entry, Papers};
use scoring::Words;

mod papers;
mod scoring;
mod writer;

/// A collection in memory.
pub struct InMemory {
    model: ModelFolder,
    papers: RwLock<Arc<Papers>>,
}

/// The collection as of one commit.
pub struct InMemoryMoment<'a> {
    model: &'a ModelFolder,
    papers: Arc<Papers>,
}

impl InMemory {
    pub fn new(model: ModelFolder) -> Self {
        Self { model, papers: RwLock::default() }
    }

    fn papers(&self) -> Arc<Papers> {
        Arc::clone(&self.papers.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn commit<T>(&self, change: impl FnOnce(&mut Papers) -> T) -> T {
        let mut papers = self.papers.write().unwrap_or_else(PoisonError::into_inner);
        let mut next = Papers::clone(&papers);
        next.commits += 1;
        let changed = change(&mut next);
        *papers = Arc::new(next);
        changed
    }
}

impl Engine for InMemory {
    type Moment<'a> = InMemoryMoment<'a>;

    fn writer(&self) -> &dyn Writer {
        self
    }

    fn place(&self) -> String {
        "memory://".to_owned()
    }

    fn stored_model(&self) -> Result<StoredModel> {
        let (fingerprint, argument) = (self.model.fingerprint().clone(), self.model.argument());
        Ok(StoredModel::on_server(fingerprint, argument, &self.place()))
    }

    fn server(&self) -> Result<Option<ServerFacts>> {
        Ok(Some(ServerFacts { address: self.place(), version: "1".to_owned() }))
    }

    fn export(&self, with_vectors: bool, visit: &mut dyn FnMut(&Paper, &[f32]) -> Result<()>) -> Result<()> {
        let papers = self.papers();
        let vector = |entry: &'_ Entry| if with_vectors { entry.embedding.as_slice().to_vec() } else { Vec::new() };
        papers.all.iter().try_for_each(|entry| visit(&entry.stored.paper, &vector(entry)))
    }

    fn whole_papers(&self, _: &Fingerprint, visit: &mut dyn FnMut(Vec<WholePaper>) -> Result<()>) -> Result<()> {
        let whole = |entry: &Entry| WholePaper {
            stored: entry.stored.clone(),
            former: entry.former.clone(),
            embedding: entry.embedding.clone(),
            sentences: entry.sentences.clone(),
        };
        self.papers().all.chunks(50).try_for_each(|page| visit(page.iter().map(whole).collect()))
    }

    fn moment(&self) -> Result<InMemoryMoment<'_>> {
        Ok(InMemoryMoment { model: &self.model, papers: self.papers() })
    }
}

impl InMemoryMoment<'_> {
    fn at(&self, doc: DocId) -> Option<&Entry> {
        self.papers.all.get(doc.row())
    }

    fn all(&self) -> impl Iterator<Item = &Paper> {
        self.papers.all.iter().map(|entry| &entry.stored.paper)
    }
}

impl Moment for InMemoryMoment<'_> {
    type Selection = FixedBitSet;
    type Words = Words;

    fn version(&self) -> [u64; 2] {
        [0, self.papers.commits]
    }

    fn fingerprint(&self) -> &Fingerprint {
        self.model.fingerprint()
    }

    fn model(&self) -> Result<ModelFolder> {
        Ok(self.model.clone())
    }

    fn papers(&self) -> usize {
        self.papers.all.len()
    }

    fn select(&self, filter: &Filter) -> Result<FixedBitSet> {
        let within = |paper: &Paper| {
            let Some(date) = paper.published.map(|date| date.to_string()) else {
                return filter.from.is_none() && filter.to.is_none();
            };
            let known = |other: &String| date.len().min(other.len());
            let from = filter.from.map(|from| from.to_string());
            let to = filter.to.map(|to| to.to_string());
            from.is_none_or(|from| date[..known(&from)] >= from[..known(&from)])
                && to.is_none_or(|to| date[..known(&to)] <= to[..known(&to)])
        };
        let is_of = |paper: &Paper| {
            filter.categories.is_empty()
                || paper.categories.iter().map(|category| category.to_lowercase()).any(|category| {
                    filter
                        .categories
                        .iter()
                        .any(|wanted| category == *wanted || category.starts_with(&format!("{wanted}.")))
                })
        };
        let passes = |paper: &Paper| {
            within(paper)
                && is_of(paper)
                && filter.names_fit(&paper.authors, paper.organisation.as_deref(), paper.venue.as_deref())
                && (filter.kinds.is_empty() || paper.kind.is_some_and(|kind| filter.kinds.contains(&kind)))
                && filter.min_citations.is_none_or(|least| paper.citations.is_some_and(|citations| citations >= least))
                && filter.min_comments.is_none_or(|least| paper.comments.is_some_and(|comments| comments >= least))
                && (filter.ids.is_empty() || filter.ids.iter().any(|id| paper.all_ids().any(|own| own == id)))
        };
        Ok(self.all().enumerate().filter(|(_, paper)| passes(paper)).map(|(place, _)| place).collect())
    }

    fn leave_out(&self, selection: &mut FixedBitSet, docs: &[DocId]) {
        selection.difference_with(&docs.iter().map(|doc| doc.row()).collect());
    }

    fn restrict(&self, selection: &mut FixedBitSet, to: &FixedBitSet, inside: bool) {
        if inside { selection.intersect_with(to) } else { selection.difference_with(to) }
    }

    fn contains(&self, selection: &FixedBitSet, doc: DocId) -> bool {
        selection.contains(doc.row())
    }

    fn selected(&self, selection: &FixedBitSet) -> usize {
        selection.count_ones(..)
    }

    fn nearest(&self, direction: &Embedding, k: usize, among: &FixedBitSet) -> Result<Vec<DocId>> {
        let mut docs: Vec<DocId> = among.ones().map(|row| DocId(u32::try_from(row).unwrap())).collect();
        let cosine = |doc: &DocId| direction.cosine(self.papers.all[doc.row()].embedding.as_slice());
        docs.sort_by(|a, b| cosine(b).total_cmp(&cosine(a)).then(a.cmp(b)));
        docs.truncate(k);
        Ok(docs)
    }

    fn words(&self, question: &str) -> Result<Words> {
        let QueryWords { words: read, different, looked_up, abbreviations } = self.reader().read_query(question);
        let looked_up = (looked_up, different);
        let scores = vec![0.0; self.papers()];
        let mut words = Words { scores, range: WordRange::default(), matched: Vec::new(), looked_up, abbreviations };
        for word in read {
            #[allow(clippy::cast_precision_loss)] // words of a query
            let weight = word.count as f32;
            let (rarity, added) = self.add(&word, weight, &mut words.scores);
            if added.iter().any(|score| *score > 0.0) {
                words.range.bound += weight * rarity * (K1 + 1.0);
                words.range.words += word.count;
                words.matched.push((word.shown, added));
            }
        }
        Ok(words)
    }

    fn frequencies(&self, stems: &[String], most: usize) -> Result<Vec<Option<usize>>> {
        let having = |stem: &String| {
            let word = QueryWord::of_stem(stem);
            self.frequencies_of(&word).into_iter().filter(|frequency| *frequency > 0.0).count()
        };
        Ok(stems.iter().map(having).map(|having| Some(having).filter(|having| *having <= most)).collect())
    }

    fn expand(&self, words: &Words, expansion: &Expansion) -> Result<Words> {
        let mut added = vec![0.0; self.papers()];
        for term in &expansion.terms {
            self.add(&QueryWord::of_stem(&term.stem), term.weight, &mut added);
        }
        let scores = words.scores.iter().zip(added).map(|(own, added)| expansion.own * own + expansion.scale * added);
        Ok(Words { scores: scores.collect(), ..words.clone() })
    }

    fn combine(&self, words: &Words, expansion: &Expansion) -> Result<Words> {
        let stems: Vec<String> = expansion.terms.iter().map(|term| term.stem.clone()).collect();
        let having: HashMap<String, Option<usize>> =
            stems.iter().cloned().zip(self.frequencies(&stems, usize::MAX)?).collect();
        let range = expansion.range(words.range, self.papers(), |stem| having[stem]);
        let mut combined = Words { range, ..self.expand(words, expansion)? };
        for term in &expansion.terms {
            let weight = expansion.scale * term.weight;
            let (_, added) = self.add(&QueryWord::of_stem(&term.stem), weight, &mut vec![0.0; self.papers()]);
            combined.matched.push((term.shown.clone(), added));
        }
        Ok(combined)
    }

    fn matched(&self, words: &Words, docs: &[DocId]) -> Result<Vec<Vec<(String, f32)>>> {
        let of_doc = |doc: &DocId| {
            let mut of_doc: Vec<(String, f32)> = Vec::new();
            for (shown, scores) in words.matched.iter().filter(|(_, scores)| scores[doc.row()] > 0.0) {
                match of_doc.iter_mut().find(|(word, _)| word == shown) {
                    Some((_, sum)) => *sum += scores[doc.row()],
                    None => of_doc.push((shown.clone(), scores[doc.row()])),
                }
            }
            of_doc.sort_by(|a, b| b.1.total_cmp(&a.1));
            of_doc
        };
        Ok(docs.iter().map(of_doc).collect())
    }

    fn looked_up(&self, words: &Words) -> (usize, usize) {
        words.looked_up
    }

    fn corrected(&self, question: &str, is_known: &dyn Fn(&str) -> bool) -> Result<Option<(String, Vec<Correction>)>> {
        Ok(self.reader().corrected(question, is_known).unwrap())
    }

    fn abbreviations(&self, words: &Words) -> Vec<Abbreviation> {
        words.abbreviations.clone()
    }

    fn with_phrase(&self, phrase: &str) -> Result<FixedBitSet> {
        let forms = self.reader().forms_of(phrase).unwrap();
        let having = self.all().enumerate().filter(|(_, paper)| full_text::contains(paper, &forms));
        Ok(having.map(|(row, _)| row).collect())
    }

    fn with_word(&self, word: &str) -> Result<FixedBitSet> {
        let scores = self.words(word)?.scores;
        Ok(scores.iter().enumerate().filter(|(_, score)| **score > 0.0).map(|(row, _)| row).collect())
    }

    fn use_as_name(&self, word: &str) -> Result<(usize, usize)> {
        let by = self.by_author(word, &[])?.count_ones(..);
        let phrase = [full_text::words_of(word)];
        Ok((by, self.all().filter(|paper| full_text::contains(paper, &phrase)).count()))
    }

    fn by_author(&self, family: &str, words: &[String]) -> Result<FixedBitSet> {
        let is_by = |paper: &Paper| paper.authors.iter().any(|author| full_text::is_named(author, family, words));
        let by = self.all().enumerate().filter(|(_, paper)| is_by(paper));
        Ok(by.map(|(row, _)| row).collect())
    }

    fn suggestions(&self, named: Named, typed: &str, most: usize) -> Result<Vec<(String, usize)>> {
        Ok(self.reader().suggestions(named, typed, most).unwrap())
    }

    fn range(&self, words: &Words) -> WordRange {
        words.range
    }

    fn best(&self, words: &Words, sought: &Sought<'_>, among: &FixedBitSet) -> Result<Vec<(DocId, f32)>> {
        let scored = |row: usize| (DocId(u32::try_from(row).unwrap()), words.scores[row]);
        let mut found: Vec<(DocId, f32)> = among.ones().map(scored).filter(|(_, score)| *score > 0.0).collect();
        found.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        found.truncate(sought.count);
        let known = found.last().filter(|_| found.len() == sought.count);
        assert!(sought.at_least == 0.0 || known.is_some_and(|(_, worst)| *worst > 0.999 * sought.at_least));
        Ok(found)
    }

    fn scores(&self, words: &Words, docs: &[DocId]) -> Result<Vec<f32>> {
        Ok(docs.iter().map(|doc| words.scores[doc.row()]).collect())
    }

    fn vectors(&self, docs: &[DocId]) -> Result<Vec<Option<Cow<'_, [f32]>>>> {
        Ok(docs.iter().map(|doc| self.at(*doc).map(|entry| Cow::Borrowed(entry.embedding.as_slice()))).collect())
    }

    fn sentences(&self, doc: DocId) -> Result<Sentences> {
        Ok(self.at(doc).map(|entry| entry.sentences.clone()).unwrap_or_default())
    }

    fn papers_at(&self, docs: &[DocId]) -> Result<Vec<Option<Paper>>> {
        Ok(docs.iter().map(|doc| self.at(*doc).map(|entry| entry.stored.paper.clone())).collect())
    }

    fn paper(&self, id: &PaperId) -> Result<(Paper, DocId)> {
        let own = self.papers.with_id(id)?;
        if own.len() > 1 {
            let papers = own.iter().map(PaperId::to_string).collect();
            return Err(Error::AmbiguousId { id: id.printed().to_owned(), papers });
        }
        let found = (0..).map(DocId).zip(self.all()).find(|(_, paper)| own.contains(&paper.id));
        found
            .map(|(doc, paper)| (paper.clone(), doc))
            .ok_or_else(|| Error::UnknownPaper { id: id.printed().to_owned() })
    }

    fn list(&self, after: Option<&PaperId>, filter: &Filter, count: usize) -> Result<Vec<Paper>> {
        let passing = self.select(filter)?;
        let papers = self.all().enumerate().filter(|(place, _)| passing.contains(*place));
        let sorted: BTreeMap<&str, &Paper> = papers.map(|(_, paper)| (paper.id.as_str(), paper)).collect();
        let behind = sorted.into_iter().filter(|(id, _)| after.is_none_or(|after| *id > after.as_str()));
        Ok(behind.take(count).map(|(_, paper)| paper.clone()).collect())
    }

    fn categories(&self, among: &FixedBitSet, most: usize) -> Result<Vec<(String, usize)>> {
        let mut counts: HashMap<&str, usize> = HashMap::new();
        for (_, paper) in self.all().enumerate().filter(|(place, _)| among.contains(*place)) {
            let mut names: Vec<&str> = paper.categories.iter().map(String::as_str).collect();
            names.sort_unstable();
            names.dedup();
            for name in names {
                *counts.entry(name).or_default() += 1;
            }
        }
        let mut counts: Vec<(String, usize)> =
            counts.into_iter().map(|(name, count)| (name.to_owned(), count)).collect();
        counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        counts.truncate(most);
        Ok(counts)
    }

    fn newest(&self, among: &FixedBitSet, count: usize) -> Result<Vec<DocId>> {
        let mut docs: Vec<(&Paper, DocId)> = self.all().zip((0..).map(DocId)).collect();
        docs.retain(|(_, doc)| among.contains(doc.row()));
        docs.sort_by(|(a, doc), (b, other)| b.published.cmp(&a.published).then(other.cmp(doc)));
        Ok(docs.into_iter().take(count).map(|(_, doc)| doc).collect())
    }

    fn spread(&self, count: usize) -> Vec<DocId> {
        evenly(self.papers(), count)
    }

    fn sample(&self, count: usize) -> Vec<DocId> {
        sampled(self.papers(), count)
    }

    fn years(&self, among: &FixedBitSet) -> Result<Vec<(u16, usize)>> {
        let mut counts = BTreeMap::new();
        for (_, paper) in self.all().enumerate().filter(|(place, _)| among.contains(*place)) {
            if let Some(date) = paper.published {
                *counts.entry(date.year()).or_default() += 1;
            }
        }
        Ok(counts.into_iter().collect())
    }
}
