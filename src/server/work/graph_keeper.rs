//! Grows the HNSW graph while the service runs, after papers were added or deleted, and builds it if the file is damaged. Also
//! builds the full-text index if an older version wrote it. Searches continue meanwhile.

use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Duration;

use crate::graph::Occasion;
use crate::priority::{Who, step_back};
use crate::search::Searcher;

/// Pause between two checks. New papers are scanned until they are in the graph, so only speed depends on it. If there was no
/// commit between two checks, adding has paused.
const PAUSE: Duration = Duration::from_secs(10);
/// Maximum pause. It doubles after each failure, for example on a full disk, because building a graph is expensive.
const LONGEST_PAUSE: Duration = Duration::from_hours(1);

/// Niceness of the thread and of the threads that build: searches have priority.
const NICENESS: i32 = 10;

/// The thread that keeps the graph up to date.
pub(crate) struct Keeper {
    stop: Sender<()>,
}

impl Keeper {
    /// Starts the thread, which builds with `threads` threads. It ends at once unless the papers are in a folder.
    pub fn start(searcher: Arc<Searcher>, threads: usize) -> Self {
        let (stop, stopped) = channel();
        std::thread::spawn(move || {
            // If the system refuses it, the thread runs at normal priority.
            let _ = step_back(Who::Thread, NICENESS);
            let mut pause = PAUSE;
            let mut last_commit = None;
            // Other engines keep their indexes up to date themselves.
            while let Some(local) = searcher.engine().local() {
                // A failure does not affect searches, which scan instead.
                let words = local.renew_words();
                if let Err(error) = &words {
                    tracing::warn!(%error, "the full-text index could not be built");
                }
                let commit = local.store().generation().map(|generation| generation.commits).ok();
                let graph = local.renew_graph(threads, occasion(&mut last_commit, commit));
                if let Err(error) = &graph {
                    tracing::warn!(%error, "the HNSW graph could not be built");
                }
                pause = if words.and(graph).is_ok() { PAUSE } else { (2 * pause).min(LONGEST_PAUSE) };
                if !matches!(stopped.recv_timeout(pause), Err(RecvTimeoutError::Timeout)) {
                    return;
                }
            }
        });
        Self { stop }
    }

    /// Tells the thread to stop after its current build.
    pub fn stop(self) {
        // The send fails if the thread has panicked; then there is nothing to stop.
        let _ = self.stop.send(());
    }
}

