//! Finds and merges duplicates: papers that share an id, unless they are different papers. `add` merges such papers, but it misses
//! those that another program adds to a server at the same moment, and a copy does not look for them.

use std::collections::{BTreeMap, HashSet};

use super::hash_of;
use super::vectors::embedded;
use crate::embed::{Embedder, Fingerprint};
use crate::engine::{Engine, Writer};
use crate::error::{Error, Result};
use crate::paper::{IdKind, Paper, PaperId};
use crate::progress::Progress;
use crate::store::{Arrival, Became, Incoming, Sentences};

/// If more papers share a title, such as "Editorial", it does not identify a paper. Of papers that share an id, so many are compared
/// with all others.
const MOST_COMPARED: usize = 50;

/// Groups of papers that are the same, or may be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Duplicates {
    /// Papers that share an id. The others of a group are merged into its first. Abstracts are left out.
    pub by_id: Vec<Vec<Paper>>,
    /// Papers with the same title, whose authors, years and ids do not contradict each other. Of papers that are in a group of
    /// `by_id`, only the first is listed: the others are merged into it.
    pub by_title: Vec<Vec<Paper>>,
    /// Pairs of papers that share an id but are different papers, or one is different from a paper that is the same as the other.
    pub contradictions: Vec<[PaperId; 2]>,
}

/// Finds duplicates among the papers of a collection.
///
/// # Errors
/// [`Error::Interrupted`], or when the collection cannot be read.
pub fn duplicates(engine: &impl Engine, progress: &dyn Progress) -> Result<Duplicates> {
    let check = || if progress.is_cancelled() { Err(Error::Interrupted) } else { Ok(()) };
    // The hash of each id with that of the paper: far less than the papers, of which most have no duplicate.
    let mut hashes: Vec<(bool, u64, u64)> = Vec::new();
    engine.export(false, &mut |paper, _| {
        let own = hash_of(&paper.id);
        hashes.extend(keys_of(paper).map(|id| (id.kind() == IdKind::Title, hash_of(&id), own)));
        check()
    })?;
    hashes.sort_unstable();
    hashes.dedup();
    let same = hashes.chunk_by(|(_, a, _), (_, b, _)| a == b);
    let wanted: HashSet<u64> = same
        .filter(|same| same.len() > 1 && !(same[0].0 && same.len() > MOST_COMPARED))
        .flatten()
        .map(|(_, _, own)| *own)
        .collect();
    drop(hashes);
    let mut papers = Vec::new();
    if !wanted.is_empty() {
        engine.export(false, &mut |paper, _| {
            if wanted.contains(&hash_of(&paper.id)) {
                papers.push(Paper { abstract_text: String::new(), ..paper.clone() });
            }
            check()
        })?;
    }
    Ok(among(papers))
}

/// Merges groups of stored papers, each into its first. Returns the effect for each group: [`Became::Unchanged`] if fewer than two of
/// its papers are stored, and [`Became::LeftOut`] if `progress` was cancelled before.
///
/// `embedder` loads the model, whose vectors have this fingerprint. It is called if a merged paper has another text than the first.
///
/// # Errors
/// When the model cannot be run, or the collection cannot be read or written.
pub fn merge<'e>(
    writer: &dyn Writer,
    fingerprint: &Fingerprint,
    embedder: &mut dyn FnMut() -> Result<&'e Embedder>,
    groups: &[Vec<PaperId>],
    progress: &dyn Progress,
) -> Result<Vec<Became>> {
    let mut became = Vec::with_capacity(groups.len());
    for batch in groups.chunks(super::PAPERS_PER_BATCH) {
        if progress.is_cancelled() {
            break;
        }
        let incoming: Vec<Incoming<'_>> = batch.iter().map(|ids| Incoming::Merge(ids)).collect();
        let plans = incoming.iter().map(|incoming| writer.plan(incoming)).collect::<Result<Vec<_>>>()?;
        let to_embed: Vec<&Paper> =
            plans.iter().filter(|plan| plan.state.needs_vector()).map(|plan| &plan.paper).collect();
        let made = if to_embed.is_empty() { Vec::new() } else { embedded(embedder()?, &to_embed, progress)? };
        let mut made = made.iter();
        let none = Sentences::default();
        let arrivals: Vec<Arrival<'_>> = (incoming.iter().zip(&plans))
            .map(|(incoming, plan)| {
                let vectors = if plan.state.needs_vector() { made.next().and_then(Option::as_ref) } else { None };
                let (embedding, sentences) =
                    vectors.map_or((None, &none), |vectors| (Some(&vectors.embedding), &vectors.sentences));
                Arrival { incoming: *incoming, paper: &plan.paper, embedding, sentences }
            })
            .collect();
        became.extend(writer.write(fingerprint, &arrivals)?);
    }
    became.resize(groups.len(), Became::LeftOut);
    Ok(became)
}

