//! Brings the texts of stored papers up to the present rules for markup, and embeds those that change.

use crate::embed::Embedder;
use crate::error::Result;
use crate::ingest::{PAPERS_PER_BATCH, PaperVectors, embedded};
use crate::progress::Progress;
use crate::store::{DocId, Store};

/// The result of renewing texts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RenewReport {
    /// Papers whose text was made by older rules.
    pub papers: u64,
    /// Papers among them whose text changed, and which were embedded again.
    pub embedded: u64,
    /// Whether the run was stopped early. The same call resumes.
    pub interrupted: bool,
}

/// Makes the titles and abstracts readable that were stored by an older version of the program, and embeds the papers whose text
/// changes. `embedder` has the model of the store. Finished papers are committed every few seconds.
///
/// # Errors
/// [`Error::ModelChanged`](crate::Error::ModelChanged) if the store has vectors of another fingerprint; when it cannot be written.
pub fn renew_texts(store: &Store, embedder: &Embedder, progress: &dyn Progress) -> Result<RenewReport> {
    let mut report = RenewReport::default();
    let mut after: Option<DocId> = None;
    loop {
        let renewals = store.older_texts(after, PAPERS_PER_BATCH)?;
        let Some(last) = renewals.last() else { return Ok(report) };
        after = Some(last.doc);
        let papers: Vec<_> = renewals.iter().filter_map(|renewal| renewal.to_embed()).collect();
        let mut vectors = embedded(embedder, &papers, progress)?.into_iter();
        let mut ready = Vec::with_capacity(renewals.len());
        for renewal in renewals {
            let vectors = renewal.to_embed().and_then(|_| vectors.next().flatten());
            report.papers += u64::from(renewal.to_embed().is_none() || vectors.is_some());
            report.embedded += u64::from(vectors.is_some());
            let vectors = vectors.map(|PaperVectors { embedding, sentences, .. }| (embedding, sentences));
            ready.push((renewal, vectors));
        }
        store.renew_texts(embedder.fingerprint(), &ready)?;
        progress.done(report.papers);
        if progress.is_cancelled() {
            report.interrupted = true;
            return Ok(report);
        }
    }
}
