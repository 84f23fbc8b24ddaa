//! The vocabulary that a static model takes over from another model: its tokenizer without special tokens and without a limit, and
//! whole words that are added to it.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::files::ModelFolder;
use super::tokenize::Tokenizer;
use crate::error::{Error, Result};

/// A tokenizer, as JSON and loaded.
pub(crate) struct Vocabulary {
    json: Value,
    tokenizer: Tokenizer,
    /// The file that it was read from.
    path: PathBuf,
}

impl Vocabulary {
    /// Reads the tokenizer of a model.
    ///
    /// # Errors
    /// When the file is missing or not valid.
    pub fn of(folder: &ModelFolder) -> Result<Self> {
        let path = folder.path.join(&folder.manifest.network).join("tokenizer.json");
        let text = fs_err::read(&path)?;
        let mut json: Value = serde_json::from_slice(&text).map_err(|error| broken(&path, &error))?;
        if let Some(json) = json.as_object_mut() {
            // sentence-transformers would truncate texts, as these say.
            json.insert("truncation".to_owned(), Value::Null);
            json.insert("padding".to_owned(), Value::Null);
        }
        Self::new(json, path)
    }

    fn new(json: Value, path: PathBuf) -> Result<Self> {
        let tokenizer =
            Tokenizer::unlimited(&serde_json::to_vec(&json).map_err(|error| broken(&path, &error))?, &path)?;
        Ok(Self { json, tokenizer, path })
    }

    /// Number of tokens, special tokens included.
    pub fn len(&self) -> usize {
        self.tokenizer.len()
    }

    /// The tokens of a text, without special tokens.
    ///
    /// # Errors
    /// When the tokenizer cannot represent the text.
    pub fn tokens(&self, text: &str) -> Result<Vec<u32>> {
        Ok(self.tokenizer.tokenize(text)?.ids)
    }

    /// The prefix of a token inside a word, if words of more than one token can be made tokens of their own. This is so for
    /// WordPiece, which takes the longest token that fits; the others choose by the frequencies in their training texts.
    pub fn inside_prefix(&self) -> Option<&str> {
        let model = &self.json["model"];
        if model["type"] == "WordPiece" { model["continuing_subword_prefix"].as_str() } else { None }
    }

    /// The text of a token.
    pub fn text(&self, token: u32) -> Option<String> {
        self.tokenizer.token(token)
    }

    /// The vocabulary with further words as tokens of their own. They get the next ids, in their order.
    ///
    /// # Errors
    /// When the tokenizer is not WordPiece, or cannot be read with them.
    pub fn with_words(self, words: &[String]) -> Result<Self> {
        let Self { mut json, path, .. } = self;
        let next = self.tokenizer.len();
        let Some(vocabulary) = json.pointer_mut("/model/vocab").and_then(Value::as_object_mut) else {
            return Err(broken(&path, "its vocabulary is no object"));
        };
        vocabulary.extend(words.iter().zip(next..).map(|(word, id)| (word.clone(), id.into())).collect::<Map<_, _>>());
        Self::new(json, path)
    }

    /// The tokenizer as the contents of a file `tokenizer.json`.
    pub fn to_json(&self) -> String {
        self.json.to_string()
    }
}

fn broken(path: &Path, reason: impl ToString) -> Error {
    Error::ModelFileBroken { path: path.to_owned(), reason: reason.to_string() }
}
