//! Adds a batch of papers, with an outcome for each.

use crate::paper::Paper;
use crate::server::wire::problem::Problem;
use crate::server::wire::written::{Outcome, Written};
use crate::server::work::writer::Writer;
use crate::store::Became;

/// The number of a line with its paper, or the reason why it cannot be read.
pub(super) type Read = (u64, Result<Paper, String>);

/// Adds a batch. The outcomes are durable when this returns.
pub(super) async fn add(writer: &Writer, batch: Vec<Read>) -> Vec<Written> {
    let papers: Vec<Paper> = batch.iter().filter_map(|(_, read)| read.as_ref().ok().cloned()).collect();
    let became = if papers.is_empty() { Ok(Vec::new()) } else { writer.ask(move |state| state.add(&papers)).await };
    let mut became = became.map(Vec::into_iter).map_err(|error| Problem::from(error).told());
    let mut written = Vec::with_capacity(batch.len());
    for (line, read) in batch {
        let (id, became) = match read {
            Err(reason) => (None, Err(reason)),
            Ok(paper) => (
                Some(paper.id.to_string()),
                match &mut became {
                    Ok(became) => became
                        .next()
                        .flatten()
                        .ok_or_else(|| "another process changed this paper at the same time; send it again".to_owned()),
                    Err(reason) => Err(reason.clone()),
                },
            ),
        };
        let outcome = match became {
            Ok(Became::Added) => Outcome::Added,
            Ok(Became::Updated) => Outcome::Updated,
            Ok(Became::Unchanged) => Outcome::Unchanged,
            Ok(Became::LeftOut) | Err(_) => Outcome::Refused,
        };
        written.push(Written { line, id, outcome, reason: became.err() });
    }
    written
}

/// Updates the full-text index after the last batch.
pub(super) async fn finish(writer: &Writer) {
    // If the queue is full, a later request updates it.
    let _ = writer
        .ask(|state| {
            state.renew_words();
            Ok(())
        })
        .await;
}
