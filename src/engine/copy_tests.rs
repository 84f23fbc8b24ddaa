//! Copies between collections in every pair of engines.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use tempfile::TempDir;

use super::in_memory::InMemory;
use super::{Collection, Engine, Local, Moment};
use crate::embed::{Embedder, ModelFolder};
use crate::ingest::{self, CopyReport, Ingest, open_store};
use crate::paper::{Paper, PaperId};
use crate::progress::{Progress, Silent};
use crate::store::WholePaper;

pub(super) fn model() -> ModelFolder {
    ModelFolder::open(Path::new("tests/data/models/static")).unwrap()
}

pub(super) fn embedder() -> Embedder {
    Embedder::load(&model(), 1).unwrap()
}

/// An empty collection in each engine.
pub(super) fn collections() -> (Vec<Collection>, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let local = Local::open(open_store(folder.path(), &model()).unwrap()).unwrap();
    #[allow(unused_mut)] // in a build without servers
    let mut collections = vec![Collection::Local(local), Collection::InMemory(InMemory::new(model()))];
    #[cfg(feature = "milvus")]
    collections.extend(super::milvus::tests::engine(&model()).map(Collection::Milvus));
    (collections, folder)
}

pub(super) fn add(collection: &Collection, source: &str, papers: &[Paper]) {
    let embedder = embedder();
    let mut ingest = Ingest::new(collection.writer(), &embedder, &Silent).counting_records(true);
    ingest.add_from(source, papers.iter().cloned().map(Ok)).unwrap();
    ingest.finish().unwrap();
}

pub(super) fn paper(number: usize) -> Paper {
    let id = format!("2001.{number:05}").parse().unwrap();
    let mut paper = Paper::new(id, format!("On fish, part {number}"), format!("We count {number} fish in the sea."));
    paper.authors = vec!["Ada Smith".to_owned()];
    paper
}

/// Papers of two sources: the second says more about some, corrects the title of one, and joins two.
fn fill(collection: &Collection) {
    let mut papers: Vec<Paper> = (0..120).map(paper).collect();
    papers[7].ids.push("10.1234/seven".parse().unwrap());
    papers[8].id = "10.1234/eight".parse().unwrap();
    add(collection, "a", &papers);
    papers[3].title = "On fish, a corrected title".to_owned();
    add(collection, "a", &papers[3..4]);
    for paper in &mut papers[4..7] {
        paper.venue = Some("Fisheries".to_owned());
        paper.ids.push("key:smith2020".parse().unwrap());
        paper.abstract_text.push_str(" At some length.");
    }
    papers[7].ids.push("10.1234/eight".parse().unwrap());
    papers[7].title = papers[8].title.clone();
    add(collection, "b", &papers[4..8]);
}

/// Everything that is stored, in the order of ids.
pub(super) fn stored(collection: &Collection) -> Vec<WholePaper> {
    let mut all = Vec::new();
    let keep = &mut |page: Vec<WholePaper>| {
        all.extend(page);
        Ok(())
    };
    collection.whole_papers(model().fingerprint(), keep).unwrap();
    for whole in &mut all {
        // What its title finds anyway, and the order in which ids came, differ by engine.
        let of_title = PaperId::of_title(&whole.paper().title);
        let listed = whole.paper().ids.clone();
        whole.former.retain(|id| *id != of_title && !listed.contains(id));
        whole.former.sort();
        whole.former.dedup();
    }
    all.sort_by(|a, b| a.paper().id.cmp(&b.paper().id));
    all
}

pub(super) fn copy(from: &Collection, to: &Collection) -> CopyReport {
    ingest::copy(from, to.writer(), model().fingerprint(), &Silent, &|| ()).unwrap()
}

pub(super) fn counts(report: &CopyReport) -> [u64; 4] {
    [report.added, report.updated, report.unchanged, report.left_out]
}

