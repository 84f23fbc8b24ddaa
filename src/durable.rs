//! How is a file replaced so that a crash leaves the old one or the new one? Written beside, synced, renamed.

use std::io::{self, Write};
use std::path::Path;

/// Puts `parts`, one after the other, in the place of the file at `path`.
pub(crate) fn replace(path: &Path, parts: &[&[u8]]) -> io::Result<()> {
    let told = |error: io::Error| io::Error::new(error.kind(), format!("cannot write `{}`: {error}", path.display()));
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut beside = tempfile::NamedTempFile::new_in(folder).map_err(told)?;
    for part in parts {
        beside.write_all(part).map_err(told)?;
    }
    // A temporary file is its user's alone; this one is to be as open as its folder.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        beside.as_file().set_permissions(std::fs::Permissions::from_mode(0o644)).map_err(told)?;
    }
    beside.as_file().sync_all().map_err(told)?;
    beside.persist(path).map_err(|error| told(error.error))?;
    sync_folder(folder)
}

/// Makes the names in a folder durable.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    #[cfg(unix)]
    fs_err::File::open(folder)?.sync_all()?;
    #[cfg(not(unix))]
    let _ = folder;
    Ok(())
}
