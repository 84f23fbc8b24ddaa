//! How are papers downloaded as a bibliography? `?format=bibtex`, `ris` or `csl-json`, wherever papers are answered.

use axum::http::{HeaderName, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::citation::{Keys, Style, bibliography};
use crate::paper::Paper;
use crate::search::Hit;

/// In which form papers are answered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Format {
    /// JSON, with all that is known.
    #[default]
    Json,
    /// BibTeX, for LaTeX's bibliographies.
    Bibtex,
    /// RIS, for reference managers.
    Ris,
    /// CSL-JSON, for citation processors.
    CslJson,
}

impl Format {
    /// The format of a bibliography, if this is one.
    pub fn style(self) -> Option<Style> {
        match self {
            Self::Json => None,
            Self::Bibtex => Some(Style::Bibtex),
            Self::Ris => Some(Style::Ris),
            Self::CslJson => Some(Style::CslJson),
        }
    }
}

/// Hits as a file.
pub(super) fn several(style: Style, hits: &[Hit]) -> Response {
    file(style, "papers", hits.iter().map(|hit| &hit.paper))
}

/// One paper as a file, which is named as the paper is cited.
pub(crate) fn one(style: Style, paper: &Paper) -> Response {
    file(style, &Keys::default().next(paper), [paper])
}

/// A file that a browser saves; its name is of ASCII letters, digits and hyphens.
fn file<'a>(style: Style, name: &str, papers: impl IntoIterator<Item = &'a Paper>) -> Response {
    let headers: [(HeaderName, String); 2] = [
        (header::CONTENT_TYPE, style.media_type().to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}.{}\"", style.extension())),
    ];
    (headers, bibliography(style, papers)).into_response()
}
