//! The commands: their output, their exit status and their help.

use std::path::Path;

use clap::Command;
use paperkin::cli;
use paperkin::ingest::open_store;
use serde_json::Value;

use crate::support::{
    TINY, json, json_lines, paper, paperkin, papers, run, run_with_input, stderr, stdout, tiny_model,
};

/// A store with 20 papers, created by the program.
fn filled(folder: &Path) -> String {
    let store = folder.join("store").to_str().unwrap().to_owned();
    let input = json_lines(&papers(20));
    let added = run_with_input(&["add", "--json", "--model", TINY, "--store", &store, "-"], &input);
    assert_eq!(json(&added)["added"], 20);
    assert_eq!(stderr(&added), "", "silent when piped");
    store
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn search_uses_the_model_of_the_store() {
    let folder = tempfile::tempdir().unwrap();
    let store = filled(folder.path());
    let question = paper(5).text();
    let found = run(&["search", "--store", &store, "-k", "3", &question]);
    assert_eq!(found.status.code(), Some(0), "{}", stderr(&found));
    let lines = stdout(&found);
    assert!(lines.starts_with(" 1. On naming images, part 5"), "{lines}");
    assert!(lines.contains("    Author 5, Someone Else · math/9901005"), "{lines}");
    assert!(lines.lines().all(|line| line.chars().count() <= 80) && !lines.contains('\u{1b}'));

    let answer = json(&run(&["search", "--store", &store, "-k", "3", "--json", &question]));
    assert_eq!(keys(&answer), ["among", "hits", "mode", "query", "took_ms"]);
    assert_eq!(answer["hits"].as_array().unwrap().len(), 3);
    let hit = &answer["hits"][0];
    for key in
        ["rank", "id", "title", "authors", "organisation", "categories", "published", "url", "score", "highlight"]
    {
        assert!(hit.get(key).is_some(), "{key}");
    }
    assert_eq!((&hit["rank"], &hit["id"]), (&Value::from(1), &Value::from("math/9901005")));
    assert_eq!(hit["url"], "https://arxiv.org/abs/math/9901005");
    assert!(paper(5).abstract_text.contains(hit["highlight"].as_str().unwrap()));
}

#[test]
fn related_show_and_status() {
    let folder = tempfile::tempdir().unwrap();
    let store = filled(folder.path());
    let related = json(&run(&["related", "--json", "--store", &store, "math/9901005", "doi:10.1234/MADE.UP.2"]));
    let ids: Vec<&str> = related["hits"].as_array().unwrap().iter().map(|hit| hit["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), 10);
    assert!(!ids.contains(&"math/9901005") && !ids.contains(&"10.1234/made.up.2"));

    let shown = run(&["show", "--store", &store, "arXiv:2001.00004v3"]);
    insta::assert_snapshot!(stdout(&shown));
    assert_eq!(json(&run(&["show", "--json", "--store", &store, "2001.00004"]))["title"], paper(4).title);

    let status = json(&run(&["status", "--json", "--store", &store]));
    assert_eq!(
        keys(&status),
        [
            "dead_rows",
            "dimension",
            "format",
            "graph_audit",
            "graph_bytes",
            "graph_candidates",
            "graph_rows",
            "kernel",
            "lexical_rows",
            "model",
            "older_text",
            "papers",
            "revision",
            "store_bytes",
            "tuning",
            "unfinished"
        ]
    );
    assert_eq!(
        (&status["papers"], &status["dimension"], &status["model"]),
        (&20.into(), &32.into(), &"tiny-bert".into())
    );
    assert!(status["store_bytes"].as_u64().unwrap() > 20 * 32 * 4);
}

#[test]
fn embed_keeps_the_order_in_both_formats() {
    let lines: Vec<String> = papers(7)
        .iter()
        .enumerate()
        .map(|(place, paper)| serde_json::json!({ "id": place, "text": paper.text() }).to_string())
        .collect();
    let embed = |arguments: &[&str]| {
        let output = run_with_input(&[&["embed", "--model", TINY], arguments].concat(), &lines.join("\n"));
        assert!(output.status.success(), "{}", stderr(&output));
        output
    };
    let as_lines = stdout(&embed(&["--threads", "2"]));
    let raw = embed(&["--format", "f32", "--threads", "1", "-"]).stdout;
    assert_eq!(raw.len(), 7 * 32 * 4);
    let mut rows = raw.chunks_exact(32 * 4);
    for (place, line) in as_lines.lines().enumerate() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(line["id"], place.to_string());
        assert!(line["truncated"].is_boolean());
        let numbers: Vec<f32> = serde_json::from_value(line["embedding"].clone()).unwrap();
        let row: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
        assert_eq!(rows.next().unwrap(), row);
        assert!((numbers.iter().map(|number| number * number).sum::<f32>() - 1.0).abs() < 1e-5);
    }
    assert!(rows.next().is_none());
    assert!(embed(&["--role", "query"]).stdout.len() > 7 * 32);
}

#[test]
fn embed_stops_at_the_first_invalid_line() {
    let output = run_with_input(&["embed", "--model", TINY, "--format", "f32"], "{\"text\": \"one\"}\n\nnonsense\n");
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(output.stdout.len(), 32 * 4);
    assert!(
        stderr(&output).contains("standard input:3: expected a JSON object with a `text`, or a paper"),
        "{}",
        stderr(&output)
    );
    let nothing = run_with_input(&["embed", "--model", TINY], "");
    assert!(nothing.status.success() && nothing.stdout.is_empty());
}

#[test]
fn embed_replaces_a_file_when_it_is_complete_and_sets_invalid_lines_aside() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (file, rejected) = (path("vectors"), path("rejected"));
    let arguments = ["embed", "--model", TINY, "--format", "f32", "--output", &file];
    let lines = "{\"text\": \"one\"}\n\nnonsense\n{\"text\": \"two\"}\n";
    assert_eq!(run_with_input(&arguments, lines).status.code(), Some(2));
    assert_eq!(fs_err::read_dir(folder.path()).unwrap().count(), 0);
    let output = run_with_input(&[&arguments[..], &["--rejected", &rejected]].concat(), lines);
    assert!(output.status.success() && output.stdout.is_empty(), "{}", stderr(&output));
    assert!(stderr(&output).contains("1 invalid line was left out"), "{}", stderr(&output));
    assert_eq!(fs_err::read(&file).unwrap().len(), 2 * 32 * 4);
    let line: serde_json::Value = serde_json::from_slice(&fs_err::read(&rejected).unwrap()).unwrap();
    assert_eq!((&line["line"], &line["text"]), (&3.into(), &"nonsense".into()));
    assert!(line["reason"].as_str().unwrap().starts_with("expected a JSON object with a `text`, or a paper: "));
}

#[test]
#[cfg(not(feature = "parquet"))]
fn embeddings_in_parquet_need_the_feature() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store");
    let added = run(&["--store", store.to_str().unwrap(), "add", "--vectors", "papers.parquet"]);
    let embedded = run(&["embed", "--model", TINY, "--format", "parquet"]);
    for (output, wanted) in [(added, "does not read Parquet files"), (embedded, "does not write Parquet files")] {
        let told = stderr(&output);
        assert_eq!(output.status.code(), Some(2));
        assert!(told.contains(wanted) && told.contains("cargo install --path . --locked --features parquet"), "{told}");
    }
    assert!(!store.exists());
}

