//! How objects lie in a file.

use super::*;

#[test]
fn json_lines_are_read_with_their_lines() {
    assert_eq!(titles("{\"title\":\"a\"}\n\n{\"title\":\"b\"}\r\n  {\"title\":\"c\"}"), ["1 a", "3 b", "4 c"]);
    assert_eq!(titles("\u{feff}{\"title\":\"a\"}\n\u{feff}{\"title\":\"b\"}\n"), ["1 a", "2 b"]);
    assert_eq!(titles(""), Vec::<String>::new());
    assert_eq!(titles(" \n\t\r\n"), Vec::<String>::new());
}

#[test]
fn arrays_are_read() {
    assert_eq!(titles(r#"[{"title":"a"},{"title":"b"}]"#), ["1 a", "1 b"]);
    assert_eq!(titles("[\n  {\n    \"title\": \"a\"\n  },\n  {\n    \"title\": \"b\"\n  }\n]\n"), ["2 a", "5 b"]);
    assert_eq!(titles("[{\"title\":\"a\"}\n,{\"title\":\"b\"}\n]"), ["1 a", "2 b"]);
    assert_eq!(titles("[]"), Vec::<String>::new());
    assert_eq!(titles("[{\"title\":\"a\"}]\n[{\"title\":\"b\"}]\n{\"title\":\"c\"}"), ["1 a", "2 b", "3 c"]);
}

#[test]
fn objects_one_after_another_are_read() {
    let text = "{\"title\":\"a\"}{\"title\":\"b\"} {\"title\":\"c\"},{\"title\":\"d\"},\n{\n \"title\":\n \"e\"\n}\n{\"title\":\"f\"}";
    assert_eq!(titles(text), ["1 a", "1 b", "1 c", "1 d", "2 e", "6 f"]);
    assert_eq!(titles("\u{1e}{\"title\":\"a\"}\n\u{1e}{\"title\":\"b\"}\n"), ["1 a", "2 b"]);
}

#[test]
fn answers_of_services_are_unwrapped() {
    let paper = r#"{"title":"a"}, {"title":"b"}"#;
    for (before, after) in [
        (r#"{"meta":{"count":2},"results":["#, r#"],"group_by":[]}"#),
        (r#"{"total":2,"offset":0,"data":["#, "]}"),
        (r#"{"status":"ok","message":{"facets":{},"items":["#, r#"],"items-per-page":20}}"#),
        (r#"{"papers":["#, "]}"),
        (r#"{"query":"x","among":148,"hits":["#, r#"],"next":null}"#),
        (r#"{"responseHeader":{"params":{"q":"x"}},"response":{"numFound":2,"docs":["#, "]}}"),
        (r#"{"feed":{"title":"arXiv Query","entry":["#, "]}}"),
        (r#"{"hitCount":2,"resultList":{"result":["#, "]}}"),
        (r#"{"name":"My list","title":"My list","items": [ "#, r#" ], "data": [1, 2]}"#),
        ("[", "]"),
    ] {
        let text = format!("{before}{paper}{after}");
        assert_eq!(titles(&text), ["1 a", "1 b"], "{text}");
        let twice = format!("{text}\n{text}\n");
        assert_eq!(titles(&twice), ["1 a", "1 b", "2 a", "2 b"], "{twice}");
        let pages = format!("[{text},\n{text}]");
        if before != "[" {
            assert_eq!(titles(&pages), ["1 a", "1 b", "2 a", "2 b"], "{pages}");
        }
    }
    assert_eq!(titles(r#"{"results":[]}"#), Vec::<String>::new());
}

#[test]
fn wrapped_papers_are_read() {
    for text in [
        r#"{"status":"ok","message-type":"work","message":{"title":["a"],"author":[{"family":"X"}]}}"#,
        r#"{"paper":{"id":"2409.00001","title":"a"},"numComments":3,"title":"a"}"#,
        r#"{"feed":{"title":"arXiv Query","entry":{"title":"a"}}}"#,
        r#"{"result":{"hits":{"@total":"1","hit":[{"@score":"5","info":{"title":"a","venue":"X"}}]}}}"#,
        r#"{"took":3,"hits":{"total":1,"hits":[{"_index":"x","_source":{"title":"a"}}]}}"#,
        r#"{"data":{"id":"10.1/x","type":"dois","attributes":{"titles":[{"title":"a"}]}}}"#,
        r#"{"data":[{"id":"10.1/x","type":"dois","attributes":{"titles":[{"title":"a"}]}}]}"#,
    ] {
        assert_eq!(titles(text), ["1 a"], "{text}");
    }
}

#[test]
fn lists_inside_papers_are_no_papers() {
    let text = r#"{"title":"a","authors":[{"name":"X"}],"references":[{"title":"r"}],"data":[{"title":"r"}]}
{"references":[{"title":"r"}],"citations":[{"title":"r"}],"title":"b"}"#;
    assert_eq!(titles(text), ["1 a", "2 b"]);
    // INSPIRE lists files so.
    let text = r#"{"dois":[{"value":"10.1/x"}],"documents":[{"key":"k"}],"titles":[{"title":"a"},{"title":"b"}]}"#;
    assert_eq!(titles(text), ["1 a"]);
    // Python writes so with an indentation of 0; nobody writes the second one with a program.
    let text =
        "{\n\"title\": \"a\",\n\"references\": [\n{\"title\": \"r\"},\n{\"title\": \"s\"}\n]\n}\n{\"title\":\"b\"}";
    assert_eq!(titles(text), ["1 a", "8 b"]);
    let text = "[\n{\n\"title\": \"a\",\n\"references\": [\n{\n\"title\": \"r\"\n}\n]\n},\n{\n\"title\": \"b\"\n}\n]";
    assert_eq!(titles(text), ["2 a", "10 b"]);
}

#[test]
fn json_is_recognised() {
    for text in
        ["{\"a\":1}", "\u{feff} \n{ \"a\"", "{\n  \"a\"", "{}", "{", "[{", "[ \n {", "[]", "\u{1e}{\"a\"", "{'a': 1}"]
    {
        assert!(is_json(text), "{text}");
    }
    for text in ["", "{\\rtf1", "[link](x)", "@article{x,", "{a}", "a,b", "[1] A. Smith"] {
        assert!(!is_json(text), "{text}");
    }
}

mod property {
    use std::io::BufReader;

    use proptest::prelude::*;
    use serde_json::{Map, Value};

    use super::*;

    fn value() -> impl Strategy<Value = Value> {
        let text = prop_oneof!["[a-z{}\\[\\]\",:\\\\ \n]{0,8}", any::<String>()];
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::Bool),
            any::<i32>().prop_map(Into::into),
            text.prop_map(Value::String),
        ];
        leaf.prop_recursive(3, 12, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
                proptest::collection::hash_map("[a-z\"{]{1,4}", inner, 0..4)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    fn objects() -> impl Strategy<Value = Vec<Value>> {
        let object = proptest::collection::hash_map("x[a-z\"{]{1,4}", value(), 0..5);
        proptest::collection::vec(
            object.prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>())),
            1..6,
        )
    }

    fn found(text: &str, piece: usize) -> Vec<Value> {
        let content = BufReader::with_capacity(piece, Cursor::new(text.as_bytes().to_vec()));
        let mut objects = Objects::new(Box::new(content));
        let mut values = Vec::new();
        while let Some((_, found)) = objects.next().unwrap() {
            let Found::Object(bytes) = found else { panic!("{text}: {found:?}") };
            values.push(serde_json::from_slice(bytes).unwrap());
        }
        values
    }

    proptest! {
        #[test]
        fn values_are_found_in_any_layout(objects in objects(), piece in 1..40_usize) {
            let join = |separator: &str, show: fn(&Value) -> String| {
                objects.iter().map(show).collect::<Vec<_>>().join(separator)
            };
            let pretty = |value: &Value| serde_json::to_string_pretty(value).unwrap();
            for text in [
                join("\n", Value::to_string),
                join("", Value::to_string),
                join(", ", Value::to_string),
                join("\n", pretty),
                format!("[{}]", join(",", Value::to_string)),
                format!("[\n{}\n]\n", join(",\n", Value::to_string)),
                serde_json::to_string_pretty(&objects).unwrap(),
                format!("{{\"next\": null, \"results\": {}, \"n\": [1]}}", serde_json::to_string_pretty(&objects).unwrap()),
            ] {
                prop_assert_eq!(&found(&text, piece), &objects, "{}", text);
            }
        }
    }
}
