//! How is a file replaced so that a crash leaves the old one or the new one? Written beside, synced, renamed.

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// A file that takes the place of the one at its path when it is finished, and vanishes when it is dropped before.
pub(crate) struct Replacement {
    path: PathBuf,
    beside: BufWriter<NamedTempFile>,
}

impl Replacement {
    /// Begins a file. A path to something else, a device or a pipe, is refused: it must not be replaced.
    pub fn begin(path: &Path) -> io::Result<Self> {
        if path.metadata().is_ok_and(|metadata| !metadata.is_file()) {
            return Err(told(path, io::Error::new(io::ErrorKind::InvalidInput, "it exists and is not a regular file")));
        }
        let beside = NamedTempFile::new_in(folder_of(path)).map_err(|error| told(path, error))?;
        Ok(Self { path: path.to_owned(), beside: BufWriter::with_capacity(1 << 16, beside) })
    }

    /// Makes it durable under its name.
    pub fn finish(self) -> io::Result<()> {
        let Self { path, beside } = self;
        let finished = || {
            let beside = beside.into_inner()?;
            // A temporary file is its user's alone; this one is to be as open as its folder.
            #[cfg(unix)]
            {
                use std::os::unix::fs::PermissionsExt;
                beside.as_file().set_permissions(std::fs::Permissions::from_mode(0o644))?;
            }
            beside.as_file().sync_all()?;
            // After this there is nothing left under the temporary name to take away.
            fs_err::rename(beside.into_temp_path(), &path)?;
            sync_folder(folder_of(&path))
        };
        finished().map_err(|error| told(&path, error))
    }
}

impl Write for Replacement {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.beside.write(bytes).map_err(|error| told(&self.path, error))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.beside.flush().map_err(|error| told(&self.path, error))
    }
}

/// Puts `parts`, one after the other, in the place of the file at `path`.
pub(crate) fn replace(path: &Path, parts: &[&[u8]]) -> io::Result<()> {
    let mut replacement = Replacement::begin(path)?;
    for part in parts {
        replacement.write_all(part)?;
    }
    replacement.finish()
}

/// Makes a folder and those above it that are missing, and their names durable.
pub(crate) fn create_folder(folder: &Path) -> io::Result<()> {
    let above = folder_of(folder);
    if folder.is_dir() {
        // Whoever made it may have been killed before its name was durable; nobody has to be able to read what is above.
        let _ = sync_folder(above);
        return Ok(());
    }
    create_folder(above)?;
    match fs_err::create_dir(folder) {
        // Another process may be faster.
        Err(_) if folder.is_dir() => Ok(()),
        created => created,
    }?;
    sync_folder(above)
}

/// Makes the names in a folder durable.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    #[cfg(unix)]
    fs_err::File::open(folder)?.sync_all()?;
    #[cfg(not(unix))]
    let _ = folder;
    Ok(())
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn told(path: &Path, error: io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("cannot write `{}`: {error}", path.display()))
}
