//! `paperkin dedupe`: how are duplicates found and merged?

use std::cell::OnceCell;

use clap::Args;
use serde::Serialize;

use super::add::warn_too_large;
use super::output::{self, Output};
use super::progress::Line;
use super::{JsonArgs, ModelArgs, Outcome, interrupt, upkeep};
use crate::embed::Work;
use crate::engine::{Address, Collection, Engine};
use crate::error::Error;
use crate::ingest::{self, Duplicates};
use crate::paper::{Paper, PaperId};
use crate::store::Became;

/// Pairs that are reported one by one.
const MOST_REPORTED: usize = 20;

/// Find duplicate papers and merge them
///
/// This command merges papers that share an id. Two papers stay separate if their titles differ, and their authors, years or other
/// ids show that they are different papers. Papers with the same title are listed if their authors, years and ids agree.
///
/// `add` recognises papers that are already stored. It misses those that another program adds to a server at the same moment, and
/// `copy` does not look for duplicates.
#[derive(Args)]
#[command(after_help = "\
Examples:
  paperkin dedupe --dry-run
  paperkin --store milvus://localhost/papers dedupe --titles")]
pub(super) struct Dedupe {
    /// Only print what would be merged
    #[arg(long)]
    dry_run: bool,
    /// Also merge papers with the same title if their authors, years and ids agree. This also merges papers with the same
    /// title that you have split
    #[arg(long)]
    titles: bool,
    #[command(flatten)]
    model: ModelArgs,
    #[command(flatten)]
    json: JsonArgs,
}

/// What is printed with `--json`.
#[derive(Serialize)]
struct Report {
    /// Papers that were merged, or would be.
    merged: Vec<Group>,
    /// Papers with the same title that were not merged.
    same_title: Vec<Group>,
    /// Papers with an id in common, which is wrong in one of them.
    contradictions: Vec<[PaperId; 2]>,
    /// Papers that would be too large for the server if others were merged into them.
    too_large: Vec<PaperId>,
    /// Groups that were not merged because of an interruption.
    #[serde(skip)]
    left: usize,
}

#[derive(Serialize)]
struct Group {
    id: PaperId,
    title: String,
    others: Vec<PaperId>,
}

impl Dedupe {
    pub fn run(&self, store: &Address, output: &mut Output) -> anyhow::Result<Outcome> {
        interrupt::listen();
        let collection = Collection::open(store)?;
        let line = Line::new();
        let Duplicates { by_id, by_title, contradictions } = match ingest::duplicates(&collection, &line) {
            Err(Error::Interrupted) => return Ok(Outcome::Interrupted),
            found => found?,
        };
        let (groups, same_title) =
            if self.titles { ([by_id, by_title].concat(), Vec::new()) } else { (by_id, by_title) };
        let became =
            if self.dry_run { vec![Became::Merged; groups.len()] } else { self.merge(&collection, &groups, &line)? };
        let of = |groups: &[Vec<Paper>]| groups.iter().map(|papers| Group::of(papers)).collect();
        let that = |wanted| groups.iter().zip(&became).filter(move |(_, became)| **became == wanted);
        let merged: Vec<Vec<Paper>> = that(Became::Merged).map(|(papers, _)| papers.clone()).collect();
        let too_large = that(Became::TooLarge).map(|(papers, _)| papers[0].id.clone()).collect();
        let left = that(Became::LeftOut).count();
        let report = Report { merged: of(&merged), same_title: of(&same_title), contradictions, too_large, left };
        self.print(&report, output)?;
        if interrupt::happened() {
            output::note("interrupted; run the same command again to continue");
            return Ok(Outcome::Interrupted);
        }
        Ok(Outcome::Found)
    }

    /// Merges groups of papers. Returns the effect for each.
    fn merge(&self, collection: &Collection, groups: &[Vec<Paper>], line: &Line) -> anyhow::Result<Vec<Became>> {
        let stored = collection.stored_model()?;
        let loaded = OnceCell::new();
        let mut embedder = || {
            if loaded.get().is_none() {
                self.model.compute.choose_kernel_for(Work::Queries);
                let _ = loaded.set(self.model.embedder(&stored)?);
            }
            loaded.get().ok_or(Error::Interrupted)
        };
        let ids: Vec<Vec<PaperId>> =
            groups.iter().map(|papers| papers.iter().map(|paper| paper.id.clone()).collect()).collect();
        let merged = ingest::merge(collection.writer(), &stored.fingerprint, &mut embedder, &ids, line);
        // Also after an error: some may be merged.
        upkeep::finish(collection);
        Ok(merged?)
    }

    fn print(&self, report: &Report, output: &mut Output) -> anyhow::Result<()> {
        for [one, other] in report.contradictions.iter().take(MOST_REPORTED) {
            let (one, other) = (one.printed(), other.printed());
            output::warning(&format!("`{one}` and `{other}` share an id but are different papers: not merged"));
        }
        let more = report.contradictions.len().saturating_sub(MOST_REPORTED);
        if more > 0 {
            output::warning(&format!("{more} more pairs of papers share an id but are different; `--json` lists them"));
        }
        warn_too_large(&report.too_large, "is not merged with its duplicates");
        if self.json.json {
            return Ok(output.json(report)?);
        }
        let groups = |groups: &[Group], output: &mut Output| {
            for Group { id, title, others } in groups {
                output.line(&format!("{id}  {title}"))?;
                for other in others {
                    output.line(&format!("    and {other}"))?;
                }
            }
            Ok::<_, anyhow::Error>(())
        };
        groups(&report.merged, output)?;
        let count = |groups: &[Group]| groups.iter().map(|group| 1 + group.others.len() as u64).sum::<u64>();
        let (papers, into) = (output::papers(count(&report.merged)), report.merged.len());
        match (report.merged.is_empty(), self.dry_run) {
            (true, _) if !report.too_large.is_empty() || report.left > 0 => output.line("no papers were merged")?,
            (true, _) => output.line(if self.titles { "no duplicates" } else { "no papers share an id" })?,
            (false, true) => output.line(&format!("would merge {papers} into {into}"))?,
            (false, false) => output.line(&format!("merged {papers} into {into}"))?,
        }
        if !report.same_title.is_empty() {
            output.line("\npossible duplicates, with the same title; `--titles` merges them:")?;
            groups(&report.same_title, output)?;
        }
        Ok(())
    }
}

impl Group {
    fn of(papers: &[Paper]) -> Self {
        let first = &papers[0];
        let others = papers[1..].iter().map(|paper| paper.id.clone()).collect();
        Self { id: first.id.clone(), title: first.title.clone(), others }
    }
}
