//! `/v1/embeddings`: the embeddings of `paperkin embed`, and errors in the format of OpenAI's API.

use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use base64::Engine;
use paperkin::embed::{Embedder, ModelFolder, Role};
use paperkin::ingest::open_store;
use paperkin::search::Searcher;
use paperkin::server::Settings;
use serde_json::{Value, json};

use crate::support::http::{self, serving};
use crate::support::{papers, searcher, tiny_embedder, tiny_model};

/// A service over three papers.
fn service(dir: &Path) -> Router {
    serving(searcher(dir, &papers(3)), Settings::default())
}

fn call(router: &Router, request: Request<Body>) -> (StatusCode, Value) {
    let answer = http::call(router, request);
    assert_eq!(answer.header("content-type"), "application/json");
    (answer.status, answer.json())
}

fn send(router: &Router, body: impl Into<Body>) -> (StatusCode, Value) {
    let request = Request::post("/v1/embeddings").header(header::CONTENT_TYPE, "application/json");
    call(router, request.body(body.into()).unwrap())
}

/// The answer to a request for the tiny model.
fn embedded(router: &Router, mut fields: Value) -> Value {
    fields["model"] = json!("tiny-bert");
    let (status, answer) = send(router, fields.to_string());
    assert_eq!(status, StatusCode::OK, "{answer}");
    answer
}

fn vector(embedding: &Value) -> Vec<f32> {
    serde_json::from_value(embedding.clone()).unwrap()
}

#[test]
fn embeddings_equal_those_of_the_embedder_in_both_encodings() {
    let folder = tempfile::tempdir().unwrap();
    let router = service(folder.path());
    let texts: Vec<String> = papers(150).iter().map(paperkin::paper::Paper::text).collect();
    let wanted = tiny_embedder().embed(Role::Passage, &texts).unwrap();
    let floats = embedded(&router, json!({ "input": texts }));
    let base64 = embedded(&router, json!({ "input": texts, "encoding_format": "base64" }));
    assert_eq!((&floats["object"], &floats["model"]), (&json!("list"), &json!("tiny-bert")));
    let tokens: usize = wanted.iter().map(|embedded| embedded.tokens).sum();
    assert!(tokens > 150 * 10);
    let truncated = wanted.iter().filter(|embedded| embedded.truncated).count();
    assert!((1..150).contains(&truncated));
    assert_eq!(
        floats["usage"],
        json!({ "prompt_tokens": tokens, "total_tokens": tokens, "truncated_texts": truncated })
    );
    for (place, wanted) in wanted.iter().enumerate() {
        let (float, base64) = (&floats["data"][place], &base64["data"][place]);
        assert_eq!((&float["index"], &float["object"]), (&json!(place), &json!("embedding")));
        assert_eq!(vector(&float["embedding"]), wanted.embedding.as_slice());
        let bytes = base64::engine::general_purpose::STANDARD.decode(base64["embedding"].as_str().unwrap()).unwrap();
        let numbers: Vec<u8> = wanted.embedding.as_slice().iter().flat_map(|number| number.to_le_bytes()).collect();
        assert_eq!(bytes, numbers);
    }
    let one = embedded(&router, json!({ "input": texts[7], "role": "passage", "dimensions": 32, "user": "u" }));
    assert_eq!(vector(&one["data"][0]["embedding"]), wanted[7].embedding.as_slice());
    assert_eq!(one["usage"]["prompt_tokens"], wanted[7].tokens);
}

#[test]
fn roles_are_distinguished_if_the_model_does() {
    let folder = tempfile::tempdir().unwrap();
    let model = ModelFolder::open(Path::new("tests/data/models/bert-roles")).unwrap();
    let store = open_store(folder.path(), &model).unwrap();
    let embedder = Arc::new(Embedder::load(&model, 1).unwrap());
    let searcher = Searcher::new(store, Arc::clone(&embedder)).unwrap();
    let router = serving(searcher, Settings::default());
    let of = |role: Value| {
        let body = json!({ "input": "fish swim", "role": role, "model": model.fingerprint().model });
        let (status, answer) = send(&router, body.to_string());
        assert_eq!(status, StatusCode::OK, "{answer}");
        vector(&answer["data"][0]["embedding"])
    };
    let wanted = |role| embedder.embed_one(role, "fish swim").unwrap().embedding.as_slice().to_vec();
    assert_eq!(of(json!("query")), wanted(Role::Query));
    assert_eq!(of(json!("passage")), wanted(Role::Passage));
    assert_eq!(of(Value::Null), wanted(Role::Passage), "the default");
    assert_ne!(wanted(Role::Query), wanted(Role::Passage));
}

