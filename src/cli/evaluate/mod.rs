//! `paperkin evaluate`: how good is the ranking on a test set?

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use serde::Serialize;
use serde_json::json;

use super::output::{self, Output};
use super::progress::Line;
use super::search::HybridArgs;
use super::{JsonArgs, Outcome, RerankArgs, ThreadArgs, found, interrupt};
use crate::embed::{DEFAULT_MODEL, Embedder, Fingerprint, ModelFolder, cache};
use crate::error::Error;
use crate::evaluate;
use crate::evaluate::beir::{JudgedQuery, TestSet};
use crate::evaluate::collection::{DEPTH, Documents, TestCollection};
use crate::evaluate::report::{Modes, compared, measurable, measured};
use crate::evaluate::run::Run;
use crate::folder_size::folder_size;
use crate::search::{Fusion, Mode, Options};

mod table;

/// The name of the mode with reranking.
const RERANKED: &str = "reranked";

/// Deeper rankings take long to write and do not change the metrics.
const DEEPEST: usize = 1_000;

/// Measure ranking quality on a test set (nDCG, MRR, MAP, recall)
///
/// A test set is a folder in BEIR's layout: corpus.jsonl and queries.jsonl, plain or compressed with gzip or zstd,
/// and qrels/test.tsv. Its documents are embedded and searched like papers, in a temporary store. The folder is not
/// changed. Embeddings are cached in the user's cache folder, so a second run embeds nothing.
///
/// The metrics agree with trec_eval: ties are broken by the greater document id, queries without a relevant document
/// are left out, and queries without hits count as 0. A document with the same id and text as its query does not
/// count as a hit. With `--rerank`, the mode `reranked` shows the last of the other modes after reranking.
#[derive(Args)]
#[command(after_help = "\
Examples:
  paperkin evaluate scifact
  paperkin evaluate scifact --run '{mode}.run'
  paperkin evaluate scifact --compare lexical.run hybrid.run
  paperkin evaluate --clear-cache")]
pub(super) struct Evaluate {
    /// Folder of the test set
    #[arg(value_name = "DIR", required_unless_present = "clear_cache")]
    dir: Option<PathBuf>,
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
    /// Retrieve N documents per query, from 100 to 1000. MAP uses all of them; more than 100 need more candidates
    #[arg(long, value_name = "N", default_value_t = DEPTH as u16, value_parser = clap::value_parser!(u16).range(DEPTH as i64..=DEEPEST as i64))]
    depth: u16,
    /// Write a ranking to this file as a TREC run. If the name contains `{mode}`, write one file per mode; otherwise
    /// write the last mode
    #[arg(long, value_name = "FILE")]
    run: Option<PathBuf>,
    /// Compare two TREC runs by a paired randomisation test instead of searching
    #[arg(long, value_names = ["A", "B"], num_args = 2, conflicts_with_all = ["mode", "rerank", "fusion", "no_feedback", "depth", "run", "incomplete", "no_cache"])]
    compare: Option<Vec<PathBuf>>,
    /// Measure even if relevant documents are missing from corpus.jsonl; they count as not found
    #[arg(long)]
    incomplete: bool,
    /// Use this embedding model: a name from `paperkin models list`, or a folder in sentence-transformers layout
    #[arg(long, value_name = "NAME|DIR", env = "PAPERKIN_MODEL", default_value = DEFAULT_MODEL)]
    model: String,
    /// Truncate vectors to N dimensions (Matryoshka) [default: all]
    #[arg(long, value_name = "N")]
    dimension: Option<usize>,
    /// Do not use the cache of embeddings
    #[arg(long)]
    no_cache: bool,
    /// Delete the cached embeddings of all test sets and models, and exit
    #[arg(long, conflicts_with = "dir")]
    clear_cache: bool,
    #[command(flatten)]
    threads: ThreadArgs,
    #[command(flatten)]
    json: JsonArgs,
}

