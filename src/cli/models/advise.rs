//! `paperkin models advise`: which model should a collection of this size take on this machine?

use std::num::{NonZeroU64, NonZeroUsize};
use std::path::Path;

use clap::Args;
use serde::Serialize;

use super::table;
use crate::cli::output::{self, Output};
use crate::cli::progress::Line;
use crate::cli::upkeep::folder_for;
use crate::cli::{ComputeArgs, JsonArgs, Outcome, cached, interrupt};
use crate::corpus::sample;
use crate::embed::{DEFAULT_MODEL, Manifest, ModelFolder, Task, Work};
use crate::engine::Address;
use crate::error::{Error, Result};
use crate::evaluate::advice::{self, Advice, Measured};
use crate::evaluate::{CONFIDENCE, SAMPLES};
use crate::paper::Paper;
use crate::store::Store;

#[derive(Args)]
pub(super) struct Advise {
    /// Measure these models: names from `paperkin models list`, or folders in sentence-transformers layout [default:
    /// all that are on this machine]
    #[arg(value_name = "NAME|DIR")]
    models: Vec<String>,
    /// Advise for a collection of N papers [default: the papers of the store]
    #[arg(long, value_name = "N")]
    papers: Option<NonZeroU64>,
    /// Accept models that embed these papers within H hours
    #[arg(long, value_name = "H", default_value_t = 8.0, value_parser = hours)]
    hours: f64,
    /// Use up to N papers of the store as questions, the same in each run
    #[arg(long, value_name = "N", default_value = "1000")]
    sample: NonZeroUsize,
    #[command(flatten)]
    compute: ComputeArgs,
    #[command(flatten)]
    json: JsonArgs,
}

fn hours(text: &str) -> std::result::Result<f64, String> {
    let hours = text.parse::<f64>().ok().filter(|hours| hours.is_finite() && *hours > 0.0);
    hours.ok_or_else(|| "expected a number of hours greater than 0".to_owned())
}

/// The papers that are asked about.
struct Collection {
    /// Papers with title and abstract.
    papers: Vec<Paper>,
    /// Number of papers of the whole collection.
    size: u64,
    /// Whether it is the sample collection, for want of another.
    is_sample: bool,
}

/// What is printed with `--json`.
#[derive(Serialize)]
pub(super) struct Report {
    /// Whether the sample collection was used because the store has no paper with a title and an abstract.
    pub is_sample: bool,
    /// Papers of the collection.
    pub collection: u64,
    /// The expected number of papers.
    pub papers: u64,
    pub hours: f64,
    pub threads: usize,
    pub confidence: f64,
    pub bootstrap_samples: usize,
    pub models: Vec<Measured>,
    #[serde(flatten)]
    pub advice: Advice,
}

impl Advise {
    pub fn run(&self, store: &Address, output: &mut Output) -> anyhow::Result<Outcome> {
        let store = folder_for(store, "`models advise`")?;
        self.compute.choose_kernel_for(Work::Texts);
        let models = self.found()?;
        let collection = self.collection(store)?;
        if collection.is_sample {
            output::note(&format!(
                "`{}` has no paper with a title and an abstract; the sample collection is used instead",
                store.display()
            ));
        }
        interrupt::listen();
        let threads = self.compute.threads();
        let questions = advice::sample_questions()?;
        let line = Line::new();
        let mut measured = Vec::with_capacity(models.len());
        for (name, folder) in &models {
            line.begin();
            let with_cache = |embedder| cached(embedder, folder, threads);
            let of = (collection.papers.as_slice(), &questions);
            measured.push(Measured::of((name, folder), of, threads, with_cache, &line)?);
        }
        line.finish();
        let papers = self.papers.map_or(collection.size, NonZeroU64::get);
        // `found` returns at least one model.
        let Some(advice) = Advice::of(&measured, papers, self.hours) else { return Ok(Outcome::NothingFound) };
        let report = Report {
            is_sample: collection.is_sample,
            collection: collection.size,
            papers,
            hours: self.hours,
            threads,
            confidence: CONFIDENCE,
            bootstrap_samples: SAMPLES,
            models: measured,
            advice,
        };
        if self.json.json {
            output.json(&report)?;
        } else {
            table::print(&report, output)?;
        }
        Ok(Outcome::Found)
    }

    /// The given models, or all embedding models that are on this machine.
    fn found(&self) -> Result<Vec<(String, ModelFolder)>> {
        let mut found: Vec<(String, ModelFolder)> = Vec::new();
        for name in &self.models {
            let folder = ModelFolder::find(name)?;
            folder.check_task(Task::Embed)?;
            if found.iter().all(|(_, other)| other.fingerprint() != folder.fingerprint()) {
                found.push((name.clone(), folder));
            }
        }
        if !found.is_empty() {
            return Ok(found);
        }
        for Manifest { name, .. } in Manifest::compiled_in()?.into_iter().filter(|model| model.task == Task::Embed) {
            match ModelFolder::find(&name) {
                Ok(folder) => found.push((name, folder)),
                Err(Error::ModelMissing { .. }) => {}
                Err(error) => output::warning(&format!("`{name}` is left out: {error}")),
            }
        }
        if found.is_empty() {
            // Its hint is how to download one.
            found.push((DEFAULT_MODEL.to_owned(), ModelFolder::find(DEFAULT_MODEL)?));
        }
        Ok(found)
    }

    /// Papers of the store; of the sample collection if there are none with a title and an abstract.
    fn collection(&self, store: &Path) -> Result<Collection> {
        let (papers, size) = match Store::open(store) {
            Ok(store) => (store.read(|view| advice::drawn(view, self.sample.get()))?, store.count()?),
            Err(Error::NoStore { .. }) => (Vec::new(), 0),
            Err(error) => return Err(error),
        };
        if !papers.is_empty() {
            return Ok(Collection { papers, size, is_sample: false });
        }
        let papers = sample::papers().collect::<Result<Vec<_>>>()?;
        let size = papers.len() as u64;
        Ok(Collection { papers, size, is_sample: true })
    }
}
