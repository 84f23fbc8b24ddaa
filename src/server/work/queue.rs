//! A bounded queue with a depth gauge. A full queue rejects further items at once.

use std::sync::mpsc::{Receiver, RecvError, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};

use prometheus_client::metrics::gauge::Gauge;

use super::error::WorkError;

/// The sending end.
pub(super) struct Queue<T> {
    sender: SyncSender<T>,
    depth: Gauge,
}

/// The receiving end, shared by several threads.
pub(super) struct Waiting<T> {
    receiver: Mutex<Receiver<T>>,
    depth: Gauge,
}

/// A queue with a capacity of `places`; `depth` is kept at the number of waiting items.
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
    /// Appends an item; an error if the queue is full.
    pub fn put(&self, work: T) -> Result<(), WorkError> {
        self.depth.inc();
        self.sender.try_send(work).map_err(|_| {
            self.depth.dec();
            WorkError::Busy
        })
    }
}

impl<T> Waiting<T> {
    /// Waits for the next item; an error if all senders are gone.
    pub fn take(&self) -> Result<T, RecvError> {
        let work = self.receiver.lock().unwrap_or_else(PoisonError::into_inner).recv()?;
        self.depth.dec();
        Ok(work)
    }

    /// Takes the next item without waiting, if there is one.
    pub fn take_more(&self) -> Option<T> {
        let work = self.receiver.lock().unwrap_or_else(PoisonError::into_inner).try_recv().ok()?;
        self.depth.dec();
        Some(work)
    }
}
