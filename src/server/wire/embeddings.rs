//! Requests for embeddings and their responses, in the format of OpenAI's API.

use axum::http::StatusCode;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::openai::{Refusal, is_served};
use crate::embed::{Embedder, Embedding};

/// Maximum number of texts in a request, as in OpenAI's API.
const MOST_TEXTS: usize = 2_048;

/// Texts to embed
#[derive(Debug, ToSchema)]
pub(crate) struct EmbeddingsRequest {
    /// One text, or up to 2,048 texts; none may be empty. Texts beyond the model's maximum length are truncated
    pub input: Input,
    /// Name of the served model as listed by `/v1/models`, or `owner/name`
    pub model: String,
    /// Encoding of the embeddings (default: `float`)
    pub encoding_format: Option<EncodingFormat>,
    /// Truncate embeddings to N dimensions and normalise them; only for models trained for it (Matryoshka)
    #[schema(minimum = 1)]
    pub dimensions: Option<usize>,
    /// Role of the texts, for models that embed queries and passages differently (default: `passage`)
    pub role: Option<Role>,
    /// Ignored
    #[allow(dead_code)] // part of the OpenAPI schema
    user: Option<String>,
}

/// One text, or a list of texts
#[derive(Debug, Deserialize, ToSchema)]
#[serde(untagged)] // for the OpenAPI schema; `Input::read` reads it, with better errors
pub(crate) enum Input {
    One(String),
    Several(Vec<String>),
}

/// Encoding of embeddings
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum EncodingFormat {
    /// Array of numbers
    Float,
    /// Little-endian 32-bit floats, encoded as base64
    Base64,
}

/// Role of texts
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Role {
    /// Queries
    Query,
    /// Papers, or other texts to search in
    Passage,
}

/// Embeddings of unit length, in the order of the texts
#[derive(Serialize, ToSchema)]
pub(crate) struct EmbeddingsAnswer {
    /// Always `list`
    pub object: &'static str,
    pub data: Vec<Embedded>,
    /// Name of the served model
    pub model: String,
    pub usage: Usage,
}

/// The embedding of a text
#[derive(Serialize, ToSchema)]
pub(crate) struct Embedded {
    /// Always `embedding`
    pub object: &'static str,
    /// Index of the text in the request, from 0
    pub index: usize,
    pub embedding: Vector,
}

/// An embedding, encoded as `encoding_format` requests
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum Vector {
    Float(Vec<f32>),
    Base64(String),
}

/// What the texts cost
#[derive(Serialize, ToSchema)]
pub(crate) struct Usage {
    /// Number of tokens, including special tokens
    pub prompt_tokens: usize,
    pub total_tokens: usize,
    /// Number of texts that were truncated to the model's maximum length
    pub truncated_texts: usize,
}

impl Vector {
    /// An embedding in an encoding.
    pub fn new(embedding: &Embedding, format: Option<EncodingFormat>) -> Self {
        let numbers = embedding.as_slice();
        match format {
            Some(EncodingFormat::Base64) => {
                let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
                Self::Base64(STANDARD.encode(bytes))
            }
            Some(EncodingFormat::Float) | None => Self::Float(numbers.to_vec()),
        }
    }
}

impl Input {
    /// The texts as a slice.
    pub fn texts(&self) -> &[String] {
        match self {
            Self::One(text) => std::slice::from_ref(text),
            Self::Several(texts) => texts,
        }
    }

