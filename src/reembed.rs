//! Moves a store to another model: embeds all papers beside the vectors in use, then switches in one transaction.
//! Finished work is kept, whether the run ends or is interrupted.

use std::path::PathBuf;

use serde::Serialize;

use crate::distil::Lessons;
use crate::embed::{Embedder, ModelFolder};
use crate::error::Result;
use crate::full_text;
use crate::graph::{self, Audit, Took};
use crate::ingest::{PAPERS_PER_BATCH, PaperVectors, embedded};
use crate::progress::Progress;
use crate::store::{DocId, FOLDER, Missing, STUDENT_FOLDER, Snapshot, Store, Successor, Switch};

/// The result of a reindex.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct ReembedReport {
    /// Papers embedded in this run.
    pub embedded: u64,
    /// Papers whose embedding existed already, from an interrupted run.
    pub kept: u64,
    /// Papers embedded in this run whose text was longer than the model's maximum.
    pub truncated: u64,
    /// Whether the run was stopped early. The store keeps its old model, and the same call resumes.
    pub interrupted: bool,
    /// The audit of the new graph; `None` for an empty collection.
    pub audit: Option<Audit>,
    /// Time to build the new graph, in seconds.
    pub build_s: f64,
    /// Time of its audit, in seconds.
    pub audit_s: f64,
}

/// Embeds all papers of a store with another model, then switches the store to it, with its vectors, sentence
/// embeddings, graph and full-text index. Others can search and write during the run: papers added then are embedded,
/// too.
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
/// [`Error::EmbeddedElsewhere`](crate::Error::EmbeddedElsewhere) while another process does the same,
/// [`Error::AnotherBegun`](crate::Error::AnotherBegun) if an unfinished run has another model; when the model cannot be
/// run, or the store cannot be written. Finished embeddings are kept.
pub fn reembed(
    store: &Store,
    model: &ModelFolder,
    embedder: &Embedder,
    threads: usize,
    progress: &dyn Progress,
) -> Result<ReembedReport> {
    reembed_in(store, Folder::of_reindex(model), model, embedder, threads, progress)
}

/// Where the embeddings of another model are collected.
pub(crate) struct Folder {
    /// The name of the folder in the store.
    pub name: &'static str,
    /// The folder of the model, if it cannot be found by its name.
    pub model_path: Option<PathBuf>,
}

impl Folder {
    /// The name for a distilled model, beside [`Folder::of_reindex`].
    pub const OF_STUDENT: &str = STUDENT_FOLDER;

    /// The folder of `reindex --model`.
    pub fn of_reindex(model: &ModelFolder) -> Self {
        Self { name: FOLDER, model_path: model.path_to_remember() }
    }

    fn open<'a>(&self, store: &'a Store, model: &ModelFolder) -> Result<Successor<'a>> {
        store.successor(self.name, model.fingerprint(), self.model_path.as_deref())
    }
}

/// Embeds the papers in these rows for a later [`reembed`], unless they are embedded already. Returns all of them with
/// their vectors, or `None` if `progress` is cancelled.
pub(crate) fn collect_some(
    store: &Store,
    model: &ModelFolder,
    embedder: &Embedder,
    docs: &[DocId],
    progress: &dyn Progress,
) -> Result<Option<Lessons>> {
    let mut successor = Folder::of_reindex(model).open(store, model)?;
    progress.expected(docs.len() as u64);
    let mut report = ReembedReport::default();
    let mut done = 0;
    for docs in docs.chunks(PAPERS_PER_BATCH) {
        let missing = docs.iter().map(|doc| successor.missing_at(*doc)).filter_map(Result::transpose);
        let missing = missing.collect::<Result<Vec<_>>>()?;
        keep(&mut successor, missing, embedder, progress, &mut report)?;
        if progress.is_cancelled() {
            return Ok(None);
        }
        done += docs.len() as u64;
        progress.done(done);
    }
    let taught = docs.iter().map(|doc| successor.collected_at(*doc)).filter_map(Result::transpose);
    let taught = taught.collect::<Result<Vec<_>>>()?;
    Ok(Some(Lessons::of(taught.iter().map(|(paper, vector)| (paper, vector.as_slice())))))
}

/// As [`reembed`], with the embeddings in another folder.
pub(crate) fn reembed_in(
    store: &Store,
    folder: Folder,
    model: &ModelFolder,
    embedder: &Embedder,
    threads: usize,
    progress: &dyn Progress,
) -> Result<ReembedReport> {
    let mut successor = folder.open(store, model)?;
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
            // A `compact` has moved the rows.
            continue;
        }
        full_text::build_for(&view, &successor.folder(), next.number)?;
        drop(view);
        if switched(&mut successor, &prepared, embedder, progress, &mut report)? {
            // The switch is done; leftover files do no harm.
            let _ = successor.end();
            return Ok(report);
        }
        if report.interrupted {
            return Ok(report);
        }
    }
}

/// Switches once all papers added in the meantime are embedded. False if the run is stopped or must be prepared again.
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

/// Embeds and stores the papers without an embedding, a few seconds of work at a time.
fn collect(
    successor: &mut Successor<'_>,
    embedder: &Embedder,
    progress: &dyn Progress,
    report: &mut ReembedReport,
) -> Result<()> {
    let mut after: Option<DocId> = None;
    loop {
        progress.done(report.kept + report.embedded);
        let missing = successor.missing(after, PAPERS_PER_BATCH)?;
        let Some(last) = missing.last() else { return Ok(()) };
        after = Some(last.doc);
        keep(successor, missing, embedder, progress, report)?;
        if progress.is_cancelled() {
            report.interrupted = true;
            return Ok(());
        }
    }
}

/// Embeds and stores some papers.
fn keep(
    successor: &mut Successor<'_>,
    missing: Vec<Missing>,
    embedder: &Embedder,
    progress: &dyn Progress,
    report: &mut ReembedReport,
) -> Result<()> {
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
    Ok(())
}
