//! Adds papers to a collection: reads them, embeds new and changed ones, and commits them in groups.
//!
//! - `stages`: the threads that embed, commit and index while the caller reads
//! - `vectors`: the embeddings of papers and of their sentences
//! - `ready`: embeddings that were made elsewhere
//! - `report`: the result
//! - `copy`: copies a collection as it is
//! - `dedupe`: finds and merges papers that are one
//! - `split`: undoes a wrong merge

use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::path::Path;
use std::thread::Scope;

use crate::corpus::{LeftOut, Notes, ReadyPaper};
use crate::embed::{Embedder, ModelFolder};
use crate::engine::Writer;
use crate::error::{Error, Result};
use crate::paper::{IdKind, Paper, PaperId};
use crate::progress::Progress;
use crate::store::{Became, Contribution, Incoming, Plan, State, Store};
use stages::{Done, Stages, Tools, Waiting};

pub use copy::{CopyReport, copy};
pub use dedupe::{Duplicates, duplicates, merge};
pub use ready::{LEAST_COSINE, SAMPLE, check_sample};
pub use report::{Contradiction, IngestReport, Skipped};
pub use split::split;
pub(crate) use vectors::{PaperVectors, embedded};

mod copy;
mod dedupe;
mod ready;
mod report;
mod split;
mod stages;
mod vectors;

/// Papers that are embedded together: a few seconds of work, so that `kill -9` loses little of it, and enough texts for batches
/// of similar length.
pub(crate) const PAPERS_PER_BATCH: usize = 128;

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
    tools: Tools<'a>,
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

/// A paper that was read, with its embeddings if they are there already.
type Read = (Paper, Option<PaperVectors>);

/// Receives the result for each paper: its position among the papers read, its effect, and the id of the stored paper.
type OnResult<'a> = &'a mut dyn FnMut(u64, Became, &PaperId);

