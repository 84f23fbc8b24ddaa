//! Shutdown: waits for the first SIGINT or SIGTERM.

use std::io;

/// A future that completes at the first SIGINT or SIGTERM after this call.
pub(super) fn signal() -> io::Result<impl Future<Output = ()> + Send + 'static> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{self, SignalKind};
        let (mut interrupt, mut terminate) =
            (unix::signal(SignalKind::interrupt())?, unix::signal(SignalKind::terminate())?);
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
