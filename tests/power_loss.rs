//! When the power fails, what was not synced is lost, and nothing that was reported as done. A full disk and a read-only
//! one are told.
//!
//! What the program does to its files is recorded and replayed up to many moments; `support/disk.rs` says what a disk
//! promises.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use paperkin::ingest::open_store;
use paperkin::paper::{Paper, PaperId};
use paperkin::store::Store;

use crate::support::disk::{Disk, Luck, files, layer, records};
use crate::support::{
    Contents, Context, Inspector, OTHER, Random, TINY, add, by_id, json, json_lines, paper, paperkin, papers,
    papers_in, run, stderr, stdout, tiny_embedder, tiny_model,
};

/// A command, and the papers that are there after it.
struct Step {
    arguments: Vec<String>,
    after: Contents,
    /// There is either all of what it does or nothing.
    at_once: bool,
}

/// The files of a scenario: what is recorded lies in `root`.
struct Scene {
    folder: tempfile::TempDir,
    root: PathBuf,
    library: PathBuf,
}

impl Scene {
    fn new() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let library = layer(folder.path())?;
        let root = folder.path().canonicalize().unwrap().join("root");
        fs_err::create_dir(&root).unwrap();
        Some(Self { folder, root, library })
    }

    fn store(&self) -> PathBuf {
        self.root.join("store")
    }

    fn paperkin(&self, arguments: &[&str]) -> Command {
        let mut command = paperkin(arguments);
        command.arg("--store").arg(self.store()).env("LD_PRELOAD", &self.library).env("RECORD_ROOT", &self.root);
        command
    }

    /// A service that has the store open.
    fn service(&self, log: &Path) -> Child {
        let mut command = self.paperkin(&["serve", "--no-sample", "--addr", "127.0.0.1:0"]);
        let mut service = command.env("RECORD_LOG", log).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(service.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        assert!(line.contains("listening on http"), "{line}");
        service
    }

    fn corpus(&self, name: &str, papers: &[Paper]) -> String {
        let path = self.folder.path().join(name);
        fs_err::write(&path, json_lines(papers)).unwrap();
        path.to_str().unwrap().to_owned()
    }

    fn add(&self, name: &str, given: Vec<Paper>, before: &Contents) -> Step {
        let mut arguments = ["add", "--source", "made-up", &self.corpus(name, &given)].map(str::to_owned).to_vec();
        if before.is_empty() {
            arguments.extend(["--model", TINY].map(str::to_owned));
        }
        let mut after = before.clone();
        after.extend(by_id(given));
        Step { arguments, after, at_once: false }
    }

    /// Runs the steps, the later ones beside a service if that is wanted, and fails the power at many moments.
    fn play(&self, before: Contents, steps: &[Step], beside_service: bool) {
        const SEED: u64 = 41;
        const MOMENTS: usize = 60;
        let log = self.folder.path().join("log");
        let mut disk = Disk::with(&self.root);
        let mut service = None;
        for step in steps {
            let arguments: Vec<&str> = step.arguments.iter().map(String::as_str).collect();
            let output = self.paperkin(&arguments).env("RECORD_LOG", &log).output().unwrap();
            assert!(output.status.success(), "{}", stderr(&output));
            let mut file = fs_err::OpenOptions::new().append(true).open(&log).unwrap();
            file.write_all(b"done -\n").unwrap();
            if beside_service && service.is_none() {
                service = Some(self.service(&log));
            }
        }
        let on_disk = files(&self.root);
        // While it runs, the commands do not put SQLite's log into the database and take it away.
        assert_eq!(beside_service, on_disk.keys().any(|path| path.ends_with("papers.sqlite-wal")));
        if let Some(mut service) = service {
            service.kill().unwrap();
            service.wait().unwrap();
        }
        let mut inspector = Inspector::of_old(&before);
        let mut states = vec![before];
        states.extend(steps.iter().map(|step| step.after.clone()));
        let records = records(&log);
        let mut random = Random(SEED);
        let mut done = 0;
        for (place, record) in records.iter().enumerate() {
            disk.apply(record);
            done += usize::from(record.line.starts_with("done"));
            // Also the moment after each record that something may rely on, but not after all of the writes.
            if record.line.starts_with("write") && random.below(records.len()) > MOMENTS {
                continue;
            }
            for luck in [Luck::None, Luck::Some, Luck::All] {
                let folder = tempfile::tempdir().unwrap();
                disk.after_failure(luck, &mut random, &self.root, folder.path());
                let context = format!("seed {SEED}, after {place} `{}`, {luck:?} of what was not synced", record.line);
                check(folder.path(), &states, steps, done, &mut inspector, &context);
            }
        }
        let whole = tempfile::tempdir().unwrap();
        disk.after_failure(Luck::All, &mut random, &self.root, whole.path());
        assert!(files(whole.path()) == on_disk, "something was done that was not recorded");
    }
}

