//! Distributes texts over threads, in batches of texts of similar length.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::error::Result;
use crate::progress::Progress;

/// Creates a pool of at least one thread. `name` begins the names of its threads.
pub(super) fn pool_of(threads: usize, name: &'static str) -> Result<ThreadPool> {
    let builder = ThreadPoolBuilder::new().num_threads(threads.max(1));
    Ok(builder.thread_name(move |number| format!("{name} {number}")).build().map_err(std::io::Error::other)?)
}

/// Computes `work` for 0, 1, … `count` − 1 on all threads; each thread has its own scratch memory. The results are in order.
/// Items that were not computed before cancellation are `None`.
pub(super) fn in_parallel<R: Send, S: Default>(
    threads: &ThreadPool,
    count: usize,
    progress: &dyn Progress,
    work: impl Fn(usize, &mut S) -> Result<R> + Sync,
) -> Result<Vec<Option<R>>> {
    let next = AtomicUsize::new(0);
    let failed = AtomicBool::new(false);
    let results: Mutex<Vec<Option<R>>> = Mutex::new((0..count).map(|_| None).collect());
    let run = || -> Result<()> {
        let mut scratch = S::default();
        loop {
            let place = next.fetch_add(1, Ordering::Relaxed);
            if place >= count || progress.is_cancelled() || failed.load(Ordering::Relaxed) {
                return Ok(());
            }
            let result = work(place, &mut scratch).inspect_err(|_| failed.store(true, Ordering::Relaxed))?;
            results.lock().unwrap_or_else(PoisonError::into_inner)[place] = Some(result);
        }
    };
    threads.broadcast(|_| run()).into_iter().collect::<Result<()>>()?;
    Ok(results.into_inner().unwrap_or_else(PoisonError::into_inner))
}

/// Groups texts into batches of at most `most` tokens, or of one longer text; returns the positions of the texts. A batch has
/// texts of similar length, so that batches take similar time. The longest texts come first, so that no thread is left with a
/// long batch at the end.
pub(super) fn batches(lengths: &[usize], most: usize) -> Vec<Vec<usize>> {
    let mut by_length: Vec<usize> = (0..lengths.len()).collect();
    by_length.sort_by_key(|place| std::cmp::Reverse(lengths[*place]));
    let mut batches: Vec<Vec<usize>> = Vec::new();
    let mut room = 0;
    for place in by_length {
        let length = lengths[place];
        match batches.last_mut() {
            Some(batch) if length <= room => batch.push(place),
            _ => {
                batches.push(vec![place]);
                room = most;
            }
        }
        room = room.saturating_sub(length);
    }
    batches
}
