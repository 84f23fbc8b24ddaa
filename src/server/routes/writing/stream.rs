//! Adds papers from NDJSON. A task reads lines, adds them in batches, and sends outcomes while the body is still received.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::BoxError;
use axum::body::Bytes;
use futures_util::{Stream, stream};
use serde::Serialize;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use super::batch::{Read, add, finish};
use crate::corpus::paper_of_json;
use crate::ingest::PAPERS_PER_BATCH;
use crate::server::wire::lines::{Lines, Next};
use crate::server::work::writer::Writer;

/// Pause in the body after which an incomplete batch is added.
const PAUSE: Duration = Duration::from_millis(20);
/// Maximum size of the outcomes that wait for the client, in bytes: about 500,000 papers. Many clients send the whole body
/// before they read the response.
const MOST_WAITING: usize = 64 << 20;

/// Outcomes, with the permit for their size until the client reads them.
type Waiting = (Bytes, Option<OwnedSemaphorePermit>);

/// The last line of a response that ends early.
#[derive(Serialize)]
struct Stopped {
    outcome: &'static str,
    reason: String,
}

/// One outcome a line, sent as soon as it is durable.
pub(super) fn answers<S, E>(lines: Lines<S>, writer: Writer) -> impl Stream<Item = Result<Bytes, Infallible>>
where
    S: Stream<Item = Result<Bytes, E>> + Send + Unpin + 'static,
    E: Into<BoxError> + Send + 'static,
{
    let (sender, receiver) = mpsc::unbounded_channel();
    tokio::spawn(add_all(lines, writer, sender));
    stream::unfold(receiver, |mut receiver| async {
        let (bytes, _room) = receiver.recv().await?;
        Some((Ok(bytes), receiver))
    })
}

async fn add_all<S, E>(mut lines: Lines<S>, writer: Writer, answers: mpsc::UnboundedSender<Waiting>)
where
    S: Stream<Item = Result<Bytes, E>> + Unpin,
    E: Into<BoxError>,
{
    let room = Arc::new(Semaphore::new(MOST_WAITING));
    loop {
        let (batch, end) = batch(&mut lines).await;
        if !batch.is_empty() {
            let written = add(&writer, batch).await;
            let told: Vec<u8> = written.iter().flat_map(json_line).collect();
            if !tell(&answers, &room, told).await {
                // The client has disconnected; the batches so far are committed.
                break;
            }
        }
        match end {
            None => {}
            Some(Ok(())) => break,
            Some(Err(reason)) => {
                tell(&answers, &room, json_line(&Stopped { outcome: "stopped", reason })).await;
                break;
            }
        }
    }
    // End the response before the full-text index is updated.
    drop(answers);
    finish(&writer).await;
}

/// The next batch, and how the body ended if it did.
async fn batch<S, E>(lines: &mut Lines<S>) -> (Vec<Read>, Option<Result<(), String>>)
where
    S: Stream<Item = Result<Bytes, E>> + Unpin,
    E: Into<BoxError>,
{
    let mut batch = Vec::new();
    while batch.len() < PAPERS_PER_BATCH {
        match lines.next((!batch.is_empty()).then_some(PAUSE)).await {
            Next::Line((number, line)) => batch.push((number, line.and_then(|line| paper_of_json(&line)))),
            Next::Nothing => break,
            Next::End => return (batch, Some(Ok(()))),
            Next::Broken(reason) => return (batch, Some(Err(reason))),
        }
    }
    (batch, None)
}

/// Sends outcomes; `false` if the client has disconnected.
async fn tell(answers: &mpsc::UnboundedSender<Waiting>, room: &Arc<Semaphore>, told: Vec<u8>) -> bool {
    let size = u32::try_from(told.len().min(MOST_WAITING)).unwrap_or(u32::MAX);
    let permit = tokio::select! {
        permit = Arc::clone(room).acquire_many_owned(size) => permit.ok(),
        () = answers.closed() => return false,
    };
    answers.send((told.into(), permit)).is_ok()
}

fn json_line(value: &impl Serialize) -> Vec<u8> {
    let mut line = serde_json::to_vec(value).unwrap_or_default();
    line.push(b'\n');
    line
}