/// Whether there was no commit since the last check.
fn occasion(last: &mut Option<u64>, now: Option<u64>) -> Occasion {
    if now.is_some() && std::mem::replace(last, now) == now { Occasion::Pause } else { Occasion::Adding }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::embed::{Embedder, Embedding, ModelFolder};
    use crate::graph;
    use crate::made_up::numbers;
    use crate::paper::{Paper, PaperId};
    use crate::search::{Examples, Options};
    use crate::store::{Change, Store};

    const DIMENSION: usize = 32;

    fn paper(number: u64) -> Paper {
        let title = format!("paper {number}");
        Paper::new(PaperId::of_title(&title), title, String::new())
    }

    /// A store of 400 papers with made-up vectors, and a function that opens a searcher over it.
    fn filled(dir: &Path) -> impl Fn() -> Searcher {
        let model = ModelFolder::open(Path::new("tests/data/tiny-bert")).unwrap();
        let store = Store::open_or_create(dir, model.fingerprint(), None).unwrap();
        let vector = |number| Embedding::normalised(numbers(number).take(DIMENSION).collect()).unwrap();
        let change = |number| Change::new(paper(number), Some(vector(number)));
        store.commit(model.fingerprint(), &(0..400).map(change).collect::<Vec<_>>()).unwrap();
        let embedder = Arc::new(Embedder::load(&model, 1).unwrap());
        let dir = dir.to_owned();
        move || Searcher::new(Store::open(&dir).unwrap(), Arc::clone(&embedder)).unwrap()
    }

    fn answers(searcher: &Searcher) -> Vec<Vec<PaperId>> {
        let related = |number| {
            let options = Options::default().highlight(false);
            searcher.related(&Examples::default().like([paper(number).id]), options).unwrap().hits
        };
        (0..20).map(|number| related(number).into_iter().map(|hit| hit.paper.id).collect()).collect()
    }

    fn renew(searcher: &Searcher) -> crate::Result<()> {
        searcher.engine().local().unwrap().renew_graph(1, Occasion::Pause)
    }

    fn graph_rows(searcher: &Searcher) -> usize {
        searcher.status().unwrap().folder.unwrap().graph_rows
    }

    /// Damages a graph by inverting a part of its 8-bit codes.
    fn turn_around(graph: &mut [u8]) {
        graph[8_000..20_000].iter_mut().for_each(|byte| *byte = !*byte);
    }

    #[test]
    fn adding_has_paused_if_two_checks_find_the_same_commit() {
        let mut last = None;
        let checks = [Some(7), Some(8), Some(8), None, Some(8), Some(9), Some(9), Some(9)];
        let paused = checks.map(|now| occasion(&mut last, now) == Occasion::Pause);
        assert_eq!(paused, [false, false, true, false, true, false, true, true]);
    }

    #[test]
    fn a_damaged_graph_is_detected_and_rebuilt() {
        let dir = tempfile::tempdir().unwrap();
        let open = filled(dir.path());
        let without = open();
        renew(&without).unwrap();
        assert_eq!(graph_rows(&without), 0, "a small store has no graph");
        let right = answers(&without);
        graph::rebuild(without.store().unwrap(), 1).unwrap();
        let path = dir.path().join("graph.1.hnsw");
        let sound = fs_err::read(&path).unwrap();

        let mut altered = sound.clone();
        turn_around(&mut altered);
        fs_err::write(&path, &altered).unwrap();
        let searcher = open();
        assert_eq!(graph_rows(&searcher), 400, "opening reads only the header");
        assert!(answers(&searcher) != right);
        renew(&searcher).unwrap();
        assert!(answers(&searcher) == right);
        assert_eq!(graph_rows(&searcher), 400);
        assert!(fs_err::read(&path).unwrap() == sound, "rebuilt from the vectors");

        let written = || fs_err::metadata(&path).unwrap().modified().unwrap();
        let before = written();
        renew(&searcher).unwrap();
        assert_eq!(written(), before, "an intact graph is not rebuilt");

        altered[9] ^= 1;
        fs_err::write(&path, &altered).unwrap();
        let searcher = open();
        assert!(answers(&searcher) == right, "a graph that cannot be opened is not used");
        renew(&searcher).unwrap();
        assert!(fs_err::read(&path).unwrap() == sound);
    }

    #[test]
    fn papers_are_scanned_if_a_damaged_graph_cannot_be_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let open = filled(dir.path());
        let right = answers(&open());
        graph::rebuild(open().store().unwrap(), 1).unwrap();
        let path = dir.path().join("graph.1.hnsw");
        let mut altered = fs_err::read(&path).unwrap();
        turn_around(&mut altered);
        fs_err::remove_file(&path).unwrap();
        fs_err::write(&path, &altered).unwrap();
        let searcher = open();
        // A folder at its path makes the rebuild fail.
        fs_err::remove_file(&path).unwrap();
        fs_err::create_dir(&path).unwrap();
        fs_err::write(path.join("file"), "").unwrap();
        assert!(answers(&searcher) != right);
        assert!(renew(&searcher).is_err());
        assert!(answers(&searcher) == right);
    }

    #[test]
    fn a_graph_that_another_process_has_rebuilt_is_loaded() {
        let dir = tempfile::tempdir().unwrap();
        let open = filled(dir.path());
        let right = answers(&open());
        graph::rebuild(open().store().unwrap(), 1).unwrap();
        let path = dir.path().join("graph.1.hnsw");
        let sound = fs_err::read(&path).unwrap();
        let mut altered = sound.clone();
        turn_around(&mut altered);
        fs_err::write(&path, &altered).unwrap();
        let searcher = open();
        assert!(answers(&searcher) != right);
        graph::rebuild(open().store().unwrap(), 1).unwrap();
        let written = || fs_err::metadata(&path).unwrap().modified().unwrap();
        let before = written();
        renew(&searcher).unwrap();
        assert!(answers(&searcher) == right);
        assert_eq!(written(), before);
        assert_eq!(graph_rows(&searcher), 400);
    }
}
