//! Reads the messages of MCP clients. A request is either passed on or answered by an error, whatever is wrong with it.
//!
//! The codes are those of JSON-RPC 2.0, section 5.1. `null` parameters are read as none, and halves of surrogate pairs as
//! U+FFFD, because clients send both.

use rmcp::model::{CallToolRequestParams, ClientJsonRpcMessage, ClientRequest, ErrorCode, InitializeRequestParams};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::corpus::json::repaired;

/// A message that was understood.
pub(super) struct Message {
    pub message: ClientJsonRpcMessage,
    /// The same as JSON.
    pub json: Value,
}

/// A message that was not understood.
pub(super) enum Rejected {
    /// A request; the answer is an error with its id.
    Request { code: ErrorCode, answer: Value },
    /// A notification or response, which has no answer.
    Other,
}

/// Methods with a handler. rmcp takes a request of theirs with other parameters for one of an unknown method.
const METHODS: [&str; 5] = ["initialize", "ping", "server/discover", "tools/call", "tools/list"];

/// Reads a message.
pub(super) fn read(bytes: &[u8]) -> Result<Message, Rejected> {
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim_start_matches('\u{feff}');
    let read = serde_json::from_str(text).or_else(|error| serde_json::from_str(&repaired(text)).map_err(|_| error));
    let value = read.map_err(|error| {
        rejected(&Value::Null, ErrorCode::PARSE_ERROR, &format!("the message is not valid JSON: {error}"))
    })?;
    let invalid = |id: &Value, why: &str| rejected(id, ErrorCode::INVALID_REQUEST, why);
    let mut fields = match value {
        Value::Object(fields) => fields,
        Value::Array(_) => return Err(invalid(&Value::Null, "batches are not supported; send each message alone")),
        _ => return Err(invalid(&Value::Null, "expected a JSON object")),
    };
    let id = fields.get("id").cloned();
    if id.as_ref().is_some_and(|id| !id.is_string() && !id.is_i64()) {
        return Err(invalid(&Value::Null, "`id` must be a string or a whole number"));
    }
    let method = match fields.get("method") {
        Some(Value::String(method)) => method.clone(),
        None if fields.contains_key("result") || fields.contains_key("error") => {
            return passed(fields).ok_or(Rejected::Other);
        }
        _ => return Err(invalid(&id.unwrap_or_default(), "`method` must be a string")),
    };
    let Some(id) = id else { return passed(fields).ok_or(Rejected::Other) };
    if fields.get("jsonrpc").and_then(Value::as_str) != Some("2.0") {
        return Err(invalid(&id, "`jsonrpc` must be \"2.0\""));
    }
    if fields.get("params").is_some_and(Value::is_null) {
        fields.remove("params");
    }
    let params = fields.get_mut("params");
    if let Some(Value::Object(params)) = params
        && params.get("arguments").is_some_and(Value::is_null)
    {
        params.remove("arguments");
    }
    let params = fields.get("params").cloned();
    match passed(fields) {
        Some(message) if !(METHODS.contains(&method.as_str()) && is_custom(&message)) => Ok(message),
        _ => Err(rejected(&id, ErrorCode::INVALID_PARAMS, &wrong_parameters(&method, params))),
    }
}

/// The answer to a line that is longer than the limit.
pub(super) fn too_long(most: usize) -> Value {
    error(&Value::Null, ErrorCode::INVALID_REQUEST, &format!("the message is longer than {} KiB", most >> 10))
}

fn passed(fields: Map<String, Value>) -> Option<Message> {
    let json = Value::Object(fields);
    let message = serde_json::from_value(json.clone()).ok()?;
    Some(Message { message, json })
}

fn is_custom(message: &Message) -> bool {
    matches!(&message.message, ClientJsonRpcMessage::Request(request) if matches!(request.request, ClientRequest::CustomRequest(_)))
}

/// Why the parameters of a known method cannot be read.
fn wrong_parameters(method: &str, params: Option<Value>) -> String {
    fn why<T: DeserializeOwned>(params: Option<Value>) -> String {
        let read = serde_json::from_value::<T>(params.unwrap_or_else(|| json!({})));
        read.err().map(|error| format!(": {error}")).unwrap_or_default()
    }
    let why = match method {
        "initialize" => why::<InitializeRequestParams>(params),
        "tools/call" => why::<CallToolRequestParams>(params),
        _ => String::new(),
    };
    format!("the parameters of `{method}` cannot be read{why}")
}

fn rejected(id: &Value, code: ErrorCode, message: &str) -> Rejected {
    Rejected::Request { code, answer: error(id, code, message) }
}

