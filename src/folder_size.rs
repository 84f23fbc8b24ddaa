//! The total size of a folder.

use std::io;
use std::path::Path;

/// The total size of all files in a folder and its subfolders, in bytes; 0 if the folder does not exist. Files that
/// another process deletes in the meantime are not counted.
///
/// # Errors
/// When a folder cannot be read.
pub(crate) fn folder_size(folder: &Path) -> io::Result<u64> {
    let bytes_of = |entry: io::Result<fs_err::DirEntry>| {
        let entry = entry?;
        match entry.metadata()? {
            metadata if metadata.is_dir() => folder_size(&entry.path()),
            metadata => Ok(metadata.len()),
        }
    };
    match fs_err::read_dir(folder) {
        Ok(mut entries) => entries.try_fold(0, |sum, entry| Ok(sum + or_zero(bytes_of(entry))?)),
        Err(error) => or_zero(Err(error)),
    }
}

fn or_zero(bytes: io::Result<u64>) -> io::Result<u64> {
    bytes.or_else(|error| if error.kind() == io::ErrorKind::NotFound { Ok(0) } else { Err(error) })
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    #[test]
    fn folder_size_is_the_sum_of_file_sizes() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("a/b")).unwrap();
        for (name, text) in [("one", "1"), ("a/two", "22"), ("a/b/three", "333")] {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        assert_eq!(folder_size(folder.path()).unwrap(), 6);
        assert_eq!(folder_size(&folder.path().join("nowhere")).unwrap(), 0);
        assert!(folder_size(&folder.path().join("one")).is_err());
    }

    #[test]
    fn files_deleted_meanwhile_are_not_an_error() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("stays"), "5 b..").unwrap();
        let inner = folder.path().join("next/lexical.2");
        let is_over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for _ in 0..2_000 {
                    std::fs::create_dir_all(&inner).unwrap();
                    std::fs::write(inner.join("part"), "4 b.").unwrap();
                    std::fs::remove_dir_all(folder.path().join("next")).unwrap();
                }
                is_over.store(true, Ordering::Relaxed);
            });
            while !is_over.load(Ordering::Relaxed) {
                assert!([5, 9].contains(&folder_size(folder.path()).unwrap()));
            }
        });
    }
}
