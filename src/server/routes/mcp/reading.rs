//! Reads the arguments of a tool as assistants send them: with names that the tool does not have, with `null`, and with numbers
//! where texts are wanted.

use std::sync::Arc;

use rmcp::handler::server::tool::{schema_for_input, schema_for_output};
use rmcp::model::JsonObject;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::server::wire::problem::Problem;

/// The arguments of a tool, and a note on those that it does not have, which are ignored.
///
/// # Errors
/// When an argument is missing, or has another type or value.
pub(super) fn read<T: DeserializeOwned + JsonSchema + 'static>(
    arguments: JsonObject,
) -> (Result<T, Problem>, Option<String>) {
    let schema = input::<T>();
    let properties = schema.get("properties").and_then(Value::as_object);
    let (mut known, mut ignored) = (JsonObject::new(), Vec::new());
    for (name, value) in arguments {
        match properties.and_then(|properties| properties.get(&name)) {
            None => ignored.push(format!("`{name}`")),
            // Many clients send it for optional arguments.
            Some(_) if value.is_null() => {}
            Some(property) => {
                known.insert(name, as_wanted(property, value));
            }
        }
    }
    let note = (!ignored.is_empty()).then(|| {
        let names = properties.into_iter().flatten().map(|(name, _)| format!("`{name}`")).collect::<Vec<_>>();
        let has = if names.is_empty() {
            "the tool has none".to_owned()
        } else {
            format!("the tool has {}", names.join(", "))
        };
        format!("ignored unknown arguments: {}; {has}", ignored.join(", "))
    });
    let read = serde_json::from_value(Value::Object(known));
    let told = |error: serde_json::Error| {
        let error =
            error.to_string().replace("missing field", "missing argument").replace("unknown variant", "unknown value");
        Problem::bad_request(format!("the arguments cannot be read: {error}"))
    };
    (read.map_err(told), note)
}

/// A value in the type of its argument, where the meaning is plain.
fn as_wanted(property: &Value, value: Value) -> Value {
    match value {
        // One of several choices, in another case.
        Value::String(text) if property["oneOf"].is_array() || property["enum"].is_array() => {
            Value::String(text.to_lowercase())
        }
        Value::Array(mut values) if values.len() == 1 && property["type"] == "string" => with_texts(values.remove(0)),
        value if takes_text(property) => with_texts(value),
        value => value,
    }
}

/// Whether an argument is a text or a list of texts.
fn takes_text(property: &Value) -> bool {
    let is_text = |property: &Value| match &property["type"] {
        Value::String(kind) => kind == "string",
        Value::Array(kinds) => kinds.iter().any(|kind| kind == "string"),
        _ => false,
    };
    is_text(property) || is_text(&property["items"])
}

/// Numbers as texts, also in a list.
fn with_texts(value: Value) -> Value {
    match value {
        Value::Number(number) => Value::String(number.to_string()),
        Value::Array(values) => Value::Array(values.into_iter().map(with_texts).collect()),
        other => other,
    }
}

/// The input schema of a tool. The arguments are structs, so there is always a schema.
pub(super) fn input<T: JsonSchema + 'static>() -> Arc<JsonObject> {
    plain(schema_for_input::<T>().unwrap_or_default())
}

/// The output schema of a tool.
pub(super) fn output<T: JsonSchema + 'static>() -> Arc<JsonObject> {
    plain(schema_for_output::<T>())
}

/// A schema without the names of Rust's numbers, which clients do not know as formats.
fn plain(mut schema: Arc<JsonObject>) -> Arc<JsonObject> {
    for value in Arc::make_mut(&mut schema).values_mut() {
        without_formats(value);
    }
    schema
}

fn without_formats(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            let is_of_rust =
                |format: &str| ["int", "uint", "float", "double"].iter().any(|kind| format.starts_with(kind));
            if fields.get("format").and_then(Value::as_str).is_some_and(is_of_rust) {
                fields.remove("format");
            }
            fields.values_mut().for_each(without_formats);
        }
        Value::Array(values) => values.iter_mut().for_each(without_formats),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::arguments::{PaperArguments, RelatedArguments, SearchArguments};
    use super::*;

    fn object(value: Value) -> JsonObject {
        value.as_object().cloned().unwrap_or_default()
    }

    #[test]
    fn unknown_arguments_are_ignored_and_mentioned() {
        let arguments = json!({"query": "ice", "limit": 5, "sort": null, "k": null});
        let (read, note) = read::<SearchArguments>(object(arguments));
        assert_eq!(read.unwrap_or_else(|problem| panic!("{}", problem.told())).query, "ice");
        let note = note.unwrap();
        assert!(note.starts_with("ignored unknown arguments: `limit`, `sort`; the tool has "), "{note}");
        assert!(note.contains("`k`") && note.contains("`category`"), "{note}");
    }

    #[test]
    fn numbers_are_read_as_texts() {
        let (read_one, note) = read::<PaperArguments>(object(json!({"id": 1706.03762})));
        assert_eq!((read_one.ok().map(|read| read.id), note), (Some("1706.03762".to_owned()), None));
        for id in [json!([1706.03762, 12]), json!("[\"1706.03762\", \"12\"]")] {
            let (several, _) = read::<RelatedArguments>(object(json!({"id": id, "k": "3"})));
            let (examples, _) = several.unwrap_or_else(|problem| panic!("{}", problem.told())).read().unwrap();
            assert_eq!(examples.like.len(), 2);
        }
    }

    #[test]
    fn schemas_have_no_formats_of_rust() {
        let schema = serde_json::to_string(&input::<SearchArguments>()).unwrap();
        assert!(schema.contains("\"rerank_depth\"") && !schema.contains("\"format\":\"uint"), "{schema}");
    }
}
