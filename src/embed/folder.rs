//! Where on this machine are a model's files, and are they the right ones?

use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;
use sha2::{Digest, Sha256};

use super::fingerprint::Fingerprint;
use super::hashes;
use super::manifest::Manifest;
use crate::error::{Error, Result};

/// A model whose files are on this machine and were checked.
#[derive(Debug, Clone)]
pub struct ModelFolder {
    pub path: PathBuf,
    pub manifest: Manifest,
    pub(super) fingerprint: Fingerprint,
}

impl ModelFolder {
    /// Finds a model by its name or its folder, without the network.
    ///
    /// # Errors
    /// [`Error::UnknownModel`], [`Error::ModelMissing`], or what is wrong with its files.
    pub fn find(model: &str) -> Result<Self> {
        if is_path(model) {
            return Self::open(Path::new(model));
        }
        let manifest = Manifest::named(model)?;
        let places = places(&manifest.name);
        for path in &places {
            if manifest.files.iter().all(|file| path.join(&file.path).is_file()) {
                return Self::checked(path.clone(), manifest);
            }
        }
        let looked_in = places.iter().map(|path| format!("`{}`", path.display())).collect::<Vec<_>>().join(", ");
        Err(Error::ModelMissing { name: manifest.name, looked_in })
    }

    /// Opens a folder in sentence-transformers layout. A copy of a known model is that model.
    ///
    /// # Errors
    /// What is missing in the folder or wrong with it.
    pub fn open(folder: &Path) -> Result<Self> {
        let own = Manifest::of_folder(folder)?;
        let weights = hashes::sha256(&folder.join(&own.network).join("model.safetensors"))?;
        let same_weights = |manifest: &Manifest| manifest.files.iter().any(|file| file.sha256 == weights);
        if let Some(known) = Manifest::compiled_in()?.into_iter().find(same_weights) {
            let whole = known
                .files
                .iter()
                .all(|file| hashes::sha256(&folder.join(&file.path)).is_ok_and(|sha256| sha256 == file.sha256));
            if whole {
                return Self::checked(folder.to_owned(), known);
            }
        }
        let mut digest = Sha256::new();
        for file in own.essential_files(folder) {
            digest.update(hashes::sha256(&folder.join(file))?);
        }
        let revision = format!("sha256:{}", hashes::hex(&digest.finalize()));
        let fingerprint = Fingerprint::new(&own, revision);
        Ok(Self { path: folder.to_owned(), manifest: own, fingerprint })
    }

    /// A folder whose files are those of the manifest.
    pub(super) fn checked(path: PathBuf, manifest: Manifest) -> Result<Self> {
        for file in &manifest.files {
            check(
                &manifest.name,
                &path.join(&file.path),
                file.bytes,
                || hashes::sha256(&path.join(&file.path)),
                &file.sha256,
            )?;
        }
        let revision = manifest.hub.as_ref().map_or_else(String::new, |hub| hub.revision.clone());
        let fingerprint = Fingerprint::new(&manifest, revision);
        Ok(Self { path, manifest, fingerprint })
    }

    /// Reads every file again and compares its hash, whatever is recorded; the names of the files checked.
    ///
    /// # Errors
    /// The first file that differs.
    pub fn verify(&self) -> Result<Vec<String>> {
        let mut names = Vec::new();
        for file in &self.manifest.files {
            let path = self.path.join(&file.path);
            check(&self.manifest.name, &path, file.bytes, || hashes::compute_sha256(&path), &file.sha256)?;
            names.push(file.path.clone());
        }
        Ok(names)
    }

    /// What vectors of this model depend on.
    #[must_use]
    pub fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }
}

fn check(model: &str, path: &Path, bytes: u64, sha256: impl FnOnce() -> Result<String>, wanted: &str) -> Result<()> {
    let differs = |expected: String, found: String| Error::ModelFileDiffers {
        model: model.to_owned(),
        path: path.to_owned(),
        expected,
        found,
    };
    let size = fs_err::metadata(path)?.len();
    if size != bytes {
        return Err(differs(format!("{bytes} bytes"), format!("{size} bytes")));
    }
    let sha256 = sha256()?;
    if sha256 != wanted {
        return Err(differs(format!("sha256 {wanted}"), sha256));
    }
    Ok(())
}

/// A model is given by path when it has a separator in it, or is the name of a folder here that is no known model.
fn is_path(model: &str) -> bool {
    model.contains(std::path::is_separator) || (Path::new(model).is_dir() && Manifest::named(model).is_err())
}

/// The folders in which a model of this name may lie, in order.
fn places(name: &str) -> Vec<PathBuf> {
    let here = Path::new("models").join(name);
    let users = users_folder().map(|folder| folder.join(name));
    [Some(here), users].into_iter().flatten().collect()
}

/// Where a model of this name is put when it is fetched: beside its manifest in a checkout of this project, else in
/// the user's data folder.
pub(super) fn place_to_fetch_into(name: &str) -> PathBuf {
    let models = Path::new("models");
    if models.join(format!("{name}.toml")).is_file() {
        return models.join(name);
    }
    users_folder().unwrap_or_else(|| models.to_owned()).join(name)
}

fn users_folder() -> Option<PathBuf> {
    let data = etcetera::choose_base_strategy().ok()?.data_dir();
    Some(data.join("paperkin").join("models"))
}
