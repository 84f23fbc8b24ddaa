//! A view: the store as of one commit. Every request reads through one view.
//!
//! A view is a read transaction of SQLite together with the vectors that it counts. Others may add, delete, compact or
//! change the model meanwhile; a view does not change. While it is open, SQLite keeps every later commit in its log.
//! Slow work should therefore read its input first and close the view.

use std::io::ErrorKind;
use std::ops::Deref;
use std::sync::{Arc, PoisonError};

use fixedbitset::FixedBitSet;
use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;
use rand::seq::SliceRandom;
use rusqlite::params_from_iter;

use super::papers::Papers;
use super::pool::Borrowed;
use super::record::{self, COLUMNS};
use super::snapshot::Live;
use super::{DocId, Filter, Generation, Sentences, Snapshot, Store, Vectors, database, to_i64};
use crate::corpus::text;
use crate::error::{Error, Result};
use crate::paper::{Paper, PaperId};

/// Number of attempts to open a view, if `compact` deletes the vectors that its transaction counts before they are
/// mapped. A `compact` takes longer than opening a view, so the second attempt normally succeeds.
pub(super) const ATTEMPTS: usize = 8;

/// The store as of one commit.
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
/// use paperkin::store::{Criteria, Filter};
/// let view = store.view()?;
/// let (paper, doc) = view.paper(&"1706.03762".parse()?)?;
/// let filter = Filter::new(Criteria { from: Some("2017".into()), to: Some("2017".into()), ..Criteria::default() })?;
/// assert!(view.rows(&filter)?.contains(doc.row()));
/// assert!(view.list(None, &filter, 100)?.contains(&paper));
/// # Ok::<(), paperkin::Error>(())
/// ```
pub struct View<'a> {
    store: &'a Store,
    /// A connection in a read transaction, which ends when the connection returns to its pool.
    papers: Borrowed<'a>,
    snapshot: Arc<Snapshot>,
}

impl Store {
    /// Opens a view of the newest commit. If nothing was committed since the last view, this takes a few microseconds.
    ///
    /// # Errors
    /// When a file of the store is missing, too short or unreadable.
    pub fn view(&self) -> Result<View<'_>> {
        let mut attempt = 1;
        loop {
            let mut papers = self.pool.take()?;
            match self.snapshot_in(&mut papers) {
                Err(Error::Io(error)) if error.kind() == ErrorKind::NotFound && attempt < ATTEMPTS => attempt += 1,
                snapshot => return Ok(View { store: self, papers, snapshot: snapshot? }),
            }
        }
    }

    /// Reads through one view, which is closed before this returns. If the view turns out not to be consistent (see
    /// [`View::check`]), reads again through another one.
    ///
    /// # Errors
    /// As [`Store::view`] and [`View::check`], and the errors of `read`.
    pub fn read<T>(&self, read: impl Fn(&View<'_>) -> Result<T>) -> Result<T> {
        read_held(|| self.view(), read, View::check)
    }

    /// The snapshot of the newest commit, for scans and graphs.
    ///
    /// # Errors
    /// As [`Store::view`].
    pub fn snapshot(&self) -> Result<Arc<Snapshot>> {
        Ok(self.view()?.snapshot)
    }

    /// Begins a read transaction and returns its snapshot, derived from the newest known one if that is of another
    /// commit.
    fn snapshot_in(&self, papers: &mut Papers) -> Result<Arc<Snapshot>> {
        let transaction = papers.begin_view()?;
        let newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(newest) = &newest
            && papers.seen == Some((transaction, newest.generation.commits))
        {
            return Ok(Arc::clone(newest));
        }
        let generation = papers.generation()?;
        papers.seen = Some((transaction, generation.commits));
        if let Some(newest) = newest.as_ref().filter(|newest| newest.generation == generation) {
            return Ok(Arc::clone(newest));
        }
        let before = newest.as_ref().map(|newest| &newest.vectors);
        let vectors = Vectors::open_after(before, &self.dir, &generation)?;
        let tuning = papers.tuning(&generation.fingerprint)?;
        let live = match newest.filter(|newest| newest.is_before(&generation)) {
            Some(before) => {
                let commits = before.generation.commits;
                let dead = papers.rows_dead_since(commits)?;
                let later =
                    |dead: Vec<i64>| before.live_after(&self.dir, &generation, &papers.rows_since(commits)?, &dead);
                dead.map(later).transpose()?
            }
            None => None,
        };
        let live = match live {
            Some(live) => live,
            None => self.live_in(papers, &generation)?,
        };
        let snapshot = Arc::new(Snapshot::new(generation, vectors, live, tuning));
        let mut newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        if newest.as_ref().is_none_or(|newest| newest.generation.commits < snapshot.generation.commits) {
            *newest = Some(Arc::clone(&snapshot));
        }
        Ok(snapshot)
    }

    /// The live rows: all but the dead ones, which are far fewer. If these do not account for all papers, as in a store of an older
    /// format, the rows of all papers are read.
    fn live_in(&self, papers: &Papers, generation: &Generation) -> Result<Live> {
        if let Some(dead) = papers.rows_dead_since(0)? {
            let live = Live::all_but(generation.rows, &dead);
            let (count, last) = papers.count_and_last_row()?;
            if live.len() == count && last.is_none_or(|last| last < generation.rows) {
                return Ok(live);
            }
        }
        Live::of(&self.dir, generation.rows, &papers.rows_since(0)?)
    }
}