#[test]
fn embed_succeeds_if_the_reader_closes_the_pipe() {
    use std::io::{BufRead, BufReader};
    use std::process::Stdio;

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("texts.jsonl");
    fs_err::write(&file, "{\"text\": \"a paper\"}\n".repeat(3000)).unwrap();
    for format in ["jsonl", "f32"] {
        let arguments = ["embed", "--model", TINY, "--format", format, file.to_str().unwrap()];
        let mut child = paperkin(&arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        BufReader::with_capacity(16, child.stdout.take().unwrap()).fill_buf().unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success() && output.stderr.is_empty(), "{format}: {}", stderr(&output));
    }
}

#[test]
fn the_environment_selects_the_kernel_that_status_shows() {
    let folder = tempfile::tempdir().unwrap();
    let store = filled(folder.path());
    let forced = |name: &str| paperkin(&["status", "--store", &store]).env("PAPERKIN_KERNEL", name).output().unwrap();
    assert!(stdout(&forced("portable")).contains("kernel       portable"), "{}", stdout(&forced("portable")));
    let unknown = forced("abacus");
    assert_eq!(unknown.status.code(), Some(2));
    assert!(stderr(&unknown).contains("the kernel `abacus` does not exist"), "{}", stderr(&unknown));
}

#[cfg(unix)]
#[test]
fn add_nice_adds_the_papers() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store").to_str().unwrap().to_owned();
    let added = run_with_input(&["add", "--nice", "--model", TINY, "--store", &store, "-"], &json_lines(&papers(3)));
    assert!(added.status.success(), "{}", stderr(&added));
    assert!(stdout(&added).contains("3 added") && stderr(&added).is_empty(), "{}", stderr(&added));
}