impl<'a> Ingest<'a> {
    /// Prepares to add papers through `writer`, embedded by its model. `progress` receives the number of papers done
    /// and can cancel.
    #[must_use]
    pub fn new(writer: &'a dyn Writer, embedder: &'a Embedder, progress: &'a dyn Progress) -> Self {
        Self {
            tools: Tools { writer, embedder, progress, keep_up: None },
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

    /// Calls `keep_up` on a thread of its own after every 20,000 papers, so that the indexes are brought up to date while papers are
    /// added.
    #[must_use]
    pub fn keeping_up(mut self, keep_up: &'a (dyn Fn() + Sync)) -> Self {
        self.tools.keep_up = Some(keep_up);
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

    /// The embedder of the papers.
    #[must_use]
    pub fn embedder(&self) -> &'a Embedder {
        self.tools.embedder
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
        self.add_all(source, papers.map(|paper| Ok((paper?, None))))
    }

    /// As [`Ingest::add_from`], for papers with embeddings of the embedder's model; see [`check_sample`]. A paper is embedded
    /// nevertheless if it becomes part of a stored one and its text changes by that.
    ///
    /// # Errors
    /// As [`Ingest::add`].
    pub fn add_ready(&mut self, source: &str, papers: impl Iterator<Item = Result<ReadyPaper>>) -> Result<()> {
        self.add_all(
            source,
            papers.map(|paper| {
                let ReadyPaper { paper, embedding, sentences, truncated } = paper?;
                Ok((paper, Some(PaperVectors { embedding, sentences, truncated })))
            }),
        )
    }

    fn add_all(&mut self, source: &str, papers: impl Iterator<Item = Result<Read>>) -> Result<()> {
        if self.source != source {
            source.clone_into(&mut self.source);
            self.records.clear();
        }
        std::thread::scope(|scope| {
            // They are started for the second batch: one alone has nothing to overlap with.
            let mut stages = None;
            let read = self.read(papers, scope, &mut stages);
            read.and(self.finish_underway(&mut stages))
        })
    }

    fn read<'scope>(
        &mut self,
        papers: impl Iterator<Item = Result<Read>>,
        scope: &'scope Scope<'scope, '_>,
        stages: &mut Option<Stages>,
    ) -> Result<()>
    where
        'a: 'scope,
    {
        let mut papers = papers;
        let mut next = VecDeque::new();
        loop {
            if next.is_empty() {
                next.extend(papers.by_ref().take(self.tools.writer.looks_ahead()));
                let expected: Vec<&Paper> =
                    next.iter().filter_map(|read: &Result<Read>| read.as_ref().ok().map(|(paper, _)| paper)).collect();
                self.tools.writer.expect(&expected)?;
            }
            let Some(paper) = next.pop_front() else { return Ok(()) };
            if self.tools.progress.is_cancelled() {
                self.report.interrupted = true;
                return Ok(());
            }
            if self.waiting.len() >= PAPERS_PER_BATCH {
                let tools = self.tools;
                let stages = stages.get_or_insert_with(|| Stages::start(scope, tools));
                stages.send(std::mem::take(&mut self.waiting), std::mem::take(&mut self.waiting_ids));
                while let Some(done) = stages.next_done() {
                    self.take_done(done?);
                }
            }
            match paper {
                Ok((paper, vectors)) => {
                    let (source, by_id_alone) = (self.source.clone(), self.by_id_alone);
                    self.take(Contribution { paper, source, ordinal: 1, by_id_alone }, vectors, stages)?;
                }
                Err(Error::BadRecord { file, line, reason }) if !self.strict => self.report.skip(file, line, reason),
                Err(error) => return Err(error),
            }
        }
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
        self.flush(&mut None)?;
        self.report.interrupted |= self.tools.progress.is_cancelled();
        Ok(self.report)
    }

    fn take(
        &mut self,
        mut contribution: Contribution,
        vectors: Option<PaperVectors>,
        stages: &mut Option<Stages>,
    ) -> Result<()> {
        if std::mem::take(&mut self.replace_sample) {
            self.tools.writer.remove_sample()?;
        }
        let place = self.report.read;
        self.report.read += 1;
        self.report.without_abstract += u64::from(contribution.paper.abstract_text.is_empty());
        // A second record of the same paper is compared with the first as stored.
        let mut ids: Vec<PaperId> = contribution.paper.all_ids().cloned().collect();
        if !self.by_id_alone {
            ids.push(PaperId::of_title(&contribution.paper.title));
        }
        let is_underway = stages.as_ref().is_some_and(|stages| stages.have(&ids));
        if is_underway || ids.iter().any(|id| self.waiting_ids.contains(id)) {
            self.flush(stages)?;
        }
        let key = contribution.paper.ids.iter().find(|id| id.kind() == IdKind::Own).cloned();
        if let Some(key) = key.as_ref().filter(|_| self.counts_records) {
            contribution.ordinal = self.count_of(key);
        }
        let mut plan = self.tools.writer.plan(&Incoming::Record(&contribution))?;
        if self.counts_records && key.is_none() {
            contribution.ordinal = self.count_of(&plan.paper.id);
            if contribution.ordinal > 1 {
                plan = self.tools.writer.plan(&Incoming::Record(&contribution))?;
            }
        }
        let Plan { state, paper, contradicted, .. } = plan;
        if let Some(stored) = contradicted {
            self.report.contradict(Contradiction { paper: paper.id.clone(), stored });
        }
        if state == State::Unchanged {
            self.count(place, Became::Unchanged, &paper.id);
            self.report_progress();
            return Ok(());
        }
        self.waiting_ids.extend(ids);
        self.waiting_ids.insert(paper.id.clone());
        // Of the text that was read, and not of that of a merged paper.
        let (title, text) = (&contribution.paper.title, &contribution.paper.abstract_text);
        let vectors = vectors.filter(|_| (&paper.title, &paper.abstract_text) == (title, text));
        self.waiting.push(Waiting { place, contribution, paper, needs_vector: state.needs_vector(), vectors });
        Ok(())
    }

    /// The number of a record among those of the source with this key, or about this paper.
    fn count_of(&mut self, id: &PaperId) -> u32 {
        let count = self.records.entry(hash_of(id)).or_default();
        *count += 1;
        *count
    }

    /// Commits all papers that were read.
    fn flush(&mut self, stages: &mut Option<Stages>) -> Result<()> {
        self.finish_underway(stages)?;
        self.waiting_ids.clear();
        let waiting = std::mem::take(&mut self.waiting);
        let done = self.tools.process(waiting)?;
        self.take_done(done);
        Ok(())
    }

    /// Waits until the batches that were passed on are committed.
    fn finish_underway(&mut self, stages: &mut Option<Stages>) -> Result<()> {
        let Some(stages) = stages else { return Ok(()) };
        stages.flush();
        let mut result = Ok(());
        while let Some(done) = stages.wait() {
            match done {
                Ok(done) => self.take_done(done),
                Err(error) => result = Err(error),
            }
        }
        result
    }

    fn take_done(&mut self, done: Done) {
        self.report.truncated += done.truncated;
        for (place, became, id) in done.effects {
            self.count(place, became, &id);
        }
        self.report_progress();
    }

    fn count(&mut self, place: u64, became: Became, id: &PaperId) {
        self.report.count(became, id);
        if let Some(on_result) = &mut self.on_result {
            on_result(place, became, id);
        }
    }

    fn report_progress(&self) {
        self.tools.progress.done(self.report.processed());
    }
}

/// A hash of an id, which is shorter.
fn hash_of(id: &PaperId) -> u64 {
    BuildHasherDefault::<DefaultHasher>::new().hash_one(id)
}

/// Opens or creates the store for a model. For a model without a manifest, the store remembers its path.
///
/// # Errors
/// As [`Store::open_or_create`].
pub fn open_store(dir: &Path, model: &ModelFolder) -> Result<Store> {
    Store::open_or_create(dir, model.fingerprint(), model.path_to_remember().as_deref())
}

#[cfg(test)]
mod tests;
