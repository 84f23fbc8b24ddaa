//! The embeddings of papers and of the sentences of their abstracts.

use crate::embed::{Embedded, Embedder, Embedding, Role, Text};
use crate::error::Result;
use crate::paper::Paper;
use crate::progress::Progress;
use crate::store::Sentences;

/// The embeddings of one paper.
pub(crate) struct PaperVectors {
    pub embedding: Embedding,
    pub sentences: Sentences,
    /// Whether the text was longer than the model's maximum.
    pub truncated: bool,
}

/// Embeds papers and the sentences of their abstracts; `None` for papers that were not reached before `progress` was
/// cancelled.
pub(crate) fn embedded(
    embedder: &Embedder,
    papers: &[&Paper],
    progress: &dyn Progress,
) -> Result<Vec<Option<PaperVectors>>> {
    // For a static model, a search computes them for its hits within milliseconds; stored, they would be most of the database.
    let with_sentences = !embedder.is_static()?;
    let texts: Vec<Text<'_>> = papers.iter().map(|paper| text(paper, with_sentences)).collect();
    let of_paper = |Embedded { embedding, truncated, parts, .. }: Embedded, paper: &Paper, text: &Text<'_>| {
        let mut sentences = Sentences::default();
        let start = paper.abstract_start();
        for (part, vector) in text.parts.iter().zip(&parts) {
            if let Some(vector) = vector {
                sentences.push(&embedding, &(part.start - start..part.end - start), vector);
            }
        }
        PaperVectors { embedding, sentences, truncated }
    };
    let vectors = embedder.embed_watched(Role::Passage, &texts, progress)?;
    let vectors = vectors.into_iter().zip(papers).zip(&texts);
    Ok(vectors.map(|((vectors, paper), text)| Some(of_paper(vectors?, paper, text))).collect())
}

/// The text to embed for a paper: the whole text, with the sentences of its abstract as parts, if wanted.
fn text(paper: &Paper, with_sentences: bool) -> Text<'static> {
    let start = paper.abstract_start();
    let places = if with_sentences { paper.sentences() } else { Vec::new() };
    let parts = places.into_iter().map(|place| start + place.start..start + place.end);
    Text { text: paper.text().into(), parts: parts.collect() }
}
