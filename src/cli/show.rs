//! `paperkin show`: what does the store know about a paper?

use std::path::Path;

use clap::Args;

use super::Outcome;
use super::format::{Format, FormatArgs};
use super::output::Output;
use crate::store::Store;

/// Show one paper with its abstract
#[derive(Args)]
#[command(after_help = "\
Examples:
  paperkin show 1706.03762
  paperkin show 1706.03762 --format bibtex")]
pub(super) struct Show {
    /// Id as `search` prints it: an arXiv id, a DOI or `title:…`
    #[arg(value_name = "ID")]
    id: String,
    #[command(flatten)]
    format: FormatArgs,
}

impl Show {
    pub fn run(&self, store: &Path, output: &mut Output) -> anyhow::Result<Outcome> {
        let store = Store::open(store)?;
        let id = self.id.parse()?;
        let (paper, _) = store.read(|view| view.paper(&id))?;
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
        if let Some(date) = paper.published {
            output.fact("published", &date.to_string())?;
        }
        if !paper.categories.is_empty() {
            output.fact("categories", &paper.categories.join(", "))?;
        }
        if let Some(link) = link {
            output.fact("link", &link)?;
        }
        Ok(Outcome::Found)
    }
}
