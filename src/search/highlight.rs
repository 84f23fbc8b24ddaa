//! Which sentence of an abstract is nearest to the question? The one whose embedding is, by the same model.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::sentences::sentences;
use crate::embed::{Embedded, Embedder, Embedding, Role};
use crate::error::Result;
use crate::store::DocId;

/// Hits past this get no highlight: each costs a fraction of a page's embedding.
const HIGHLIGHTED: usize = 20;
/// Sentences of an abstract that are looked at.
const MOST_SENTENCES: usize = 40;
/// Papers whose sentences are kept: some 20 MB.
const MOST_KEPT: usize = 2_000;

/// The vectors of the sentences of an abstract, in their order.
type Sentences = Arc<Vec<Embedding>>;

/// Finds sentences, and remembers their vectors: people look at the same papers again.
#[derive(Default)]
pub(super) struct Highlighter {
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    /// Rows have another meaning in another generation.
    generation: u64,
    papers: HashMap<DocId, Sentences>,
}

impl Highlighter {
    /// The nearest sentence of each abstract, in their order.
    pub fn highlight<'a>(
        &self,
        embedder: &Embedder,
        generation: u64,
        question: &Embedding,
        abstracts: impl Iterator<Item = (DocId, &'a str)>,
    ) -> Result<Vec<Option<String>>> {
        let papers: Vec<(DocId, Vec<&str>)> = abstracts
            .enumerate()
            .map(|(place, (doc, text))| {
                let all = if place < HIGHLIGHTED { sentences(text) } else { Vec::new() };
                (doc, all.into_iter().take(MOST_SENTENCES).collect())
            })
            .collect();
        let vectors = self.vectors(embedder, generation, &papers)?;
        Ok(papers.iter().zip(vectors).map(|((_, sentences), vectors)| nearest(question, sentences, &vectors)).collect())
    }

    /// The vectors of each paper's sentences: those kept, and the others embedded together.
    fn vectors(&self, embedder: &Embedder, generation: u64, papers: &[(DocId, Vec<&str>)]) -> Result<Vec<Sentences>> {
        let known: Vec<Option<Sentences>> = {
            let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            if kept.generation != generation || kept.papers.len() > MOST_KEPT {
                *kept = Kept { generation, papers: HashMap::new() };
            }
            papers.iter().map(|(doc, _)| kept.papers.get(doc).cloned()).collect()
        };
        let unknown = papers.iter().zip(&known).filter(|(_, known)| known.is_none());
        let texts: Vec<&str> = unknown.flat_map(|((_, sentences), _)| sentences.iter().copied()).collect();
        let mut fresh = embedder.embed(Role::Passage, &texts)?.into_iter().map(|Embedded { embedding, .. }| embedding);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(papers
            .iter()
            .zip(known)
            .map(|((doc, sentences), known)| {
                known.unwrap_or_else(|| {
                    let vectors: Sentences = Arc::new(fresh.by_ref().take(sentences.len()).collect());
                    if kept.generation == generation && !sentences.is_empty() {
                        kept.papers.insert(*doc, Arc::clone(&vectors));
                    }
                    vectors
                })
            })
            .collect())
    }
}

fn nearest(question: &Embedding, sentences: &[&str], vectors: &[Embedding]) -> Option<String> {
    let scored = sentences.iter().zip(vectors).map(|(text, vector)| (text, question.cosine(vector.as_slice())));
    // Of two equally near ones the first is shown.
    let best = scored.reduce(|best, next| if next.1 > best.1 { next } else { best });
    best.map(|(text, _)| (*text).to_owned())
}
