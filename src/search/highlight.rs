//! Which sentence of an abstract says that it answers the question? The one that is nearest in meaning, if others do not
//! have more of its words.
//!
//! The vectors of sentences were kept when the paper was embedded. Those of papers that an older version of the program
//! added are what the model gives to each sentence alone.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use crate::embed::{Embedded, Embedder, Embedding, Role};
use crate::error::{Error, Result};
use crate::lexical::Share;
use crate::paper::Paper;
use crate::progress::Progress;
use crate::store::{DocId, Sentences};

/// Hits past this get no highlight: where nothing is kept, each costs a fraction of a page's embedding.
const HIGHLIGHTED: usize = 20;
/// Papers whose sentences were embedded here, and are kept: some 20 MB.
const MOST_KEPT: usize = 2_000;

/// What all of a question's words count for, beside a cosine. With it the sentence is the one nearest by a vector of its own
/// in 69 of 100 abstracts, without in 59; see benches/RESULTS.md.
const WORDS: f32 = 0.2;

/// What papers and their sentences are compared with.
#[derive(Clone, Copy)]
pub(super) struct Wanted<'a> {
    pub direction: &'a Embedding,
    /// The question in words, if there is one.
    pub words: Option<&'a str>,
}

/// Finds sentences, and remembers their vectors: people look at the same papers again.
#[derive(Default)]
pub(super) struct Highlighter {
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    /// Rows have another meaning in another generation.
    generation: u64,
    papers: HashMap<DocId, Arc<Sentences>>,
}

impl Highlighter {
    /// The best sentence of each paper, in their order; `stored` gives what is kept of a row's sentences.
    pub fn highlight<'a>(
        &self,
        embedder: &Embedder,
        generation: u64,
        wanted: Wanted<'_>,
        papers: impl Iterator<Item = (DocId, &'a Paper)>,
        stored: impl Fn(DocId) -> Result<Sentences>,
        progress: &dyn Progress,
    ) -> Result<Vec<Option<String>>> {
        let mut share = wanted.words.map(Share::of);
        papers
            .enumerate()
            .map(|(place, (doc, paper))| {
                if place >= HIGHLIGHTED || paper.abstract_text.is_empty() {
                    return Ok(None);
                }
                if progress.is_cancelled() {
                    return Err(Error::Interrupted);
                }
                let sentences = stored(doc)?;
                let sentences = if sentences.is_empty() {
                    self.embedded(embedder, generation, doc, paper)?
                } else {
                    Arc::new(sentences)
                };
                Ok(best(wanted.direction, share.as_mut(), &paper.abstract_text, &sentences).map(str::to_owned))
            })
            .collect()
    }

    /// The sentences of a paper, embedded one by one, or as they were the last time.
    fn embedded(&self, embedder: &Embedder, generation: u64, doc: DocId, paper: &Paper) -> Result<Arc<Sentences>> {
        {
            let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            if kept.generation != generation || kept.papers.len() > MOST_KEPT {
                *kept = Kept { generation, papers: HashMap::new() };
            }
            if let Some(known) = kept.papers.get(&doc) {
                return Ok(Arc::clone(known));
            }
        }
        let places: Vec<Range<usize>> = paper.sentences();
        let texts: Vec<&str> = places.iter().map(|place| &paper.abstract_text[place.clone()]).collect();
        let mut sentences = Sentences::default();
        for (place, Embedded { embedding, .. }) in places.iter().zip(embedder.embed(Role::Passage, &texts)?) {
            sentences.push(place, &embedding);
        }
        let sentences = Arc::new(sentences);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.generation == generation {
            kept.papers.insert(doc, Arc::clone(&sentences));
        }
        Ok(sentences)
    }
}

/// Of equally good ones the first.
fn best<'a>(
    direction: &Embedding,
    mut share: Option<&mut Share>,
    text: &'a str,
    sentences: &Sentences,
) -> Option<&'a str> {
    let scored = sentences.cosines(direction).filter_map(|(place, cosine)| {
        let sentence = text.get(place)?;
        let words = share.as_mut().map_or(0.0, |share| share.in_text(sentence));
        Some((sentence, cosine + WORDS * words))
    });
    scored.reduce(|best, next| if next.1 > best.1 { next } else { best }).map(|(sentence, _)| sentence)
}
