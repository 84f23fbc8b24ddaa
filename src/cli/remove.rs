//! `paperkin remove`: how are papers removed from a store?

use std::path::{Path, PathBuf};

use clap::Args;

use super::output::{self, Output};
use super::{JsonArgs, Outcome, upkeep};
use crate::engine::{Address, Collection, Engine};
use crate::paper::PaperId;
use crate::store::Removed;

/// Remove papers by id
///
/// All papers are removed in one commit. `compact` reclaims their disk space. Unknown ids are reported. The exit
/// status is 1 if no paper was removed.
#[derive(Args)]
#[command(after_help = "\
Examples:
  paperkin remove 1706.03762 10.1234/example.5
  paperkin remove --from ids.txt
  paperkin remove --from -                   # read ids from standard input")]
pub(super) struct Remove {
    /// Ids of any scheme, as `search` prints them or in another spelling
    #[arg(value_name = "ID", required_unless_present = "from")]
    ids: Vec<String>,
    /// Also remove the papers with the ids in this file, one per line; `-` is standard input
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
    #[command(flatten)]
    json: JsonArgs,
}

/// What is printed with `--json`.
#[derive(serde::Serialize)]
struct Report<'a> {
    removed: u64,
    unknown: &'a [String],
}

impl Remove {
    pub fn run(&self, store: &Address, output: &mut Output) -> anyhow::Result<Outcome> {
        let collection = Collection::open(store)?;
        let mut given = self.ids.clone();
        if let Some(from) = &self.from {
            let lines = if from == Path::new("-") {
                std::io::read_to_string(std::io::stdin())?
            } else {
                fs_err::read_to_string(from)?
            };
            given.extend(lines.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned));
        }
        let mut unknown = Vec::new();
        let mut ids = Vec::new();
        for text in given {
            match text.parse::<PaperId>() {
                Ok(id) => ids.push(id),
                Err(_) => unknown.push(text),
            }
        }
        let removed: Removed = collection.writer().remove(&ids)?;
        unknown.extend(removed.unknown.iter().map(|id| id.printed().to_owned()));
        for id in &unknown {
            output::warning(&format!("no paper in the store has the id `{id}`"));
        }
        if self.json.json {
            output.json(&Report { removed: removed.papers, unknown: &unknown })?;
        } else {
            output.line(&format!("removed {}", output::papers(removed.papers)))?;
        }
        upkeep::finish(&collection);
        Ok(if removed.papers > 0 { Outcome::Found } else { Outcome::NothingFound })
    }
}
