//! Finding and merging duplicates, in each engine.

use std::sync::atomic::AtomicU64;

use super::copy_tests::{Impatient, add, collections, copy, embedder, model, paper, stored};
use super::in_memory::InMemory;
use super::{Collection, Engine, Moment};
use crate::embed::Role;
use crate::error::Error;
use crate::ingest::{self, Duplicates, Ingest};
use crate::paper::{Paper, PaperId};
use crate::progress::{Progress, Silent};
use crate::store::{Arrival, Became, WholePaper};

/// Adds a paper as another program would at the same moment: without looking for others of the same ids or title.
fn add_beside(collection: &Collection, paper: Paper) {
    let other = InMemory::new(model());
    let embedder = embedder();
    let mut ingest = Ingest::new(other.writer(), &embedder, &Silent);
    ingest.add([Ok(paper)].into_iter()).unwrap();
    ingest.finish().unwrap();
    let write = &mut |page: Vec<WholePaper>| {
        let arrivals: Vec<Arrival<'_>> = page.iter().map(Arrival::from).collect();
        let became = collection.writer().write(embedder.fingerprint(), &arrivals)?;
        assert_eq!(became, [Became::Added]);
        Ok(())
    };
    other.whole_papers(model().fingerprint(), write).unwrap();
}

/// The ids of groups of papers.
fn ids(groups: &[Vec<Paper>]) -> Vec<Vec<&str>> {
    groups.iter().map(|papers| papers.iter().map(|paper| paper.id.printed()).collect()).collect()
}

fn merge(collection: &Collection, groups: &[Vec<Paper>]) -> Vec<Became> {
    merge_until(collection, groups, &Silent)
}

fn merge_until(collection: &Collection, groups: &[Vec<Paper>], progress: &dyn Progress) -> Vec<Became> {
    let ids = |papers: &Vec<Paper>| papers.iter().map(|paper| paper.id.clone()).collect();
    let groups: Vec<Vec<PaperId>> = groups.iter().map(ids).collect();
    let embedder = embedder();
    ingest::merge(collection.writer(), embedder.fingerprint(), &mut || Ok(&embedder), &groups, progress).unwrap()
}

#[test]
fn papers_that_are_stored_twice_become_one() {
    let (targets, _folder) = collections();
    for target in &targets {
        add(target, "a", &(0..60).map(paper).collect::<Vec<_>>());
        assert_eq!(ingest::duplicates(target, &Silent).unwrap(), Duplicates::default());
        // The published form of a preprint, which names it.
        let mut article = paper(7);
        article.ids = vec![article.id];
        article.id = "10.1234/seven".parse().unwrap();
        article.abstract_text = "We count 7 fish in the sea, and describe each of them at length.".to_owned();
        add_beside(target, article.clone());
        // The published form of another one, which does not.
        let mut untold = paper(8);
        untold.id = "10.1234/eight".parse().unwrap();
        add_beside(target, untold);
        // Another paper with a wrong id.
        let mut wrong =
            Paper::new("10.1234/wrong".parse().unwrap(), "Plumage of owls".into(), "Owls have plumes.".into());
        wrong.ids = vec!["2001.00009".parse().unwrap()];
        wrong.authors = vec!["Zoë Jones".to_owned()];
        add_beside(target, wrong);
        target.writer().finish().unwrap();
        assert_eq!(target.moment().unwrap().papers(), 63);
        let Duplicates { by_id, by_title, contradictions } = ingest::duplicates(target, &Silent).unwrap();
        assert_eq!(ids(&by_id), [["2001.00007", "10.1234/seven"]]);
        assert_eq!(ids(&by_title), [["2001.00008", "10.1234/eight"]]);
        assert_eq!(
            contradictions.iter().flatten().map(PaperId::printed).collect::<Vec<_>>(),
            ["2001.00009", "10.1234/wrong"]
        );
        let groups = [by_id, by_title].concat();
        assert_eq!(merge(target, &groups), [Became::Merged; 2]);
        assert_eq!(merge(target, &groups), [Became::Unchanged; 2]);
        target.writer().finish().unwrap();
        let moment = target.moment().unwrap();
        assert_eq!(moment.papers(), 61);
        let found = moment.paper(&article.id).unwrap().0;
        assert_eq!((found.id.printed(), &found.abstract_text), ("2001.00007", &article.abstract_text));
        drop(moment);
        let left = ingest::duplicates(target, &Silent).unwrap();
        assert!(left.by_id.is_empty() && left.by_title.is_empty() && left.contradictions == contradictions);
        // The vector is that of the merged text.
        let all = stored(target);
        let merged = all.iter().find(|whole| whole.paper().id.printed() == "2001.00007").unwrap();
        let vector = embedder().embed_one(Role::Passage, &merged.paper().text()).unwrap().embedding;
        assert!(vector.cosine(merged.embedding.as_slice()) > 0.9999);
    }
}

