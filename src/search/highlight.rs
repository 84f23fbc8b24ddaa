//! Which sentence of an abstract says that it answers the question? The one that is nearest in meaning, if others do not
//! have more of its words.
//!
//! The vectors of sentences were kept when the paper was embedded. Those of papers that an older version of the program
//! added are what the model gives to each sentence alone.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use super::ranked::Ranked;
use super::retrieve::Wanted;
use crate::embed::{Embedded, Embedder, Embedding, Fingerprint, Role};
use crate::error::{Error, Result};
use crate::full_text::Share;
use crate::paper::Paper;
use crate::progress::Progress;
use crate::store::Sentences;

/// Hits past this get no highlight: where nothing is kept, each costs a fraction of a page's embedding.
pub(super) const HIGHLIGHTED: usize = 20;
/// Papers whose sentences were embedded here, and are kept: some 20 MB.
const MOST_KEPT: usize = 2_000;

/// What all of a question's words count for, beside a cosine. With it the sentence is the one nearest by a vector of its own
/// in 69 of 100 abstracts, without in 59; see benches/RESULTS.md.
const WORDS: f32 = 0.2;

/// Finds sentences, and remembers the vectors that it makes: people look at the same papers again.
#[derive(Default)]
pub(super) struct Highlighter {
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    /// Vectors of another model are of no use.
    model: Option<Fingerprint>,
    /// By the hash of the text.
    papers: HashMap<[u8; 32], Arc<Sentences>>,
}

impl Highlighter {
    /// The best sentence of each paper, in their order.
    pub fn highlight(
        &self,
        embedder: &Embedder,
        wanted: Wanted<'_>,
        papers: &[Ranked],
        progress: &dyn Progress,
    ) -> Result<Vec<Option<String>>> {
        let mut share = wanted.words.map(Share::of);
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
            Ok(best(wanted.direction, share.as_mut(), &paper.abstract_text, sentences).map(str::to_owned))
        };
        papers.iter().enumerate().map(&mut highlight).collect()
    }

    /// The sentences of a paper, embedded one by one, or as they were the last time.
    fn embedded(&self, embedder: &Embedder, paper: &Paper) -> Result<Arc<Sentences>> {
        let hash = paper.content_hash();
        let model = embedder.fingerprint();
        {
            let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            if kept.model.as_ref() != Some(model) || kept.papers.len() > MOST_KEPT {
                *kept = Kept { model: Some(model.clone()), papers: HashMap::new() };
            }
            if let Some(known) = kept.papers.get(&hash) {
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
        if kept.model.as_ref() == Some(model) {
            kept.papers.insert(hash, Arc::clone(&sentences));
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
