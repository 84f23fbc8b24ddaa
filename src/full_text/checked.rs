//! Which files of the index on disk have the right checksums? Checking takes time in proportion to their size, so a file is checked
//! once, and again after it was changed.
//!
//! `checked.json` has the size and the time of change of each file that was checked. It need not be there.

use std::collections::BTreeMap;
use std::fs::Metadata;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use tantivy::{Index, IndexMeta};

const FILE: &str = "checked.json";
/// A file that was changed later than this before now may be changed again at what the file system takes for the same time.
const RECENT: Duration = Duration::from_secs(2);

/// Size in bytes and time of change, in nanoseconds since 1970, of each file that was checked.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
struct Checked(BTreeMap<String, (u64, u64)>);

impl Checked {
    fn read(folder: &Path) -> Self {
        let read = |bytes: Vec<u8>| serde_json::from_slice(&bytes).ok();
        fs_err::read(folder.join(FILE)).ok().and_then(read).unwrap_or_default()
    }

    /// Writes the file. If this fails, the files are checked again the next time.
    fn write(&self, folder: &Path) {
        let write = || -> std::io::Result<()> {
            let mut file = tempfile::NamedTempFile::new_in(folder)?;
            serde_json::to_writer(&mut file, self)?;
            file.persist(folder.join(FILE))?;
            Ok(())
        };
        // The folder may be read-only.
        let _ = write();
    }
}

/// Whether the files of an index have the right checksums. Files that were checked before are not read, unless `anew`.
pub(super) fn are_intact(folder: &Path, index: &Index, metas: &IndexMeta, anew: bool) -> tantivy::Result<bool> {
    let before = if anew { Checked::default() } else { Checked::read(folder) };
    let mut now = Checked::default();
    for file in metas.list_segment_files() {
        let Ok(metadata) = fs_err::metadata(folder.join(&file)) else { continue };
        let name = file.to_string_lossy().into_owned();
        let stamp = stamp(&metadata);
        let is_known = stamp.is_some() && before.0.get(&name) == stamp.as_ref();
        if !is_known && !index.directory().validate_checksum(&file)? {
            return Ok(false);
        }
        now.0.extend(stamp.filter(|_| !is_recent(&metadata)).map(|stamp| (name, stamp)));
    }
    if now != before {
        now.write(folder);
    }
    Ok(true)
}

fn stamp(metadata: &Metadata) -> Option<(u64, u64)> {
    let changed = metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some((metadata.len(), u64::try_from(changed.as_nanos()).ok()?))
}

fn is_recent(metadata: &Metadata) -> bool {
    let age = metadata.modified().ok().and_then(|changed| SystemTime::now().duration_since(changed).ok());
    age.is_none_or(|age| age < RECENT)
}

#[cfg(test)]
mod tests {
    use tantivy::schema::{Schema, TEXT};
    use tantivy::{IndexWriter, doc};

    use super::*;

    #[test]
    fn a_file_is_checked_once_again_after_a_change_and_always_anew() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path();
        let mut schema = Schema::builder();
        let text = schema.add_text_field("text", TEXT);
        let index = Index::create_in_dir(folder, schema.build()).unwrap();
        let mut writer: IndexWriter = index.writer_with_num_threads(1, 15_000_000).unwrap();
        writer.add_document(doc!(text => "whales sing")).unwrap();
        writer.commit().unwrap();
        let metas = index.load_metas().unwrap();
        let file = metas.list_segment_files().into_iter().find(|file| file.extension().is_some_and(|end| end == "idx"));
        let path = folder.join(file.unwrap());
        let set_age = |seconds: u64| {
            let file = std::fs::File::options().write(true).open(&path).unwrap();
            file.set_modified(SystemTime::now() - Duration::from_secs(seconds)).unwrap();
        };
        let is_noted = || {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            Checked::read(folder).0.contains_key(&name)
        };
        let are_intact = |anew: bool| are_intact(folder, &index, &metas, anew).unwrap();
        assert!(are_intact(false) && !is_noted(), "it was just written");
        set_age(50);
        assert!(are_intact(false) && is_noted());
        // Damage that the time of change does not show is found when everything is checked anew.
        let whole = fs_err::read(&path).unwrap();
        let changed = fs_err::metadata(&path).unwrap().modified().unwrap();
        let mut damaged = whole.clone();
        damaged[0] ^= 1;
        fs_err::write(&path, &damaged).unwrap();
        assert!(!are_intact(false), "the file was changed");
        std::fs::File::options().write(true).open(&path).unwrap().set_modified(changed).unwrap();
        assert!(are_intact(false) && !are_intact(true));
        // A damaged note is none.
        fs_err::write(folder.join(FILE), "{\"a\": ").unwrap();
        assert!(!are_intact(false));
    }
}
