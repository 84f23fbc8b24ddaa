//! Are embeddings that were made elsewhere those of this model? A sample of the papers is embedded again.

use super::vectors::{PaperVectors, embedded};
use crate::corpus::ReadyPaper;
use crate::embed::Embedder;
use crate::error::{Error, Result};
use crate::paper::Paper;
use crate::progress::Silent;

/// Number of papers that [`check_sample`] needs to be sure of.
pub const SAMPLE: usize = 32;
/// The cosine that an embedding must have with a new one of the same text. Kernels and precisions differ by less, other models,
/// prefixes and texts by more.
pub const LEAST_COSINE: f32 = 0.998;
/// As [`LEAST_COSINE`], for the embeddings of sentences, which have few bits.
const LEAST_OF_SENTENCES: f32 = 0.95;

/// Embeds a sample of papers again and compares the embeddings. Each paper comes with the name of its file.
///
/// # Errors
/// [`Error::ForeignVector`] for the first paper that differs; when the model cannot be run.
pub fn check_sample(embedder: &Embedder, sample: &[(String, ReadyPaper)]) -> Result<()> {
    let papers: Vec<&Paper> = sample.iter().map(|(_, ready)| &ready.paper).collect();
    for ((file, ready), again) in sample.iter().zip(embedded(embedder, &papers, &Silent)?) {
        let PaperVectors { embedding, sentences, .. } = again.ok_or(Error::Interrupted)?;
        let cosine = ready.embedding.cosine(embedding.as_slice());
        let of_sentences = ready.sentences.least_cosine(&ready.embedding, &sentences, &embedding);
        let found = [("embedding", Some(cosine), LEAST_COSINE), ("sentences", of_sentences, LEAST_OF_SENTENCES)];
        for (column, cosine, least) in found {
            if let Some(cosine) = cosine.filter(|cosine| *cosine < least) {
                return Err(Error::ForeignVector {
                    file: file.clone(),
                    column,
                    paper: ready.paper.id.printed().to_owned(),
                    model: embedder.fingerprint().model.clone(),
                    cosine,
                    least,
                });
            }
        }
    }
    Ok(())
}
