//! Does ARCHITECTURE.md tell of what is there? Every folder by its name, in few lines that fit a screen.

use std::path::{Path, PathBuf};

const LINES: usize = 250;
const COLUMNS: usize = 100;
/// No file of the program is longer than this, and half of them have no more lines than that.
const LONGEST_FILE: usize = 400;
const MEDIAN_FILE: usize = 150;

fn is_source(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|extension| extension == "rs") && !name.contains(' ')
}

/// The folders and the files of the program.
fn sources(dir: &Path, folders: &mut Vec<PathBuf>, files: &mut Vec<PathBuf>) {
    for entry in fs_err::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, folders, files);
            folders.push(path);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

#[test]
fn architecture_names_every_folder_in_lines_that_can_be_read() {
    let text = fs_err::read_to_string("ARCHITECTURE.md").unwrap();
    assert!(text.lines().count() <= LINES, "{} lines", text.lines().count());
    let wide: Vec<&str> = text.lines().filter(|line| line.chars().count() > COLUMNS).collect();
    assert!(wide.is_empty(), "{wide:#?}");
    let (mut folders, mut files) = (Vec::new(), Vec::new());
    sources(Path::new("src"), &mut folders, &mut files);
    let is_missing = |folder: &&PathBuf| {
        let name = folder.strip_prefix("src").unwrap().to_str().unwrap().to_owned();
        !folder.ends_with("tests")
            && folder
                .read_dir()
                .unwrap()
                .any(|entry| entry.unwrap().path().extension().is_some_and(|kind| kind == "rs"))
            && !text.contains(&format!("`{name}`"))
            && !text.contains(&format!("`{name}/`"))
    };
    let missing: Vec<&PathBuf> = folders.iter().filter(is_missing).collect();
    assert!(missing.is_empty(), "ARCHITECTURE.md does not name {missing:?}");
    // A file that it names is there.
    for name in text.split('`').skip(1).step_by(2).filter(|name| is_source(name)) {
        assert!(files.iter().any(|file| file.ends_with(name)), "`{name}` is not there");
    }
}

#[test]
fn files_are_short_and_begin_with_what_they_answer() {
    let (mut folders, mut files) = (Vec::new(), Vec::new());
    sources(Path::new("src"), &mut folders, &mut files);
    let mut lengths = Vec::new();
    for file in &files {
        let text = fs_err::read_to_string(file).unwrap();
        assert!(text.starts_with("//! ") || file.ends_with("main.rs"), "{} has no header", file.display());
        let length = text.lines().count();
        assert!(length <= LONGEST_FILE, "{} has {length} lines", file.display());
        lengths.push(length);
    }
    lengths.sort_unstable();
    assert!(lengths[lengths.len() / 2] <= MEDIAN_FILE, "{}", lengths[lengths.len() / 2]);
}

#[test]
fn searches_do_not_wait_for_each_other_while_they_count_and_walk() {
    // A lock around the counting of feedback's terms made all searches wait for one.
    let (mut folders, mut files) = (Vec::new(), Vec::new());
    for module in ["src/full_text", "src/graph"] {
        sources(Path::new(module), &mut folders, &mut files);
    }
    let of_search = ["retrieve", "fusion", "feedback", "relevance_model", "ranking"];
    files.extend(of_search.map(|name| Path::new("src/search").join(name).with_extension("rs")));
    // This file locks a table of words for the time of a look-up in it, which its tests prove.
    files.retain(|file| !file.ends_with("full_text/remembered.rs"));
    for file in files {
        let text = fs_err::read_to_string(&file).unwrap();
        let read = text.split("#[cfg(test)]").next().unwrap();
        assert!(!read.contains("Mutex") && !read.contains("RwLock"), "{} has a lock", file.display());
    }
}
