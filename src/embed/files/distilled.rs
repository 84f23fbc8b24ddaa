//! Describes a static model that was distilled from another model, in the folder that it is saved to.

use std::path::Path;

use super::hashes;
use super::layout::OWN_MANIFEST;
use super::manifest::{Manifest, ModelFile, NO_LIMIT};
use crate::embed::layers::pool::Pooling;
use crate::embed::models::Architecture;
use crate::error::{Error, Result};

/// The subfolder of the table and the tokenizer, as sentence-transformers names it.
pub(crate) const TABLE_FOLDER: &str = "0_StaticEmbedding";

impl Manifest {
    /// The description of a model whose table and tokenizer are in the folder already.
    ///
    /// # Errors
    /// When these files cannot be read.
    pub(crate) fn distilled(
        folder: &Path,
        name: &str,
        teacher: &Self,
        papers: usize,
        dimension: usize,
    ) -> Result<Self> {
        let (architecture, _) = Architecture::without_network(&folder.join(TABLE_FOLDER))?;
        let mut files = Vec::new();
        for file in ["model.safetensors", "tokenizer.json"] {
            let path = format!("{TABLE_FOLDER}/{file}");
            let place = folder.join(&path);
            let (bytes, sha256) = (fs_err::metadata(&place)?.len(), hashes::compute_sha256(&place)?);
            files.push(ModelFile { path, bytes, sha256 });
        }
        Ok(Self {
            name: name.to_owned(),
            description: format!("static, distilled from {} on {papers} papers", teacher.name),
            licence: teacher.licence.clone(),
            languages: teacher.languages.clone(),
            network: TABLE_FOLDER.to_owned(),
            pooling: Pooling::Mean,
            files,
            ..Self::local(folder, architecture, dimension, NO_LIMIT)
        })
    }

    /// Writes the description into the model's folder.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub(crate) fn write(&self, folder: &Path) -> Result<()> {
        let text = toml::to_string(self)
            .map_err(|error| Error::BadManifest { name: self.name.clone(), reason: error.to_string() })?;
        Ok(fs_err::write(folder.join(OWN_MANIFEST), text)?)
    }
}
