//! The comparison of two papers, for the API and the tools.

use schemars::JsonSchema;
use serde::Serialize;
use utoipa::ToSchema;

use crate::paper::Paper;
use crate::search;

/// What two papers share, and where they differ
#[derive(Serialize, ToSchema, JsonSchema)]
pub(crate) struct Comparison {
    /// The first and the second paper
    pub papers: Vec<ComparedPaper>,
    /// Cosine similarity of the embeddings of the papers
    pub cosine: Option<f32>,
    /// Authors of both
    pub authors: Vec<String>,
    /// Categories of both
    pub categories: Vec<String>,
    /// Keywords of both
    pub keywords: Vec<String>,
    /// Pairs of sentences with a similar meaning
    pub similar: Vec<SimilarSentences>,
    /// Sentences of the first abstract without a counterpart in the second
    pub only_in_first: Vec<String>,
    /// Sentences of the second abstract without a counterpart in the first
    pub only_in_second: Vec<String>,
    /// Number of sentences at the end of each abstract that were not compared, because it has more than 100
    pub not_compared: Vec<usize>,
}

/// A paper that is compared
#[derive(Serialize, ToSchema, JsonSchema)]
pub(crate) struct ComparedPaper {
    pub id: String,
    pub title: String,
    pub authors: Vec<String>,
    /// Date of publication: a day, a month or a year
    pub published: Option<String>,
}

/// Two sentences with a similar meaning
#[derive(Serialize, ToSchema, JsonSchema)]
pub(crate) struct SimilarSentences {
    pub first: String,
    pub second: String,
    /// Cosine similarity of their embeddings
    pub cosine: f32,
}

impl From<search::Comparison> for Comparison {
    fn from(comparison: search::Comparison) -> Self {
        let search::Comparison { papers, cosine, authors, categories, keywords, similar, .. } = comparison;
        let compared = |Paper { id, title, authors, published, .. }| ComparedPaper {
            id: id.to_string(),
            title,
            authors,
            published: published.map(|date| date.to_string()),
        };
        let pair = |search::Counterparts { first, second, cosine }| SimilarSentences { first, second, cosine };
        Self {
            papers: papers.into_iter().map(compared).collect(),
            cosine,
            authors,
            categories,
            keywords,
            similar: similar.into_iter().map(pair).collect(),
            only_in_first: comparison.only_in_first,
            only_in_second: comparison.only_in_second,
            not_compared: comparison.not_compared.to_vec(),
        }
    }
}
