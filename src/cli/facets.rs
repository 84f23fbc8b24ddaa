//! `paperkin facets`: how many papers are in each category and year?

use clap::Args;

use super::output::{self, Output};
use super::{JsonArgs, Outcome};
use crate::engine::{Address, Collection, Engine};
use crate::search::{Facets as Counted, MOST_CATEGORIES, facets};
use crate::store::{Criteria, Filter};

/// Count papers by category and by year
///
/// Filters limit the papers that are counted. Category counts ignore `--category`, and year counts ignore `--from` and
/// `--to`, so that they show the alternatives. A paper counts in each of its categories. The output lists the 100 most
/// frequent categories.
#[derive(Args)]
#[command(after_help = "\
Examples:
  paperkin facets
  paperkin facets --category 'cs.*' --from 2023 --json")]
pub(super) struct Facets {
    #[command(flatten)]
    json: JsonArgs,
    // Last, because its heading applies to all flags after it.
    #[command(flatten)]
    filter: Criteria,
}

impl Facets {
    pub fn run(&self, store: &Address, output: &mut Output) -> anyhow::Result<Outcome> {
        let filter = Filter::new(self.filter.clone())?;
        let counted = Collection::open(store)?.read(|moment| facets(moment, &filter))?;
        if self.json.json {
            output.json(&counted)?;
        } else {
            print(&counted, output)?;
        }
        if counted.papers > 0 {
            return Ok(Outcome::Found);
        }
        output::note(if filter.is_empty() {
            output::EMPTY_STORE
        } else {
            "nothing found: no paper matches the filters"
        });
        Ok(Outcome::NothingFound)
    }
}

fn print(counted: &Counted, output: &mut Output) -> anyhow::Result<()> {
    output.count(counted.papers, if counted.papers == 1 { "paper" } else { "papers" })?;
    if !counted.categories.is_empty() {
        output.line("")?;
        output.title(if counted.categories.len() < MOST_CATEGORIES {
            "By category"
        } else {
            "By category (the 100 most frequent)"
        })?;
        for found in &counted.categories {
            output.count(found.papers, &found.category)?;
        }
    }
    if !counted.years.is_empty() {
        output.line("")?;
        output.title("By year")?;
        for found in &counted.years {
            output.count(found.papers, &found.year.to_string())?;
        }
    }
    Ok(())
}
