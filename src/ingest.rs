//! Adds papers to a collection: reads them, embeds new and changed ones, and commits them in groups.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::corpus::{LeftOut, Notes};
use crate::embed::{Embedded, Embedder, Embedding, ModelFolder, Role, Text};
use crate::engine::Writer;
use crate::error::{Error, Result};
use crate::paper::{IdKind, Paper, PaperId};
use crate::progress::Progress;
use crate::store::{Became, Change, Contribution, Plan, Sentences, State, Store};

/// Papers in one commit: a few seconds of embedding, so that `kill -9` loses little work, and enough texts for batches
/// of similar length.
pub(crate) const PAPERS_PER_COMMIT: usize = 128;

/// Maximum number of bad records in a report: a file of garbage must not fill the memory.
const MOST_LISTED: usize = 10_000;

/// The result of adding papers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct IngestReport {
    /// Papers read, without the skipped records.
    pub read: u64,
    /// Papers that were new to the store.
    pub added: u64,
    /// Papers that replaced their stored version.
    pub updated: u64,
    /// Records that joined papers which were stored separately.
    pub merged: u64,
    /// Papers identical to their stored version.
    pub unchanged: u64,
    /// Skipped records, up to the first 10,000.
    pub skipped: Vec<Skipped>,
    /// Number of skipped records beyond the first 10,000.
    pub skipped_unlisted: u64,
    /// Embedded papers whose text was longer than the model's maximum and was truncated.
    pub truncated: u64,
    /// Papers read without an abstract; only their title is embedded.
    pub without_abstract: u64,
    /// What was not read of the files.
    pub notes: Vec<Notes>,
    /// Files of folders and archives that were not read.
    pub left_out: Vec<LeftOut>,
    /// Whether the work was stopped early. Papers counted as added or updated are committed.
    pub interrupted: bool,
}

/// A record that could not be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Skipped {
    /// The name of the file with the record.
    pub file: String,
    /// The line where the record starts, from 1.
    pub line: u64,
    /// The reason why it cannot be used.
    pub reason: String,
}

/// Adds papers to a collection.
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
/// use paperkin::paper::{Paper, PaperId};
/// let id: PaperId = "2001.00001".parse()?;
/// let paper = Paper::new(id, "On fish".into(), "We count fish.".into());
/// let mut ingest = Ingest::new(&store, &embedder, &Silent);
/// ingest.add([Ok(paper.clone()), Ok(paper)].into_iter())?;
/// let report = ingest.finish()?;
/// assert_eq!((report.read, report.added, report.unchanged), (2, 1, 1));
/// # Ok::<(), paperkin::Error>(())
/// ```
#[allow(clippy::struct_excessive_bools)] // independent settings
pub struct Ingest<'a> {
    writer: &'a dyn Writer,
    embedder: &'a Embedder,
    progress: &'a dyn Progress,
    /// Stop at the first bad record instead of skipping it.
    strict: bool,
    /// Delete the sample collection when the first paper is added.
    replace_sample: bool,
    /// Keep papers with the same title apart.
    by_id_alone: bool,
    /// Several records of one source about a paper are several records, not corrections.
    counts_records: bool,
    report: IngestReport,
    waiting: Vec<Waiting>,
    waiting_ids: HashSet<PaperId>,
    /// How many records of the current source had a key, or were about a paper, by a hash of the id. Two papers with the same hash do no harm.
    records: HashMap<u64, u32>,
    source: String,
    on_result: Option<OnResult<'a>>,
}

/// Receives the result for each paper: its position among the papers read, its effect, and the id of the stored paper.
type OnResult<'a> = &'a mut dyn FnMut(u64, Became, &PaperId);

struct Waiting {
    place: u64,
    contribution: Contribution,
    /// The paper as it will be stored.
    paper: Paper,
    needs_vector: bool,
}

impl<'a> Ingest<'a> {
    /// Prepares to add papers through `writer`, embedded by its model. `progress` receives the number of papers done
    /// and can cancel.
    #[must_use]
    pub fn new(writer: &'a dyn Writer, embedder: &'a Embedder, progress: &'a dyn Progress) -> Self {
        Self {
            writer,
            embedder,
            progress,
            strict: false,
            replace_sample: false,
            by_id_alone: false,
            counts_records: false,
            report: IngestReport::default(),
            waiting: Vec::new(),
            waiting_ids: HashSet::new(),
            records: HashMap::new(),
            source: String::new(),
            on_result: None,
        }
    }

