//! `paperkin facets`: how many papers are there of each category and year?

use std::path::Path;

use clap::Args;

use super::output::{self, Output};
use super::{JsonArgs, Outcome};
use crate::engine::{Engine, Local};
use crate::search::{Facets as Counted, MOST_CATEGORIES, facets};
use crate::store::{Criteria, Filter, Store};

/// Count papers by category and by year, all of them or those that pass filters
///
/// Categories are counted as if no `--category` was given, and years as if there was no `--from` and no `--to`, so that it is seen what
/// another choice would give. A paper counts for each of its categories; the 100 most frequent ones are told.
#[derive(Args)]
pub(super) struct Facets {
    #[command(flatten)]
    json: JsonArgs,
    // The last, because its heading is that of all that follow.
    #[command(flatten)]
    filter: Criteria,
}

impl Facets {
    pub fn run(&self, store: &Path, output: &mut Output) -> anyhow::Result<Outcome> {
        let filter = Filter::new(self.filter.clone())?;
        let counted = Local::open(Store::open(store)?)?.read(|moment| facets(moment, &filter))?;
        if self.json.json {
            output.json(&counted)?;
        } else {
            print(&counted, output)?;
        }
        if counted.papers > 0 {
            return Ok(Outcome::Found);
        }
        output::note(if filter.is_empty() {
            "nothing found: the store is empty; `paperkin add FILE` adds papers"
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
            "By frequent category"
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
