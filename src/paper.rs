//! A paper, and the part of its text that is embedded.

use std::ops::Range;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

pub(crate) use address::repaired_arxiv;
pub use byline::byline;
pub use date::PublicationDate;
pub(crate) use date::{is_year, month_number};
pub use id::{IdKind, PaperId};
pub use kind::PublicationType;
pub(crate) use name::{Name, is_suffix};
pub(crate) use sentences::sentences;

mod address;
mod byline;
mod date;
mod doi;
mod id;
mod kind;
mod merge;
mod name;
mod percent;
mod sentences;

/// A scientific paper as described by its source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paper {
    /// Identifies the paper.
    pub id: PaperId,
    /// Its other ids, by which it can be found as well.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ids: Vec<PaperId>,
    /// One line of plain text.
    pub title: String,
    /// One paragraph; empty if the source has none.
    #[serde(rename = "abstract")]
    pub abstract_text: String,
    /// Names as printed, in order.
    pub authors: Vec<String>,
    /// Number of authors, if the source gives the number but not all names.
    pub author_count: Option<u32>,
    /// The organisation named in place of authors.
    pub organisation: Option<String>,
    /// Subject codes, the primary one first.
    pub categories: Vec<String>,
    /// Free keywords.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keywords: Vec<String>,
    /// The day, month or year of its first publication.
    pub published: Option<PublicationDate>,
    /// The kind of publication.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<PublicationType>,
    /// The journal, the conference or the book.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub venue: Option<String>,
    /// The volume of the journal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub volume: Option<String>,
    /// The issue of the journal, or the number of a report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// The pages, such as `12-34`, or the number of the article.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pages: Option<String>,
    /// The publisher, or the institution of a report or thesis.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub publisher: Option<String>,
    /// The language, by its code of two letters if it is known (ISO 639-1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// How often the paper is cited, if the source gives it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub citations: Option<u32>,
    /// Web address of the paper, if the source gives one.
    pub url: Option<String>,
    /// Address of a freely accessible full text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_access: Option<String>,
    /// Number of readers' comments, if the source gives it.
    pub comments: Option<u32>,
}

impl Paper {
    /// A paper with an id, a title and an abstract, and no other metadata.
    #[must_use]
    pub fn new(id: PaperId, title: String, abstract_text: String) -> Self {
        Self {
            id,
            ids: Vec::new(),
            title,
            abstract_text,
            authors: Vec::new(),
            author_count: None,
            organisation: None,
            categories: Vec::new(),
            keywords: Vec::new(),
            published: None,
            kind: None,
            venue: None,
            volume: None,
            number: None,
            pages: None,
            publisher: None,
            language: None,
            citations: None,
            url: None,
            open_access: None,
            comments: None,
        }
    }

    /// The text that is embedded: title and abstract separated by a space, or the one that is not empty.
    #[must_use]
    pub fn text(&self) -> String {
        match (self.title.as_str(), self.abstract_text.as_str()) {
            ("", text) | (text, "") => text.to_owned(),
            (title, text) => format!("{title} {text}"),
        }
    }

    /// The byte ranges of the abstract's sentences.
    #[must_use]
    pub fn sentences(&self) -> Vec<Range<usize>> {
        sentences::sentences(&self.abstract_text)
    }

    /// The byte offset of the abstract in [`Paper::text`].
    #[must_use]
    pub(crate) fn abstract_start(&self) -> usize {
        self.title.len() + 1
    }

    /// A digest of the embedded text; the embedding is valid while the digest is unchanged.
    #[must_use]
    pub(crate) fn content_hash(&self) -> [u8; 32] {
        Sha256::digest(self.text()).into()
    }

    /// The address of the paper's page: the one given by the source, otherwise the one derived from the id.
    #[must_use]
    pub fn link(&self) -> Option<String> {
        self.url.clone().or_else(|| self.id.link())
    }
}

/// The name of the text template of [`Paper::text`] in a fingerprint.
pub(crate) const TEXT_TEMPLATE: &str = "{title} {abstract}";
