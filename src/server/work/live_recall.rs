//! Live recall: repeats a sample of the searches without the graph and measures recall@10, on a thread at the lowest
//! priority. A sample that arrives while the thread is busy is dropped, so searches never wait for it.
//!
//! Only embeddings and filters are passed to the thread, and they are dropped after the measurement.

use std::collections::VecDeque;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::embed::Embedding;
use crate::priority::{Who, step_back};
use crate::recall::recall_at_10;
use crate::search::Searcher;
use crate::store::Filter;

/// Number of measurements in the moving average.
const WINDOW: usize = 1_000;
/// Niceness of the thread: the lowest priority.
const NICENESS: i32 = 19;

/// Measures the recall of a sample of the searches.
#[derive(Clone)]
pub(crate) struct LiveRecall {
    idle: SyncSender<(Embedding, Filter)>,
    one_in: u64,
    kept: Arc<Kept>,
}

/// The current measurements.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Reading {
    /// Mean recall@10 of the last 1,000 samples; `None` before the first.
    pub recall_at_10: Option<f64>,
    /// Number of samples measured. Searches that did not use the graph are not counted.
    pub samples: u64,
    /// Number of samples dropped because another one was being measured.
    pub dropped: u64,
}

#[derive(Default)]
struct Kept {
    offered: AtomicU64,
    dropped: AtomicU64,
    measured: Mutex<Measured>,
}

#[derive(Default)]
struct Measured {
    samples: u64,
    last: VecDeque<f64>,
}

impl LiveRecall {
    /// Starts the thread, which measures 1 in `one_in` searches; 0 disables it. It ends when the last clone is dropped.
    pub fn start(searcher: Arc<Searcher>, one_in: u64) -> io::Result<Self> {
        // A capacity of 0: a send succeeds only while the thread waits.
        let (idle, questions) = sync_channel(0);
        let kept = Arc::new(Kept::default());
        let keeping = Arc::clone(&kept);
        super::spawn("live recall".to_owned(), move || measure(&searcher, &questions, &keeping))?;
        Ok(Self { idle, one_in, kept })
    }