/// What is printed with `--json`.
#[derive(Serialize)]
struct Report<'a> {
    modes: Modes,
    split: &'a str,
    documents: usize,
    /// Queries with a relevant document.
    queries: usize,
    queries_left_out: usize,
    /// Queries that are documents of the corpus; these documents do not count as hits.
    queries_in_corpus: usize,
    depth: u16,
    fusion: Fusion,
    /// Whether mode `hybrid` used pseudo-relevance feedback.
    feedback: bool,
    confidence: f64,
    bootstrap_samples: usize,
    model: &'a str,
    fingerprint: &'a Fingerprint,
    kernel: &'static str,
    /// The cross-encoder of mode `reranked`, if any.
    reranker: Option<String>,
    /// Texts found in the cache, and texts embedded; `None` with `--no-cache`.
    from_cache: Option<u64>,
    embedded: Option<u64>,
    runs: Vec<String>,
}

impl Evaluate {
    pub fn run(&self, output: &mut Output) -> anyhow::Result<Outcome> {
        if self.clear_cache {
            return clear_cache(output);
        }
        let dir = self.dir.as_deref().unwrap_or(Path::new("."));
        let set = TestSet::open(dir)?;
        match self.compare.as_deref() {
            Some([a, b]) => self.compare(&set, a, b, output),
            _ => self.measure(&set, output),
        }
    }

    fn measure(&self, set: &TestSet, output: &mut Output) -> anyhow::Result<Outcome> {
        interrupt::listen();
        let (judged, missing) = set.queries_and_missing(&self.split)?;
        if let Some(first) = missing.first() {
            let count = missing.len();
            output::warning(&format!(
                "{count} judged queries are not in queries.jsonl and are left out, `{first}` first"
            ));
        }
        let all = judged.len();
        let queries = self.measurable(set, judged)?;
        let documents = Documents::read(set, &queries)?;
        if let Some((count, document, query)) = documents.unknown(&queries) {
            let (document, query) = (document.to_owned(), query.to_owned());
            let unknown = Error::UnknownDocuments { folder: set.folder().to_owned(), count, document, query };
            if !self.incomplete {
                return Err(unknown.into());
            }
            output::warning(&unknown.to_string());
        }
        let model = found(&self.model, self.dimension)?;
        let embedder = Arc::new(self.embedder(&model)?);
        let reranker = self.rerank.found(self.threads.threads())?;
        let reranker_name = reranker.as_ref().map(|reranker| reranker.name().to_owned());
        let (own, found) = (documents.own(), documents.len());
        let line = Line::new();
        let threads = self.threads.threads();
        let collection = TestCollection::build(set, documents, (&model, Arc::clone(&embedder)), threads, &line)?;
        let collection = collection.with_reranker(reranker);
        let depth = NonZeroUsize::new(self.depth.into()).unwrap_or(NonZeroUsize::MIN);
        let mut runs = Vec::new();
        for mode in self.modes() {
            let options = self.hybrid.of(Options::from(depth).mode(mode));
            runs.push((table::name_of(mode), collection.run(&queries, &options, &line)?));
        }
        if let (Some(mode), Some(_)) = (self.modes().last(), &reranker_name) {
            let options = self.hybrid.of(Options::from(depth).mode(*mode).rerank(true));
            runs.push((RERANKED.to_owned(), collection.run(&queries, &options, &line)?));
        }
        line.finish();
        let report = Report {
            modes: measured(&runs, &queries),
            split: &self.split,
            documents: found,
            queries: queries.len(),
            queries_left_out: all - queries.len(),
            queries_in_corpus: own,
            depth: self.depth,
            fusion: self.hybrid.fusion,
            feedback: !self.hybrid.no_feedback,
            confidence: evaluate::CONFIDENCE,
            bootstrap_samples: evaluate::SAMPLES,
            model: &model.manifest.name,
            fingerprint: model.fingerprint(),
            kernel: embedder.runner_name(),
            reranker: reranker_name,
            from_cache: embedder.cache().map(cache::Cache::found),
            embedded: embedder.cache().map(cache::Cache::computed),
            runs: self.write(&runs)?,
        };
        if self.json.json {
            output.json(&report)?;
        } else {
            table::means(&report, output)?;
            for run in &report.runs {
                output::note(&format!("wrote `{run}`"));
            }
        }
        print_cache(&embedder);
        Ok(Outcome::Found)
    }

