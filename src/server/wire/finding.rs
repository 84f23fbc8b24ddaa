//! What can be asked for? The parameters of everything that finds papers, by the names of the command line.

use axum::response::Response;
use serde::{Deserialize, Deserializer};
use utoipa::{IntoParams, ToSchema};

use super::answer::{Answer, Fusion, Mode};
use super::cite::{self, Format};
use super::cursor::Asked;
use super::fields::Fields;
use super::problem::Problem;
use crate::lenient::{list, number};
use crate::search::{DEFAULT_K, Diversity, Options};
use crate::store::{Criteria, Filter};

/// A hit has these fields.
const FIELDS: [&str; 13] = [
    "rank",
    "id",
    "title",
    "authors",
    "author_count",
    "organisation",
    "categories",
    "published",
    "url",
    "score",
    "why",
    "highlight",
    "abstract",
];

/// A question
#[derive(Deserialize, IntoParams, ToSchema)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct SearchRequest {
    /// The question, in words, at most 2,000 characters; `query` is the same
    #[serde(default, alias = "query")]
    #[param(example = "how do neural networks forget?")]
    #[schema(example = "how do neural networks forget?")]
    pub q: String,
    #[serde(default)]
    #[param(inline)]
    pub mode: Mode,
    #[serde(default)]
    #[param(inline)]
    pub fusion: Fusion,
    /// Whether `hybrid` takes its best papers for right and asks again with them
    #[serde(default = "yes", deserialize_with = "feedback")]
    pub feedback: bool,
    /// Whether a cross-encoder orders the first 50 hits anew; as the service was started, unless said
    #[serde(default, deserialize_with = "rerank")]
    pub rerank: Option<bool>,
    #[serde(flatten)]
    #[param(ignore)]
    pub finding: Finding,
    #[serde(flatten)]
    #[param(ignore)]
    pub filters: Criteria,
}

/// Examples of what is wanted
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct RelatedRequest {
    /// Papers that are examples of what is wanted
    #[serde(default, deserialize_with = "list")]
    #[param(example = json!(["1706.03762"]))]
    pub id: Vec<String>,
    /// Papers that are examples of what is not
    #[serde(default, deserialize_with = "list")]
    pub unlike: Vec<String>,
    /// What is wanted, in words
    pub text: Option<String>,
    #[serde(flatten)]
    #[param(ignore)]
    pub finding: Finding,
    #[serde(flatten)]
    #[param(ignore)]
    pub filters: Criteria,
}

/// What is wanted beside the paper in the path
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct RelatedToOne {
    /// Papers that are examples of what is not wanted
    #[serde(default, deserialize_with = "list")]
    pub unlike: Vec<String>,
    /// What is wanted, in words
    pub text: Option<String>,
    #[serde(flatten)]
    #[param(ignore)]
    pub finding: Finding,
    #[serde(flatten)]
    #[param(ignore)]
    pub filters: Criteria,
}

/// What every request that finds papers may have
#[derive(Deserialize, IntoParams, ToSchema)]
#[into_params(parameter_in = Query)]
pub(crate) struct Finding {
    /// Hits of a page
    #[serde(default = "default_k", deserialize_with = "k")]
    #[param(minimum = 1, maximum = 100, default = 10)]
    #[schema(minimum = 1, maximum = 100, default = 10)]
    k: usize,
    /// `next` of the page before this one
    cursor: Option<String>,
    /// Fields of hits, with commas between; all, unless said. Without `highlight` among them none is looked for
    #[serde(default, deserialize_with = "list")]
    #[param(example = "id,title,score")]
    fields: Vec<String>,
    /// How much hits shall differ from each other, from 0 to 1
    #[serde(default, deserialize_with = "diverse")]
    #[param(minimum = 0, maximum = 1, default = 0)]
    diverse: f32,
    /// Whether hits say which of their sentences answers best
    #[serde(default = "yes", deserialize_with = "highlight")]
    highlight: bool,
    /// JSON, or a bibliography of the hits as a file
    #[serde(default)]
    #[param(inline)]
    format: Format,
}

pub(crate) fn default_k() -> usize {
    DEFAULT_K
}

pub(crate) fn k<'de, D: Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
    number(deserializer, "`k` as a whole number from 1 to 100")
}

pub(crate) fn diverse<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f32, D::Error> {
    number(deserializer, "`diverse` as a number from 0 to 1")
}

pub(crate) fn yes() -> bool {
    true
}

pub(crate) fn feedback<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    number(deserializer, "`feedback` as `true` or `false`")
}

pub(crate) fn rerank<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    number(deserializer, "`rerank` as `true` or `false`").map(Some)
}

fn highlight<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    number(deserializer, "`highlight` as `true` or `false`")
}

/// How the hits of an answer are to be shown.
pub(crate) struct Page {
    cursor: Option<String>,
    fields: Fields,
    format: Format,
}

impl Finding {
    /// How to search among the papers that filters let through, and what to show of it.
    pub fn read(self, filters: Criteria) -> Result<(Options, Page), Problem> {
        let mut options = Options::default().k(self.k)?;
        options.diverse = Diversity::new(self.diverse)?;
        let fields = Fields::new(&self.fields, &FIELDS)?;
        options.highlight = self.highlight && fields.has("highlight") && self.format.style().is_none();
        options.filter = Filter::new(filters)?;
        Ok((options, Page { cursor: self.cursor, fields, format: self.format }))
    }
}

impl Page {
    /// Turns to the page that is asked for, of the question that `asked` tells.
    pub fn turn(&self, asked: &Asked, options: &mut Options) -> Result<(), Problem> {
        if let Some(cursor) = &self.cursor {
            options.skip = asked.skip(cursor)?;
        }
        Ok(())
    }

    /// The answer, as it is to be shown.
    pub fn show(&self, asked: &Asked, skip: usize, answer: crate::search::Answer) -> Result<Response, Problem> {
        if let Some(style) = self.format.style() {
            return Ok(cite::several(style, &answer.hits));
        }
        let next = answer.more.then(|| asked.cursor(skip + answer.hits.len()));
        self.fields.of(Answer::new(answer, next), "hits")
    }
}