/// What is found after the power failed is as before or as after the command that was running.
fn check(folder: &Path, states: &[Contents], steps: &[Step], done: usize, inspector: &mut Inspector, context: &str) {
    let _context = Context(context);
    let store = folder.join("store");
    let now = steps.get(done).map_or(&states[done], |step| &step.after);
    if !store.join("meta.json").exists() {
        assert!(states[done].is_empty() && done == 0, "there is no store");
        return;
    }
    let found = inspector.contents(&store);
    if steps.get(done).is_none_or(|step| step.at_once) {
        assert!(found == states[done] || found == *now, "neither as before nor as after");
    }
    for id in states[done].keys().chain(now.keys()).chain(found.keys()) {
        let either = [states[done].get(id), now.get(id)];
        assert!(either.contains(&found.get(id)), "{id} is neither as before nor as after");
    }
    // It can be written to again.
    Store::open(&store).unwrap().compact().unwrap();
    assert!(inspector.contents(&store) == found, "compacting changes it");
    let copied = steps.iter().position(|step| step.arguments[0] == "snapshot");
    if let Some(step) = copied
        && (done > step || folder.join("copy/meta.json").exists())
    {
        assert!(inspector.contents(&folder.join("copy")) == states[step], "the copy differs");
    }
}

#[test]
fn whatever_was_not_synced_is_lost_and_nothing_else() {
    play_a_whole_life(false);
}

#[test]
fn whatever_was_not_synced_is_lost_beside_a_service_and_nothing_else() {
    play_a_whole_life(true);
}

/// The database alone would show an earlier moment.
#[test]
fn commits_that_a_crash_left_in_the_log_are_not_passed_over() {
    let Some(scene) = Scene::new() else { return };
    let open = open_store(&scene.store(), &tiny_model()).unwrap();
    add(&open, &tiny_embedder(), &papers(5));
    let crashed = tempfile::tempdir().unwrap();
    for name in ["meta.json", "papers.sqlite", "papers.sqlite-wal", "vectors.1.f32"] {
        fs_err::copy(scene.store().join(name), crashed.path().join(name)).unwrap();
    }
    drop(open);
    fs_err::remove_dir_all(scene.store()).unwrap();
    fs_err::create_dir(scene.store()).unwrap();
    for (name, bytes) in files(crashed.path()) {
        fs_err::write(scene.store().join(name), bytes).unwrap();
    }
    let refused = scene.paperkin(&["status", "--json"]).env("RECORD_READ_ONLY", "1").output().unwrap();
    assert_eq!(refused.status.code(), Some(2), "{}", stdout(&refused));
    let told = stderr(&refused);
    assert!(told.contains("cannot read or write the papers in `") && told.contains("papers.sqlite`"), "{told}");
    assert_eq!(json(&scene.paperkin(&["status", "--json"]).output().unwrap())["papers"], 5);
}

fn play_a_whole_life(beside_service: bool) {
    let Some(scene) = Scene::new() else { return };
    let first = scene.add("first.jsonl", papers(200), &Contents::new());
    let changed = papers(260).into_iter().skip(150).map(|mut paper| {
        paper.abstract_text.push_str(" It was changed.");
        paper
    });
    let second = scene.add("second.jsonl", changed.collect(), &first.after);
    let mut left = second.after.clone();
    let gone: Vec<PaperId> = left.keys().step_by(3).cloned().collect();
    left.retain(|id, _| !gone.contains(id));
    let remove = ["remove"].into_iter().chain(gone.iter().map(PaperId::as_str)).map(str::to_owned).collect();
    let at_once = |arguments: Vec<String>| Step { arguments, after: left.clone(), at_once: true };
    let copy = scene.root.join("copy").to_str().unwrap().to_owned();
    let last = scene.add("last.jsonl", papers(280), &left);
    let compacted = Step { arguments: vec!["compact".into()], after: last.after.clone(), at_once: true };
    let steps = [
        first,
        second,
        at_once(remove),
        at_once(vec!["compact".into()]),
        at_once(vec!["snapshot".into(), copy]),
        last,
        compacted,
    ];
    scene.play(Contents::new(), &steps, beside_service);
}

