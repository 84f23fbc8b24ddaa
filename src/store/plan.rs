//! What would adding a record do? It is a new paper, corrects one, or says more about one that another source described; and it may
//! show that two papers are one.

use crate::paper::{IdKind, Paper, PaperId};

use super::State;

/// A paper as one source describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contribution {
    /// The paper.
    pub paper: Paper,
    /// The name of the source: the path of a file, or of a service. Empty if it is not known.
    pub source: String,
    /// Its number among the records of the source that are about this paper, from 1 in the order of the source.
    pub ordinal: u32,
    /// Whether its id alone tells which paper it is; otherwise a stored paper with the same title may be it.
    pub by_id_alone: bool,
}

impl From<Paper> for Contribution {
    fn from(paper: Paper) -> Self {
        Self { paper, source: String::new(), ordinal: 1, by_id_alone: false }
    }
}

impl Contribution {
    /// The record's own id in its source; empty if it has none.
    fn key(&self) -> &str {
        self.paper.ids.iter().find(|id| id.kind() == IdKind::Own).map_or("", PaperId::as_str)
    }

    /// Whether both are the same record of the same source.
    pub(super) fn is_same_record(&self, other: &Self) -> bool {
        self.is_in_one_place(other) && self.ordinal == other.ordinal
    }

    /// Whether both are versions of one record, by its id: where papers were merged, it may have another number.
    pub(super) fn is_version_of(&self, other: &Self) -> bool {
        let is_one_paper = || self.is_same_record(other) && self.paper.may_be(&other.paper);
        self.is_in_one_place(other)
            && self.paper.id == other.paper.id
            && (self.paper.id.kind() < IdKind::Title || is_one_paper())
    }

    /// Whether both have the same source, and the same id in it.
    pub(super) fn is_in_one_place(&self, other: &Self) -> bool {
        self.source == other.source && self.key() == other.key()
    }

    /// Whether another record says no more than this one.
    pub(super) fn says(&self, other: &Self) -> bool {
        let (id, ids) = (self.paper.id.clone(), self.paper.ids.clone());
        let is_known = |id: &PaperId| id.kind() == IdKind::Title || self.paper.all_ids().any(|known| known == id);
        self.paper == Paper { id, ids, ..other.paper.clone() } && other.paper.all_ids().all(is_known)
    }

    /// Whether this is what the source of another record said before, by its words or by its key.
    fn was(&self, new: &Self) -> bool {
        self.says(new) || (!new.key().is_empty() && self.is_same_record(new) && self.paper.may_be(&new.paper))
    }
}

/// The effect of adding a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// What changes.
    pub state: State,
    /// The paper as it is stored then.
    pub paper: Paper,
    /// Stored papers that become part of it.
    pub absorbed: Vec<PaperId>,
    /// A stored paper that has an id in common with a new one, but contradicts it: in one of them, the id is wrong.
    pub contradicted: Option<PaperId>,
    /// What each source says about it, the oldest first.
    pub(crate) contributions: Vec<Contribution>,
}

/// A stored paper with what each source says about it, the oldest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stored {
    pub paper: Paper,
    pub contributions: Vec<Contribution>,
}

/// The papers of a store, to look records up in.
pub(crate) trait Known {
    type Error;

    /// The papers with this id, as their own or as another, the oldest first.
    fn with_id(&self, id: &PaperId) -> Result<Vec<PaperId>, Self::Error>;

    /// The papers that have or had this title, the oldest first.
    fn with_title(&self, title: &str) -> Result<Vec<PaperId>, Self::Error>;

    /// The paper whose own id this is.
    fn stored(&self, id: &PaperId) -> Result<Option<Stored>, Self::Error>;
}

/// Plans the addition of a record.
pub(crate) fn plan<K: Known>(known: &K, new: &Contribution) -> Result<Plan, K::Error> {
    let (papers, contradicted) = papers_of(known, new)?;
    let Some((target, absorbed)) = papers.split_first() else {
        return Ok(Plan { contradicted, ..planned_new(known, new)? });
    };
    let contributions = with(&united(&papers), new);
    Ok(planned(target, absorbed, merged(&target.paper.id, absorbed, &contributions), contributions))
}

