//! Reads the JSON files of a model's folder.

use std::path::Path;

use serde::de::DeserializeOwned;

use crate::error::{Error, Result};

/// The error for a file that is not valid.
pub(super) fn broken(folder: &Path, file: &str, reason: String) -> Error {
    Error::ModelFileBroken { path: folder.join(file), reason }
}

/// Reads a file that must exist.
pub(super) fn json<T: DeserializeOwned>(folder: &Path, file: &'static str) -> Result<T> {
    let path = folder.join(file);
    if !path.is_file() {
        return Err(Error::ModelFolderIncomplete { folder: folder.to_owned(), file });
    }
    let text = fs_err::read_to_string(&path)?;
    serde_json::from_str(&text).map_err(|error| Error::ModelFileBroken { path, reason: error.to_string() })
}

/// Reads a file in the folder of a module.
pub(super) fn json_in<T: DeserializeOwned>(folder: &Path, module: &str, file: &'static str) -> Result<T> {
    json(&folder.join(module), file)
}

/// Reads a file that may be missing; the default if it is.
pub(super) fn json_if_there<T: DeserializeOwned + Default>(folder: &Path, file: &'static str) -> Result<T> {
    if folder.join(file).exists() { json(folder, file) } else { Ok(T::default()) }
}