    fn read(value: Value) -> Result<Self, Refusal> {
        let texts = match value {
            Value::String(text) => return Self::One(text).checked(),
            Value::Array(texts) => texts,
            _ => return Err(Refusal::of("input", "invalid_type", "`input` must be a string or an array of strings")),
        };
        let read = |(place, text)| match text {
            Value::String(text) => Ok(text),
            Value::Number(_) | Value::Array(_) => {
                let message = "`input` must be a string or an array of strings; token ids are not supported";
                Err(Refusal::of("input", "unsupported_value", message))
            }
            _ => Err(Refusal::of(format!("input[{place}]"), "invalid_type", "`input` must be an array of strings")),
        };
        if texts.len() > MOST_TEXTS {
            let message = format!(
                "`input` has {} texts, but the limit is {MOST_TEXTS}; split it into several requests",
                texts.len()
            );
            return Err(Refusal::of("input", "array_above_max_length", message));
        }
        Self::Several(texts.into_iter().enumerate().map(read).collect::<Result<_, _>>()?).checked()
    }

    fn checked(self) -> Result<Self, Refusal> {
        if self.texts().is_empty() {
            return Err(Refusal::of("input", "empty_array", "`input` is an empty array"));
        }
        if let Some(place) = self.texts().iter().position(String::is_empty) {
            let param = if matches!(self, Self::One(_)) { "input".to_owned() } else { format!("input[{place}]") };
            return Err(Refusal::of(param.clone(), "empty_string", format!("`{param}` is an empty string")));
        }
        Ok(self)
    }
}

impl EmbeddingsRequest {
    /// Reads a body. An error names the invalid field.
    pub fn read(body: &[u8]) -> Result<Self, Refusal> {
        let read: Result<Map<String, Value>, _> = serde_json::from_slice(body);
        let mut fields = read.map_err(|error| {
            Refusal::new(StatusCode::BAD_REQUEST, format!("the body is not a valid JSON object: {error}"))
        })?;
        let missing = |name: &str| {
            let message = format!("`{name}` is missing; send an object like {{\"model\": …, \"input\": …}}");
            Refusal::of(name, "missing_required_parameter", message)
        };
        let input = fields.remove("input").filter(|input| !input.is_null()).ok_or_else(|| missing("input"))?;
        let request = Self {
            input: Input::read(input)?,
            model: field(&mut fields, "model", "a string")?.ok_or_else(|| missing("model"))?,
            encoding_format: field(&mut fields, "encoding_format", "`float` or `base64`")?,
            dimensions: field(&mut fields, "dimensions", "a whole number")?,
            role: field(&mut fields, "role", "`query` or `passage`")?,
            user: None,
        };
        fields.remove("user");
        match fields.keys().next() {
            Some(name) => Err(Refusal::of(name, "unknown_parameter", format!("unknown parameter `{name}`"))),
            None => Ok(request),
        }
    }

    /// Checks that the model and its dimensions match the request.
    pub fn check(&self, embedder: &Embedder) -> Result<(), Refusal> {
        let fingerprint = embedder.fingerprint();
        if !is_served(&self.model, &fingerprint.model) {
            return Err(Refusal::unknown_model(&self.model, &fingerprint.model));
        }
        let (whole, name) = (fingerprint.dimension, &fingerprint.model);
        let problem = match self.dimensions {
            None => return Ok(()),
            Some(wanted) if wanted == whole => return Ok(()),
            Some(wanted) if wanted == 0 || wanted > whole => format!("must be from 1 to {whole}, but is {wanted}"),
            Some(_) if embedder.is_matryoshka() => return Ok(()),
            Some(_) => format!("must be {whole} or omitted: `{name}` does not support truncated embeddings"),
        };
        Err(Refusal::of("dimensions", "invalid_value", format!("`dimensions` {problem}")))
    }
}

/// An optional field, which may also be `null`.
fn field<T: DeserializeOwned>(fields: &mut Map<String, Value>, name: &str, wanted: &str) -> Result<Option<T>, Refusal> {
    let Some(value) = fields.remove(name).filter(|value| !value.is_null()) else { return Ok(None) };
    let found: String = value.to_string().chars().take(100).collect();
    let read = serde_json::from_value(value).map(Some);
    read.map_err(|_| Refusal::of(name, "invalid_value", format!("`{name}` must be {wanted}, but is `{found}`")))
}
