//! What may the answers of a question be, as OpenAPI tells them?

use std::collections::BTreeMap;

use axum::http::StatusCode;
use serde_json::Value;
use utoipa::openapi::{Content, OpenApi, Ref, RefOr, Response, ResponseBuilder};
use utoipa::{IntoResponses, PartialSchema};

use crate::citation::Style;

/// Papers, in one of several forms.
pub(crate) struct Answered;

/// Why a question has no answer.
pub(crate) struct Unanswered;

/// Why nothing was written.
pub(crate) struct Unwritten;

type Responses = BTreeMap<String, RefOr<Response>>;

impl IntoResponses for Answered {
    fn responses() -> Responses {
        let mut told = ResponseBuilder::new()
            .description("The hits, or a bibliography of them")
            .content("application/json", Content::new(Some(Ref::from_schema_name("Answer"))));
        for style in [Style::Bibtex, Style::Ris, Style::CslJson] {
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
            (StatusCode::BAD_REQUEST, "A parameter cannot be read"),
            (StatusCode::NOT_FOUND, "No paper has such an id"),
        ])
    }
}

impl IntoResponses for Unwritten {
    fn responses() -> Responses {
        problems(&[
            (StatusCode::UNAUTHORIZED, "The token is missing, or another one"),
            (StatusCode::FORBIDDEN, "Nobody may write here, or not from that page"),
            (StatusCode::SERVICE_UNAVAILABLE, "Somebody else is writing; ask again"),
        ])
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

/// Adds an answer that any request may get, whatever its handler does; where that tells more of it, this stays.
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
