//! The files of folders and zip archives, one after the other in the order of their names.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{BufReader, Seek};
use std::path::{Path, PathBuf};

use serde::Serialize;
use walkdir::WalkDir;
use zip::ZipArchive;

use super::input::{Input, Position};
use super::{CorpusOptions, Papers, Source, foreign};
use crate::error::{Error, Result};

/// Opens files, folders and zip archives. Files that are named are opened at once, so that a wrong name is reported early; those of
/// folders and archives when they are reached.
///
/// # Errors
/// As [`super::open`], for files that are named.
pub fn open_all(sources: &[Source], options: &CorpusOptions) -> Result<Files> {
    let mut files = Files { waiting: VecDeque::new(), options: options.clone(), left_out: Vec::new() };
    for source in sources {
        let found = match source {
            Source::File(path) if path.is_dir() => Waiting::Path(path.clone()),
            Source::File(path) => match as_archive(path)? {
                Some(archive) => archive,
                None => Waiting::Opened(super::open(source, options)?),
            },
            Source::StandardInput => Waiting::Opened(super::open(source, options)?),
        };
        files.waiting.push_back(found);
    }
    Ok(files)
}

/// An iterator over opened files.
pub struct Files {
    waiting: VecDeque<Waiting>,
    options: CorpusOptions,
    left_out: Vec<LeftOut>,
}

/// Files of a folder or an archive that are not read, by kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// What they are, in the plural.
    pub what: String,
    /// Their number.
    pub count: u64,
    /// The name of the first.
    pub first: String,
}

enum Waiting {
    Opened(Papers),
    /// A folder, or a file of one.
    Path(PathBuf),
    Archive {
        path: PathBuf,
        archive: Box<ZipArchive<BufReader<File>>>,
        /// The places of its files, in the order of their names.
        places: VecDeque<usize>,
    },
}

impl Files {
    /// The files that were left out so far.
    #[must_use]
    pub fn left_out(&self) -> &[LeftOut] {
        &self.left_out
    }

    fn leave_out(&mut self, what: &str, name: &str) {
        match self.left_out.iter_mut().find(|left| left.what == what) {
            Some(known) => known.count += 1,
            None => self.left_out.push(LeftOut { what: what.to_owned(), count: 1, first: name.to_owned() }),
        }
    }

    /// Counts a file of a folder or an archive that was read to its end without a paper.
    pub fn finish(&mut self, papers: &Papers) {
        if papers.ended && !papers.found && !papers.is_named {
            self.leave_out("files without a paper", papers.file());
        }
    }

    /// Opens a file of a folder or an archive; `None` if it is not a file of papers, which is counted.
    fn opened(&mut self, name: &str, open: impl FnOnce(&CorpusOptions) -> Result<Papers>) -> Option<Result<Papers>> {
        match open(&self.options) {
            Ok(papers) => Some(Ok(Papers { is_named: false, ..papers })),
            Err(Error::NotPapers { what, .. }) => {
                self.leave_out(foreign::plural_of(&what), name);
                None
            }
            Err(Error::NotBuilt { what, .. }) => {
                self.leave_out(what, name);
                None
            }
            Err(Error::UnknownFormat { .. }) => {
                self.leave_out("files in an unknown format", name);
                None
            }
            Err(Error::NoPaper { .. }) => {
                self.leave_out("files without a paper", name);
                None
            }
            Err(error) => Some(Err(error)),
        }
    }