#[test]
fn embeddings_are_truncated_if_the_model_supports_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut model = tiny_model();
    model.manifest.matryoshka = true;
    let store = open_store(folder.path(), &model).unwrap();
    let embedder = Arc::new(Embedder::load(&model, 1).unwrap());
    let router = serving(Searcher::new(store, embedder).unwrap(), Settings::default());
    let name = &model.fingerprint().model;
    let (status, answer) = send(&router, json!({ "model": name, "input": "fish", "dimensions": 8 }).to_string());
    assert_eq!(status, StatusCode::OK, "{answer}");
    let found = vector(&answer["data"][0]["embedding"]);
    let cut = Embedder::load(&model.with_dimension(8).unwrap(), 1).unwrap();
    let wanted = cut.embed_one(Role::Passage, "fish").unwrap().embedding;
    assert!(found.len() == 8 && (wanted.cosine(&found) - 1.0).abs() < 1e-6);
    assert!((found.iter().map(|number| number * number).sum::<f32>() - 1.0).abs() < 1e-6);
}

#[test]
fn errors_have_the_format_of_openai() {
    let folder = tempfile::tempdir().unwrap();
    let router = service(folder.path());
    let mut told = String::new();
    let mut tell = |name: &str, (status, answer): (StatusCode, Value)| {
        let error = &answer["error"];
        let mut names: Vec<&str> = error.as_object().unwrap().keys().map(String::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["code", "message", "param", "type"], "{name}: {answer}");
        let (kind, param, code) = (&error["type"], &error["param"], &error["code"]);
        told.push_str(&format!("{name}\n{status} {kind} {param} {code}\n{}\n\n", error["message"].as_str().unwrap()));
    };
    for body in [
        "",
        "[]",
        "{\"model\": \"tiny-bert\"}",
        "{\"input\": \"x\"}",
        "{\"input\": \"x\", \"model\": 5}",
        "{\"input\": \"x\", \"model\": \"gpt-9\"}",
        "{\"input\": \"\", \"model\": \"tiny-bert\"}",
        "{\"input\": [], \"model\": \"tiny-bert\"}",
        "{\"input\": [\"x\", \"\"], \"model\": \"tiny-bert\"}",
        "{\"input\": [\"x\", null], \"model\": \"tiny-bert\"}",
        "{\"input\": [1, 2], \"model\": \"tiny-bert\"}",
        "{\"input\": [[1, 2]], \"model\": \"tiny-bert\"}",
        "{\"input\": {\"x\": 1}, \"model\": \"tiny-bert\"}",
        "{\"input\": \"x\", \"model\": \"tiny-bert\", \"encoding_format\": \"int8\"}",
        "{\"input\": \"x\", \"model\": \"tiny-bert\", \"dimensions\": 16}",
        "{\"input\": \"x\", \"model\": \"tiny-bert\", \"dimensions\": 33}",
        "{\"input\": \"x\", \"model\": \"tiny-bert\", \"dimensions\": 0}",
        "{\"input\": \"x\", \"model\": \"tiny-bert\", \"dimensions\": -1}",
        "{\"input\": \"x\", \"model\": \"tiny-bert\", \"role\": \"system\"}",
        "{\"input\": \"x\", \"model\": \"tiny-bert\", \"dimension\": 32}",
    ] {
        tell(body, send(&router, body));
    }
    tell("2,049 texts", send(&router, json!({ "model": "tiny-bert", "input": vec!["x"; 2_049] }).to_string()));
    tell("9 MiB", send(&router, " ".repeat(9 << 20)));
    let get = |address: &str| call(&router, Request::get(address).body(Body::empty()).unwrap());
    for address in ["/v1/models/gpt-9", "/v1/chat/completions", "/v1/embeddings", "/v1"] {
        tell(&format!("GET {address}"), get(address));
    }
    tell("POST of text", call(&router, Request::post("/v1/embeddings").body(Body::from("x")).unwrap()));
    tell(
        "for another host",
        call(&router, Request::get("/v1/models").header("host", "evil.example").body(Body::empty()).unwrap()),
    );
    insta::assert_snapshot!(told);
}

#[test]
fn the_model_is_listed() {
    let folder = tempfile::tempdir().unwrap();
    let router = service(folder.path());
    let get = |address: &str| call(&router, Request::get(address).body(Body::empty()).unwrap());
    let model = json!({ "id": "tiny-bert", "object": "model", "created": 0, "owned_by": "paperkin" });
    assert_eq!(get("/v1/models"), (StatusCode::OK, json!({ "object": "list", "data": [model] })));
    assert_eq!(get("/v1/models/owner%2Ftiny-bert"), (StatusCode::OK, model));
}
