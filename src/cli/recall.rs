//! `paperkin recall`: how much does the graph find of what a scan finds, and how fast?

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use super::output::Output;
use super::progress::Line;
use super::{JsonArgs, ModelArgs, Outcome, interrupt};
use crate::durable;
use crate::embed::{Embedded, Embedding, Role, Text};
use crate::error::Error;
use crate::recall::vectors;
use crate::recall::{EFS, RecallOptions, RecallReport, Recalls, Timing, measure};
use crate::store::Store;

/// Measure how many of the nearest papers the graph finds, how fast, and how many candidates it needs for that
///
/// A walk of the graph keeps so many candidates (ef): the more, the more it finds, and the longer it takes. The truth is a scan of all vectors;
/// what is as near as the last of the wanted papers counts as found. Questions are titles of the collection, or those of a file,
/// asked one at a time on one thread. The measurement takes some seconds for 50,000 papers, and changes nothing unless `--apply` is given. A
/// collection without a graph, which is searched exactly, gets one in a temporary folder.
#[derive(Args)]
pub(super) struct Recall {
    /// Ask these questions, one a line, plain or as JSON with a `text`; `-` is standard input
    #[arg(long, value_name = "FILE")]
    questions: Option<PathBuf>,
    /// Titles that are asked, drawn from the collection, the same each time
    #[arg(long, value_name = "N", default_value = "1000", conflicts_with_all = ["questions", "vectors"])]
    sample: NonZeroUsize,
    /// Measure the vectors of a file instead of a store: rows of raw 32-bit numbers, little-endian, one after the other; they are brought to
    /// unit length
    #[arg(long, value_name = "FILE", requires_all = ["queries", "dimension"], conflicts_with_all = ["questions", "apply", "reset"])]
    vectors: Option<PathBuf>,
    /// With `--vectors`: the questions, in the same form
    #[arg(long, value_name = "FILE", requires = "vectors")]
    queries: Option<PathBuf>,
    /// With `--vectors`: numbers of a row
    #[arg(long, value_name = "N", requires = "vectors")]
    dimension: Option<NonZeroUsize>,
    /// Candidates of a walk, to be measured one after the other
    #[arg(long, value_name = "EF,…", value_delimiter = ',', default_values_t = EFS.map(|ef| NonZeroUsize::new(ef).unwrap_or(NonZeroUsize::MIN)))]
    ef: Vec<NonZeroUsize>,
    /// The share of the nearest papers that shall be found
    #[arg(long, value_name = "SHARE", default_value_t = 0.99)]
    wanted: f64,
    /// Of how many nearest papers
    #[arg(short, value_name = "1|10|100", default_value = "10", value_parser = ["1", "10", "100"])]
    k: String,
    /// Have all searches of the store walk with the least number of candidates that finds the wanted share
    #[arg(long)]
    apply: bool,
    /// Measure nothing, and have searches choose the number themselves again
    #[arg(long, conflicts_with = "apply")]
    reset: bool,
    /// Leave out the build by which a graph that is there already is timed
    #[arg(long)]
    no_build: bool,
    /// Draw recall against questions a second into this file
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    #[command(flatten)]
    model: ModelArgs,
    #[command(flatten)]
    json: JsonArgs,
}

/// What is printed with `--json`.
#[derive(Serialize)]
struct Told<'a> {
    #[serde(flatten)]
    report: &'a RecallReport,
    /// Searches use the number of candidates from now on.
    applied: bool,
}

