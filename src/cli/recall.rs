//! `paperkin recall`: what are the recall and the speed of the HNSW graph, compared with an exact scan?

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use super::output::{self, Output};
use super::progress::Line;
use super::upkeep::folder_for;
use super::{JsonArgs, ModelArgs, Outcome, interrupt};
use crate::durable;
use crate::embed::{Embedded, Embedding, Role, Text, Work};
use crate::engine::{Address, StoredModel};
use crate::error::Error;
use crate::recall::vectors;
use crate::recall::{EFS, RecallOptions, RecallReport, Recalls, Timing, measure};
use crate::store::Store;

/// Measure recall and speed of approximate nearest-neighbour search
///
/// The candidate list size (`ef`) of the HNSW graph trades speed for recall. The command measures recall@k and
/// queries/s for several values, and finds the smallest one with the target recall. An exact scan of all vectors
/// gives the true neighbours; a paper as near as the k-th neighbour counts as found.
///
/// Queries are titles of the collection or lines of a file, and run one at a time on one thread. The measurement
/// takes a few seconds for 50,000 papers. It changes the store only with `--apply` or `--reset`. A store without a
/// graph is measured with a temporary one.
#[derive(Args)]
#[command(after_help = "\
Examples:
  paperkin recall --wanted 0.99 --svg recall.svg
  paperkin recall --wanted 0.995 --apply
  paperkin recall --vectors rows.f32 --queries queries.f32 --dimension 384")]
pub(super) struct Recall {
    /// Use the queries in this file, one per line, plain or as JSON with a `text`; `-` is standard input
    #[arg(long, value_name = "FILE")]
    questions: Option<PathBuf>,
    /// Use N titles of the collection as queries, the same in each run
    #[arg(long, value_name = "N", default_value = "1000", conflicts_with_all = ["questions", "vectors"])]
    sample: NonZeroUsize,
    /// Measure the vectors in this file instead of a store: rows of raw little-endian 32-bit floats. They are
    /// normalised to unit length
    #[arg(long, value_name = "FILE", requires_all = ["queries", "dimension"], conflicts_with_all = ["questions", "apply", "reset"])]
    vectors: Option<PathBuf>,
    /// Use the query vectors in this file, in the format of `--vectors`
    #[arg(long, value_name = "FILE", requires = "vectors")]
    queries: Option<PathBuf>,
    /// Read rows of N dimensions from the files of vectors
    #[arg(long, value_name = "N", requires = "vectors")]
    dimension: Option<NonZeroUsize>,
    /// Measure these candidate list sizes (`ef`)
    #[arg(long, value_name = "EF,…", value_delimiter = ',', default_values_t = EFS.map(|ef| NonZeroUsize::new(ef).unwrap_or(NonZeroUsize::MIN)))]
    ef: Vec<NonZeroUsize>,
    /// Find the smallest `ef` with this recall@k
    #[arg(long, value_name = "SHARE", default_value_t = 0.99)]
    wanted: f64,
    /// Choose `ef` by recall@K
    #[arg(short, value_name = "1|10|100", default_value = "10", value_parser = ["1", "10", "100"])]
    k: String,
    /// Use the `ef` that was found for all searches of the store
    #[arg(long)]
    apply: bool,
    /// Measure nothing, and return to the default `ef`
    #[arg(long, conflicts_with = "apply")]
    reset: bool,
    /// Do not measure the build time of a graph that exists
    #[arg(long)]
    no_build: bool,
    /// Write a chart of recall and queries/s to this file
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    #[command(flatten)]
    model: ModelArgs,
    #[command(flatten)]
    json: JsonArgs,
}

/// What is printed with `--json`.
#[derive(Serialize)]
struct Printed<'a> {
    #[serde(flatten)]
    report: &'a RecallReport,
    /// Whether searches now use the `ef` that was found.
    applied: bool,
}

fn opened(store: &Address) -> Result<Store, Error> {
    Store::open(folder_for(store, "`recall`")?)
}

impl Recall {
    pub fn run(&self, store: &Address, output: &mut Output) -> anyhow::Result<Outcome> {
        if !(self.wanted > 0.0 && self.wanted <= 1.0) {
            return Err(Error::BadRecall { found: self.wanted }.into());
        }
        self.model.compute.choose_kernel_for(Work::Queries);
        if self.reset {
            opened(store)?.tune(None)?;
            output.line("searches use the default `ef`")?;
            return Ok(Outcome::Found);
        }
        interrupt::listen();
        let line = Line::new();
        let folder = tempfile::tempdir()?;
        let files = self.vectors.as_deref().zip(self.queries.as_deref()).zip(self.dimension);
        let (opened, questions) = if let Some(((rows, queries), dimension)) = files {
            let dimension = dimension.get();
            let questions = vectors::rows(queries, dimension)?.collect::<Result<Vec<_>, _>>()?;
            let rows = vectors::rows(rows, dimension)?;
            (vectors::store(&folder.path().join("vectors"), dimension, rows, &line)?, questions)
        } else {
            let opened = opened(store)?;
            let questions = self.embedded(&opened, &line)?;
            (opened, questions)
        };
        let snapshot = opened.snapshot()?;
        let dir = self.vectors.is_none().then(|| opened.dir());
        let options = RecallOptions {
            efs: self.ef.iter().map(|ef| ef.get()).collect(),
            wanted: self.wanted,
            k: self.k.parse().unwrap_or(10),
            build: !self.no_build,
            threads: self.model.threads(),
        };
        let report = measure((dir, folder.path()), &snapshot, &questions, &options, &line)?;
        line.finish();
        if let Some(path) = &self.svg {
            durable::replace(path, &[report.chart().svg().as_bytes()])?;
        }
        let tuning = report.tuning();
        // A graph that is built later has more papers, for which this `ef` was not measured.
        let applied = self.apply && report.graph.in_use && tuning.is_some();
        if let (true, Some(tuning)) = (applied, &tuning) {
            opened.tune(Some(tuning))?;
        }
        if self.json.json {
            output.json(&Printed { report: &report, applied })?;
        } else {
            print(&report, applied, output)?;
        }
        if self.apply && !report.graph.in_use {
            output::warning("`ef` is not applied, because the store has no graph: searches compare all papers");
        }
        Ok(if tuning.is_some() { Outcome::Found } else { Outcome::NothingFound })
    }