    fn compare(&self, set: &TestSet, a: &Path, b: &Path, output: &mut Output) -> anyhow::Result<Outcome> {
        // No texts are needed, so queries.jsonl and corpus.jsonl may be missing.
        let judged = set.judgements(&self.split)?;
        let judged = judged.into_iter().map(|(id, judged)| JudgedQuery { id, text: String::new(), judged });
        let queries = self.measurable(set, judged.collect())?;
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

    fn measurable(&self, set: &TestSet, judged: Vec<JudgedQuery>) -> Result<Vec<JudgedQuery>, Error> {
        let queries = measurable(judged);
        if queries.is_empty() {
            return Err(Error::NothingJudged { folder: set.folder().to_owned(), split: self.split.clone() });
        }
        Ok(queries)
    }

    fn modes(&self) -> Vec<Mode> {
        let all = [Mode::Dense, Mode::Lexical, Mode::Hybrid];
        all.into_iter().filter(|mode| self.mode.is_empty() || self.mode.contains(mode)).collect()
    }

    /// An embedder with a cache, unless that is disabled or unusable.
    fn embedder(&self, model: &ModelFolder) -> anyhow::Result<Embedder> {
        let load = || Embedder::load(model, self.threads.threads());
        let Some(folder) = cache::folder().filter(|_| !self.no_cache) else { return Ok(load()?) };
        match load()?.with_cache(&folder) {
            Ok(embedder) => Ok(embedder),
            Err(error) => {
                output::warning(&format!("embeddings are not cached: {error}"));
                Ok(load()?)
            }
        }
    }

    /// Writes the requested run files, and returns their names.
    fn write(&self, runs: &[(String, Run)]) -> Result<Vec<String>, Error> {
        const PLACE: &str = "{mode}";
        let Some(file) = self.run.as_deref() else { return Ok(Vec::new()) };
        let pattern = file.to_str().filter(|name| name.contains(PLACE));
        let wanted: Vec<_> = match pattern {
            Some(_) => runs.iter().collect(),
            // The last mode is `hybrid` unless `--mode` or `--rerank` is given.
            None => runs.last().into_iter().collect(),
        };
        let mut written = Vec::new();
        for (name, run) in wanted {
            let path = pattern.map_or_else(|| file.to_owned(), |pattern| pattern.replace(PLACE, name).into());
            run.write(&path, &format!("paperkin-{name}"))?;
            written.push(path.display().to_string());
        }
        Ok(written)
    }
}

/// Prints where the cache is and how to delete it.
fn print_cache(embedder: &Embedder) {
    let Some(cache) = embedder.cache() else { return };
    if let Some(fault) = cache.fault() {
        output::warning(&format!("not all embeddings are cached in `{}`: {fault}", cache.path().display()));
    }
    let size = cache.path().parent().and_then(|folder| folder_size(folder).ok()).unwrap_or(0);
    output::note(&format!(
        "{} texts embedded, {} found in the cache ({} in `{}`); `paperkin evaluate --clear-cache` deletes it",
        cache.computed(),
        cache.found(),
        output::bytes(size),
        cache.path().parent().unwrap_or(cache.path()).display()
    ));
}

fn clear_cache(output: &mut Output) -> anyhow::Result<Outcome> {
    let had = cache::folder().map_or(Ok(0), |folder| cache::clear(&folder))?;
    output.line(&format!("deleted {}", output::bytes(had)))?;
    Ok(Outcome::Found)
}
