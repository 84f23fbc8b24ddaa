//! How does a browser or a program ask? An HTTP service: the page at `/`, the API below `/api/v1`.
//!
//! Handlers only translate. The model and the index run on threads of their own behind bounded queues, so that
//! `/healthz` always answers.
//!
//! - `router`: which address leads where?
//! - `routes`: what does each of them answer?
//! - `middleware`: through what does every request go?
//! - `wire`: what do requests and answers look like?
//! - `work`: who computes?
//! - `page`: what do people see?
//! - `listen`: where do clients come in?
//! - `stop`: when does it end?
//! - `settings`: how shall it behave?

use std::sync::Arc;
use std::time::Duration;

use crate::error::Result;
use crate::search::Searcher;

use listen::Listener;
pub use listen::Place;
pub use router::router;
pub use routes::mcp::serve_stdio;
pub use settings::{Settings, Token};
use work::graph_keeper::Keeper;
pub use work::service::Service;

mod listen;
mod middleware;
mod page;
mod router;
mod routes;
mod settings;
mod stop;
mod wire;
mod work;

/// Connections that are still open so long after the signal to stop are cut.
const DRAIN: Duration = Duration::from_secs(4);

/// Serves a searcher until SIGINT or SIGTERM, then lets open requests end.
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
/// `started` is told the address once connections are accepted.
///
/// # Errors
/// When the place cannot be listened on, or the system has no threads left.
pub fn serve(searcher: Arc<Searcher>, place: &Place, settings: Settings, started: impl FnOnce(&str)) -> Result<()> {
    let threads = settings.threads;
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(threads.clamp(1, 2)).enable_all().build()?;
    let outcome = runtime.block_on(async {
        let stop = stop::signal()?;
        let listener = Listener::bind(place).await?;
        let service = Service::start(Arc::clone(&searcher), settings)?;
        let keeper = Keeper::start(searcher, threads);
        started(&listener.address()?);
        listener.serve(router(service), stop, DRAIN).await;
        keeper.stop();
        Ok(())
    });
    // A request that outlasted the drain is computing on a thread that ends with the process.
    runtime.shutdown_timeout(Duration::from_millis(200));
    outcome
}
