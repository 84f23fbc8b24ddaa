//! `paperkin compare`: what do two papers share, and where do they differ?

use std::path::Path;

use clap::Args;

use super::output::Output;
use super::{JsonArgs, ModelArgs, Outcome};
use crate::search::Comparison;

/// Compare two papers: what they share, and where they differ
///
/// Sentences of the abstracts are compared by meaning. A sentence without a counterpart in the other abstract is listed
/// alone.
#[derive(Args)]
#[command(after_help = "\
Examples:
  paperkin compare 1706.03762 1810.04805
  paperkin compare 1706.03762 1810.04805 --json")]
pub(super) struct Compare {
    /// Id of the first paper, of any scheme in any spelling
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
    pub fn run(&self, store: &Path, output: &mut Output) -> anyhow::Result<Outcome> {
        let (first, second) = (self.first.parse()?, self.second.parse()?);
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
    let Comparison { papers, cosine, shared, only } = comparison;
    for (paper, name) in papers.iter().zip(["first", "second"]) {
        output.fact(name, paper.id.as_str())?;
        output.title(&paper.title)?;
        output.line("")?;
    }
    if let Some(cosine) = cosine {
        output.fact("cosine", &format!("{cosine:.3}"))?;
    }
    for (name, values) in
        [("authors", &shared.authors), ("categories", &shared.categories), ("keywords", &shared.keywords)]
    {
        if !values.is_empty() {
            output.fact(name, &values.join(", "))?;
        }
    }
    output.line("")?;
    output.title("Similar sentences")?;
    for pair in &shared.sentences {
        output.line("")?;
        output.fact("cosine", &format!("{:.3}", pair.cosine))?;
        output.paragraph(&pair.first, INDENT)?;
        output.paragraph(&pair.second, INDENT)?;
    }
    if shared.sentences.is_empty() {
        output.paragraph("none", INDENT)?;
    }
    for (sentences, title) in only.iter().zip(["Only in the first", "Only in the second"]) {
        output.line("")?;
        output.title(title)?;
        for sentence in sentences {
            output.paragraph(sentence, INDENT)?;
        }
        if sentences.is_empty() {
            output.paragraph("nothing", INDENT)?;
        }
    }
    Ok(())
}
