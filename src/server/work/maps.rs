//! Computation of the map, on a thread of its own, so that searches do not wait for it.

use std::io;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Weak};

use tokio::sync::oneshot;

use super::error::WorkError;
use crate::error::Result;
use crate::map::Map;
use crate::progress::Progress;
use crate::search::Searcher;

/// Requests that may wait for a map; a waiting request needs only its connection.
const WAITING: usize = 256;

type Asked = oneshot::Sender<Result<Arc<Map>>>;

/// Computes maps.
#[derive(Clone)]
pub(crate) struct Maps {
    queue: SyncSender<Asked>,
    /// The thread cancels its work when the last clone of this is dropped.
    _wanted: Arc<()>,
}

impl Maps {
    /// Starts the thread; it ends when the last clone of this is dropped.
    pub fn start(searcher: Arc<Searcher>) -> io::Result<Self> {
        let (queue, asked) = sync_channel(WAITING);
        let wanted = Arc::new(());
        let needed = Needed(Arc::downgrade(&wanted));
        super::spawn("map".to_owned(), move || draw(&searcher, &asked, &needed))?;
        Ok(Self { queue, _wanted: wanted })
    }

    /// The map of the last commit.
    pub async fn get(&self) -> Result<Arc<Map>, WorkError> {
        let (sender, answer) = oneshot::channel();
        self.queue.try_send(sender).map_err(|_| WorkError::Busy)?;
        answer.await.map_err(|_| WorkError::Lost)?.map_err(WorkError::Failed)
    }
}

/// Cancels the computation once the service is dropped.
struct Needed(Weak<()>);

impl Progress for Needed {
    fn is_cancelled(&self) -> bool {
        self.0.strong_count() == 0
    }
}

/// Computes one map for all requests that wait.
fn draw(searcher: &Searcher, asked: &Receiver<Asked>, needed: &Needed) {
    while let Ok(first) = asked.recv() {
        let waiting: Vec<Asked> = std::iter::once(first).chain(asked.try_iter()).collect();
        let mut drawn = None;
        for asked in waiting {
            let map = match &drawn {
                Some(map) => Ok(Ok(Arc::clone(map))),
                // A panic drops the sender, which the waiting client sees as `Lost`.
                None => std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| searcher.map(needed))),
            };
            if let Ok(map) = map {
                drawn = map.as_ref().ok().cloned();
                // The client may have disconnected meanwhile; the next one still gets the map.
                let _ = asked.send(map);
            }
        }
    }
}
