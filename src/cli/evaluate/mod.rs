//! `paperkin evaluate`: how good are the answers, by what people judged?

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

/// What the order that a cross-encoder makes is called among the modes.
const RERANKED: &str = "reranked";

/// With more documents, a ranking takes long to write and says nothing more.
const DEEPEST: usize = 1_000;

/// Measure the answers against what people judged: nDCG, MRR, MAP, recall and precision on a test set
///
/// A test set is a folder in the layout of BEIR: corpus.jsonl and queries.jsonl, plain, gzip or zstd, and qrels/test.tsv. Its documents
/// are embedded and asked as papers are; the store for that is temporary, and nothing is written into the folder. Vectors
/// are kept in the user's cache folder, so that a second run embeds nothing. The values are those of trec_eval: of equal scores the
/// greater document id counts as first; a query without a relevant document is left out, and one without an answer counts as
/// 0. A document with the id and the text of its query is not counted as found. With `--rerank` there is another mode, `reranked`:
/// the last of the others, its first documents ordered anew.
#[derive(Args)]
pub(super) struct Evaluate {
    /// Folder of the test set
    #[arg(value_name = "DIR", required_unless_present = "clear_cache")]
    dir: Option<PathBuf>,
    /// Judgements to measure by: those in qrels/NAME.tsv
    #[arg(long, value_name = "NAME", default_value = "test")]
    split: String,
    /// By what papers are found; given again, by each of these [default: each]
    #[arg(long, value_enum)]
    mode: Vec<Mode>,
    #[command(flatten)]
    hybrid: HybridArgs,
    #[command(flatten)]
    rerank: RerankArgs,
    /// Documents of an answer, from 100 to 1000: MAP is over these. A search gives 100; for more it looks at more candidates
    #[arg(long, value_name = "N", default_value_t = DEPTH as u16, value_parser = clap::value_parser!(u16).range(DEPTH as i64..=DEEPEST as i64))]
    depth: u16,
    /// Write a ranking to this file, as a TREC run: that of `hybrid`, or of the `--mode` given, or with `--rerank` that; with `{mode}` in its name one file
    /// for each mode
    #[arg(long, value_name = "FILE")]
    run: Option<PathBuf>,
    /// Search nothing, and tell whether two TREC runs differ, by a paired randomisation test
    #[arg(long, value_names = ["A", "B"], num_args = 2, conflicts_with_all = ["mode", "rerank", "fusion", "no_feedback", "depth", "run", "incomplete", "no_cache"])]
    compare: Option<Vec<PathBuf>>,
    /// Measure also where the corpus lacks relevant documents, which then are never found
    #[arg(long)]
    incomplete: bool,
    /// Model: a name that `paperkin models list` shows, or a folder in sentence-transformers layout
    #[arg(long, value_name = "NAME|DIR", env = "PAPERKIN_MODEL", default_value = DEFAULT_MODEL)]
    model: String,
    /// Cut vectors to so many numbers
    #[arg(long, value_name = "N")]
    dimension: Option<usize>,
    /// Embed everything, and keep no vectors
    #[arg(long)]
    no_cache: bool,
    /// Take away the vectors that were kept, of all test sets and models, and do nothing else
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
    /// That have a relevant document.
    queries: usize,
    queries_left_out: usize,
    /// Queries that are documents of the corpus, which are not counted as found.
    queries_in_corpus: usize,
    depth: u16,
    fusion: Fusion,
    /// Whether `hybrid` asked again with its best papers.
    feedback: bool,
    confidence: f64,
    bootstrap_samples: usize,
    model: &'a str,
    fingerprint: &'a Fingerprint,
    kernel: &'static str,
    /// The cross-encoder of mode `reranked`, if there was one.
    reranker: Option<String>,
    /// Texts whose vectors had been kept, and others; none are kept with `--no-cache`.
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
        let judged = set.queries(&self.split)?;
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
        tell_of_cache(&embedder);
        Ok(Outcome::Found)
    }

    fn compare(&self, set: &TestSet, a: &Path, b: &Path, output: &mut Output) -> anyhow::Result<Outcome> {
        // No text is needed, so neither queries nor corpus have to be there.
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

    /// An embedder that keeps what it embeds, unless that is not wanted or cannot be.
    fn embedder(&self, model: &ModelFolder) -> anyhow::Result<Embedder> {
        let load = || Embedder::load(model, self.threads.threads());
        let Some(folder) = cache::folder().filter(|_| !self.no_cache) else { return Ok(load()?) };
        match load()?.with_cache(&folder) {
            Ok(embedder) => Ok(embedder),
            Err(error) => {
                output::warning(&format!("no vectors are kept: {error}"));
                Ok(load()?)
            }
        }
    }

    /// Writes the run files that are wanted; their names.
    fn write(&self, runs: &[(String, Run)]) -> Result<Vec<String>, Error> {
        const PLACE: &str = "{mode}";
        let Some(file) = self.run.as_deref() else { return Ok(Vec::new()) };
        let pattern = file.to_str().filter(|name| name.contains(PLACE));
        let wanted: Vec<_> = match pattern {
            Some(_) => runs.iter().collect(),
            // The last is `hybrid`, unless other modes or a cross-encoder were asked for.
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

/// Where the vectors are, and how to get rid of them.
fn tell_of_cache(embedder: &Embedder) {
    let Some(cache) = embedder.cache() else { return };
    if let Some(fault) = cache.fault() {
        output::warning(&format!("not all vectors are kept in `{}`: {fault}", cache.path().display()));
    }
    let size = cache.path().parent().and_then(|folder| folder_size(folder).ok()).unwrap_or(0);
    output::note(&format!(
        "{} texts embedded, {} found in the cache of {} in `{}`; `paperkin evaluate --clear-cache` takes it away",
        cache.computed(),
        cache.found(),
        output::bytes(size),
        cache.path().parent().unwrap_or(cache.path()).display()
    ));
}

fn clear_cache(output: &mut Output) -> anyhow::Result<Outcome> {
    let had = cache::folder().map_or(Ok(0), |folder| cache::clear(&folder))?;
    output.line(&format!("took away {}", output::bytes(had)))?;
    Ok(Outcome::Found)
}
