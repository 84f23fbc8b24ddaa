//! Requests for scores of texts and their responses, in the formats of text-embeddings-inference, and of Cohere and Jina.

use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::problem::Problem;

/// Maximum number of texts in a request.
const MOST_TEXTS: usize = 1_000;

/// Texts to score, as for text-embeddings-inference
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RerankTexts {
    /// The query
    pub query: String,
    /// Up to 1,000 texts. Texts beyond the model's maximum length are truncated
    pub texts: Vec<String>,
    /// Return scores as the model gives them instead of numbers from 0 to 1
    #[serde(default)]
    pub raw_scores: bool,
    /// Return the texts, too
    #[serde(default)]
    pub return_text: bool,
    /// Ignored: long texts are truncated
    #[serde(default, rename = "truncate")]
    _truncate: Option<bool>,
    /// Ignored: texts are truncated at their end
    #[serde(default, rename = "truncation_direction")]
    _truncation_direction: Option<String>,
}

/// The score of a text
#[derive(Serialize, ToSchema)]
pub(crate) struct RankedText {
    /// Index of the text in the request, from 0
    pub index: usize,
    /// Relevance to the query
    pub score: f32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// Documents to score, as for Cohere and Jina
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RerankDocuments {
    /// The query
    pub query: String,
    /// Up to 1,000 documents. Documents beyond the model's maximum length are truncated
    pub documents: Vec<Document>,
    /// Name of the loaded cross-encoder, or `owner/name` (default: the loaded one)
    pub model: Option<String>,
    /// Return only the best N documents
    pub top_n: Option<usize>,
    /// Return the texts, too
    #[serde(default)]
    pub return_documents: bool,
    /// Ignored
    #[serde(default, rename = "max_chunks_per_doc")]
    _max_chunks_per_doc: Option<usize>,
    /// Ignored
    #[serde(default, rename = "max_tokens_per_doc")]
    _max_tokens_per_doc: Option<usize>,
}

/// A text, or an object with a text
#[derive(Deserialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum Document {
    Text(String),
    Object(Text),
}

impl Document {
    pub fn into_text(self) -> String {
        match self {
            Self::Text(text) | Self::Object(Text { text }) => text,
        }
    }
}

/// The text of a document
#[derive(Serialize, Deserialize, ToSchema)]
pub(crate) struct Text {
    pub text: String,
}

/// Documents by descending score
#[derive(Serialize, ToSchema)]
pub(crate) struct RerankAnswer {
    /// Name of the cross-encoder
    pub model: String,
    pub results: Vec<RankedDocument>,
}

/// The score of a document
#[derive(Serialize, ToSchema)]
pub(crate) struct RankedDocument {
    /// Index of the document in the request, from 0
    pub index: usize,
    /// Relevance to the query, from 0 to 1
    pub relevance_score: f32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document: Option<Text>,
}

/// Checks the query and the number of texts in the field `name`.
pub(crate) fn checked(name: &str, query: &str, texts: usize) -> Result<(), Problem> {
    if query.trim().is_empty() {
        return Err(Problem::bad_request("`query` is empty").hint("write what the texts should be about"));
    }
    match texts {
        0 => Err(Problem::bad_request(format!("`{name}` is empty")).hint("send at least one text")),
        1..=MOST_TEXTS => Ok(()),
        _ => Err(Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            format!("`{name}` has {texts} texts, but the limit is {MOST_TEXTS}"),
        )
        .hint("split them into several requests")),
    }
}
