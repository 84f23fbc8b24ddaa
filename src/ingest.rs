//! Papers come in: which are new, which changed, and when are they safe? Reads ahead, embeds what needs it, commits.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::embed::{Embedded, Embedder, Embedding, ModelFolder, Role, Text};
use crate::engine::Writer;
use crate::error::{Error, Result};
use crate::paper::Paper;
use crate::progress::Progress;
use crate::store::{Became, Change, Sentences, State, Store};

/// Papers of one commit: seconds of embedding, so that little is lost by `kill -9`, and enough for batches of texts of
/// one length.
pub(crate) const PAPERS_PER_COMMIT: usize = 128;

/// Bad records that are listed: a file of garbage must not fill the memory with reasons.
const MOST_LISTED: usize = 10_000;

/// What became of the papers that were read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct IngestReport {
    /// Papers read, the skipped records not counted.
    pub read: u64,
    /// Papers that the store did not have.
    pub added: u64,
    /// Papers that the store had otherwise.
    pub updated: u64,
    /// Papers that the store had as they are.
    pub unchanged: u64,
    /// Records that could not be used, the first ten thousand of them.
    pub skipped: Vec<Skipped>,
    /// Records skipped beyond the first ten thousand, which alone are listed.
    pub skipped_unlisted: u64,
    /// Papers embedded whose text was longer than the model reads.
    pub truncated: u64,
    /// Papers read that have no abstract; their title is embedded.
    pub without_abstract: u64,
    /// The work was stopped before the end; what is counted as added and updated is committed.
    pub interrupted: bool,
}

/// A record that could not be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Skipped {
    /// The name of the file that it stands in.
    pub file: String,
    /// Its first line, from 1.
    pub line: u64,
    /// What is wrong with it.
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
pub struct Ingest<'a> {
    writer: &'a dyn Writer,
    embedder: &'a Embedder,
    progress: &'a dyn Progress,
    /// Stop at the first bad record instead of skipping it.
    strict: bool,
    /// The sample that was there for want of other papers leaves when the first of these comes.
    replace_sample: bool,
    report: IngestReport,
    waiting: Vec<Waiting>,
    waiting_ids: HashSet<String>,
    /// Is told what became of a paper, by its place among those that were read.
    told: Option<&'a mut dyn FnMut(u64, Became)>,
}

struct Waiting {
    place: u64,
    paper: Paper,
    needs_vector: bool,
}

impl<'a> Ingest<'a> {
    /// Begins to add papers to what `writer` keeps, embedded by its model; `progress` is told how far that is, and may stop it.
    #[must_use]
    pub fn new(writer: &'a dyn Writer, embedder: &'a Embedder, progress: &'a dyn Progress) -> Self {
        Self {
            writer,
            embedder,
            progress,
            strict: false,
            replace_sample: false,
            report: IngestReport::default(),
            waiting: Vec::new(),
            waiting_ids: HashSet::new(),
            told: None,
        }
    }

    /// Tells what became of each paper once that is durable, by its place, from 0, among those that were read.
    #[must_use]
    pub fn telling(mut self, told: &'a mut dyn FnMut(u64, Became)) -> Self {
        self.told = Some(told);
        self
    }

    /// Makes the first bad record an error.
    #[must_use]
    pub fn strict(mut self, strict: bool) -> Self {
        self.strict = strict;
        self
    }

    /// Removes the sample at the first paper, if the store has been marked to hold nothing else.
    #[must_use]
    pub fn replace_sample(mut self, replace: bool) -> Self {
        self.replace_sample = replace;
        self
    }

