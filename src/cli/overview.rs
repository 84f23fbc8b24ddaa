//! `paperkin overview`: what does the collection hold, and which queries fit it?

use clap::Args;

use super::output::{self, Output};
use super::{JsonArgs, Outcome};
use crate::engine::{Address, Collection, Engine};
use crate::search::{Overview as Found, overview};

/// Show what the collection holds, and example queries
///
/// The output has the number of papers, the years of publication, the 5 largest categories, 8 example queries and the
/// 5 newest papers. The example queries are made from phrases of titles, each from another part of the collection.
#[derive(Args)]
#[command(after_help = "\
Examples:
  paperkin overview
  paperkin overview --json")]
pub(super) struct Overview {
    #[command(flatten)]
    json: JsonArgs,
}

impl Overview {
    pub fn run(&self, store: &Address, output: &mut Output) -> anyhow::Result<Outcome> {
        let found = Collection::open(store)?.read(|moment| overview(moment))?;
        if self.json.json {
            output.json(&found)?;
        } else {
            print(&found, output)?;
        }
        if found.papers > 0 {
            return Ok(Outcome::Found);
        }
        output::note(output::EMPTY_STORE);
        Ok(Outcome::NothingFound)
    }
}

fn print(found: &Found, output: &mut Output) -> anyhow::Result<()> {
    output.fact("papers", &found.papers.to_string())?;
    if let Some([first, last]) = found.years {
        output.fact("years", &if first == last { first.to_string() } else { format!("{first} to {last}") })?;
    }
    if !found.categories.is_empty() {
        let categories = found.categories.iter().map(|found| format!("{} ({})", found.category, found.papers));
        output.fact("categories", &categories.collect::<Vec<_>>().join(", "))?;
    }
    if !found.examples.is_empty() {
        output.line("")?;
        output.title("Example queries")?;
        for example in &found.examples {
            output.paragraph(example, "  ")?;
        }
    }
    if !found.newest.is_empty() {
        output.line("")?;
        output.title("Newest papers")?;
        for paper in &found.newest {
            let date = paper.published.map(|date| format!("{date} ")).unwrap_or_default();
            output.paragraph(&format!("{date}{} ({})", paper.title, paper.id), "  ")?;
        }
    }
    Ok(())
}
