//! Removing, compacting, exporting, copying: nothing is lost, and whoever reads meanwhile sees one moment.

use std::fs::TryLockError;
use std::io::Write;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::SeqCst;

use paperkin::Error;
use paperkin::ingest::open_store;
use paperkin::paper::{Paper, PaperId, PublicationDate};
use paperkin::search::{Examples, Query, Searcher, checked_k};
use paperkin::store::{Compacted, Store};

use crate::support::{
    Inspector, TINY, add, by_id, json, json_lines, paper, papers, run, run_with_input, searcher, stderr, stdout,
    tiny_embedder, tiny_model,
};

fn ids(numbers: impl IntoIterator<Item = usize>) -> Vec<PaperId> {
    numbers.into_iter().map(|number| paper(number).id).collect()
}

fn files(dir: &Path) -> Vec<String> {
    let names = fs_err::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|name| !name.starts_with("papers.sqlite-")).collect();
    names.sort();
    names
}

#[test]
fn removed_papers_are_gone_at_once_and_can_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let searcher = searcher(folder.path(), &papers(20));
    let other = Store::open(folder.path()).unwrap();
    let removed = other.remove(&ids([3, 5, 3, 99])).unwrap();
    assert_eq!((removed.papers, removed.unknown), (2, ids([99])));
    let answer = searcher.search(&Query::new(&paper(3).text()).unwrap(), checked_k(100).unwrap()).unwrap();
    assert_eq!(answer.hits.len(), 18);
    assert!(answer.hits.iter().all(|hit| !ids([3, 5]).contains(&hit.id)));

    let before = other.generation().unwrap();
    assert_eq!(other.remove(&ids([3, 5])).unwrap().papers, 0);
    assert_eq!(other.generation().unwrap(), before, "nothing was removed, nothing was committed");
    assert_eq!(add(&other, &tiny_embedder(), &papers(20)).added, 2);
    assert_eq!(Inspector::new().contents(folder.path()), by_id(papers(20)));
}

#[test]
fn compacting_keeps_the_papers_and_drops_everything_else() {
    let folder = tempfile::tempdir().unwrap();
    let reader = searcher(folder.path(), &papers(50));
    let store = Store::open(folder.path()).unwrap();
    let mut wanted = papers(50);
    wanted[7].abstract_text = "Something else.".to_owned();
    wanted[30].abstract_text = "Something else again.".to_owned();
    add(&store, &tiny_embedder(), &wanted);
    store.remove(&ids(10..20)).unwrap();
    wanted.drain(10..20);
    // What killed processes leave behind.
    fs_err::write(folder.path().join("vectors.2.f32"), "left by a compact".repeat(1_000)).unwrap();
    fs_err::write(folder.path().join("graph.1.hnsw"), "old").unwrap();
    fs_err::create_dir(folder.path().join("lexical.1")).unwrap();
    fs_err::write(folder.path().join("lexical.1/words"), "old").unwrap();
    fs_err::write(folder.path().join(".tmpFresh"), "being written").unwrap();

    let before = store.generation().unwrap();
    assert_eq!(store.compact().unwrap(), Compacted { papers: 40, dropped_rows: 12 });
    let after = store.generation().unwrap();
    assert_eq!((after.number, after.rows, after.commits), (before.number + 1, 40, before.commits + 1));
    assert_eq!(files(folder.path()), [".tmpFresh", "lock", "meta.json", "papers.sqlite", "vectors.2.f32"]);
    assert_eq!(fs_err::metadata(folder.path().join("vectors.2.f32")).unwrap().len(), 40 * 32 * 4);
    assert_eq!(Inspector::new().contents(folder.path()), by_id(wanted.clone()));
    let hits = reader.search(&Query::new(&wanted[20].text()).unwrap(), checked_k(100).unwrap()).unwrap().hits;
    assert_eq!((hits.len(), &hits[0].id), (40, &wanted[20].id), "a reader of the old generation goes on");

    assert_eq!(store.compact().unwrap().dropped_rows, 0);
    assert_eq!(store.generation().unwrap(), after, "there was nothing to do");
    assert_eq!(add(&store, &tiny_embedder(), &papers(50)).added, 10);
    assert_eq!(reader.store().unwrap().compact().unwrap().dropped_rows, 2, "by the store that the searcher has");
    let hits = reader.search(&Query::new(&paper(15).text()).unwrap(), checked_k(100).unwrap()).unwrap().hits;
    assert_eq!((hits.len(), &hits[0].id), (50, &paper(15).id));
}

