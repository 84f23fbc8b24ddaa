//! The model of a collection, as far as the collection knows it: its fingerprint, and how to find its files.

use std::path::{Path, PathBuf};

use crate::embed::{Fingerprint, ModelFolder};
use crate::error::Result;
use crate::store::{Generation, Store};

/// The model that made the vectors of a collection. Its files may not be on this machine.
#[derive(Debug, Clone)]
pub struct StoredModel {
    /// The fingerprint of the vectors.
    pub fingerprint: Fingerprint,
    /// How to name the model: its name, or the path of its folder.
    pub argument: String,
    /// Where the collection is, for messages; of a store, its folder.
    place: PathBuf,
    generation: Option<Generation>,
}

impl StoredModel {
    /// The model of a collection on a server at `address`.
    #[must_use]
    pub fn on_server(fingerprint: Fingerprint, argument: String, address: &str) -> Self {
        Self { fingerprint, argument, place: address.into(), generation: None }
    }

    /// The model of a store.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn of_store(store: &Store) -> Result<Self> {
        let generation = store.generation()?;
        let (fingerprint, argument) = (generation.fingerprint.clone(), generation.model_argument());
        Ok(Self { fingerprint, argument, place: store.dir().to_owned(), generation: Some(generation) })
    }

    /// The state of a store, and its folder; `None` for a collection on a server.
    #[must_use]
    pub fn in_folder(&self) -> Option<(&Generation, &Path)> {
        self.generation.as_ref().map(|generation| (generation, self.place.as_path()))
    }

    /// The folder of the model, if its name alone does not find it.
    #[must_use]
    pub fn path(&self) -> Option<PathBuf> {
        let path = (self.argument != self.fingerprint.model).then(|| PathBuf::from(&self.argument))?;
        let is_own = self.generation.as_ref().is_some_and(Generation::has_own_model);
        Some(if is_own { self.place.join(path) } else { path })
    }

    /// The model itself, if it is on this machine.
    ///
    /// # Errors
    /// As [`ModelFolder::find`]; [`Error::FingerprintDiffers`](crate::Error::FingerprintDiffers) if the model found has
    /// another fingerprint.
    pub fn find(&self) -> Result<ModelFolder> {
        match &self.generation {
            Some(generation) => generation.find_model(&self.place),
            None => ModelFolder::find(&self.argument)?.for_vectors(&self.fingerprint, &self.place),
        }
    }

    /// Checks that vectors of this fingerprint can be compared with those of the collection.
    ///
    /// # Errors
    /// [`Error::FingerprintDiffers`](crate::Error::FingerprintDiffers).
    pub fn check(&self, given: &Fingerprint) -> Result<()> {
        self.fingerprint.check(given, &self.place)
    }
}
