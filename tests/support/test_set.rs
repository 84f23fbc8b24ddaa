//! A test set of made-up papers for `paperkin evaluate`.

use std::path::{Path, PathBuf};
use std::process::Output;

use paperkin::evaluate::metrics::Metric;
use serde_json::{Value, json};

use super::{TINY, paper, paperkin, stderr};

/// A test set of made-up papers, each with a query of some words of its own; the id of a document is that of its paper.
pub struct MadeUp {
    pub folder: tempfile::TempDir,
    pub cache: tempfile::TempDir,
}

impl MadeUp {
    pub fn new() -> Self {
        let made_up = Self { folder: tempfile::tempdir().unwrap(), cache: tempfile::tempdir().unwrap() };
        let documents = (0..120).map(paper).map(|paper| {
            // Some have no title.
            let title = if paper.title.ends_with('7') { "" } else { &paper.title };
            json!({"_id": paper.id, "title": title, "text": paper.abstract_text, "metadata": {}})
        });
        let queries = (0..40).map(|number| {
            let paper = paper(3 * number);
            json!({"_id": format!("q{number}"), "text": format!("Where do they speak of {}?", paper.title)})
        });
        // The document that is this query is never counted as found.
        let own = paper(9);
        let own = json!({"_id": own.id, "text": own.abstract_text});
        let qrels = (0..40).flat_map(|number| {
            let (relevant, other) = (paper(3 * number).id, paper(3 * number + 56).id);
            let other = if 3 * number + 56 < 120 { format!("q{number}\t{other}\t1\n") } else { String::new() };
            [format!("q{number}\t{relevant}\t2\n"), other]
        });
        let own_qrels = format!("{}\t{}\t1\n{0}\t{}\t1\n", paper(9).id, paper(9).id, paper(65).id);
        made_up.write("corpus.jsonl", &lines(documents));
        made_up.write("queries.jsonl", &lines(queries.chain([own])));
        fs_err::create_dir(made_up.folder.path().join("qrels")).unwrap();
        let header = "query-id\tcorpus-id\tscore\n".to_owned();
        made_up.write("qrels/test.tsv", &(header + &qrels.collect::<String>() + &own_qrels));
        made_up
    }

    pub fn write(&self, name: &str, text: &str) {
        fs_err::write(self.folder.path().join(name), text).unwrap();
    }

    pub fn read(&self, name: &str) -> String {
        fs_err::read_to_string(self.folder.path().join(name)).unwrap()
    }

    pub fn evaluate(&self, more: &[&str]) -> Output {
        let folder = self.folder.path().to_str().unwrap();
        let arguments = [&["evaluate", folder, "--model", TINY], more].concat();
        paperkin(&arguments).env("XDG_CACHE_HOME", self.cache.path()).output().unwrap()
    }

    /// What is told when something is wrong with the set.
    pub fn told(&self, more: &[&str]) -> String {
        let output = self.evaluate(more);
        assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
        stderr(&output).replace(self.folder.path().to_str().unwrap(), "SET")
    }
}

/// Values as JSON Lines.
pub fn lines(values: impl Iterator<Item = Value>) -> String {
    values.map(|value| format!("{value}\n")).collect()
}

/// The files below a folder.
pub fn walk(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs_err::read_dir(folder).unwrap().flatten() {
        if entry.path().is_dir() { found.extend(walk(&entry.path())) } else { found.push(entry.path()) }
    }
    found
}

/// The name of a metric in JSON.
pub fn name_of(metric: Metric) -> String {
    serde_json::to_value(metric).unwrap().as_str().unwrap().to_owned()
}
