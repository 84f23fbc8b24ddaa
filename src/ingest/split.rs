//! Undoes a wrong merge.

use super::vectors::{PaperVectors, embedded};
use crate::embed::Embedder;
use crate::engine::Writer;
use crate::error::{Error, Result};
use crate::paper::{Paper, PaperId};
use crate::progress::Progress;

/// Splits a paper that was merged by mistake: records that share no id become papers of their own. Returns the ids of the parts,
/// that of the paper first.
///
/// # Errors
/// [`Error::NotMerged`], an unknown id, or when the model cannot be run or the collection cannot be written.
pub fn split(writer: &dyn Writer, embedder: &Embedder, id: &PaperId, progress: &dyn Progress) -> Result<Vec<PaperId>> {
    let parts = writer.parts(id)?;
    let papers: Vec<&Paper> = parts.iter().map(|part| &part.paper).collect();
    let vectors: Option<Vec<PaperVectors>> = embedded(embedder, &papers, progress)?.into_iter().collect();
    let vectors = vectors.ok_or(Error::Interrupted)?;
    let ids = parts.iter().map(|part| part.paper.id.clone()).collect();
    let parts: Vec<_> =
        parts.into_iter().zip(vectors).map(|(part, vectors)| (part, vectors.embedding, vectors.sentences)).collect();
    writer.split(embedder.fingerprint(), id, &parts)?;
    Ok(ids)
}
