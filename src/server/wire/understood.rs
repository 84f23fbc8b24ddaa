//! How a query was read, as JSON.

use serde::Serialize;
use utoipa::ToSchema;

use crate::{full_text, search};

/// How the query was read; a field is omitted if it has nothing to say
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Understood {
    /// Conditions that papers must meet: phrases and filters, as in the query
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    required: Vec<String>,
    /// Conditions that papers must not meet, as in the query
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    excluded: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    absent_id: Option<AbsentId>,
    /// Words that no paper has, with the words that were searched for instead
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    corrected: Vec<Correction>,
    /// Abbreviations whose other form was searched for as well, because papers define them
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    abbreviations: Vec<Abbreviation>,
    /// Authors that the query names: their papers rank higher
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    authors: Vec<String>,
    /// Years that the query names: papers of these years rank higher
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    years: Vec<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cut: Option<Cut>,
    #[serde(skip_serializing_if = "Option::is_none")]
    foreign: Option<Foreign>,
    /// Whether no paper has a word of the query, so that papers are ranked by meaning alone
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    unmatched: bool,
    /// Whether the query has operators only, so that the newest papers come first
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    by_date: bool,
    /// If no paper meets all conditions: each of them
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    emptied: Vec<Emptied>,
    /// Values of filters that no paper of the collection has
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    no_match: Vec<NoMatch>,
}

/// The id that the query consists of, if its paper is not first
#[derive(Debug, Serialize, ToSchema)]
struct AbsentId {
    #[schema(example = "arXiv:1706.03762")]
    id: String,
    /// Whether there is such a paper, which does not pass the filters; otherwise no paper has the id
    filtered: bool,
}

/// A misspelt word
#[derive(Debug, Serialize, ToSchema)]
struct Correction {
    /// As in the query
    from: String,
    /// The nearest word of the collection
    to: String,
}

/// An abbreviation
#[derive(Debug, Serialize, ToSchema)]
struct Abbreviation {
    short: String,
    long: String,
}

/// What was read of a long query
#[derive(Debug, Serialize, ToSchema)]
struct Cut {
    /// Number of words that were looked up: the most distinctive ones
    words: usize,
    /// Number of different words of the query
    of_words: usize,
    /// Number of tokens that the model read; omitted if it read all
    #[serde(skip_serializing_if = "Option::is_none")]
    tokens: Option<usize>,
}

/// A language that the model does not know
#[derive(Debug, Serialize, ToSchema)]
struct Foreign {
    #[schema(example = "German")]
    language: String,
    model: String,
}

/// A condition of a search without hits
#[derive(Debug, Serialize, ToSchema)]
struct Emptied {
    #[schema(example = "year:2019..2021")]
    condition: String,
    /// Number of papers that meet it alone
    papers: usize,
    /// Number of papers that meet all other conditions
    without: usize,
}

/// A value of a filter that no paper has
#[derive(Debug, Serialize, ToSchema)]
struct NoMatch {
    #[schema(example = "category:cs.lgg")]
    condition: String,
    /// The most similar value of the collection
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "cs.LG")]
    nearest: Option<String>,
}

impl Understood {
    /// `None` for a plain query.
    pub fn of(understood: search::Understood) -> Option<Self> {
        if understood == search::Understood::default() {
            return None;
        }
        let search::Understood {
            required,
            excluded,
            absent_id,
            corrected,
            abbreviations,
            authors,
            years,
            cut,
            foreign,
            unmatched,
            by_date,
            emptied,
            no_match,
        } = understood;
        let correction = |full_text::Correction { from, to }| Correction { from, to };
        let abbreviation = |full_text::Abbreviation { short, long }| Abbreviation { short, long };
        let emptied_by = |search::Emptied { condition, papers, without }| Emptied { condition, papers, without };
        let without_papers = |search::NoMatch { condition, nearest }| NoMatch { condition, nearest };
        Some(Self {
            required,
            excluded,
            absent_id: absent_id.map(|search::AbsentId { id, filtered }| AbsentId { id: id.to_string(), filtered }),
            corrected: corrected.into_iter().map(correction).collect(),
            abbreviations: abbreviations.into_iter().map(abbreviation).collect(),
            authors,
            years,
            cut: cut.map(|search::Cut { words, of_words, tokens }| Cut { words, of_words, tokens }),
            foreign: foreign.map(|search::Foreign { language, model }| Foreign { language, model }),
            unmatched,
            by_date,
            emptied: emptied.into_iter().map(emptied_by).collect(),
            no_match: no_match.into_iter().map(without_papers).collect(),
        })
    }
}
