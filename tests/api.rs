//! The API: pagination, selection of fields, the list of papers, and the OpenAPI description.

use axum::http::StatusCode;
use paperkin::server::Settings;
use serde_json::{Value, json};

use crate::support::http::{get, ids, send, service};
use crate::support::{paper, papers};

#[test]
fn concatenated_pages_equal_the_whole_ranking() {
    let folder = tempfile::tempdir().unwrap();
    let router = service(folder.path(), Settings::default());
    for question in [
        "/api/v1/search?q=folding+images",
        "/api/v1/search?q=folding+images&mode=lexical",
        "/api/v1/search?q=folding+images&mode=dense&diverse=0.4",
        "/api/v1/related?id=2001.00004&text=oceans",
        "/api/v1/papers/2001.00004/related",
    ] {
        let with = |more: &str| {
            let join = if question.contains('?') { '&' } else { '?' };
            let got = get(&router, &format!("{question}{join}{more}"));
            assert_eq!(got.status, StatusCode::OK, "{question} {more}: {}", got.body);
            got.json()
        };
        let whole = with("k=100");
        assert_eq!(whole["next"], Value::Null, "{question}");
        let mut paged = Vec::new();
        let mut page = with("k=7");
        loop {
            for hit in page["hits"].as_array().unwrap() {
                assert_eq!(hit["rank"], paged.len() + 1, "{question}");
                paged.push(hit["id"].as_str().unwrap().to_owned());
            }
            let Some(next) = page["next"].as_str() else { break };
            // Pages may differ in size.
            page = with(&format!("k=9&cursor={next}"));
        }
        assert_eq!(paged, ids(&whole), "{question}");
        assert!(paged.len() > 10, "{question}: {}", paged.len());
    }
    let next = get(&router, "/api/v1/search?q=one&k=1").json()["next"].as_str().unwrap().to_owned();
    for other in ["q=another", "q=one&mode=dense", "q=one&category=math", "q=one&diverse=0.2"] {
        let refused = get(&router, &format!("/api/v1/search?{other}&cursor={next}"));
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{other}");
        assert!(refused.body.contains("another query"), "{}", refused.body);
    }
    let refused = get(&router, "/api/v1/search?q=one&cursor=nonsense");
    assert!(refused.status == StatusCode::BAD_REQUEST && refused.body.contains("nonsense"), "{}", refused.body);
}

#[test]
fn only_the_requested_fields_are_returned() {
    let folder = tempfile::tempdir().unwrap();
    let router = service(folder.path(), Settings::default());
    for (fields, wanted) in
        [("fields=id,title", vec!["id", "title"]), ("fields=score&fields=why", vec!["score", "why"])]
    {
        let got = get(&router, &format!("/api/v1/search?q=folding&{fields}")).json();
        for hit in got["hits"].as_array().unwrap() {
            assert_eq!(hit.as_object().unwrap().keys().collect::<Vec<_>>(), wanted);
        }
    }
    let body = json!({"q": "folding", "fields": ["id", "abstract"], "k": 2}).to_string();
    let posted = send(&router, "POST", "/api/v1/search", "application/json", body).json();
    assert!(posted["hits"][1]["abstract"].is_string() && posted["hits"][1].get("title").is_none());
    let one = get(&router, "/api/v1/papers/2001.00004?fields=id,title").json();
    assert_eq!(one, json!({ "id": "2001.00004", "title": paper(4).title }));
    assert_eq!(get(&router, "/api/v1/papers/2001.00004?fields=colour").status, StatusCode::BAD_REQUEST);
    let refused = get(&router, "/api/v1/search?q=folding&fields=id,colour");
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert!(refused.body.contains("`colour`") && refused.body.contains("abstract"), "{}", refused.body);
}