/// Plans to merge stored papers into the first. Ids that no paper has are ignored.
pub(super) fn plan_merge<K: Known>(known: &K, ids: &[PaperId]) -> Result<Plan, K::Error> {
    let mut papers = Vec::with_capacity(ids.len());
    for id in ids {
        add(known, &mut papers, id, |_| true)?;
    }
    let Some((target, absorbed)) = papers.split_first() else {
        let (paper, absorbed, contributions) =
            (Paper::new(PaperId::of_title(""), String::new(), String::new()), Vec::new(), Vec::new());
        return Ok(Plan { state: State::Unchanged, paper, absorbed, contradicted: None, contributions });
    };
    let contributions = united(&papers);
    Ok(planned(target, absorbed, merged(&target.paper.id, absorbed, &contributions), contributions))
}

/// The plan to replace a stored paper by `paper`, into which others are merged.
pub(super) fn planned(target: &Stored, absorbed: &[Stored], paper: Paper, contributions: Vec<Contribution>) -> Plan {
    let is_same = absorbed.is_empty() && paper == target.paper && contributions == target.contributions;
    let state = if paper.content_hash() != target.paper.content_hash() {
        State::TextDiffers
    } else if is_same {
        State::Unchanged
    } else {
        State::DetailsDiffer
    };
    let absorbed = absorbed.iter().map(|stored| stored.paper.id.clone()).collect();
    Plan { state, paper, absorbed, contradicted: None, contributions }
}

fn planned_new<K: Known>(known: &K, new: &Contribution) -> Result<Plan, K::Error> {
    let mut paper = new.paper.clone();
    if !new.by_id_alone {
        let own = free_id(&paper, |id| Ok(known.stored(id)?.is_some()))?;
        if own != paper.id && paper.id.kind() < IdKind::Title {
            paper.ids.retain(|id| *id != own);
            paper.ids.insert(0, paper.id);
        }
        paper.id = own;
    }
    let contributions = vec![Contribution { paper: paper.clone(), ..new.clone() }];
    Ok(Plan { state: State::New, paper, absorbed: Vec::new(), contradicted: None, contributions })
}

/// The id that becomes a paper's own: its id, unless it `is_taken` by another paper.
pub(super) fn free_id<E>(paper: &Paper, is_taken: impl Fn(&PaperId) -> Result<bool, E>) -> Result<PaperId, E> {
    // An id of two papers is wrong in one of them: the next one counts.
    for id in paper.all_ids().filter(|id| id.kind() < IdKind::Title) {
        if !is_taken(id)? {
            return Ok(id.clone());
        }
    }
    let of_title = if paper.id.kind() < IdKind::Title { PaperId::of_title(&paper.title) } else { paper.id.clone() };
    if of_title.kind() > IdKind::Title || !is_taken(&of_title)? {
        return Ok(of_title);
    }
    // Another paper has the same title: author and year tell them apart.
    let author = paper.authors.first().map_or("", String::as_str);
    let year = paper.published.map(|date| date.year().to_string()).unwrap_or_default();
    let longer = format!("{} {author} {year}", paper.title);
    // An author may write several papers with one title in a year, such as editorials.
    PaperId::first_free(PaperId::of_title(&longer), &longer, is_taken)
}

/// The stored papers that the record is about, the oldest first, and one that has an id of it but contradicts.
fn papers_of<K: Known>(known: &K, new: &Contribution) -> Result<(Vec<Stored>, Option<PaperId>), K::Error> {
    let (papers, contradicted) = by_ids(known, new)?;
    let papers = if papers.is_empty() && !new.by_id_alone { by_title_or_key(known, new)? } else { papers };
    Ok((papers, contradicted))
}

/// The stored papers with an id of the record, except those that contradict, and the first of these.
fn by_ids<K: Known>(known: &K, new: &Contribution) -> Result<(Vec<Stored>, Option<PaperId>), K::Error> {
    let (mut papers, mut contradicted) = (Vec::new(), None);
    // The hash of another title is an id that the record was given.
    let of_title = PaperId::of_title(&new.paper.title);
    let is_given = |id: &&PaperId| {
        new.by_id_alone || id.kind() < IdKind::Title || (id.kind() == IdKind::Title && **id != of_title)
    };
    for id in new.paper.all_ids().filter(is_given) {
        for id in known.with_id(id)? {
            let fits = |stored: &Stored| new.by_id_alone || !stored.paper.is_plainly_other(&new.paper);
            if !add(known, &mut papers, &id, fits)? {
                contradicted = contradicted.or(Some(id));
            }
        }
    }
    Ok((papers, contradicted))
}

