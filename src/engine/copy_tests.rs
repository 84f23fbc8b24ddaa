//! Copies between collections in every pair of engines, and duplicates.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use tempfile::TempDir;

use super::in_memory::InMemory;
use super::{Collection, Engine, Local, Moment};
use crate::embed::{Embedder, ModelFolder, Role};
use crate::ingest::{self, CopyReport, Duplicates, Ingest, open_store};
use crate::paper::{Paper, PaperId};
use crate::progress::{Progress, Silent};
use crate::store::{Arrival, Became, WholePaper};

fn model() -> ModelFolder {
    ModelFolder::open(Path::new("tests/data/models/static")).unwrap()
}

fn embedder() -> Embedder {
    Embedder::load(&model(), 1).unwrap()
}

/// An empty collection in each engine.
fn collections() -> (Vec<Collection>, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let local = Local::open(open_store(folder.path(), &model()).unwrap()).unwrap();
    #[allow(unused_mut)] // in a build without servers
    let mut collections = vec![Collection::Local(local), Collection::InMemory(InMemory::new(model()))];
    #[cfg(feature = "milvus")]
    collections.extend(super::milvus::tests::engine(&model()).map(Collection::Milvus));
    (collections, folder)
}

fn add(collection: &Collection, source: &str, papers: &[Paper]) {
    let embedder = embedder();
    let mut ingest = Ingest::new(collection.writer(), &embedder, &Silent).counting_records(true);
    ingest.add_from(source, papers.iter().cloned().map(Ok)).unwrap();
    ingest.finish().unwrap();
}

fn paper(number: usize) -> Paper {
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
fn stored(collection: &Collection) -> Vec<WholePaper> {
    let mut all = Vec::new();
    let keep = &mut |page: Vec<WholePaper>| {
        all.extend(page);
        Ok(())
    };
    collection.whole_papers(keep).unwrap();
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

fn copy(from: &Collection, to: &Collection) -> CopyReport {
    ingest::copy(from, to.writer(), &Silent, &|| ()).unwrap()
}

fn counts(report: &CopyReport) -> [u64; 4] {
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
struct Impatient(AtomicU64);

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
        let report = ingest::copy(source, target.writer(), &Impatient(AtomicU64::new(1)), &|| ()).unwrap();
        assert!(report.interrupted && report.added > 0 && report.added < 120, "{report:?}");
        let rest = copy(source, target);
        assert_eq!((rest.added, rest.unchanged), (120 - report.added, report.added));
        assert_eq!(stored(target), stored(source));
    }
}

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
    other.whole_papers(write).unwrap();
}

/// The ids of groups of papers.
fn ids(groups: &[Vec<Paper>]) -> Vec<Vec<&str>> {
    groups.iter().map(|papers| papers.iter().map(|paper| paper.id.printed()).collect()).collect()
}

#[test]
fn papers_that_are_stored_twice_become_one() {
    let (targets, _folder) = collections();
    for target in &targets {
        add(target, "a", &(0..60).map(paper).collect::<Vec<_>>());
        assert_eq!(ingest::duplicates(target).unwrap(), Duplicates::default());
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
        let Duplicates { by_id, by_title, contradictions } = ingest::duplicates(target).unwrap();
        assert_eq!(ids(&by_id), [["2001.00007", "10.1234/seven"]]);
        assert_eq!(ids(&by_title), [["2001.00008", "10.1234/eight"]]);
        assert_eq!(
            contradictions.iter().flatten().map(PaperId::printed).collect::<Vec<_>>(),
            ["2001.00009", "10.1234/wrong"]
        );
        let merge = |papers: &[Paper]| {
            let ids: Vec<PaperId> = papers.iter().map(|paper| paper.id.clone()).collect();
            ingest::merge(target.writer(), &embedder(), &ids, &Silent).unwrap()
        };
        for papers in by_id.iter().chain(&by_title) {
            assert_eq!(merge(papers), Became::Merged);
            assert_eq!(merge(papers), Became::Unchanged);
        }
        target.writer().finish().unwrap();
        let moment = target.moment().unwrap();
        assert_eq!(moment.papers(), 61);
        let found = moment.paper(&article.id).unwrap().0;
        assert_eq!((found.id.printed(), &found.abstract_text), ("2001.00007", &article.abstract_text));
        drop(moment);
        let left = ingest::duplicates(target).unwrap();
        assert!(left.by_id.is_empty() && left.by_title.is_empty() && left.contradictions == contradictions);
        // The vector is that of the merged text.
        let all = stored(target);
        let merged = all.iter().find(|whole| whole.paper().id.printed() == "2001.00007").unwrap();
        let vector = embedder().embed_one(Role::Passage, &merged.paper().text()).unwrap().embedding;
        assert!(vector.cosine(merged.embedding.as_slice()) > 0.9999);
    }
}