#[test]
fn all_papers_are_listed_in_pages() {
    let folder = tempfile::tempdir().unwrap();
    let router = service(folder.path(), Settings::default());
    let mut listed = Vec::new();
    let mut address = "/api/v1/papers?k=13&fields=id".to_owned();
    loop {
        let page = get(&router, &address).json();
        for paper in page["papers"].as_array().unwrap() {
            assert_eq!(paper.as_object().unwrap().len(), 1);
            listed.push(paper["id"].as_str().unwrap().to_owned());
        }
        let Some(next) = page["next"].as_str() else { break };
        address = format!("/api/v1/papers?k=13&fields=id&cursor={next}");
    }
    let mut wanted: Vec<String> = papers(60).iter().map(|paper| paper.id.to_string()).collect();
    wanted.sort();
    assert_eq!(listed, wanted);
    let of_one = get(&router, "/api/v1/papers?author=author+7").json();
    assert_eq!(of_one["papers"].as_array().unwrap().len(), 1);
    assert_eq!(of_one["papers"][0]["title"], paper(7).title);
    assert_eq!(get(&router, "/api/v1/papers?category=cs").json()["papers"], json!([]));
}

#[test]
fn openapi_describes_every_route() {
    let folder = tempfile::tempdir().unwrap();
    let router = service(folder.path(), Settings::default());
    let api = get(&router, "/openapi.json").json();
    assert_eq!(api["openapi"], "3.1.0");
    let paths = api["paths"].as_object().unwrap();
    for (path, methods) in [
        ("/api/v1/search", vec!["get", "post"]),
        ("/api/v1/related", vec!["get"]),
        ("/api/v1/papers", vec!["get", "post"]),
        ("/api/v1/papers/{id}", vec!["delete", "get"]),
        ("/api/v1/papers/{id}/related", vec!["get"]),
        ("/api/v1/status", vec!["get"]),
        ("/healthz", vec!["get"]),
        ("/readyz", vec!["get"]),
        ("/metrics", vec!["get"]),
    ] {
        let mut found: Vec<&str> = paths
            .get(path)
            .and_then(Value::as_object)
            .unwrap_or_else(|| panic!("{path}: {paths:?}"))
            .keys()
            .map(String::as_str)
            .collect();
        found.sort_unstable();
        assert_eq!(found, methods, "{path}");
    }
    // Every parameter of a search is described, by its name.
    let told = |path: &str| -> Vec<String> {
        let list = paths[path]["get"]["parameters"].as_array().unwrap();
        list.iter().map(|parameter| parameter["name"].as_str().unwrap().to_owned()).collect()
    };
    for name in [
        "q",
        "mode",
        "fusion",
        "feedback",
        "rerank",
        "k",
        "cursor",
        "fields",
        "diverse",
        "highlight",
        "from",
        "to",
        "category",
        "author",
        "organisation",
        "min_comments",
        "ids",
    ] {
        assert!(told("/api/v1/search").contains(&name.to_owned()), "{name}");
    }
    // The fields of a hit are those of its schema.
    let parts = api["components"]["schemas"]["Hit"]["allOf"].as_array().unwrap();
    let schema = &parts.iter().find(|part| part["properties"].is_object()).unwrap()["properties"];
    let hit = &get(&router, "/api/v1/search?q=folding").json()["hits"][0];
    let names = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let (mut told, mut found) = (names(schema), names(hit));
    told.sort();
    found.sort();
    assert_eq!(told, found);
    // Every operation describes the responses that any request may get.
    for (path, methods) in paths {
        for (method, operation) in methods.as_object().unwrap() {
            let told = operation["responses"].as_object().unwrap();
            let limited = path.starts_with("/api/")
                || path.starts_with("/v1/")
                || ["/feed.atom", "/rerank"].contains(&path.as_str());
            assert!(told.contains_key("421") && told.contains_key("500"), "{method} {path}");
            assert_eq!(told.contains_key("429"), limited, "{method} {path}");
            let kind = if path.starts_with("/v1/") { "application/json" } else { "application/problem+json" };
            assert!(told["421"]["content"][kind].is_object(), "{method} {path}");
        }
    }
    // Every reference has its schema.
    let text = api.to_string();
    for reference in text.split("\"$ref\":\"#/components/schemas/").skip(1) {
        let name = reference.split('"').next().unwrap();
        assert!(api["components"]["schemas"].get(name).is_some(), "{name}");
    }
}

#[test]
fn the_reported_time_includes_the_search() {
    let folder = tempfile::tempdir().unwrap();
    let router = service(folder.path(), Settings::default());
    for uri in ["/api/v1/search?q=naming+images", "/api/v1/papers/2001.00004/related"] {
        let answer = get(&router, uri).json();
        assert!(
            !answer["hits"].as_array().unwrap().is_empty() && answer["took_ms"].as_f64().unwrap() > 0.0,
            "{answer}"
        );
    }
}
