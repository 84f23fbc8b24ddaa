//! `paperkin dedupe`: how are duplicates found and merged?

use clap::Args;
use serde::Serialize;

use super::output::{self, Output};
use super::progress::Line;
use super::{JsonArgs, ModelArgs, Outcome, interrupt, upkeep};
use crate::embed::Work;
use crate::engine::{Address, Collection, Engine};
use crate::ingest::{self, Duplicates};
use crate::paper::{Paper, PaperId};
use crate::progress::Progress;
use crate::store::Became;

/// Pairs that are reported one by one.
const MOST_REPORTED: usize = 20;

/// Find duplicate papers and merge them
///
/// `add` recognises papers that are already stored. It misses those that another program adds to a server at the same moment, and
/// `copy` does not look for them. This command merges papers that share an id, unless their titles and authors contradict each other.
#[derive(Args)]
#[command(after_help = "\
Examples:
  paperkin dedupe --dry-run
  paperkin --store milvus://localhost/papers dedupe --titles")]
pub(super) struct Dedupe {
    /// Only print what would be merged
    #[arg(long)]
    dry_run: bool,
    /// Also merge papers with the same title, unless their authors, years or ids contradict each other. Papers with the same title
    /// that you have split are merged again
    #[arg(long)]
    titles: bool,
    #[command(flatten)]
    model: ModelArgs,
    #[command(flatten)]
    json: JsonArgs,
}

/// What is printed with `--json`.
#[derive(Default, Serialize)]
struct Report {
    /// Papers that were merged, or would be.
    merged: Vec<Group>,
    /// Papers with the same title that were not merged.
    same_title: Vec<Group>,
    /// Papers with an id in common, which is wrong in one of them.
    contradictions: Vec<[PaperId; 2]>,
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
        let Duplicates { by_id, mut by_title, contradictions } = ingest::duplicates(&collection)?;
        let mut report = Report { contradictions, ..Report::default() };
        let mut merged = self.merge(&collection, &by_id)?;
        if self.titles {
            if merged > 0 {
                // Merged papers have changed.
                by_title = ingest::duplicates(&collection)?.by_title;
            }
            merged += self.merge(&collection, &by_title)?;
        }
        if merged > 0 {
            upkeep::finish(&collection);
        }
        report.merged = by_id.iter().map(|papers| Group::of(papers)).collect();
        let titles = by_title.iter().map(|papers| Group::of(papers));
        if self.titles {
            report.merged.extend(titles);
        } else {
            report.same_title.extend(titles);
        }
        self.print(&report, output)?;
        Ok(if Line::new().is_cancelled() { Outcome::Interrupted } else { Outcome::Found })
    }

    /// Merges groups of papers, and returns the number of merged groups.
    fn merge(&self, collection: &Collection, groups: &[Vec<Paper>]) -> anyhow::Result<usize> {
        if self.dry_run || groups.is_empty() {
            return Ok(0);
        }
        self.model.compute.choose_kernel_for(Work::Queries);
        let embedder = self.model.embedder(&collection.stored_model()?)?;
        let line = Line::new();
        let mut merged = 0;
        for papers in groups {
            let ids: Vec<PaperId> = papers.iter().map(|paper| paper.id.clone()).collect();
            merged += usize::from(ingest::merge(collection.writer(), &embedder, &ids, &line)? == Became::Merged);
        }
        Ok(merged)
    }

    fn print(&self, report: &Report, output: &mut Output) -> anyhow::Result<()> {
        for [one, other] in report.contradictions.iter().take(MOST_REPORTED) {
            let (one, other) = (one.printed(), other.printed());
            output::warning(&format!(
                "`{one}` and `{other}` share an id, but differ in title and in authors or year: not merged"
            ));
        }
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
            (true, _) => output.line("no duplicates found")?,
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
