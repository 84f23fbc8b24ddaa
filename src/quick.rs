//! `add --quick`: papers can be searched long before their embeddings are computed.
//!
//! A store that is begun so passes through three models. Each is a generation of its own, so a search never compares vectors of two:
//!
//! 1. `start`, a static model of the chosen model's tokens, made within seconds. Papers are found by words, and roughly by meaning.
//! 2. `student`, a static model distilled from the first papers that the chosen model embeds. Small collections pass it over.
//! 3. The chosen model. Its embeddings are collected as by `reindex --model`; those of the second step are among them.
//!
//! The first two are in the folder `quick` of the store, and the generation names them by their place there. That alone tells which
//! step is next, so the work can be interrupted anywhere.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::corpus::sample;
use crate::distil::{Student, distil};
use crate::durable;
use crate::embed::{Embedder, ModelFolder, Task};
use crate::error::{Error, Result};
use crate::paper::Paper;
use crate::progress::Progress;
use crate::reembed::{Folder, ReembedReport, collect_some, reembed, reembed_in};
use crate::store::{Generation, OWN_MODELS, Store, try_lock};

/// The folder in the store.
const FOLDER: &str = OWN_MODELS;
const START: &str = "quick/start";
const STUDENT: &str = "quick/student";
/// What the store is on its way to.
const WANTED: &str = "wanted.json";

/// The lock of the process that makes one of the models, or goes on to the chosen one.
const LOCK: &str = "quick.lock";
/// Time between two attempts to create a store that another process creates.
const PAUSE: Duration = Duration::from_millis(50);

/// The student learns from this number of papers.
const LESSONS: usize = 2_000;
/// A collection with fewer papers has no student: embedding all of it takes hardly longer than making one.
const FEWEST: u64 = 3 * LESSONS as u64;
/// Seed of the choice of papers.
const SEED: u64 = 384;

/// The model with whose vectors papers are searched at present.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// A static model of tokens.
    Start,
    /// A static model distilled from the chosen one.
    Student,
}

impl Stage {
    fn of(generation: &Generation) -> Option<Self> {
        let path = generation.model_path.as_deref()?;
        [(START, Self::Start), (STUDENT, Self::Student)]
            .into_iter()
            .find(|(of, _)| Path::new(of) == path)
            .map(|found| found.1)
    }
}

/// A store that was begun by `add --quick` and has not reached the chosen model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pending {
    /// The model with whose vectors papers are searched.
    pub stage: Stage,
    /// The chosen model: its name, or the path of its folder.
    pub model: String,
    /// The chosen number of dimensions.
    pub dimension: usize,
}

#[derive(Serialize, Deserialize)]
struct Wanted {
    model: String,
    dimension: usize,
}

impl Pending {
    /// The state of a store; `None` if it has the model that it was begun with.
    ///
    /// # Errors
    /// When the store cannot be read, or its note of the chosen model is damaged.
    pub fn of(store: &Store) -> Result<Option<Self>> {
        Self::of_generation(&store.generation()?, store.dir())
    }

    pub(crate) fn of_generation(generation: &Generation, dir: &Path) -> Result<Option<Self>> {
        let Some(stage) = Stage::of(generation) else { return Ok(None) };
        let text = fs_err::read(dir.join(FOLDER).join(WANTED)).ok();
        let wanted = text.and_then(|text| serde_json::from_slice(&text).ok());
        let Some(Wanted { model, dimension }) = wanted else { return Err(Error::QuickLost { dir: dir.to_owned() }) };
        Ok(Some(Self { stage, model, dimension }))
    }

    /// The chosen model, if it is on this machine.
    ///
    /// # Errors
    /// As [`ModelFolder::find`].
    pub fn wanted(&self) -> Result<ModelFolder> {
        let found = ModelFolder::find(&self.model)?;
        if self.dimension < found.manifest.dimension { found.with_dimension(self.dimension) } else { Ok(found) }
    }
}

/// Creates a store on its way to a model, or opens one, which may have arrived. Returns it with the model for papers that are added
/// now. A new store gets a model of the tokens of `typical` papers; without any, of those of the sample collection.
///
/// # Errors
/// [`Error::NotQuick`] if the folder is a store with another model, or on its way to one; when the folder cannot be written.
pub fn begin(
    dir: &Path,
    wanted: &ModelFolder,
    embedder: &Embedder,
    typical: Vec<Paper>,
    progress: &dyn Progress,
) -> Result<(Store, ModelFolder)> {
    wanted.check_task(Task::Embed)?;
    if Store::is_store(dir) {
        return opened(dir, wanted, progress);
    }
    durable::create_folder(&dir.join(FOLDER))?;
    let alone = loop {
        let lock = try_lock(&dir.join(LOCK))?;
        // Another process may have created it.
        if Store::is_store(dir) {
            return opened(dir, wanted, progress);
        }
        if let Some(lock) = lock {
            break lock;
        }
        if progress.is_cancelled() {
            return Err(Error::Interrupted);
        }
        std::thread::sleep(PAUSE);
    };
    let note = Wanted { model: wanted.argument(), dimension: wanted.fingerprint().dimension };
    let note = serde_json::to_vec(&note).map_err(std::io::Error::other)?;
    durable::replace(&dir.join(FOLDER).join(WANTED), &[&note])?;
    progress.note("making a static model of the tokens");
    let made = || {
        let typical = if typical.is_empty() { sample::papers().collect::<Result<_>>()? } else { typical };
        let start = Student::of_tokens((wanted, embedder), &typical, progress)?;
        let start = save(&start, dir, START, wanted)?;
        let store = Store::open_or_create(dir, start.fingerprint(), Some(Path::new(START)))?;
        Ok((store, start))
    };
    let made = made();
    if made.is_err() && !Store::is_store(dir) {
        delete_folder(dir);
    }
    drop(alone);
    made
}

