//! How is a file of facts read that a model's folder may have?

use std::path::Path;

use serde::de::DeserializeOwned;

use crate::error::{Error, Result};

/// What is wrong with a file.
pub(super) fn broken(folder: &Path, file: &str, reason: String) -> Error {
    Error::ModelFileBroken { path: folder.join(file), reason }
}

/// A file that must be there.
pub(super) fn json<T: DeserializeOwned>(folder: &Path, file: &'static str) -> Result<T> {
    let path = folder.join(file);
    if !path.is_file() {
        return Err(Error::ModelFolderIncomplete { folder: folder.to_owned(), file });
    }
    let text = fs_err::read_to_string(&path)?;
    serde_json::from_str(&text).map_err(|error| Error::ModelFileBroken { path, reason: error.to_string() })
}

/// A file of a module.
pub(super) fn json_in<T: DeserializeOwned>(folder: &Path, module: &str, file: &'static str) -> Result<T> {
    json(&folder.join(module), file)
}

/// A file that may be missing.
pub(super) fn json_if_there<T: DeserializeOwned + Default>(folder: &Path, file: &'static str) -> Result<T> {
    if folder.join(file).exists() { json(folder, file) } else { Ok(T::default()) }
}
