//! What became of some papers? They are added together, and each is answered for itself.

use crate::paper::Paper;
use crate::server::wire::problem::Problem;
use crate::server::wire::written::{Outcome, Written};
use crate::server::work::writer::Writer;
use crate::store::Became;

/// A paper as it is sent, or why it is none.
pub(super) type Read = (u64, Result<Paper, String>);

/// Adds a batch; what became of each is durable then.
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
                    Ok(became) => {
                        became.next().flatten().ok_or_else(|| "another writer changed it; send it again".to_owned())
                    }
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

/// What can be done when all papers are there.
pub(super) async fn finish(writer: &Writer) {
    // With a full queue, those who come after do it.
    let _ = writer
        .ask(|state| {
            state.renew_words();
            Ok(())
        })
        .await;
}