    fn next_of_path(&mut self, path: &Path) -> Option<Result<Papers>> {
        if path.is_dir() {
            let mut files = Vec::new();
            let entries = WalkDir::new(path).follow_links(true).sort_by_file_name().into_iter();
            let is_hidden = |name: &std::ffi::OsStr| name.to_string_lossy().starts_with('.');
            for entry in entries.filter_entry(|entry| entry.depth() == 0 || !is_hidden(entry.file_name())) {
                match entry {
                    Ok(entry) if entry.file_type().is_file() => files.push(entry.into_path()),
                    Ok(_) => {}
                    Err(error) => {
                        let name = error.path().map(|path| path.display().to_string()).unwrap_or_default();
                        self.leave_out("files and folders that cannot be read", &name);
                    }
                }
            }
            files.into_iter().rev().for_each(|file| self.waiting.push_front(Waiting::Path(file)));
            return None;
        }
        let name = path.display().to_string();
        match as_archive(path) {
            Ok(Some(archive)) => {
                self.waiting.push_front(archive);
                None
            }
            Ok(None) => self.opened(&name, |options| super::open(&Source::File(path.to_owned()), options)),
            Err(Error::NotPapers { what, .. }) => {
                self.leave_out(foreign::plural_of(&what), &name);
                None
            }
            Err(error) => Some(Err(error)),
        }
    }

    /// The next file of an archive, extracted to a temporary file, which is deleted when it is closed.
    fn next_of_archive(
        &mut self,
        path: PathBuf,
        mut archive: Box<ZipArchive<BufReader<File>>>,
        mut places: VecDeque<usize>,
    ) -> Option<Result<Papers>> {
        let place = places.pop_front()?;
        let extracted = extract(&mut archive, place);
        let archive_name = path.display().to_string();
        self.waiting.push_front(Waiting::Archive { path, archive, places });
        let (name, file, bytes) = match extracted {
            Ok(extracted) => extracted,
            Err(error) => {
                self.leave_out("files that cannot be read", &format!("{archive_name}: {error}"));
                return None;
            }
        };
        let name = format!("{archive_name}/{name}");
        self.opened(&name.clone(), |options| {
            let input = Input::of(name, Box::new(file), Position::of(bytes), super::input::this_year())?;
            Papers::of(input, options)
        })
    }
}

impl Iterator for Files {
    type Item = Result<Papers>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let next = match self.waiting.pop_front()? {
                Waiting::Opened(papers) => Some(Ok(papers)),
                Waiting::Path(path) => self.next_of_path(&path),
                Waiting::Archive { path, archive, places } => self.next_of_archive(path, archive, places),
            };
            if next.is_some() {
                return next;
            }
        }
    }
}

/// A file as an archive, if it is one.
fn as_archive(path: &Path) -> Result<Option<Waiting>> {
    let mut file = fs_err::File::open(path)?;
    let mut magic = [0; 4];
    // Only a regular file can be rewound.
    if !file.metadata()?.is_file()
        || std::io::Read::read_exact(&mut file, &mut magic).is_err()
        || magic != *b"PK\x03\x04"
    {
        return Ok(None);
    }
    file.rewind()?;
    let name = path.display().to_string();
    let broken = |error: zip::result::ZipError| Error::UnreadableFile {
        file: name.clone(),
        source: std::io::Error::other(error),
    };
    let archive = ZipArchive::new(BufReader::new(File::from(file))).map_err(broken)?;
    let names = archive.file_names_raw().map(|name| String::from_utf8_lossy(name).into_owned());
    let mut names: Vec<(String, usize)> = names.zip(0..).collect();
    if let Some(foreign) = foreign::recognise_archive(names.iter().map(|(name, _)| name.as_str())) {
        return Err(Error::NotPapers { file: name, what: foreign.name.to_owned(), hint: foreign.hint.to_owned() });
    }
    let is_wanted =
        |name: &str| !name.ends_with('/') && !name.split('/').any(|part| part.starts_with('.') || part == "__MACOSX");
    names.retain(|(name, _)| is_wanted(name));
    names.sort_unstable();
    let places = names.into_iter().map(|(_, place)| place).collect();
    Ok(Some(Waiting::Archive { path: path.to_owned(), archive: Box::new(archive), places }))
}

/// Extracts a file of an archive. Returns its name and its size in bytes.
fn extract(archive: &mut ZipArchive<BufReader<File>>, place: usize) -> std::io::Result<(String, File, u64)> {
    let mut entry = archive.by_index(place)?;
    let mut file = tempfile::tempfile()?;
    let bytes = std::io::copy(&mut entry, &mut file)?;
    file.rewind()?;
    Ok((entry.name()?.into_owned(), file, bytes))
}
