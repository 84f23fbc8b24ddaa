//! What is added is there, once, and stays; what is damaged is told.

use std::collections::HashSet;
use std::path::Path;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;

use paperkin::Error;
use paperkin::corpus::sample;
use paperkin::ingest::{Ingest, open_store};
use paperkin::paper::{Paper, PaperId};
use paperkin::progress::{Progress, Silent};
use paperkin::search::{Examples, Query, Searcher, checked_k};
use paperkin::store::Store;

use crate::support::{add, paper, papers, searcher, tiny_embedder, tiny_model};

#[test]
fn adding_is_idempotent_and_embeds_only_what_changed() {
    let folder = tempfile::tempdir().unwrap();
    let store = open_store(folder.path(), &tiny_model()).unwrap();
    let embedder = tiny_embedder();
    let mut papers = papers(300);
    let first = add(&store, &embedder, &papers);
    assert_eq!((first.read, first.added, first.updated, first.unchanged), (300, 300, 0, 0));
    assert_eq!(store.snapshot().unwrap().vectors.rows(), 300);

    let again = add(&store, &embedder, &papers);
    assert_eq!((again.added, again.updated, again.unchanged), (0, 0, 300));
    assert_eq!(store.snapshot().unwrap().vectors.rows(), 300, "nothing was embedded again");

    papers[7].comments = Some(12);
    papers[8].abstract_text = "Something else entirely.".to_owned();
    let changed = add(&store, &embedder, &papers);
    assert_eq!((changed.added, changed.updated, changed.unchanged), (0, 2, 298));
    let snapshot = store.snapshot().unwrap();
    assert_eq!((snapshot.vectors.rows(), snapshot.len()), (301, 300), "only the changed text was embedded");
    assert_eq!(store.view().unwrap().paper(&papers[7].id).unwrap().0.comments, Some(12));

    // The new vector is that of the new text.
    let (_, doc) = store.view().unwrap().paper(&papers[8].id).unwrap();
    let alone = embedder.embed_one(paperkin::embed::Role::Passage, &papers[8].text()).unwrap();
    let stored = snapshot.vectors.row(doc).unwrap();
    assert!(stored.iter().zip(alone.embedding.as_slice()).all(|(a, b)| (a - b).abs() < 1e-5));
}

#[test]
fn a_paper_twice_in_a_corpus_is_there_once() {
    let folder = tempfile::tempdir().unwrap();
    let store = open_store(folder.path(), &tiny_model()).unwrap();
    let mut changed = paper(0);
    changed.abstract_text = "The second version.".to_owned();
    let report = add(&store, &tiny_embedder(), &[paper(0), paper(1), paper(0), changed.clone()]);
    assert_eq!((report.read, report.added, report.updated, report.unchanged), (4, 2, 1, 1));
    assert_eq!(store.count().unwrap(), 2);
    assert_eq!(store.view().unwrap().paper(&changed.id).unwrap().0, changed);
}

#[test]
fn a_paper_without_abstract_is_kept_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    let mut bare = paper(3);
    bare.abstract_text.clear();
    let store = open_store(folder.path(), &tiny_model()).unwrap();
    let report = add(&store, &tiny_embedder(), std::slice::from_ref(&bare));
    assert_eq!((report.added, report.without_abstract), (1, 1));
    let searcher = Searcher::new(store, tiny_embedder()).unwrap();
    let answer = searcher.search(&Query::new(&bare.title).unwrap(), checked_k(5).unwrap()).unwrap();
    assert!(answer.hits[0].why.cosine > Some(0.9999) && answer.hits[0].highlight.is_none());
}

#[test]
fn what_another_process_adds_is_found_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let reader = searcher(folder.path(), &papers(10));
    let other = Store::open(folder.path()).unwrap();
    add(&other, &tiny_embedder(), &papers(30));
    let answer = reader.search(&Query::new(&paper(25).text()).unwrap(), checked_k(30).unwrap()).unwrap();
    assert_eq!(answer.hits.len(), 30);
    assert_eq!(answer.hits[0].id, paper(25).id);
    assert!(answer.hits.iter().all(|hit| hit.score <= 1.0));
    assert_eq!(answer.hits.iter().map(|hit| &hit.id).collect::<HashSet<_>>().len(), 30);
}

