//! Papers that are read while others are embedded and committed have the same effects as papers that are added one by one.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};

use super::*;
use crate::embed::{Embedding, Fingerprint};
use crate::progress::Silent;
use crate::store::{Arrival, Incoming, Part, Removed, Sentences};

fn model() -> ModelFolder {
    ModelFolder::open(Path::new("tests/data/models/static")).unwrap()
}

/// The `number`th paper; with another `version`, its text differs.
fn paper(number: usize, version: usize) -> Paper {
    let id: PaperId = format!("20{:02}.{:05}", number / 1_000, number % 1_000 + 1).parse().unwrap();
    let text = format!("Walks number {number} on graphs of version {version}. They are short.");
    Paper::new(id, format!("On walk {number}"), text)
}

/// Records of which some describe a paper that was read shortly or long before: again, corrected, or by its title alone.
fn records() -> Vec<Paper> {
    let mut records = Vec::new();
    for number in 0..900 {
        records.push(paper(number, 0));
        match number % 97 {
            20 => records.push(paper(number - 15, 0)),
            40 => records.push(paper(number - 40, 1)),
            60 if number > 600 => records.push(paper(number - 600, 2)),
            80 => {
                let known = paper(number - 1, 0);
                let mut other = Paper::new("10.1234/other".parse().unwrap(), known.title, known.abstract_text);
                other.id = format!("10.1234/other.{number}").parse().unwrap();
                records.push(other);
            }
            _ => {}
        }
    }
    records
}

fn effects(ingest: Ingest<'_>, add: impl FnOnce(&mut Ingest<'_>) -> Result<()>) -> (IngestReport, Result<()>) {
    let mut ingest = ingest;
    let added = add(&mut ingest);
    (ingest.finish().unwrap(), added)
}

#[test]
fn overlapping_work_has_the_effects_of_adding_one_by_one() {
    let embedder = Embedder::load(&model(), 2).unwrap();
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let stores = folders.each_ref().map(|folder| open_store(folder.path(), &model()).unwrap());
    let mut told: [Vec<(u64, Became, PaperId)>; 2] = <_>::default();
    let mut whole = |place, became, id: &PaperId| told[0].push((place, became, id.clone()));
    let ingest = Ingest::new(&stores[0], &embedder, &Silent).telling(&mut whole);
    let (report, added) = effects(ingest, |ingest| ingest.add_from("a", records().into_iter().map(Ok)));
    added.unwrap();
    for (place, record) in records().into_iter().enumerate() {
        let mut single = |_, became, id: &PaperId| told[1].push((place as u64, became, id.clone()));
        let ingest = Ingest::new(&stores[1], &embedder, &Silent).telling(&mut single);
        effects(ingest, |ingest| ingest.add_from("a", [Ok(record)].into_iter())).1.unwrap();
    }
    // Unchanged records are known before the others are committed.
    told[0].sort_by_key(|(place, ..)| *place);
    assert_eq!(told[0], told[1]);
    assert_eq!(report.read, records().len() as u64);
    assert_eq!(report.added, 900);
    assert!(report.unchanged > 5 && report.updated > 5 && report.merged + report.updated > 15, "{report:?}");
    let [whole, single] = stores.each_ref().map(|store| {
        let mut papers = Vec::new();
        let keep = |doc, paper| {
            papers.push((doc, paper));
            Ok(())
        };
        store.view().unwrap().changed_since(0, keep).unwrap();
        papers.sort_by_key(|(doc, _)| *doc);
        (papers, store.snapshot().unwrap().vectors.all().to_vec())
    });
    assert_eq!(whole, single);
}

/// Fails after a number of commits.
struct Failing<'a> {
    store: &'a Store,
    left: AtomicUsize,
}

