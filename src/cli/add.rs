//! `paperkin add`: how are papers added to a store?

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use clap::Args;

use super::inputs::{Adding, Ended, Inputs};
use super::output::{self, Output};
use super::progress::Line;
use super::status::warn_of_lost_commits;
use super::upkeep::Upkeep;
use super::{CutArgs, JsonArgs, ModelArgs, Outcome, as_stored, interrupt, upkeep};
use crate::corpus::{self, CorpusFormat, CorpusOptions, LeftOut, LostValues, Notes, Source, UnreadField, sample};
use crate::embed::{DEFAULT_MODEL, Embedder, ModelFolder, Work, find_or_fetch};
use crate::engine::{Address, Engine};
use crate::error::Error;
use crate::full_text;
use crate::graph::{self, Behind, Due, Occasion};
use crate::ingest::{Contradiction, Ingest, IngestReport};
use crate::paper::{Paper, PaperId};
use crate::priority::{Who, step_back};
use crate::quick::{self, Pending};
use crate::reembed::ReembedReport;
use crate::store::Store;

/// Bad records that are reported one by one.
const MOST_REPORTED: usize = 20;
/// Papers whose tokens `--quick` begins with.
const TYPICAL: usize = 2_000;

/// Add papers from files, and embed new and changed ones
///
/// Files of reference managers and of services are read as they are: BibTeX, RIS, CSV, JSON, PubMed, EndNote, Web of Science, arXiv,
/// OpenAlex, Crossref, Semantic Scholar, DBLP and more. So are folders and zip archives of them, and files that are compressed with
/// gzip or zstd. Format and compression are recognised from the content.
///
/// A paper that several files describe is stored once, with all its ids and the best of each description. Papers that are already
/// stored and unchanged are not embedded again. Invalid records are reported and skipped. Ctrl-C stops the command without losing
/// finished work; run the same command again to continue.
///
/// With `--vectors`, papers come from Parquet files with their embeddings, as `embed --format parquet` writes them. The embeddings
/// of 32 papers are computed again and compared: their cosine must be at least 0.998.
#[allow(clippy::struct_excessive_bools)] // independent flags
#[derive(Args)]
#[command(after_help = "\
Examples:
  paperkin add library.bib zotero.csv
  paperkin add --sample
  paperkin --store arxiv add --nice arxiv-metadata-snapshot.json.zst
  paperkin add -                             # read standard input
  paperkin add --vectors papers.parquet      # do not embed again")]
pub(super) struct Add {
    /// Read these files, folders and zip archives; `-` is standard input
    #[arg(value_name = "PATH", required_unless_present = "sample")]
    paths: Vec<PathBuf>,
    /// Add the sample collection of 148 papers permanently. The sample that `serve` adds to an empty store is removed
    /// when you add your own papers
    #[arg(long)]
    sample: bool,
    /// Read embeddings with the papers from Parquet files, or from folders of files named `*.parquet`. Needs a program that was
    /// built with the feature `parquet`
    #[arg(long, conflicts_with_all = ["quick", "sample", "format", "year"])]
    vectors: bool,
    /// Read all files in this format instead of recognising it
    #[arg(long, value_name = "FORMAT")]
    format: Option<CorpusFormat>,
    /// Remember this name as the source of all files instead of their paths. A later record of the same source corrects an
    /// earlier one; a record of another source adds to it
    #[arg(long, value_name = "NAME")]
    source: Option<String>,
    /// Assume this year for dates without a year on a "Daily Papers" page [default: the year of the file's last
    /// modification; the current year for standard input]
    #[arg(long, value_name = "YEAR", value_parser = clap::value_parser!(u16).range(1900..=9999))]
    year: Option<u16>,
    /// Search a new store long before all papers are embedded: by words within seconds, then by a fast model that imitates
    /// the chosen one. The command goes on until all papers are embedded with the chosen model. After Ctrl-C, `add`,
    /// `reindex` or `serve` continues
    #[arg(long)]
    quick: bool,
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

impl Add {
    pub fn run(&self, store: &Address, output: &mut Output) -> anyhow::Result<Outcome> {
        if self.nice {
            lower_priority();
        }
        interrupt::listen();
        self.model.compute.choose_kernel_for(Work::Texts);
        let options = CorpusOptions { format: self.format, year: self.year };
        let sources: Vec<Source> = self.paths.iter().map(|path| Source::from_argument(path)).collect();
        // Files are opened before a model is fetched or a paper is embedded, to report a misspelt name at once.
        let inputs = if self.vectors { Inputs::open_ready(&self.paths)? } else { Inputs::open(&sources, &options)? };

        let line = Line::new();
        let model = if self.quick {
            let dir = upkeep::folder_for(store, "`add --quick`")?;
            self.begin_quick(dir, &sources, &options, &line)?
        } else {
            self.model.fetched_for(store, &self.cut, &line)?
        };
        let embedder = load(&model, self.model.threads())?;
        // Before a store is created for a model that the embeddings are not of.
        inputs.check(&embedder)?;
        let collection = upkeep::open_or_create(store, &model)?;
        // A graph of temporary vectors is not worth its time.
        let upkeep = Upkeep::new(&collection, self.model.threads(), !self.quick);
        let keep_up = || upkeep.keep_up();
        let mut ingest = Ingest::new(collection.writer(), &embedder, &line)
            .keeping_up(&keep_up)
            .strict(self.strict)
            .replace_sample(!self.sample)
            .counting_records(true);
        if self.sample {
            // A sample that was requested is permanent.
            collection.writer().keep_sample()?;
        }
        let sample = if self.sample { ingest.add(sample::papers()) } else { Ok(()) };
        let adding = Adding { source: self.source.as_deref(), strict: self.strict, line: &line };
        let Ended { added, damaged } = match sample {
            Ok(()) => inputs.add_to(&mut ingest, &adding),
            failed => Ended { added: failed, damaged: Ok(()) },
        };
        // Also after an error, to commit the papers that were embedded before it.
        let report = ingest.finish()?;
        line.finish();
        self.print(&report, output)?;
        output.flush()?;
        added?;
        damaged?;
        // A file without a paper is an error of its own.
        if report.read == 0 && report.skipped.is_empty() && !report.interrupted && !self.sample {
            let looked_for = "files of papers in it, in BibTeX, RIS, JSON, CSV or another known format".to_owned();
            let file = self.paths.first().map(|path| path.display().to_string()).unwrap_or_default();
            return Err(Error::NoPaper { file, looked_for }.into());
        }
        if report.interrupted {
            return Ok(Outcome::Interrupted);
        }
        upkeep::finish(&collection);
        match collection.store() {
            Some(store) => Ok(complete_quick(store, self.model.threads())?.0),
            None => Ok(Outcome::Found),
        }
    }

