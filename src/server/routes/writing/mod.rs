//! `POST /api/v1/papers` and `DELETE /api/v1/papers/{id}`: papers come and go.

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::corpus::paper_of_json;
use crate::error::Error;
use crate::ingest::PAPERS_PER_COMMIT;
use crate::paper::Paper;
use crate::server::middleware::authorised::Authorised;
use crate::server::wire::lines::Lines;
use crate::server::wire::problem::Problem;
use crate::server::wire::request::{IdInPath, content_type, unexpected, whole_body};
use crate::server::wire::responses::Unwritten;
use crate::server::work::service::Service;
use crate::server::work::writer::Writer;
use crate::store::Became;

mod stream;

/// A JSON body is read whole.
const LARGEST_ARRAY: usize = 16 << 20;

/// What became of a paper that was sent
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Outcome {
    /// It is new
    Added,
    /// It took the place of the one with its id
    Updated,
    /// It was there as it is
    Unchanged,
    /// It is not stored
    Refused,
}

/// One paper that was sent
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Written {
    /// Its place in the array, or its line, from 1
    pub line: u64,
    /// The id that it has here; none where it could not be read
    pub id: Option<String>,
    pub outcome: Outcome,
    /// Why it was refused, and what to do
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What became of an array of papers
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct Report {
    added: u64,
    updated: u64,
    unchanged: u64,
    refused: u64,
    papers: Vec<Written>,
}

/// A paper as it is sent, or why it is none.
pub(crate) type Read = (u64, Result<Paper, String>);

/// Add papers, or change those that are there
///
/// A JSON array of objects, or one object a line (NDJSON) of any number. An object has a `title`, and may have `id`, `abstract`,
/// `authors`, `categories`, `published` and `url`, as `paperkin add` reads them. What is answered as added is durable, and found by
/// the next search. Lines are answered while further ones are read, each with a line of its own.
#[utoipa::path(
    post,
    path = "/papers", operation_id = "add_papers",
    tag = "papers",
    security(("token" = [])),
    request_body(content(
        (Value = "application/json", example = json!([{"title": "A title", "abstract": "An abstract."}])),
        (String = "application/x-ndjson"),
    )),
    responses(
        (status = OK, description = "For NDJSON, a `Written` a line", content(
            (Report = "application/json"),
            (Written = "application/x-ndjson"),
        )),
        (status = BAD_REQUEST, description = "The array cannot be read", body = Problem, content_type = "application/problem+json"),
        Unwritten,
        (status = UNSUPPORTED_MEDIA_TYPE, description = "The body is neither JSON nor NDJSON", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn post(
    _authorised: Authorised,
    State(service): State<Service>,
    request: Request,
) -> Result<Response, Problem> {
    let writer = service.writer().clone();
    match content_type(request.headers()).as_str() {
        "application/json" => {
            let body = whole_body(request.into_body(), LARGEST_ARRAY).await.map_err(|problem| match problem.status() {
                StatusCode::PAYLOAD_TOO_LARGE => problem
                    .hint("an array has at most 16 MiB; NDJSON, `Content-Type: application/x-ndjson`, may be of any length"),
                _ => problem,
            })?;
            Ok(Json(add_array(&writer, body).await?).into_response())
        }
        "application/x-ndjson" | "application/jsonl" | "application/ndjson" => {
            let mut lines = Lines::new(request.into_body().into_data_stream());
            lines.begin().await;
            let answers = stream::answers(lines, writer);
            Ok(([(header::CONTENT_TYPE, "application/x-ndjson")], Body::from_stream(answers)).into_response())
        }
        other => Err(unexpected("`application/json` or `application/x-ndjson`", other)
            .hint("send a JSON array, or one JSON object a line, and say which in the header `Content-Type`")),
    }
}

async fn add_array(writer: &Writer, body: Bytes) -> Result<Report, Problem> {
    let bad = |detail: String| {
        Problem::bad_request(detail)
            .hint("send an array like `[{\"title\": \"A title\", \"abstract\": \"An abstract.\"}]`")
    };
    let sent: Value =
        serde_json::from_slice(&body).map_err(|error| bad(format!("the JSON body cannot be read: {error}")))?;
    drop(body);
    let objects = match sent {
        Value::Array(objects) => objects,
        object @ Value::Object(_) => vec![object],
        _ => return Err(bad("the JSON body is neither an array nor an object".to_owned())),
    };
    let mut report = Report::default();
    let mut read: Vec<Read> = (1..).zip(objects.into_iter().map(|object| paper_of_json(&object.to_string()))).collect();
    while !read.is_empty() {
        let rest = read.split_off(read.len().min(PAPERS_PER_COMMIT));
        report.papers.extend(add(writer, read).await);
        read = rest;
    }
    for written in &report.papers {
        match written.outcome {
            Outcome::Added => report.added += 1,
            Outcome::Updated => report.updated += 1,
            Outcome::Unchanged => report.unchanged += 1,
            Outcome::Refused => report.refused += 1,
        }
    }
    finish(writer).await;
    Ok(report)
}

/// Adds a batch; what became of each is durable then.
pub(crate) async fn add(writer: &Writer, batch: Vec<Read>) -> Vec<Written> {
    let papers: Vec<Paper> = batch.iter().filter_map(|(_, read)| read.as_ref().ok().cloned()).collect();
    let became = if papers.is_empty() { Ok(Vec::new()) } else { writer.ask(move |desk| desk.add(&papers)).await };
    let mut became = became.map(Vec::into_iter);
    let mut written = Vec::with_capacity(batch.len());
    for (line, read) in batch {
        let (id, became) = match read {
            Err(reason) => (None, Err(reason)),
            Ok(paper) => (
                Some(paper.id.to_string()),
                match &mut became {
                    Ok(became) => {
                        became.next().flatten().ok_or_else(|| "another writer changed it; send it again".to_owned())
                    }
                    Err(problem) => Err(problem.told()),
                },
            ),
        };
        let outcome = match became {
            Ok(Became::Added) => Outcome::Added,
            Ok(Became::Updated) => Outcome::Updated,
            Ok(Became::Unchanged) => Outcome::Unchanged,
            Ok(Became::LeftOut) | Err(_) => Outcome::Refused,
        };
        written.push(Written { line, id, outcome, reason: became.err() });
    }
    written
}

/// What can be done when all papers are there.
pub(crate) async fn finish(writer: &Writer) {
    // With a full queue, those who come after do it.
    let _ = writer
        .ask(|desk| {
            desk.renew_words();
            Ok(())
        })
        .await;
}

/// Remove a paper
#[utoipa::path(
    delete,
    path = "/papers/{id}", operation_id = "remove_paper",
    tag = "papers",
    security(("token" = [])),
    params(("id" = String, Path, description = "The paper's id, its `/` written `%2F`")),
    responses(
        (status = NO_CONTENT, description = "It is not there any more"),
        Unwritten,
        (status = NOT_FOUND, description = "No paper has such an id", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn delete(
    _authorised: Authorised,
    State(service): State<Service>,
    IdInPath(id): IdInPath,
) -> Result<StatusCode, Problem> {
    let removed = service
        .writer()
        .ask(move |desk| {
            let removed = desk.searcher().store().remove(std::slice::from_ref(&id))?;
            if removed.papers == 0 { Err(Error::UnknownPaper { id: id.to_string() }) } else { Ok(()) }
        })
        .await;
    removed.map(|()| StatusCode::NO_CONTENT)
}