#[test]
fn add_reports_counts_and_invalid_records() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store").to_str().unwrap().to_owned();
    let input = format!("{}{{\"title\":\"No abstract\"}}\nnonsense\n{{}}\n", json_lines(&papers(3)));
    let arguments = ["add", "--model", TINY, "--store", &store, "-"];
    let added = run_with_input(&arguments, &input);
    assert_eq!(added.status.code(), Some(0));
    insta::assert_snapshot!(format!("{}---\n{}", stdout(&added), stderr(&added)));
    let again = json(&run_with_input(&["add", "--json", "--model", TINY, "--store", &store, "-"], &input));
    for (key, wanted) in [("read", 4), ("added", 0), ("updated", 0), ("unchanged", 4), ("truncated", 0)] {
        assert_eq!(again[key], wanted, "{key}");
    }
    assert_eq!(again["skipped"].as_array().unwrap().len(), 2);
    assert_eq!((&again["skipped"][0]["file"], &again["skipped"][0]["line"]), (&"standard input".into(), &5.into()));
}

#[test]
fn search_in_an_empty_store_reports_nothing_found() {
    let folder = tempfile::tempdir().unwrap();
    open_store(folder.path(), &tiny_model()).unwrap();
    let found = run(&["search", "--store", folder.path().to_str().unwrap(), "--model", TINY, "anything"]);
    assert_eq!(found.status.code(), Some(1));
    assert_eq!(stdout(&found), "");
    assert!(stderr(&found).contains("nothing found"));
}

#[test]
fn add_follows_year_strict_and_format() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store").to_str().unwrap().to_owned();
    let help = stdout(&run(&["add", "--help"])).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(help.contains("[default: the year of the file's last modification; the current year for standard input]"));
    let page = "A page of fish\n\nFish swim.\n\n  • 2 authors\n·\nMar 4\n";
    let year = run_with_input(&["add", "--year", "2003", "--model", TINY, "--store", &store, "-"], page);
    assert_eq!(year.status.code(), Some(0), "{}", stderr(&year));
    let answer = json(&run(&["search", "--json", "--store", &store, "fish"]));
    assert_eq!(answer["hits"][0]["published"], "2003-03-04");

    let strict =
        run_with_input(&["add", "--strict", "--model", TINY, "--store", &store, "-"], "{\"title\":\"a\"}\n{}\n");
    assert_eq!(strict.status.code(), Some(2));
    assert!(stderr(&strict).contains("standard input:2: expected a title, found none"), "{}", stderr(&strict));
    assert_eq!(json(&run(&["status", "--json", "--store", &store]))["papers"], 2, "the record before it is kept");

    let forced =
        run_with_input(&["add", "--format", "csv", "--model", TINY, "--store", &store, "-"], "title\nA lone column\n");
    assert_eq!(forced.status.code(), Some(0), "{}", stderr(&forced));
}

#[test]
fn models_are_listed_shown_and_verified() {
    let listed = json(&run(&["--store", "anywhere", "models", "list", "--json"]));
    assert_eq!(listed["models"][0]["name"], "all-MiniLM-L6-v2");
    let shown = json(&run(&["models", "show", TINY, "--json"]));
    assert_eq!((&shown["dimension"], &shown["path"]), (&32.into(), &TINY.into()));
    let verified = run(&["models", "verify", TINY]);
    assert_eq!(verified.status.code(), Some(0), "{}", stderr(&verified));
}

#[test]
#[cfg(target_os = "linux")]
fn a_write_error_fails_but_a_closed_pipe_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let store = filled(folder.path());
    let full = fs_err::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let full: std::fs::File = full.into();
    let written = paperkin(&["status", "--store", &store]).stdout(full).output().unwrap();
    assert_eq!(written.status.code(), Some(2));
    assert!(stderr(&written).starts_with("error: "), "{}", stderr(&written));

    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let closed = paperkin(&["status", "--store", &store]).stdout(writer).output().unwrap();
    assert_eq!((closed.status.code(), stderr(&closed).as_str()), (Some(0), ""));
}

#[test]
fn search_help_explains_the_fusions() {
    let help = stdout(&run(&["search", "--help"])).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(help.contains("BM25 as a share of its upper bound for the query"), "{help}");
    assert!(!help.contains("best paper"), "no score is scaled by that of another paper");
}