fn error(id: &Value, code: ErrorCode, message: &str) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "error": { "code": code, "message": message } })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(text: &str) -> Value {
        match read(text.as_bytes()) {
            Ok(message) => panic!("{text} was read as {}", message.json),
            Err(Rejected::Other) => panic!("{text} has no answer"),
            Err(Rejected::Request { answer, .. }) => answer,
        }
    }

    #[test]
    fn requests_are_passed_on_or_answered_by_an_error_with_their_id() {
        for (text, id, code, part) in [
            ("{\"jsonrpc\": \"2.0\", \"id\": 1, \"method\":", json!(null), -32700, "not valid JSON"),
            ("nonsense", json!(null), -32700, "not valid JSON"),
            ("", json!(null), -32700, "not valid JSON"),
            ("\"text\"", json!(null), -32600, "object"),
            ("[{\"jsonrpc\": \"2.0\", \"id\": 1, \"method\": \"ping\"}]", json!(null), -32600, "batches"),
            ("{\"jsonrpc\": \"2.0\", \"id\": null, \"method\": \"ping\"}", json!(null), -32600, "`id`"),
            ("{\"jsonrpc\": \"2.0\", \"id\": 1.5, \"method\": \"ping\"}", json!(null), -32600, "`id`"),
            ("{\"jsonrpc\": \"2.0\", \"id\": {}, \"method\": \"ping\"}", json!(null), -32600, "`id`"),
            ("{\"jsonrpc\": \"2.0\", \"id\": 7}", json!(7), -32600, "`method`"),
            ("{\"jsonrpc\": \"2.0\", \"id\": 7, \"method\": 1}", json!(7), -32600, "`method`"),
            ("{\"jsonrpc\": \"1.0\", \"id\": \"a\", \"method\": \"ping\"}", json!("a"), -32600, "`jsonrpc`"),
            ("{\"id\": \"a\", \"method\": \"ping\"}", json!("a"), -32600, "`jsonrpc`"),
            (
                "{\"jsonrpc\": \"2.0\", \"id\": 1, \"method\": \"initialize\", \"params\": {\"protocolVersion\": \"2025-06-18\", \
                 \"capabilities\": {}}}",
                json!(1),
                -32602,
                "missing field `clientInfo`",
            ),
            (
                "{\"jsonrpc\": \"2.0\", \"id\": 1, \"method\": \"initialize\", \"params\": null}",
                json!(1),
                -32602,
                "missing",
            ),
            ("{\"jsonrpc\": \"2.0\", \"id\": 1, \"method\": \"tools/call\"}", json!(1), -32602, "missing field `name`"),
            (
                "{\"jsonrpc\": \"2.0\", \"id\": 1, \"method\": \"tools/call\", \"params\": [1]}",
                json!(1),
                -32602,
                "`tools/call`",
            ),
        ] {
            let answer = answered(text);
            assert_eq!((&answer["id"], &answer["error"]["code"]), (&id, &json!(code)), "{text}");
            assert!(answer["error"]["message"].as_str().unwrap().contains(part), "{text}: {answer}");
        }
    }

    #[test]
    fn what_can_be_understood_is_passed_on() {
        for text in [
            "{\"jsonrpc\": \"2.0\", \"id\": 1, \"method\": \"ping\", \"params\": null}",
            "\u{feff}{\"jsonrpc\": \"2.0\", \"id\": \"x\", \"method\": \"tools/list\"}",
            "{\"jsonrpc\": \"2.0\", \"id\": 1, \"method\": \"tools/call\", \"params\": {\"name\": \"x\", \"arguments\": null}}",
            "{\"jsonrpc\": \"2.0\", \"id\": 1, \"method\": \"no/such/method\", \"params\": null}",
            "{\"jsonrpc\": \"2.0\", \"method\": \"notifications/initialized\"}",
        ] {
            assert!(read(text.as_bytes()).is_ok(), "{text}");
        }
        let surrogate = "{\"jsonrpc\": \"2.0\", \"id\": 1, \"method\": \"tools/call\", \"params\": {\"name\": \"search_papers\", \
                         \"arguments\": {\"query\": \"half \\ud83d of a pair\"}}}";
        let Ok(message) = read(surrogate.as_bytes()) else { panic!() };
        assert_eq!(message.json["params"]["arguments"]["query"], "half \u{fffd} of a pair");
    }

    #[test]
    fn notifications_have_no_answer() {
        for text in ["{\"method\": \"notifications/initialized\"}", "{\"jsonrpc\": \"2.0\", \"id\": 1, \"result\": 5}"]
        {
            assert!(matches!(read(text.as_bytes()), Ok(_) | Err(Rejected::Other)), "{text}");
        }
    }
}