    /// Adds the papers of one corpus; the last few wait for [`Ingest::finish`].
    ///
    /// # Errors
    /// When the corpus cannot be read, the model cannot be run, or the store cannot be written. What was committed
    /// before stays.
    pub fn add(&mut self, papers: impl Iterator<Item = Result<Paper>>) -> Result<()> {
        for paper in papers {
            if self.progress.is_cancelled() {
                self.report.interrupted = true;
                return Ok(());
            }
            match paper {
                Ok(paper) => self.take(paper)?,
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

    /// Commits what is waiting, and tells what was done.
    ///
    /// # Errors
    /// As [`Ingest::add`].
    pub fn finish(mut self) -> Result<IngestReport> {
        self.flush()?;
        self.report.interrupted |= self.progress.is_cancelled();
        Ok(self.report)
    }

    fn take(&mut self, paper: Paper) -> Result<()> {
        if std::mem::take(&mut self.replace_sample) {
            self.writer.remove_sample()?;
        }
        let place = self.report.read;
        self.report.read += 1;
        self.report.without_abstract += u64::from(paper.abstract_text.is_empty());
        // A second record of a paper is compared with the first one as stored.
        if self.waiting_ids.contains(paper.id.as_str()) {
            self.flush()?;
        }
        let state = self.writer.state_of(&paper)?;
        if state == State::Unchanged {
            self.count(place, Became::Unchanged);
            self.tell();
            return Ok(());
        }
        self.waiting_ids.insert(paper.id.as_str().to_owned());
        self.waiting.push(Waiting { place, paper, needs_vector: state.needs_vector() });
        if self.waiting.len() >= PAPERS_PER_COMMIT {
            self.flush()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<()> {
        self.waiting_ids.clear();
        let waiting = std::mem::take(&mut self.waiting);
        let to_embed: Vec<&Paper> =
            waiting.iter().filter(|waiting| waiting.needs_vector).map(|waiting| &waiting.paper).collect();
        let mut embedded = embedded(self.embedder, &to_embed, self.progress)?.into_iter();
        let mut changes = Vec::with_capacity(waiting.len());
        let mut places = Vec::with_capacity(waiting.len());
        for Waiting { place, paper, needs_vector } in waiting {
            if !needs_vector {
                places.push(place);
                changes.push(Change::new(paper, None));
                continue;
            }
            // What was not reached before the work was stopped is left for the next time.
            let Some(PaperVectors { embedding, sentences, truncated }) = embedded.next().flatten() else { continue };
            self.report.truncated += u64::from(truncated);
            places.push(place);
            changes.push(Change { paper, embedding: Some(embedding), sentences });
        }
        for (place, became) in places.into_iter().zip(self.writer.add(self.embedder.fingerprint(), &changes)?) {
            self.count(place, became);
        }
        self.tell();
        Ok(())
    }

    fn count(&mut self, place: u64, became: Became) {
        match became {
            Became::Added => self.report.added += 1,
            Became::Updated => self.report.updated += 1,
            Became::Unchanged => self.report.unchanged += 1,
            Became::LeftOut => {}
        }
        if let Some(told) = &mut self.told {
            told(place, became);
        }
    }

    fn tell(&self) {
        let report = &self.report;
        self.progress.done(report.added + report.updated + report.unchanged);
    }
}

/// What a model makes of a paper.
pub(crate) struct PaperVectors {
    pub embedding: Embedding,
    pub sentences: Sentences,
    /// The text was longer than the model reads.
    pub truncated: bool,
}

/// Embeds papers, with the sentences of their abstracts; `None` for those that were not reached before `progress` said to stop.
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

/// What is embedded of a paper: its text as a whole, and the sentences of its abstract as parts.
fn text(paper: &Paper) -> Text<'static> {
    let start = paper.abstract_start();
    let parts = paper.sentences().into_iter().map(|place| start + place.start..start + place.end);
    Text { text: paper.text().into(), parts: parts.collect() }
}

/// Opens or makes the store for a model; a model without a manifest is remembered by its path.
///
/// # Errors
/// As [`Store::open_or_create`].
pub fn open_store(dir: &Path, model: &ModelFolder) -> Result<Store> {
    Store::open_or_create(dir, model.fingerprint(), remembered_path(model).as_deref())
}

/// The path by which a store remembers a model that cannot be found by its name.
pub(crate) fn remembered_path(model: &ModelFolder) -> Option<PathBuf> {
    if model.manifest.hub.is_none() { model.path.canonicalize().ok() } else { None }
}
