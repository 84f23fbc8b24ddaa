//! What is written to a collection: a record of a source, a paper of another collection with everything stored of it, or papers to
//! merge.

use super::plan::{Contribution, Known, Plan, Stored, plan, plan_merge};
use super::plan_copy::plan_copy;
use super::{Became, Change, Sentences, State};
use crate::embed::Embedding;
use crate::paper::{Paper, PaperId};

/// A paper with everything that a collection stores of it.
#[derive(Debug, Clone, PartialEq)]
pub struct WholePaper {
    pub(crate) stored: Stored,
    /// Ids by which it is found besides those that it lists: those of papers that were merged into it, and hashes of former titles.
    pub(crate) former: Vec<PaperId>,
    /// Its vector.
    pub embedding: Embedding,
    /// The embeddings of its sentences.
    pub sentences: Sentences,
}

impl WholePaper {
    /// The paper.
    #[must_use]
    pub fn paper(&self) -> &Paper {
        &self.stored.paper
    }
}

/// What a plan is made for.
#[derive(Debug, Clone, Copy)]
pub enum Incoming<'a> {
    /// A record of a source.
    Record(&'a Contribution),
    /// A paper of another collection. It becomes the paper with the same id; a paper with another id is another one.
    Copy(&'a WholePaper),
    /// Stored papers with these ids: the others are merged into the first.
    Merge(&'a [PaperId]),
}

impl Incoming<'_> {
    pub(crate) fn plan<K: Known>(&self, known: &K) -> Result<Plan, K::Error> {
        match self {
            Self::Record(record) => plan(known, record),
            Self::Copy(whole) => plan_copy(known, whole),
            Self::Merge(ids) => plan_merge(known, ids),
        }
    }

    /// Further ids by which the paper is found.
    pub(crate) fn former(&self) -> &[PaperId] {
        if let Self::Copy(whole) = self { &whole.former } else { &[] }
    }
}

/// Something to write, with the embedding of its paper if it needs one.
#[derive(Debug, Clone, Copy)]
pub struct Arrival<'a> {
    /// What it is.
    pub incoming: Incoming<'a>,
    /// The paper with the embedded text.
    pub paper: &'a Paper,
    /// Its embedding, if it needs one.
    pub embedding: Option<&'a Embedding>,
    /// The embeddings of its sentences; stored only together with a new embedding.
    pub sentences: &'a Sentences,
}

impl<'a> Arrival<'a> {
    /// The embedding, if it is that of a planned paper: another writer may have changed the paper since it was embedded.
    pub(crate) fn embedding_of(&self, plan: &Plan) -> Option<&'a Embedding> {
        self.embedding.filter(|_| self.paper.content_hash() == plan.paper.content_hash())
    }
}

impl Plan {
    /// The effect of carrying out the plan, with an embedding or without one.
    pub(crate) fn effect(&self, has_embedding: bool) -> Became {
        match self.state {
            State::Unchanged => Became::Unchanged,
            // The next command finds the paper and embeds it.
            State::New | State::TextDiffers if !has_embedding => Became::LeftOut,
            State::New => Became::Added,
            _ if self.absorbed.is_empty() => Became::Updated,
            _ => Became::Merged,
        }
    }
}

impl<'a> From<&'a Change> for Arrival<'a> {
    fn from(change: &'a Change) -> Self {
        let Change { contribution, paper, embedding, sentences } = change;
        Self { incoming: Incoming::Record(contribution), paper, embedding: embedding.as_ref(), sentences }
    }
}

impl<'a> From<&'a WholePaper> for Arrival<'a> {
    fn from(whole: &'a WholePaper) -> Self {
        let WholePaper { stored, embedding, sentences, .. } = whole;
        Self { incoming: Incoming::Copy(whole), paper: &stored.paper, embedding: Some(embedding), sentences }
    }
}
