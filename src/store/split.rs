//! Undoes a wrong merge: the records of a paper become papers of their own.

use super::plan::{Contribution, Stored, free_id, merged};
use crate::error::{Error, Result};
use crate::paper::{IdKind, Paper, PaperId};

/// A paper that a split yields, with the records of which it is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The paper.
    pub paper: Paper,
    pub(crate) contributions: Vec<Contribution>,
}

impl Part {
    /// The names of the sources of its records; `unknown` for one that is not known.
    #[must_use]
    pub fn sources(&self) -> Vec<&str> {
        self.contributions.iter().map(|said| if said.source.is_empty() { "unknown" } else { &*said.source }).collect()
    }
}

/// Separates the records of a paper. Those that share an id stay together; the first part keeps the paper's own id, the others get
/// ids that no stored paper has.
///
/// `is_stored`: whether a stored paper has this id as its own.
///
/// # Errors
/// [`Error::NotMerged`] if the paper has one record, or all of them share ids.
pub(crate) fn parts(stored: &Stored, is_stored: impl Fn(&PaperId) -> Result<bool>) -> Result<Vec<Part>> {
    let mut groups: Vec<Vec<Contribution>> = Vec::new();
    for contribution in &stored.contributions {
        let ids = global_ids(&contribution.paper);
        let shares = |group: &Vec<Contribution>| {
            group.iter().any(|other| global_ids(&other.paper).iter().any(|id| ids.contains(id)))
        };
        // The record may link groups that were separate so far.
        let (linked, separate): (Vec<_>, Vec<_>) = groups.into_iter().partition(shares);
        groups = separate;
        groups.push(linked.into_iter().flatten().chain([contribution.clone()]).collect());
    }
    if groups.len() < 2 {
        return Err(Error::NotMerged { id: stored.paper.id.printed().to_owned(), records: stored.contributions.len() });
    }
    // The part with the paper's own id first, then in the order in which they came.
    let own = &stored.paper.id;
    groups.sort_by_key(|group| !group.iter().any(|said| said.paper.all_ids().any(|id| id == own)));
    let mut parts: Vec<Part> = Vec::with_capacity(groups.len());
    for (number, contributions) in groups.into_iter().enumerate() {
        let is_taken =
            |id: &PaperId| -> Result<bool> { Ok(parts.iter().any(|part| part.paper.id == *id) || is_stored(id)?) };
        let id = if number == 0 { own.clone() } else { free_id(&contributions[0].paper, is_taken)? };
        parts.push(Part { paper: merged(&id, &[], &contributions), contributions });
    }
    Ok(parts)
}

fn global_ids(paper: &Paper) -> Vec<&PaperId> {
    paper.all_ids().filter(|id| id.kind() < IdKind::Title).collect()
}
