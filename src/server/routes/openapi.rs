//! What can be asked, said so that programs can read it? OpenAPI 3.1, made of the handlers and their types.

use axum::Router;
use axum::body::Bytes;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use utoipa::openapi::OpenApi;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi as _};

use crate::server::wire::answer::Answer;
use crate::server::wire::problem::Problem;
use crate::server::work::service::Service;

#[derive(utoipa::OpenApi)]
#[openapi(
    info(title = "paperkin", description = "Semantic search over scientific papers. Errors are problem details (RFC 9457)."),
    tags(
        (name = "search", description = "Which papers answer this, and which are related?"),
        (name = "papers", description = "What is stored, and how it comes and goes"),
        (name = "embeddings", description = "Vectors of texts, in the form of OpenAI's API"),
        (name = "operations", description = "For those who watch the service"),
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

/// All but the paths, which the router knows.
pub(crate) fn described() -> OpenApi {
    Described::openapi()
}

/// `GET /openapi.json`
pub(crate) fn routes(api: OpenApi) -> Router<Service> {
    // Of texts and numbers alone, so that it cannot fail.
    let text = Bytes::from(api.to_json().unwrap_or_default());
    let answer = move || async move { ([(header::CONTENT_TYPE, "application/json")], text).into_response() };
    Router::new().route("/openapi.json", get(answer))
}
