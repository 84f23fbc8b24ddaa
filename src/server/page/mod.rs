//! The page: static HTML, CSS and JavaScript modules, embedded in the binary. It loads nothing from other hosts.

use axum::Router;
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::server::wire::problem::Problem;
use crate::server::wire::tagged::tagged;

/// The content security policy: own scripts and styles only, no frames, no forms to other origins.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

const HTML: &str = "text/html; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

struct File {
    name: &'static str,
    kind: &'static str,
    content: &'static str,
}

macro_rules! file {
    ($name:literal, $kind:expr) => {
        File { name: $name, kind: $kind, content: include_str!($name) }
    };
}

const SEARCH: File = file!("index.html", HTML);
const MAP: File = file!("map.html", HTML);
const DOCS: File = file!("docs.html", HTML);

/// The files that these three load, below `/page/`.
const PARTS: [File; 19] = [
    file!("style.css", "text/css; charset=utf-8"),
    file!("icon.svg", "image/svg+xml"),
    file!("address.js", SCRIPT),
    file!("api.js", SCRIPT),
    file!("basket.js", SCRIPT),
    file!("bibtex.js", SCRIPT),
    file!("card.js", SCRIPT),
    file!("cloud.js", SCRIPT),
    file!("docs.js", SCRIPT),
    file!("dom.js", SCRIPT),
    file!("filters.js", SCRIPT),
    file!("keys.js", SCRIPT),
    file!("map.js", SCRIPT),
    file!("notice.js", SCRIPT),
    file!("overview.js", SCRIPT),
    file!("page.js", SCRIPT),
    file!("schema.js", SCRIPT),
    file!("suggest.js", SCRIPT),
    file!("view.js", SCRIPT),
];

pub(super) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route("/", get(|wanted: HeaderMap| async move { SEARCH.answer(&wanted) }))
        .route("/map", get(|wanted: HeaderMap| async move { MAP.answer(&wanted) }))
        .route("/docs", get(|wanted: HeaderMap| async move { DOCS.answer(&wanted) }))
        .route("/page/{name}", get(part))
}

async fn part(Path(name): Path<String>, wanted: HeaderMap) -> Response {
    match PARTS.iter().find(|part| part.name == name) {
        Some(part) => part.answer(&wanted),
        None => Problem::new(StatusCode::NOT_FOUND, format!("the page has no file `{name}`"))
            .hint("the page is at `/`")
            .into_response(),
    }
}

impl File {
    /// The file, or 304 if the browser has the current version.
    fn answer(&self, wanted: &HeaderMap) -> Response {
        let tag = format!("{:08x}", crc32fast::hash(self.content.as_bytes()));
        let head = [(header::CONTENT_TYPE, self.kind), (header::CONTENT_SECURITY_POLICY, POLICY)];
        tagged(wanted, &tag, head, self.content)
    }
}
