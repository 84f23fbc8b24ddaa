//! In which format are papers printed? As text for people, as JSON, or as a bibliography.

use clap::{Args, ValueEnum};

use super::output::Output;
use crate::citation::{Style, bibliography};
use crate::paper::Paper;

#[derive(Args)]
pub(super) struct FormatArgs {
    /// What is printed
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    /// Short for `--format json`: print one JSON object and nothing else
    #[arg(long, conflicts_with = "format")]
    json: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// Text for people
    Text,
    /// One JSON object and nothing else
    Json,
    /// BibTeX, for LaTeX's bibliographies
    Bibtex,
    /// RIS, for reference managers
    Ris,
    /// CSL-JSON, for pandoc and other citation processors
    CslJson,
}

impl FormatArgs {
    pub fn format(&self) -> Format {
        if self.json { Format::Json } else { self.format }
    }
}

impl Format {
    /// Prints papers if this is the format of a bibliography; whether it was.
    pub fn cite(self, papers: impl FnOnce() -> Vec<Paper>, output: &mut Output) -> anyhow::Result<bool> {
        let style = match self {
            Self::Text | Self::Json => return Ok(false),
            Self::Bibtex => Style::Bibtex,
            Self::Ris => Style::Ris,
            Self::CslJson => Style::CslJson,
        };
        output.text(&bibliography(style, &papers()))?;
        Ok(true)
    }
}
