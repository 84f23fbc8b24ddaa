//! What may an assistant ask for? The arguments of the tools; their descriptions are what it reads of them.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};

use crate::error::Error;
use crate::lenient::{list, number};
use crate::search::{Diversity, Examples, Options};
use crate::server::wire::answer::{Fusion, Mode};
use crate::server::wire::finding::{default_k, diverse, feedback, k, rerank, yes};
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
    #[serde(flatten)]
    pub finding: Finding,
    #[serde(flatten)]
    filters: Criteria,
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
    #[serde(flatten)]
    pub finding: Finding,
    #[serde(flatten)]
    filters: Criteria,
}

/// How many papers are wanted, and what of them.
#[derive(Deserialize, JsonSchema)]
pub(super) struct Finding {
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
    /// How to search; a cross-encoder is used where there is one, unless something else is said.
    pub fn options(self, has_reranker: bool) -> Result<Options, Error> {
        let mut options = self.finding.options(self.filters)?;
        (options.mode, options.fusion) = (self.mode.into(), self.fusion.into());
        (options.feedback, options.rerank) = (self.feedback, self.rerank.unwrap_or(has_reranker));
        Ok(options)
    }
}

impl RelatedArguments {
    /// The examples, and how to search.
    pub fn read(self) -> Result<(Examples, Options), Error> {
        let examples = Examples::read(&self.id, &self.unlike, self.text.as_deref())?;
        Ok((examples, self.finding.options(self.filters)?))
    }
}

impl Finding {
    fn options(&self, filters: Criteria) -> Result<Options, Error> {
        Ok(Options::default().k(self.k)?.diverse(Diversity::new(self.diverse)?).filter(Filter::new(filters)?))
    }
}

fn abstracts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    number(deserializer, "`abstracts` as `true` or `false`")
}