#[test]
fn a_copy_has_all_that_the_collection_has() {
    let (sources, _folder) = collections();
    for source in &sources {
        fill(source);
        let all = stored(source);
        let papers = all.len() as u64;
        assert!(papers > 110 && all.iter().any(|whole| whole.stored.contributions.len() > 2));
        let (targets, _folder) = collections();
        for target in &targets {
            let places = (source.place(), target.place());
            assert_eq!(counts(&copy(source, target)), [papers, 0, 0, 0], "{places:?}");
            target.writer().finish().unwrap();
            assert_eq!(stored(target), all, "{places:?}");
            // Papers are found by the ids and titles that they had, also by those of merged papers.
            let moment = target.moment().unwrap();
            let found = |id: PaperId| moment.paper(&id).unwrap().0.title;
            assert_eq!(found(PaperId::of_title("On fish, part 3")), "On fish, a corrected title");
            assert_eq!(found("10.1234/eight".parse().unwrap()), found("10.1234/seven".parse().unwrap()));
            drop(moment);
            assert_eq!(counts(&copy(source, target)), [0, 0, papers, 0], "{places:?}");
            // What has changed is copied; adding the same records again changes nothing.
            let changed = Paper { abstract_text: "Other fish.".to_owned(), ..paper(50) };
            add(target, "a", &[changed]);
            assert_eq!(counts(&copy(source, target)), [0, 1, papers - 1, 0], "{places:?}");
            assert_eq!(stored(target), all, "{places:?}");
        }
    }
}

#[test]
fn what_only_the_target_knows_stays() {
    let (sources, _folder) = collections();
    let source = &sources[0];
    add(source, "a", &[paper(1), paper(2), paper(3)]);
    let (targets, _folder) = collections();
    for target in &targets {
        let with_venue = Paper { venue: Some("Fisheries".to_owned()), ..paper(1) };
        let longer = "We count 2 fish in the sea, at much greater length than anybody did.".to_owned();
        let mut other = paper(3);
        other.id = "2001.00009".parse().unwrap();
        add(target, "b", &[with_venue, Paper { abstract_text: longer.clone(), ..paper(2) }, other]);
        let report = copy(source, target);
        // The paper with another id is another paper, until `dedupe` finds that it is the same.
        assert_eq!((report.read, report.added), (3, 1), "{report:?}");
        target.writer().finish().unwrap();
        let moment = target.moment().unwrap();
        assert_eq!(moment.papers(), 4);
        let found = |number: usize| moment.paper(&paper(number).id).unwrap().0;
        assert_eq!(found(1).venue.as_deref(), Some("Fisheries"));
        assert_eq!(found(2).abstract_text, longer);
    }
}

/// Cancels after a number of questions whether it should.
pub(super) struct Impatient(pub AtomicU64);

impl Progress for Impatient {
    fn is_cancelled(&self) -> bool {
        self.0.fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1)).is_err()
    }
}

#[test]
fn an_interrupted_copy_is_continued() {
    let (sources, _folder) = collections();
    // An engine that passes small pages.
    let source = &sources[1];
    add(source, "a", &(0..120).map(paper).collect::<Vec<_>>());
    let (targets, _folder) = collections();
    for target in &targets {
        let report =
            ingest::copy(source, target.writer(), model().fingerprint(), &Impatient(AtomicU64::new(1)), &|| ())
                .unwrap();
        assert!(report.interrupted && report.added > 0 && report.added < 120, "{report:?}");
        let rest = copy(source, target);
        assert_eq!((rest.added, rest.unchanged), (120 - report.added, report.added));
        assert_eq!(stored(target), stored(source));
    }
}

#[test]
fn the_sample_of_the_target_is_replaced() {
    let (sources, _folder) = collections();
    add(&sources[0], "a", &[paper(1)]);
    let (targets, _folder) = collections();
    for target in targets.iter().filter(|target| !matches!(target, Collection::InMemory(_))) {
        let add_sample = &mut || {
            add(target, "sample", &[paper(2), paper(3)]);
            Ok(2)
        };
        target.writer().as_sample(add_sample).unwrap();
        assert_eq!(counts(&copy(&sources[0], target)), [1, 0, 0, 0]);
        assert_eq!(stored(target), stored(&sources[0]));
    }
}