    /// The query vectors.
    fn embedded(&self, store: &Store, line: &Line) -> anyhow::Result<Vec<Embedding>> {
        if store.count()? == 0 {
            return Err(Error::EmptyStore { dir: store.dir().to_owned() }.into());
        }
        let texts = match &self.questions {
            Some(path) => vectors::questions(path)?,
            None => store.read(|view| vectors::titles(view, self.sample.get()))?,
        };
        let embedder = self.model.embedder(&StoredModel::of_store(store)?)?;
        let texts: Vec<Text<'_>> = texts.iter().map(|text| text.as_str().into()).collect();
        let vectors = embedder.embed_watched(Role::Query, &texts, line)?;
        if interrupt::happened() {
            return Err(Error::Interrupted.into());
        }
        Ok(vectors.into_iter().flatten().map(|Embedded { embedding, .. }| embedding).collect())
    }
}

fn print(report: &RecallReport, applied: bool, output: &mut Output) -> anyhow::Result<()> {
    let RecallReport { papers, dimension, questions, threads, graph, wanted, search, .. } = report;
    output.line(&format!("{papers} papers of {dimension} dimensions, {questions} queries"))?;
    let whose = if graph.in_use { "the graph of the store" } else { "temporary" };
    output.fact("graph", &format!("{} papers, {:.0} bytes per paper; {whose}", graph.papers, graph.bytes_per_paper))?;
    let took = graph.build_s.zip(graph.audit_s);
    if let Some((build, audit)) = took {
        output.fact("build", &format!("{build:.1} s on {threads} threads; audit {audit:.1} s"))?;
    }
    let audit = format!(
        "{} of {} nodes reachable, {} found by their own vector",
        graph.reachable, graph.nodes, graph.find_themselves
    );
    output.fact("audit", &audit)?;
    if let Some(search) = search {
        let now = match (search.exact, &search.tuning) {
            (true, _) => "exact scan, because the store has no graph; recall is 1".to_owned(),
            (false, None) => format!("ef {} (default)", search.ef),
            (false, Some(tuning)) => format!("ef {} (set by `--apply`: {})", search.ef, tuning.ef),
        };
        output.fact("searches", &now)?;
    }
    output.line("")?;
    output.line(&format!(
        "{:>15}  {:>8}  {:>9}  {:>10}  {:>9}  {:>7}  {:>7}",
        "ef", "recall@1", "recall@10", "recall@100", "queries/s", "p50 ms", "p99 ms"
    ))?;
    for point in &report.sweep {
        output.line(&row(&point.ef.to_string(), &point.recalls, &point.timing))?;
    }
    for scan in &report.scans {
        output.line(&row(scan.scan, &scan.recalls, &scan.timing))?;
    }
    output.line("")?;
    let Some((ef, found)) = wanted.ef.zip(wanted.found) else {
        output.line(&format!("no measured ef reaches recall@{} {}", wanted.k, wanted.recall))?;
        return Ok(());
    };
    output.line(&format!("ef {ef} reaches recall@{} {found:.4}; the target is {}", wanted.k, wanted.recall))?;
    if let Some(fewest) = search.map(|search| search.candidates).filter(|fewest| ef < *fewest) {
        output.line(&format!("a search ranks {fewest} papers, so its ef is at least {fewest}"))?;
    }
    if applied {
        output.line("searches of this store now use this ef; `paperkin recall --reset` restores the default")?;
    }
    Ok(())
}

fn row(name: &str, recalls: &Recalls, timing: &Timing) -> String {
    let share = |recall: Option<f64>| recall.map_or_else(|| "–".to_owned(), |recall| format!("{recall:.4}"));
    format!(
        "{name:>15}  {:>8}  {:>9}  {:>10}  {:>9.0}  {:>7.3}  {:>7.3}",
        share(Some(recalls.at_1)),
        share(recalls.at_10),
        share(recalls.at_100),
        timing.per_second,
        timing.p50_us / 1e3,
        timing.p99_us / 1e3
    )
}
