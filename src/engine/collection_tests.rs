//! What only a collection in a folder has, and what a server has instead: the in-memory engine is in the place of one here.

use std::path::Path;
use std::sync::Arc;

use super::in_memory::InMemory;
use super::{Address, Collection, Engine, Moment};
use crate::corpus::sample;
use crate::embed::{Embedder, Embedding, ModelFolder};
use crate::error::Error;
use crate::ingest::Ingest;
use crate::progress::Silent;
use crate::recall::recall_at_10;
use crate::search::{Searcher, Size};
use crate::store::{Filter, Store};

fn model() -> ModelFolder {
    ModelFolder::open(Path::new("tests/data/models/static")).unwrap()
}

fn filled(collection: Collection) -> Searcher {
    let embedder = Arc::new(Embedder::load(&model(), 1).unwrap());
    let mut added = 0;
    let add = &mut || {
        let mut ingest = Ingest::new(collection.writer(), &embedder, &Silent);
        ingest.add(sample::papers())?;
        added = ingest.finish()?.added;
        Ok(added)
    };
    collection.writer().as_sample(add).unwrap();
    collection.writer().finish().unwrap();
    assert_eq!(collection.read(|moment| Ok(moment.papers() as u64)).unwrap(), added);
    Searcher::over(collection, embedder)
}

fn in_memory() -> Searcher {
    filled(Collection::InMemory(InMemory::new(model())))
}

fn in_folder(dir: &Path) -> Searcher {
    let (address, path) = (Address::Folder(dir.to_owned()), model().path_to_remember());
    filled(Collection::open_or_create(&address, model().fingerprint(), path.as_deref()).unwrap())
}

#[test]
fn status_of_a_server_has_no_facts_of_a_folder() {
    let dir = tempfile::tempdir().unwrap();
    let of_folder = serde_json::to_string(&in_folder(dir.path()).status().unwrap()).unwrap();
    let keys = [
        "papers",
        "dead_rows",
        "older_text",
        "format",
        "dimension",
        "model",
        "revision",
        "kernel",
        "graph_rows",
        "graph_bytes",
        "graph_audit",
        "graph_candidates",
        "tuning",
        "lexical_rows",
        "unfinished",
        "store_bytes",
    ];
    let places = keys.map(|key| of_folder.find(&format!("\"{key}\":")).unwrap());
    assert!(places.is_sorted(), "the order of the fields does not change: {of_folder}");
    let fields: serde_json::Map<_, _> = serde_json::from_str(&of_folder).unwrap();
    assert_eq!(fields.len(), keys.len(), "{of_folder}");

    let status = serde_json::to_value(in_memory().status().unwrap()).unwrap();
    let fields: Vec<&String> = status.as_object().unwrap().keys().collect();
    assert_eq!(fields, ["dimension", "kernel", "model", "papers", "revision", "server"]);
    assert_eq!(status["server"], serde_json::json!({ "address": "memory://", "version": "1" }));
}

#[test]
fn work_on_a_folder_is_refused_elsewhere() {
    let searcher = in_memory();
    assert!(searcher.store().is_none() && searcher.engine().local().is_none());
    let papers = searcher.engine().read(|moment| Ok(moment.papers())).unwrap();
    assert_eq!(searcher.size().unwrap(), Size { papers, tail: 0 });
    let is_refusal = |error: Error, name: &str| matches!(error, Error::OnlyInFolder { what, .. } if what == name);
    assert!(is_refusal(searcher.map(&Silent).unwrap_err(), "the map"));
    let dimension = searcher.embedder().unwrap().fingerprint().dimension;
    let direction = Embedding::normalised(vec![1.0; dimension]).unwrap();
    let refused = recall_at_10(&searcher, &direction, &Filter::default()).unwrap_err();
    assert!(is_refusal(refused, "recall of the graph"));
    assert!(searcher.engine().ready().is_ok());
}

#[test]
fn every_engine_exports_each_paper_with_its_vector() {
    let dir = tempfile::tempdir().unwrap();
    let exported = |searcher: &Searcher, with_vectors| {
        let mut all = Vec::new();
        let keep = &mut |paper: &crate::paper::Paper, vector: &[f32]| {
            all.push((paper.clone(), vector.to_vec()));
            Ok(())
        };
        searcher.engine().export(with_vectors, keep).unwrap();
        all.sort_by(|(a, _), (b, _)| a.id.cmp(&b.id));
        all
    };
    let (of_folder, of_memory) = (in_folder(dir.path()), in_memory());
    let wanted = exported(&of_folder, true);
    assert!(wanted.len() > 100 && exported(&of_memory, true) == wanted);
    let without = exported(&of_memory, false);
    assert!(without.iter().zip(&wanted).all(|((paper, vector), (other, _))| paper == other && vector.is_empty()));
}

#[test]
fn every_collection_finds_the_model_of_its_vectors() {
    let dir = tempfile::tempdir().unwrap();
    for searcher in [in_folder(dir.path()), in_memory()] {
        let stored = searcher.engine().stored_model().unwrap();
        assert_eq!(stored.find().unwrap().fingerprint(), model().fingerprint());
        stored.check(model().fingerprint()).unwrap();
        let other = model().with_dimension(8).unwrap();
        assert!(matches!(stored.check(other.fingerprint()), Err(Error::FingerprintDiffers { .. })));
        assert_eq!(stored.in_folder().is_some(), searcher.store().is_some());
    }
}

#[test]
fn sample_in_a_folder_is_marked_as_one() {
    let dir = tempfile::tempdir().unwrap();
    drop(in_folder(dir.path()));
    let store = Store::open(dir.path()).unwrap();
    store.remove_sample().unwrap();
    assert_eq!(store.count().unwrap(), 0);
}