#[test]
fn a_paper_that_was_merged_in_one_of_the_collections_is_not_doubled() {
    // The same record under two ids, which a later record joins.
    let (one, two) = (paper(1), Paper { id: "10.1234/one".parse().unwrap(), title: "On eels".into(), ..paper(1) });
    let joining = Paper { ids: vec![two.id.clone()], ..one.clone() };
    let (sources, _folder) = collections();
    let (targets, _folder) = collections();
    for (source, target) in sources.iter().zip(&targets) {
        add(source, "a", &[one.clone(), two.clone()]);
        assert_eq!(counts(&copy(source, target)), [2, 0, 0, 0]);
        // Merged in the target: both are known there.
        add(target, "b", std::slice::from_ref(&joining));
        assert_eq!(counts(&copy(source, target)), [0, 0, 2, 0], "{}", target.place());
        assert_eq!(stored(target).len(), 1);
        // A correction reaches its record in the merged paper, and no other.
        add(source, "a", &[Paper { venue: Some("Fisheries".to_owned()), ..two.clone() }]);
        assert_eq!(counts(&copy(source, target)), [0, 1, 1, 0], "{}", target.place());
        let merged = stored(target).remove(0);
        assert_eq!((merged.paper().venue.as_deref(), merged.stored.contributions.len()), (Some("Fisheries"), 3));
        // Merged in the source: the target merges its papers.
        add(source, "b", std::slice::from_ref(&joining));
        let (others, _folder) = collections();
        for other in &others {
            add(other, "a", &[one.clone(), two.clone()]);
            copy(source, other);
            assert_eq!(stored(other), stored(source), "{:?}", (source.place(), other.place()));
            let ids = [&one.id, &two.id].map(|id| other.moment().unwrap().paper(id).unwrap().0.id);
            assert_eq!(ids[0], ids[1]);
            assert_eq!(counts(&copy(source, other)), [0, 0, 1, 0]);
        }
    }
}

/// A record of the paper with this number.
fn record(number: usize, venue: &str, abstract_text: &str) -> Paper {
    Paper { venue: Some(venue.to_owned()), abstract_text: abstract_text.to_owned(), ..paper(number) }
}

/// The venues that the records of a paper tell, in the order of the records.
fn venues(collection: &Collection, id: &PaperId) -> Vec<String> {
    let all = stored(collection);
    let whole = all.iter().find(|whole| whole.paper().id == *id).unwrap();
    whole.stored.contributions.iter().filter_map(|record| record.paper.venue.clone()).collect()
}

#[test]
fn several_records_of_one_paper_in_a_file_stay_several() {
    let id = paper(1).id;
    let (sources, _folder) = collections();
    for source in &sources {
        add(source, "a", &[record(1, "One", "Fish."), record(1, "Two", "Many fish.")]);
        let (targets, _folder) = collections();
        for target in &targets {
            // Earlier versions of both are replaced.
            add(target, "a", &[record(1, "Uno", "Fish."), record(1, "Due", "Many fish.")]);
            copy(source, target);
            assert_eq!(stored(target), stored(source), "{:?}", (source.place(), target.place()));
            // The second one is not in the collection that is copied.
            let shorter = Collection::InMemory(InMemory::new(model()));
            add(&shorter, "a", &[record(1, "Three", "Three fish.")]);
            copy(&shorter, target);
            assert_eq!(venues(target, &id), ["Three", "Two"], "{:?}", (source.place(), target.place()));
            assert_eq!(copy(&shorter, target).unchanged, 1);
        }
    }
}

#[test]
fn one_copied_record_stands_for_one_stored_record() {
    // Merged in the source; in the target, the other paper has a further record of the same file.
    let other = Paper { id: "10.1234/one".parse().unwrap(), ..record(1, "Two", "Many fish.") };
    let further = Paper { venue: Some("Three".to_owned()), ..other.clone() };
    let joining = Paper { ids: vec![other.id.clone()], ..paper(1) };
    let (sources, _folder) = collections();
    for source in &sources {
        add(source, "a", &[paper(1), other.clone()]);
        add(source, "b", std::slice::from_ref(&joining));
        let (targets, _folder) = collections();
        for target in &targets {
            let other = Paper { title: "On eels".into(), ..other.clone() };
            let further = Paper { title: "On eels".into(), ..further.clone() };
            add(target, "a", &[other, further]);
            copy(source, target);
            let kept = stored(target).iter().any(|whole| {
                whole.stored.contributions.iter().any(|record| record.paper.venue.as_deref() == Some("Three"))
            });
            assert!(kept, "{:?}", (source.place(), target.place()));
        }
    }
}

