//! `paperkin add`: papers from files into the store.

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

/// Bad records that are told one by one.
const MOST_TOLD: usize = 20;

/// Add papers from files: new ones are embedded, changed ones again, unchanged ones are left alone
///
/// A file is JSON Lines (also arXiv's metadata snapshot), CSV with a header, or the text of a "Daily Papers" web page; plain,
/// gzip or zstd. CorpusFormat and compression are recognised from the content. A record that cannot be used is told and
/// skipped. The work can be stopped with Ctrl-C at any time and goes on from there when the command is run again.
#[derive(Args)]
pub(super) struct Add {
    /// Files to read; `-` is standard input
    #[arg(value_name = "PATH", required_unless_present = "sample")]
    paths: Vec<PathBuf>,
    /// Add the sample corpus that comes with the program, to stay; the one that `serve` put into an empty store leaves when
    /// other papers are added
    #[arg(long)]
    sample: bool,
    /// Read every file in this format instead of recognising it
    #[arg(long, value_name = "FORMAT")]
    format: Option<FormatArg>,
    /// Year of the dates without one on a "Daily Papers" page, which is the year in which the page was saved [default: the
    /// year of the file's last modification; for standard input the current year]
    #[arg(long, value_name = "YEAR", value_parser = clap::value_parser!(u16).range(1900..=9999))]
    year: Option<u16>,
    /// Stop at the first bad record instead of skipping it
    #[arg(long)]
    strict: bool,
    /// Let all other programs of the machine go first
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
    /// A JSON object a line
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
            let_others_go_first();
        }
        interrupt::listen();
        let options = CorpusOptions { format: self.format.map(CorpusFormat::from), year: self.year };
        // All files are opened before a model is fetched or a paper is embedded: a misspelt name is told at once.
        let open = |path: &PathBuf| corpus::open(&Source::from_argument(path), &options);
        let corpora: Vec<Papers> = self.paths.iter().map(open).collect::<Result<_, _>>()?;

        let line = Line::new();
        let model = self.model.fetched_for(store, &self.cut, &line)?;
        let store = open_store(store, &model)?;
        let embedder = load(&model, self.model.threads())?;
        let mut ingest = Ingest::new(&store, &embedder, &line).strict(self.strict).replace_sample(!self.sample);
        let mut added = Ok(());
        if self.sample {
            // Who asks for the sample wants it to stay.
            store.keep_sample()?;
            added = ingest.add(sample::papers());
        }
        for papers in corpora {
            if added.is_ok() && !interrupt::happened() {
                line.read(papers.position());
                added = ingest.add(papers);
            }
        }
        // Also after an error: what was embedded before it is not lost.
        let report = ingest.finish()?;
        line.finish();
        self.tell(&report, output)?;
        output.flush()?;
        added?;
        if report.interrupted {
            return Ok(Outcome::Interrupted);
        }
        renew_words(&store);
        renew_graph(&store, self.model.threads())?;
        Ok(Outcome::Found)
    }

    fn tell(&self, report: &IngestReport, output: &mut Output) -> anyhow::Result<()> {
        for skipped in report.skipped.iter().take(MOST_TOLD) {
            output::warning(&format!("{}:{}: {}", skipped.file, skipped.line, skipped.reason));
        }
        let skipped = report.skipped.len() as u64 + report.skipped_unlisted;
        if skipped > MOST_TOLD as u64 {
            output::warning(&format!("{} more records were skipped; `--json` lists them", skipped - MOST_TOLD as u64));
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
            (report.truncated, "longer than the model reads, cut"),
            (report.without_abstract, "without an abstract, embedded by title"),
        ];
        for (count, what) in details {
            if count > 0 {
                output.line(&format!("{count} {what}"))?;
            }
        }
        if report.interrupted {
            output.line("interrupted; run the same command again to go on")?;
        }
        Ok(())
    }
}

/// Lets all other programs go first.
pub(super) fn let_others_go_first() {
    const LOWEST: i32 = 19;
    match step_back(Who::Process, LOWEST) {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::Unsupported => {
            output::warning("`--nice` does nothing on this system");
        }
        Err(error) => output::warning(&format!("the priority cannot be lowered: {error}")),
    }
}

pub(super) fn load(model: &ModelFolder, threads: usize) -> anyhow::Result<Embedder> {
    Ok(Embedder::load(model, threads)?)
}

/// Brings the index of words up to what is committed. Searches make up for what it lacks, so that it cannot be is no
/// failure.
pub(super) fn renew_words(store: &Store) {
    if let Err(error) = full_text::renew(store) {
        output::warning(&error.to_string());
    }
}

/// Builds the graph again when too many papers are not in it, or its file is damaged. To know that, the file is read whole, which
/// takes no longer than embedding a few papers where there are 50,000.
pub(super) fn renew_graph(store: &Store, threads: usize) -> anyhow::Result<()> {
    graph::renewed(store, threads, |due| {
        if let Due::Damaged(damage) = due {
            output::warning(&damage.to_string());
        }
        output::note("building the graph of the collection");
    })?;
    Ok(())
}
