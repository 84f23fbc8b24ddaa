//! The responses of the routes in the OpenAPI description.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use serde_json::Value;
use utoipa::openapi::{Content, OpenApi, Ref, RefOr, Response, ResponseBuilder};
use utoipa::{IntoResponses, PartialSchema};

use crate::citation::Style;

/// Hits, as JSON or as a bibliography.
pub(crate) struct Answered;

/// The errors of searches.
pub(crate) struct Unanswered;

/// The errors of requests with a JSON body of up to 8 MiB, in the format of OpenAI's API.
pub(crate) struct Refused;

/// The errors of writes.
pub(crate) struct Unwritten;

type Responses = BTreeMap<String, RefOr<Response>>;

impl IntoResponses for Answered {
    fn responses() -> Responses {
        let mut told = ResponseBuilder::new()
            .description("The hits, as JSON or as a bibliography")
            .content("application/json", Content::new(Some(Ref::from_schema_name("Answer"))));
        for style in Style::ALL {
            let kind = style.media_type().split(';').next().unwrap_or_default();
            let schema = if style == Style::CslJson { Value::schema() } else { String::schema() };
            told = told.content(kind, Content::new(Some(schema)));
        }
        BTreeMap::from([("200".to_owned(), told.build().into())])
    }
}

impl IntoResponses for Unanswered {
    fn responses() -> Responses {
        problems(&[
            (StatusCode::BAD_REQUEST, "A parameter is invalid"),
            (StatusCode::NOT_FOUND, "No paper has this id"),
        ])
    }
}

impl IntoResponses for Unwritten {
    fn responses() -> Responses {
        problems(&[
            (StatusCode::UNAUTHORIZED, "The token is missing or wrong"),
            (StatusCode::FORBIDDEN, "Writing is disabled, or not allowed from this origin"),
            (StatusCode::SERVICE_UNAVAILABLE, "Another process holds the write lock; retry later"),
        ])
    }
}

impl IntoResponses for Refused {
    fn responses() -> Responses {
        let told = [
            (StatusCode::BAD_REQUEST, "A parameter is invalid"),
            (StatusCode::PAYLOAD_TOO_LARGE, "The body exceeds 8 MiB"),
            (StatusCode::UNSUPPORTED_MEDIA_TYPE, "The body is not JSON"),
        ];
        told.map(|(status, description)| {
            (status.as_str().to_owned(), failure(description, "Refusal", "application/json"))
        })
        .into()
    }
}

fn problems(told: &[(StatusCode, &str)]) -> Responses {
    let problem = |(status, description): &(StatusCode, &str)| {
        (status.as_str().to_owned(), failure(description, "Problem", "application/problem+json"))
    };
    told.iter().map(problem).collect()
}

fn failure(description: &str, schema: &str, kind: &str) -> RefOr<Response> {
    let content = Content::new(Some(Ref::from_schema_name(schema)));
    ResponseBuilder::new().description(description).content(kind, content).build().into()
}

/// Adds a response to every operation that does not describe this status itself.
pub(crate) fn anyone_may_get(api: &mut OpenApi, status: StatusCode, description: &str) {
    for (path, item) in &mut api.paths.paths {
        let told = if path.starts_with("/v1/") {
            failure(description, "Refusal", "application/json")
        } else {
            failure(description, "Problem", "application/problem+json")
        };
        for operation in [&mut item.get, &mut item.post, &mut item.delete].into_iter().flatten() {
            operation.responses.responses.entry(status.as_str().to_owned()).or_insert_with(|| told.clone());
        }
    }
}