#[test]
fn records_with_the_numbers_of_others_are_kept() {
    let of_file = |number: usize| record(number, &format!("Venue {number}"), "Fish.");
    let merged = |collection: &Collection, numbers: &[usize]| {
        for number in numbers {
            add(collection, "a", &[of_file(*number)]);
        }
        let group: Vec<PaperId> = numbers.iter().map(|number| paper(*number).id).collect();
        let embedder = embedder();
        let embedder = &embedder;
        ingest::merge(collection.writer(), model().fingerprint(), &mut || Ok(embedder), &[group], &Silent).unwrap();
    };
    let (sources, _folder) = collections();
    let (targets, _folder) = collections();
    for (source, target) in sources.iter().zip(&targets) {
        // The second record of the merged paper is another one in each.
        merged(source, &[1, 3]);
        merged(target, &[1, 2, 3]);
        copy(source, target);
        assert_eq!(venues(target, &paper(1).id), ["Venue 1", "Venue 2", "Venue 3"], "{}", target.place());
        // A correction of a merged paper reaches its record, whatever its number.
        add(target, "a", &[record(3, "Corrected", "Fish.")]);
        assert_eq!(venues(target, &paper(1).id), ["Venue 1", "Venue 2", "Corrected"], "{}", target.place());
    }
}

#[test]
fn parts_of_a_split_paper_are_copied_once() {
    let (sources, _folder) = collections();
    for source in &sources {
        // Two records about one paper, told apart later.
        let other = Paper { abstract_text: "Other fish.".into(), venue: Some("Fisheries".into()), ..paper(1) };
        let [one, other] = [paper(1), other].map(|paper| Paper { id: PaperId::of_title(&paper.title), ..paper });
        add(source, "a", &[one, other]);
        let merged = stored(source).remove(0);
        assert_eq!(merged.stored.contributions.len(), 2);
        ingest::split(source.writer(), &embedder(), &merged.paper().id, &Silent).unwrap();
        let (targets, _folder) = collections();
        for target in &targets {
            assert_eq!(counts(&copy(source, target)), [2, 0, 0, 0]);
            assert_eq!(counts(&copy(source, target)), [0, 0, 2, 0], "{:?}", (source.place(), target.place()));
            assert_eq!(stored(target), stored(source));
        }
    }
}

#[test]
fn a_text_of_older_rules_stays_one() {
    let source = Collection::InMemory(InMemory::new(model()));
    add(&source, "a", &[paper(1), Paper { title: r"On {\'e}els".to_owned(), ..paper(2) }]);
    let (targets, _folder) = collections();
    copy(&source, &targets[0]);
    let older = targets[0].store().unwrap().older_texts(None, 9).unwrap();
    assert_eq!(older.iter().map(|renewal| renewal.to_embed().unwrap().title.as_str()).collect::<Vec<_>>(), ["On éels"]);
}

#[cfg(feature = "milvus")]
#[test]
fn a_paper_that_is_too_large_for_the_server_does_not_stop_a_copy() {
    let Some(server) = super::milvus::tests::engine(&model()).map(Collection::Milvus) else { return };
    let source = Collection::InMemory(InMemory::new(model()));
    let mut large = paper(2);
    large.abstract_text = (0u64..30_000).map(|n| format!("{:x} ", n.wrapping_mul(0x9e37_79b9_7f4a_7c15))).collect();
    add(&source, "a", &[paper(1), large.clone(), paper(3)]);
    let report = copy(&source, &server);
    assert_eq!((counts(&report), report.too_large), ([2, 0, 0, 0], vec![large.id.clone()]));
    // Nor does it stop adding papers.
    let embedder = embedder();
    let mut ingest = Ingest::new(server.writer(), &embedder, &Silent);
    ingest.add([Ok(large.clone()), Ok(paper(4))].into_iter()).unwrap();
    let report = ingest.finish().unwrap();
    assert_eq!((report.added, report.too_large), (1, vec![large.id]));
}
