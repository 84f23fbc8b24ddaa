//! `/feed.atom?q=…`: the newest hits of a query, as an Atom feed.

use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, Uri, header};
use axum::response::Response;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use utoipa::IntoParams;

use crate::search::{MAX_K, Options, Query};
use crate::server::middleware::forwarded::Seen;
use crate::server::wire::atom::Source;
use crate::server::wire::finding::Ranking;
use crate::server::wire::problem::Problem;
use crate::server::wire::request::Parameters;
use crate::server::wire::responses::Unanswered;
use crate::server::wire::tagged::tagged;
use crate::server::work::service::Service;
use crate::store::{Criteria, Filter};

/// The query of a feed
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct FeedRequest {
    /// The query, up to 20,000 characters
    #[serde(default, alias = "query")]
    q: String,
    #[serde(flatten)]
    #[param(ignore)]
    ranking: Ranking,
    #[serde(flatten)]
    #[param(ignore)]
    filters: Criteria,
}

/// Get the newest hits of a query as an Atom feed
///
/// The feed has up to 50 of the best 100 hits, the newest first. Papers without a date are left out.
#[utoipa::path(
    get,
    path = "/feed.atom", operation_id = "feed",
    tag = "search",
    params(FeedRequest, Ranking, Criteria),
    responses(
        (status = OK, description = "The feed", body = String, content_type = "application/atom+xml"),
        (status = NOT_MODIFIED, description = "The feed still has the `ETag` in `If-None-Match`"),
        Unanswered,
    )
)]
pub(crate) async fn get(
    State(service): State<Service>,
    Extension(seen): Extension<Seen>,
    uri: Uri,
    headers: HeaderMap,
    Parameters(request): Parameters<FeedRequest>,
) -> Result<Response, Problem> {
    let query = Query::new(&request.q)?;
    let options = Options::default().k(MAX_K)?.filter(Filter::new(request.filters)?).highlight(false);
    let options = request.ranking.of(options);
    let source = Source::new(query.as_str(), seen.root(), &uri);
    let answer = service.search(query, options).await?;
    let feed = source.feed(answer.hits).write_to(Vec::new()).map_err(|error| Problem::internal(error.to_string()))?;
    let tag: String = Sha256::digest(&feed)[..16].iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(tagged(&headers, &tag, (), ([(header::CONTENT_TYPE, "application/atom+xml; charset=utf-8")], feed)))
}