/// What a paper may have in common with its duplicates: its ids that are valid everywhere, and its title.
fn keys_of(paper: &Paper) -> impl Iterator<Item = PaperId> {
    let ids = paper.all_ids().filter(|id| id.kind() < IdKind::Title).cloned();
    ids.chain([PaperId::of_title(&paper.title)])
}

/// Finds duplicates among papers that may have some.
fn among(mut papers: Vec<Paper>) -> Duplicates {
    // The best known id first.
    papers.sort_by(|a, b| a.id.kind().cmp(&b.id.kind()).then_with(|| a.id.cmp(&b.id)));
    let mut having: BTreeMap<PaperId, Vec<usize>> = BTreeMap::new();
    for (place, paper) in papers.iter().enumerate() {
        for key in keys_of(paper) {
            let places = having.entry(key).or_default();
            if places.last() != Some(&place) {
                places.push(place);
            }
        }
    }
    let (by_title, by_id): (Vec<_>, Vec<_>) =
        having.into_iter().filter(|(_, places)| places.len() > 1).partition(|(key, _)| key.kind() == IdKind::Title);
    let mut contradictions = Vec::new();
    let mut groups = Groups::new(papers.len());
    for (_, places) in &by_id {
        for (one, other) in pairs(places) {
            if !groups.join(one, other, |one, other| !papers[one].is_plainly_other(&papers[other])) {
                contradictions.push([papers[one].id.clone(), papers[other].id.clone()]);
            }
        }
    }
    contradictions.sort();
    contradictions.dedup();
    let merged = groups.clone();
    for (_, places) in by_title.iter().filter(|(_, places)| places.len() <= MOST_COMPARED) {
        for (one, other) in pairs(places) {
            groups.join(one, other, |one, other| papers[one].may_be(&papers[other]));
        }
    }
    let of = |places: Vec<usize>| -> Vec<Paper> { places.into_iter().map(|place| papers[place].clone()).collect() };
    let by_title = groups.several(|place| merged.first_of(place) == place).map(of).collect();
    Duplicates { by_id: merged.several(|_| true).map(of).collect(), by_title, contradictions }
}

/// The pairs of places to compare.
fn pairs(places: &[usize]) -> impl Iterator<Item = (usize, usize)> {
    let firsts = places.len().min(MOST_COMPARED);
    (0..firsts).flat_map(move |at| places[at + 1..].iter().map(move |other| (places[at], *other)))
}

/// Disjoint sets of places: the set of each place, by its least member, and the members of each set in order.
#[derive(Clone)]
struct Groups {
    first: Vec<usize>,
    members: Vec<Vec<usize>>,
}

impl Groups {
    fn new(count: usize) -> Self {
        Self { first: (0..count).collect(), members: (0..count).map(|place| vec![place]).collect() }
    }

    fn first_of(&self, place: usize) -> usize {
        self.first[place]
    }

    /// Unites the sets of two places, if each member of one fits each of the other. Returns whether they are one set now.
    fn join(&mut self, one: usize, other: usize, fit: impl Fn(usize, usize) -> bool) -> bool {
        let (a, b) = (self.first[one].min(self.first[other]), self.first[one].max(self.first[other]));
        if a == b {
            return true;
        }
        if !self.members[a].iter().all(|a| self.members[b].iter().all(|b| fit(*a, *b))) {
            return false;
        }
        let joined = std::mem::take(&mut self.members[b]);
        for place in &joined {
            self.first[*place] = a;
        }
        self.members[a].extend(joined);
        self.members[a].sort_unstable();
        true
    }

    /// The wanted members of each set that has several of them.
    fn several(self, is_wanted: impl Fn(usize) -> bool) -> impl Iterator<Item = Vec<usize>> {
        let wanted = self.members.into_iter().map(move |mut places| {
            places.retain(|place| is_wanted(*place));
            places
        });
        wanted.filter(|places| places.len() > 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paper_that_differs_from_the_first_is_compared_with_others() {
        let paper = |number: usize, title: &str, author: &str| {
            let mut paper = Paper::new(format!("10.1234/{number:03}").parse().unwrap(), title.into(), String::new());
            paper.ids = vec!["2001.00001".parse().unwrap()];
            paper.authors = vec![author.to_owned()];
            paper
        };
        let count = MOST_COMPARED + 10;
        // The id is wrong in the first paper.
        let papers = (0..count).map(|number| {
            if number == 0 { paper(0, "Plumage of owls", "Zoë Jones") } else { paper(number, "On fish", "Ada Smith") }
        });
        let found = among(papers.collect());
        assert_eq!(found.by_id.iter().map(Vec::len).collect::<Vec<_>>(), [count - 1]);
    }
}
