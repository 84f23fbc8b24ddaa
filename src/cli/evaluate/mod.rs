//! `paperkin evaluate`: how good is the ranking on test sets?

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::output::{self, Output};
use super::search::{HybridArgs, RerankDepthArgs};
use super::{ComputeArgs, JsonArgs, Outcome, RerankArgs, interrupt};
use crate::embed::{DEFAULT_MODEL, Work, cache};
use crate::error::Error;
use crate::evaluate::collection::DEPTH;
use crate::evaluate::metrics::Metric;
use crate::evaluate::report::{compared, measurable};
use crate::evaluate::run::Run;
use crate::evaluate::test_set::{JudgedQuery, TestSet};
use crate::search::Mode;

mod files;
mod measure;
mod summary;
mod systems;
mod table;

/// Deeper rankings take long to write and do not change the metrics.
const DEEPEST: usize = 1_000;

/// Measure ranking quality on test sets (nDCG, MRR, MAP, recall)
///
/// A test set is a folder in BEIR's layout: corpus.jsonl and queries.jsonl, plain or compressed with gzip or zstd,
/// and qrels/test.tsv. Its documents are embedded and searched like papers, in a temporary store. The folder is not
/// changed. Embeddings are cached in the user's cache folder, so a second run embeds nothing.
///
/// The metrics agree with trec_eval: ties are broken by the greater document id, queries without a relevant document
/// are left out, and queries without hits count as 0. A document with the same id and text as its query does not
/// count as a hit. With several test sets or models, one table compares them.
#[derive(Args)]
#[allow(clippy::struct_excessive_bools)] // flags of the command line
#[command(after_help = "\
Examples:
  paperkin evaluate scifact
  paperkin evaluate scifact cranfield --model all-MiniLM-L6-v2 --model ./mine
  paperkin evaluate scifact --run '{mode}.run'
  paperkin evaluate scifact --compare lexical.run hybrid.run
  paperkin evaluate --clear-cache")]
pub(super) struct Evaluate {
    /// Folders of the test sets
    #[arg(value_name = "DIR", required_unless_present = "clear_cache")]
    dirs: Vec<PathBuf>,
    /// Use the relevance judgements in qrels/NAME.tsv
    #[arg(long, value_name = "NAME", default_value = "test")]
    split: String,
    /// Measure this retrieval mode; repeat for several [default: all]
    #[arg(long, value_enum)]
    mode: Vec<Mode>,
    #[command(flatten)]
    hybrid: HybridArgs,
    #[command(flatten)]
    rerank: RerankArgs,
    #[command(flatten)]
    rerank_depth: RerankDepthArgs,
    /// Measure hybrid search without each of its parts, and the best plain sum of both rankings
    #[arg(long, conflicts_with_all = ["mode", "fusion", "no_feedback"])]
    ablation: bool,
    /// Search papers related to the document with the query's id, instead of the query's text
    #[arg(long)]
    related: bool,
    /// Rank only the judged documents of each query
    #[arg(long)]
    pools: bool,
    /// Retrieve N documents per query, from 100 to 1000. MAP uses all of them; more than 100 need more candidates
    #[arg(long, value_name = "N", default_value_t = DEPTH as u16, value_parser = clap::value_parser!(u16).range(DEPTH as i64..=DEEPEST as i64))]
    depth: u16,
    /// Compare several test sets or models by this metric
    #[arg(long, value_enum, default_value_t)]
    metric: Metric,
    /// Write a ranking to this file as a TREC run. `{set}`, `{model}` and `{mode}` in its name are replaced; without
    /// `{mode}`, only the last mode is written
    #[arg(long, value_name = "FILE")]
    run: Option<PathBuf>,
    /// Compare two TREC runs by a paired randomisation test instead of searching
    #[arg(long, value_names = ["A", "B"], num_args = 2, conflicts_with_all = ["mode", "rerank", "rerank_depth", "fusion", "no_feedback", "ablation", "related", "pools", "depth", "metric", "run", "incomplete", "no_cache"])]
    compare: Option<Vec<PathBuf>>,
    /// Measure even if relevant documents are missing from corpus.jsonl; they count as not found
    #[arg(long)]
    incomplete: bool,
    /// Use this embedding model; repeat to compare several. A name from `paperkin models list`, or a folder in
    /// sentence-transformers layout
    #[arg(long, value_name = "NAME|DIR", env = "PAPERKIN_MODEL", default_value = DEFAULT_MODEL)]
    model: Vec<String>,
    /// Truncate vectors to N dimensions (Matryoshka) [default: all]
    #[arg(long, value_name = "N")]
    dimension: Option<usize>,
    /// Do not use the cache of embeddings
    #[arg(long)]
    no_cache: bool,
    /// Delete the cached embeddings of all test sets and models, and exit
    #[arg(long, conflicts_with = "dirs")]
    clear_cache: bool,
    #[command(flatten)]
    compute: ComputeArgs,
    #[command(flatten)]
    json: JsonArgs,
}

