//! What is left on a disk when the power fails? The model that tests/power_loss.rs replays a recording on.
//!
//! `tests/data/power_loss.c` records every write and every change of a name that the program makes. They go to a disk that
//! promises as little as POSIX does:
//!
//! - the bytes and the length of a file are durable when that file was synced afterwards, whatever else was;
//! - a name that was made, moved or taken away is durable when its folder was synced afterwards: syncing the file is not
//!   enough, as it would be on ext4;
//! - of all that is not durable nothing is there, or everything, or any writes of a file and the first few changes of
//!   names: file systems write data in any order, and names in that of their journal;
//! - caches are not there.
//!
//! A single write is there or not. SQLite's log has a checksum for every part of it, and vectors count only when they
//! were synced before.

use std::collections::{BTreeMap, HashMap};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Random, stderr};

/// Compiles the recording layer; `None`, said aloud, where there is no C compiler.
pub fn layer(folder: &Path) -> Option<PathBuf> {
    let library = folder.join("power_loss.so");
    let arguments = ["-shared", "-fPIC", "-O1", "tests/data/power_loss.c", "-ldl", "-lpthread", "-o"];
    let Ok(output) = Command::new("cc").args(arguments).arg(&library).output() else {
        eprintln!("left out: there is no C compiler `cc`");
        return None;
    };
    assert!(output.status.success(), "{}", stderr(&output));
    Some(library)
}

#[derive(Clone, Copy, PartialEq)]
enum Node {
    File(usize),
    Folder,
}

#[derive(Clone)]
enum Change {
    Write(usize, Vec<u8>),
    Truncate(usize),
}

#[derive(Clone)]
enum Naming {
    Link(PathBuf, Node),
    Unlink(PathBuf),
    Rename(PathBuf, PathBuf, Node),
}

#[derive(Clone, Default)]
struct File {
    durable: Vec<u8>,
    pending: Vec<Change>,
}

/// A disk, and what is on its way there.
#[derive(Clone, Default)]
pub struct Disk {
    files: Vec<File>,
    inodes: HashMap<u64, usize>,
    /// As programs see them.
    names: BTreeMap<PathBuf, Node>,
    durable_names: BTreeMap<PathBuf, Node>,
    pending_names: Vec<Naming>,
}

impl Change {
    fn apply(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Write(offset, written) => {
                bytes.resize(bytes.len().max(offset + written.len()), 0);
                bytes[*offset..offset + written.len()].copy_from_slice(written);
            }
            Self::Truncate(length) => bytes.resize(*length, 0),
        }
    }
}

impl Naming {
    fn folder(&self) -> &Path {
        let (Self::Link(path, _) | Self::Unlink(path) | Self::Rename(_, path, _)) = self;
        path.parent().unwrap()
    }

    fn apply(&self, names: &mut BTreeMap<PathBuf, Node>) {
        match self {
            Self::Link(path, node) => drop(names.insert(path.clone(), *node)),
            Self::Unlink(path) => drop(names.remove(path)),
            Self::Rename(old, new, node) => {
                names.remove(old);
                names.insert(new.clone(), *node);
            }
        }
    }
}

impl Disk {
    /// A disk with everything that is in a folder, durable.
    pub fn with(folder: &Path) -> Self {
        let mut disk = Self::default();
        disk.take_in(folder);
        disk.durable_names = disk.names.clone();
        disk
    }

