//! Highlights: the sentence of an abstract that matches the query best, by the cosine of its embedding and by shared
//! words.
//!
//! The sentence embeddings are stored with the paper. For papers added by a version without them, each sentence is
//! embedded alone at search time.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use super::ranked::Ranked;
use crate::embed::{Embedded, Embedder, Embedding, Fingerprint, Role};
use crate::error::{Error, Result};
use crate::full_text::Share;
use crate::paper::Paper;
use crate::progress::Progress;
use crate::store::Sentences;

/// Number of hits with a highlight. Without stored sentence embeddings, each costs a fraction of the time to embed a
/// page of papers.
pub(super) const HIGHLIGHTED: usize = 20;
/// Maximum number of papers whose sentence embeddings are cached, about 20 MB.
const MOST_CACHED: usize = 2_000;

/// The weight of the share of the query's words in a sentence, relative to the cosine. With it, the chosen sentence is
/// the one nearest by separate sentence embeddings in 69 of 100 abstracts, without it in 59; see benches/RESULTS.md.
const WORDS: f32 = 0.2;

/// Chooses highlights, and caches the sentence embeddings that it computes, because users often see the same papers
/// again.
#[derive(Default)]
pub(super) struct Highlighter {
    cache: Mutex<Cache>,
}

#[derive(Default)]
struct Cache {
    /// Embeddings of another model are discarded.
    model: Option<Fingerprint>,
    /// By the hash of the text.
    papers: HashMap<[u8; 32], Arc<Sentences>>,
}

impl Highlighter {
    /// The best sentence of each paper, in order.
    pub fn highlight(
        &self,
        embedder: &Embedder,
        direction: &Embedding,
        words: Option<&str>,
        papers: &[Ranked],
        progress: &dyn Progress,
    ) -> Result<Vec<Option<String>>> {
        let mut share = words.map(Share::of);
        let mut highlight = |(place, ranked): (usize, &Ranked)| {
            let Ranked { paper, sentences, .. } = ranked;
            if place >= HIGHLIGHTED || paper.abstract_text.is_empty() {
                return Ok(None);
            }
            if progress.is_cancelled() {
                return Err(Error::Interrupted);
            }
            let made = if sentences.is_empty() { Some(self.embedded(embedder, paper)?) } else { None };
            let sentences = made.as_deref().unwrap_or(sentences);
            Ok(best(direction, share.as_mut(), &paper.abstract_text, sentences).map(str::to_owned))
        };
        papers.iter().enumerate().map(&mut highlight).collect()
    }

    /// The embeddings of a paper's sentences, each embedded alone; from the cache if possible.
    fn embedded(&self, embedder: &Embedder, paper: &Paper) -> Result<Arc<Sentences>> {
        let hash = paper.content_hash();
        let model = embedder.fingerprint();
        {
            let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
            if cache.model.as_ref() != Some(model) || cache.papers.len() > MOST_CACHED {
                *cache = Cache { model: Some(model.clone()), papers: HashMap::new() };
            }
            if let Some(known) = cache.papers.get(&hash) {
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
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        if cache.model.as_ref() == Some(model) {
            cache.papers.insert(hash, Arc::clone(&sentences));
        }
        Ok(sentences)
    }
}

/// The best sentence; of equal ones, the first.
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
