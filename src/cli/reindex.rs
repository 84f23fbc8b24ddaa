//! `paperkin reindex`: how are the indexes rebuilt, and how does a store get another model?

use clap::Args;

use super::output::{self, Output};
use super::progress::Line;
use super::upkeep::folder_for;
use super::{ComputeArgs, JsonArgs, Outcome, add, interrupt};
use crate::embed::{Embedder, ModelFolder, Work, find_or_fetch};
use crate::engine::Address;
use crate::full_text;
use crate::graph::{self, Audit};
use crate::progress::Progress;
use crate::quick::{self, Pending};
use crate::reembed::{ReembedReport, reembed};
use crate::renew::{RenewReport, renew_texts};
use crate::store::Store;

/// Rebuild the indexes, or embed all papers with another model
///
/// Without `--model` and `--dimension`, the command builds the HNSW graph and the full-text index from nothing. Searches
/// use the old ones meanwhile, and an interrupt loses nothing. `add` and `serve` keep the indexes up to date. Titles and
/// abstracts that an older version stored with their markup are made readable first, and embedded again.
///
/// With `--model` or `--dimension`, it embeds all papers into a new generation of the store. Searches use the old
/// vectors, and papers can be added and removed meanwhile. When all papers are embedded, the store and a running
/// `serve` switch to the new generation at once. Ctrl-C keeps finished work, and `kill -9` all but the last seconds;
/// run the same command again to continue. Until the switch the vectors use up to three times the disk space.
#[derive(Args)]
#[command(after_help = "\
Examples:
  paperkin reindex
  paperkin reindex --model bge-small-en-v1.5 --nice
  paperkin reindex --dimension 256")]
pub(super) struct Reindex {
    /// Embed all papers with this model: a name from `paperkin models list`, or a folder in sentence-transformers
    /// layout. A model that is not on this machine is fetched
    #[arg(long, value_name = "NAME|DIR")]
    model: Option<String>,
    /// Embed all papers, and truncate vectors to N dimensions (Matryoshka) [default: all]
    #[arg(long, value_name = "N")]
    dimension: Option<usize>,
    /// Discard the embeddings of an interrupted `reindex --model`
    #[arg(long)]
    restart: bool,
    /// Run at the lowest CPU priority
    #[arg(long)]
    nice: bool,
    #[command(flatten)]
    compute: ComputeArgs,
    #[command(flatten)]
    json: JsonArgs,
}

impl Reindex {
    pub fn run(&self, store: &Address, output: &mut Output) -> anyhow::Result<Outcome> {
        if self.nice {
            add::lower_priority();
        }
        let store = Store::open(folder_for(store, "`reindex`")?)?;
        self.compute.choose_kernel_for(Work::Texts);
        if self.restart && store.give_up_successor()? {
            output::note("discarded the embeddings of an interrupted `reindex`");
        }
        if let Some(model) = self.another_model(&store)? {
            return self.change_model(&store, &model, output);
        }
        if Pending::of(&store)?.is_some() {
            interrupt::listen();
            let (outcome, report) = add::complete_quick(&store, self.compute.threads())?;
            if let Some(report) = report.filter(|_| self.json.json) {
                output.json(&report)?;
            }
            return Ok(outcome);
        }
        if !self.renew_texts(&store)? {
            return Ok(Outcome::Interrupted);
        }
        rebuild(&store, self.compute.threads(), self.json.json, output)
    }

    /// Brings texts that an older version stored up to date. False if it is interrupted.
    fn renew_texts(&self, store: &Store) -> anyhow::Result<bool> {
        if store.view()?.older_text()? == 0 {
            return Ok(true);
        }
        interrupt::listen();
        // The indexes can be built without the model.
        match store.generation()?.find_model(store.dir()) {
            Ok(model) => renew_texts_with(store, &Embedder::load(&model, self.compute.threads())?),
            Err(error) => {
                output::warning(&format!(
                    "texts of older versions stay as they are, because their model is needed: {error}"
                ));
                Ok(true)
            }
        }
    }

