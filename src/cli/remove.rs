//! `paperkin remove`: papers out of the store.

use std::path::{Path, PathBuf};

use clap::Args;

use super::output::{self, Output};
use super::{JsonArgs, Outcome, add};
use crate::paper::PaperId;
use crate::store::{Removed, Store};

/// Remove papers, all at once; what they occupied is given back by `compact`
///
/// An id that no paper has is told. The exit status is 1 when nothing was removed.
#[derive(Args)]
pub(super) struct Remove {
    /// arXiv ids, DOIs or `title:…`, as `search` prints them
    #[arg(value_name = "ID", required_unless_present = "from")]
    ids: Vec<String>,
    /// Remove also those in this file, one id a line; `-` is standard input
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
    pub fn run(&self, store: &Path, output: &mut Output) -> anyhow::Result<Outcome> {
        let store = Store::open(store)?;
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
            match PaperId::parse(&text) {
                Some(id) => ids.push(id),
                None => unknown.push(text),
            }
        }
        let removed: Removed = store.remove(&ids)?;
        unknown.extend(removed.unknown.iter().map(ToString::to_string));
        for id in &unknown {
            output::warning(&format!("no paper in the store has the id `{id}`"));
        }
        if self.json.json {
            output.json(&Report { removed: removed.papers, unknown: &unknown })?;
        } else {
            output.line(&format!("removed {}", output::papers(removed.papers)))?;
        }
        add::renew_words(&store);
        Ok(if removed.papers > 0 { Outcome::Found } else { Outcome::NothingFound })
    }
}
