//! What would copying a paper from another collection do? It is new, or replaces an earlier copy, or is joined with what only this
//! collection knows about it. A record that only this collection has is never lost.

use crate::paper::{IdKind, PaperId};

use super::plan::{Contribution, Known, Plan, Stored, add, merged, planned, push};
use super::{State, WholePaper};

/// Plans to store a paper as it is in another collection. Records of sources that only this collection has are kept.
pub(super) fn plan_copy<K: Known>(known: &K, whole: &WholePaper) -> Result<Plan, K::Error> {
    let Stored { paper, contributions } = &whole.stored;
    let mut copied = Copied::of(contributions);
    let before = known.stored(&paper.id)?;
    let is_copied = before.as_ref().is_some_and(|before| copied.have(&before.contributions, is_record_of_paper));
    let absorbed = copied.absorbed(known, whole)?;
    if let Some(before) = before {
        if is_copied {
            return Ok(planned(&before, &absorbed, paper.clone(), contributions.clone()));
        }
        let joined = copied.joined_with(&before.contributions, is_record_of_paper);
        return Ok(planned(&before, &absorbed, merged(&paper.id, &absorbed, &joined), joined));
    }
    // A stored paper into which this one was merged in this collection.
    let mut into = Vec::new();
    for id in known.with_id(&paper.id)? {
        let has = |old: &Contribution| contributions.iter().any(|new| old.is_version_of(new));
        add(known, &mut into, &id, |stored| stored.contributions.iter().any(has))?;
    }
    into.retain(|stored| !absorbed.contains(stored));
    let Some(before) = into.first() else {
        let absorbed = absorbed.into_iter().map(|stored| stored.paper.id).collect();
        let (paper, contributions) = (paper.clone(), contributions.clone());
        return Ok(Plan { state: State::New, paper, absorbed, contradicted: None, contributions });
    };
    let joined = copied.joined_with(&before.contributions, Contribution::is_version_of);
    if joined == before.contributions && absorbed.is_empty() {
        return Ok(planned(before, &[], before.paper.clone(), joined));
    }
    Ok(planned(before, &absorbed, merged(&before.paper.id, &absorbed, &joined), joined))
}

/// Whether both are versions of one record, if they are about the paper with the same id: its title may have been corrected.
fn is_record_of_paper(old: &Contribution, new: &Contribution) -> bool {
    let of_title = |record: &Contribution| PaperId::of_title(&record.paper.title);
    let is_corrected = || {
        let have_no_ids = [old, new].iter().all(|record| record.paper.id.kind() >= IdKind::Title);
        have_no_ids && of_title(old) != of_title(new) && !old.paper.is_plainly_other(&new.paper)
    };
    old.is_version_of(new) || old.is_same_record(new) && is_corrected()
}

/// Whether a stored record and a copied one are the same in some way.
type Relation<'a> = dyn Fn(&Contribution, &Contribution) -> bool + 'a;

/// The records of a copied paper. Each is a version of at most one stored record: a source may have several records of a paper with
/// the same id.
struct Copied<'a> {
    records: &'a [Contribution],
    is_taken: Vec<bool>,
}

impl<'a> Copied<'a> {
    fn of(records: &'a [Contribution]) -> Self {
        Self { records, is_taken: vec![false; records.len()] }
    }

    /// The version of each stored record among those that are not taken.
    fn versions(
        &self,
        stored: &[Contribution],
        is_version: impl Fn(&Contribution, &Contribution) -> bool,
    ) -> Vec<Option<usize>> {
        let mut is_taken = self.is_taken.clone();
        let mut versions = vec![None; stored.len()];
        // The most alike first, so that no record takes the place of another.
        let is_equal = |old: &Contribution, new: &Contribution| old.is_in_one_place(new) && old.paper == new.paper;
        let is_unmoved = |old: &Contribution, new: &Contribution| old.is_same_record(new) && old.is_version_of(new);
        let says = |old: &Contribution, new: &Contribution| old.is_in_one_place(new) && new.says(old);
        for fits in [&is_equal, &is_unmoved, &says, &is_version] as [&Relation<'_>; 4] {
            for (old, version) in stored.iter().zip(&mut versions).filter(|(_, version)| version.is_none()) {
                *version = (0..is_taken.len()).find(|new| !is_taken[*new] && fits(old, &self.records[*new]));
                if let Some(new) = *version {
                    is_taken[new] = true;
                }
            }
        }
        versions
    }

    /// Whether they have all stored records in this version or a later one. Then these versions are taken.
    fn have(&mut self, stored: &[Contribution], is_version: impl Fn(&Contribution, &Contribution) -> bool) -> bool {
        let versions = self.versions(stored, is_version);
        let is_said = |old: &Contribution| self.records.iter().any(|new| new.says(old));
        let have_all = stored.iter().zip(&versions).all(|(old, version)| version.is_some() || is_said(old));
        if have_all {
            versions.into_iter().flatten().for_each(|new| self.is_taken[new] = true);
        }
        have_all
    }

    /// Stored papers that were merged into this one in the other collection.
    fn absorbed<K: Known>(&mut self, known: &K, whole: &WholePaper) -> Result<Vec<Stored>, K::Error> {
        let own = &whole.stored.paper.id;
        let mut absorbed = Vec::new();
        let ids = whole.stored.paper.ids.iter().chain(&whole.former);
        for id in ids.filter(|id| *id != own) {
            let mut found = Vec::new();
            add(known, &mut found, id, |_| true)?;
            found.retain(|stored: &Stored| !absorbed.contains(stored));
            found.retain(|stored| self.have(&stored.contributions, Contribution::is_version_of));
            absorbed.append(&mut found);
        }
        Ok(absorbed)
    }

    /// The stored records, each replaced by its later version, with those that are new.
    fn joined_with(
        &self,
        stored: &[Contribution],
        is_version: impl Fn(&Contribution, &Contribution) -> bool,
    ) -> Vec<Contribution> {
        let versions = self.versions(stored, is_version);
        let mut joined = stored.to_vec();
        for (old, new) in joined.iter_mut().zip(&versions) {
            if let Some(new) = new.map(|new| &self.records[new]).filter(|new| !old.says(new)) {
                old.paper = new.paper.clone();
            }
        }
        let is_new = |new: &usize| !versions.contains(&Some(*new));
        for new in (0..self.records.len()).filter(is_new).map(|new| &self.records[new]) {
            if !joined.iter().any(|old| old.says(new)) {
                push(&mut joined, new);
            }
        }
        joined
    }
}
