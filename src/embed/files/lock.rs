//! Records the commit and the hashes of the first fetch of a model whose manifest has no hashes. The record is `NAME.lock` beside
//! the model's folder. Every later fetch is checked against it, even if the folder was deleted.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::manifest::{Hub, Manifest, ModelFile};
use crate::durable;
use crate::error::{Error, Result};

/// The state of a model when it was first fetched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Lock {
    /// The commit on the hub.
    pub revision: String,
    pub files: Vec<ModelFile>,
}

/// The path of the lock file of the model in this folder.
pub(super) fn path(folder: &Path) -> PathBuf {
    let mut path = folder.as_os_str().to_owned();
    path.push(".lock");
    path.into()
}

/// A manifest completed with the commit and the hashes of the lock file, if there is one.
pub(super) fn completed(manifest: Manifest, folder: &Path) -> Result<Manifest> {
    let path = path(folder);
    if manifest.unverified.is_empty() || !path.is_file() {
        return Ok(manifest);
    }
    let broken = |reason: String| Error::ModelFileBroken { path: path.clone(), reason };
    let lock: Lock =
        toml::from_str(&fs_err::read_to_string(&path)?).map_err(|error| broken(error.to_string().trim().to_owned()))?;
    if let Some(missing) = manifest.unverified.iter().find(|name| lock.files.iter().all(|file| file.path != **name)) {
        return Err(broken(format!("it should record `{missing}`")));
    }
    let hub = manifest.hub.map(|hub| Hub { revision: Some(lock.revision), ..hub });
    Ok(Manifest { hub, files: lock.files, unverified: Vec::new(), ..manifest })
}

impl Lock {
    /// Writes the lock file of the model in this folder.
    pub fn write(&self, folder: &Path) -> Result<()> {
        let toml = toml::to_string(self).map_err(std::io::Error::other)?;
        let head = "# Recorded by the first fetch; later ones are checked against it. Delete it to accept others.\n";
        Ok(durable::replace(&path(folder), &[head.as_bytes(), toml.as_bytes()])?)
    }
}
