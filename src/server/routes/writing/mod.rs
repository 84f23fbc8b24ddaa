//! `POST /api/v1/papers` and `DELETE /api/v1/papers/{id}`: adds and deletes papers.
//!
//! - `batch`: adds a batch of papers, with an outcome for each.
//! - `stream`: adds papers from NDJSON, and returns outcomes while the body is still being received.

use std::fmt;

use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::de::value::MapAccessDeserializer;
use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::corpus::{paper_of_value, papers_of_text};
use crate::engine::Engine;
use crate::error::Error;
use crate::ingest::PAPERS_PER_BATCH;
use crate::server::middleware::authorised::Authorised;
use crate::server::wire::lines::Lines;
use crate::server::wire::problem::Problem;
use crate::server::wire::request::{IdInPath, content_type, unexpected, whole_body};
use crate::server::wire::responses::Unwritten;
use crate::server::wire::written::{Report, Written};
use crate::server::work::aside;
use crate::server::work::service::Service;
use crate::server::work::writer::Writer;
use batch::{Read, add, finish};

mod batch;
mod stream;

/// Media types of texts of papers. The format is recognised from the content.
const TEXTS: [&str; 12] = [
    "application/x-bibtex",
    "text/x-bibtex",
    "application/x-research-info-systems",
    "application/vnd.citationstyles.csl+json",
    "application/nbib",
    "application/atom+xml",
    "application/vnd.apache.parquet",
    "application/xml",
    "text/xml",
    "text/csv",
    "text/tab-separated-values",
    "text/plain",
];

/// Maximum size of a JSON array or a text, in bytes.
const LARGEST_ARRAY: usize = 16 << 20;
/// Maximum number of papers in one of them, also of those that are refused.
const MOST_PAPERS: usize = 100_000;
/// The first bytes of compressed files. Only a body that says so in `Content-Encoding` is decompressed, with a limit.
const COMPRESSED: [&[u8]; 3] = [b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"PK\x03\x04"];

/// Add papers, or update stored ones
///
/// The body is a JSON array of objects (up to 16 MiB), NDJSON of any length, or a text in another format that `paperkin add`
/// reads, such as BibTeX, RIS or CSV (up to 16 MiB). An object has a `title`, and optionally `id`, `abstract`, `authors`,
/// `categories`, `published`, `url` and other keys, as in files for `paperkin add`. Reported outcomes are durable and visible to
/// the next search. For NDJSON, each line of the response is the outcome of one paper; outcomes are returned while the body is
/// still being received.
#[utoipa::path(
    post,
    path = "/papers", operation_id = "add_papers",
    tag = "papers",
    security(("token" = [])),
    request_body(content(
        (Value = "application/json", example = json!([{"title": "A title", "abstract": "An abstract."}])),
        (String = "application/x-ndjson"),
        (String = "application/x-bibtex"),
        (String = "application/x-research-info-systems"),
        (String = "text/csv"),
    )),
    responses(
        (status = OK, description = "The outcomes; for NDJSON, one `Written` a line", content(
            (Report = "application/json"),
            (Written = "application/x-ndjson"),
        )),
        (status = BAD_REQUEST, description = "The JSON body is invalid", body = Problem, content_type = "application/problem+json"),
        Unwritten,
        (status = UNSUPPORTED_MEDIA_TYPE, description = "The body is neither JSON nor NDJSON nor a text of papers", body = Problem, content_type = "application/problem+json"),
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
            let body =
                whole_body(request.into_body(), LARGEST_ARRAY).await.map_err(|problem| match problem.status() {
                    StatusCode::PAYLOAD_TOO_LARGE => problem
                        .hint("the limit is 16 MiB; for more, send NDJSON with `Content-Type: application/x-ndjson`"),
                    _ => problem,
                })?;
            // A body of 16 MiB takes seconds.
            let read = aside(move || read_array(&body)).await??;
            Ok(Json(add_read(&writer, read).await).into_response())
        }
        "application/x-ndjson" | "application/jsonl" | "application/ndjson" => {
            let mut lines = Lines::new(request.into_body().into_data_stream());
            lines.begin().await;
            let answers = stream::answers(lines, writer);
            Ok(([(header::CONTENT_TYPE, "application/x-ndjson")], Body::from_stream(answers)).into_response())
        }
        kind if TEXTS.contains(&kind) => {
            let body = whole_body(request.into_body(), LARGEST_ARRAY).await?;
            let read = aside(move || read_text(&body)).await??;
            Ok(Json(add_read(&writer, read).await).into_response())
        }
        other => {
            Err(unexpected("JSON, NDJSON, or a text of papers such as `application/x-bibtex` or `text/csv`", other)
                .hint("send a JSON array, or one JSON object a line, and set the header `Content-Type`"))
        }
    }
}

