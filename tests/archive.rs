//! Snapshots as archives: what is restored, and which archives are refused.

use std::io::{Read, Write};
use std::path::Path;
use std::process::{Output, Stdio};

use sha2::{Digest, Sha256};

use crate::support::{TINY, json, json_lines, paperkin, papers, run, run_with_input, stderr, stdout};

/// A store of 60 papers of which one is deleted, and its archive.
fn archived(dir: &Path) -> (String, String) {
    let path = |name: &str| dir.join(name).to_str().unwrap().to_owned();
    let (store, archive) = (path("store"), path("papers.tar.zst"));
    let added = run_with_input(&["add", "--model", TINY, "--store", &store, "-"], &json_lines(&papers(60)));
    assert!(added.status.success(), "{}", stderr(&added));
    assert!(run(&["remove", "--store", &store, "2001.00012"]).status.success());
    let copied = run(&["snapshot", "--store", &store, &archive]);
    assert!(stdout(&copied).starts_with("copied 59 papers to `"), "{}{}", stdout(&copied), stderr(&copied));
    (store, archive)
}

fn restored(dir: &Path, archive: &[u8]) -> Output {
    let mut child = paperkin(&["restore", "--no-index", "--store", dir.to_str().unwrap(), "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The program may end before it has read everything.
    let _ = child.stdin.take().unwrap().write_all(archive);
    child.wait_with_output().unwrap()
}

fn is_empty(dir: &Path) -> bool {
    std::fs::read_dir(dir).is_ok_and(|mut entries| entries.next().is_none())
}

#[test]
fn a_restored_store_gives_the_same_answers() {
    let folder = tempfile::tempdir().unwrap();
    let (store, archive) = archived(folder.path());
    let copy = folder.path().join("copy").to_str().unwrap().to_owned();
    let output = run(&["restore", "--store", &copy, &archive]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(stdout(&output).contains("restored 59 papers") && stdout(&output).contains("built the HNSW graph"));
    for arguments in [&["search", "folding", "images"][..], &["related", "2001.00004"], &["export"], &["facets"]] {
        let of = |store: &str| {
            let output = run(&[arguments, &["--json", "--store", store]].concat());
            let output = if output.status.success() { output } else { run(&[arguments, &["--store", store]].concat()) };
            assert!(output.status.success(), "{}", stderr(&output));
            let text = stdout(&output);
            // Times differ.
            text.lines().filter(|line| !line.contains("took_ms")).collect::<Vec<_>>().join("\n")
        };
        let (before, after) = (of(&store), of(&copy));
        let untimed = |text: &str| text.split("\"took_ms\"").next().unwrap().to_owned();
        assert_eq!(untimed(&before), untimed(&after), "{arguments:?}");
    }
    assert!(run(&["status", "--check", "--store", &copy]).status.success());
    assert_eq!(json(&run(&["status", "--json", "--store", &copy]))["papers"], 59);
    // No temporary file or folder is left.
    let mut names: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["copy", "papers.tar.zst", "store"]);

    let again = run(&["restore", "--store", &copy, &archive]);
    assert_eq!(again.status.code(), Some(2));
    assert!(stderr(&again).contains("is not empty"), "{}", stderr(&again));
}

#[test]
fn an_archive_lists_the_digest_of_each_file() {
    let folder = tempfile::tempdir().unwrap();
    let (store, archive) = archived(folder.path());
    let piped = run(&["snapshot", "--store", &store, "-"]);
    assert!(stderr(&piped).contains("copied 59 papers"), "{}", stderr(&piped));
    for archive in [std::fs::read(archive).unwrap(), piped.stdout] {
        let mut archive = tar::Archive::new(zstd::Decoder::new(&archive[..]).unwrap());
        let mut files = archive.entries().unwrap().map(|entry| {
            let mut entry = entry.unwrap();
            let mut content = Vec::new();
            entry.read_to_end(&mut content).unwrap();
            (entry.path().unwrap().to_str().unwrap().to_owned(), content)
        });
        let (first, sums) = files.next().unwrap();
        assert_eq!(first, "SHA256SUMS");
        let found: String = files
            .map(|(name, content)| {
                let digest: String = Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect();
                format!("{digest}  {name}\n")
            })
            .collect();
        assert_eq!(String::from_utf8(sums).unwrap(), found);
        assert!(found.ends_with("  meta.json\n") && found.contains("  papers.sqlite\n"), "{found}");
    }
}

#[test]
fn damaged_archives_are_refused_and_leave_the_folder_empty() {
    let folder = tempfile::tempdir().unwrap();
    let (_, archive) = archived(folder.path());
    let whole = std::fs::read(archive).unwrap();
    let dir = folder.path().join("copy");
    let mut broken: Vec<Vec<u8>> = (0..12).map(|part| whole[..whole.len() * part / 12].to_vec()).collect();
    for part in 0..12 {
        let mut flipped = whole.clone();
        flipped[whole.len() * part / 12 + 7] ^= 0x10;
        broken.push(flipped);
    }
    broken.push(b"not an archive".to_vec());
    for archive in broken {
        let output = restored(&dir, &archive);
        assert_eq!(output.status.code(), Some(2), "{}", stdout(&output));
        assert!(
            stderr(&output).contains("cannot restore `-`: ") && stderr(&output).contains("hint: "),
            "{}",
            stderr(&output)
        );
        assert!(is_empty(&dir));
    }
    assert!(restored(&dir, &whole).status.success());
}

#[test]
fn files_that_are_not_listed_are_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("copy");
    let digest: String = Sha256::digest("x").iter().map(|byte| format!("{byte:02x}")).collect();
    for (sums, name, kind) in [
        (format!("{digest}  ../evil\n"), "evil", tar::EntryType::Regular),
        (format!("{digest}  papers.sqlite\n"), "other", tar::EntryType::Regular),
        (format!("{digest}  papers.sqlite\n"), "papers.sqlite", tar::EntryType::Symlink),
        (format!("{digest}  papers.sqlite\n"), "papers.sqlite", tar::EntryType::Directory),
        (String::new(), "papers.sqlite", tar::EntryType::Regular),
    ] {
        let mut archive = tar::Builder::new(zstd::Encoder::new(Vec::new(), 1).unwrap());
        let mut add = |name: &str, kind: tar::EntryType, content: &str| {
            let mut header = tar::Header::new_gnu();
            header.set_size(content.len() as u64);
            header.set_entry_type(kind);
            header.set_mode(0o644);
            if kind == tar::EntryType::Symlink {
                header.set_link_name("/etc/passwd").unwrap();
            }
            archive.append_data(&mut header, name, content.as_bytes()).unwrap();
        };
        add("SHA256SUMS", tar::EntryType::Regular, &sums);
        add(name, kind, "x");
        let output = restored(&dir, &archive.into_inner().unwrap().finish().unwrap());
        assert_eq!(output.status.code(), Some(2), "{name} {kind:?}");
        assert!(stderr(&output).contains("cannot restore"), "{}", stderr(&output));
        assert!(is_empty(&dir) && !folder.path().join("evil").exists());
    }
}
