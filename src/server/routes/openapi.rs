//! `/openapi.json`: the OpenAPI 3.1 description, generated from the handlers and their types.

use axum::body::Bytes;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Extension, Router};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{OpenApi, Server};
use utoipa::{Modify, OpenApi as _};

use crate::server::middleware::forwarded::Seen;
use crate::server::proxy::BasePath;
use crate::server::wire::answer::Answer;
use crate::server::wire::problem::Problem;
use crate::server::work::service::Service;

#[derive(utoipa::OpenApi)]
#[openapi(
    info(title = "paperkin", description = "Semantic search over scientific papers. Errors are problem details (RFC 9457)."),
    tags(
        (name = "search", description = "Search, related papers and feeds"),
        (name = "papers", description = "Read, list, add and delete papers"),
        (name = "embeddings", description = "Embeddings of texts, in the format of OpenAI's API"),
        (name = "operations", description = "Status, health checks and metrics"),
    ),
    components(schemas(Answer, Problem)),
    modifiers(&Token),
)]
struct Described;

struct Token;

impl Modify for Token {
    fn modify(&self, api: &mut OpenApi) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("The token that the service was started with"))
            .build();
        let components = api.components.get_or_insert_default();
        components.add_security_scheme("token", SecurityScheme::Http(scheme));
    }
}

/// The description without the paths, which the router adds.
pub(crate) fn described() -> OpenApi {
    Described::openapi()
}

/// `GET /openapi.json`
pub(crate) fn routes(api: OpenApi, usual: BasePath) -> Router<Service> {
    let written = Bytes::from(described_at(&api, &usual));
    let answer = move |Extension(Seen { base, .. }): Extension<Seen>| async move {
        // Writing it takes milliseconds, so it is written anew only for the prefix of a proxy.
        let text = if base == usual { written } else { described_at(&api, &base).into() };
        ([(header::CONTENT_TYPE, "application/json")], text).into_response()
    };
    Router::new().route("/openapi.json", get(answer))
}

/// The description of a service below this path.
fn described_at(api: &OpenApi, base: &BasePath) -> String {
    let mut api = api.clone();
    api.servers = (!base.is_root()).then(|| vec![Server::new(base.to_string())]);
    // The description has only strings and numbers, so serialising it cannot fail.
    api.to_json().unwrap_or_default()
}
