//! Several services on one store: each sees within two seconds what anybody commits, also one that may not write there.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use paperkin::paper::{Paper, PublicationDate};

use crate::support::disk::layer;
use crate::support::http::Serving;
use crate::support::{TINY, json_lines, paper, paperkin, papers, run, run_with_input, stderr};

/// Within how much time a commit shall be seen.
const SOON: Duration = Duration::from_secs(2);

/// A service that is asked what it sees.
struct Service(Serving);

impl Service {
    fn start(command: &mut Command) -> Self {
        Self(Serving::by(command))
    }

    /// Whether searches, counts, the map and the status are those of N papers, of which this is the last one.
    fn sees(&self, count: usize, last: &Paper) -> Result<(), String> {
        let title = last.title.replace(' ', "+").replace(',', "%2C");
        let found = self.0.json(&format!("/api/v1/search?q={title}&k=1&mode=lexical"));
        let dense = self.0.json(&format!("/api/v1/search?q={title}&k=1&mode=dense"));
        let picture = self.0.get("/api/v1/map").1;
        let seen = [
            ("the status", self.0.json("/api/v1/status")["papers"] == count),
            ("the numbers", self.0.json("/api/v1/facets")["papers"] == count),
            ("a year", self.0.json("/api/v1/facets?from=2031")["papers"] == usize::from(last.published.is_some())),
            ("words", found["hits"][0]["id"] == last.id.as_str() && found["among"] == count),
            ("meaning", dense["among"] == count),
            ("the picture", picture[8..12] == u32::try_from(count).unwrap().to_le_bytes()),
        ];
        seen.iter().find(|(_, seen)| !seen).map_or(Ok(()), |(what, _)| Err((*what).to_owned()))
    }

    fn must_see_soon(&self, count: usize, last: &Paper, context: &str) {
        let start = Instant::now();
        while let Err(what) = self.sees(count, last) {
            assert!(start.elapsed() < SOON, "{context}: {what} should be that of {count} papers");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

fn serve(store: &Path) -> Command {
    paperkin(&[
        "serve",
        "--no-sample",
        "--log",
        "error",
        "--threads",
        "1",
        "--addr",
        "127.0.0.1:0",
        "--store",
        store.to_str().unwrap(),
    ])
}

fn add(store: &Path, papers: &[Paper]) {
    let arguments = ["add", "--model", TINY, "--store", store.to_str().unwrap(), "-"];
    let added = run_with_input(&arguments, &json_lines(papers));
    assert!(added.status.success(), "{}", stderr(&added));
}

/// The last paper that is added, which has a year of its own.
fn last(number: usize) -> Paper {
    let mut paper = paper(number);
    paper.title = format!("Zebras of number {number}");
    paper.published = PublicationDate::parse("2031-05");
    paper
}

/// A folder with a store of twenty papers.
fn filled() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().canonicalize().unwrap().join("store");
    add(&store, &papers(20));
    (folder, store)
}

#[test]
fn a_second_service_sees_what_a_third_process_adds() {
    let (_folder, store) = filled();
    let one = Service::start(&mut serve(&store));
    let two = Service::start(&mut serve(&store));
    for service in [&one, &two] {
        service.must_see_soon(20, &paper(3), "at first");
    }
    add(&store, &[last(100)]);
    for (service, context) in [(&two, "the second"), (&one, "the first")] {
        service.must_see_soon(21, &last(100), context);
    }
    let place = store.to_str().unwrap();
    assert!(run(&["remove", "--store", place, paper(0).id.as_str(), paper(1).id.as_str()]).status.success());
    assert!(run(&["compact", "--store", place]).status.success());
    two.must_see_soon(19, &last(100), "after compact");
    // Neither holds the other, and the second goes on without the first.
    drop(one);
    add(&store, &papers(2));
    two.must_see_soon(21, &last(100), "alone");
}

#[test]
fn a_service_that_may_not_write_sees_what_others_add() {
    let (folder, store) = filled();
    let Some(library) = layer(folder.path()) else { return };
    let reader = || {
        let mut command = serve(&store);
        command.env("LD_PRELOAD", &library).env("RECORD_ROOT", &store).env("RECORD_READ_ONLY", "1");
        Service::start(&mut command)
    };
    // Nobody else has the store open when it starts.
    let alone = reader();
    alone.must_see_soon(20, &paper(3), "at first");
    add(&store, &[last(100)]);
    alone.must_see_soon(21, &last(100), "added by a process that has ended");

    let writer = Service::start(&mut serve(&store));
    writer.must_see_soon(21, &last(100), "the writer");
    let beside = reader();
    for (number, count) in [(101, 22), (102, 23)] {
        add(&store, &[Paper { published: None, ..last(number) }]);
        for (service, context) in [(&alone, "alone at first"), (&beside, "beside another"), (&writer, "the writer")] {
            let last = Paper { published: PublicationDate::parse("2031"), ..last(number) };
            service.must_see_soon(count, &last, context);
        }
    }
    drop(writer);
    add(&store, &[Paper { published: None, ..last(103) }]);
    let newest = Paper { published: PublicationDate::parse("2031"), ..last(103) };
    for (service, context) in [(&alone, "alone at first, then again"), (&beside, "left alone")] {
        service.must_see_soon(24, &newest, context);
    }
    let place = store.to_str().unwrap();
    assert!(run(&["remove", "--store", place, paper(0).id.as_str()]).status.success());
    assert!(run(&["compact", "--store", place]).status.success());
    for (service, context) in [(&alone, "alone, after compact"), (&beside, "left alone, after compact")] {
        service.must_see_soon(23, &newest, context);
    }
}