fn read_array(body: &[u8]) -> Result<Vec<Read>, Problem> {
    let Objects(objects) = serde_json::from_slice(body).map_err(|error| {
        Problem::bad_request(format!("the JSON body cannot be read: {error}"))
            .hint("send an array like `[{\"title\": \"A title\", \"abstract\": \"An abstract.\"}]`")
    })?;
    if objects.len() > MOST_PAPERS {
        return Err(too_many());
    }
    Ok((1..).zip(objects.iter().map(paper_of_value)).collect())
}

fn read_text(body: &[u8]) -> Result<Vec<Read>, Problem> {
    if COMPRESSED.iter().any(|magic| body.starts_with(magic)) {
        let problem = Problem::bad_request("the body is compressed, but `Content-Encoding` does not say so");
        return Err(problem.hint("send gzip or zstd with the header `Content-Encoding`; unpack other archives"));
    }
    let read = papers_of_text("the body", body.to_vec(), MOST_PAPERS + 1)
        .map_err(|error| Problem::bad_request(error.to_string()).hint(error.hint()))?;
    if read.len() > MOST_PAPERS { Err(too_many()) } else { Ok(read) }
}

fn too_many() -> Problem {
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, format!("the body has more than {MOST_PAPERS} papers"))
        .hint("send several bodies, or NDJSON with `Content-Type: application/x-ndjson`")
}

/// The elements of an array, at most one more than [`MOST_PAPERS`], or one object.
struct Objects(Vec<Value>);

impl<'de> Deserialize<'de> for Objects {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Elements;

        impl<'de> Visitor<'de> for Elements {
            type Value = Objects;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an array or an object")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Objects, A::Error> {
                let mut objects = Vec::new();
                while objects.len() <= MOST_PAPERS
                    && let Some(object) = elements.next_element()?
                {
                    objects.push(object);
                }
                // The rest is only skipped.
                while elements.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Objects(objects))
            }

            fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<Objects, A::Error> {
                Ok(Objects(vec![Value::deserialize(MapAccessDeserializer::new(fields))?]))
            }
        }

        deserializer.deserialize_any(Elements)
    }
}

async fn add_read(writer: &Writer, read: Vec<Read>) -> Report {
    let mut papers = Vec::with_capacity(read.len());
    let mut read = read.into_iter();
    loop {
        let batch: Vec<Read> = read.by_ref().take(PAPERS_PER_BATCH).collect();
        if batch.is_empty() {
            break;
        }
        papers.extend(add(writer, batch).await);
        // A batch without a paper does not wait for the writer.
        tokio::task::yield_now().await;
    }
    finish(writer).await;
    Report::new(papers)
}

/// Delete a paper
#[utoipa::path(
    delete,
    path = "/papers/{id}", operation_id = "remove_paper",
    tag = "papers",
    security(("token" = [])),
    params(("id" = String, Path, description = "Id of the paper; write a `/` as `%2F`")),
    responses(
        (status = NO_CONTENT, description = "The paper is deleted"),
        Unwritten,
        (status = NOT_FOUND, description = "No paper has this id", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn delete(
    _authorised: Authorised,
    State(service): State<Service>,
    IdInPath(id): IdInPath,
) -> Result<StatusCode, Problem> {
    let removed = service
        .writer()
        .ask(move |state| {
            let removed = state.searcher().engine().writer().remove(std::slice::from_ref(&id))?;
            if removed.papers == 0 { Err(Error::UnknownPaper { id: id.to_string() }) } else { Ok(()) }
        })
        .await;
    removed?;
    Ok(StatusCode::NO_CONTENT)
}

/// Split a paper that was merged by mistake
///
/// The records of which the paper was made become papers of their own. Records that share an id stay together. Returns the ids of
/// the papers, that of the path first.
#[utoipa::path(
    post,
    path = "/papers/{id}/split", operation_id = "split_paper",
    tag = "papers",
    security(("token" = [])),
    params(("id" = String, Path, description = "Id of the paper; write a `/` as `%2F`")),
    responses(
        (status = OK, description = "The ids of the papers", body = Vec<String>),
        Unwritten,
        (status = NOT_FOUND, description = "No paper has this id", body = Problem, content_type = "application/problem+json"),
        (status = CONFLICT, description = "The paper has one record, or its records share an id", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn split(
    _authorised: Authorised,
    State(service): State<Service>,
    IdInPath(id): IdInPath,
) -> Result<Json<Vec<String>>, Problem> {
    let ids = service.writer().ask(move |state| state.split(&id)).await?;
    finish(service.writer()).await;
    Ok(Json(ids.iter().map(ToString::to_string).collect()))
}