#[test]
fn an_empty_store_can_be_compacted_exported_and_copied() {
    let folder = tempfile::tempdir().unwrap();
    let store = open_store(&folder.path().join("store"), &tiny_model()).unwrap();
    add(&store, &tiny_embedder(), &papers(3));
    store.remove(&ids(0..3)).unwrap();
    assert_eq!(store.compact().unwrap(), Compacted { papers: 0, dropped_rows: 3 });
    store.export(|_, _| panic!("there is nothing")).unwrap();
    assert_eq!(store.copy_to(&folder.path().join("copy")).unwrap(), 0);
    assert_eq!(add(&store, &tiny_embedder(), &papers(3)).added, 3);
    assert_eq!(Inspector::new().contents(store.dir()).len(), 3);
}

#[test]
fn the_sample_leaves_also_after_a_compact_and_in_a_copy() {
    let folder = tempfile::tempdir().unwrap();
    let store = open_store(&folder.path().join("store"), &tiny_model()).unwrap();
    // Rows of papers that came and went before are nobody's.
    add(&store, &tiny_embedder(), &papers(4));
    store.remove(&ids(0..4)).unwrap();
    let before = store.generation().unwrap();
    let added = add(&store, &tiny_embedder(), &papers(10)).added;
    store.mark_as_sample(added, &before).unwrap();
    store.compact().unwrap();
    store.copy_to(&folder.path().join("copy")).unwrap();
    store.remove(&ids([2])).unwrap();
    for dir in ["store", "copy"] {
        let store = Store::open(&folder.path().join(dir)).unwrap();
        store.remove_sample().unwrap();
        assert_eq!(store.count().unwrap(), 0, "{dir}");
    }
}

/// Searches, exports and copies again and again while papers come, change and go, and the store is compacted.
#[test]
fn readers_see_one_moment_whatever_writers_do() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("store");
    let fixed = papers(30);
    let reader = searcher(&dir, &fixed);
    let ended = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let store = Store::open(&dir).unwrap();
            let embedder = tiny_embedder();
            for round in 0..40 {
                let mut passing: Vec<Paper> = (100..120).map(paper).collect();
                passing[round % 20].abstract_text = format!("Round {round}.");
                add(&store, &embedder, &passing);
                store.remove(&ids((100 + round % 7)..120)).unwrap();
                store.compact().unwrap();
            }
            ended.store(true, SeqCst);
        });
        scope.spawn(|| {
            while !ended.load(SeqCst) {
                let mut seen = 0;
                let store = Store::open(&dir).unwrap();
                store
                    .export(|paper, _| {
                        seen += usize::from(fixed.contains(paper));
                        Ok(())
                    })
                    .unwrap();
                assert_eq!(seen, 30);
                let copy = tempfile::tempdir().unwrap();
                store.copy_to(copy.path()).unwrap();
                let copied = Inspector::new().contents(copy.path());
                assert!(fixed.iter().all(|paper| copied.get(&paper.id) == Some(paper)));
            }
        });
        let mut number = 0;
        while !ended.load(SeqCst) {
            number = (number + 1) % 30;
            let query = Query::new(&paper(number).text()).unwrap();
            let hits = reader.search(&query, checked_k(25).unwrap()).unwrap().hits;
            assert_eq!(hits.len(), 25);
            assert!(hits[0].id == paper(number).id && hits[0].why.cosine > Some(0.9999), "{:?} for {number}", hits[0]);
            let related = reader.related(&Examples::default().like(ids([number])), checked_k(25).unwrap()).unwrap();
            assert!(related.hits.len() == 25 && related.hits.iter().all(|hit| hit.id != paper(number).id));
        }
    });
}

