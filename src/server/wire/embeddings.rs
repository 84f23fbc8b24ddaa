//! Which texts are to be embedded, and what do their vectors look like? In the form of OpenAI's API.

use axum::http::StatusCode;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::openai::{Refusal, is_served};
use crate::embed::{Embedder, Embedding};

/// Texts of a request, as many as OpenAI takes.
const MOST_TEXTS: usize = 2_048;

/// Texts to be embedded
#[derive(Debug, ToSchema)]
pub(crate) struct EmbeddingsRequest {
    /// One text, or up to 2,048; none is empty. What is longer than the model reads is cut
    pub input: Input,
    /// The name of the model that is served, as `/v1/models` has it, or `owner/name`
    pub model: String,
    /// How vectors are written; `float` unless said
    pub encoding_format: Option<EncodingFormat>,
    /// The first so many numbers of each vector, at unit length; only of models that were trained for it
    #[schema(minimum = 1)]
    pub dimensions: Option<usize>,
    /// Whether the texts ask or answer; some models distinguish them. `passage` unless said
    pub role: Option<Role>,
    /// Read by nobody
    #[allow(dead_code)] // told to clients
    user: Option<String>,
}

/// One text or several
#[derive(Debug, Deserialize, ToSchema)]
#[serde(untagged)] // as clients are told; read by hand, so that they are told what is wrong
pub(crate) enum Input {
    One(String),
    Several(Vec<String>),
}

/// How vectors are written
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum EncodingFormat {
    /// An array of numbers
    Float,
    /// 32-bit numbers, little-endian, in base64
    Base64,
}

/// Whether texts ask or answer
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Role {
    /// They are questions
    Query,
    /// They are papers, or other texts to be found
    Passage,
}

/// Vectors of unit length, in the order of their texts
#[derive(Serialize, ToSchema)]
pub(crate) struct EmbeddingsAnswer {
    /// `list`
    pub object: &'static str,
    pub data: Vec<Embedded>,
    /// The name of the model that is served
    pub model: String,
    pub usage: Usage,
}

/// The vector of a text
#[derive(Serialize, ToSchema)]
pub(crate) struct Embedded {
    /// `embedding`
    pub object: &'static str,
    /// The place of the text, from 0
    pub index: usize,
    pub embedding: Vector,
}

/// A vector, as `encoding_format` asks for it
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum Vector {
    Float(Vec<f32>),
    Base64(String),
}

/// Tokens that the model read, special ones included
#[derive(Serialize, ToSchema)]
pub(crate) struct Usage {
    pub prompt_tokens: usize,
    pub total_tokens: usize,
}

impl Vector {
    /// A vector, written as it is wanted.
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
    /// The texts, however many.
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
            _ => return Err(Refusal::of("input", "invalid_type", "`input` must be a text or an array of texts")),
        };
        let read = |(place, text)| match text {
            Value::String(text) => Ok(text),
            Value::Number(_) | Value::Array(_) => {
                let message = "`input` must be texts: tokens of another vocabulary mean nothing to this model; send the texts \
                               themselves";
                Err(Refusal::of("input", "unsupported_value", message))
            }
            _ => Err(Refusal::of(format!("input[{place}]"), "invalid_type", "`input` must be texts")),
        };
        if texts.len() > MOST_TEXTS {
            let message =
                format!("`input` has {} texts, but at most {MOST_TEXTS} are taken; send them in parts", texts.len());
            return Err(Refusal::of("input", "array_above_max_length", message));
        }
        Self::Several(texts.into_iter().enumerate().map(read).collect::<Result<_, _>>()?).checked()
    }

    fn checked(self) -> Result<Self, Refusal> {
        if self.texts().is_empty() {
            return Err(Refusal::of("input", "empty_array", "`input` has no text"));
        }
        if let Some(place) = self.texts().iter().position(String::is_empty) {
            let param = if matches!(self, Self::One(_)) { "input".to_owned() } else { format!("input[{place}]") };
            return Err(Refusal::of(param.clone(), "empty_string", format!("`{param}` is an empty text")));
        }
        Ok(self)
    }
}

impl EmbeddingsRequest {
    /// Reads a body; whatever is wrong with it is told by the field that is meant.
    pub fn read(body: &[u8]) -> Result<Self, Refusal> {
        let read: Result<Map<String, Value>, _> = serde_json::from_slice(body);
        let mut fields = read.map_err(|error| {
            Refusal::new(StatusCode::BAD_REQUEST, format!("the body is no JSON object that can be read: {error}"))
        })?;
        let missing = |name: &str| {
            let message = format!("`{name}` is missing; send an object like {{\"model\": …, \"input\": …}}");
            Refusal::of(name, "missing_required_parameter", message)
        };
        let input = fields.remove("input").filter(|input| !input.is_null()).ok_or_else(|| missing("input"))?;
        let request = Self {
            input: Input::read(input)?,
            model: field(&mut fields, "model", "a text")?.ok_or_else(|| missing("model"))?,
            encoding_format: field(&mut fields, "encoding_format", "`float` or `base64`")?,
            dimensions: field(&mut fields, "dimensions", "a whole number")?,
            role: field(&mut fields, "role", "`query` or `passage`")?,
            user: None,
        };
        fields.remove("user");
        match fields.keys().next() {
            Some(name) => Err(Refusal::of(name, "unknown_parameter", format!("there is no parameter `{name}`"))),
            None => Ok(request),
        }
    }

    /// Makes sure that this model can do what is asked.
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
            Some(_) => format!("must be {whole} or left out: `{name}` was not trained for vectors to be cut"),
        };
        Err(Refusal::of("dimensions", "invalid_value", format!("`dimensions` {problem}")))
    }
}

/// A field that may be left out, or be `null`.
fn field<T: DeserializeOwned>(fields: &mut Map<String, Value>, name: &str, wanted: &str) -> Result<Option<T>, Refusal> {
    let Some(value) = fields.remove(name).filter(|value| !value.is_null()) else { return Ok(None) };
    let found: String = value.to_string().chars().take(100).collect();
    let read = serde_json::from_value(value).map(Some);
    read.map_err(|_| Refusal::of(name, "invalid_value", format!("`{name}` must be {wanted}, but is `{found}`")))
}