#[test]
fn power_may_fail_while_an_old_store_is_upgraded() {
    let Some(scene) = Scene::new() else { return };
    fs_err::create_dir(scene.store()).unwrap();
    for entry in fs_err::read_dir("tests/data/stores/1").unwrap() {
        let entry = entry.unwrap();
        fs_err::copy(entry.path(), scene.store().join(entry.file_name())).unwrap();
    }
    // Looked at in a copy: opening would upgrade it.
    let copy = tempfile::tempdir().unwrap();
    Disk::with(&scene.root).after_failure(Luck::All, &mut Random(1), &scene.root, copy.path());
    let before = papers_in(&copy.path().join("store"));
    // Some have another title than in the old store, so that an author must be the same.
    let mut given = papers(20);
    for paper in &mut given {
        paper.authors.push("Bo Böhm".to_owned());
    }
    let mut step = scene.add("papers.jsonl", given, &before);
    // What was stored without a source keeps the values that the first source does not have.
    for (id, old) in &before {
        let new = step.after.get_mut(id).unwrap();
        new.published = new.published.or(old.published);
        new.url = new.url.take().or_else(|| old.url.clone());
        new.comments = new.comments.or(old.comments);
        new.organisation = new.organisation.take().or_else(|| old.organisation.clone());
        new.author_count = new.author_count.or(old.author_count);
    }
    scene.play(before, &[step], false);
}

#[test]
fn power_may_fail_while_the_model_is_changed() {
    let Some(scene) = Scene::new() else { return };
    let first = scene.add("first.jsonl", papers(150), &Contents::new());
    let change = |model: &str, after: &Contents| Step {
        arguments: ["reindex", "--model", model].map(str::to_owned).to_vec(),
        after: after.clone(),
        at_once: true,
    };
    let there = change(OTHER, &first.after);
    let more = scene.add("more.jsonl", papers(180), &first.after);
    let back = change(TINY, &more.after);
    scene.play(Contents::new(), &[first, there, more, back], false);
}

#[test]
fn a_full_disk_while_the_model_is_changed_is_told_and_loses_nothing() {
    let Some(scene) = Scene::new() else { return };
    let mut inspector = Inspector::new();
    let first = scene.add("first.jsonl", papers(150), &Contents::new());
    let arguments: Vec<&str> = first.arguments.iter().map(String::as_str).collect();
    assert!(scene.paperkin(&arguments).status().unwrap().success());
    let (mut refused, mut random) = (0, Random(11));
    for round in 0..24 {
        let now = Store::open(&scene.store()).unwrap().generation().unwrap();
        let model = if now.fingerprint.model == "bert-last" { TINY } else { OTHER };
        let bytes = random.below(round * 12_000 + 1);
        let change = ["reindex", "--model", model];
        let output = scene.paperkin(&change).env("RECORD_ROOM", bytes.to_string()).output().unwrap();
        let context = format!("room for {bytes} bytes: {}", stderr(&output));
        if !output.status.success() {
            refused += 1;
            assert_eq!(output.status.code(), Some(2), "{context}");
            // In the words of the store, of the index of words, or of the graph.
            let told = ["free disk space", "check the disk space"];
            assert!(told.iter().any(|told| stderr(&output).contains(told)), "{context}");
        }
        assert_eq!(inspector.contents(&scene.store()), first.after, "{context}");
        assert!(scene.paperkin(&change).status().unwrap().success(), "{context}");
        assert_eq!(inspector.contents(&scene.store()), first.after, "{context}");
    }
    assert!(refused > 5, "{refused}");
}

