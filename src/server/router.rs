//! Which address leads where, and through what does every request go?

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use tower::util::option_layer;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::cors::{AllowOrigin, CorsLayer};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::middleware::{guard, headers, log, rate_limit};
use super::page;
use super::routes::{embeddings, facets, health, mcp, models, openapi, papers, search, writing};
use super::wire::atom;
use super::wire::problem::Problem;
use super::wire::responses::anyone_may_get;
use super::work::service::Service;
use super::work::{maps, metrics};

/// All routes, ready to be served or called in a test.
pub fn router(service: Service) -> Router {
    // Papers are written as long as that takes.
    let writing = OpenApiRouter::new().routes(routes!(writing::post)).routes(routes!(writing::delete));
    let asking = OpenApiRouter::new()
        .routes(routes!(search::get, search::post))
        .routes(routes!(search::related))
        .routes(routes!(papers::list_all))
        .routes(routes!(papers::get))
        .routes(routes!(search::related_to_one))
        .routes(routes!(facets::get))
        .routes(routes!(maps::get))
        .routes(routes!(papers::status));
    let of_openai = OpenApiRouter::new()
        .routes(routes!(embeddings::post))
        .routes(routes!(models::models))
        .routes(routes!(models::model));
    let feeds = OpenApiRouter::new().routes(routes!(atom::get));
    let in_time = |router: OpenApiRouter<Service>| router.route_layer(from_fn_with_state(service.clone(), in_time));
    let (limited, mut api) = OpenApiRouter::with_openapi(openapi::described())
        .nest("/api/v1", in_time(asking).merge(writing))
        .nest("/v1", in_time(of_openai))
        .merge(in_time(feeds))
        .split_for_parts();
    anyone_may_get(&mut api, StatusCode::TOO_MANY_REQUESTS, "This address asks too often; ask again");
    anyone_may_get(&mut api, StatusCode::SERVICE_UNAVAILABLE, "There is too much to do; ask again");
    // Not limited are the files of the page, of which there are many, and what tells others that the service lives.
    let operations = OpenApiRouter::new()
        .routes(routes!(health::healthz))
        .routes(routes!(health::readyz))
        .routes(routes!(metrics::get));
    let (operations, of_operations) = operations.split_for_parts();
    api.merge(of_operations);
    anyone_may_get(&mut api, StatusCode::MISDIRECTED_REQUEST, "The service has another name");
    anyone_may_get(&mut api, StatusCode::INTERNAL_SERVER_ERROR, "The service has failed; its log tells why");
    limited
        .merge(mcp::routes(&service))
        .route_layer(from_fn_with_state(service.clone(), rate_limit::limit))
        .merge(operations)
        .merge(openapi::routes(api))
        .merge(page::routes())
        .fallback(unknown_path)
        .method_not_allowed_fallback(wrong_method)
        .layer(option_layer(cors(&service.settings().cors)))
        .layer(from_fn_with_state(service.clone(), guard::guard))
        .layer(CatchPanicLayer::custom(|_| panicked()))
        .layer(from_fn(models::errors))
        .layer(from_fn_with_state(service.clone(), headers::secure))
        .layer(from_fn_with_state(service.clone(), log::log))
        .with_state(service)
}

/// Gives up a request that takes too long; what it still waits for is not computed then.
async fn in_time(State(service): State<Service>, request: Request, next: Next) -> Response {
    let deadline = service.settings().deadline;
    match tokio::time::timeout(deadline, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::late(deadline).into_response(),
    }
}

/// What pages of other origins may do, if there are any that may.
fn cors(origins: &[String]) -> Option<CorsLayer> {
    if origins.is_empty() {
        return None;
    }
    let allowed = if origins.iter().any(|origin| origin == "*") {
        AllowOrigin::any()
    } else {
        AllowOrigin::list(origins.iter().filter_map(|origin| HeaderValue::from_str(origin).ok()))
    };
    let of_mcp = ["mcp-session-id", "mcp-protocol-version", "last-event-id"].map(HeaderName::from_static);
    let headers = [header::CONTENT_TYPE, header::AUTHORIZATION].into_iter().chain(of_mcp);
    Some(
        CorsLayer::new()
            .allow_origin(allowed)
            .allow_methods([Method::GET, Method::POST, Method::DELETE])
            .allow_headers(headers.collect::<Vec<_>>())
            .expose_headers([HeaderName::from_static("mcp-session-id"), HeaderName::from_static("x-request-id")]),
    )
}

fn panicked() -> Response {
    Problem::internal("the request failed in a way that nobody thought of").into_response()
}

async fn unknown_path(uri: Uri) -> Problem {
    let problem = Problem::new(StatusCode::NOT_FOUND, format!("nothing is at `{}`", uri.path()));
    if uri.path().starts_with("/api/v1/papers/") {
        return problem.hint("write a `/` inside an id as `%2F`");
    }
    problem.hint("the page is at `/`, the API below `/api/v1`, and `/docs` tells of it")
}

async fn wrong_method(method: Method, uri: Uri) -> Problem {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, format!("`{}` does not answer {method}", uri.path()))
        .hint("`/docs` tells what every address answers")
}
