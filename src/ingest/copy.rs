//! Copies a collection: every paper with its vector, sentence embeddings, sources and ids.

use serde::Serialize;

use super::stages::Upkeep;
use crate::embed::Fingerprint;
use crate::engine::{Engine, Moment, Writer};
use crate::error::{Error, Result};
use crate::paper::{Paper, PaperId};
use crate::progress::Progress;
use crate::store::{Arrival, Became, WholePaper};

/// What a copy did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct CopyReport {
    /// Papers that were read.
    pub read: u64,
    /// Papers that are new in the target.
    pub added: u64,
    /// Papers that the target had, and that changed.
    pub updated: u64,
    /// Papers that the target had as they are.
    pub unchanged: u64,
    /// Papers that were not updated: sources that only the target has give them another text, so the result would have to be
    /// embedded.
    pub left_out: u64,
    /// Papers that were not copied because they are too large for the server.
    pub too_large: Vec<PaperId>,
    /// Whether the copy was interrupted; it can be continued.
    pub interrupted: bool,
}

/// Copies all papers to another collection; the vectors of both have this fingerprint. Papers that it has already are not written
/// again, so an interrupted copy can be continued. Papers that only the target has are kept, except its sample collection.
///
/// `keep_up` is called from time to time, to bring the indexes of the target up to date.
///
/// # Errors
/// When one of the collections cannot be read or written, or has vectors of another fingerprint.
pub fn copy(
    from: &impl Engine,
    to: &dyn Writer,
    fingerprint: &Fingerprint,
    progress: &dyn Progress,
    keep_up: &dyn Fn(),
) -> Result<CopyReport> {
    to.remove_sample()?;
    progress.expected(from.read(|moment| Ok(moment.papers()))? as u64);
    let mut report = CopyReport::default();
    let mut upkeep = Upkeep::default();
    let copied = from.whole_papers(fingerprint, &mut |page: Vec<WholePaper>| {
        if progress.is_cancelled() {
            return Err(Error::Interrupted);
        }
        let arrivals: Vec<Arrival<'_>> = page.iter().map(Arrival::from).collect();
        let became = to.write(fingerprint, &arrivals)?;
        for (whole, became) in page.iter().zip(&became) {
            report.count(*became, whole.paper());
        }
        progress.done(report.read);
        let written = became.iter().filter(|became| became.is_written()).count();
        if upkeep.is_due_after(written as u64) {
            keep_up();
        }
        Ok(())
    });
    match copied {
        Err(Error::Interrupted) => report.interrupted = true,
        copied => copied?,
    }
    Ok(report)
}

impl CopyReport {
    fn count(&mut self, became: Became, paper: &Paper) {
        self.read += 1;
        let count = match became {
            Became::Added => &mut self.added,
            Became::Updated | Became::Merged => &mut self.updated,
            Became::Unchanged => &mut self.unchanged,
            Became::LeftOut => &mut self.left_out,
            Became::TooLarge => return self.too_large.push(paper.id.clone()),
        };
        *count += 1;
    }
}
