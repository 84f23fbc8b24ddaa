//! `paperkin compare`: what do two papers share, and where do they differ?

use clap::Args;

use super::output::{self, Output};
use super::{JsonArgs, ModelArgs, Outcome};
use crate::embed::Work;
use crate::engine::Address;
use crate::search::Comparison;

/// Compare two papers: what they share, and where they differ
///
/// Sentences of the abstracts are compared by meaning. A sentence without a counterpart in the other abstract is listed
/// alone.
#[derive(Args)]
#[command(after_help = "\
Examples:
  paperkin compare 1409.3215 1409.0473
  paperkin compare 1409.3215 1409.0473 --json")]
pub(super) struct Compare {
    /// Id of the first paper: an arXiv id, a DOI, a web address or a citation key
    #[arg(value_name = "ID")]
    first: String,
    /// Id of the second paper
    #[arg(value_name = "ID")]
    second: String,
    #[command(flatten)]
    model: ModelArgs,
    #[command(flatten)]
    json: JsonArgs,
}

impl Compare {
    pub fn run(&self, store: &Address, output: &mut Output) -> anyhow::Result<Outcome> {
        let (first, second) = (self.first.parse()?, self.second.parse()?);
        self.model.compute.choose_kernel_for(Work::Queries);
        let (searcher, _) = self.model.searcher(store, true)?;
        let comparison = searcher.compare(&first, &second)?;
        if self.json.json {
            output.json(&comparison)?;
        } else {
            print(&comparison, output)?;
        }
        Ok(Outcome::Found)
    }
}

const INDENT: &str = "    ";

fn print(comparison: &Comparison, output: &mut Output) -> anyhow::Result<()> {
    for (number, paper) in (1..).zip(&comparison.papers) {
        output.title(&format!("{number}. {}", paper.title))?;
        output.paragraph(paper.id.as_str(), INDENT)?;
    }
    output.line("")?;
    if let Some(cosine) = comparison.cosine {
        output.paragraph(&format!("cosine: {cosine:.3}"), "")?;
    }
    for (name, values) in
        [("authors", &comparison.authors), ("categories", &comparison.categories), ("keywords", &comparison.keywords)]
    {
        if !values.is_empty() {
            output.paragraph(&format!("shared {name}: {}", values.join(", ")), "")?;
        }
    }
    output.line("")?;
    output.title("Similar sentences")?;
    for pair in &comparison.similar {
        output.paragraph(&format!("1: {}", pair.first), INDENT)?;
        output.paragraph(&format!("2: {}", pair.second), INDENT)?;
        output.paragraph(&format!("cosine {:.3}", pair.cosine), INDENT)?;
        output.line("")?;
    }
    if comparison.similar.is_empty() {
        output.paragraph("none", INDENT)?;
        output.line("")?;
    }
    for (place, sentences) in [&comparison.only_in_first, &comparison.only_in_second].into_iter().enumerate() {
        output.title(&format!("Only in {}", place + 1))?;
        for sentence in sentences {
            output.paragraph(sentence, INDENT)?;
        }
        if sentences.is_empty() {
            let has_none = comparison.papers[place].abstract_text.is_empty();
            output.paragraph(if has_none { "the paper has no abstract" } else { "nothing" }, INDENT)?;
        }
        if place == 0 {
            output.line("")?;
        }
    }
    for (number, count) in (1..).zip(comparison.not_compared).filter(|(_, count)| *count > 0) {
        output::note(&format!("the last {count} sentences of abstract {number} were not compared"));
    }
    Ok(())
}
