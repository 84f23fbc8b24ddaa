//! How does a browser or a program ask? An HTTP service: the page at `/`, the API below `/api/v1`.
//!
//! Handlers only translate. The model and the index run on threads of their own behind a bounded queue, so that
//! `/healthz` always answers.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::error::Result;
use crate::search::Searcher;

pub use router::router;
pub use workers::Workers;

mod facets;
mod graph_keeper;
#[allow(dead_code)] // until searches offer their questions
mod live_recall;
mod map;
mod page;
mod papers;
mod problem;
mod request;
mod router;
mod search;
mod workers;

/// Connections that are still open so long after the signal to stop are cut.
const DRAIN: Duration = Duration::from_secs(4);

/// Serves a searcher until SIGINT or SIGTERM, then lets open requests end.
///
/// `started` is told the address once connections are accepted.
///
/// # Errors
/// When the address cannot be listened on.
pub fn serve(
    searcher: Arc<Searcher>,
    address: SocketAddr,
    threads: usize,
    started: impl FnOnce(SocketAddr),
) -> Result<()> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(threads.clamp(1, 2)).enable_all().build()?;
    let keeper = graph_keeper::Keeper::start(Arc::clone(&searcher), threads);
    let outcome = runtime.block_on(async {
        let stop = stop_signal()?;
        let listener = TcpListener::bind(address)
            .await
            .map_err(|error| io::Error::new(error.kind(), format!("cannot listen on {address}: {error}")))?;
        started(listener.local_addr()?);
        run(listener, searcher, threads, stop).await
    });
    keeper.stop();
    // A request that outlasted the drain is computing on a thread that ends with the process.
    runtime.shutdown_timeout(Duration::from_millis(200));
    Ok(outcome?)
}

/// Serves on a listener until `stop` is over, and at most [`DRAIN`] longer.
async fn run(
    listener: TcpListener,
    searcher: Arc<Searcher>,
    threads: usize,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let (sender, mut stopped) = watch::channel(false);
    let signal = async move {
        stop.await;
        // Nobody is left to be told when the server has ended before.
        let _ = sender.send(true);
    };
    let workers = Workers::start(searcher, threads);
    let serving = axum::serve(listener, router(workers)).with_graceful_shutdown(signal);
    let cut = async {
        // An error means that the sender has gone, and with it the server.
        let _ = stopped.wait_for(|stopped| *stopped).await;
        tokio::time::sleep(DRAIN).await;
    };
    tokio::select! {
        served = serving => served,
        () = cut => Ok(()),
    }
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