#[test]
fn help_lists_all_commands_on_one_screen() {
    let output = run(&["--help"]);
    assert_eq!(output.status.code(), Some(0));
    let help = stdout(&output);
    let lines: Vec<&str> = help.lines().collect();
    assert!(lines.len() <= 40, "{} lines:\n{help}", lines.len());
    assert!(lines.iter().all(|line| line.chars().count() <= 80), "{help}");
    for command in cli::command().get_subcommands() {
        let entry = format!("  {} ", command.get_name());
        let summary = command.get_about().unwrap().to_string();
        let listed = lines.iter().any(|line| line.starts_with(&entry) && line.ends_with(&summary));
        assert!(listed, "no line for `{}`:\n{help}", command.get_name());
    }
}

#[test]
fn help_of_each_command_ends_with_examples_that_parse() {
    let program = cli::command();
    let mut commands: Vec<&Command> = program.get_subcommands().collect();
    commands.extend(program.find_subcommand("models").unwrap().get_subcommands());
    for command in commands {
        let name = command.get_name();
        let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        let examples = help.strip_prefix("Examples:\n").unwrap_or_else(|| panic!("`{name}` has no examples: {help}"));
        let examples: Vec<&str> = examples.lines().collect();
        assert!(examples.len() >= 2, "{name}: {help}");
        for example in examples {
            assert!(example.starts_with("  paperkin ") && example.chars().count() <= 80, "{name}: {example}");
            let words = words(example);
            assert!(words.iter().any(|word| word == name), "{name}: {example}");
            if let Err(error) = cli::command().try_get_matches_from(words) {
                panic!("{example}\n{error}");
            }
        }
    }
}

/// The words of a command line, without its redirection or comment. Only single quotes are understood.
fn words(line: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for (place, part) in line.split('\'').enumerate() {
        if place % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    let end = words.iter().position(|word| word == ">" || word == "#").unwrap_or(words.len());
    words.truncate(end);
    words
}

#[test]
fn overview_shows_the_collection_and_queries_that_search_answers() {
    let folder = tempfile::tempdir().unwrap();
    let store = filled(folder.path());
    let overview = json(&run(&["overview", "--json", "--store", &store]));
    assert_eq!(keys(&overview), ["categories", "examples", "newest", "papers", "years"]);
    assert_eq!((&overview["papers"], overview["newest"].as_array().unwrap().len()), (&20.into(), 5));
    let text = stdout(&run(&["overview", "--store", &store]));
    for example in overview["examples"].as_array().unwrap() {
        let example = example.as_str().unwrap();
        assert!(text.contains(example), "{example} is not in {text}");
        assert_eq!(run(&["search", "--store", &store, example]).status.code(), Some(0), "{example}");
    }
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");

    let empty = folder.path().join("empty");
    open_store(&empty, &tiny_model()).unwrap();
    let nothing = run(&["overview", "--store", empty.to_str().unwrap()]);
    assert_eq!(nothing.status.code(), Some(1));
    assert!(stderr(&nothing).contains("the store is empty"), "{}", stderr(&nothing));
}

#[test]
fn completions_and_manual_pages_name_every_command() {
    let names: Vec<String> = cli::command().get_subcommands().map(|command| command.get_name().to_owned()).collect();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = stdout(&run(&["completions", shell]));
        assert!(names.iter().all(|name| script.contains(name)), "{shell}");
    }
    assert_eq!(run(&["completions", "tcsh"]).status.code(), Some(2));
    // The shell accepts its script and completes a command.
    let script = "source <(\"$0\" completions bash); COMP_WORDS=(paperkin sea); COMP_CWORD=1; \
                  _paperkin paperkin sea paperkin; echo \"${COMPREPLY[@]}\"";
    let bash = std::process::Command::new("bash").args(["-c", script, env!("CARGO_BIN_EXE_paperkin")]).output();
    if let Ok(completed) = bash {
        assert_eq!(stdout(&completed).trim(), "search", "{}", stderr(&completed));
    }

    let folder = tempfile::tempdir().unwrap();
    let pages = folder.path().join("new/man1");
    assert_eq!(run(&["man", pages.to_str().unwrap()]).status.code(), Some(0));
    for name in names.iter().map(|name| format!("paperkin-{name}.1")).chain(["paperkin.1".to_owned()]) {
        let page = fs_err::read_to_string(pages.join(&name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(page.contains(".SH NAME"), "{name}");
    }
}