    /// Sets a callback for the result of each paper, called once the result is durable. Positions count the papers
    /// read, from 0.
    #[must_use]
    pub fn telling(mut self, on_result: OnResult<'a>) -> Self {
        self.on_result = Some(on_result);
        self
    }

    /// Makes the first bad record an error.
    #[must_use]
    pub fn strict(mut self, strict: bool) -> Self {
        self.strict = strict;
        self
    }

    /// Deletes the sample collection when the first paper is added, if the store is marked to contain nothing else.
    #[must_use]
    pub fn replace_sample(mut self, replace: bool) -> Self {
        self.replace_sample = replace;
        self
    }

    /// Keeps papers with different ids apart, even if they have the same title.
    #[must_use]
    pub fn by_id_alone(mut self, by_id_alone: bool) -> Self {
        self.by_id_alone = by_id_alone;
        self
    }

    /// Counts the records of a source about the same paper, as those of a file: the second one corrects the second one of before, and
    /// not the first.
    #[must_use]
    pub fn counting_records(mut self, counts: bool) -> Self {
        self.counts_records = counts;
        self
    }

    /// Adds papers whose source is not known. The last few may stay uncommitted until [`Ingest::finish`].
    ///
    /// # Errors
    /// When the source cannot be read, the model cannot be run, or the store cannot be written. Papers that were
    /// committed before stay.
    pub fn add(&mut self, papers: impl Iterator<Item = Result<Paper>>) -> Result<()> {
        self.add_from("", papers)
    }

