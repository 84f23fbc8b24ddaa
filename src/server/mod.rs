//! How does a browser or a program ask? An HTTP service: the page at `/`, the API below `/api/v1`.
//!
//! Handlers only translate. The model and the index run on threads of their own behind bounded queues, so that
//! `/healthz` always answers.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use crate::error::Result;
use crate::search::Searcher;

use listen::Listener;
pub use listen::Place;
pub use router::router;
pub use routes::mcp::serve_stdio;
pub use settings::{Settings, Token};
use work::graph_keeper;
pub use work::service::Service;

mod listen;
mod middleware;
mod page;
mod router;
mod routes;
mod settings;
mod wire;
mod work;

/// Connections that are still open so long after the signal to stop are cut.
const DRAIN: Duration = Duration::from_secs(4);

/// Serves a searcher until SIGINT or SIGTERM, then lets open requests end.
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
        let stop = stop_signal()?;
        let listener = Listener::bind(place).await?;
        let service = Service::start(Arc::clone(&searcher), settings)?;
        let keeper = graph_keeper::Keeper::start(searcher, threads);
        started(&listener.address()?);
        listener.serve(router(service), stop, DRAIN).await;
        keeper.stop();
        Ok(())
    });
    // A request that outlasted the drain is computing on a thread that ends with the process.
    runtime.shutdown_timeout(Duration::from_millis(200));
    outcome
}

/// Starts a thread of the service.
fn spawn(name: String, work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    std::thread::Builder::new().name(name).spawn(work).map(drop)
}

/// Lets other threads go before this one, and before those that it starts, where a thread has a priority of its own: by so much
/// niceness, from 0 to 19, the last in line.
fn step_back(niceness: i32) {
    #[cfg(target_os = "linux")]
    {
        // Linux takes no process for the thread that asks. Where it is refused, the thread works as any other does.
        let _ = rustix::process::setpriority_process(None, niceness);
    }
    #[cfg(not(target_os = "linux"))]
    let _ = niceness;
}

/// Ends with the first SIGINT or SIGTERM from now on.
fn stop_signal() -> io::Result<impl Future<Output = ()> + Send + 'static> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        Ok(async move {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        })
    }
    #[cfg(not(unix))]
    {
        Ok(async {
            if tokio::signal::ctrl_c().await.is_err() {
                std::future::pending::<()>().await;
            }
        })
    }
}
