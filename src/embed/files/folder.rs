//! Finds the folder of a model on this machine, and checks its files.

use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;
use sha2::{Digest, Sha256};

use super::fingerprint::Fingerprint;
use super::layout::OWN_MANIFEST;
use super::manifest::{Manifest, Task};
use super::{hashes, lock};
use crate::error::{Error, Result};

/// A model whose files are on this machine and have been checked.
#[derive(Debug, Clone)]
pub struct ModelFolder {
    /// The folder.
    pub path: PathBuf,
    /// The description of the model.
    pub manifest: Manifest,
    pub(in crate::embed) fingerprint: Fingerprint,
    /// The model that embeds queries, if it is another model.
    pub(in crate::embed) queries: Option<Box<Self>>,
}

impl ModelFolder {
    /// Finds a model by its name or the path of its folder, without network access.
    ///
    /// # Errors
    /// [`Error::UnknownModel`], [`Error::ModelMissing`], or an error about its files.
    pub fn find(model: &str) -> Result<Self> {
        if is_path(model) {
            return Self::open(Path::new(model));
        }
        let manifest = match Manifest::named(model) {
            Err(error @ Error::UnknownModel { .. }) => {
                return made_here(model).map_or(Err(error), |path| Self::open(&path));
            }
            named => named?,
        };
        let places = places(manifest.files_of());
        for path in &places {
            let manifest = lock::completed(manifest.clone(), path)?;
            let mut wanted = manifest.files.iter().map(|file| &file.path).chain(&manifest.unverified);
            if wanted.all(|file| path.join(file).is_file()) {
                return Self::checked(path.clone(), manifest)?.with_queries(Path::new(""));
            }
        }
        let looked_in = places.iter().map(|path| format!("`{}`", path.display())).collect::<Vec<_>>().join(", ");
        Err(Error::ModelMissing { name: manifest.files_of().to_owned(), looked_in })
    }

    /// Opens a folder in sentence-transformers layout. If it is a copy of a known model, it is opened as that model.
    ///
    /// # Errors
    /// When a file is missing or not valid.
    pub fn open(folder: &Path) -> Result<Self> {
        let own = Manifest::of_folder(folder)?;
        if own.queries.is_some() {
            return Self::digested(folder.to_owned(), own)?.with_queries(folder);
        }
        let weights = hashes::sha256(&folder.join(&own.network).join("model.safetensors"))?;
        let same_weights = |manifest: &Manifest| manifest.files.iter().any(|file| file.sha256 == weights);
        let mut known = Manifest::compiled_in()?.into_iter().filter(|manifest| manifest.queries.is_none());
        if let Some(known) = known.find(same_weights) {
            let whole = known
                .files
                .iter()
                .all(|file| hashes::sha256(&folder.join(&file.path)).is_ok_and(|sha256| sha256 == file.sha256));
            if whole {
                return Self::checked(folder.to_owned(), known);
            }
        }
        Self::digested(folder.to_owned(), own)
    }

    /// Opens a folder without known hashes. A digest of its files is its revision.
    fn digested(path: PathBuf, manifest: Manifest) -> Result<Self> {
        let mut digest = Sha256::new();
        for file in manifest.essential_files(&path) {
            digest.update(hashes::sha256(&path.join(file))?);
        }
        let revision = format!("sha256:{}", hashes::hex(&digest.finalize()));
        let fingerprint = Fingerprint::new(&manifest, revision);
        Ok(Self { path, manifest, fingerprint, queries: None })
    }

    /// Opens a folder and checks its files against the hashes of the manifest or of its lock. If there are neither, the files were
    /// put there by hand, and their digest is the revision.
    pub(super) fn checked(path: PathBuf, manifest: Manifest) -> Result<Self> {
        manifest.check_pooling(&path)?;
        if !manifest.unverified.is_empty() {
            return Self::digested(path, manifest);
        }
        for file in &manifest.files {
            check(
                &manifest.name,
                &path.join(&file.path),
                file.bytes,
                || hashes::sha256(&path.join(&file.path)),
                &file.sha256,
            )?;
        }
        let revision = manifest.hub.as_ref().and_then(|hub| hub.revision.clone()).unwrap_or_default();
        let fingerprint = Fingerprint::new(&manifest, revision);
        Ok(Self { path, manifest, fingerprint, queries: None })
    }

    /// Checks that the model has the given task.
    ///
    /// # Errors
    /// [`Error::NotAnEmbedder`], [`Error::NotACrossEncoder`].
    pub(crate) fn check_task(&self, wanted: Task) -> Result<()> {
        if self.manifest.task == wanted {
            return Ok(());
        }
        let name = self.manifest.name.clone();
        Err(match wanted {
            Task::Embed => Error::NotAnEmbedder { name },
            Task::Rerank => Error::NotACrossEncoder { name },
        })
    }

    /// Finds the model that embeds queries, if there is one. A path is relative to `beside`.
    fn with_queries(self, beside: &Path) -> Result<Self> {
        let Some(name) = &self.manifest.queries else { return Ok(self) };
        let queries = if is_path(name) { Self::open(&beside.join(name))? } else { Self::find(name)? };
        let (own, other) = (&self.manifest, &queries.manifest);
        if own.dimension != other.dimension {
            return Err(Error::BadManifest {
                name: own.name.clone(),
                reason: format!(
                    "its vectors have {} dimensions, but the query vectors of `{}` have {}",
                    own.dimension, other.name, other.dimension
                ),
            });
        }
        let fingerprint = Fingerprint { queries: Some(Box::new(queries.fingerprint.clone())), ..self.fingerprint };
        Ok(Self { fingerprint, queries: Some(Box::new(queries)), ..self })
    }