    fn take_in(&mut self, folder: &Path) {
        for entry in fs_err::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                self.names.insert(path.clone(), Node::Folder);
                self.take_in(&path);
            } else {
                self.inodes.insert(path.metadata().unwrap().ino(), self.files.len());
                self.names.insert(path.clone(), Node::File(self.files.len()));
                self.files.push(File { durable: fs_err::read(path).unwrap(), pending: Vec::new() });
            }
        }
    }

    fn file(&mut self, inode: &str) -> &mut File {
        &mut self.files[self.inodes[&inode.parse().unwrap()]]
    }

    fn rename(&mut self, naming: Naming) {
        naming.apply(&mut self.names);
        self.pending_names.push(naming);
    }

    pub fn apply(&mut self, record: &Record) {
        let (what, of) = record.line.split_once(' ').unwrap();
        let path = PathBuf::from(of);
        let words: Vec<&str> = of.split(' ').collect();
        match what {
            "create" => {
                let (inode, path) = of.split_once(' ').unwrap();
                self.inodes.insert(inode.parse().unwrap(), self.files.len());
                self.files.push(File::default());
                self.rename(Naming::Link(path.into(), Node::File(self.files.len() - 1)));
            }
            "mkdir" => self.rename(Naming::Link(path, Node::Folder)),
            "unlink" => self.rename(Naming::Unlink(path)),
            "rename" => {
                let (old, new) = of.split_once('\t').unwrap();
                let node = self.names[Path::new(old)];
                self.rename(Naming::Rename(old.into(), new.into(), node));
            }
            "write" => {
                let change = Change::Write(words[1].parse().unwrap(), record.bytes.clone());
                self.file(words[0]).pending.push(change);
            }
            "truncate" => self.file(words[0]).pending.push(Change::Truncate(words[1].parse().unwrap())),
            "sync" => {
                let File { durable, pending } = self.file(words[0]);
                pending.drain(..).for_each(|change| change.apply(durable));
            }
            "syncdir" => {
                let (synced, pending) = self.pending_names.drain(..).partition(|naming| naming.folder() == path);
                self.pending_names = pending;
                let synced: Vec<Naming> = synced;
                for naming in synced {
                    naming.apply(&mut self.durable_names);
                }
            }
            "done" => {}
            other => panic!("{other} {of}"),
        }
    }

    /// Puts into a folder what is on the disk after the power failed; paths begin at `root`.
    pub fn after_failure(&self, luck: Luck, random: &mut Random, root: &Path, folder: &Path) {
        let mut kept = |of: usize| match luck {
            Luck::None => 0,
            Luck::Some => random.below(of + 1),
            Luck::All => of,
        };
        let mut names = self.durable_names.clone();
        let first = kept(self.pending_names.len());
        self.pending_names[..first].iter().for_each(|naming| naming.apply(&mut names));
        for (path, node) in &names {
            let place = folder.join(path.strip_prefix(root).unwrap());
            // Without its folder a file cannot be found, and there are no caches after a start.
            if !place.parent().unwrap().exists() || is_cache(path) {
                continue;
            }
            match node {
                Node::Folder => fs_err::create_dir(place).unwrap(),
                Node::File(number) => {
                    let File { durable, pending } = &self.files[*number];
                    let mut bytes = durable.clone();
                    pending.iter().filter(|_| kept(1) == 1).for_each(|change| change.apply(&mut bytes));
                    fs_err::write(place, bytes).unwrap();
                }
            }
        }
    }
}

/// What becomes of what was not synced.
#[derive(Debug, Clone, Copy)]
pub enum Luck {
    None,
    Some,
    All,
}

pub struct Record {
    pub line: String,
    bytes: Vec<u8>,
}

pub fn records(log: &Path) -> Vec<Record> {
    let log = fs_err::read(log).unwrap();
    let mut rest = log.as_slice();
    let mut records = Vec::new();
    while !rest.is_empty() {
        let end = rest.iter().position(|byte| *byte == b'\n').unwrap();
        let line = String::from_utf8(rest[..end].to_vec()).unwrap();
        rest = &rest[end + 1..];
        let length = line.strip_prefix("write ").map_or(0, |of| of.rsplit(' ').next().unwrap().parse().unwrap());
        records.push(Record { line, bytes: rest[..length].to_vec() });
        rest = &rest[length..];
    }
    records
}

/// What is made again after a start: SQLite's shared memory and the words, which a library writes by calls of its own.
fn is_cache(path: &Path) -> bool {
    let mut parts = path.iter().map(|part| part.to_string_lossy());
    parts.any(|part| part.ends_with("-shm") || part.starts_with("lexical."))
}

/// Everything below a folder, but caches.
pub fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut disk = Disk::default();
    disk.take_in(folder);
    let file = |(path, node): (&PathBuf, &Node)| {
        let Node::File(number) = node else { return None };
        let name = path.strip_prefix(folder).unwrap();
        Some((name.to_owned(), disk.files[*number].durable.clone()))
    };
    disk.names.iter().filter(|(path, _)| !is_cache(path)).filter_map(file).collect()
}
