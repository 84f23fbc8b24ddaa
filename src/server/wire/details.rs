//! The bibliographic details of a paper in answers; those that are not known are left out.

use schemars::JsonSchema;
use serde::Serialize;
use utoipa::ToSchema;

use crate::paper::{Paper, PaperId};

/// Bibliographic details; those that are not known are left out
#[derive(Debug, Serialize, ToSchema, JsonSchema)]
pub(crate) struct Details {
    /// Other ids of the paper, by which it can be found as well
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ids: Vec<String>,
    /// Free keywords
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub keywords: Vec<String>,
    /// Type of publication: `article`, `preprint`, `conference-paper`, `book`, `chapter`, `thesis`, `report`, `dataset`, `software`,
    /// `editorial`, `review` or `retracted`
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Journal, conference or book
    #[serde(skip_serializing_if = "Option::is_none")]
    pub venue: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub volume: Option<String>,
    /// Issue of the journal, or number of the report
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pages: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub publisher: Option<String>,
    /// Language, by its code of two letters if it is known
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Number of papers that cite this one
    #[serde(skip_serializing_if = "Option::is_none")]
    pub citations: Option<u32>,
    /// Address of a freely accessible full text
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open_access: Option<String>,
}

impl Details {
    /// The names of the fields.
    pub const FIELDS: [&str; 11] = [
        "ids",
        "keywords",
        "type",
        "venue",
        "volume",
        "number",
        "pages",
        "publisher",
        "language",
        "citations",
        "open_access",
    ];

    /// Takes the details out of a paper.
    pub fn take(paper: &mut Paper) -> Self {
        Self {
            ids: paper.ids.iter().map(PaperId::printed).map(str::to_owned).collect(),
            keywords: std::mem::take(&mut paper.keywords),
            kind: paper.kind.map(|kind| kind.name().to_owned()),
            venue: paper.venue.take(),
            volume: paper.volume.take(),
            number: paper.number.take(),
            pages: paper.pages.take(),
            publisher: paper.publisher.take(),
            language: paper.language.take(),
            citations: paper.citations,
            open_access: paper.open_access.take(),
        }
    }
}