/// Adds a paper of a source, without looking for others of the same ids or title.
fn copied_from(source: &str, paper: Paper) -> Collection {
    let other = Collection::InMemory(InMemory::new(model()));
    add(&other, source, &[paper]);
    other
}

#[test]
fn records_of_one_source_are_all_kept() {
    let (targets, _folder) = collections();
    for target in &targets {
        // One paper of two ids, in one file without keys.
        let one = paper(1);
        let two = Paper { id: "10.1234/one".parse().unwrap(), abstract_text: "Fish.".into(), ..paper(1) };
        for paper in [&one, &two] {
            copy(&copied_from("a", paper.clone()), target);
        }
        let Duplicates { by_title, .. } = ingest::duplicates(target, &Silent).unwrap();
        // An id that is named twice changes nothing.
        let [group] = <[Vec<Paper>; 1]>::try_from(by_title).unwrap();
        let twice = vec![group[0].clone(), group[0].clone(), group[1].clone(), group[1].clone()];
        assert_eq!(merge(target, &[twice]), [Became::Merged]);
        let merged = stored(target).remove(0);
        let said: Vec<&Paper> = merged.stored.contributions.iter().map(|said| &said.paper).collect();
        assert_eq!(said, [&one, &two]);
        // The file again.
        add(target, "a", &[one.clone(), two.clone()]);
        assert_eq!(stored(target), [merged], "{}", target.place());
        let parts = ingest::split(target.writer(), &embedder(), &one.id, &Silent).unwrap();
        assert_eq!(parts, [one.id, two.id]);
    }
}

#[test]
fn papers_that_contradict_each_other_are_not_joined_by_a_third() {
    let (targets, _folder) = collections();
    for target in &targets {
        let ids = |ids: &[&str]| ids.iter().map(|id| id.parse().unwrap()).collect::<Vec<PaperId>>();
        // The one in the middle has ids of both.
        let owls = Paper { title: "Plumage of owls".into(), authors: vec!["Zoë Jones".into()], ..paper(1) };
        let mut between = Paper { ids: ids(&["10.1234/fish", "10.1234/owls"]), ..paper(1) };
        between.authors.clear();
        let fish = Paper { id: "10.1234/fish".parse().unwrap(), ..paper(1) };
        let owls = Paper { id: "10.1234/owls".parse().unwrap(), ..owls };
        for paper in [&between, &fish, &owls] {
            add_beside(target, paper.clone());
        }
        let found = ingest::duplicates(target, &Silent).unwrap();
        assert_eq!(self::ids(&found.by_id), [["2001.00001", "10.1234/fish"]]);
        assert_eq!(found.contradictions, [[between.id, owls.id]]);
    }
}

#[test]
fn an_interrupt_ends_the_search_for_duplicates_and_their_merging() {
    let (targets, _folder) = collections();
    for target in &targets {
        for number in 0..4 {
            add_beside(target, paper(number));
            let id = format!("10.1234/{number}").parse().unwrap();
            let (ids, abstract_text) = (vec![paper(number).id], "Fish.".to_owned());
            add_beside(target, Paper { id, ids, abstract_text, ..paper(number) });
        }
        let stopped = ingest::duplicates(target, &Impatient(AtomicU64::new(3)));
        assert!(matches!(stopped, Err(Error::Interrupted)));
        let groups = ingest::duplicates(target, &Silent).unwrap().by_id;
        assert_eq!(groups.len(), 4);
        assert_eq!(merge_until(target, &groups, &Impatient(AtomicU64::new(0))), [Became::LeftOut; 4]);
        assert_eq!(stored(target).len(), 8);
        assert_eq!(merge(target, &groups), [Became::Merged; 4]);
        assert_eq!(stored(target).len(), 4);
    }
}