/// A store that exists, with the model for papers that are added now.
fn opened(dir: &Path, wanted: &ModelFolder, progress: &dyn Progress) -> Result<(Store, ModelFolder)> {
    let store = Store::open(dir)?;
    let generation = store.generation()?;
    let is_on_the_way = match Pending::of(&store)? {
        Some(pending) => pending.wanted()?.fingerprint() == wanted.fingerprint(),
        None if generation.fingerprint == *wanted.fingerprint() => {
            tidy(&store);
            progress.note("the store has the embeddings of this model already; `--quick` changes nothing");
            return Ok((store, wanted.clone()));
        }
        None => false,
    };
    if !is_on_the_way {
        return Err(Error::NotQuick { dir: dir.to_owned(), model: generation.fingerprint.summary().to_string() });
    }
    let model = generation.find_model(dir)?;
    Ok((store, model))
}

/// Writes a model into the store's folder, in place of one that an interrupted run left.
fn save(student: &Student, dir: &Path, place: &str, wanted: &ModelFolder) -> Result<ModelFolder> {
    let folder: PathBuf = dir.join(place);
    if folder.exists() {
        fs_err::remove_dir_all(&folder)?;
    }
    let name = format!("{}-{}", wanted.manifest.name, place.rsplit('/').next().unwrap_or_default());
    // A truncated model has no query vectors of the static model's size.
    let is_whole = wanted.fingerprint().dimension == wanted.manifest.dimension;
    student.save(&folder, &name, wanted, is_whole.then(|| wanted.query_argument()))
}

/// Takes a store to the chosen model, step by step. Others may search and write meanwhile. Returns the report of the last step, or
/// `None` if there was nothing to do.
///
/// # Errors
/// As [`reembed`]; [`Error::EmbeddedElsewhere`] while another process does the same.
pub fn complete(store: &Store, threads: usize, progress: &dyn Progress) -> Result<Option<ReembedReport>> {
    if Pending::of(store)?.is_none() {
        return Ok(None);
    }
    let alone = try_lock(&store.dir().join(LOCK))?;
    let Some(_alone) = alone else {
        return Err(Error::EmbeddedElsewhere { dir: store.dir().to_owned(), holder: None });
    };
    // Another process may just have done it.
    let Some(pending) = Pending::of(store)? else { return Ok(None) };
    let wanted = pending.wanted()?;
    let embedder = Embedder::load(&wanted, threads)?;
    if pending.stage == Stage::Start && store.count()? >= FEWEST {
        let report = to_student(store, (&wanted, &embedder), threads, progress)?;
        if report.interrupted {
            return Ok(Some(report));
        }
        progress.note("papers are now searched with a distilled model");
    }
    let report = reembed(store, &wanted, &embedder, threads, progress)?;
    tidy(store);
    Ok(Some(report))
}

/// Deletes what is left of the work if the store has the chosen model. Best effort: what stays does no harm.
pub(crate) fn tidy(store: &Store) {
    if store.generation().map_or(true, |generation| generation.has_own_model()) {
        return;
    }
    store.delete_finished();
    delete_folder(store.dir());
}

/// Deletes the models of both steps and the note of the chosen model, and their folder if nothing else is in it.
fn delete_folder(dir: &Path) {
    let folder = dir.join(FOLDER);
    // A folder of this name without the note is somebody else's.
    if folder.join(WANTED).is_file() {
        for model in [START, STUDENT] {
            let _ = fs_err::remove_dir_all(dir.join(model));
        }
        let _ = fs_err::remove_file(folder.join(WANTED));
        let _ = fs_err::remove_dir(folder);
    }
}

/// Embeds some papers with the chosen model, distils a student from them, and switches to it.
fn to_student(
    store: &Store,
    (wanted, embedder): (&ModelFolder, &Embedder),
    threads: usize,
    progress: &dyn Progress,
) -> Result<ReembedReport> {
    let folder = store.dir().join(STUDENT);
    // An interrupted run may have made it.
    let student = if let Ok(student) = ModelFolder::open(&folder) {
        student
    } else {
        progress.note("embedding papers to learn from");
        let docs = store.read(|view| Ok(view.shuffled_docs(SEED)))?;
        let lessons = collect_some(store, wanted, embedder, &docs[..docs.len().min(LESSONS)], progress)?;
        let Some(lessons) = lessons else {
            return Ok(ReembedReport { interrupted: true, ..ReembedReport::default() });
        };
        save(&distil((wanted, embedder), &lessons, SEED, progress)?, store.dir(), STUDENT, wanted)?
    };
    let student_embedder = Embedder::load(&student, threads)?;
    let place = Folder { name: Folder::OF_STUDENT, model_path: Some(PathBuf::from(STUDENT)) };
    reembed_in(store, place, &student, &student_embedder, threads, progress)
}
