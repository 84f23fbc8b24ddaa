//! A snapshot as one file: a tar archive, compressed with zstd, with the SHA-256 of each file.
//!
//! The first entry, `SHA256SUMS`, lists the files in the format of `sha256sum`, so that the archive can be checked and unpacked
//! without this program. The last one is `meta.json`, which makes a folder a store.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::path::Path;

use sha2::{Digest, Sha256};
use tar::{Archive, Builder, EntryType, Header};

use super::copy::{filled, is_of_copy};
use super::{META_FILE, Store, refused};
use crate::durable;
use crate::error::{Error, Result};
use crate::progress::Progress;

const SUMS: &str = "SHA256SUMS";
/// Vectors hardly shrink at any level, texts by two thirds at this one.
const LEVEL: i32 = 3;
/// Maximum size of `SHA256SUMS` and of `meta.json`, in bytes.
const LONGEST: u64 = 1 << 16;

impl Store {
    /// Writes a snapshot of one commit (see [`Store::copy_to`]) as an archive. It is copied into the folder `scratch` first. Returns
    /// the number of papers.
    ///
    /// # Errors
    /// As [`Store::copy_to`]; [`Error::Interrupted`], or when `to` cannot be written.
    pub fn archive(&self, to: impl Write, scratch: &Path, progress: &dyn Progress) -> Result<u64> {
        let folder = tempfile::Builder::new().prefix(".snapshot-").tempdir_in(scratch)?;
        let papers = self.copy_watched(folder.path(), progress)?;
        pack(folder.path(), to, progress)
            .map_err(|error| if progress.is_cancelled() { Error::Interrupted } else { error.into() })?;
        Ok(papers)
    }

    /// Makes a folder a store from an archive that [`Store::archive`] wrote. Each file is checked by its SHA-256. On an error, the
    /// folder is left empty. `name` is that of the archive, for errors.
    ///
    /// # Errors
    /// [`Error::FolderNotEmpty`]; [`Error::BadArchive`]; [`Error::Interrupted`]; or when the folder cannot be written.
    pub fn restore(from: impl Read, name: &str, dir: &Path, progress: &dyn Progress) -> Result<Self> {
        filled(dir, progress, || {
            Unpacking { dir, name, progress }.unpack(from)?;
            Self::open(dir)
        })
    }
}

/// Writes the files of a folder as an archive.
fn pack(folder: &Path, to: impl Write, progress: &dyn Progress) -> io::Result<()> {
    let mut names = Vec::new();
    for entry in fs_err::read_dir(folder)? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort_by_key(|name| (name == META_FILE, name.clone()));
    let mut sums = String::new();
    for name in &names {
        let file = Watched { reader: fs_err::File::open(folder.join(name))?, progress };
        let digest = copied(file, &mut io::sink())?;
        sums.push_str(&format!("{digest}  {name}\n"));
    }
    let mut encoder = zstd::Encoder::new(to, LEVEL)?;
    encoder.include_checksum(true)?;
    let mut archive = Builder::new(encoder);
    let mut append = |name: &str, length: u64, content: &mut dyn Read| {
        let mut header = Header::new_gnu();
        header.set_size(length);
        header.set_mode(0o644);
        archive.append_data(&mut header, name, content)
    };
    append(SUMS, sums.len() as u64, &mut sums.as_bytes())?;
    for name in &names {
        let mut file = Watched { reader: fs_err::File::open(folder.join(name))?, progress };
        append(name, file.reader.metadata()?.len(), &mut file)?;
    }
    archive.into_inner()?.finish()?.flush()
}

/// A reader that fails once the work is cancelled.
struct Watched<'a, R> {
    reader: R,
    progress: &'a dyn Progress,
}

impl<R: Read> Read for Watched<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.progress.is_cancelled() {
            return Err(io::Error::other("cancelled"));
        }
        self.reader.read(buffer)
    }
}

/// Copies all bytes. Returns their SHA-256.
fn copied(mut from: impl Read, to: &mut dyn Write) -> io::Result<String> {
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        let count = from.read(&mut buffer)?;
        if count == 0 {
            return Ok(hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect());
        }
        hasher.update(&buffer[..count]);
        to.write_all(&buffer[..count])?;
    }
}

/// An archive that is being unpacked into a folder.
struct Unpacking<'a> {
    dir: &'a Path,
    name: &'a str,
    progress: &'a dyn Progress,
}

