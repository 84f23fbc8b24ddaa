//! Adds a batch of papers, with an outcome for each.

use crate::corpus::SentPaper;
use crate::paper::Paper;
use crate::server::wire::problem::Problem;
use crate::server::wire::written::{Outcome, Written};
use crate::server::work::writer::Writer;
use crate::store::Became;

/// The source of papers that are sent to the service. What is sent later corrects what was sent before.
const SOURCE: &str = "api";

/// The reason for a paper with a text or a list of authors of more than a hundred kilobytes.
const TOO_LARGE: &str = "the paper is too large for the server; shorten its abstract or its list of authors";

/// The number of a line with its paper, or the reason why it cannot be read.
pub(super) type Read = (u64, SentPaper);

/// Adds a batch. The outcomes are durable when this returns.
pub(super) async fn add(writer: &Writer, batch: Vec<Read>) -> Vec<Written> {
    let papers: Vec<Paper> =
        batch.iter().filter_map(|(_, read)| read.as_ref().ok().map(|(paper, _)| paper.clone())).collect();
    let became =
        if papers.is_empty() { Ok(Vec::new()) } else { writer.ask(move |state| state.add(SOURCE, &papers)).await };
    let mut became = became.map(Vec::into_iter).map_err(|error| Problem::from(error).told());
    let mut written = Vec::with_capacity(batch.len());
    for (line, read) in batch {
        let (id, notes, mut became) = match read {
            Err(reason) => (None, Vec::new(), Err(reason)),
            Ok((paper, notes)) => {
                let (id, became) = match &mut became {
                    Ok(became) => became.next().flatten().map_or_else(
                        || {
                            let reason = "another process changed this paper at the same time; send it again";
                            (paper.id.clone(), Err(reason.to_owned()))
                        },
                        |(became, id)| (id, Ok(became)),
                    ),
                    Err(reason) => (paper.id.clone(), Err(reason.clone())),
                };
                (Some(id.to_string()), notes, became)
            }
        };
        if matches!(became, Ok(Became::TooLarge)) {
            became = Err(TOO_LARGE.to_owned());
        }
        let outcome = match became {
            Ok(Became::Added) => Outcome::Added,
            Ok(Became::Updated) => Outcome::Updated,
            Ok(Became::Merged) => Outcome::Merged,
            Ok(Became::Unchanged) => Outcome::Unchanged,
            Ok(Became::LeftOut | Became::TooLarge) | Err(_) => Outcome::Refused,
        };
        written.push(Written { line, id, outcome, reason: became.err(), notes });
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