#[test]
fn relatives_leave_out_the_papers_themselves() {
    let folder = tempfile::tempdir().unwrap();
    let searcher = searcher(folder.path(), &papers(12));
    let ids = [paper(3).id, paper(5).id, paper(3).id];
    let answer = searcher.related(&Examples::default().like(ids.clone()), checked_k(100).unwrap()).unwrap();
    assert_eq!(answer.hits.len(), 10);
    assert!(answer.hits.iter().all(|hit| !ids.contains(&hit.id)));
    assert!(answer.hits.is_sorted_by(|a, b| a.score >= b.score));
    assert!(matches!(searcher.related(&Examples::default(), checked_k(1).unwrap()), Err(Error::NoIds)));
    assert!(matches!(
        searcher.related(&Examples::default().like([paper(99).id]), checked_k(1).unwrap()),
        Err(Error::UnknownPaper { .. })
    ));
}

/// Stops the work after N texts.
struct StopAfter(AtomicUsize);

impl Progress for StopAfter {
    fn embedded(&self, texts: usize) {
        let _ = self.0.fetch_update(SeqCst, SeqCst, |left| Some(left.saturating_sub(texts)));
    }

    fn is_cancelled(&self) -> bool {
        self.0.load(SeqCst) == 0
    }
}

#[test]
fn interrupted_work_is_kept_and_goes_on_from_there() {
    let folder = tempfile::tempdir().unwrap();
    let store = open_store(folder.path(), &tiny_model()).unwrap();
    let embedder = tiny_embedder();
    let stop = StopAfter(200.into());
    let mut ingest = Ingest::new(&store, &embedder, &stop);
    ingest.add(papers(500).into_iter().map(Ok)).unwrap();
    let report = ingest.finish().unwrap();
    assert!(report.interrupted);
    let kept = store.count().unwrap();
    assert!((200..250).contains(&kept), "what was embedded is kept: {kept}");
    assert_eq!(report.added, kept);
    let rest = add(&store, &embedder, &papers(500));
    assert_eq!((rest.added, rest.unchanged), (500 - kept, kept));
    assert!(!rest.interrupted);
}

#[test]
fn a_bad_record_is_counted_or_strict_stops_there() {
    let folder = tempfile::tempdir().unwrap();
    let store = open_store(folder.path(), &tiny_model()).unwrap();
    let embedder = tiny_embedder();
    let bad = || Err(Error::BadRecord { file: "f".into(), line: 2, reason: "r".into() });
    let corpus = || [Ok(paper(0)), bad(), Ok(paper(1))].into_iter();
    let mut ingest = Ingest::new(&store, &embedder, &Silent).strict(true);
    assert!(ingest.add(corpus()).unwrap_err().is_bad_record());
    assert_eq!(ingest.finish().unwrap().added, 1, "what came before is kept");
    let mut ingest = Ingest::new(&store, &embedder, &Silent);
    ingest.add(corpus()).unwrap();
    let report = ingest.finish().unwrap();
    assert_eq!((report.added, report.unchanged, report.skipped.len()), (1, 1, 1));
}

#[test]
fn vectors_of_another_model_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    open_store(folder.path(), &tiny_model()).unwrap();
    let store = Store::open(folder.path()).unwrap();
    let mut other = tiny_model().fingerprint().clone();
    other.model = "another".to_owned();
    assert!(matches!(store.check_fingerprint(&other), Err(Error::FingerprintDiffers { .. })));
    assert!(matches!(Store::open_or_create(folder.path(), &other, None), Err(Error::FingerprintDiffers { .. })));
}