    /// The same model with embeddings truncated to `dimension` numbers and normalised again. Any model can be truncated; models
    /// that were trained for it lose least ([`Manifest::matryoshka`]).
    ///
    /// # Errors
    /// [`Error::BadDimension`] when `dimension` is 0 or more than the model has.
    pub fn with_dimension(mut self, dimension: usize) -> Result<Self> {
        let (name, whole) = (&self.manifest.name, self.manifest.dimension);
        if dimension == 0 || dimension > whole {
            return Err(Error::BadDimension { name: name.clone(), wanted: dimension, whole });
        }
        self.fingerprint.dimension = dimension;
        if let Some(queries) = self.queries {
            let queries = queries.with_dimension(dimension)?;
            self.fingerprint.queries = Some(Box::new(queries.fingerprint.clone()));
            self.queries = Some(Box::new(queries));
        }
        Ok(self)
    }

    /// The same model for vectors with this fingerprint, which are at `place`: truncated as they are.
    pub(crate) fn for_vectors(self, stored: &Fingerprint, place: &Path) -> Result<Self> {
        let is_cut = stored.dimension < self.manifest.dimension;
        let model = if is_cut { self.with_dimension(stored.dimension)? } else { self };
        stored.check(model.fingerprint(), place)?;
        Ok(model)
    }

    /// Reads all files and compares their hashes, ignoring recorded hashes. Returns the names of the files.
    ///
    /// # Errors
    /// For the first file that differs.
    pub fn verify(&self) -> Result<Vec<String>> {
        let mut names = Vec::new();
        if let Some(queries) = &self.queries {
            names.extend(queries.verify()?.into_iter().map(|file| format!("{}: {file}", queries.manifest.name)));
        }
        for file in &self.manifest.files {
            let path = self.path.join(&file.path);
            check(&self.manifest.name, &path, file.bytes, || hashes::compute_sha256(&path), &file.sha256)?;
            names.push(file.path.clone());
        }
        Ok(names)
    }

    /// The folder, if it must be remembered because the model's name alone does not find it.
    pub(crate) fn path_to_remember(&self) -> Option<PathBuf> {
        // The folder may be a copy of a known model, and the only one on this machine.
        let name = &self.manifest.name;
        let is_found = self.manifest.hub.is_some()
            && (places(self.manifest.files_of()).contains(&self.path) || Self::find(name).is_ok());
        if is_found { None } else { self.path.canonicalize().ok() }
    }

    /// How to find this model again: by its name, or by its path.
    pub(crate) fn argument(&self) -> String {
        let path = self.path_to_remember();
        path.map_or_else(|| self.manifest.name.clone(), |path| path.to_string_lossy().into_owned())
    }

    /// How to find the model that embeds queries again.
    pub(crate) fn query_argument(&self) -> String {
        self.queries.as_deref().unwrap_or(self).argument()
    }

    /// Everything that embeddings of this model depend on.
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

/// A model is given by its path if it contains a path separator, or is the name of a folder here and not that of a known model.
fn is_path(model: &str) -> bool {
    model.contains(std::path::is_separator) || (Path::new(model).is_dir() && Manifest::named(model).is_err())
}

/// The folders where a model of this name may be, in the order of search.
fn places(name: &str) -> Vec<PathBuf> {
    let here = Path::new("models").join(name);
    let users = users_folder().map(|folder| folder.join(name));
    [Some(here), users].into_iter().flatten().collect()
}

/// The folder of a model that was made on this machine under this name.
fn made_here(name: &str) -> Option<PathBuf> {
    places(name).into_iter().find(|path| path.join(OWN_MANIFEST).is_file())
}

/// The names of the models that were made on this machine, in alphabetical order.
pub(crate) fn names_made_here() -> Vec<String> {
    let folders = places("").into_iter().filter_map(|folder| fs_err::read_dir(folder).ok()).flatten().flatten();
    let made = folders.filter(|entry| entry.path().join(OWN_MANIFEST).is_file());
    let mut names: Vec<String> = made.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.retain(|name| !name.starts_with('.'));
    names.sort();
    names.dedup();
    names
}

/// Maximum length of the name of a model that is made on this machine.
const LONGEST_NAME: usize = 64;

/// The folder for a model that is made on this machine.
///
/// # Errors
/// [`Error::BadModelName`] if the name is that of a known model, or no plain name of a folder.
pub(crate) fn place_to_make(name: &str) -> Result<PathBuf> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let reason = if Manifest::named(name).is_ok() {
        "a known model has this name"
    } else if name.len() > LONGEST_NAME {
        "it is longer than 64 letters"
    } else if name.is_empty() || name.starts_with('.') || !name.chars().all(is_plain) {
        "only letters, digits, `.`, `_` and `-` are allowed, and it must not begin with `.`"
    } else {
        let folder = users_folder().unwrap_or_else(|| PathBuf::from("models"));
        return Ok(folder.join(name));
    };
    Err(Error::BadModelName { name: name.to_owned(), reason })
}

/// The folder into which a model of this name is fetched: beside its manifest in a checkout of this project, else in the user's
/// data folder.
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

#[cfg(test)]
mod tests {
    use super::super::manifest::Hub;
    use super::*;

    #[test]
    fn the_folder_of_a_known_model_is_remembered_if_its_name_does_not_find_it() {
        let place = Path::new("tests/data/tiny-bert");
        let mut model = ModelFolder::open(place).unwrap();
        model.manifest.hub = Some(Hub { repository: "nobody/nothing".into(), revision: None });
        model.manifest.name = "a-model-that-is-only-here".into();
        let path = place.canonicalize().unwrap();
        assert_eq!(model.path_to_remember(), Some(path.clone()));
        assert_eq!(model.argument(), path.to_string_lossy());
    }
}
