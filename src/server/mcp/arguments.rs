//! What may an assistant ask for? The arguments of the tools; their descriptions are what it reads of them.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};

use crate::error::Error;
use crate::search::{DEFAULT_K, Diversity, Examples, Options, Query, checked_k};
use crate::server::request::{list, number};
use crate::server::wire::{Fusion, Mode};
use crate::store::{Criteria, Filter};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SearchArguments {
    /// The question in your own words, at most 2,000 characters
    pub query: String,
    /// By what papers are ranked: `hybrid` by meaning and words, `dense` by meaning alone, `lexical` by words alone
    #[serde(default)]
    mode: Mode,
    /// How `hybrid` makes one ranking of two: `sum` of the scores, or of the reciprocals of the `rank`s
    #[serde(default)]
    fusion: Fusion,
    /// Whether `hybrid` takes its best papers for right and asks again with them
    #[serde(default = "yes", deserialize_with = "feedback")]
    feedback: bool,
    /// Whether a cross-encoder orders the first 50 hits anew; as the service was started, unless said
    #[serde(default, deserialize_with = "rerank")]
    rerank: Option<bool>,
    /// Number of papers
    #[serde(default = "default_k", deserialize_with = "k")]
    #[schemars(range(min = 1, max = 100))]
    k: usize,
    /// How much the papers shall differ from each other: 0 not at all, 0.3 keeps near-duplicates apart
    #[serde(default, deserialize_with = "diverse")]
    #[schemars(range(min = 0, max = 1))]
    diverse: f32,
    /// Whether hits come with their abstracts; without them an answer is a third as long
    #[serde(default = "yes", deserialize_with = "abstracts")]
    pub abstracts: bool,
    #[serde(flatten)]
    filters: Filters,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RelatedArguments {
    /// Ids of papers that are examples of what is wanted, as other tools give them: arXiv ids, DOIs, `title:…`. At least one, or `text`
    #[serde(default, deserialize_with = "list")]
    id: Vec<String>,
    /// Ids of papers that are examples of what is not wanted
    #[serde(default, deserialize_with = "list")]
    unlike: Vec<String>,
    /// What is wanted, in words, beside the examples or instead of them
    text: Option<String>,
    /// Number of papers
    #[serde(default = "default_k", deserialize_with = "k")]
    #[schemars(range(min = 1, max = 100))]
    k: usize,
    /// How much the papers shall differ from each other: 0 not at all, 0.3 keeps near-duplicates apart
    #[serde(default, deserialize_with = "diverse")]
    #[schemars(range(min = 0, max = 1))]
    diverse: f32,
    /// Whether hits come with their abstracts; without them an answer is a third as long
    #[serde(default = "yes", deserialize_with = "abstracts")]
    pub abstracts: bool,
    #[serde(flatten)]
    filters: Filters,
}

/// Among which papers.
#[derive(Deserialize, JsonSchema)]
struct Filters {
    /// Papers from this day, month or year on: `2024-06-12`, `2024-06` or `2024`
    from: Option<String>,
    /// Papers up to this day, month or year, the whole of it
    to: Option<String>,
    /// Papers of any of these categories, such as `cs.LG`, or of whole archives, such as `cs.*`
    #[serde(default, deserialize_with = "list")]
    category: Vec<String>,
    /// Papers with authors whose names have all of these parts
    #[serde(default, deserialize_with = "list")]
    author: Vec<String>,
    /// Papers of organisations whose names have any of these parts
    #[serde(default, deserialize_with = "list")]
    organisation: Vec<String>,
    /// Papers with so many readers' comments
    #[serde(default, deserialize_with = "min_comments")]
    min_comments: Option<u32>,
    /// Only these papers, by their ids
    #[serde(default, deserialize_with = "list")]
    ids: Vec<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PaperArguments {
    /// The paper's id, as other tools give it: an arXiv id, a DOI or `title:…`
    pub id: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct StatusArguments {}

impl SearchArguments {
    pub fn options(self, has_reranker: bool) -> Result<Options, Error> {
        let mut options = options(self.k, self.diverse, self.filters)?;
        (options.mode, options.fusion) = (self.mode.into(), self.fusion.into());
        (options.feedback, options.rerank) = (self.feedback, self.rerank.unwrap_or(has_reranker));
        Ok(options)
    }
}

impl RelatedArguments {
    pub fn read(self) -> Result<(Examples, Options), Error> {
        let parsed = |ids: Vec<String>| ids.iter().map(|id| id.parse()).collect::<Result<_, _>>();
        let text = self.text.as_deref().map(Query::new).transpose()?;
        let examples = Examples { like: parsed(self.id)?, unlike: parsed(self.unlike)?, text };
        Ok((examples, options(self.k, self.diverse, self.filters)?))
    }
}

fn options(k: usize, diverse: f32, filters: Filters) -> Result<Options, Error> {
    let mut options = Options::from(checked_k(k)?);
    options.diverse = Diversity::new(diverse)?;
    options.filter = Filter::new(Criteria {
        from: filters.from,
        to: filters.to,
        categories: filters.category,
        authors: filters.author,
        organisations: filters.organisation,
        min_comments: filters.min_comments,
        ids: filters.ids,
    })?;
    Ok(options)
}

fn default_k() -> usize {
    DEFAULT_K
}

fn yes() -> bool {
    true
}

fn k<'de, D: Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
    number(deserializer, "`k` as a whole number from 1 to 100")
}

fn diverse<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f32, D::Error> {
    number(deserializer, "`diverse` as a number from 0 to 1")
}

fn feedback<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    number(deserializer, "`feedback` as `true` or `false`")
}

fn rerank<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    number(deserializer, "`rerank` as `true` or `false`").map(Some)
}

fn abstracts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    number(deserializer, "`abstracts` as `true` or `false`")
}

fn min_comments<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    number(deserializer, "`min_comments` as a whole number").map(Some)
}
