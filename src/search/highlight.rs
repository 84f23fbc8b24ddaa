//! Highlights: the sentence of an abstract that matches the query best, by the cosine of its embedding and by shared
//! words.
//!
//! The sentence embeddings are stored with the paper. Two kinds of papers have none: those added by a version without them, and
//! those embedded by a static model. Their sentences are embedded one by one at search time.

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
    /// The best sentence of each paper, in order: by words alone without a direction, or without a model where no embeddings are
    /// stored.
    pub fn highlight(
        &self,
        embedder: Option<&Embedder>,
        direction: Option<&Embedding>,
        words: Option<&str>,
        papers: &[Ranked],
        progress: &dyn Progress,
    ) -> Result<Vec<Option<String>>> {
        let mut share = words.map(Share::of);
        let shown = || papers.iter().take(HIGHLIGHTED).filter(|ranked| !ranked.paper.abstract_text.is_empty());
        let lacking = shown().filter(|ranked| ranked.sentences.is_empty()).map(|ranked| &ranked.paper);
        let mut made = match embedder.filter(|_| direction.is_some()) {
            Some(embedder) => self.embedded(embedder, &lacking.collect::<Vec<_>>(), progress)?.into_iter(),
            None => Vec::new().into_iter(),
        };
        let mut highlight = |(place, ranked): (usize, &Ranked)| {
            let Ranked { paper, sentences, .. } = ranked;
            if place >= HIGHLIGHTED || paper.abstract_text.is_empty() {
                return Ok(None);
            }
            if progress.is_cancelled() {
                return Err(Error::Interrupted);
            }
            let made = if sentences.is_empty() { made.next() } else { None };
            let sentences = made.as_deref().unwrap_or(sentences);
            let cosines: Vec<(Range<usize>, f32)> = match direction {
                Some(direction) if !sentences.is_empty() => {
                    sentences.cosines(direction, ranked.vector.as_deref()).collect()
                }
                // By words alone.
                _ if words.is_some() => paper.sentences().into_iter().map(|place| (place, 0.0)).collect(),
                _ => Vec::new(),
            };
            Ok(best(cosines, share.as_mut(), &paper.abstract_text).map(str::to_owned))
        };
        papers.iter().enumerate().map(&mut highlight).collect()
    }

    /// The embeddings of the sentences of each paper, each embedded alone; from the cache if possible.
    fn embedded(&self, embedder: &Embedder, papers: &[&Paper], progress: &dyn Progress) -> Result<Vec<Arc<Sentences>>> {
        if papers.is_empty() {
            return Ok(Vec::new());
        }
        // The sentences of a static model take microseconds to embed again.
        let is_cached = !embedder.is_static()?;
        let hashes: Vec<[u8; 32]> =
            if is_cached { papers.iter().map(|paper| paper.content_hash()).collect() } else { Vec::new() };
        let mut known = self.known(embedder.fingerprint(), &hashes);
        known.resize(papers.len(), None);
        let places: Vec<Vec<Range<usize>>> = papers.iter().map(|paper| paper.sentences()).collect();
        let missing = || known.iter().zip(papers).zip(&places).filter(|((known, _), _)| known.is_none());
        let texts = missing()
            .flat_map(|((_, paper), places)| places.iter().map(|place| paper.abstract_text[place.clone()].into()));
        let mut vectors = embedder.embed_watched(Role::Passage, &texts.collect::<Vec<_>>(), progress)?.into_iter();
        let mut made = Vec::with_capacity(papers.len());
        for (known, places) in known.into_iter().zip(&places) {
            if let Some(sentences) = known {
                made.push(sentences);
                continue;
            }
            let mut sentences = Sentences::default();
            for place in places {
                let Embedded { embedding, .. } = vectors.next().flatten().ok_or(Error::Interrupted)?;
                sentences.push_alone(place, &embedding);
            }
            made.push(Arc::new(sentences));
        }
        self.keep(embedder.fingerprint(), &hashes, &made);
        Ok(made)
    }

    /// The cached embeddings of the papers with these hashes.
    fn known(&self, model: &Fingerprint, hashes: &[[u8; 32]]) -> Vec<Option<Arc<Sentences>>> {
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        if cache.model.as_ref() != Some(model) || cache.papers.len() > MOST_CACHED {
            *cache = Cache { model: Some(model.clone()), papers: HashMap::new() };
        }
        hashes.iter().map(|hash| cache.papers.get(hash).map(Arc::clone)).collect()
    }

    fn keep(&self, model: &Fingerprint, hashes: &[[u8; 32]], made: &[Arc<Sentences>]) {
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        if cache.model.as_ref() == Some(model) {
            cache.papers.extend(hashes.iter().copied().zip(made.iter().map(Arc::clone)));
        }
    }
}

/// The best sentence; of equal ones, the first.
fn best<'a>(cosines: Vec<(Range<usize>, f32)>, mut share: Option<&mut Share>, text: &'a str) -> Option<&'a str> {
    let scored = cosines.into_iter().filter_map(|(place, cosine)| {
        let sentence = text.get(place)?;
        let words = share.as_mut().map_or(0.0, |share| share.in_text(sentence));
        Some((sentence, cosine + WORDS * words))
    });
    scored.reduce(|best, next| if next.1 > best.1 { next } else { best }).map(|(sentence, _)| sentence)
}
