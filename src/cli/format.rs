//! In which format are papers printed? As text, as JSON, or as a bibliography.

use clap::{Args, ValueEnum};

use super::output::Output;
use crate::citation::{Style, bibliography};
use crate::paper::Paper;

#[derive(Args)]
pub(super) struct FormatArgs {
    /// Print the papers in this format
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    /// Print one JSON object: short for `--format json`
    #[arg(long, conflicts_with = "format")]
    json: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// Text to read
    Text,
    /// One JSON object
    Json,
    /// BibTeX, for LaTeX
    Bibtex,
    /// RIS, for reference managers
    Ris,
    /// CSL-JSON, for pandoc and other citation processors
    CslJson,
    /// CSV with all fields, for spreadsheets
    Csv,
}

impl FormatArgs {
    pub fn format(&self) -> Format {
        if self.json { Format::Json } else { self.format }
    }
}

impl Format {
    /// Prints the papers if this is a bibliography format. Returns whether it is.
    pub fn cite(self, papers: impl FnOnce() -> Vec<Paper>, output: &mut Output) -> anyhow::Result<bool> {
        let style = match self {
            Self::Text | Self::Json => return Ok(false),
            Self::Bibtex => Style::Bibtex,
            Self::Ris => Style::Ris,
            Self::CslJson => Style::CslJson,
            Self::Csv => Style::Csv,
        };
        output.text(&bibliography(style, &papers()))?;
        Ok(true)
    }
}
