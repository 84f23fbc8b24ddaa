//! `paperkin reindex`: what makes searching fast, built anew; the vectors, too, when the store shall have another model.

use std::path::Path;

use clap::Args;

use super::output::{self, Output};
use super::progress::Line;
use super::{JsonArgs, Outcome, ThreadArgs, add, interrupt};
use crate::embed::{Embedder, ModelFolder, find_or_fetch};
use crate::full_text;
use crate::graph::{self, Audit};
use crate::reembed::{ReembedReport, reembed};
use crate::store::Store;

/// Build the graph of the collection and the index of its words anew; `--model` changes the model
///
/// `add` and `serve` build graph and words by themselves when it is needed. Searches go on with the old ones meanwhile, and
/// nothing is lost when this is interrupted.
///
/// With `--model` or `--dimension` all papers are embedded anew, beside the vectors that searches use. Others may add, change and
/// remove papers meanwhile. When all are embedded, the store switches at once, and a running `serve` with it. Ctrl-C keeps what
/// is done, and `kill -9` all but the last seconds; the same command goes on from there.
#[derive(Args)]
pub(super) struct Reindex {
    /// Embed all papers with this model: a name that `paperkin models list` shows, fetched if it is not here, or a folder in
    /// sentence-transformers layout
    #[arg(long, value_name = "NAME|DIR")]
    model: Option<String>,
    /// Embed all papers with vectors cut to so many numbers [default: all that the model has]
    #[arg(long, value_name = "N")]
    dimension: Option<usize>,
    /// Give up what an interrupted `--model` has embedded
    #[arg(long)]
    restart: bool,
    /// Let all other programs of the machine go first
    #[arg(long)]
    nice: bool,
    #[command(flatten)]
    threads: ThreadArgs,
    #[command(flatten)]
    json: JsonArgs,
}

impl Reindex {
    pub fn run(&self, store: &Path, output: &mut Output) -> anyhow::Result<Outcome> {
        if self.nice {
            add::let_others_go_first();
        }
        let store = Store::open(store)?;
        if self.restart && store.give_up_successor()? {
            output::note("gave up what an interrupted `reindex` had embedded");
        }
        match self.another_model(&store)? {
            Some(model) => self.change_model(&store, &model, output),
            None => self.build_anew(&store, output),
        }
    }

    /// The model that was asked for, if the store's vectors are not of it already.
    fn another_model(&self, store: &Store) -> anyhow::Result<Option<ModelFolder>> {
        if self.model.is_none() && self.dimension.is_none() {
            return Ok(None);
        }
        interrupt::listen();
        let now = store.generation()?;
        let name = self.model.clone().unwrap_or_else(|| now.model_argument());
        let line = Line::new();
        let mut model = find_or_fetch(&name, &line)?;
        line.finish();
        if let Some(dimension) = self.dimension {
            model = model.with_dimension(dimension)?;
        }
        if *model.fingerprint() == now.fingerprint {
            output::note(&format!("the vectors of the store are those of {} already", now.fingerprint.summary()));
            return Ok(None);
        }
        Ok(Some(model))
    }

    fn change_model(&self, store: &Store, model: &ModelFolder, output: &mut Output) -> anyhow::Result<Outcome> {
        let threads = self.threads.threads();
        let embedder = Embedder::load(model, threads)?;
        let line = Line::new();
        line.begin();
        let report = reembed(store, model, &embedder, threads, &line)?;
        line.finish();
        let ReembedReport { embedded, kept, truncated, interrupted, audit, build_s, .. } = report;
        if self.json.json {
            let mut json = serde_json::to_value(&report)?;
            json["papers"] = store.count()?.into();
            json["model"] = model.fingerprint().model.clone().into();
            json["dimension"] = model.fingerprint().dimension.into();
            output.json(&json)?;
        } else {
            let done = format!("embedded {}, {kept} kept from before", output::papers(embedded));
            output.line(&done)?;
            if truncated > 0 {
                output.line(&format!("{truncated} longer than the model reads, cut"))?;
            }
            if interrupted {
                output.line("interrupted; the store has its old model, and the same command goes on from here")?;
            } else {
                output.line(&format!("the store has the vectors of {} now", model.fingerprint().summary()))?;
                tell_graph(store.count()?, audit, build_s, output)?;
            }
        }
        if interrupted {
            return Ok(Outcome::Interrupted);
        }
        // What came while the index was built.
        add::renew_words(store);
        add::renew_graph(store, threads)?;
        Ok(Outcome::Found)
    }

    fn build_anew(&self, store: &Store, output: &mut Output) -> anyhow::Result<Outcome> {
        let words_built = full_text::rebuild(store)?;
        if !words_built {
            output::warning("the index of words is left to another process, which is writing it now");
        }
        let (graph, took) = graph::rebuild(store, self.threads.threads())?;
        let (papers, audit) = (graph.rows(), graph.audit());
        if self.json.json {
            output.json(&serde_json::json!({
                "papers": papers,
                "words_built": words_built,
                "audit": audit,
                "build_s": took.build.as_secs_f64(),
                "audit_s": took.audit.as_secs_f64(),
            }))?;
            return Ok(Outcome::Found);
        }
        tell_graph(papers as u64, audit, took.build.as_secs_f64(), output)?;
        Ok(Outcome::Found)
    }
}

fn tell_graph(papers: u64, audit: Option<Audit>, build_s: f64, output: &mut Output) -> anyhow::Result<()> {
    let found = audit.map(|audit| audit.to_string()).unwrap_or_default();
    output.line(&format!("graph of {} built in {build_s:.1} s: {found}", output::papers(papers)))?;
    Ok(())
}
