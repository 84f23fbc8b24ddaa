//! Who draws the picture of the collection? A thread of its own, so that no question waits for it.

use std::io;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Weak};

use tokio::sync::oneshot;

use super::error::WorkError;
use crate::error::Result;
use crate::map::Map;
use crate::progress::Progress;
use crate::search::Searcher;

/// Requests that may wait while a picture is drawn. They cost nothing but their connections.
const WAITING: usize = 256;

type Asked = oneshot::Sender<Result<Arc<Map>>>;

/// Has pictures drawn.
#[derive(Clone)]
pub(crate) struct Maps {
    queue: SyncSender<Asked>,
    /// The thread gives up its work when the last clone of this is gone.
    _wanted: Arc<()>,
}

impl Maps {
    /// Starts the thread; it ends when the last clone of this is gone.
    pub fn start(searcher: Arc<Searcher>) -> io::Result<Self> {
        let (queue, asked) = sync_channel(WAITING);
        let wanted = Arc::new(());
        let needed = Needed(Arc::downgrade(&wanted));
        super::spawn("map".to_owned(), move || draw(&searcher, &asked, &needed))?;
        Ok(Self { queue, _wanted: wanted })
    }

    /// The picture of what is committed now.
    pub async fn get(&self) -> Result<Arc<Map>, WorkError> {
        let (sender, answer) = oneshot::channel();
        self.queue.try_send(sender).map_err(|_| WorkError::Busy)?;
        answer.await.map_err(|_| WorkError::Lost)?.map_err(WorkError::Failed)
    }
}

/// Whether anybody is left who could want a picture.
struct Needed(Weak<()>);

impl Progress for Needed {
    fn is_cancelled(&self) -> bool {
        self.0.strong_count() == 0
    }
}

/// Draws once for all who wait.
fn draw(searcher: &Searcher, asked: &Receiver<Asked>, needed: &Needed) {
    while let Ok(first) = asked.recv() {
        let waiting: Vec<Asked> = std::iter::once(first).chain(asked.try_iter()).collect();
        let mut drawn = None;
        for asked in waiting {
            let map = match &drawn {
                Some(map) => Ok(Ok(Arc::clone(map))),
                // A panic drops the sender, which the client is told.
                None => std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| searcher.map(needed))),
            };
            if let Ok(map) = map {
                drawn = map.as_ref().ok().cloned();
                // A client may leave at any moment; the next one has its picture then.
                let _ = asked.send(map);
            }
        }
    }
}