#[test]
fn rows_that_were_never_committed_are_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let store = open_store(folder.path(), &tiny_model()).unwrap();
    let embedder = tiny_embedder();
    add(&store, &embedder, &papers(5));
    // As after a crash between the vectors and the commit.
    let path = folder.path().join("vectors.1.f32");
    let mut file = fs_err::OpenOptions::new().append(true).open(&path).unwrap();
    std::io::Write::write_all(&mut file, &[0xff; 1_000]).unwrap();
    let store = Store::open(folder.path()).unwrap();
    assert_eq!(store.snapshot().unwrap().vectors.rows(), 5);
    add(&store, &embedder, &papers(8));
    let snapshot = store.snapshot().unwrap();
    assert_eq!(fs_err::metadata(&path).unwrap().len(), 8 * 32 * 4);
    assert!(snapshot.vectors.all().iter().all(|number| number.is_finite()));
}

#[test]
fn damaged_files_are_told_and_do_not_panic() {
    let whole = tempfile::tempdir().unwrap();
    drop(searcher(whole.path(), &papers(40)));
    for file in ["meta.json", "papers.sqlite", "vectors.1.f32"] {
        let bytes = fs_err::read(whole.path().join(file)).unwrap();
        for damage in ["missing", "empty", "half", "altered"] {
            let folder = tempfile::tempdir().unwrap();
            for name in ["meta.json", "papers.sqlite", "vectors.1.f32"] {
                fs_err::copy(whole.path().join(name), folder.path().join(name)).unwrap();
            }
            let path = folder.path().join(file);
            match damage {
                "missing" => fs_err::remove_file(&path).unwrap(),
                "empty" => fs_err::write(&path, b"").unwrap(),
                "half" => fs_err::write(&path, &bytes[..bytes.len() / 2]).unwrap(),
                _ => fs_err::write(&path, bytes.iter().map(|byte| byte ^ 0x5a).collect::<Vec<_>>()).unwrap(),
            }
            let opened = Store::open(folder.path()).and_then(|store| Searcher::new(store, tiny_embedder()));
            let searched = opened.and_then(|searcher| searcher.search(&Query::new("graphs")?, checked_k(40)?));
            if (file, damage) == ("vectors.1.f32", "altered") {
                // Any numbers can be vectors; the answer is bad, and the program goes on.
                assert!(searched.is_ok());
            } else {
                let error = searched.err().unwrap_or_else(|| panic!("{file} {damage} was accepted"));
                let told = error.to_string();
                assert!(told.contains(folder.path().to_str().unwrap()), "{file} {damage}: {told}");
            }
        }
    }
}

#[test]
#[cfg(unix)]
fn a_read_only_store_can_be_searched() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    drop(searcher(folder.path(), &papers(10)));
    let set = |mode| fs_err::set_permissions(folder.path(), std::fs::Permissions::from_mode(mode)).unwrap();
    set(0o555);
    let searcher = Store::open(folder.path()).and_then(|store| Searcher::new(store, tiny_embedder()));
    let answer = searcher.and_then(|searcher| searcher.search(&Query::new("graphs")?, checked_k(3)?));
    set(0o755);
    assert_eq!(answer.unwrap().hits.len(), 3);
}

#[test]
fn papers_that_came_beside_the_sample_never_leave_with_it() {
    let embedder = tiny_embedder();
    // Others' papers come while the sample is being added, or change one of it, or come after the mark.
    for moment in ["between", "changed", "after", "never"] {
        let folder = tempfile::tempdir().unwrap();
        let store = open_store(folder.path(), &tiny_model()).unwrap();
        let before = store.generation().unwrap();
        let sample = papers(10);
        let added = add(&store, &embedder, &sample).added;
        let mut changed = paper(3);
        changed.abstract_text = "The user's own text.".to_owned();
        match moment {
            "between" => drop(add(&store, &embedder, &[paper(50)])),
            "changed" => drop(add(&store, &embedder, std::slice::from_ref(&changed))),
            _ => {}
        }
        store.mark_as_sample(added, &before).unwrap();
        if moment == "after" {
            add(&store, &embedder, &[paper(50)]);
        }
        store.remove_sample().unwrap();
        let left = store.count().unwrap();
        assert_eq!(left == 0, moment == "never", "{moment}: {left} papers are left");
    }
}

