//! `/api/v1/map`: the picture of the collection, drawn on a thread of its own, so that no question waits for it.

use std::io;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Weak};

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use tokio::sync::oneshot;

use super::problem::Problem;
use super::service::Service;
use super::tagged::tagged;
use crate::error::{Error, Result};
use crate::map::Map;
use crate::progress::Progress;
use crate::search::Searcher;

/// Requests that may wait while a picture is drawn. They cost nothing but their connections.
const WAITING: usize = 256;

type Asked = oneshot::Sender<Result<Arc<Map>>>;

/// Has pictures drawn.
#[derive(Clone)]
pub(super) struct Maps {
    queue: SyncSender<Asked>,
    /// The thread gives up its work when the last clone of this is gone.
    _wanted: Arc<()>,
}

impl Maps {
    /// Starts the thread; it ends when the last clone of this is gone.
    pub fn start(searcher: Arc<Searcher>) -> io::Result<Self> {
        let (queue, asked) = sync_channel(WAITING);
        let wanted = Arc::new(());
        let needed = Needed(Arc::downgrade(&wanted));
        super::spawn("map".to_owned(), move || draw(&searcher, &asked, &needed))?;
        Ok(Self { queue, _wanted: wanted })
    }

    /// The picture of what is committed now.
    pub async fn get(&self) -> Result<Arc<Map>, Problem> {
        let (sender, answer) = oneshot::channel();
        self.queue.try_send(sender).map_err(|_| Problem::busy())?;
        let drawn = answer.await.map_err(|_| Problem::internal("the picture could not be drawn"))?;
        drawn.map_err(|error| match error {
            Error::EmptyStore { .. } => Problem::of(StatusCode::NOT_FOUND, &error),
            error => error.into(),
        })
    }
}

/// Whether anybody is left who could want a picture.
struct Needed(Weak<()>);

impl Progress for Needed {
    fn is_cancelled(&self) -> bool {
        self.0.strong_count() == 0
    }
}

/// Draws once for all who wait.
fn draw(searcher: &Searcher, asked: &Receiver<Asked>, needed: &Needed) {
    while let Ok(first) = asked.recv() {
        let waiting: Vec<Asked> = std::iter::once(first).chain(asked.try_iter()).collect();
        let mut drawn = None;
        for asked in waiting {
            let map = match &drawn {
                Some(map) => Ok(Ok(Arc::clone(map))),
                // A panic drops the sender, which the client is told.
                None => std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| searcher.map(needed))),
            };
            if let Ok(map) = map {
                drawn = map.as_ref().ok().cloned();
                // A client may leave at any moment; the next one has its picture then.
                let _ = asked.send(map);
            }
        }
    }
}

/// Draw all papers in two dimensions
///
/// Papers that speak of like things lie near each other; the axes are the principal components of the papers' vectors. All numbers of the
/// answer are little-endian: the 8 bytes `PKMAP001`; four `u32`, the number of papers n, the number of categories, the length of
/// the block of categories and that of the block of ids; n `f32` of x and n of y, each from -1 to 1; n `u16`, the place
/// of each paper's primary category among the categories, or 65535; zeros up to a multiple of 4; then, as UTF-8 with a line feed
/// between two, the categories, the most frequent first, and the ids in the order of the papers.
#[utoipa::path(
    get,
    path = "/map",
    operation_id = "map",
    tag = "papers",
    params(("If-None-Match" = Option<String>, Header, description = "The ETag of the picture that the client has")),
    responses(
        (status = 200, description = "The picture", content_type = "application/octet-stream"),
        (status = 304, description = "The client has this picture already"),
        (status = 404, description = "The store has no paper", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn get(State(service): State<Service>, headers: HeaderMap) -> Result<Response, Problem> {
    let map = service.maps().get().await?;
    let body = ([(header::CONTENT_TYPE, "application/octet-stream")], Bytes::from_owner(Arc::clone(map.bytes())));
    Ok(tagged(&headers, map.tag(), (), body))
}