impl Recall {
    pub fn run(&self, store: &Path, output: &mut Output) -> anyhow::Result<Outcome> {
        if !(self.wanted > 0.0 && self.wanted <= 1.0) {
            return Err(Error::BadRecall { found: self.wanted }.into());
        }
        if self.reset {
            Store::open(store)?.tune(None)?;
            output.line("searches choose the number of candidates themselves")?;
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
            let opened = Store::open(store)?;
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
        if let (true, Some(tuning)) = (self.apply, &tuning) {
            opened.tune(Some(tuning))?;
        }
        if self.json.json {
            output.json(&Told { report: &report, applied: self.apply && tuning.is_some() })?;
        } else {
            tell(&report, self.apply, output)?;
        }
        Ok(if tuning.is_some() { Outcome::Found } else { Outcome::NothingFound })
    }

    /// The questions, as vectors.
    fn embedded(&self, store: &Store, line: &Line) -> anyhow::Result<Vec<Embedding>> {
        if store.count()? == 0 {
            return Err(Error::EmptyStore { dir: store.dir().to_owned() }.into());
        }
        let texts = match &self.questions {
            Some(path) => vectors::questions(path)?,
            None => store.read(|view| vectors::titles(view, self.sample.get()))?,
        };
        let embedder = self.model.embedder(store)?;
        let texts: Vec<Text<'_>> = texts.iter().map(|text| text.as_str().into()).collect();
        let vectors = embedder.embed_watched(Role::Query, &texts, line)?;
        if interrupt::happened() {
            return Err(Error::Interrupted.into());
        }
        Ok(vectors.into_iter().flatten().map(|Embedded { embedding, .. }| embedding).collect())
    }
}

fn tell(report: &RecallReport, apply: bool, output: &mut Output) -> anyhow::Result<()> {
    let RecallReport { papers, dimension, questions, threads, graph, wanted, search, .. } = report;
    output.line(&format!("{papers} papers of {dimension} numbers, {questions} questions"))?;
    let whose = if graph.in_use { "that of the store" } else { "built for this measurement alone" };
    output.fact("graph", &format!("{} papers, {:.0} bytes each; {whose}", graph.papers, graph.bytes_per_paper))?;
    let took = graph.build_s.zip(graph.audit_s);
    if let Some((build, audit)) = took {
        output.fact("build", &format!("{build:.1} s on {threads} threads, and {audit:.1} s to audit it"))?;
    }
    let audit = format!(
        "{} of {} vectors are reached, {} find themselves",
        graph.reachable, graph.nodes, graph.find_themselves
    );
    output.fact("audit", &audit)?;
    if let Some(search) = search {
        let now = match (search.exact, &search.tuning) {
            (true, _) => "exact, by a scan: there is no graph, and the recall is 1".to_owned(),
            (false, None) => format!("with {} candidates", search.ef),
            (false, Some(tuning)) => format!("with {} candidates; {} were chosen", search.ef, tuning.ef),
        };
        output.fact("searches", &now)?;
    }
    output.line("")?;
    output.line(&format!(
        "{:>15}  {:>8}  {:>9}  {:>10}  {:>7}  {:>7}  {:>7}",
        "candidates (ef)", "recall@1", "recall@10", "recall@100", "asked/s", "p50 ms", "p99 ms"
    ))?;
    for point in &report.sweep {
        output.line(&row(&point.ef.to_string(), &point.recalls, &point.timing))?;
    }
    for scan in &report.scans {
        output.line(&row(scan.scan, &scan.recalls, &scan.timing))?;
    }
    output.line("")?;
    let Some((ef, found)) = wanted.ef.zip(wanted.found) else {
        output.line(&format!("no number of candidates finds {} of the {} nearest", wanted.recall, wanted.k))?;
        return Ok(());
    };
    output
        .line(&format!("{ef} candidates find {found:.4} of the {} nearest; wanted was {}", wanted.k, wanted.recall))?;
    if let Some(fewest) = search.map(|search| search.candidates).filter(|fewest| ef < *fewest) {
        output.line(&format!("a search looks at {fewest} papers, so it has {fewest} candidates at least"))?;
    }
    if apply {
        output.line("searches of this store use that from now on; `paperkin recall --reset` takes it back")?;
    }
    Ok(())
}

fn row(name: &str, recalls: &Recalls, timing: &Timing) -> String {
    let share = |recall: Option<f64>| recall.map_or_else(|| "–".to_owned(), |recall| format!("{recall:.4}"));
    format!(
        "{name:>15}  {:>8}  {:>9}  {:>10}  {:>7.0}  {:>7.3}  {:>7.3}",
        share(Some(recalls.at_1)),
        share(recalls.at_10),
        share(recalls.at_100),
        timing.per_second,
        timing.p50_us / 1e3,
        timing.p99_us / 1e3
    )
}
