//! Interoperability: the Python packages of `tests/clients/requirements.txt` read exports and call the service.

use std::path::{Path, PathBuf};
use std::process::Command;

use paperkin::citation::{Style, bibliography};
use paperkin::paper::{Paper, PaperId};

use crate::support::http::Serving;
use crate::support::{TINY, json_lines, paperkin, papers, python, required, run_with_input, searcher, stderr, stdout};

/// Runs a script of `tests/clients`; skipped if Python or its packages are missing.
fn ask(script: &str, arguments: &[&str]) {
    let Some(python) = required("Python with the packages of tests/clients/requirements.txt", python()) else { return };
    run_script(&python, script, arguments);
}

/// The scripts can import the package of this repository.
fn run_script(python: &Path, script: &str, arguments: &[&str]) {
    let script = Path::new("tests/clients").join(script);
    let mut command = Command::new(python);
    let output = command.env("PYTHONPATH", "python").arg("-B").arg(script).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}{}", stdout(&output), stderr(&output));
}

/// A service over these papers with the tiny model, and its URL.
fn served(folder: &Path, papers: &[Paper]) -> (Serving, String) {
    let store = folder.join("store");
    drop(searcher(&store, papers));
    let arguments =
        ["serve", "--addr", "127.0.0.1:0", "--no-sample", "--log", "error", "--store", store.to_str().unwrap()];
    let serving = Serving::by(&mut paperkin(&arguments));
    let address = format!("http://{}", serving.address);
    (serving, address)
}

/// Papers with characters that are special in bibliography formats.
fn nasty_papers() -> Vec<Paper> {
    const TITLES: [&str; 16] = [
        "{Unbalanced",
        "Un}balanced, too",
        "{Balanced} and {nested {braces}}",
        "A backslash \\ and a command \\alpha{x}",
        "@article{fish, title = {None}}",
        "100% of \"R&D\" costs $5 #1 snake_case ~ ^ `x`",
        "<script>alert('x')</script>",
        "Größe, Łódź und 姚期智 😀",
        "Pages 1--2 --- ''quoted'' <<here>>",
        "TY  - JOUR",
        "ER  - ",
        "$O(N^2)$ attention of BERT and GPT-4",
        "A trailing backslash \\",
        "%",
        "Fish, and chips; salt = vinegar",
        "MiXeD CaPiTaLs In NaCl",
    ];
    let paper = |(number, title): (usize, &&str)| {
        let id = match number % 3 {
            0 => format!("2001.{number:05}"),
            1 => format!("10.1234/(made)up_{number};2-<o>#%"),
            _ => format!("math/99010{number:02}"),
        };
        let mut paper = Paper::new(PaperId::parse(&id).unwrap(), (*title).to_owned(), format!("Abstract of {title}."));
        paper.authors = ["Ada Smith", "Smith, Ada", "Fish and Chips", "{The} \\Team", "Lena van der Berg"]
            [..number % 6]
            .iter()
            .map(|name| (*name).to_owned())
            .collect();
        paper.categories = vec!["cs.LG".into(), "math.CO".into()];
        paper.published = ["2017-06-12", "1998-06", "1948", ""]
            .get(number % 4)
            .and_then(|date| paperkin::paper::PublicationDate::parse(date));
        paper
    };
    TITLES.iter().enumerate().map(paper).collect()
}

#[test]
fn bibliographies_are_parsed_by_bibtexparser_and_rispy() {
    let folder = tempfile::tempdir().unwrap();
    let papers = nasty_papers();
    let file = |name: &str, text: String| {
        let path = folder.path().join(name);
        fs_err::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let texts = Style::ALL.map(|style| file(style.extension(), bibliography(style, &papers)));
    let files = [&[file("papers", json_lines(&papers))], &texts[..]].concat();
    ask("citations.py", &files.iter().map(String::as_str).collect::<Vec<_>>());
}

#[test]
fn the_openai_client_embeds_texts() {
    let folder = tempfile::tempdir().unwrap();
    let (_serving, address) = served(folder.path(), &papers(3));
    let texts = ["On folding images", "naïve 姚期智 <b>", "long ".repeat(2_000).trim_end()]
        .map(|text| serde_json::json!({ "text": text }).to_string());
    let embedded = run_with_input(&["embed", "--model", TINY], &texts.join("\n"));
    assert!(embedded.status.success(), "{}", stderr(&embedded));
    let (asked, wanted) = (folder.path().join("texts"), folder.path().join("vectors"));
    fs_err::write(&asked, texts.join("\n")).unwrap();
    fs_err::write(&wanted, &embedded.stdout).unwrap();
    ask("openai_client.py", &[&address, asked.to_str().unwrap(), wanted.to_str().unwrap()]);
}

#[test]
fn the_mcp_client_calls_every_tool_over_both_transports() {
    let folder = tempfile::tempdir().unwrap();
    let (_serving, address) = served(folder.path(), &papers(20));
    let (program, store) = (env!("CARGO_BIN_EXE_paperkin"), folder.path().join("store"));
    ask("mcp_client.py", &[&format!("{address}/mcp"), program, store.to_str().unwrap()]);
}

#[test]
fn feeds_are_parsed_by_feedparser() {
    let folder = tempfile::tempdir().unwrap();
    let papers = nasty_papers();
    let (_serving, address) = served(folder.path(), &papers);
    let dated = papers.iter().filter(|paper| paper.published.is_some()).cloned().collect::<Vec<_>>();
    let wanted = folder.path().join("dated.jsonl");
    fs_err::write(&wanted, json_lines(&dated)).unwrap();
    ask("feed.py", &[&address, wanted.to_str().unwrap()]);
}

#[test]
fn openapi_is_valid_and_responses_match_it() {
    let folder = tempfile::tempdir().unwrap();
    let papers = papers(20);
    let (_serving, address) = served(folder.path(), &papers);
    ask("openapi.py", &[&address, papers[1].id.as_str()]);
}

#[test]
fn metrics_are_parsed_by_the_prometheus_client() {
    let folder = tempfile::tempdir().unwrap();
    let (_serving, address) = served(folder.path(), &papers(20));
    ask("metrics.py", &[&address]);
}

#[test]
fn the_python_client_calls_every_route() {
    // It needs the standard library alone, so any Python 3 will do.
    let any = || {
        let works = Command::new("python3").arg("--version").output().is_ok_and(|output| output.status.success());
        works.then(|| PathBuf::from("python3"))
    };
    let Some(python) = required("Python", python().or_else(any)) else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("papers.jsonl");
    fs_err::write(&file, json_lines(&papers(240))).unwrap();
    let (program, output) = (env!("CARGO_BIN_EXE_paperkin"), folder.path().join("output"));
    fs_err::create_dir(&output).unwrap();
    let arguments = [program, TINY, file.to_str().unwrap(), output.to_str().unwrap()];
    run_script(&python, "paperkin_client.py", &arguments);
}
