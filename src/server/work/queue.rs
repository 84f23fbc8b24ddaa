//! Who waits for what? A bounded queue whose length can be seen from outside; what does not fit in it is refused at once.

use std::sync::mpsc::{Receiver, RecvError, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};

use prometheus_client::metrics::gauge::Gauge;

use super::error::WorkError;

/// The end at which work is put in.
pub(super) struct Queue<T> {
    sender: SyncSender<T>,
    depth: Gauge,
}

/// The end at which it is taken out, by one of several threads.
pub(super) struct Waiting<T> {
    receiver: Mutex<Receiver<T>>,
    depth: Gauge,
}

/// A queue of so many places; `depth` tells how many are taken.
pub(super) fn queue<T>(places: usize, depth: Gauge) -> (Queue<T>, Waiting<T>) {
    let (sender, receiver) = sync_channel(places);
    (Queue { sender, depth: depth.clone() }, Waiting { receiver: Mutex::new(receiver), depth })
}

impl<T> Clone for Queue<T> {
    fn clone(&self) -> Self {
        Self { sender: self.sender.clone(), depth: self.depth.clone() }
    }
}

impl<T> Queue<T> {
    /// Puts something at the end, unless the queue is full.
    pub fn put(&self, work: T) -> Result<(), WorkError> {
        self.depth.inc();
        self.sender.try_send(work).map_err(|_| {
            self.depth.dec();
            WorkError::Busy
        })
    }
}

impl<T> Waiting<T> {
    /// Waits for something; an error says that nothing will come any more.
    pub fn take(&self) -> Result<T, RecvError> {
        let work = self.receiver.lock().unwrap_or_else(PoisonError::into_inner).recv()?;
        self.depth.dec();
        Ok(work)
    }

    /// Takes what is there already, if anything is.
    pub fn take_more(&self) -> Option<T> {
        let work = self.receiver.lock().unwrap_or_else(PoisonError::into_inner).try_recv().ok()?;
        self.depth.dec();
        Some(work)
    }
}
