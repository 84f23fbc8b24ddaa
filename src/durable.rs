//! Replaces a file atomically, so that a crash leaves the old or the new version: write a temporary file, sync, rename.

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// A file that replaces the one at its path when it is finished, and is deleted if it is dropped before.
pub(crate) struct Replacement {
    path: PathBuf,
    beside: BufWriter<NamedTempFile>,
}

impl Replacement {
    /// Begins a file. A path to anything but a regular file, such as a device or a pipe, is refused: it must not be
    /// replaced.
    pub fn begin(path: &Path) -> io::Result<Self> {
        if path.metadata().is_ok_and(|metadata| !metadata.is_file()) {
            return Err(with_path(
                path,
                io::Error::new(io::ErrorKind::InvalidInput, "it exists and is not a regular file"),
            ));
        }
        let beside = NamedTempFile::new_in(folder_of(path)).map_err(|error| with_path(path, error))?;
        Ok(Self { path: path.to_owned(), beside: BufWriter::with_capacity(1 << 16, beside) })
    }

    /// Makes the file durable under its final name.
    pub fn finish(self) -> io::Result<()> {
        let Self { path, beside } = self;
        let finished = || {
            let beside = beside.into_inner()?;
            // Temporary files are private; this one gets the usual permissions of a file.
            #[cfg(unix)]
            {
                use std::os::unix::fs::PermissionsExt;
                beside.as_file().set_permissions(std::fs::Permissions::from_mode(0o644))?;
            }
            beside.as_file().sync_all()?;
            // From here on, no file is left under the temporary name.
            fs_err::rename(beside.into_temp_path(), &path)?;
            sync_folder(folder_of(&path))
        };
        finished().map_err(|error| with_path(&path, error))
    }
}

impl Write for Replacement {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.beside.write(bytes).map_err(|error| with_path(&self.path, error))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.beside.flush().map_err(|error| with_path(&self.path, error))
    }
}

/// Replaces the file at `path` with the concatenation of `parts`.
pub(crate) fn replace(path: &Path, parts: &[&[u8]]) -> io::Result<()> {
    let mut replacement = Replacement::begin(path)?;
    for part in parts {
        replacement.write_all(part)?;
    }
    replacement.finish()
}

/// Creates a folder and its missing parents, durably.
pub(crate) fn create_folder(folder: &Path) -> io::Result<()> {
    let above = folder_of(folder);
    if folder.is_dir() {
        // The process that created it may have been killed before the name was durable. An error is ignored, because
        // the parent folder may not be readable.
        let _ = sync_folder(above);
        return Ok(());
    }
    create_folder(above)?;
    match fs_err::create_dir(folder) {
        // Another process may have created it first.
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

/// The folder that a path is in.
pub(crate) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn with_path(path: &Path, error: io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("cannot write `{}`: {error}", path.display()))
}