    /// Offers a search as a sample: the embedding of its query, and its filter. Never blocks.
    pub fn offer(&self, direction: &Embedding, filter: &Filter) {
        if self.one_in == 0 || !self.kept.offered.fetch_add(1, Ordering::Relaxed).is_multiple_of(self.one_in) {
            return;
        }
        if self.idle.try_send((direction.clone(), filter.clone())).is_err() {
            self.kept.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The current measurements.
    pub fn reading(&self) -> Reading {
        let measured = self.kept.measured();
        #[allow(clippy::cast_precision_loss)] // at most a thousand
        let mean = measured.last.iter().sum::<f64>() / measured.last.len() as f64;
        Reading {
            recall_at_10: (!measured.last.is_empty()).then_some(mean),
            samples: measured.samples,
            dropped: self.kept.dropped.load(Ordering::Relaxed),
        }
    }
}

impl Kept {
    fn measured(&self) -> MutexGuard<'_, Measured> {
        self.measured.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep(&self, recall: f64) {
        let mut measured = self.measured();
        measured.samples += 1;
        measured.last.push_back(recall);
        if measured.last.len() > WINDOW {
            measured.last.pop_front();
        }
    }
}

fn measure(searcher: &Searcher, questions: &Receiver<(Embedding, Filter)>, kept: &Kept) {
    // If the system refuses it, the thread runs at normal priority.
    let _ = step_back(Who::Thread, NICENESS);
    while let Ok((direction, filter)) = questions.recv() {
        // A search that fails here is not measured; its client has already received the error.
        let recall = catch_unwind(AssertUnwindSafe(|| recall_at_10(searcher, &direction, &filter)));
        if let Ok(Ok(Some(recall))) = recall {
            kept.keep(recall);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::time::{Duration, Instant};

    use super::*;
    use crate::embed::{Embedder, ModelFolder};
    use crate::graph;
    use crate::made_up::numbers;
    use crate::paper::{Paper, PaperId};
    use crate::store::{Change, Criteria, Store};

    const DIMENSION: usize = 32;
    const COUNT: u64 = 600;

    fn vector(number: u64) -> Embedding {
        Embedding::normalised(numbers(number).take(DIMENSION).collect()).unwrap()
    }

    fn paper(number: u64) -> Paper {
        let title = format!("paper {number}");
        let mut paper = Paper::new(PaperId::of_title(&title), title, String::new());
        paper.categories = vec![if number.is_multiple_of(2) { "even" } else { "odd" }.to_owned()];
        paper
    }

    fn filled(dir: &Path) -> impl Fn() -> Arc<Searcher> {
        let model = ModelFolder::open(Path::new("tests/data/tiny-bert")).unwrap();
        let store = Store::open_or_create(dir, model.fingerprint(), None).unwrap();
        let change = |number| Change::new(paper(number), Some(vector(number)));
        store.commit(model.fingerprint(), &(0..COUNT).map(change).collect::<Vec<_>>()).unwrap();
        let embedder = Arc::new(Embedder::load(&model, 1).unwrap());
        let dir = dir.to_owned();
        move || Arc::new(Searcher::new(Store::open(&dir).unwrap(), Arc::clone(&embedder)).unwrap())
    }

    /// Damages a graph by inverting a part of its 8-bit codes.
    fn turn_around(dir: &Path) {
        let path = dir.join("graph.1.hnsw");
        let mut graph = fs_err::read(&path).unwrap();
        graph[10_000..30_000].iter_mut().for_each(|byte| *byte = !*byte);
        fs_err::remove_file(&path).unwrap();
        fs_err::write(&path, graph).unwrap();
    }

    fn odd() -> Filter {
        Filter::new(Criteria { categories: vec!["odd".into()], ..Criteria::default() }).unwrap()
    }

    fn mean(searcher: &Searcher, filter: &Filter) -> f64 {
        let recalls: Vec<f64> = (10_000..10_050)
            .map(|number| recall_at_10(searcher, &vector(number), filter).unwrap().expect("the graph is used"))
            .collect();
        assert!(recalls.iter().all(|recall| (0.0..=1.0).contains(recall)));
        recalls.iter().sum::<f64>() / 50.0
    }

    /// Offers samples until a reading satisfies the condition.
    fn until(live: &LiveRecall, filter: &Filter, enough: impl Fn(Reading) -> bool) -> Reading {
        let start = Instant::now();
        for number in 10_000.. {
            let reading = live.reading();
            if enough(reading) {
                return reading;
            }
            assert!(start.elapsed() < Duration::from_secs(30), "{reading:?}");
            live.offer(&vector(number), filter);
            std::thread::sleep(Duration::from_millis(1));
        }
        unreachable!("the numbers do not end")
    }

    #[test]
    fn nothing_is_measured_without_a_graph() {
        let dir = tempfile::tempdir().unwrap();
        let searcher = filled(dir.path())();
        assert_eq!(recall_at_10(&searcher, &vector(1), &Filter::default()).unwrap(), None);
        let live = LiveRecall::start(searcher, 1).unwrap();
        for number in 0..50 {
            live.offer(&vector(number), &Filter::default());
            std::thread::sleep(Duration::from_millis(1));
        }
        let reading = live.reading();
        assert_eq!((reading.recall_at_10, reading.samples), (None, 0));
    }

    #[test]
    fn recall_is_one_for_an_intact_graph_and_lower_for_a_damaged_one() {
        let dir = tempfile::tempdir().unwrap();
        let open = filled(dir.path());
        graph::rebuild(open().store().unwrap(), 1).unwrap();
        let searcher = open();
        for filter in [Filter::default(), odd()] {
            assert!((mean(&searcher, &filter) - 1.0).abs() < 1e-9, "a small graph reaches full recall");
        }
        let another = Embedding::normalised(vec![1.0; 5]).unwrap();
        assert_eq!(
            recall_at_10(&searcher, &another, &odd()).unwrap(),
            None,
            "an embedding of another model is not measured"
        );
        let nothing = Filter::new(Criteria { from: Some("2024".into()), ..Criteria::default() }).unwrap();
        assert_eq!(recall_at_10(&searcher, &vector(1), &nothing).unwrap(), None);
        let live = LiveRecall::start(searcher, 1).unwrap();
        let reading = until(&live, &odd(), |reading| reading.samples >= 20);
        assert_eq!(reading.recall_at_10, Some(1.0));

        turn_around(dir.path());
        let searcher = open();
        for filter in [Filter::default(), odd()] {
            let recall = mean(&searcher, &filter);
            assert!(recall < 0.9, "{recall}");
        }
        let live = LiveRecall::start(searcher, 1).unwrap();
        let reading = until(&live, &Filter::default(), |reading| reading.samples >= 20);
        assert!(reading.recall_at_10.unwrap() < 0.9, "{reading:?}");
    }

    #[test]
    fn one_in_a_hundred_is_sampled_or_dropped_without_blocking() {
        let dir = tempfile::tempdir().unwrap();
        let open = filled(dir.path());
        graph::rebuild(open().store().unwrap(), 1).unwrap();
        let live = LiveRecall::start(open(), 100).unwrap();
        let start = Instant::now();
        for number in 0..10_000 {
            live.offer(&vector(number % 10), &Filter::default());
        }
        assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
        let start = Instant::now();
        loop {
            let reading = live.reading();
            // The last sample may still be running.
            if reading.samples + reading.dropped == 100 {
                break;
            }
            assert!(start.elapsed() < Duration::from_secs(30), "{reading:?}");
            std::thread::sleep(Duration::from_millis(1));
        }
        assert!(live.reading().dropped > 0, "samples arrive faster than they are measured");
    }

    #[test]
    fn the_mean_covers_the_last_thousand_samples() {
        let kept = Arc::new(Kept::default());
        let live = LiveRecall { idle: sync_channel(0).0, one_in: 1, kept: Arc::clone(&kept) };
        for _ in 0..WINDOW {
            kept.keep(0.0);
        }
        assert_eq!(live.reading(), Reading { recall_at_10: Some(0.0), samples: 1_000, dropped: 0 });
        for _ in 0..WINDOW / 2 {
            kept.keep(1.0);
        }
        assert_eq!(live.reading(), Reading { recall_at_10: Some(0.5), samples: 1_500, dropped: 0 });
        for _ in 0..WINDOW {
            kept.keep(1.0);
        }
        assert_eq!(live.reading().recall_at_10, Some(1.0));
        live.offer(&vector(1), &Filter::default());
        assert_eq!(live.reading().dropped, 1, "no thread receives it");
    }
}