#[test]
fn the_sample_can_be_added() {
    let folder = tempfile::tempdir().unwrap();
    let store = open_store(folder.path(), &tiny_model()).unwrap();
    let embedder = tiny_embedder();
    let mut ingest = Ingest::new(&store, &embedder, &Silent);
    ingest.add(sample::papers()).unwrap();
    let report = ingest.finish().unwrap();
    assert!(report.added >= 120 && report.skipped.is_empty() && report.without_abstract == 0);
}

/// A store that an earlier version of the program made, copied.
fn of_format(format: u64) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for entry in fs_err::read_dir(format!("tests/data/stores/{format}")).unwrap() {
        let entry = entry.unwrap();
        fs_err::copy(entry.path(), folder.path().join(entry.file_name())).unwrap();
    }
    folder
}

fn schema(dir: &Path) -> Vec<String> {
    let connection = rusqlite::Connection::open(dir.join("papers.sqlite")).unwrap();
    let columns = "SELECT m.name || '.' || c.name || ' ' || c.type FROM sqlite_schema m, pragma_table_info(m.name) c
                   UNION ALL SELECT name FROM sqlite_schema ORDER BY 1";
    let mut statement = connection.prepare(columns).unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
}

#[test]
fn stores_of_every_format_open_and_are_searched_and_added_to() {
    let fresh = tempfile::tempdir().unwrap();
    drop(searcher(fresh.path(), &papers(1)));
    for format in [1, 2, 3, 4, 5] {
        let folder = of_format(format);
        let searcher = Searcher::new(Store::open(folder.path()).unwrap(), tiny_embedder()).unwrap();
        let search = |text: &str| searcher.search(&Query::new(text).unwrap(), checked_k(20).unwrap()).unwrap().hits;
        let hits = search("On sorting galaxies, part 2 Later we spoke of galaxies. There are 2 of them.");
        assert_eq!((hits.len(), hits[0].id.as_str()), (12, "10.1234/made.up.2"));
        assert!(hits[0].why.cosine > Some(0.9999), "format {format}: the vectors are those of the papers");
        let before = searcher.store().unwrap().generation().unwrap();
        // Some have another title than in the old store, so that an author must be the same.
        let mut given = papers(40);
        for paper in &mut given {
            paper.authors.push("Bo Böhm".to_owned());
        }
        assert_eq!(add(searcher.store().unwrap(), &tiny_embedder(), &given).added, 31);
        assert_eq!(search(&paper(30).text())[0].id, paper(30).id);
        assert_eq!(changed_since(searcher.store().unwrap(), 0).len(), 43);
        assert_eq!(changed_since(searcher.store().unwrap(), before.commits).len(), 40);
        assert_eq!(schema(folder.path()), schema(fresh.path()), "format {format}");
        for _ in 0..2 {
            searcher.store().unwrap().check().unwrap();
            searcher.store().unwrap().pack().unwrap();
        }
        assert_eq!(fs_err::read(folder.path().join("meta.json")).unwrap(), b"{\"format\":6}\n");
    }
}

#[test]
fn sentences_are_kept_with_new_papers_and_leave_with_them() {
    let folder = of_format(2);
    let searcher = Searcher::new(Store::open(folder.path()).unwrap(), tiny_embedder()).unwrap();
    let store = searcher.store().unwrap();
    let kept = |id: &PaperId| {
        let view = store.view().unwrap();
        let (_, doc) = view.paper(id).unwrap();
        view.sentences_at(doc).unwrap()
    };
    let [old, new, wordless] = [0, 30, 31].map(|number| {
        let mut paper = paper(number);
        if number == 0 {
            paper = store.view().unwrap().paper(&paper.id).unwrap().0;
        } else if number == 31 {
            paper.abstract_text = String::new();
        }
        paper
    });
    add(store, &tiny_embedder(), &[old.clone(), new.clone(), wordless.clone()]);
    assert!(kept(&old.id).is_empty() && kept(&wordless.id).is_empty() && !kept(&new.id).is_empty());
    // The sentence that a question repeats is shown, whether its vector was kept or not.
    for (paper, place) in [(&old, 1), (&new, 2)] {
        let sentence = &paper.abstract_text[paper.sentences()[place].clone()];
        let hits = searcher.search(&Query::new(sentence).unwrap(), checked_k(20).unwrap()).unwrap().hits;
        let hit = hits.iter().find(|hit| hit.id == paper.id).unwrap();
        assert_eq!(hit.highlight.as_deref(), Some(sentence));
    }
    let before = kept(&new.id);
    let mut changed = new.clone();
    changed.url = Some("https://example.org/".to_owned());
    add(store, &tiny_embedder(), &[changed.clone()]);
    assert_eq!(kept(&new.id), before, "details are not embedded");
    changed.abstract_text = "A sentence. And another one.".to_owned();
    add(store, &tiny_embedder(), &[changed]);
    assert_ne!(kept(&new.id), before);
    let count = || {
        let connection = rusqlite::Connection::open(folder.path().join("papers.sqlite")).unwrap();
        connection.query_row("SELECT count(*) FROM sentences", [], |row| row.get::<_, i64>(0)).unwrap()
    };
    assert_eq!(count(), 1);
    store.remove(&[new.id]).unwrap();
    assert_eq!(count(), 0);
}