/// Reads from a moment opened by `open`. If `check` fails afterwards, reads again from another moment, up to `ATTEMPTS`
/// times; then returns the error.
pub(crate) fn read_held<M, T>(
    open: impl Fn() -> Result<M>,
    read: impl Fn(&M) -> Result<T>,
    check: impl Fn(&M) -> Result<()>,
) -> Result<T> {
    let mut attempt = 1;
    loop {
        let moment = open()?;
        let answer = read(&moment);
        match check(&moment) {
            Err(_) if attempt < ATTEMPTS => attempt += 1,
            held => return held.and(answer),
        }
    }
}

impl View<'_> {
    /// The data of this commit for scans and graphs. It stays readable after the view is closed.
    #[must_use]
    pub fn snapshot(&self) -> &Arc<Snapshot> {
        &self.snapshot
    }

    /// The store of this view.
    #[must_use]
    pub fn store(&self) -> &Store {
        self.store
    }

    /// The paper with this id, and its row.
    ///
    /// # Errors
    /// [`Error::UnknownPaper`].
    pub fn paper(&self, id: &PaperId) -> Result<(Paper, DocId)> {
        self.papers.by_id(id)?.ok_or_else(|| Error::UnknownPaper { id: id.printed().to_owned() })
    }

    /// The paper at a row; `None` for a dead row.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn paper_at(&self, doc: DocId) -> Result<Option<Paper>> {
        self.papers.by_row(doc)
    }

    /// The sentence embeddings of the paper at a row; empty if there are none.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn sentences_at(&self, doc: DocId) -> Result<Sentences> {
        self.papers.sentences_of(doc)
    }

    /// The rows of the papers that pass a filter.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn rows(&self, filter: &Filter) -> Result<FixedBitSet> {
        if filter.is_empty() {
            return Ok(self.snapshot.live().clone());
        }
        let mut rows = self.told(filter.rows(self.papers.connection()))?;
        rows.intersect_with(self.snapshot.live());
        Ok(rows)
    }

    /// The first `count` papers that pass a filter and whose ids are greater than `after` in byte order.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn list(&self, after: Option<&PaperId>, filter: &Filter, count: usize) -> Result<Vec<Paper>> {
        let (conditions, mut values) = filter.conditions();
        values.push(after.map_or("", PaperId::as_str).to_owned().into());
        let query = format!("SELECT {COLUMNS} FROM papers WHERE {} AND id > ? ORDER BY id", conditions.join(" AND "));
        self.told((|| {
            let mut statement = self.papers.connection().prepare_cached(&query)?;
            let mut rows = statement.query(params_from_iter(values))?;
            let mut found = Vec::new();
            while found.len() < count
                && let Some(row) = rows.next()?
            {
                let paper = record::stored(row)?.0;
                if filter.names_fit(&paper.authors, paper.organisation.as_deref(), paper.venue.as_deref()) {
                    found.push(paper);
                }
            }
            Ok(found)
        })())
    }

    /// All rows with a paper, in random order.
    #[must_use]
    pub fn shuffled_docs(&self, seed: u64) -> Vec<DocId> {
        let mut docs: Vec<DocId> = self.docs().collect();
        docs.shuffle(&mut Xoshiro256PlusPlus::seed_from_u64(seed));
        docs
    }

    /// Up to `count` papers, chosen at random.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn drawn(&self, count: usize, seed: u64) -> Result<Vec<Paper>> {
        let papers = self.shuffled_docs(seed).into_iter().take(count).map(|doc| self.paper_at(doc));
        papers.filter_map(Result::transpose).collect()
    }

    /// Number of papers whose title and abstract were read by older rules than those of
    /// [`readable`](crate::corpus::text::readable).
    ///
    /// # Errors
    /// When the database cannot be read.
    pub(crate) fn older_text(&self) -> Result<u64> {
        let query = "SELECT count(*) FROM papers WHERE text_rules < ?1";
        self.told(self.papers.connection().query_row(query, [text::VERSION], |row| row.get::<_, u32>(0))).map(u64::from)
    }

    /// Number of papers written by commits later than `commits`; all papers if it is 0.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub(crate) fn count_since(&self, commits: u64) -> Result<usize> {
        if commits == 0 {
            return Ok(self.snapshot.len());
        }
        let query = "SELECT count(*) FROM papers WHERE changed > ?1";
        self.told((|| {
            let mut statement = self.papers.connection().prepare_cached(query)?;
            statement.query_row([to_i64(commits)], |row| row.get::<_, u32>(0)).map(|count| count as usize)
        })())
    }

    /// Passes every paper written by commits later than `commits`, with its row, to `visit`, in the order of commits;
    /// all papers if it is 0.
    ///
    /// Papers deleted since then are not passed; their rows are not in [`Snapshot::live`].
    ///
    /// # Errors
    /// When the database cannot be read, and the errors of `visit`.
    pub fn changed_since(&self, commits: u64, mut visit: impl FnMut(DocId, Paper) -> Result<()>) -> Result<()> {
        let query = format!("SELECT {COLUMNS} FROM papers WHERE changed > ?1 ORDER BY changed, row");
        let mut statement = self.told(self.papers.connection().prepare_cached(&query))?;
        for stored in self.told(statement.query_map([to_i64(commits)], record::stored))? {
            let (paper, doc) = self.told(stored)?;
            visit(doc, paper)?;
        }
        Ok(())
    }

    /// Checks that everything was read from one commit. This can fail only for a database opened as immutable, because
    /// this process has no write access: SQLite does not notice if another process writes to it.
    ///
    /// # Errors
    /// [`Error::StoreOverwritten`].
    pub fn check(&self) -> Result<()> {
        if self.papers.is_outdated() {
            return Err(Error::StoreOverwritten { dir: self.store.dir.clone() });
        }
        Ok(())
    }

    pub(super) fn papers(&self) -> &Papers {
        &self.papers
    }

    pub(super) fn told<T>(&self, result: rusqlite::Result<T>) -> Result<T> {
        result.map_err(|source| database(self.store.dir(), source))
    }
}

impl Deref for View<'_> {
    type Target = Snapshot;

    fn deref(&self) -> &Snapshot {
        &self.snapshot
    }
}
