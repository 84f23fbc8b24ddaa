//! A collection in any engine, chosen when the program runs. Each function passes on to that of the engine.
//!
//! A new engine is one more variant of each type, and one more line of each macro.

use std::borrow::Cow;

#[cfg(test)]
use super::in_memory::{InMemory, InMemoryMoment};
use super::{Engine, Expansion, Local, LocalMoment, Moment, ServerFacts, StoredModel, WordRange, Writer};
#[cfg(feature = "milvus")]
use super::{Milvus, MilvusMoment};
use crate::embed::{Embedding, Fingerprint, ModelFolder};
use crate::error::Result;
use crate::full_text::{Abbreviation, Correction, Named, Sought};
use crate::paper::{Paper, PaperId};
use crate::store::{DocId, Filter, Sentences, WholePaper};

/// A collection in one of the engines.
#[allow(clippy::large_enum_variant)] // a process has one
pub enum Collection {
    /// In a folder.
    Local(Local),
    /// On a Milvus server.
    #[cfg(feature = "milvus")]
    Milvus(Milvus),
    #[cfg(test)]
    #[allow(missing_docs)]
    InMemory(InMemory),
}

/// A [`Collection`] as of one commit.
#[allow(clippy::large_enum_variant)] // a search has one
pub enum CollectionMoment<'a> {
    /// Of a store in a folder.
    Local(LocalMoment<'a>),
    /// Of a collection on a Milvus server.
    #[cfg(feature = "milvus")]
    Milvus(MilvusMoment<'a>),
    #[cfg(test)]
    #[allow(missing_docs)]
    InMemory(InMemoryMoment<'a>),
}

/// A set of papers of a [`CollectionMoment`].
pub enum CollectionSelection {
    /// Of a store in a folder.
    Local(<LocalMoment<'static> as Moment>::Selection),
    /// Of a collection on a Milvus server.
    #[cfg(feature = "milvus")]
    Milvus(<MilvusMoment<'static> as Moment>::Selection),
    #[cfg(test)]
    #[allow(missing_docs)]
    InMemory(<InMemoryMoment<'static> as Moment>::Selection),
}

/// The prepared words of a query to a [`CollectionMoment`].
pub enum CollectionWords {
    /// Of a store in a folder.
    Local(<LocalMoment<'static> as Moment>::Words),
    /// Of a collection on a Milvus server.
    #[cfg(feature = "milvus")]
    Milvus(<MilvusMoment<'static> as Moment>::Words),
    #[cfg(test)]
    #[allow(missing_docs)]
    InMemory(<InMemoryMoment<'static> as Moment>::Words),
}

/// Passes on to the function of the engine.
macro_rules! each {
    ($self:ident, $of:ident => $do:expr) => {
        match $self {
            Self::Local($of) => $do,
            #[cfg(feature = "milvus")]
            Self::Milvus($of) => $do,
            #[cfg(test)]
            Self::InMemory($of) => $do,
        }
    };
}

/// As `each`, where the result belongs to the same engine.
macro_rules! each_into {
    ($self:ident, $of:ident => $into:ident($do:expr)) => {
        match $self {
            Self::Local($of) => Ok($into::Local($do)),
            #[cfg(feature = "milvus")]
            Self::Milvus($of) => Ok($into::Milvus($do)),
            #[cfg(test)]
            Self::InMemory($of) => Ok($into::InMemory($do)),
        }
    };
}

/// Passes on values that belong to the same engine. Those of another, which a moment never makes, have the result after `else`.
macro_rules! alike {
    ($self:ident, $of:ident, $($with:ident: $kind:ident),+ => $do:expr, else $other:expr) => {
        #[allow(unreachable_patterns)] // in a build with one engine
        match ($self, $($with),+) {
            (Self::Local($of), $($kind::Local($with)),+) => $do,
            #[cfg(feature = "milvus")]
            (Self::Milvus($of), $($kind::Milvus($with)),+) => $do,
            #[cfg(test)]
            (Self::InMemory($of), $($kind::InMemory($with)),+) => $do,
            _ => $other,
        }
    };
}

/// As `alike`, where the result belongs to the same engine.
macro_rules! alike_into {
    ($self:ident, $of:ident, $($with:ident: $kind:ident),+ => $into:ident($do:expr)) => {
        #[allow(unreachable_patterns)] // in a build with one engine
        match ($self, $($with),+) {
            (Self::Local($of), $($kind::Local($with)),+) => Ok($into::Local($do)),
            #[cfg(feature = "milvus")]
            (Self::Milvus($of), $($kind::Milvus($with)),+) => Ok($into::Milvus($do)),
            #[cfg(test)]
            (Self::InMemory($of), $($kind::InMemory($with)),+) => Ok($into::InMemory($do)),
            _ => foreign(),
        }
    };
}

fn foreign<T>() -> Result<T> {
    Err(std::io::Error::other("a query was prepared for a collection in another engine").into())
}

impl Engine for Collection {
    type Moment<'a> = CollectionMoment<'a>;

    fn moment(&self) -> Result<CollectionMoment<'_>> {
        each_into!(self, engine => CollectionMoment(engine.moment()?))
    }

    fn writer(&self) -> &dyn Writer {
        each!(self, engine => engine.writer())
    }

    fn place(&self) -> String {
        each!(self, engine => engine.place())
    }

    fn stored_model(&self) -> Result<StoredModel> {
        each!(self, engine => engine.stored_model())
    }

    fn server(&self) -> Result<Option<ServerFacts>> {
        each!(self, engine => engine.server())
    }

    fn ready(&self) -> Result<()> {
        each!(self, engine => engine.ready())
    }

    fn export(&self, with_vectors: bool, visit: &mut dyn FnMut(&Paper, &[f32]) -> Result<()>) -> Result<()> {
        each!(self, engine => engine.export(with_vectors, visit))
    }

    fn whole_papers(&self, expected: &Fingerprint, visit: &mut dyn FnMut(Vec<WholePaper>) -> Result<()>) -> Result<()> {
        each!(self, engine => engine.whole_papers(expected, visit))
    }
}

impl Moment for CollectionMoment<'_> {
    type Selection = CollectionSelection;
    type Words = CollectionWords;

    fn version(&self) -> [u64; 2] {
        each!(self, moment => moment.version())
    }

    fn fingerprint(&self) -> &Fingerprint {
        each!(self, moment => moment.fingerprint())
    }

    fn model(&self) -> Result<ModelFolder> {
        each!(self, moment => moment.model())
    }

    fn papers(&self) -> usize {
        each!(self, moment => moment.papers())
    }

    fn select(&self, filter: &Filter) -> Result<CollectionSelection> {
        each_into!(self, moment => CollectionSelection(moment.select(filter)?))
    }

    fn leave_out(&self, selection: &mut CollectionSelection, docs: &[DocId]) {
        alike!(self, moment, selection: CollectionSelection => moment.leave_out(selection, docs), else ());
    }

    fn restrict(&self, selection: &mut CollectionSelection, to: &CollectionSelection, inside: bool) {
        alike!(self, moment, selection: CollectionSelection, to: CollectionSelection
            => moment.restrict(selection, to, inside), else ());
    }

    fn contains(&self, selection: &CollectionSelection, doc: DocId) -> bool {
        alike!(self, moment, selection: CollectionSelection => moment.contains(selection, doc), else false)
    }

    fn selected(&self, selection: &CollectionSelection) -> usize {
        alike!(self, moment, selection: CollectionSelection => moment.selected(selection), else 0)
    }

    fn nearest(&self, direction: &Embedding, k: usize, among: &CollectionSelection) -> Result<Vec<DocId>> {
        alike!(self, moment, among: CollectionSelection => moment.nearest(direction, k, among), else foreign())
    }

    fn words(&self, question: &str) -> Result<CollectionWords> {
        each_into!(self, moment => CollectionWords(moment.words(question)?))
    }

    fn matched(&self, words: &CollectionWords, docs: &[DocId]) -> Result<Vec<Vec<(String, f32)>>> {
        alike!(self, moment, words: CollectionWords => moment.matched(words, docs), else foreign())
    }

    fn looked_up(&self, words: &CollectionWords) -> (usize, usize) {
        alike!(self, moment, words: CollectionWords => moment.looked_up(words), else (0, 0))
    }

    fn corrected(&self, question: &str, is_known: &dyn Fn(&str) -> bool) -> Result<Option<(String, Vec<Correction>)>> {
        each!(self, moment => moment.corrected(question, is_known))
    }

    fn abbreviations(&self, words: &CollectionWords) -> Vec<Abbreviation> {
        alike!(self, moment, words: CollectionWords => moment.abbreviations(words), else Vec::new())
    }

    fn with_phrase(&self, phrase: &str) -> Result<CollectionSelection> {
        each_into!(self, moment => CollectionSelection(moment.with_phrase(phrase)?))
    }

    fn with_word(&self, word: &str) -> Result<CollectionSelection> {
        each_into!(self, moment => CollectionSelection(moment.with_word(word)?))
    }

    fn use_as_name(&self, word: &str) -> Result<(usize, usize)> {
        each!(self, moment => moment.use_as_name(word))
    }

    fn by_author(&self, family: &str, words: &[String]) -> Result<CollectionSelection> {
        each_into!(self, moment => CollectionSelection(moment.by_author(family, words)?))
    }

    fn suggestions(&self, named: Named, typed: &str, most: usize) -> Result<Vec<(String, usize)>> {
        each!(self, moment => moment.suggestions(named, typed, most))
    }

    fn frequencies(&self, stems: &[String], most: usize) -> Result<Vec<Option<usize>>> {
        each!(self, moment => moment.frequencies(stems, most))
    }

    fn expand(&self, words: &CollectionWords, expansion: &Expansion) -> Result<CollectionWords> {
        alike_into!(self, moment, words: CollectionWords => CollectionWords(moment.expand(words, expansion)?))
    }

    fn combine(&self, words: &CollectionWords, expansion: &Expansion) -> Result<CollectionWords> {
        alike_into!(self, moment, words: CollectionWords => CollectionWords(moment.combine(words, expansion)?))
    }

    fn range(&self, words: &CollectionWords) -> WordRange {
        alike!(self, moment, words: CollectionWords => moment.range(words), else WordRange::default())
    }

    fn best(
        &self,
        words: &CollectionWords,
        sought: &Sought<'_>,
        among: &CollectionSelection,
    ) -> Result<Vec<(DocId, f32)>> {
        alike!(self, moment, words: CollectionWords, among: CollectionSelection
            => moment.best(words, sought, among), else foreign())
    }

    fn scores(&self, words: &CollectionWords, docs: &[DocId]) -> Result<Vec<f32>> {
        alike!(self, moment, words: CollectionWords => moment.scores(words, docs), else foreign())
    }

    fn vectors(&self, docs: &[DocId]) -> Result<Vec<Option<Cow<'_, [f32]>>>> {
        each!(self, moment => moment.vectors(docs))
    }

    fn sentences(&self, doc: DocId) -> Result<Sentences> {
        each!(self, moment => moment.sentences(doc))
    }

    fn papers_at(&self, docs: &[DocId]) -> Result<Vec<Option<Paper>>> {
        each!(self, moment => moment.papers_at(docs))
    }

    fn paper(&self, id: &PaperId) -> Result<(Paper, DocId)> {
        each!(self, moment => moment.paper(id))
    }

    fn list(&self, after: Option<&PaperId>, filter: &Filter, count: usize) -> Result<Vec<Paper>> {
        each!(self, moment => moment.list(after, filter, count))
    }

    fn categories(&self, among: &CollectionSelection, most: usize) -> Result<Vec<(String, usize)>> {
        alike!(self, moment, among: CollectionSelection => moment.categories(among, most), else foreign())
    }

    fn years(&self, among: &CollectionSelection) -> Result<Vec<(u16, usize)>> {
        alike!(self, moment, among: CollectionSelection => moment.years(among), else foreign())
    }

    fn newest(&self, among: &CollectionSelection, count: usize) -> Result<Vec<DocId>> {
        alike!(self, moment, among: CollectionSelection => moment.newest(among, count), else foreign())
    }

    fn spread(&self, count: usize) -> Vec<DocId> {
        each!(self, moment => moment.spread(count))
    }

    fn sample(&self, count: usize) -> Vec<DocId> {
        each!(self, moment => moment.sample(count))
    }

    fn check(&self) -> Result<()> {
        each!(self, moment => moment.check())
    }
}
