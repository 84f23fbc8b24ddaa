//! `paperkin add`: how are papers added to a store?

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::output::{self, Output};
use super::progress::Line;
use super::{CutArgs, JsonArgs, ModelArgs, Outcome, interrupt};
use crate::corpus::{self, CorpusFormat, CorpusOptions, Papers, Source, sample};
use crate::embed::{Embedder, ModelFolder};
use crate::full_text;
use crate::graph::{self, Due};
use crate::ingest::{Ingest, IngestReport, open_store};
use crate::priority::{Who, step_back};
use crate::store::Store;

/// Bad records that are reported one by one.
const MOST_REPORTED: usize = 20;

/// Add papers from files, and embed new and changed ones
///
/// A file is JSON Lines (including arXiv's metadata snapshot), CSV with a header, or the text of a "Daily Papers" web
/// page. It may be compressed with gzip or zstd. Format and compression are recognised from the content.
///
/// Papers that are already stored and unchanged are not embedded again. Invalid records are reported and skipped.
/// Ctrl-C stops the command without losing finished work; run the same command again to continue.
#[derive(Args)]
#[command(after_help = "\
Examples:
  paperkin add papers.jsonl more.csv
  paperkin add --sample
  paperkin --store arxiv add --nice arxiv-metadata-snapshot.json.zst
  paperkin add -                             # read standard input")]
pub(super) struct Add {
    /// Read these files; `-` is standard input
    #[arg(value_name = "PATH", required_unless_present = "sample")]
    paths: Vec<PathBuf>,
    /// Add the sample collection of 148 papers permanently. The sample that `serve` adds to an empty store is removed
    /// when you add your own papers
    #[arg(long)]
    sample: bool,
    /// Read all files in this format instead of recognising it
    #[arg(long, value_name = "FORMAT")]
    format: Option<FormatArg>,
    /// Assume this year for dates without a year on a "Daily Papers" page [default: the year of the file's last
    /// modification; the current year for standard input]
    #[arg(long, value_name = "YEAR", value_parser = clap::value_parser!(u16).range(1900..=9999))]
    year: Option<u16>,
    /// Stop at the first invalid record instead of skipping it
    #[arg(long)]
    strict: bool,
    /// Run at the lowest CPU priority
    #[arg(long)]
    nice: bool,
    #[command(flatten)]
    cut: CutArgs,
    #[command(flatten)]
    model: ModelArgs,
    #[command(flatten)]
    json: JsonArgs,
}

#[derive(Clone, Copy, ValueEnum)]
enum FormatArg {
    /// The text of a "Daily Papers" web page
    Daily,
    /// One JSON object per line
    Jsonl,
    /// Comma-separated values with a header
    Csv,
}

impl From<FormatArg> for CorpusFormat {
    fn from(format: FormatArg) -> Self {
        match format {
            FormatArg::Daily => Self::Daily,
            FormatArg::Jsonl => Self::JsonLines,
            FormatArg::Csv => Self::Csv,
        }
    }
}

impl Add {
    pub fn run(&self, store: &Path, output: &mut Output) -> anyhow::Result<Outcome> {
        if self.nice {
            lower_priority();
        }
        interrupt::listen();
        let options = CorpusOptions { format: self.format.map(CorpusFormat::from), year: self.year };
        // All files are opened before a model is fetched or a paper is embedded, to report a misspelt name at once.
        let open = |path: &PathBuf| corpus::open(&Source::from_argument(path), &options);
        let corpora: Vec<Papers> = self.paths.iter().map(open).collect::<Result<_, _>>()?;

        let line = Line::new();
        let model = self.model.fetched_for(store, &self.cut, &line)?;
        let store = open_store(store, &model)?;
        let embedder = load(&model, self.model.threads())?;
        let mut ingest = Ingest::new(&store, &embedder, &line).strict(self.strict).replace_sample(!self.sample);
        let mut added = Ok(());
        if self.sample {
            // A sample that was requested is permanent.
            store.keep_sample()?;
            added = ingest.add(sample::papers());
        }
        for papers in corpora {
            if added.is_ok() && !interrupt::happened() {
                line.read(papers.position());
                added = ingest.add(papers);
            }
        }
        // Also after an error, to commit the papers that were embedded before it.
        let report = ingest.finish()?;
        line.finish();
        self.print(&report, output)?;
        output.flush()?;
        added?;
        if report.interrupted {
            return Ok(Outcome::Interrupted);
        }
        renew_words(&store);
        renew_graph(&store, self.model.threads())?;
        Ok(Outcome::Found)
    }

    fn print(&self, report: &IngestReport, output: &mut Output) -> anyhow::Result<()> {
        for skipped in report.skipped.iter().take(MOST_REPORTED) {
            output::warning(&format!("{}:{}: {}", skipped.file, skipped.line, skipped.reason));
        }
        let skipped = report.skipped.len() as u64 + report.skipped_unlisted;
        if skipped > MOST_REPORTED as u64 {
            let more = skipped - MOST_REPORTED as u64;
            output::warning(&format!("{more} more records were skipped; `--json` lists them"));
        }
        if self.json.json {
            output.json(report)?;
            return Ok(());
        }
        let IngestReport { read, added, updated, unchanged, .. } = report;
        let papers = if *read == 1 { "paper" } else { "papers" };
        output.line(&format!("read {read} {papers}: {added} added, {updated} updated, {unchanged} unchanged"))?;
        let details = [
            (skipped, "skipped"),
            (report.truncated, "truncated to the model's maximum number of tokens"),
            (report.without_abstract, "without an abstract, embedded by title alone"),
        ];
        for (count, what) in details {
            if count > 0 {
                output.line(&format!("{count} {what}"))?;
            }
        }
        if report.interrupted {
            output.line("interrupted; run the same command again to continue")?;
        }
        Ok(())
    }
}

/// Lowers the CPU priority of this process as far as possible.
pub(super) fn lower_priority() {
    const LOWEST: i32 = 19;
    match step_back(Who::Process, LOWEST) {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::Unsupported => {
            output::warning("`--nice` has no effect on this system");
        }
        Err(error) => output::warning(&format!("cannot lower the CPU priority: {error}")),
    }
}

pub(super) fn load(model: &ModelFolder, threads: usize) -> anyhow::Result<Embedder> {
    Ok(Embedder::load(model, threads)?)
}

/// Brings the full-text index up to date with the committed papers. Searches read papers that are missing from it
/// from the store, so a failure is a warning.
pub(super) fn renew_words(store: &Store) {
    if let Err(error) = full_text::renew(store) {
        output::warning(&error.to_string());
    }
}

/// Rebuilds the HNSW graph if its tail is too long or its file is damaged. The check reads the whole file; for 50,000
/// papers this takes as long as embedding a few papers.
pub(super) fn renew_graph(store: &Store, threads: usize) -> anyhow::Result<()> {
    graph::renewed(store, threads, |due| {
        if let Due::Damaged(damage) = due {
            output::warning(&damage.to_string());
        }
        output::note("building the HNSW graph");
    })?;
    Ok(())
}