/// Papers with everything that a paper can have, and with nothing.
fn varied() -> Vec<Paper> {
    let mut papers = papers(12);
    for (number, paper) in papers.iter_mut().enumerate() {
        let number = u32::try_from(number).unwrap();
        match number % 4 {
            0 => {
                paper.authors = vec!["Zoë Böhm".to_owned(), "O'Neil, Jr.".to_owned()];
                paper.categories = vec!["cs.LG".to_owned(), "stat.ML".to_owned()];
                paper.published = PublicationDate::parse("2020-02-29");
                paper.comments = Some(number);
            }
            1 => {
                paper.authors.clear();
                paper.author_count = Some(number);
                paper.organisation = Some("An \"Institute\" of 数学".to_owned());
                paper.published = PublicationDate::parse("1953-04");
            }
            2 => {
                paper.url = Some(format!("https://example.org/{number}?a=b"));
                paper.published = PublicationDate::parse("1948");
                paper.abstract_text.push_str(" It costs $5 or so; 100% ~ α, in [brackets] & \"quotes\".");
            }
            _ => paper.abstract_text.clear(),
        }
    }
    papers
}

#[test]
fn an_export_added_elsewhere_gives_the_same_papers_and_vectors() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let store = open_store(Path::new(&place("store")), &tiny_model()).unwrap();
    add(&store, &tiny_embedder(), &varied());
    store.remove(&ids([2])).unwrap();
    let (lines, vectors, names) = (place("papers.jsonl"), place("vectors.f32"), place("ids.txt"));
    let arguments = ["export", "--store", &place("store"), "--output", &lines, "--vectors", &vectors, "--ids", &names];
    let exported = run(&arguments);
    assert_eq!(stdout(&exported), format!("wrote 11 papers to `{lines}`\n"), "{}", stderr(&exported));
    assert_eq!(stdout(&run(&["export", "--store", &place("store")])), fs_err::read_to_string(&lines).unwrap());

    let added = json(&run(&["add", "--json", "--model", TINY, "--store", &place("again"), &lines]));
    assert_eq!((&added["added"], added["skipped"].as_array().unwrap().len()), (&11.into(), 0));
    let mut wanted = varied();
    wanted.remove(2);
    assert_eq!(Inspector::new().contents(Path::new(&place("again"))), by_id(wanted.clone()));

    let told: Vec<String> = fs_err::read_to_string(&names).unwrap().lines().map(str::to_owned).collect();
    assert_eq!(told, wanted.iter().map(|paper| paper.id.to_string()).collect::<Vec<_>>());
    let rows = fs_err::read(&vectors).unwrap();
    let snapshot = store.snapshot().unwrap();
    for (row, id) in rows.chunks_exact(32 * 4).zip(&told) {
        let (_, doc) = store.view().unwrap().paper(&id.parse().unwrap()).unwrap();
        let stored: Vec<u8> = snapshot.vectors.row(doc).unwrap().iter().flat_map(|n| n.to_le_bytes()).collect();
        assert_eq!(row, stored, "{id}");
    }
    assert_eq!(rows.len(), 11 * 32 * 4);
}

#[test]
fn an_export_that_fails_leaves_the_old_file() {
    let folder = tempfile::tempdir().unwrap();
    drop(searcher(&folder.path().join("store"), &papers(3)));
    let place = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    fs_err::write(place("papers.jsonl"), "old").unwrap();
    let nowhere = place("nowhere/ids.txt");
    let store = place("store");
    let failed = run(&["export", "--store", &store, "--output", &place("papers.jsonl"), "--ids", &nowhere]);
    assert_eq!(failed.status.code(), Some(2));
    assert!(stderr(&failed).contains(&nowhere), "{}", stderr(&failed));
    assert_eq!(fs_err::read(place("papers.jsonl")).unwrap(), b"old");
    assert_eq!(files(folder.path()), ["papers.jsonl", "store"]);
    #[cfg(unix)]
    assert_eq!(run(&["export", "--store", &store, "--output", "/dev/null"]).status.code(), Some(2));
}

