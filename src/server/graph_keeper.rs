//! Who builds the graph while the service runs? A thread of its own, when others have added many papers; searches go on
//! with the old graph meanwhile.

use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Duration;

use crate::error::Result;
use crate::graph;
use crate::search::Searcher;

/// Papers that were added are found by a scan at once; only speed depends on the graph, so there is no hurry.
const PAUSE: Duration = Duration::from_secs(10);

pub(super) struct Keeper {
    stop: Sender<()>,
}

impl Keeper {
    pub fn start(searcher: Arc<Searcher>, threads: usize) -> Self {
        let (stop, stopped) = channel();
        std::thread::spawn(move || {
            loop {
                // What fails now, on a full disk or in a read-only store, is tried again later; searches do not need it.
                let _ = renew(&searcher, threads);
                if !matches!(stopped.recv_timeout(PAUSE), Err(RecvTimeoutError::Timeout)) {
                    return;
                }
            }
        });
        Self { stop }
    }

    pub fn stop(self) {
        // The thread may have ended by a panic; then there is nothing to stop.
        let _ = self.stop.send(());
    }
}

fn renew(searcher: &Searcher, threads: usize) -> Result<()> {
    if searcher.graph_is_stale()? {
        searcher.use_graph(graph::rebuild(searcher.store(), threads)?.0)?;
    }
    Ok(())
}
