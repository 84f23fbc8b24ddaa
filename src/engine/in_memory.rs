//! A minimal in-memory engine for tests. It scores every paper by the formulas as published, to check the other engine
//! and the interface between search and engines.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock};

use fixedbitset::FixedBitSet;

use super::{Engine, Expansion, Moment, WordRange, Writer, evenly, sampled};
use crate::embed::{Embedding, Fingerprint, ModelFolder};
use crate::error::{Error, Result};
use crate::full_text::{self, ABSTRACT, AUTHORS, B, K1, TITLE, Word};
use crate::paper::{Paper, PaperId};
use crate::store::{
    Became, Change, Contribution, DocId, Filter, Known, Part, Plan, Removed, Sentences, State, parts, plan,
};
use papers::{Entry, Papers};

mod papers;

/// A collection in memory.
pub(crate) struct InMemory {
    model: ModelFolder,
    papers: RwLock<Arc<Papers>>,
}

/// The collection as of one commit.
pub(crate) struct InMemoryMoment<'a> {
    model: &'a ModelFolder,
    papers: Arc<Papers>,
}

/// The prepared words of a query.
pub(crate) struct Words {
    /// The BM25F score of each paper.
    scores: Vec<f32>,
    range: WordRange,
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

    fn moment(&self) -> Result<InMemoryMoment<'_>> {
        Ok(InMemoryMoment { model: &self.model, papers: self.papers() })
    }
}

impl Writer for InMemory {
    fn plan(&self, new: &Contribution) -> Result<Plan> {
        plan(&*self.papers(), new)
    }

    fn add(&self, _: &Fingerprint, changes: &[Change]) -> Result<Vec<Became>> {
        changes
            .iter()
            .map(|Change { contribution, embedding, sentences, .. }| {
                let plan = self.plan(contribution)?;
                let joins = !plan.absorbed.is_empty();
                Ok(self.commit(|papers| match (plan.state, embedding) {
                    (State::Unchanged, _) => Became::Unchanged,
                    (State::New | State::TextDiffers, None) => Became::LeftOut,
                    (State::DetailsDiffer, _) => {
                        papers.store(plan, None);
                        if joins { Became::Merged } else { Became::Updated }
                    }
                    (state, Some(embedding)) => {
                        papers.store(plan, Some((embedding.clone(), sentences.clone())));
                        match state {
                            State::New => Became::Added,
                            _ if joins => Became::Merged,
                            _ => Became::Updated,
                        }
                    }
                }))
            })
            .collect()
    }

    fn parts(&self, id: &PaperId) -> Result<Vec<Part>> {
        let papers = self.papers();
        let own = papers.with_id(id)?;
        let stored = own.first().map(|own| papers.stored(own)).transpose()?.flatten();
        parts(&stored.ok_or_else(|| Error::UnknownPaper { id: id.printed().to_owned() })?)
    }

    fn split(&self, _: &Fingerprint, id: &PaperId, parts: &[(Part, Embedding, Sentences)]) -> Result<()> {
        self.remove(std::slice::from_ref(id))?;
        self.commit(|papers| {
            for (Part { paper, contributions }, embedding, sentences) in parts {
                let (paper, contributions) = (paper.clone(), contributions.clone());
                let plan = Plan { state: State::New, paper, absorbed: Vec::new(), contributions };
                papers.store(plan, Some((embedding.clone(), sentences.clone())));
            }
        });
        Ok(())
    }

    fn remove(&self, ids: &[PaperId]) -> Result<Removed> {
        self.commit(|papers| {
            let mut removed = Removed::default();
            for id in ids {
                match papers.with_id(id)?.as_slice() {
                    [own] => {
                        papers.all.retain(|entry| entry.stored.paper.id != *own);
                        removed.papers += 1;
                    }
                    _ => removed.unknown.push(id.clone()),
                }
            }
            Ok(removed)
        })
    }

    fn remove_sample(&self) -> Result<()> {
        Ok(())
    }

    fn finish(&self) -> Result<()> {
        Ok(())
    }
}