#[test]
fn removing_and_copying_by_the_program() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (store, copy) = (place("store"), place("a/new/copy"));
    drop(searcher(Path::new(&store), &papers(9)));
    let remove = |more: &[&str], input: &str| run_with_input(&[&["remove", "--store", &store], more].concat(), input);
    let some = remove(&["2001.00000", "smith2020", "2099.00001", "--from", "-"], "10.1234/made.up.2\n\n");
    assert_eq!((some.status.code(), stdout(&some).as_str()), (Some(0), "removed 2 papers\n"));
    assert!(stderr(&some).contains("`smith2020`") && stderr(&some).contains("`2099.00001`"), "{}", stderr(&some));
    let none = remove(&["--json", "2001.00000"], "");
    assert_eq!(none.status.code(), Some(1));
    let told: serde_json::Value = serde_json::from_slice(&none.stdout).unwrap();
    assert_eq!(told, serde_json::json!({"removed": 0, "unknown": ["2001.00000"]}));

    let status = json(&run(&["status", "--json", "--store", &store]));
    assert_eq!((&status["papers"], &status["dead_rows"], &status["format"]), (&7.into(), &2.into(), &6.into()));
    let copied = run(&["snapshot", "--store", &store, &copy]);
    assert_eq!(stdout(&copied), format!("copied 7 papers to `{copy}`\n"), "{}", stderr(&copied));
    assert_eq!(files(Path::new(&copy)), ["meta.json", "papers.sqlite", "vectors.1.f32"]);
    let refused = run(&["snapshot", "--store", &store, &copy]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(stderr(&refused).contains("is not empty"), "{}", stderr(&refused));
    let compacted = json(&run(&["compact", "--json", "--store", &store]));
    assert_eq!(compacted, serde_json::json!({"papers": 7, "dropped_rows": 2}));
    assert_eq!(Inspector::new().contents(Path::new(&store)), Inspector::new().contents(Path::new(&copy)));
    let added = run_with_input(&["add", "--store", &copy, "-"], "{\"title\":\"In the copy\"}\n");
    assert!(added.status.success(), "{}", stderr(&added));
}

/// This process holds the lock, the program waits for it; then a foreign program holds SQLite's.
#[test]
fn the_second_writer_waits_and_names_the_first() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().to_str().unwrap();
    drop(searcher(folder.path(), &papers(2)));
    let file = fs_err::OpenOptions::new().read(true).write(true).truncate(true).open(folder.path().join("lock"));
    let mut file: std::fs::File = file.unwrap().into();
    file.lock().unwrap();
    writeln!(file, "{}", std::process::id()).unwrap();
    let refused = run(&["remove", "--store", store, "2001.00000"]);
    assert_eq!(refused.status.code(), Some(2));
    let told = format!("is held by process {}, still after 10 s", std::process::id());
    assert!(stderr(&refused).contains(&told), "{}", stderr(&refused));
    file.unlock().unwrap();

    let connection = rusqlite::Connection::open(folder.path().join("papers.sqlite")).unwrap();
    connection.execute_batch("BEGIN IMMEDIATE").unwrap();
    let refused = Store::open(folder.path()).unwrap().remove(&ids([0])).unwrap_err();
    assert!(matches!(refused, Error::StoreLocked { holder: None, .. }), "{refused}");
    assert!(!matches!(file.try_lock(), Err(TryLockError::WouldBlock)), "the lock was given back");
    connection.execute_batch("ROLLBACK").unwrap();
    drop(file);
    assert_eq!(Store::open(folder.path()).unwrap().remove(&ids([0])).unwrap().papers, 1);
}

#[test]
fn a_searcher_can_be_made_of_a_copy() {
    let folder = tempfile::tempdir().unwrap();
    let original = searcher(&folder.path().join("store"), &papers(15));
    original.store().unwrap().copy_to(&folder.path().join("copy")).unwrap();
    let copy = Searcher::new(Store::open(&folder.path().join("copy")).unwrap(), tiny_embedder()).unwrap();
    let ask = |searcher: &Searcher| {
        let hits = searcher.search(&Query::new("counting oceans").unwrap(), checked_k(15).unwrap()).unwrap().hits;
        hits.into_iter().map(|hit| (hit.paper.id, hit.score)).collect::<Vec<_>>()
    };
    assert_eq!(ask(&copy), ask(&original));
}

