//! Every kind of model gives the vectors that its reference implementation gives: tiny random ones, made by
//! tests/scripts/tiny_models.py, in both roles.

use std::path::{Path, PathBuf};

use paperkin::embed::{Embedder, Embedding, Fingerprint, Kernel, ModelFolder, Role, Text};
use paperkin::progress::Silent;
use serde::Deserialize;

use crate::support::{json, run, stderr};

const MODELS: &str = "tests/data/models";

#[derive(Deserialize)]
struct Golden {
    texts: Vec<Wanted>,
}

#[derive(Deserialize)]
struct Wanted {
    role: String,
    text: String,
    vector: Vec<f32>,
}

impl Wanted {
    fn role(&self) -> Role {
        if self.role == "query" { Role::Query } else { Role::Passage }
    }
}

fn names() -> Vec<String> {
    let folders = fs_err::read_dir(MODELS).unwrap().map(|entry| entry.unwrap());
    let folders = folders.filter(|entry| entry.path().join("golden.json").is_file());
    let mut names: Vec<String> = folders.map(|entry| entry.file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn place(name: &str) -> PathBuf {
    Path::new(MODELS).join(name)
}

fn open(name: &str) -> ModelFolder {
    ModelFolder::open(&place(name)).unwrap()
}

fn golden(name: &str) -> Vec<Wanted> {
    let text = fs_err::read_to_string(place(name).join("golden.json")).unwrap();
    serde_json::from_str::<Golden>(&text).unwrap().texts
}

fn farthest(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

/// How far a number of a tiny model's vector may be from the reference: the errors of 16 bits do not average out in it.
fn tolerance(kernel: Kernel) -> f32 {
    match kernel.name() {
        name if name == "portable" || name.ends_with("f32") => 1e-4,
        name if name.ends_with("int16") => 0.02,
        _ => 0.2,
    }
}

#[test]
fn every_kind_of_model_agrees_with_its_reference() {
    let names = names();
    assert!(names.len() >= 10, "{names:?}");
    for name in names {
        let folder = open(&name);
        for kernel in Kernel::available() {
            let embedder = Embedder::load_for(&folder, 2, kernel).unwrap();
            for wanted in golden(&name) {
                let found = embedder.embed_one(wanted.role(), &wanted.text).unwrap();
                let far = farthest(found.embedding.as_slice(), &wanted.vector);
                let Wanted { role, text, .. } = &wanted;
                assert!(far < tolerance(kernel), "{name}, {kernel:?}, {role} {text:?}: {far}");
            }
        }
    }
}

#[test]
fn both_roles_differ_where_the_model_says_so() {
    let differ = |name: &str| {
        let embedder = Embedder::load(&open(name), 1).unwrap();
        let embed = |role| embedder.embed_one(role, "a query in the dark").unwrap().embedding;
        embed(Role::Query) != embed(Role::Passage)
    };
    assert!(["bert-cls", "bert-dense", "bert-prompt", "bert-roles"].into_iter().all(differ));
    assert!(!differ("bert-last"));
}

#[test]
fn parts_go_through_the_dense_layers_too() {
    let embedder = Embedder::load(&open("bert-dense"), 1).unwrap();
    let text = Text { text: "a star of light".into(), parts: vec![0..15, 0..6, 400..401] };
    let found = embedder.embed_watched(Role::Passage, &[text], &Silent).unwrap().remove(0).unwrap();
    let [Some(all), Some(some), None] = found.parts.as_slice() else { panic!("{:?}", found.parts) };
    assert_eq!((all.as_slice().len(), found.embedding.as_slice().len()), (12, 12));
    assert!(all != some && all.cosine(found.embedding.as_slice()) > 0.5);
}

#[test]
fn of_a_pair_only_the_network_that_is_needed_is_loaded() {
    let folder = open("bert-pair");
    let embedder = Embedder::load(&folder, 1).unwrap();
    let loaded = || (embedder.has_loaded(Role::Query), embedder.has_loaded(Role::Passage));
    assert_eq!(loaded(), (false, false));
    let question = embedder.embed_one(Role::Query, "what is a galaxy?").unwrap();
    assert_eq!(loaded(), (true, false));
    embedder.embed(Role::Passage, &["a galaxy"]).unwrap();
    assert_eq!(loaded(), (true, true));
    let alone = Embedder::load(&open("bert-cls"), 1).unwrap();
    assert_eq!(alone.embed_one(Role::Query, "what is a galaxy?").unwrap(), question);
    let fingerprint = folder.fingerprint();
    assert_eq!(fingerprint.queries.as_deref(), Some(alone.fingerprint()));
    assert_ne!(embedder.fingerprint(), alone.fingerprint());
    let written = serde_json::to_string(fingerprint).unwrap();
    assert_eq!(serde_json::from_str::<Fingerprint>(&written).unwrap(), *fingerprint);
}

#[test]
fn a_text_without_a_known_token_has_a_vector_too() {
    for name in ["static", "model2vec"] {
        let embedder = Embedder::load(&open(name), 1).unwrap();
        let found = embedder.embed(Role::Passage, &["", "a star", "\u{6771}"]).unwrap();
        assert!(found.iter().all(|found| found.embedding.as_slice().len() == 12), "{name}");
    }
}

#[test]
fn vectors_are_cut_and_have_unit_length_again() {
    for name in ["bert-cls", "bert-dense", "bert-pair", "static"] {
        let whole = Embedder::load(&open(name), 1).unwrap();
        let folder = open(name).with_dimension(5).unwrap();
        let cut = Embedder::load(&folder, 1).unwrap();
        assert_eq!(cut.fingerprint().dimension, 5);
        assert_ne!(cut.fingerprint(), whole.fingerprint());
        for role in [Role::Query, Role::Passage] {
            let long = whole.embed_one(role, "a star of light").unwrap().embedding;
            let wanted = Embedding::normalised(long.as_slice()[..5].to_vec()).unwrap();
            let found = cut.embed_one(role, "a star of light").unwrap().embedding;
            assert!(farthest(found.as_slice(), wanted.as_slice()) < 1e-6, "{name}");
        }
    }
    for wrong in [0, 17] {
        let error = open("bert-cls").with_dimension(wrong).unwrap_err();
        assert!(error.to_string().contains("have 16 dimensions"), "{error}");
    }
}

#[test]
fn a_store_with_cut_vectors_is_searched_with_cut_ones() {
    let dir = tempfile::tempdir().unwrap();
    let (store, model) = (dir.path().to_str().unwrap(), "tests/data/models/bert-cls");
    let add = run(&["add", "--sample", "--store", store, "--model", model, "--dimension", "6"]);
    assert!(add.status.success(), "{}", stderr(&add));
    let found = json(&run(&["search", "--store", store, "--mode", "dense", "--json", "stars"]));
    assert_eq!(found["hits"].as_array().unwrap().len(), 10);
    assert_eq!(json(&run(&["status", "--store", store, "--json"]))["dimension"], 6);
    let again = run(&["add", "--sample", "--store", store]);
    assert!(again.status.success(), "{}", stderr(&again));
    let other = run(&["add", "--sample", "--store", store, "--model", model, "--dimension", "7"]);
    assert!(stderr(&other).contains("was built with"), "{}", stderr(&other));
}

#[test]
fn what_a_folder_says_is_in_its_manifest_and_fingerprint() {
    let folder = open("bert-dense");
    let manifest = &folder.manifest;
    assert_eq!((manifest.dimension, manifest.max_tokens, manifest.dense.len()), (12, 40, 2));
    assert_eq!((manifest.query_prefix.as_str(), manifest.passage_prefix.as_str()), ("query: ", "passage: "));
    let fingerprint = open("bert-roles").fingerprint().clone();
    assert_ne!(Some(fingerprint.pooling), fingerprint.query_pooling);
    assert!(!open("bert-prompt").fingerprint().include_prompt);
    // What is as it always was is not written down, so that stores of before still match.
    let written = serde_json::to_string(open("bert-last").fingerprint()).unwrap();
    assert!(!written.contains("include_prompt") && !written.contains("query_pooling"), "{written}");
}

/// A copy of a model.
fn copied(name: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut folders = vec![PathBuf::new()];
    while let Some(inside) = folders.pop() {
        fs_err::create_dir_all(folder.path().join(&inside)).unwrap();
        for entry in fs_err::read_dir(place(name).join(&inside)).unwrap() {
            let entry = entry.unwrap();
            let path = inside.join(entry.file_name());
            if entry.path().is_dir() {
                folders.push(path);
            } else {
                fs_err::copy(entry.path(), folder.path().join(&path)).unwrap();
            }
        }
    }
    folder
}

/// What opening and loading a copy of a model with one file changed says.
fn told(name: &str, file: &str, from: &str, to: &str) -> String {
    let folder = copied(name);
    let path = folder.path().join(file);
    let text = fs_err::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{file} has no {from}");
    fs_err::write(&path, text.replace(from, to)).unwrap();
    let loaded = ModelFolder::open(folder.path()).and_then(|folder| Embedder::load(&folder, 1));
    loaded.err().unwrap_or_else(|| panic!("{name}/{file} with {to} was accepted")).to_string()
}

#[test]
fn a_config_needs_only_what_inference_needs() {
    let sizes = [
        "model_type",
        "vocab_size",
        "hidden_size",
        "num_hidden_layers",
        "num_attention_heads",
        "intermediate_size",
        "max_position_embeddings",
        "local_attention",
        "type_vocab_size",
        "layer_norm_eps",
        "dim",
        "n_layers",
        "n_heads",
        "hidden_dim",
    ];
    for name in ["bert-cls", "roberta", "xlm-roberta", "distilbert", "mpnet", "modernbert", "nomic-bert"] {
        let folder = copied(name);
        let path = folder.path().join("config.json");
        let config = serde_json::from_str(&fs_err::read_to_string(&path).unwrap()).unwrap();
        let serde_json::Value::Object(mut config) = config else { panic!("{name}: {config}") };
        let before = config.len();
        config.retain(|key, _| sizes.contains(&key.as_str()));
        assert!(config.len() < before, "{name}");
        fs_err::write(&path, serde_json::to_string(&config).unwrap()).unwrap();
        let embed = |folder: &Path| {
            let embedder = Embedder::load(&ModelFolder::open(folder).unwrap(), 1).unwrap();
            embedder.embed(Role::Passage, &["Heat of a galaxy: the light of stars"]).unwrap()
        };
        assert_eq!(embed(folder.path()), embed(&place(name)), "{name}");
    }
}

#[test]
fn what_is_not_implemented_is_told() {
    for (name, file, from, to, wanted) in [
        ("bert-dense", "modules.json", "dense.Dense", "dense.Dropout", "expected these modules in this order"),
        (
            "bert-dense",
            "modules.json",
            "normalize.Normalize",
            "normalize.Pooling",
            "expected these modules in this order",
        ),
        ("bert-dense", "modules.json", "2_Dense", "../2_Dense", "expected a `path` inside the folder"),
        ("bert-dense", "3_Dense/config.json", "Tanh", "ReLU", "expected `Identity` or `Tanh`, found"),
        ("bert-dense", "2_Dense/config.json", "16", "17", "an `in_features` of 16"),
        ("bert-dense", "3_Dense/config.json", "\"out_features\": 12", "\"out_features\": 13", "a shape of [13, 24]"),
        ("bert-cls", "1_Pooling/config.json", "\"cls\"", "\"max\"", "one pooling of `mean`, `cls` and `lasttoken`"),
        ("bert-cls", "1_Pooling/config.json", "\"cls\"", "[\"cls\", \"mean\"]", "one pooling of"),
        ("modernbert", "config.json", "\"gelu\"", "\"relu\"", "expected a `hidden_activation` of `gelu`"),
        ("modernbert", "config.json", "\"mlp_bias\": false", "\"mlp_bias\": true", "expected no biases"),
        (
            "modernbert",
            "config.json",
            "\"rope_type\": \"default\"",
            "\"rope_type\": \"yarn\"",
            "a `rope_type` of `default`",
        ),
        ("modernbert", "config.json", "\"hidden_size\": 16", "\"hidden_size\": 18", "heads of an even width"),
        (
            "modernbert",
            "config.json",
            "\"model_type\": \"modernbert\"",
            "\"model_type\": \"t5\"",
            "expected a `model_type` among `bert`, `roberta`, `xlm-roberta`, `distilbert`, `mpnet`, `modernbert` and `nomic_bert`, found `t5`",
        ),
        ("nomic-bert", "config.json", "silu", "gelu", "expected the activation `swiglu`"),
        ("nomic-bert", "config.json", "\"num_attention_heads\": 2", "\"num_attention_heads\": 0", "no size may be 0"),
        ("bert-cls", "config.json", "\"gelu\"", "\"gelu_new\"", "expected a `hidden_act` of `gelu`, found `gelu_new`"),
        ("bert-cls", "config.json", "\"bert\"", "null", "expected a `model_type` among `bert`"),
        (
            "mpnet",
            "config.json",
            "\"relative_attention_num_buckets\": 32",
            "\"relative_attention_num_buckets\": 64",
            "found 64",
        ),
        (
            "mpnet",
            "config.json",
            "\"max_position_embeddings\": 152",
            "\"max_position_embeddings\": 2",
            "leaves no position",
        ),
        ("distilbert", "config.json", "\"activation\": \"gelu\"", "\"activation\": \"relu\"", "found `relu`"),
        ("roberta", "config.json", "\"pad_token_id\": 1", "\"pad_token_id\": 4000000000", "leaves no position"),
        ("bert-pair", "paperkin.toml", "../bert-cls", "../nowhere", "nowhere"),
        ("bert-roles", "paperkin.toml", "query_pooling", "poling", "unknown field `poling`"),
        ("bert-roles", "paperkin.toml", "dimension = 16", "dimension = 8", "expected vectors of 8 dimensions"),
    ] {
        let told = told(name, file, from, to);
        assert!(told.contains(wanted), "{name}/{file}: {told}");
    }
}
