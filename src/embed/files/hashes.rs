//! Verifies files by SHA-256. A hash is computed once and cached in the user's cache folder with the size and modification time
//! of the file, so that a start does not read 90 MB again.

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::embed::cache::cache_folder;
use crate::error::Result;

#[derive(Serialize, Deserialize)]
struct Record {
    path: PathBuf,
    bytes: u64,
    modified_ns: u128,
    sha256: String,
}

/// The SHA-256 of a file in hexadecimal, from the cache or computed. The cache is updated if possible.
pub(super) fn sha256(path: &Path) -> Result<String> {
    let path = fs_err::canonicalize(path)?;
    let metadata = fs_err::metadata(&path)?;
    let modified = metadata.modified().ok().and_then(|time| time.duration_since(SystemTime::UNIX_EPOCH).ok());
    let modified_ns = modified.map_or(0, |since| since.as_nanos());
    let place = record_path(&path);
    let recorded = place.as_deref().and_then(read);
    if let Some(record) = recorded
        && (&record.path, record.bytes, record.modified_ns) == (&path, metadata.len(), modified_ns)
    {
        return Ok(record.sha256);
    }
    let sha256 = compute_sha256(&path)?;
    if let Some(place) = place {
        let record = Record { path, bytes: metadata.len(), modified_ns, sha256: sha256.clone() };
        // If it cannot be cached, the next start computes it again. That is not an error.
        let _ = write(&place, &record);
    }
    Ok(sha256)
}

/// The SHA-256 of the present content of a file, ignoring the cache.
pub(super) fn compute_sha256(path: &Path) -> Result<String> {
    let mut hasher = Sha256::new();
    let mut file = fs_err::File::open(path)?;
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer)? {
            0 => break,
            count => hasher.update(&buffer[..count]),
        }
    }
    Ok(hex(&hasher.finalize()))
}

pub(in crate::embed) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The cache file of one hashed file. There is one for each, so that processes that hash different files do not write the same
/// cache file.
fn record_path(path: &Path) -> Option<PathBuf> {
    let cache = cache_folder()?;
    let key = hex(&Sha256::digest(path.as_os_str().as_encoded_bytes())[..12]);
    Some(cache.join("hashes").join(format!("{key}.json")))
}

fn read(place: &Path) -> Option<Record> {
    serde_json::from_slice(&std::fs::read(place).ok()?).ok()
}

fn write(place: &Path, record: &Record) -> io::Result<()> {
    let folder = place.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let mut beside = tempfile::NamedTempFile::new_in(folder)?;
    serde_json::to_writer(&mut beside, record)?;
    beside.persist(place)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_file_is_hashed_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, "one").unwrap();
        let first = sha256(&path).unwrap();
        assert_eq!(first, sha256(&path).unwrap());
        assert_eq!(first, hex(&Sha256::digest("one")));
        std::fs::write(&path, "three").unwrap();
        assert_eq!(sha256(&path).unwrap(), hex(&Sha256::digest("three")));
    }
}
