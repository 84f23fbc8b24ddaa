//! The router: maps routes to handlers, applies the middleware, and collects the OpenAPI description.

use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::middleware::{from_fn, from_fn_with_state};
use tower::util::option_layer;
use tower_http::catch_panic::CatchPanicLayer;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::middleware::rate_limit::{self, RateLimit};
use super::middleware::{coding, cors, deadline, forwarded, guard, headers, log, openai, panics};
use super::page;
use super::routes::{
    compare, embeddings, facets, fallback, feed, health, map, mcp, metrics, models, openapi, overview, papers, rerank,
    search, suggest, writing,
};
use super::wire::responses::anyone_may_get;
use super::work::service::Service;

/// All routes of a service, as a tower service.
pub fn router(service: Service) -> Router {
    let (api, mut described) = api(&service);
    let (operations, of_operations) = operations().split_for_parts();
    described.merge(of_operations);
    anyone_may_get(&mut described, StatusCode::MISDIRECTED_REQUEST, "The `Host` header names another host");
    anyone_may_get(&mut described, StatusCode::INTERNAL_SERVER_ERROR, "Internal error; see the log of the service");
    let limit = service.settings().rate_limit.map(|a_second| Arc::new(RateLimit::new(a_second)));
    let limit = limit.map(|limit| from_fn_with_state(limit, rate_limit::limit));
    let base = service.settings().base_path.clone();
    let router = api
        .merge(mcp::routes(&service))
        .route_layer(option_layer(limit))
        // The rate limit does not apply to the files of the page or to liveness, readiness and metrics.
        .merge(operations)
        .merge(openapi::routes(described, base.clone()))
        .merge(page::routes())
        .fallback(fallback::unknown_path)
        .method_not_allowed_fallback(fallback::wrong_method)
        // The layer added last sees a request first.
        .layer(coding::decoded())
        .layer(coding::compressed())
        .layer(from_fn(coding::known))
        .layer(option_layer(cors::cors(&service.settings().cors)))
        .layer(from_fn_with_state(service.clone(), guard::guard))
        .layer(from_fn_with_state(service.clone(), forwarded::seen))
        .layer(CatchPanicLayer::custom(panics::caught))
        .layer(from_fn(openai::errors))
        .layer(from_fn_with_state(service.clone(), headers::secure))
        .layer(from_fn_with_state(service.clone(), log::log))
        .with_state(service);
    forwarded::below(base, router)
}

/// The routes of the API, and their OpenAPI description.
fn api(service: &Service) -> (Router<Service>, OpenApi) {
    let in_time =
        |router: OpenApiRouter<Service>| router.route_layer(from_fn_with_state(service.clone(), deadline::in_time));
    let (api, mut described) = OpenApiRouter::with_openapi(openapi::described())
        // The deadline does not apply to writing.
        .nest("/api/v1", in_time(asking()).merge(writing()))
        .nest("/v1", in_time(of_openai()))
        .merge(in_time(OpenApiRouter::new().routes(routes!(feed::get)).routes(routes!(rerank::texts))))
        .split_for_parts();
    anyone_may_get(
        &mut described,
        StatusCode::TOO_MANY_REQUESTS,
        "The rate limit of this address is exceeded; retry after the time in `Retry-After`",
    );
    anyone_may_get(
        &mut described,
        StatusCode::SERVICE_UNAVAILABLE,
        "The queue is full, or the deadline has passed; retry later",
    );
    (api, described)
}

fn asking() -> OpenApiRouter<Service> {
    OpenApiRouter::new()
        .routes(routes!(search::get, search::post))
        .routes(routes!(search::related))
        .routes(routes!(papers::list_all))
        .routes(routes!(papers::get))
        .routes(routes!(search::related_to_one))
        .routes(routes!(compare::get))
        .routes(routes!(facets::get))
        .routes(routes!(suggest::get))
        .routes(routes!(overview::get))
        .routes(routes!(map::get))
        .routes(routes!(papers::status))
}

fn writing() -> OpenApiRouter<Service> {
    OpenApiRouter::new().routes(routes!(writing::post)).routes(routes!(writing::delete)).routes(routes!(writing::split))
}

fn of_openai() -> OpenApiRouter<Service> {
    OpenApiRouter::new()
        .routes(routes!(embeddings::post))
        .routes(routes!(rerank::documents))
        .routes(routes!(models::models))
        .routes(routes!(models::model))
}

fn operations() -> OpenApiRouter<Service> {
    OpenApiRouter::new().routes(routes!(health::healthz)).routes(routes!(health::readyz)).routes(routes!(metrics::get))
}