impl InMemoryMoment<'_> {
    fn at(&self, doc: DocId) -> Option<&Entry> {
        self.papers.all.get(doc.row())
    }

    fn all(&self) -> impl Iterator<Item = &Paper> {
        self.papers.all.iter().map(|entry| &entry.stored.paper)
    }

    /// The frequency of a word in each paper, summed over fields with their weights and length normalisation (BM25F).
    #[allow(clippy::cast_precision_loss)]
    fn frequencies_of(&self, word: &Word) -> Vec<f32> {
        let fields = |paper: &Paper| {
            let authors = paper.authors.join(" ");
            [&paper.title, &paper.abstract_text, &authors].map(|text| full_text::words(text))
        };
        let texts: Vec<[Vec<Word>; 3]> = self.all().map(fields).collect();
        let mean = |field: usize| {
            texts.iter().map(|text| text[field].len()).sum::<usize>().max(1) as f32 / texts.len().max(1) as f32
        };
        let means = [mean(0), mean(1), mean(2)];
        let frequency = |text: &[Vec<Word>; 3]| -> f32 {
            let mut sum = 0.0;
            for (field, weight) in [TITLE, ABSTRACT, AUTHORS].into_iter().enumerate() {
                let same = |other: &&Word| match field {
                    2 => word.whole.is_some() && other.whole == word.whole,
                    _ => other.stem == word.stem,
                };
                let count = text[field].iter().filter(same).count() as f32;
                sum += weight * count / (1.0 - B + B * text[field].len() as f32 / means[field]);
            }
            sum
        };
        texts.iter().map(frequency).collect()
    }

    /// Adds a word's contribution to the scores. Returns its inverse document frequency, and the number of papers that
    /// have it.
    fn add(&self, word: &Word, weight: f32, scores: &mut [f32]) -> (f32, usize) {
        let frequencies = self.frequencies_of(word);
        let having = frequencies.iter().filter(|frequency| **frequency > 0.0).count();
        let rarity = full_text::rarity(self.papers(), having);
        for (score, frequency) in scores.iter_mut().zip(frequencies) {
            *score += weight * rarity * (K1 + 1.0) * frequency / (frequency + K1);
        }
        (rarity, having)
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
        let mut words = Words { scores: vec![0.0; self.papers()], range: WordRange::default() };
        for word in full_text::words(question) {
            let (rarity, having) = self.add(&word, 1.0, &mut words.scores);
            if having > 0 {
                words.range.bound += rarity * (K1 + 1.0);
                words.range.words += 1;
            }
        }
        Ok(words)
    }

    fn frequencies(&self, stems: &[String], most: usize) -> Result<Vec<Option<usize>>> {
        let having = |stem: &String| {
            let word = Word { stem: stem.clone(), whole: None };
            self.frequencies_of(&word).into_iter().filter(|frequency| *frequency > 0.0).count()
        };
        Ok(stems.iter().map(having).map(|having| Some(having).filter(|having| *having <= most)).collect())
    }

    fn expand(&self, words: &Words, expansion: &Expansion) -> Result<Words> {
        let mut added = vec![0.0; self.papers()];
        for (stem, weight) in &expansion.terms {
            self.add(&Word { stem: stem.clone(), whole: None }, *weight, &mut added);
        }
        let scores = words.scores.iter().zip(added).map(|(own, added)| expansion.own * own + expansion.scale * added);
        Ok(Words { scores: scores.collect(), range: words.range })
    }

    fn combine(&self, words: &Words, expansion: &Expansion) -> Result<Words> {
        let stems: Vec<String> = expansion.terms.iter().map(|(stem, _)| stem.clone()).collect();
        let having: HashMap<String, Option<usize>> =
            stems.iter().cloned().zip(self.frequencies(&stems, usize::MAX)?).collect();
        let range = expansion.range(words.range, self.papers(), |stem| having[stem]);
        Ok(Words { range, ..self.expand(words, expansion)? })
    }

    fn range(&self, words: &Words) -> WordRange {
        words.range
    }

    fn best(&self, words: &Words, k: usize, among: &FixedBitSet) -> Result<Vec<DocId>> {
        let score = |doc: &DocId| words.scores[doc.row()];
        let mut docs: Vec<DocId> = among.ones().map(|row| DocId(u32::try_from(row).unwrap())).collect();
        docs.retain(|doc| score(doc) > 0.0);
        docs.sort_by(|a, b| score(b).total_cmp(&score(a)).then(a.cmp(b)));
        docs.truncate(k);
        Ok(docs)
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

    fn newest(&self, count: usize) -> Result<Vec<DocId>> {
        let mut docs: Vec<(&Paper, DocId)> = self.all().zip((0..).map(DocId)).collect();
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
