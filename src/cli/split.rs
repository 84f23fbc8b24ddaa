//! `paperkin split`: how is a wrong merge undone?

use clap::Args;

use super::output::Output;
use super::progress::Line;
use super::{JsonArgs, ModelArgs, Outcome, upkeep};
use crate::embed::Work;
use crate::engine::{Address, Collection, Engine};
use crate::ingest;
use crate::paper::PaperId;
use crate::store::Part;

/// Split a paper that was merged by mistake
///
/// The records of which the paper was made become papers of their own. Records that share an id stay together. Adding the same files
/// again does not merge them again.
#[derive(Args)]
#[command(after_help = "\
Examples:
  paperkin split --dry-run 10.1234/example.5
  paperkin split smith2020")]
pub(super) struct Split {
    /// Id of the paper, of any scheme
    #[arg(value_name = "ID")]
    id: String,
    /// Only print the papers that the split would yield
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    model: ModelArgs,
    #[command(flatten)]
    json: JsonArgs,
}

/// What is printed with `--json`.
#[derive(serde::Serialize)]
struct Report<'a> {
    id: &'a PaperId,
    title: &'a str,
    sources: Vec<&'a str>,
}

impl Split {
    pub fn run(&self, store: &Address, output: &mut Output) -> anyhow::Result<Outcome> {
        let collection = Collection::open(store)?;
        let id: PaperId = self.id.parse()?;
        let parts = collection.writer().parts(&id)?;
        if !self.dry_run {
            self.model.compute.choose_kernel_for(Work::Queries);
            let embedder = self.model.embedder(&collection.stored_model()?)?;
            ingest::split(collection.writer(), &embedder, &id, &Line::new())?;
            upkeep::finish(&collection);
        }
        let told: Vec<Report<'_>> = parts.iter().map(told).collect();
        if self.json.json {
            output.json(&told)?;
            return Ok(Outcome::Found);
        }
        for Report { id, title, sources } in told {
            output.line(&format!("{id}  {title}"))?;
            for source in sources {
                output.line(&format!("    from {source}"))?;
            }
        }
        Ok(Outcome::Found)
    }
}

fn told(part: &Part) -> Report<'_> {
    Report { id: &part.paper.id, title: &part.paper.title, sources: part.sources() }
}
