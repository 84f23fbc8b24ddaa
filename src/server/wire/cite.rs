//! Papers as a bibliography: `?format=bibtex`, `ris` or `csl-json` on all routes that return papers.

use axum::http::{HeaderName, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::citation::{Keys, Style, bibliography};
use crate::paper::Paper;
use crate::search::Hit;

/// Format of the response
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Format {
    /// JSON with all fields
    #[default]
    Json,
    /// BibTeX, for LaTeX
    Bibtex,
    /// RIS, for reference managers
    Ris,
    /// CSL-JSON, for citation processors
    CslJson,
    /// CSV with all fields, for spreadsheets
    Csv,
}

impl Format {
    /// The bibliography style; `None` for JSON.
    pub fn style(self) -> Option<Style> {
        match self {
            Self::Json => None,
            Self::Bibtex => Some(Style::Bibtex),
            Self::Ris => Some(Style::Ris),
            Self::CslJson => Some(Style::CslJson),
            Self::Csv => Some(Style::Csv),
        }
    }
}

/// The papers of hits, as a file.
pub(super) fn several(style: Style, hits: &[Hit]) -> Response {
    file(style, "papers", hits.iter().map(|hit| &hit.paper))
}

/// One paper as a file, named by its citation key.
pub(crate) fn one(style: Style, paper: &Paper) -> Response {
    file(style, &Keys::default().next(paper), [paper])
}

/// A file for download. `name` consists of ASCII letters, digits and hyphens.
fn file<'a>(style: Style, name: &str, papers: impl IntoIterator<Item = &'a Paper>) -> Response {
    let headers: [(HeaderName, String); 2] = [
        (header::CONTENT_TYPE, style.media_type().to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}.{}\"", style.extension())),
    ];
    (headers, bibliography(style, papers)).into_response()
}
