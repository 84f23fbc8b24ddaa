//! Finds and merges duplicates: papers that share an id, unless their titles and authors contradict each other. `add` merges such
//! papers, but it misses those that another program adds to a server at the same moment, and a copy does not look for them.

use std::collections::{BTreeMap, HashSet};
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};

use super::vectors::embedded;
use crate::embed::Embedder;
use crate::engine::{Engine, Writer};
use crate::error::{Error, Result};
use crate::paper::{IdKind, Paper, PaperId};
use crate::progress::Progress;
use crate::store::{Arrival, Became, Incoming, Sentences};

/// If more papers share a title, such as "Editorial", it does not identify a paper.
const MOST_WITH_TITLE: usize = 50;

/// Groups of papers that are the same, or may be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Duplicates {
    /// Papers that share an id. The others of a group are merged into its first.
    pub by_id: Vec<Vec<Paper>>,
    /// Papers with the same title, whose authors, years and ids do not contradict each other.
    pub by_title: Vec<Vec<Paper>>,
    /// Pairs of papers that share an id but are different papers: the id is wrong in one of them.
    pub contradictions: Vec<[PaperId; 2]>,
}

/// Finds duplicates among the papers of a collection.
///
/// # Errors
/// When the collection cannot be read.
pub fn duplicates(engine: &impl Engine) -> Result<Duplicates> {
    // The hash of each id with that of the paper: far less than the papers, of which most have no duplicate.
    let mut hashes: Vec<(u64, u64)> = Vec::new();
    engine.export(false, &mut |paper, _| {
        let own = hash_of(paper.id.as_str());
        hashes.extend(keys_of(paper).map(|id| (hash_of(&id), own)));
        Ok(())
    })?;
    hashes.sort_unstable();
    hashes.dedup();
    let several = hashes.chunk_by(|(a, _), (b, _)| a == b).filter(|same| same.len() > 1);
    let wanted: HashSet<u64> = several.flatten().map(|(_, own)| *own).collect();
    drop(hashes);
    let mut papers = Vec::new();
    if !wanted.is_empty() {
        engine.export(false, &mut |paper, _| {
            if wanted.contains(&hash_of(paper.id.as_str())) {
                papers.push(paper.clone());
            }
            Ok(())
        })?;
    }
    Ok(among(papers))
}

/// Merges stored papers into the first of them. Returns [`Became::Unchanged`] if fewer than two of them are stored.
///
/// # Errors
/// When the model cannot be run, or the collection cannot be read or written.
pub fn merge(writer: &dyn Writer, embedder: &Embedder, ids: &[PaperId], progress: &dyn Progress) -> Result<Became> {
    let incoming = Incoming::Merge(ids);
    let plan = writer.plan(&incoming)?;
    let vectors = if plan.state.needs_vector() {
        let vectors = embedded(embedder, &[&plan.paper], progress)?.pop().flatten();
        Some(vectors.ok_or(Error::Interrupted)?)
    } else {
        None
    };
    let none = Sentences::default();
    let (embedding, sentences) =
        vectors.as_ref().map_or((None, &none), |vectors| (Some(&vectors.embedding), &vectors.sentences));
    let arrival = Arrival { incoming, paper: &plan.paper, embedding, sentences };
    let became = writer.write(embedder.fingerprint(), &[arrival])?;
    Ok(became.into_iter().next().unwrap_or(Became::Unchanged))
}

fn hash_of(id: &str) -> u64 {
    BuildHasherDefault::<DefaultHasher>::new().hash_one(id)
}

/// What a paper may have in common with its duplicates: its ids that are valid everywhere, and its title.
fn keys_of(paper: &Paper) -> impl Iterator<Item = String> {
    let ids = paper.all_ids().filter(|id| id.kind() < IdKind::Title).cloned();
    ids.chain([PaperId::of_title(&paper.title)]).map(|id| id.as_str().to_owned())
}

/// Finds duplicates among papers that may have some.
fn among(mut papers: Vec<Paper>) -> Duplicates {
    // The best known id first.
    papers.sort_by(|a, b| a.id.kind().cmp(&b.id.kind()).then_with(|| a.id.cmp(&b.id)));
    let mut having: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (place, paper) in papers.iter().enumerate() {
        for key in keys_of(paper) {
            having.entry(key).or_default().push(place);
        }
    }
    let of_title = |key: &str| PaperId::of_stored(key).kind() == IdKind::Title;
    let (by_title, by_id): (Vec<_>, Vec<_>) =
        having.into_iter().filter(|(_, places)| places.len() > 1).partition(|(key, _)| of_title(key));
    let mut contradictions = Vec::new();
    let mut groups = Groups::new(papers.len());
    for (_, places) in &by_id {
        let (first, others) = (places[0], &places[1..]);
        for other in others {
            if papers[first].is_plainly_other(&papers[*other]) {
                contradictions.push([papers[first].id.clone(), papers[*other].id.clone()]);
            } else {
                groups.join(first, *other);
            }
        }
    }
    contradictions.sort();
    contradictions.dedup();
    let mut titles = Groups::new(papers.len());
    for (_, places) in by_title.iter().filter(|(_, places)| places.len() <= MOST_WITH_TITLE) {
        for (at, first) in places.iter().enumerate() {
            for other in &places[at + 1..] {
                if groups.of(*first) != groups.of(*other) && papers[*first].may_be(&papers[*other]) {
                    titles.join(*first, *other);
                }
            }
        }
    }
    Duplicates { by_id: groups.into_papers(&papers), by_title: titles.into_papers(&papers), contradictions }
}

/// Disjoint sets of places.
struct Groups(Vec<usize>);

impl Groups {
    fn new(count: usize) -> Self {
        Self((0..count).collect())
    }

    /// The first place of a group.
    fn of(&mut self, place: usize) -> usize {
        let mut first = place;
        while self.0[first] != first {
            first = self.0[first];
        }
        self.0[place] = first;
        first
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.of(a), self.of(b));
        self.0[a.max(b)] = a.min(b);
    }

    /// The papers of the groups that have several.
    fn into_papers(mut self, papers: &[Paper]) -> Vec<Vec<Paper>> {
        let mut groups: BTreeMap<usize, Vec<Paper>> = BTreeMap::new();
        for (place, paper) in papers.iter().enumerate() {
            groups.entry(self.of(place)).or_default().push(paper.clone());
        }
        groups.into_values().filter(|group| group.len() > 1).collect()
    }
}