    /// Adds papers of a source, such as the path of a file. A later record of the same source corrects an earlier one; a record of
    /// another source adds to it.
    ///
    /// # Errors
    /// As [`Ingest::add`].
    pub fn add_from(&mut self, source: &str, papers: impl Iterator<Item = Result<Paper>>) -> Result<()> {
        if self.source != source {
            source.clone_into(&mut self.source);
            self.records.clear();
        }
        for paper in papers {
            if self.progress.is_cancelled() {
                self.report.interrupted = true;
                return Ok(());
            }
            match paper {
                Ok(paper) => {
                    let by_id_alone = self.by_id_alone;
                    self.take(Contribution { paper, source: source.to_owned(), ordinal: 1, by_id_alone })?;
                }
                Err(Error::BadRecord { file, line, reason }) if !self.strict => {
                    if self.report.skipped.len() < MOST_LISTED {
                        self.report.skipped.push(Skipped { file, line, reason });
                    } else {
                        self.report.skipped_unlisted += 1;
                    }
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Adds to the report what was not read of a file.
    pub fn note(&mut self, notes: &Notes) {
        if !notes.is_empty() {
            self.report.notes.push(notes.clone());
        }
    }

    /// Adds to the report the files that were not read.
    pub fn leave_out(&mut self, files: &[LeftOut]) {
        self.report.left_out.extend_from_slice(files);
    }

    /// Commits the remaining papers and returns the report.
    ///
    /// # Errors
    /// As [`Ingest::add`].
    pub fn finish(mut self) -> Result<IngestReport> {
        self.flush()?;
        self.report.interrupted |= self.progress.is_cancelled();
        Ok(self.report)
    }

    fn take(&mut self, mut contribution: Contribution) -> Result<()> {
        if std::mem::take(&mut self.replace_sample) {
            self.writer.remove_sample()?;
        }
        let place = self.report.read;
        self.report.read += 1;
        self.report.without_abstract += u64::from(contribution.paper.abstract_text.is_empty());
        // A second record of the same paper is compared with the first as stored.
        let mut ids: Vec<PaperId> = contribution.paper.all_ids().cloned().collect();
        if !self.by_id_alone {
            ids.push(PaperId::of_title(&contribution.paper.title));
        }
        if ids.iter().any(|id| self.waiting_ids.contains(id)) {
            self.flush()?;
        }
        let key = contribution.paper.ids.iter().find(|id| id.kind() == IdKind::Own).cloned();
        if let Some(key) = key.as_ref().filter(|_| self.counts_records) {
            contribution.ordinal = self.count_of(key);
        }
        let mut plan = self.writer.plan(&contribution)?;
        if self.counts_records && key.is_none() {
            contribution.ordinal = self.count_of(&plan.paper.id);
            if contribution.ordinal > 1 {
                plan = self.writer.plan(&contribution)?;
            }
        }
        let Plan { state, paper, .. } = plan;
        if state == State::Unchanged {
            self.count(place, Became::Unchanged, &paper.id);
            self.report_progress();
            return Ok(());
        }
        self.waiting_ids.extend(ids);
        self.waiting_ids.insert(paper.id.clone());
        self.waiting.push(Waiting { place, contribution, paper, needs_vector: state.needs_vector() });
        if self.waiting.len() >= PAPERS_PER_COMMIT {
            self.flush()?;
        }
        Ok(())
    }

    /// The number of a record among those of the source with this key, or about this paper.
    fn count_of(&mut self, id: &PaperId) -> u32 {
        let count = self.records.entry(BuildHasherDefault::<DefaultHasher>::new().hash_one(id)).or_default();
        *count += 1;
        *count
    }

    fn flush(&mut self) -> Result<()> {
        self.waiting_ids.clear();
        let waiting = std::mem::take(&mut self.waiting);
        let to_embed: Vec<&Paper> =
            waiting.iter().filter(|waiting| waiting.needs_vector).map(|waiting| &waiting.paper).collect();
        let mut embedded = embedded(self.embedder, &to_embed, self.progress)?.into_iter();
        let mut changes = Vec::with_capacity(waiting.len());
        let mut places = Vec::with_capacity(waiting.len());
        for Waiting { place, contribution, paper, needs_vector } in waiting {
            if !needs_vector {
                places.push(place);
                changes.push(Change { contribution, paper, embedding: None, sentences: Sentences::default() });
                continue;
            }
            // Papers that were not embedded before the work was stopped are left for the next run.
            let Some(PaperVectors { embedding, sentences, truncated }) = embedded.next().flatten() else { continue };
            self.report.truncated += u64::from(truncated);
            places.push(place);
            changes.push(Change { contribution, paper, embedding: Some(embedding), sentences });
        }
        let became = self.writer.add(self.embedder.fingerprint(), &changes)?;
        for ((place, change), became) in places.into_iter().zip(&changes).zip(became) {
            self.count(place, became, &change.paper.id);
        }
        self.report_progress();
        Ok(())
    }

    fn count(&mut self, place: u64, became: Became, id: &PaperId) {
        match became {
            Became::Added => self.report.added += 1,
            Became::Updated => self.report.updated += 1,
            Became::Merged => self.report.merged += 1,
            Became::Unchanged => self.report.unchanged += 1,
            Became::LeftOut => {}
        }
        if let Some(on_result) = &mut self.on_result {
            on_result(place, became, id);
        }
    }

    fn report_progress(&self) {
        let report = &self.report;
        self.progress.done(report.added + report.updated + report.merged + report.unchanged);
    }
}

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
    let texts: Vec<Text<'_>> = papers.iter().map(|paper| text(paper)).collect();
    let of_paper = |Embedded { embedding, truncated, parts, .. }: Embedded, paper: &Paper| {
        let mut sentences = Sentences::default();
        for (place, vector) in paper.sentences().iter().zip(&parts) {
            if let Some(vector) = vector {
                sentences.push(place, vector);
            }
        }
        PaperVectors { embedding, sentences, truncated }
    };
    let vectors = embedder.embed_watched(Role::Passage, &texts, progress)?.into_iter().zip(papers);
    Ok(vectors.map(|(vectors, paper)| vectors.map(|vectors| of_paper(vectors, paper))).collect())
}

/// The text to embed for a paper: the whole text, with the sentences of its abstract as parts.
fn text(paper: &Paper) -> Text<'static> {
    let start = paper.abstract_start();
    let parts = paper.sentences().into_iter().map(|place| start + place.start..start + place.end);
    Text { text: paper.text().into(), parts: parts.collect() }
}

/// Opens or creates the store for a model. For a model without a manifest, the store remembers its path.
///
/// # Errors
/// As [`Store::open_or_create`].
pub fn open_store(dir: &Path, model: &ModelFolder) -> Result<Store> {
    Store::open_or_create(dir, model.fingerprint(), remembered_path(model).as_deref())
}

/// The path under which a store remembers a model that cannot be found by its name.
pub(crate) fn remembered_path(model: &ModelFolder) -> Option<PathBuf> {
    if model.manifest.hub.is_none() { model.path.canonicalize().ok() } else { None }
}
