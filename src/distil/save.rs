//! Writes a student as a model folder that sentence-transformers loads, with a manifest.

use std::collections::HashMap;
use std::path::Path;

use candle_core::{Device, Tensor};
use serde_json::json;

use super::Student;
use crate::embed::{Manifest, ModelFolder, TABLE_FOLDER};
use crate::error::{Error, Result};

impl Student {
    /// Writes the model folder. It appears when it is complete. `queries` names the model that embeds queries, if it is another one.
    ///
    /// # Errors
    /// [`Error::ModelExists`] if there is anything at `folder`; when its parent cannot be written.
    pub fn save(
        &self,
        folder: &Path,
        name: &str,
        teacher: &ModelFolder,
        queries: Option<String>,
    ) -> Result<ModelFolder> {
        if folder.exists() {
            return Err(Error::ModelExists { folder: folder.to_owned() });
        }
        let parent = folder.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        fs_err::create_dir_all(parent)?;
        let unfinished = tempfile::Builder::new().prefix(".distil-").tempdir_in(parent)?;
        self.write(unfinished.path(), name, &teacher.manifest, queries)?;
        // Renamed away, so that nothing is left to delete; if that fails, it is deleted.
        fs_err::rename(unfinished.path(), folder)?;
        let _ = unfinished.keep();
        ModelFolder::open(folder)
    }

    fn write(&self, folder: &Path, name: &str, teacher: &Manifest, queries: Option<String>) -> Result<()> {
        let table_folder = folder.join(TABLE_FOLDER);
        fs_err::create_dir_all(&table_folder)?;
        let (rows, width) = (self.table.len(), self.table.width);
        let path = table_folder.join("model.safetensors");
        let broken =
            |error: candle_core::Error| Error::ModelFileBroken { path: path.clone(), reason: error.to_string() };
        let table = Tensor::from_slice(&self.table.values, (rows, width), &Device::Cpu).map_err(broken)?;
        candle_core::safetensors::save(&HashMap::from([("embedding.weight", table)]), &path).map_err(broken)?;
        fs_err::write(table_folder.join("tokenizer.json"), self.vocabulary.to_json())?;
        let module = |number: u32, path: &str, class: &str| {
            json!({
                "idx": number,
                "name": number.to_string(),
                "path": path,
                "type": format!("sentence_transformers.models.{class}"),
            })
        };
        let modules = json!([module(0, TABLE_FOLDER, "StaticEmbedding"), module(1, "1_Normalize", "Normalize")]);
        fs_err::write(folder.join("modules.json"), format!("{modules:#}\n"))?;
        // Some versions of sentence-transformers want a folder for each module.
        fs_err::create_dir_all(folder.join("1_Normalize"))?;
        fs_err::write(folder.join("1_Normalize").join("config.json"), "{}\n")?;
        let settings = json!({ "similarity_fn_name": "cosine" });
        fs_err::write(folder.join("config_sentence_transformers.json"), format!("{settings:#}\n"))?;
        let manifest = Manifest { queries, ..Manifest::distilled(folder, name, teacher, self.papers, width)? };
        manifest.write(folder)?;
        Ok(fs_err::write(folder.join("README.md"), self.card(name, &manifest))?)
    }

    /// A short description for people.
    fn card(&self, name: &str, manifest: &Manifest) -> String {
        let Self { papers, new_words, kept, .. } = self;
        format!(
            "# {name}\n\nA static sentence embedding model: {}. The embedding of a text is the normalised mean over its \
             tokens.{}\n\nMade by `paperkin models distil`. It learnt from {papers} papers; {new_words} words are tokens of \
             their own. On {} other papers: mean cosine with the teacher {:.4}, {:.4} of the ten nearest neighbours kept, \
             {:.4} of the titles find their own paper first.\n\nThe licence of the teacher applies: {}.\n",
            manifest.description,
            manifest
                .queries
                .as_ref()
                .map(|queries| format!(" In paperkin, {queries} embeds queries."))
                .unwrap_or_default(),
            kept.papers,
            kept.cosine,
            kept.neighbours,
            kept.titles_first,
            manifest.licence.as_deref().unwrap_or("unknown"),
        )
    }
}