impl Evaluate {
    pub fn run(&self, output: &mut Output) -> anyhow::Result<Outcome> {
        if self.clear_cache {
            return clear_cache(output);
        }
        self.compute.choose_kernel_for(Work::Texts);
        match self.compare.as_deref() {
            Some([a, b]) => self.compare(a, b, output),
            _ => self.measure(output),
        }
    }

    fn measure(&self, output: &mut Output) -> anyhow::Result<Outcome> {
        interrupt::listen();
        let tasks = self.tasks()?;
        let (measured, embedders) = self.measured(&tasks)?;
        if let [one] = measured.as_slice() {
            if self.json.json {
                output.json(&one.report)?;
            } else {
                table::means(&one.report, output)?;
            }
        } else {
            let summary = summary::Summary::new(self.metric, self.baseline(), &measured);
            if self.json.json {
                output.json(&summary)?;
            } else {
                table::summary(&summary, output)?;
            }
        }
        if !self.json.json {
            for run in measured.iter().flat_map(|one| &one.report.runs) {
                output::note(&format!("wrote `{run}`"));
            }
        }
        measure::print_cache(&embedders);
        Ok(Outcome::Found)
    }

    fn compare(&self, a: &Path, b: &Path, output: &mut Output) -> anyhow::Result<Outcome> {
        let [dir] = self.dirs.as_slice() else { return Err(Error::OneTestSet { found: self.dirs.len() }.into()) };
        let set = TestSet::open(dir)?;
        // No texts are needed, so queries.jsonl and corpus.jsonl may be missing.
        let judged = set.judgements(&self.split)?;
        let judged =
            judged.into_iter().map(|(id, judged)| JudgedQuery { id, text: String::new(), document: None, judged });
        let queries = self.measurable(&set, judged.collect())?;
        let read = |path: &Path| -> Result<Run, Error> {
            let run = Run::read(path)?;
            if queries.iter().all(|query| run.ranking(&query.id).is_empty()) {
                return Err(Error::ForeignRun { path: path.to_owned(), judged: queries.len() });
            }
            Ok(run)
        };
        let comparison = compared(&read(a)?, &read(b)?, &queries);
        if self.json.json {
            let (a, b) = (a.display().to_string(), b.display().to_string());
            output.json(&json!({ "a": a, "b": b, "split": self.split, "comparison": comparison }))?;
        } else {
            output.fact("a", &a.display().to_string())?;
            output.fact("b", &b.display().to_string())?;
            table::differences(&comparison, output)?;
        }
        Ok(Outcome::Found)
    }

    /// The queries that can be measured.
    fn measurable(&self, set: &TestSet, judged: Vec<JudgedQuery>) -> Result<Vec<JudgedQuery>, Error> {
        let queries = measurable(judged);
        if queries.is_empty() {
            return Err(Error::NothingJudged { folder: set.folder().to_owned(), split: self.split.clone() });
        }
        Ok(queries)
    }
}

fn clear_cache(output: &mut Output) -> anyhow::Result<Outcome> {
    let had = cache::folder().map_or(Ok(0), |folder| cache::clear(&folder))?;
    output.line(&format!("deleted {}", output::bytes(had)))?;
    Ok(Outcome::Found)
}