impl Writer for Failing<'_> {
    fn plan(&self, incoming: &Incoming<'_>) -> Result<Plan> {
        self.store.plan(incoming)
    }

    fn write(&self, fingerprint: &Fingerprint, arrivals: &[Arrival<'_>]) -> Result<Vec<Became>> {
        if self.left.fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1)).is_err() {
            return Err(Error::NotMerged { id: "the disk is full".into(), records: 0 });
        }
        self.store.write(fingerprint, arrivals)
    }

    fn parts(&self, id: &PaperId) -> Result<Vec<Part>> {
        self.store.parts(id)
    }

    fn split(&self, model: &Fingerprint, id: &PaperId, parts: &[(Part, Embedding, Sentences)]) -> Result<()> {
        self.store.split(model, id, parts)
    }

    fn remove(&self, ids: &[PaperId]) -> Result<Removed> {
        self.store.remove(ids)
    }

    fn remove_sample(&self) -> Result<()> {
        self.store.remove_sample()
    }

    fn as_sample(&self, add: &mut dyn FnMut() -> Result<u64>) -> Result<()> {
        add().map(drop)
    }

    fn keep_sample(&self) -> Result<()> {
        self.store.keep_sample()
    }

    fn finish(&self) -> Result<()> {
        Ok(())
    }
}

#[test]
fn failed_commit_ends_the_work_and_keeps_what_was_committed() {
    let embedder = Embedder::load(&model(), 2).unwrap();
    for commits in [0, 1, 2] {
        let folder = tempfile::tempdir().unwrap();
        let store = open_store(folder.path(), &model()).unwrap();
        let failing = Failing { store: &store, left: commits.into() };
        let mut ingest = Ingest::new(&failing, &embedder, &Silent);
        // A record that was read before makes the work wait for a commit, so there are more than the time allows for.
        let mut papers = (0..4).flat_map(|part| (part * 400..part * 400 + 400).chain([part * 400 + 398]));
        let failed = ingest.add(&mut papers.by_ref().map(|number| Ok(paper(number, 0))));
        assert!(matches!(failed, Err(Error::NotMerged { .. })), "{failed:?}");
        assert!(papers.next().is_some(), "reading goes on after a failed commit");
        let added = ingest.report.added;
        assert_eq!(added, store.count().unwrap());
        assert_eq!(added > 0, commits > 0);
    }
}

#[test]
fn error_of_the_source_keeps_what_was_read_before() {
    let embedder = Embedder::load(&model(), 1).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let store = open_store(folder.path(), &model()).unwrap();
    let ingest = Ingest::new(&store, &embedder, &Silent).strict(true);
    let bad = Error::BadRecord { file: "f".into(), line: 500, reason: "r".into() };
    let papers = (0..499).map(|number| Ok(paper(number, 0))).chain([Err(bad)]);
    let (report, added) = effects(ingest, |ingest| ingest.add(papers));
    assert!(added.unwrap_err().is_bad_record());
    assert_eq!((report.added, store.count().unwrap()), (499, 499));
}

/// Is cancelled once the first batch is committed.
struct UntilCommitted(AtomicBool);

impl Progress for UntilCommitted {
    fn done(&self, papers: u64) {
        self.0.fetch_or(papers > 0, SeqCst);
    }

    fn is_cancelled(&self) -> bool {
        self.0.load(SeqCst)
    }
}

#[test]
fn cancelled_work_counts_what_is_committed() {
    let embedder = Embedder::load(&model(), 1).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let store = open_store(folder.path(), &model()).unwrap();
    let progress = UntilCommitted(false.into());
    let ingest = Ingest::new(&store, &embedder, &progress);
    // Endless but for the cancellation.
    let papers = (0..).map(|number| Ok(paper(number % 90_000, number / 90_000)));
    let (report, added) = effects(ingest, |ingest| ingest.add(papers));
    added.unwrap();
    assert!(report.interrupted);
    assert!(report.added > 0);
    assert_eq!(report.added, store.count().unwrap());
}

#[test]
fn indexes_are_brought_up_to_date_while_papers_are_added() {
    let embedder = Embedder::load(&model(), 1).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let store = open_store(folder.path(), &model()).unwrap();
    let committed = std::sync::Mutex::new(Vec::new());
    let keep_up = || committed.lock().unwrap().push(store.count().unwrap());
    let ingest = Ingest::new(&store, &embedder, &Silent).by_id_alone(true).keeping_up(&keep_up);
    let paper = |number| {
        Ok(Paper::new(format!("10.1234/made.up.{number}").parse()?, format!("On walk {number}"), String::new()))
    };
    let (report, added) = effects(ingest, |ingest| ingest.add((0..20_200).map(paper)));
    added.unwrap();
    assert_eq!(report.added, 20_200);
    let committed = committed.into_inner().unwrap();
    assert!(committed.len() == 1 && committed[0] >= 20_000, "{committed:?}");
}

