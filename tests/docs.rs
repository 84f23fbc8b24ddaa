//! The documentation: its commands print what it shows, its links lead somewhere, its lines are short, and its terms are those of
//! the glossary.

use std::path::{Path, PathBuf};
use std::process::Command;

use paperkin::embed::{DEFAULT_MODEL, find_or_fetch};
use paperkin::progress::Silent;

const COLUMNS: usize = 100;

/// All Markdown files for readers, in the order of their paths.
fn pages() -> Vec<PathBuf> {
    let mut pages = Vec::new();
    let mut folders = vec![PathBuf::from("."), "docs/src".into(), "models".into(), "index".into(), "benches".into()];
    while let Some(folder) = folders.pop() {
        for entry in fs_err::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && folder.starts_with("docs") {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                pages.push(path);
            }
        }
    }
    pages.sort();
    assert!(pages.iter().any(|page| page.ends_with("README.md")) && pages.len() > 20, "{pages:?}");
    pages
}

/// The lines of a page, each with whether it is in a fenced block.
fn lines(text: &str) -> impl Iterator<Item = (bool, &str)> {
    let mut is_fenced = false;
    text.lines().map(move |line| {
        let is_fence = line.trim_start().starts_with("```");
        is_fenced ^= is_fence;
        (is_fenced || is_fence, line)
    })
}

/// The anchor that a heading gets: its words in lower case, joined by hyphens.
fn anchor(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = text.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.collect::<String>().replace(' ', "-")
}

#[test]
fn links_lead_to_files_and_headings() {
    for page in pages() {
        let text = fs_err::read_to_string(&page).unwrap();
        let folder = page.parent().unwrap();
        for (_, line) in lines(&text).filter(|(is_fenced, _)| !is_fenced) {
            for link in line.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
                if link.contains("://") || link.starts_with("mailto:") {
                    continue;
                }
                let (file, heading) =
                    link.split_once('#').map_or((link, None), |(file, heading)| (file, Some(heading)));
                let target = if file.is_empty() { page.clone() } else { folder.join(file) };
                assert!(target.exists(), "{}: `{link}` leads nowhere", page.display());
                if let Some(heading) = heading {
                    let target = fs_err::read_to_string(&target).unwrap();
                    let mut headings = lines(&target).filter(|(is_fenced, line)| !is_fenced && line.starts_with('#'));
                    let is_there = headings.any(|(_, line)| anchor(line) == heading);
                    assert!(is_there, "{}: no heading for `{link}`", page.display());
                }
            }
        }
    }
}

#[test]
fn every_chapter_is_in_the_summary() {
    let summary = fs_err::read_to_string("docs/src/SUMMARY.md").unwrap();
    for page in pages().iter().filter_map(|page| page.strip_prefix("docs/src").ok()) {
        let link = format!("]({})", page.display());
        assert!(page.ends_with("SUMMARY.md") || summary.contains(&link), "{} is not in SUMMARY.md", page.display());
    }
}

#[test]
fn lines_outside_of_tables_are_short() {
    for page in pages() {
        let text = fs_err::read_to_string(&page).unwrap();
        for (number, line) in (1..).zip(text.lines()) {
            let is_short = line.chars().count() <= COLUMNS || line.trim_start().starts_with('|');
            assert!(is_short, "{}:{number}: {} characters", page.display(), line.chars().count());
        }
    }
}

#[test]
fn prose_uses_the_terms_of_the_glossary() {
    /// Wordings that the standard term replaces.
    const REPLACED: [&str; 20] = [
        "its kin",
        "the kin of",
        "so many",
        "come again",
        "takes them away",
        "gives it up",
        "give back the room",
        "gives back the room",
        "numbers a vector",
        "takes its best papers for right",
        "come and go",
        "whether it lives",
        "half embedded",
        "index of words",
        "is a guest",
        "what people judged",
        "finds the store being written",
        "nobody thought of",
        "in your own machine",
        "slowest hundredth",
    ];
    for page in pages() {
        let text = fs_err::read_to_string(&page).unwrap();
        let prose: Vec<&str> = lines(&text).filter(|(is_fenced, _)| !is_fenced).map(|(_, line)| line).collect();
        let prose = prose.join(" ").to_lowercase();
        for wording in REPLACED {
            assert!(!prose.contains(wording), "{}: \"{wording}\"", page.display());
        }
    }
    let help = crate::support::stdout(&crate::support::run(&["--help"]));
    assert!(REPLACED.iter().all(|wording| !help.contains(wording)), "{help}");
}

