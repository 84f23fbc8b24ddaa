//! A store shall have another model: which texts has that still to embed, and when can the store switch? All is embedded beside
//! the vectors that searches use; what is done is kept, however the work ends.

use serde::Serialize;

use crate::embed::{Embedder, ModelFolder};
use crate::error::Result;
use crate::full_text;
use crate::graph::{self, Audit, Took};
use crate::ingest::{PAPERS_PER_COMMIT, PaperVectors, embedded, remembered_path};
use crate::progress::Progress;
use crate::store::{DocId, Snapshot, Store, Successor, Switch};

/// What was done.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct ReembedReport {
    /// Papers whose text was embedded now.
    pub embedded: u64,
    /// Papers whose vector was there already, from a time that was interrupted.
    pub kept: u64,
    /// Papers embedded now whose text was longer than the model reads.
    pub truncated: u64,
    /// The work was stopped before the end: the store has its old model, and the same call goes on from there.
    pub interrupted: bool,
    /// What the audit of the new graph found; none where there is no paper.
    pub audit: Option<Audit>,
    /// Seconds that the new graph took to build.
    pub build_s: f64,
    /// Seconds that its audit took.
    pub audit_s: f64,
}

/// Embeds all papers of a store with another model, and then has the store use that, with its vectors, sentences, graph and words.
/// Others may search and write meanwhile: their papers are embedded, too.
///
/// ```
/// # use std::path::Path;
/// # use paperkin::{corpus::sample, embed::{Embedder, ModelFolder}, ingest::{Ingest, open_store}, progress::Silent};
/// # let folder = tempfile::tempdir()?;
/// # let model = ModelFolder::open(Path::new("tests/data/models/static"))?;
/// # let embedder = Embedder::load(&model, 1)?;
/// # let store = open_store(folder.path(), &model)?;
/// # let mut ingest = Ingest::new(&store, &embedder, &Silent);
/// # ingest.add(sample::papers())?;
/// # ingest.finish()?;
/// use paperkin::reembed::reembed;
/// let other = ModelFolder::open(Path::new("tests/data/models/model2vec"))?;
/// let report = reembed(&store, &other, &Embedder::load(&other, 1)?, 1, &Silent)?;
/// assert_eq!(report.embedded, store.count()?);
/// assert_eq!(store.generation()?.fingerprint, *other.fingerprint());
/// # Ok::<(), paperkin::Error>(())
/// ```
///
/// # Errors
/// [`Error::EmbeddedElsewhere`](crate::Error::EmbeddedElsewhere) while another process does so,
/// [`Error::AnotherBegun`](crate::Error::AnotherBegun) when another model was begun with; when the model cannot be run, or the store
/// not be written. What was embedded is kept.
pub fn reembed(
    store: &Store,
    model: &ModelFolder,
    embedder: &Embedder,
    threads: usize,
    progress: &dyn Progress,
) -> Result<ReembedReport> {
    let mut successor = store.successor(model.fingerprint(), remembered_path(model).as_deref())?;
    if successor.restarted() {
        progress.note("the embeddings of an interrupted `reindex` cannot be read; embedding these papers again");
    }
    let (papers, kept) = successor.progress()?;
    progress.expected(papers);
    let mut report = ReembedReport { kept, ..ReembedReport::default() };
    loop {
        collect(&mut successor, embedder, progress, &mut report)?;
        if report.interrupted {
            return Ok(report);
        }
        let Some(prepared) = successor.prepare()? else { continue };
        let next = &prepared.generation;
        if !prepared.is_empty() {
            progress.note("building the HNSW graph");
            let (graph, Took { build, audit }) = graph::build_in(&successor.folder(), &prepared, threads)?;
            (report.build_s, report.audit_s) = (build.as_secs_f64(), audit.as_secs_f64());
            report.audit = graph.audit();
        }
        let view = store.view()?;
        if view.generation.number + 1 != next.number {
            // `compact` has moved the rows.
            continue;
        }
        full_text::build_for(&view, &successor.folder(), next.number)?;
        drop(view);
        if switched(&mut successor, &prepared, embedder, progress, &mut report)? {
            // All is done; what is left over does no harm.
            let _ = successor.end();
            return Ok(report);
        }
        if report.interrupted {
            return Ok(report);
        }
    }
}

/// Switches, as soon as all papers that came meanwhile are embedded; false when the work is stopped, or must be prepared again.
fn switched(
    successor: &mut Successor<'_>,
    prepared: &Snapshot,
    embedder: &Embedder,
    progress: &dyn Progress,
    report: &mut ReembedReport,
) -> Result<bool> {
    loop {
        if progress.is_cancelled() {
            report.interrupted = true;
            return Ok(false);
        }
        match successor.switch(prepared)? {
            Switch::Done => return Ok(true),
            Switch::RowsMoved => return Ok(false),
            Switch::PapersCame => collect(successor, embedder, progress, report)?,
        }
    }
}

/// Embeds what has no vector yet, and keeps it: a few seconds' work at a time.
fn collect(
    successor: &mut Successor<'_>,
    embedder: &Embedder,
    progress: &dyn Progress,
    report: &mut ReembedReport,
) -> Result<()> {
    let mut after: Option<DocId> = None;
    loop {
        progress.done(report.kept + report.embedded);
        let missing = successor.missing(after, PAPERS_PER_COMMIT)?;
        let Some(last) = missing.last() else { return Ok(()) };
        after = Some(last.doc);
        let papers: Vec<_> = missing.iter().map(|missing| &missing.paper).collect();
        let vectors = embedded(embedder, &papers, progress)?;
        let mut ready = Vec::with_capacity(missing.len());
        for (missing, vectors) in missing.into_iter().zip(vectors) {
            let Some(PaperVectors { embedding, sentences, truncated }) = vectors else { continue };
            report.truncated += u64::from(truncated);
            ready.push((missing, embedding, sentences));
        }
        successor.keep(embedder.fingerprint(), &ready)?;
        report.embedded += ready.len() as u64;
        if progress.is_cancelled() {
            report.interrupted = true;
            return Ok(());
        }
    }
}