/// Counts the texts that are embedded.
#[derive(Default)]
struct Embeddings(AtomicUsize);

impl Progress for Embeddings {
    fn embedded(&self, texts: usize) {
        self.0.fetch_add(texts, SeqCst);
    }
}

#[test]
fn papers_with_embeddings_become_the_same_papers_and_are_not_embedded() {
    let tiny = ModelFolder::open(Path::new("tests/data/tiny-bert")).unwrap();
    let embedder = Embedder::load(&tiny, 2).unwrap();
    let papers: Vec<Paper> = (0..300).map(|number| paper(number, 0)).collect();
    let vectors = embedded(&embedder, &papers.iter().collect::<Vec<_>>(), &Silent).unwrap();
    let ready: Vec<ReadyPaper> =
        papers.iter().cloned().zip(vectors.into_iter().map(Option::unwrap)).map(with).collect();
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let stores = folders.each_ref().map(|folder| open_store(folder.path(), &tiny).unwrap());
    let ingest = Ingest::new(&stores[0], &embedder, &Silent);
    effects(ingest, |ingest| ingest.add_from("a", papers.iter().cloned().map(Ok))).1.unwrap();
    let embeddings = Embeddings::default();
    for repeated in [false, true] {
        let ingest = Ingest::new(&stores[1], &embedder, &embeddings);
        let (report, added) = effects(ingest, |ingest| ingest.add_ready("a", ready.iter().cloned().map(Ok)));
        added.unwrap();
        assert_eq!((report.added, report.unchanged), if repeated { (0, 300) } else { (300, 0) });
    }
    assert_eq!(embeddings.0.load(SeqCst), 0);
    let [plain, given] = stores.each_ref().map(|store| {
        let (view, snapshot) = (store.view().unwrap(), store.snapshot().unwrap());
        let contents = snapshot.docs().map(|doc| {
            let (paper, sentences) = (view.paper_at(doc).unwrap().unwrap(), view.sentences_at(doc).unwrap());
            assert!(!sentences.is_empty());
            (paper, sentences)
        });
        (contents.collect::<Vec<_>>(), snapshot.vectors.all().to_vec())
    });
    assert_eq!(plain, given);
}

#[test]
fn merged_papers_are_embedded_if_their_text_is_not_that_of_the_embedding() {
    let embedder = Embedder::load(&model(), 2).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let store = open_store(folder.path(), &model()).unwrap();
    // The merged paper has the title of the stored record and the longer abstract of the other one.
    let stored = Paper { id: "2301.00001".parse().unwrap(), ..paper(1, 0) };
    let ingest = Ingest::new(&store, &embedder, &Silent);
    effects(ingest, |ingest| ingest.add_from("a", [Ok(stored.clone())].into_iter())).1.unwrap();
    let opposite = Embedding::normalised(vec![-1.0; embedder.fingerprint().dimension]).unwrap();
    let vectors = || PaperVectors { embedding: opposite.clone(), sentences: Sentences::default(), truncated: false };
    let longer = "Walks, of which more is said than elsewhere. ".repeat(20).trim_end().to_owned();
    let other = Paper { title: format!("{} again", stored.title), ..stored.clone() };
    let records = [Paper { abstract_text: longer, ..other }, paper(2, 0)];
    let ingest = Ingest::new(&store, &embedder, &Silent);
    let ready = records.map(|paper| Ok(with((paper, vectors()))));
    let (report, added) = effects(ingest, |ingest| ingest.add_ready("b", ready.into_iter()));
    added.unwrap();
    assert_eq!((report.added, report.updated), (1, 1), "{report:?}");
    let snapshot = store.snapshot().unwrap();
    for doc in snapshot.docs() {
        let paper = store.view().unwrap().paper_at(doc).unwrap().unwrap();
        let wanted = embedder.embed_one(crate::embed::Role::Passage, &paper.text()).unwrap().embedding;
        // The other paper is stored as it was read, with the embedding that it came with.
        let wanted = if paper.id == stored.id { &wanted } else { &opposite };
        assert!(wanted.cosine(snapshot.vectors.row(doc).unwrap()) > 0.999, "{paper:?}");
    }
}

fn with((paper, vectors): (Paper, PaperVectors)) -> ReadyPaper {
    let PaperVectors { embedding, sentences, truncated } = vectors;
    ReadyPaper { paper, embedding, sentences, truncated }
}