#[test]
fn readme_fits_a_few_screens() {
    let lines = fs_err::read_to_string("README.md").unwrap().lines().count();
    assert!(lines <= 150, "{lines} lines");
}

/// A command of a `console` block, with the output that the page shows.
struct Shown {
    command: String,
    output: String,
}

fn shown(text: &str) -> Vec<Shown> {
    let mut all: Vec<Shown> = Vec::new();
    let mut is_console = false;
    for line in text.lines() {
        if line.starts_with("```") {
            is_console = line == "```console";
        } else if is_console {
            match line.strip_prefix("$ ") {
                Some(command) => all.push(Shown { command: command.to_owned(), output: String::new() }),
                None => all.last_mut().unwrap().output.push_str(&format!("{line}\n")),
            }
        }
    }
    all
}

/// Whether an output is as shown: a line `...` stands for any lines, `[..]` for any part of a line.
fn agrees(shown: &[&str], found: &[&str]) -> bool {
    match shown {
        [] => found.is_empty(),
        ["...", rest @ ..] => (0..=found.len()).any(|skipped| agrees(rest, &found[skipped..])),
        [line, rest @ ..] => {
            found.split_first().is_some_and(|(next, others)| is_like(line, next) && agrees(rest, others))
        }
    }
}

fn is_like(shown: &str, found: &str) -> bool {
    let mut parts = shown.split("[..]");
    let Some(mut rest) = parts.next().and_then(|first| found.strip_prefix(first)) else { return false };
    let mut is_whole = false;
    for part in parts {
        let Some(at) = rest.rfind(part) else { return false };
        rest = &rest[at + part.len()..];
        is_whole = part.is_empty();
    }
    is_whole || rest.is_empty()
}

/// Runs the commands of a page in one folder, as somebody who follows it does.
fn follow(page: &str, files: &[&str]) {
    // The page says that the first command fetches the model and prints its progress.
    find_or_fetch(DEFAULT_MODEL, &Silent).unwrap();
    let folder = tempfile::tempdir().unwrap();
    for file in files {
        fs_err::copy(file, folder.path().join(Path::new(file).file_name().unwrap())).unwrap();
    }
    let program = Path::new(env!("CARGO_BIN_EXE_paperkin")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap_or_default());
    let all = shown(&fs_err::read_to_string(page).unwrap());
    assert!(!all.is_empty(), "{page} has no commands");
    for Shown { command, output } in all {
        let mut shell = Command::new("bash");
        shell.args(["-c", &command]).current_dir(folder.path()).env("PATH", &path).env("COLUMNS", "80");
        // The 16-bit kernels of some processors give other third digits of a score.
        shell.env("PAPERKIN_KERNEL", "portable");
        for variable in ["PAPERKIN_STORE", "PAPERKIN_MODEL", "PAPERKIN_THREADS"] {
            shell.env_remove(variable);
        }
        let found = shell.output().unwrap();
        let printed = String::from_utf8(found.stdout).unwrap();
        let (wanted, lines): (Vec<&str>, Vec<&str>) =
            (output.trim_end().lines().collect(), printed.trim_end().lines().collect());
        let errors = String::from_utf8_lossy(&found.stderr);
        assert!(agrees(&wanted, &lines), "{page}: `{command}` printed\n{printed}{errors}\ninstead of\n{output}");
    }
}

#[test]
#[cfg(unix)]
fn commands_of_the_tutorial_print_what_it_shows() {
    follow("docs/src/tutorial.md", &["docs/src/papers.csv"]);
}

#[test]
#[cfg(unix)]
fn commands_of_the_readme_print_what_it_shows() {
    follow("README.md", &[]);
}

#[test]
fn outputs_are_compared_with_their_gaps() {
    let lines = |text: &'static str| text.lines().collect::<Vec<_>>();
    assert!(agrees(&lines("a [..] c\n...\nz"), &lines("a b c\nx\ny\nz")));
    assert!(agrees(&lines("in [..]"), &lines("in 3 ms")));
    assert!(!agrees(&lines("a\n..."), &lines("b")));
    assert!(!agrees(&lines("a [..] c"), &lines("a b d")));
    assert!(!agrees(&lines("a"), &lines("a\nb")));
}
