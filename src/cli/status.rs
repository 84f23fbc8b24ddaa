//! `paperkin status`: what is in the store?

use std::path::Path;

use clap::Args;

use super::output::{self, Output};
use super::{JsonArgs, Outcome};
use crate::embed::runner_name;
use crate::engine::{Engine, Local};
use crate::error::Error;
use crate::full_text;
use crate::graph::Graph;
use crate::search::Status as StoreStatus;
use crate::store::{Store, Tuning, Unfinished};

/// Show how many papers there are, with which model they were embedded, and how much room they take
#[derive(Args)]
pub(super) struct Status {
    /// Read every file of the store and tell the first that is damaged
    #[arg(long)]
    check: bool,
    #[command(flatten)]
    json: JsonArgs,
}

impl Status {
    pub fn run(&self, store: &Path, output: &mut Output) -> anyhow::Result<Outcome> {
        let opened = Store::open(store)?;
        let opened = Local::open(opened)?;
        let kernel = runner_name()?;
        let status = opened.read(|moment| StoreStatus::of(moment, kernel))?;
        let opened = opened.store();
        if self.json.json {
            if self.check {
                check(opened)?;
            }
            output.json(&status)?;
            return Ok(Outcome::Found);
        }
        output.fact("papers", &status.papers.to_string())?;
        if status.dead_rows > 0 {
            output.fact("dead rows", &format!("{}; `paperkin compact` drops them", status.dead_rows))?;
        }
        output.fact("model", &format!("{} at {}", status.model, status.revision))?;
        output.fact("dimension", &status.dimension.to_string())?;
        output.fact("kernel", status.kernel)?;
        let graph = match status.graph_rows {
            0 => "none; papers are scanned one by one".to_owned(),
            rows => format!("{rows} papers, {}", output::bytes(status.graph_bytes)),
        };
        output.fact("graph", &graph)?;
        if let Some(audit) = status.graph_audit {
            output.fact("audit", &audit.to_string())?;
        }
        if status.graph_rows > 0 || status.tuning.is_some() {
            let chosen = status.tuning.map_or_else(String::new, |tuning| {
                let Tuning { ef, k, recall, papers, .. } = tuning;
                format!("; {ef} chosen, for {recall:.4} of the {k} nearest of {papers} papers")
            });
            output.fact("candidates", &format!("{}{chosen}", status.graph_candidates))?;
        }
        output.fact("words", &format!("{} papers", status.lexical_rows))?;
        if let Some(Unfinished { model, dimension, embedded }) = &status.unfinished {
            let command = format!("paperkin reindex --model {model} --dimension {dimension}");
            output.fact("unfinished", &format!("{embedded} texts embedded with another model; `{command}` goes on"))?;
        }
        let bytes = output::bytes(status.store_bytes);
        output.fact("store", &format!("{bytes} in `{}`, format {}", store.display(), status.format))?;
        if self.check {
            output.flush()?;
            check(opened)?;
            output.fact("check", "all files are sound")?;
        }
        Ok(Outcome::Found)
    }
}

fn check(store: &Store) -> Result<(), Error> {
    store.check()?;
    let snapshot = store.snapshot()?;
    let mut unknown = snapshot.live().clone();
    unknown.difference_with(&full_text::rows(store.dir(), &snapshot));
    if !unknown.is_clear() {
        let papers = output::papers(unknown.count_ones(..) as u64);
        output::warning(&format!(
            "the index of words lacks {papers}, which every search makes up for; `paperkin reindex` writes it anew"
        ));
    }
    Graph::open(store.dir(), &snapshot).check(store.dir(), &snapshot)
}
