//! Reads `config.json`. Each architecture defines its own fields and its own check of unsupported values.

use std::path::Path;

use serde::de::DeserializeOwned;

use crate::error::{Error, Result};

/// Reads `config.json` of a network; an error message of `check` becomes an error.
pub(super) fn read<T: DeserializeOwned>(folder: &Path, check: impl Fn(&T) -> Result<(), String>) -> Result<T> {
    let path = folder.join("config.json");
    let text = fs_err::read_to_string(&path)?;
    let config: Result<T, String> = serde_json::from_str(&text).map_err(|error| error.to_string());
    let checked = config.and_then(|config| check(&config).map(|()| config));
    checked.map_err(|reason| Error::ModelFileBroken { path, reason })
}
