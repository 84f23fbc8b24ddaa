//! The arguments of the tools. Their doc comments become descriptions in the JSON schemas that MCP clients read.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};

use crate::citation::Style;
use crate::error::Error;
use crate::lenient::{ids, number};
use crate::search::{Diversity, Examples, Options};
use crate::server::wire::answer::{Fusion, Mode};
use crate::server::wire::finding::{default_k, diverse, feedback, k, rerank, rerank_depth, rerank_ms, reranking, yes};
use crate::store::{Criteria, Filter};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SearchArguments {
    /// The query: a question or description in natural language, up to 20,000 characters. `"a phrase"` must occur, `-word` must
    /// not; `author:name`, `category:cs.LG`, `venue:name` and `year:2019..2021` are filters
    pub query: String,
    /// Rerank the first hits with a cross-encoder (default: whether the service has one loaded)
    #[serde(default, deserialize_with = "rerank")]
    rerank: Option<bool>,
    /// Number of hits to rerank (default: 50)
    #[serde(default, deserialize_with = "rerank_depth")]
    #[schemars(range(min = 1, max = 200))]
    rerank_depth: Option<usize>,
    /// Time for reranking in milliseconds (default: no limit). The best hits are read first, at least a batch of 8
    #[serde(default, deserialize_with = "rerank_ms")]
    rerank_ms: Option<u32>,
    #[serde(flatten)]
    ranking: Ranking,
    #[serde(flatten)]
    pub finding: Finding,
    #[serde(flatten)]
    filters: Criteria,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RelatedArguments {
    /// Ids of example papers, as returned by other tools: arXiv ids, DOIs or `title:…`. Pass at least one id, or `text`
    #[serde(default, deserialize_with = "ids")]
    id: Vec<String>,
    /// Ids of papers that hits should not resemble
    #[serde(default, deserialize_with = "ids")]
    unlike: Vec<String>,
    /// Description of the wanted papers, in addition to `id` or instead of it
    text: Option<String>,
    #[serde(flatten)]
    ranking: Ranking,
    #[serde(flatten)]
    pub finding: Finding,
    #[serde(flatten)]
    filters: Criteria,
}

/// Arguments of the ranking.
#[derive(Deserialize, JsonSchema)]
struct Ranking {
    /// Retrieval mode: `hybrid`, `dense` (embeddings only) or `lexical` (BM25 only)
    #[serde(default)]
    mode: Mode,
    /// Fusion in mode `hybrid`: weighted `sum` of the scores, or reciprocal `rank` fusion
    #[serde(default)]
    fusion: Fusion,
    /// Use pseudo-relevance feedback in mode `hybrid`
    #[serde(default = "yes", deserialize_with = "feedback")]
    feedback: bool,
}

/// Arguments of both tools that search.
#[derive(Deserialize, JsonSchema)]
pub(super) struct Finding {
    /// Number of papers
    #[serde(default = "default_k", deserialize_with = "k")]
    #[schemars(range(min = 1, max = 100))]
    k: usize,
    /// Diversity by maximal marginal relevance (MMR), from 0 (off) to 1; 0.3 avoids near-duplicates
    #[serde(default, deserialize_with = "diverse")]
    #[schemars(range(min = 0, max = 1))]
    diverse: f32,
    /// Include abstracts; without them a result is a third as long
    #[serde(default = "yes", deserialize_with = "abstracts")]
    pub abstracts: bool,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PaperArguments {
    /// Id of the paper, as returned by other tools: an arXiv id, a DOI or `title:…`
    pub id: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CitationArguments {
    /// Ids of the papers, as returned by other tools; up to 100
    #[serde(deserialize_with = "ids")]
    pub id: Vec<String>,
    /// Format: `bibtex`, `ris`, `csl-json` or `csv`
    #[serde(default)]
    pub format: CitationFormat,
}

/// A format of citations.
#[derive(Default, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
pub(super) enum CitationFormat {
    #[default]
    Bibtex,
    Ris,
    CslJson,
    Csv,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CompareArguments {
    /// Ids of the two papers, as returned by other tools
    #[serde(deserialize_with = "ids")]
    pub id: Vec<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct StatusArguments {}

impl SearchArguments {
    /// The options of the search. By default, it uses the cross-encoder if one is loaded.
    pub fn options(self, has_reranker: bool) -> Result<Options, Error> {
        let options = self.ranking.of(self.finding.options(self.filters)?);
        reranking(options, self.rerank, (self.rerank_depth, self.rerank_ms), has_reranker)
    }
}

impl RelatedArguments {
    /// The examples, and the options of the search.
    pub fn read(self) -> Result<(Examples, Options), Error> {
        let examples = Examples::read(&self.id, &self.unlike, self.text.as_deref())?;
        Ok((examples, self.ranking.of(self.finding.options(self.filters)?)))
    }
}

impl From<CitationFormat> for Style {
    fn from(format: CitationFormat) -> Self {
        match format {
            CitationFormat::Bibtex => Self::Bibtex,
            CitationFormat::Ris => Self::Ris,
            CitationFormat::CslJson => Self::CslJson,
            CitationFormat::Csv => Self::Csv,
        }
    }
}

impl Ranking {
    fn of(&self, options: Options) -> Options {
        options.mode(self.mode.into()).fusion(self.fusion.into()).feedback(self.feedback)
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
