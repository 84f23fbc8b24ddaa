//! `paperkin show`: what does the store know about a paper?

use clap::Args;

use super::Outcome;
use super::format::{Format, FormatArgs};
use super::output::Output;
use crate::engine::{Address, Collection, Engine, Moment};
use crate::paper::{Paper, PaperId};

/// Show one paper with its abstract
#[derive(Args)]
#[command(after_help = "\
Examples:
  paperkin show 1706.03762
  paperkin show 1706.03762 --format bibtex")]
pub(super) struct Show {
    /// Id of any scheme in any spelling: an arXiv id, a DOI, `pmid:…`, an address of the paper, the citation key of the file that it
    /// came from, or `title:…`
    #[arg(value_name = "ID")]
    id: String,
    #[command(flatten)]
    format: FormatArgs,
}

impl Show {
    pub fn run(&self, store: &Address, output: &mut Output) -> anyhow::Result<Outcome> {
        let collection = Collection::open(store)?;
        let id = self.id.parse()?;
        let (paper, _) = collection.read(|moment| moment.paper(&id))?;
        let format = self.format.format();
        if format == Format::Json {
            output.json(&paper)?;
            return Ok(Outcome::Found);
        }
        if format.cite(|| vec![paper.clone()], output)? {
            return Ok(Outcome::Found);
        }
        output.title(&paper.title)?;
        let link = paper.link();
        if let Some(byline) = paper.byline(usize::MAX) {
            output.paragraph(&byline, "")?;
        }
        output.line("")?;
        if !paper.abstract_text.is_empty() {
            output.paragraph(&paper.abstract_text, "")?;
            output.line("")?;
        }
        output.fact("id", paper.id.as_str())?;
        if !paper.ids.is_empty() {
            let others: Vec<&str> = paper.ids.iter().map(PaperId::printed).collect();
            output.fact("other ids", &others.join(", "))?;
        }
        if let Some(kind) = paper.kind {
            output.fact("type", kind.name())?;
        }
        if let Some(venue) = venue(&paper) {
            output.fact("venue", &venue)?;
        }
        for (name, value) in [("publisher", &paper.publisher), ("language", &paper.language)] {
            if let Some(value) = value {
                output.fact(name, value)?;
            }
        }
        if let Some(date) = paper.published {
            output.fact("published", &date.to_string())?;
        }
        if !paper.categories.is_empty() {
            output.fact("categories", &paper.categories.join(", "))?;
        }
        if !paper.keywords.is_empty() {
            output.fact("keywords", &paper.keywords.join(", "))?;
        }
        if let Some(citations) = paper.citations {
            output.fact("citations", &citations.to_string())?;
        }
        if let Some(link) = link {
            output.fact("link", &link)?;
        }
        if let Some(address) = &paper.open_access {
            output.fact("full text", address)?;
        }
        Ok(Outcome::Found)
    }
}

/// The venue with volume, number and pages, as in `Nature 323 (6088), 533-536`.
fn venue(paper: &Paper) -> Option<String> {
    let mut text = paper.venue.clone()?;
    if let Some(volume) = &paper.volume {
        text.push_str(&format!(" {volume}"));
    }
    if let Some(number) = &paper.number {
        text.push_str(&format!(" ({number})"));
    }
    if let Some(pages) = &paper.pages {
        text.push_str(&format!(", {pages}"));
    }
    Some(text)
}