#[test]
fn a_full_disk_is_told_and_loses_nothing() {
    let Some(scene) = Scene::new() else { return };
    let mut inspector = Inspector::new();
    let first = scene.add("first.jsonl", papers(150), &Contents::new());
    let corpus = scene.corpus("more.jsonl", &papers(400));
    let copy = scene.root.join("copy").to_str().unwrap().to_owned();
    let mut refused: HashMap<&str, usize> = HashMap::new();
    let mut random = Random(7);
    let with_room = |arguments: &[&str], bytes: usize| -> Output {
        scene.paperkin(arguments).env("RECORD_ROOM", bytes.to_string()).output().unwrap()
    };
    for round in 0..60 {
        let _ = fs_err::remove_dir_all(scene.store());
        let arguments: Vec<&str> = first.arguments.iter().map(String::as_str).collect();
        if round % 4 > 0 {
            assert!(with_room(&arguments, 1 << 30).status.success());
            Store::open(&scene.store()).unwrap().remove(&[paper(0).id]).unwrap();
        }
        let before = if round % 4 > 0 { inspector.contents(&scene.store()) } else { Contents::new() };
        // None at all, and then more and more.
        let bytes = if round < 4 { 0 } else { random.below(round * 12_000) };
        let (name, output) = match round % 4 {
            0 => ("create", with_room(&arguments, bytes)),
            1 => ("add", with_room(&["add", &corpus], bytes)),
            2 => ("compact", with_room(&["compact"], bytes)),
            _ => ("snapshot", with_room(&["snapshot", &copy], bytes)),
        };
        let context = format!("{name} with room for {bytes} bytes");
        if !output.status.success() {
            *refused.entry(name).or_default() += 1;
            assert_eq!(output.status.code(), Some(2), "{context}");
            assert!(
                stderr(&output).contains("there is no space left on the disk for the store at"),
                "{context}: {}",
                stderr(&output)
            );
            assert!(stderr(&output).contains("hint: free disk space"), "{context}: {}", stderr(&output));
            assert!(!Path::new(&copy).join("meta.json").exists(), "{context}: half a copy");
        }
        let _ = fs_err::remove_dir_all(&copy);
        if scene.store().join("meta.json").exists() {
            let found = inspector.contents(&scene.store());
            assert!(before.iter().all(|(id, paper)| found.get(id) == Some(paper)), "{context}");
        }
        let again = run(&["add", "--json", "--model", TINY, "--store", scene.store().to_str().unwrap(), &corpus]);
        assert_eq!(json(&again)["read"], 400);
        assert_eq!(inspector.contents(&scene.store()), by_id(papers(400)), "{context}");
    }
    assert!(["create", "add", "compact", "snapshot"].iter().all(|name| refused[name] >= 2), "{refused:?}");
}

#[test]
fn a_read_only_store_is_searched_and_not_written() {
    let Some(scene) = Scene::new() else { return };
    for format in ["1", "2", "3"] {
        let _ = fs_err::remove_dir_all(scene.store());
        fs_err::create_dir(scene.store()).unwrap();
        for name in ["meta.json", "papers.sqlite", "vectors.1.f32"] {
            fs_err::copy(Path::new("tests/data/stores").join(format).join(name), scene.store().join(name)).unwrap();
        }
        let before = files(&scene.root);
        let read_only = |arguments: &[&str]| scene.paperkin(arguments).env("RECORD_READ_ONLY", "1").output().unwrap();
        let answer = json(&read_only(&["search", "--json", "sorting galaxies"]));
        assert_eq!(answer["hits"].as_array().unwrap().len(), 10, "format {format}");
        let status = json(&read_only(&["status", "--json"]));
        assert_eq!((&status["papers"], &status["dead_rows"]), (&12.into(), &1.into()));
        assert_eq!(status["format"].to_string(), format);
        assert_eq!(stdout(&read_only(&["export"])).lines().count(), 12);
        let corpus = scene.corpus("more.jsonl", &papers(20));
        for arguments in [["add", &corpus].as_slice(), &["remove", "2001.00000"], &["compact"]] {
            let refused = read_only(arguments);
            assert_eq!(refused.status.code(), Some(2), "{arguments:?}");
            assert!(stderr(&refused).contains("is read-only"), "{arguments:?}: {}", stderr(&refused));
        }
        assert!(files(&scene.root) == before, "format {format}");
        // A copy is made outside, by a process that may write there.
        let copy = scene.folder.path().join(format!("copy {format}"));
        let copied = read_only(&["snapshot", copy.to_str().unwrap()]);
        assert!(copied.status.success(), "{}", stderr(&copied));
        assert_eq!(Inspector::of_old(&papers_in(&copy)).contents(&copy).len(), 12);
    }
}
