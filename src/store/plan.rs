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
    fn is_same_record(&self, other: &Self) -> bool {
        self.source == other.source && self.key() == other.key() && self.ordinal == other.ordinal
    }

    /// Whether another record says no more than this one.
    fn says(&self, other: &Self) -> bool {
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
    let papers = papers_of(known, new)?;
    let Some((target, absorbed)) = papers.split_first() else {
        return planned_new(known, new);
    };
    let before: Vec<Contribution> = papers.iter().flat_map(|stored| stored.contributions.iter().cloned()).collect();
    let contributions = with(&before, new);
    let paper = merged(&target.paper.id, absorbed, &contributions);
    let state = if paper.content_hash() != target.paper.content_hash() {
        State::TextDiffers
    } else if paper == target.paper && contributions == target.contributions {
        State::Unchanged
    } else {
        State::DetailsDiffer
    };
    let absorbed = absorbed.iter().map(|stored| stored.paper.id.clone()).collect();
    Ok(Plan { state, paper, absorbed, contributions })
}

fn planned_new<K: Known>(known: &K, new: &Contribution) -> Result<Plan, K::Error> {
    let mut paper = new.paper.clone();
    // Another paper has the id, which is wrong in one of them: the next id of this one becomes its own.
    if !new.by_id_alone && paper.id.kind() < IdKind::Title && known.stored(&paper.id)?.is_some() {
        let mut others = Vec::with_capacity(paper.ids.len());
        for id in paper.ids.iter().filter(|id| id.kind() < IdKind::Title) {
            if known.stored(id)?.is_none() {
                others.push(id.clone());
            }
        }
        let own = others.into_iter().next().unwrap_or_else(|| PaperId::of_title(&paper.title));
        paper.ids.retain(|id| *id != own);
        paper.ids.insert(0, std::mem::replace(&mut paper.id, own));
    }
    // Another paper has the same title: the id of this one is made of author and year as well.
    if paper.id.kind() == IdKind::Title && !new.by_id_alone && known.stored(&paper.id)?.is_some() {
        let author = paper.authors.first().map_or("", String::as_str);
        let year = paper.published.map(|date| date.year().to_string()).unwrap_or_default();
        let longer = format!("{} {author} {year}", paper.title);
        // An author may write several papers with one title in a year, such as editorials.
        paper.id = PaperId::first_free(PaperId::of_title(&longer), &longer, |id| Ok(known.stored(id)?.is_some()))?;
    }
    let contributions = vec![Contribution { paper: paper.clone(), ..new.clone() }];
    Ok(Plan { state: State::New, paper, absorbed: Vec::new(), contributions })
}

/// The stored papers that the record is about, the oldest first.
fn papers_of<K: Known>(known: &K, new: &Contribution) -> Result<Vec<Stored>, K::Error> {
    let mut papers: Vec<Stored> = Vec::new();
    // The hash of another title is an id that the record was given.
    let of_title = PaperId::of_title(&new.paper.title);
    let is_given = |id: &&PaperId| id.kind() < IdKind::Title || (id.kind() == IdKind::Title && **id != of_title);
    for id in new.paper.all_ids().filter(is_given) {
        for id in known.with_id(id)? {
            add(known, &mut papers, &id, |stored| new.by_id_alone || !stored.paper.is_plainly_other(&new.paper))?;
        }
    }
    if new.by_id_alone {
        return Ok(papers);
    }
    if !papers.is_empty() {
        return Ok(papers);
    }
    // A title joins no stored papers, since two that were split have the same. The one that has this record already is first.
    let mut by_title = Vec::new();
    for id in known.with_title(&new.paper.title)? {
        add(known, &mut by_title, &id, |stored| {
            stored.contributions.iter().any(|old| old.was(new)) || stored.paper.may_be(&new.paper)
        })?;
    }
    by_title.sort_by_key(|stored| !stored.contributions.iter().any(|old| old.was(new)));
    papers.extend(by_title.into_iter().next());
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

fn add<K: Known>(
    known: &K,
    papers: &mut Vec<Stored>,
    id: &PaperId,
    fits: impl Fn(&Stored) -> bool,
) -> Result<(), K::Error> {
    if papers.iter().all(|stored| stored.paper.id != *id) {
        papers.extend(known.stored(id)?.filter(fits));
    }
    Ok(())
}

/// The contributions with the new one, which replaces that of the same record.
fn with(before: &[Contribution], new: &Contribution) -> Vec<Contribution> {
    let mut contributions = before.to_vec();
    if contributions.iter().any(|old| old.says(new)) {
        return contributions;
    }
    let same = contributions.iter_mut().find(|old| old.is_same_record(new));
    match same {
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
