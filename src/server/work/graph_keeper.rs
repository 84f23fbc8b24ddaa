//! Who builds the graph while the service runs? A thread of its own, when others have added many papers, or the file of the
//! graph turns out to be damaged; searches go on meanwhile.

use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Duration;

use crate::priority::{Who, step_back};
use crate::search::Searcher;

/// Papers that were added are found by a scan at once; only speed depends on the graph, so there is no hurry.
const PAUSE: Duration = Duration::from_secs(10);
/// After a failure, on a full disk or in a read-only store, each pause is twice the one before, up to this: a graph is a
/// lot of work to be done for nothing.
const LONGEST_PAUSE: Duration = Duration::from_secs(3_600);

/// Questions go first, also before the threads that build.
const NICENESS: i32 = 10;

/// The thread that keeps the graph up to what is committed.
pub(crate) struct Keeper {
    stop: Sender<()>,
}

impl Keeper {
    /// Starts the thread; what it builds, it builds with so many.
    pub fn start(searcher: Arc<Searcher>, threads: usize) -> Self {
        let (stop, stopped) = channel();
        std::thread::spawn(move || {
            // Where that is refused, it works as any other does.
            let _ = step_back(Who::Thread, NICENESS);
            let mut pause = PAUSE;
            loop {
                // Searches do not need what failed.
                pause = match searcher.engine().renew_graph(threads) {
                    Ok(()) => PAUSE,
                    Err(error) => {
                        tracing::warn!(%error, "the graph could not be built");
                        (2 * pause).min(LONGEST_PAUSE)
                    }
                };
                if !matches!(stopped.recv_timeout(pause), Err(RecvTimeoutError::Timeout)) {
                    return;
                }
            }
        });
        Self { stop }
    }

    /// Lets the thread end with what it is doing.
    pub fn stop(self) {
        // The thread may have ended by a panic; then there is nothing to stop.
        let _ = self.stop.send(());
    }
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

    /// A searcher of 400 papers with made-up vectors, and how to make another one.
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
        let kin = |number| {
            let options = Options::default().highlight(false);
            searcher.related(&Examples::default().like([paper(number).id]), options).unwrap().hits
        };
        (0..20).map(|number| kin(number).into_iter().map(|hit| hit.paper.id).collect()).collect()
    }

    /// Damages a section of a graph: its codes begin behind some numbers for each paper, and many of them point the other way then.
    fn turn_around(graph: &mut [u8]) {
        graph[8_000..20_000].iter_mut().for_each(|byte| *byte = !*byte);
    }

    #[test]
    fn a_damaged_graph_is_found_and_built_again() {
        let dir = tempfile::tempdir().unwrap();
        let open = filled(dir.path());
        let without = open();
        without.engine().renew_graph(1).unwrap();
        assert_eq!(without.status().unwrap().graph_rows, 0, "so small a store needs none");
        let right = answers(&without);
        graph::rebuild(without.store(), 1).unwrap();
        let path = dir.path().join("graph.1.hnsw");
        let sound = fs_err::read(&path).unwrap();

        let mut altered = sound.clone();
        turn_around(&mut altered);
        fs_err::write(&path, &altered).unwrap();
        let searcher = open();
        assert_eq!(searcher.status().unwrap().graph_rows, 400, "opening reads the header alone");
        assert!(answers(&searcher) != right);
        searcher.engine().renew_graph(1).unwrap();
        assert!(answers(&searcher) == right);
        assert_eq!(searcher.status().unwrap().graph_rows, 400);
        assert!(fs_err::read(&path).unwrap() == sound, "built from the truth");

        let written = || fs_err::metadata(&path).unwrap().modified().unwrap();
        let before = written();
        searcher.engine().renew_graph(1).unwrap();
        assert_eq!(written(), before, "once is enough");

        altered[9] ^= 1;
        fs_err::write(&path, &altered).unwrap();
        let searcher = open();
        assert!(answers(&searcher) == right, "a file that cannot be opened is not searched");
        searcher.engine().renew_graph(1).unwrap();
        assert!(fs_err::read(&path).unwrap() == sound);
    }

    #[test]
    fn while_a_damaged_graph_cannot_be_replaced_papers_are_scanned() {
        let dir = tempfile::tempdir().unwrap();
        let open = filled(dir.path());
        let right = answers(&open());
        graph::rebuild(open().store(), 1).unwrap();
        let path = dir.path().join("graph.1.hnsw");
        let mut altered = fs_err::read(&path).unwrap();
        turn_around(&mut altered);
        fs_err::remove_file(&path).unwrap();
        fs_err::write(&path, &altered).unwrap();
        let searcher = open();
        // A folder in its place is not replaced by a file.
        fs_err::remove_file(&path).unwrap();
        fs_err::create_dir(&path).unwrap();
        fs_err::write(path.join("file"), "").unwrap();
        assert!(answers(&searcher) != right);
        assert!(searcher.engine().renew_graph(1).is_err());
        assert!(answers(&searcher) == right);
    }

    #[test]
    fn a_graph_that_another_process_has_mended_is_taken() {
        let dir = tempfile::tempdir().unwrap();
        let open = filled(dir.path());
        let right = answers(&open());
        graph::rebuild(open().store(), 1).unwrap();
        let path = dir.path().join("graph.1.hnsw");
        let sound = fs_err::read(&path).unwrap();
        let mut altered = sound.clone();
        turn_around(&mut altered);
        fs_err::write(&path, &altered).unwrap();
        let searcher = open();
        assert!(answers(&searcher) != right);
        graph::rebuild(open().store(), 1).unwrap();
        let written = || fs_err::metadata(&path).unwrap().modified().unwrap();
        let before = written();
        searcher.engine().renew_graph(1).unwrap();
        assert!(answers(&searcher) == right);
        assert_eq!(written(), before);
        assert_eq!(searcher.status().unwrap().graph_rows, 400);
    }
}