fn changed_since(store: &Store, commits: u64) -> Vec<PaperId> {
    let mut changed = Vec::new();
    let visit = |_, paper: Paper| {
        changed.push(paper.id);
        Ok(())
    };
    store.view().unwrap().changed_since(commits, visit).unwrap();
    changed
}

#[test]
fn an_upgrade_that_was_cut_short_is_finished_by_whoever_comes_next() {
    let folder = of_format(1);
    let meta = fs_err::read(folder.path().join("meta.json")).unwrap();
    drop(Store::open(folder.path()).unwrap());
    // As after a crash between the tables and the version.
    fs_err::write(folder.path().join("meta.json"), &meta).unwrap();
    let opened: Vec<_> = std::thread::scope(|scope| {
        let open = || Store::open(folder.path()).and_then(|store| store.count());
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(open)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap().unwrap()).collect()
    });
    assert_eq!(opened, [12; 4]);
    assert_eq!(fs_err::read(folder.path().join("meta.json")).unwrap(), b"{\"format\":6}\n");
}

#[test]
fn what_changed_since_a_commit_is_told_once_and_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let store = open_store(folder.path(), &tiny_model()).unwrap();
    let embedder = tiny_embedder();
    assert_eq!(store.generation().unwrap().commits, 0);
    add(&store, &embedder, &papers(3));
    add(&store, &embedder, &papers(3));
    let first = store.generation().unwrap();
    assert_eq!(first.commits, 1, "a commit that changes nothing does not count");
    let mut changed = paper(1);
    changed.comments = Some(3);
    add(&store, &embedder, &[changed, paper(9)]);
    assert_eq!(changed_since(&store, 0), [paper(0).id, paper(2).id, paper(1).id, paper(9).id]);
    assert_eq!(changed_since(&store, first.commits), [paper(1).id, paper(9).id]);
    assert_eq!(changed_since(&store, 2), []);
    // A view stays as it is when rows come to mean other papers.
    let view = store.view().unwrap();
    let row = view.paper(&paper(9).id).unwrap().1;
    store.remove(&[paper(0).id]).unwrap();
    store.compact().unwrap();
    assert_eq!(store.generation().unwrap().number, first.number + 1);
    assert_eq!(view.paper_at(row).unwrap(), Some(paper(9)));
    assert_eq!(view.generation.number, first.number);
    assert_eq!((view.len(), view.vectors.row(row).is_some()), (4, true));
    assert_eq!(store.view().unwrap().paper_at(row).unwrap(), None);
}

#[test]
fn a_store_of_a_newer_program_is_refused_and_left_as_it_is() {
    let folder = of_format(4);
    fs_err::write(folder.path().join("meta.json"), "{\"format\":7}").unwrap();
    let before = fs_err::read(folder.path().join("papers.sqlite")).unwrap();
    let opened = [Store::open(folder.path()), open_store(folder.path(), &tiny_model())];
    for opened in opened {
        assert!(matches!(opened.err().unwrap(), Error::StoreVersion { found: 7, wanted: 6, .. }));
    }
    assert_eq!(fs_err::read(folder.path().join("papers.sqlite")).unwrap(), before);
}