impl Unpacking<'_> {
    fn unpack(&self, from: impl Read) -> Result<()> {
        let mut from = BufReader::with_capacity(1 << 16, Watched { reader: from, progress: self.progress });
        if from.fill_buf().map_err(|error| self.broken(error))?.is_empty() {
            return Err(self.bad("it is empty".to_owned()));
        }
        let decoder = zstd::Decoder::with_buffer(from).map_err(|error| self.broken(error))?;
        let mut archive = Archive::new(decoder);
        let mut sums: Option<BTreeMap<String, String>> = None;
        let mut meta = None;
        for entry in archive.entries().map_err(|error| self.broken(error))? {
            let entry = entry.map_err(|error| self.broken(error))?;
            let name = entry.path().map_err(|error| self.broken(error))?.to_string_lossy().into_owned();
            // As `tar` packs a folder.
            let name = name.strip_prefix("./").unwrap_or(&name).to_owned();
            if name.is_empty() {
                continue;
            }
            let Some(sums) = &mut sums else {
                if name != SUMS {
                    return Err(self.bad(format!("it begins with `{name}`, but a snapshot begins with `{SUMS}`")));
                }
                let mut text = String::new();
                entry.take(LONGEST).read_to_string(&mut text).map_err(|error| self.broken(error))?;
                sums = Some(listed(&text).ok_or_else(|| self.bad(format!("`{SUMS}` is not a list of files")))?);
                continue;
            };
            // Only listed files are written, and a listed name has no folder.
            let expected = sums.remove(&name).filter(|_| entry.header().entry_type() == EntryType::Regular);
            let expected = expected.ok_or_else(|| self.bad(format!("`{SUMS}` does not list the file `{name}`")))?;
            let found = if name == META_FILE {
                let content = meta.insert(Vec::new());
                copied(entry.take(LONGEST), content).map_err(|error| self.broken(error))?
            } else {
                self.write(&name, entry)?
            };
            if found != expected {
                return Err(self.bad(format!("`{name}` is damaged: its SHA-256 differs from the one in `{SUMS}`")));
            }
        }
        if sums.is_none() {
            return Err(self.bad("it has no files".to_owned()));
        }
        if let Some(missing) = sums.iter().flat_map(BTreeMap::keys).next() {
            return Err(self.bad(format!("it ends before `{missing}`")));
        }
        let meta = meta.ok_or_else(|| self.bad(format!("it has no `{META_FILE}`")))?;
        durable::replace(&self.dir.join(META_FILE), &[&meta]).map_err(|error| refused(self.dir, error))
    }

    /// Writes a file, durably. Returns its SHA-256.
    fn write(&self, name: &str, content: impl Read) -> Result<String> {
        let path = self.dir.join(name);
        let mut file = fs_err::File::create(&path).map_err(|error| refused(self.dir, error))?;
        let digest = copied(content, &mut file).map_err(|error| self.broken(error))?;
        file.sync_all().map_err(|error| refused(self.dir, error))?;
        Ok(digest)
    }

    fn bad(&self, reason: String) -> Error {
        Error::BadArchive { name: self.name.to_owned(), reason }
    }

    fn broken(&self, error: io::Error) -> Error {
        match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => refused(self.dir, error),
            ErrorKind::UnexpectedEof => self.bad("it ends early".to_owned()),
            _ => self.bad(format!("it is damaged, or is not a tar archive compressed with zstd ({error})")),
        }
    }
}

/// The SHA-256 of each file in a list in the format of `sha256sum`; `None` if it has another format.
fn listed(text: &str) -> Option<BTreeMap<String, String>> {
    let line = |line: &str| {
        let (digest, name) = line.split_once("  ")?;
        let is_digest = digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        let is_file = is_of_copy(name) && name.bytes().all(is_plain);
        (is_digest && is_file).then(|| (name.to_owned(), digest.to_ascii_lowercase()))
    };
    let sums: BTreeMap<String, String> = text.lines().map(line).collect::<Option<_>>()?;
    (!sums.is_empty()).then_some(sums)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_names_files_without_folders() {
        let digest = "0".repeat(64);
        let list = |name: &str| listed(&format!("{digest}  {name}\n"));
        assert_eq!(list("papers.sqlite").unwrap()["papers.sqlite"], digest);
        for bad in ["", "../x", "a/b", "..", ".hidden", "a b", "c:x"] {
            assert!(list(bad).is_none(), "{bad}");
        }
        assert!(listed("").is_none() && listed("nonsense\n").is_none() && listed("00  a\n").is_none());
    }
}
