//! Copies a collection: every paper with its vector, sentence embeddings, sources and ids.

use serde::Serialize;

use crate::engine::{Engine, Moment, Writer};
use crate::error::{Error, Result};
use crate::progress::Progress;
use crate::store::{Arrival, Became, WholePaper};

/// After this number of papers, the indexes are brought up to date.
const KEPT_UP: u64 = 20_000;

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
    /// Whether the copy was interrupted; it can be continued.
    pub interrupted: bool,
}

/// Copies all papers to another collection, whose vectors are of the same model. Papers that it has already are not written again,
/// so an interrupted copy can be continued. Papers that only the target has are kept, except its sample collection.
///
/// `keep_up` is called from time to time, to bring the indexes of the target up to date.
///
/// # Errors
/// When one of the collections cannot be read or written, or their models differ.
pub fn copy(from: &impl Engine, to: &dyn Writer, progress: &dyn Progress, keep_up: &dyn Fn()) -> Result<CopyReport> {
    let fingerprint = from.stored_model()?.fingerprint;
    to.remove_sample()?;
    progress.expected(from.read(|moment| Ok(moment.papers()))? as u64);
    let mut report = CopyReport::default();
    let mut kept_up = 0;
    let copied = from.whole_papers(&mut |page: Vec<WholePaper>| {
        if progress.is_cancelled() {
            return Err(Error::Interrupted);
        }
        let arrivals: Vec<Arrival<'_>> = page.iter().map(Arrival::from).collect();
        for became in to.write(&fingerprint, &arrivals)? {
            report.count(became);
        }
        progress.done(report.read);
        let written = report.added + report.updated;
        if written - kept_up >= KEPT_UP {
            kept_up = written;
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
    fn count(&mut self, became: Became) {
        self.read += 1;
        let count = match became {
            Became::Added => &mut self.added,
            Became::Updated | Became::Merged => &mut self.updated,
            Became::Unchanged => &mut self.unchanged,
            Became::LeftOut => &mut self.left_out,
        };
        *count += 1;
    }
}