    /// Creates a store that is searched before its papers are embedded, or opens one. Returns the model for its papers.
    fn begin_quick(
        &self,
        dir: &Path,
        sources: &[Source],
        options: &CorpusOptions,
        line: &Line,
    ) -> anyhow::Result<ModelFolder> {
        let stored = if Store::is_store(dir) { Some(Store::open(dir)?) } else { None };
        let name = match (&self.model.model, &stored) {
            (Some(name), _) => name.clone(),
            (None, Some(store)) => {
                let pending = Pending::of(store)?.map(|pending| pending.model);
                pending.map_or_else(|| Ok(store.generation()?.model_argument()), Ok::<_, Error>)?
            }
            (None, None) => DEFAULT_MODEL.to_owned(),
        };
        let wanted = find_or_fetch(&name, line)?;
        let stored = stored.map(|store| Ok::<_, Error>((store.generation()?, Pending::of(&store)?))).transpose()?;
        let wanted = match (self.cut.dimension, stored) {
            (Some(dimension), _) => wanted.with_dimension(dimension)?,
            (None, Some((_, Some(pending)))) if pending.dimension < wanted.manifest.dimension => {
                wanted.with_dimension(pending.dimension)?
            }
            (None, Some((generation, None))) => as_stored(wanted, Some(&generation.fingerprint))?,
            _ => wanted,
        };
        let embedder = load(&wanted, self.model.threads())?;
        Ok(quick::begin(dir, &wanted, &embedder, typical(sources, options), line)?.1)
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
        warn_of(report);
        if self.json.json {
            output.json(report)?;
            return Ok(());
        }
        let IngestReport { read, added, updated, merged, unchanged, .. } = report;
        let papers = if *read == 1 { "paper" } else { "papers" };
        let merged = if *merged > 0 { format!("{merged} merged, ") } else { String::new() };
        output
            .line(&format!("read {read} {papers}: {added} added, {updated} updated, {merged}{unchanged} unchanged"))?;
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

/// The first papers of the files, as far as these can be read twice. What cannot be read is reported when it is added.
fn typical(sources: &[Source], options: &CorpusOptions) -> Vec<Paper> {
    // A pipe gives its contents once.
    let is_kept = |source: &&Source| matches!(source, Source::File(path) if path.is_file() || path.is_dir());
    let files: Vec<Source> = sources.iter().filter(is_kept).cloned().collect();
    let files = corpus::open_all(&files, options).into_iter().flatten().flatten();
    files.flat_map(Iterator::flatten).take(TYPICAL).collect()
}

/// Goes on with what `add --quick` began, and brings the graph up to date.
pub(super) fn complete_quick(store: &Store, threads: usize) -> anyhow::Result<(Outcome, Option<ReembedReport>)> {
    let mut last = None;
    if let Some(Pending { model, .. }) = Pending::of(store)? {
        let papers = output::papers(store.count()?);
        output::note(&format!("{papers} can be searched; embedding them with {model}. Ctrl-C stops; nothing is lost"));
        let line = Line::new();
        line.begin();
        let report = quick::complete(store, threads, &line);
        line.finish();
        if let Err(Error::EmbeddedElsewhere { .. }) = report {
            output::note("another process embeds them already, and goes on");
            return Ok((Outcome::Found, None));
        }
        last = report?;
        if last.as_ref().is_some_and(|report| report.interrupted) {
            output::note(
                "interrupted; run `paperkin reindex` to continue, or `paperkin serve`, which does so in the background",
            );
            return Ok((Outcome::Interrupted, last));
        }
        output::note(&format!("all papers are embedded with {model}"));
        renew_words(store);
    }
    // Of a run that was killed.
    quick::tidy(store);
    renew_graph(store, threads)?;
    Ok((Outcome::Found, last))
}

/// Warns of commits that the database has lost, and deletes or rebuilds the indexes that have them: later commits will have the
/// same numbers and rows. Returns whether there were any.
pub(super) fn give_up_lost_commits(store: &Store) -> anyhow::Result<bool> {
    let has_lost = warn_of_lost_commits(store)?;
    if has_lost {
        output::note("the indexes are built again from the papers that are left; add the others again");
        // The folder may be read-only; then the indexes are not used.
        if let Err(error) = graph::discard(store).and_then(|()| full_text::rebuild(store)) {
            output::warning(&error.to_string());
        }
    }
    Ok(has_lost)
}

/// Reports papers that are too large for the server: therefore, each `is_not` stored, for example.
pub(super) fn warn_too_large(ids: &[PaperId], is_not: &str) {
    for id in ids.iter().take(MOST_REPORTED) {
        output::warning(&format!("`{}` {is_not}: its texts are too large for the server", id.printed()));
    }
    let more = ids.len().saturating_sub(MOST_REPORTED);
    if more > 0 {
        output::warning(&format!("{more} more papers are too large for the server; `--json` lists them"));
    }
    if !ids.is_empty() {
        output::hint("shorten their abstracts or lists of authors, or keep them in a store in a folder");
    }
}

/// Reports what was not read: files, fields and values.
fn warn_of(report: &IngestReport) {
    warn_too_large(&report.too_large, "is not stored");
    for LeftOut { what, count, first } in &report.left_out {
        let others = if *count > 1 { format!(" and {} more", count - 1) } else { String::new() };
        output::warning(&format!("not read, {what}: `{first}`{others}"));
    }
    for Contradiction { paper, stored } in report.contradictions.iter().take(MOST_REPORTED) {
        let (paper, stored) = (paper.printed(), stored.printed());
        output::warning(&format!(
            "`{paper}` has an id in common with `{stored}`, but another title and other authors or years: stored as two papers"
        ));
    }
    let more = report.contradictions.len().saturating_sub(MOST_REPORTED);
    if more > 0 {
        output::warning(&format!("{more} more papers have an id in common with a different one; `--json` lists them"));
    }
    for Notes { file, lost, unread } in &report.notes {
        for LostValues { field, count, line, reason } in lost {
            let records = if *count == 1 { "1 record".to_owned() } else { format!("{count} records") };
            output::warning(&format!(
                "{file}: `{field}` of {records} could not be used; the first, line {line}: {reason}"
            ));
        }
        if !unread.is_empty() {
            let fields: Vec<String> =
                unread.iter().map(|UnreadField { field, count }| format!("`{field}` ({count})")).collect();
            output::warning(&format!("{file}: fields that are not read, with their number: {}", fields.join(", ")));
        }
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

/// Builds or grows the HNSW graph at the end of a command, if that is due. The check reads the whole file; for 50,000
/// papers this takes as long as embedding a few papers.
pub(super) fn renew_graph(store: &Store, threads: usize) -> anyhow::Result<()> {
    graph::renewed(store, threads, Occasion::Pause, |due| match due {
        Due::Damaged(damage) => {
            output::warning(&damage.to_string());
            output::note("building the HNSW graph");
        }
        Due::Missing => output::note("building the HNSW graph"),
        Due::Behind(Behind { newer, dead, .. }) => {
            output::note(&format!("updating the HNSW graph: {newer} papers to insert, {dead} to remove"));
        }
    })?;
    Ok(())
}