    /// The requested model, unless the store already has its embeddings.
    fn another_model(&self, store: &Store) -> anyhow::Result<Option<ModelFolder>> {
        if self.model.is_none() && self.dimension.is_none() {
            return Ok(None);
        }
        interrupt::listen();
        let now = store.generation()?;
        let on_the_way = Pending::of(store).ok().flatten().map(|pending| pending.model);
        let name = self.model.clone().or(on_the_way).unwrap_or_else(|| now.model_argument());
        let line = Line::new();
        let mut model = find_or_fetch(&name, &line)?;
        line.finish();
        if let Some(dimension) = self.dimension {
            model = model.with_dimension(dimension)?;
        }
        if *model.fingerprint() == now.fingerprint {
            output::note(&format!("the store already has the embeddings of {}", now.fingerprint.summary()));
            return Ok(None);
        }
        Ok(Some(model))
    }

    fn change_model(&self, store: &Store, model: &ModelFolder, output: &mut Output) -> anyhow::Result<Outcome> {
        let threads = self.compute.threads();
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
            let done = format!("embedded {}, kept {kept} from an interrupted run", output::papers(embedded));
            output.line(&done)?;
            if truncated > 0 {
                output.line(&format!("{truncated} truncated to the model's maximum number of tokens"))?;
            }
            if interrupted {
                output.line("interrupted; the store keeps its old model. Run the same command again to continue")?;
            } else {
                output.line(&format!("the store now has the embeddings of {}", model.fingerprint().summary()))?;
                print_graph(store.count()?, audit, build_s, output)?;
            }
        }
        if interrupted {
            return Ok(Outcome::Interrupted);
        }
        if !renew_texts_with(store, &embedder)? {
            return Ok(Outcome::Interrupted);
        }
        quick::tidy(store);
        // Indexes the papers that were added during the build.
        add::renew_words(store);
        add::renew_graph(store, threads)?;
        Ok(Outcome::Found)
    }
}

/// Brings texts that an older version stored up to date with the store's model. False if it is interrupted.
fn renew_texts_with(store: &Store, embedder: &Embedder) -> anyhow::Result<bool> {
    let older = store.view()?.older_text()?;
    if older == 0 {
        return Ok(true);
    }
    let line = Line::new();
    line.begin();
    line.expected(older);
    let renewed = renew_texts(store, embedder, &line);
    line.finish();
    let RenewReport { papers, embedded, interrupted } = renewed?;
    let checked = output::papers(papers);
    output::note(&format!("checked the text of {checked} stored by an older version; {embedded} changed"));
    if interrupted {
        output::note("interrupted; run the same command again to continue");
    }
    Ok(!interrupted)
}

/// Builds the full-text index and the graph from nothing, and prints the result.
pub(super) fn rebuild(store: &Store, threads: usize, json: bool, output: &mut Output) -> anyhow::Result<Outcome> {
    let words_built = full_text::rebuild(store)?;
    if !words_built {
        output::warning("the full-text index was not rebuilt, because another process is writing it");
    }
    let (graph, took) = graph::rebuild(store, threads)?;
    let (papers, audit) = (graph.rows(), graph.audit());
    if json {
        output.json(&serde_json::json!({
            "papers": papers,
            "words_built": words_built,
            "audit": audit,
            "build_s": took.build.as_secs_f64(),
            "audit_s": took.audit.as_secs_f64(),
        }))?;
        return Ok(Outcome::Found);
    }
    print_graph(papers as u64, audit, took.build.as_secs_f64(), output)?;
    Ok(Outcome::Found)
}

fn print_graph(papers: u64, audit: Option<Audit>, build_s: f64, output: &mut Output) -> anyhow::Result<()> {
    let audit = audit.map(|audit| format!("; {audit}")).unwrap_or_default();
    output.line(&format!("built the HNSW graph of {} in {build_s:.1} s{audit}", output::papers(papers)))?;
    Ok(())
}