#[test]
fn a_damaged_graph_is_told_by_a_check_and_built_again() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().to_str().unwrap();
    drop(searcher(folder.path(), &papers(300)));
    let status = |arguments: &[&str]| run(&[&["status", "--store", store], arguments].concat());
    assert!(stdout(&status(&["--check"])).contains("all files are intact"), "a small store needs no graph");

    let reindexed = json(&run(&["reindex", "--json", "--store", store]));
    let nodes = reindexed["audit"]["nodes"].as_u64().unwrap();
    assert_eq!((&reindexed["papers"], &reindexed["audit"]["found"]), (&300.into(), &nodes.into()));
    let told = stdout(&status(&["--check"]));
    assert!(
        told.contains("300 papers")
            && told.contains("are reachable and found by their own vector")
            && told.contains("all files are intact"),
        "{told}"
    );

    let path = folder.path().join("graph.1.hnsw");
    let sound = fs_err::read(&path).unwrap();
    for (place, check_sees_it) in [(9, true), (sound.len() - 1, true), (sound.len(), false)] {
        let mut altered = sound.clone();
        if let Some(byte) = altered.get_mut(place) {
            *byte ^= 0x55;
        }
        fs_err::write(&path, &altered).unwrap();
        let checked = status(&["--check"]);
        assert_eq!(checked.status.code(), Some(if check_sees_it { 2 } else { 0 }));
        assert_eq!(stderr(&checked).contains("paperkin reindex"), check_sees_it, "{}", stderr(&checked));
        let found = json(&run(&["related", paper(7).id.as_str(), "--json", "-k", "100", "--store", store]));
        assert_eq!(found["hits"].as_array().unwrap().len(), 100, "searches need no graph");
    }
    fs_err::write(&path, &sound[..sound.len() / 2]).unwrap();
    assert_eq!(status(&["--check"]).status.code(), Some(2));
    assert!(run(&["reindex", "--store", store]).status.success());
    assert!(fs_err::read(&path).unwrap() == sound, "the same papers make the same graph");

    let mut altered = sound.clone();
    altered[sound.len() / 2] ^= 0x55;
    fs_err::write(&path, &altered).unwrap();
    let added = run_with_input(&["add", "--model", TINY, "--store", store, "-"], &json_lines(&papers(1)));
    assert!(stdout(&added).contains("0 added, 0 updated, 1 unchanged"), "{}", stdout(&added));
    assert!(stderr(&added).contains("was altered"), "{}", stderr(&added));
    assert!(fs_err::read(&path).unwrap() == sound, "`add` builds it again");
}

#[test]
fn a_check_finds_what_was_altered_in_the_vectors() {
    let folder = tempfile::tempdir().unwrap();
    drop(searcher(folder.path(), &papers(30)));
    let path = folder.path().join("vectors.1.f32");
    let mut bytes = fs_err::read(&path).unwrap();
    bytes[7 * 32 * 4 + 3] ^= 0x7f;
    fs_err::write(&path, bytes).unwrap();
    let checked = run(&["status", "--check", "--store", folder.path().to_str().unwrap()]);
    assert_eq!(checked.status.code(), Some(2));
    assert!(stderr(&checked).contains("row 7 of vectors.1.f32"), "{}", stderr(&checked));
}

#[test]
fn commits_that_the_database_has_lost_are_reported_and_their_indexes_are_given_up() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().to_str().unwrap();
    let add = |numbers: std::ops::Range<usize>| {
        let added = run_with_input(&["add", "--model", TINY, "--store", store, "-"], &json_lines(&papers(60)[numbers]));
        assert!(added.status.success(), "{}", stderr(&added));
        stderr(&added)
    };
    let database = folder.path().join("papers.sqlite");
    assert_eq!(add(0..10), "");
    let early = fs_err::read(&database).unwrap();
    for start in [10, 20, 30] {
        assert!(!add(start..start + 10).contains("lost"));
    }
    fs_err::write(&database, early).unwrap();

    let told = "papers.sqlite ends with commit 1, but the full-text index has commit 4: the commits between are lost";
    for command in [&["status"][..], &["search", "whales"]] {
        let seen = run(&[command, &["--store", store]].concat());
        assert!(stderr(&seen).contains(told), "{}", stderr(&seen));
    }
    let checked = run(&["status", "--check", "--store", store]);
    assert_eq!((checked.status.code(), stderr(&checked).contains(told)), (Some(2), true));

    // Other papers get the numbers and rows of the lost ones.
    assert!(add(40..60).contains(told));
    let checked = run(&["status", "--check", "--store", store]);
    assert!(stdout(&checked).contains("all files are intact") && stderr(&checked).is_empty(), "{}", stderr(&checked));
    for (number, is_there) in [(5, true), (15, false), (45, true)] {
        let title = &papers(60)[number].title;
        let found = run(&["search", "--mode", "lexical", "--json", "-k", "1", title, "--store", store]);
        assert_eq!(stdout(&found).contains(&format!("\"title\": \"{title}\"")), is_there, "{}", stdout(&found));
    }
}
