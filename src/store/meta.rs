//! The format version of a store, in `meta.json`. The file is written last when a store is created.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{META_FILE, refused};
use crate::durable;
use crate::error::{Error, Result};

/// The format that this version writes.
pub(super) const FORMAT: u64 = 6;
/// The oldest format that it reads.
const OLDEST: u64 = 1;

#[derive(Serialize, Deserialize)]
struct Meta {
    format: u64,
}

pub(super) fn exists(dir: &Path) -> bool {
    dir.join(META_FILE).exists()
}

/// The format of a store. Fails for a folder without one, and for a format that this version does not support.
pub(super) fn format(dir: &Path) -> Result<u64> {
    let text = match std::fs::read_to_string(dir.join(META_FILE)) {
        Ok(text) => text,
        Err(error) if matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) => {
            return Err(Error::NoStore { dir: dir.to_owned() });
        }
        Err(error) => {
            return Err(std::io::Error::new(
                error.kind(),
                format!("cannot read `{}`: {error}", dir.join(META_FILE).display()),
            )
            .into());
        }
    };
    let meta: Meta = serde_json::from_str(&text).map_err(|error| Error::StoreDamaged {
        dir: dir.to_owned(),
        reason: format!("{META_FILE} should hold the format version: {error}"),
    })?;
    if !(OLDEST..=FORMAT).contains(&meta.format) {
        return Err(Error::StoreVersion { dir: dir.to_owned(), found: meta.format, wanted: FORMAT });
    }
    Ok(meta.format)
}

/// Makes the folder a store.
pub(super) fn write(dir: &Path) -> Result<()> {
    let meta = serde_json::to_string(&Meta { format: FORMAT }).map_err(std::io::Error::from)?;
    durable::replace(&dir.join(META_FILE), &[meta.as_bytes(), b"\n"]).map_err(|error| refused(dir, error))
}
