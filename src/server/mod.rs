//! The HTTP service: the page at `/`, the API below `/api/v1`, MCP at `/mcp`.
//!
//! Handlers only translate between HTTP and the library. The model and the indexes run on worker threads behind bounded
//! queues, so `/healthz` responds even under full load.
//!
//! - `router`: maps routes to handlers and middleware.
//! - `routes`: the handlers, one file a resource.
//! - `middleware`: what every request passes through before its handler.
//! - `wire`: the types of requests and responses.
//! - `work`: the worker threads and their queues.
//! - `page`: the web page.
//! - `listen`: TCP and Unix sockets.
//! - `stop`: shutdown on a signal.
//! - `settings`: the options of a service.
//! - `proxy`: reverse proxies in front of it.

use std::sync::Arc;
use std::time::Duration;

use crate::error::Result;
use crate::search::Searcher;

use listen::Listener;
pub use listen::Place;
pub use proxy::{BasePath, TrustedProxy};
pub use router::router;
pub use routes::mcp::serve_stdio;
pub use settings::{Settings, Token};
use work::graph_keeper::Keeper;
pub use work::service::Service;

mod listen;
mod middleware;
mod page;
mod proxy;
mod router;
mod routes;
mod settings;
mod stop;
mod wire;
mod work;

/// Time after the stop signal until open connections are closed.
const DRAIN: Duration = Duration::from_secs(4);

/// Serves a searcher until SIGINT or SIGTERM, then waits up to 4 s for open requests.
///
/// ```no_run
/// use std::{path::Path, sync::Arc};
///
/// use paperkin::search::Searcher;
/// use paperkin::server::{Place, Settings, serve};
/// use paperkin::store::Store;
///
/// let searcher = Searcher::open(Store::open(Path::new("index"))?, 4)?;
/// let place = Place::Address(([127, 0, 0, 1], 8080).into());
/// serve(Arc::new(searcher), &place, Settings::default(), |address| println!("{address}"))?;
/// # Ok::<(), paperkin::Error>(())
/// ```
///
/// `started` is called with the address once connections are accepted.
///
/// # Errors
/// When the service cannot listen on `place`, or when a thread cannot be started.
pub fn serve(searcher: Arc<Searcher>, place: &Place, settings: Settings, started: impl FnOnce(&str)) -> Result<()> {
    let threads = settings.threads;
    let base = settings.base_path.to_string();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(threads.clamp(1, 2)).enable_all().build()?;
    let outcome = runtime.block_on(async {
        let stop = stop::signal()?;
        let listener = Listener::bind(place).await?;
        let service = Service::start(Arc::clone(&searcher), settings)?;
        let keeper = Keeper::start(searcher, threads);
        started(&listener.address(&base)?);
        listener.serve(router(service), stop, DRAIN).await;
        keeper.stop();
        Ok(())
    });
    // A request that is still running computes on a thread that ends with the process.
    runtime.shutdown_timeout(Duration::from_millis(200));
    outcome
}