/// The stored paper with the record's title, or with its key in the same source.
fn by_title_or_key<K: Known>(known: &K, new: &Contribution) -> Result<Vec<Stored>, K::Error> {
    // A title joins no stored papers, since two that were split have the same. The one that has this record already is first.
    let mut by_title = Vec::new();
    for id in known.with_title(&new.paper.title)? {
        add(known, &mut by_title, &id, |stored| {
            stored.contributions.iter().any(|old| old.was(new)) || stored.paper.may_be(&new.paper)
        })?;
    }
    by_title.sort_by_key(|stored| !stored.contributions.iter().any(|old| old.was(new)));
    let mut papers: Vec<Stored> = by_title.into_iter().take(1).collect();
    if !papers.is_empty() {
        return Ok(papers);
    }
    // The record of the same source with the same key, whose title may have been corrected.
    if !new.source.is_empty() && !new.key().is_empty() {
        for id in new.paper.ids.iter().filter(|id| id.kind() == IdKind::Own) {
            for id in known.with_id(id)? {
                add(known, &mut papers, &id, |stored| stored.contributions.iter().any(|old| old.was(new)))?;
            }
        }
        // A key alone joins no stored papers.
        papers.truncate(1);
    }
    Ok(papers)
}

/// Adds the stored paper with this id, if it fits; returns whether it is among the papers.
pub(super) fn add<K: Known>(
    known: &K,
    papers: &mut Vec<Stored>,
    id: &PaperId,
    fits: impl Fn(&Stored) -> bool,
) -> Result<bool, K::Error> {
    if papers.iter().any(|stored| stored.paper.id == *id) {
        return Ok(true);
    }
    let found = known.stored(id)?.filter(fits);
    let is_found = found.is_some();
    papers.extend(found);
    Ok(is_found)
}

/// The records of several papers, those of the first paper first.
fn united(papers: &[Stored]) -> Vec<Contribution> {
    let mut united = Vec::new();
    for contribution in papers.iter().flat_map(|stored| &stored.contributions) {
        push(&mut united, contribution);
    }
    united
}

/// Adds a record, unless it is there. Two papers may each have a first record of the same source: the later one gets the next number.
pub(super) fn push(contributions: &mut Vec<Contribution>, new: &Contribution) {
    if contributions.contains(new) {
        return;
    }
    let mut new = new.clone();
    while contributions.iter().any(|old| old.is_same_record(&new)) {
        new.ordinal += 1;
    }
    contributions.push(new);
}

/// The contributions with the new one, which replaces that of the same record.
fn with(before: &[Contribution], new: &Contribution) -> Vec<Contribution> {
    let mut contributions = before.to_vec();
    if contributions.iter().any(|old| old.says(new)) {
        return contributions;
    }
    let same = contributions.iter().position(|old| old.is_same_record(new));
    // If papers were merged, this number may be that of a record of the other paper.
    let same = same.map(|same| {
        let has_moved = contributions[same].paper.id != new.paper.id;
        let version = if has_moved { contributions.iter().position(|old| old.is_version_of(new)) } else { None };
        version.unwrap_or(same)
    });
    match same.map(|same| &mut contributions[same]) {
        // A correction. That a record has no abstract is none.
        Some(old) if new.paper.abstract_text.is_empty() && !new.by_id_alone => {
            let abstract_text = std::mem::take(&mut old.paper.abstract_text);
            old.paper = Paper { abstract_text, ..new.paper.clone() };
        }
        Some(old) => old.paper = new.paper.clone(),
        // What was stored before sources were remembered is corrected by any.
        None => match contributions.iter_mut().find(|old| old.source.is_empty() && !new.source.is_empty()) {
            Some(old) => {
                *old = Contribution { paper: old.paper.corrected_by(&new.paper), ..new.clone() };
            }
            None => contributions.push(new.clone()),
        },
    }
    contributions
}

/// The paper that some contributions describe together.
pub(super) fn merged(id: &PaperId, absorbed: &[Stored], contributions: &[Contribution]) -> Paper {
    let mut papers = contributions.iter().map(|contribution| &contribution.paper);
    let first = papers.next().cloned().unwrap_or_else(|| Paper::new(id.clone(), String::new(), String::new()));
    let mut merged = papers.fold(first, |merged, paper| merged.merged_with(paper));
    let ids: Vec<PaperId> = merged.all_ids().chain(absorbed.iter().map(|stored| &stored.paper.id)).cloned().collect();
    merged.ids.clear();
    for other in ids {
        // A hash of a title is found without being listed.
        if other != *id && other.kind() != IdKind::Title && !merged.ids.contains(&other) {
            merged.ids.push(other);
        }
    }
    merged.ids.sort_by_key(PaperId::kind);
    merged.id = id.clone();
    merged
}
