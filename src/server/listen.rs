//! Listening on a TCP or Unix socket, with timeouts for headers and for clients that do not read, and graceful shutdown of
//! connections.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
#[cfg(unix)]
use tokio::net::UnixListener;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_io_timeout::TimeoutStream;
use tower::ServiceExt;

use crate::error::{Error, Result};

/// Timeout for the headers of a request, counted from the end of the previous request.
const HEADERS_WITHIN: Duration = Duration::from_secs(30);
/// Time after which a connection is closed whose client does not read.
const WRITTEN_WITHIN: Duration = Duration::from_secs(30);
/// Maximum size of the headers. An address has up to 64 KiB; longer queries, of up to 20,000 characters, are sent by POST.
const LARGEST_HEADERS: usize = 128 << 10;
/// Open connections at a time; further ones wait in the system's backlog.
const MOST_CONNECTIONS: usize = 1_024;
/// Pause after `accept` fails, usually because no file descriptor is left.
const PAUSE: Duration = Duration::from_millis(200);

/// Where to listen.
#[derive(Debug, Clone)]
pub enum Place {
    /// An IP address and port; port 0 selects a free one.
    Address(SocketAddr),
    /// The path of a Unix socket, which is created.
    Socket(PathBuf),
}

/// The client of a connection.
#[derive(Debug, Clone, Copy)]
pub(super) struct Peer(Option<SocketAddr>);

impl Peer {
    /// The client's IP address; `None` for a Unix socket.
    pub fn address(&self) -> Option<IpAddr> {
        self.0.map(|address| address.ip())
    }
}

/// A listening socket.
pub(super) enum Listener {
    Tcp(TcpListener),
    #[cfg(unix)]
    Unix(UnixListener, PathBuf),
}

impl Listener {
    /// Starts to listen. Clients can connect, and wait until [`Listener::serve`] runs.
    pub async fn bind(place: &Place) -> Result<Self> {
        match place {
            Place::Address(address) => match TcpListener::bind(address).await {
                Ok(listener) => Ok(Self::Tcp(listener)),
                Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
                    Err(Error::AddressInUse { address: address.to_string() })
                }
                Err(error) => Err(cannot_listen(&address.to_string(), &error)),
            },
            #[cfg(unix)]
            Place::Socket(path) => bind_socket(path),
            #[cfg(not(unix))]
            Place::Socket(path) => Err(cannot_listen(&path.display().to_string(), &io::ErrorKind::Unsupported.into())),
        }
    }

    /// The address of the service below its base path, as a URL.
    pub fn address(&self, base: &str) -> io::Result<String> {
        match self {
            Self::Tcp(listener) => Ok(format!("http://{}{base}/", listener.local_addr()?)),
            #[cfg(unix)]
            Self::Unix(_, path) => Ok(format!("unix:{}", path.display())),
        }
    }

    /// Serves until `stop` completes, then waits up to `drain` for open requests.
    pub async fn serve(self, router: Router, stop: impl Future<Output = ()>, drain: Duration) {
        let connections = GracefulShutdown::new();
        let room = Arc::new(Semaphore::new(MOST_CONNECTIONS));
        tokio::pin!(stop);
        loop {
            let accepted = async {
                // The semaphore is never closed.
                let permit = Arc::clone(&room).acquire_owned().await.ok();
                (self.accept(&router, &connections).await, permit)
            };
            tokio::select! {
                () = &mut stop => break,
                (accepted, permit) = accepted => match accepted {
                    Ok(connection) => drop(tokio::spawn(connection(permit))),
                    Err(_) => tokio::time::sleep(PAUSE).await,
                },
            }
        }
        // New connections are refused from here on.
        self.close();
        // Connections that are still open after that are closed.
        let _ = tokio::time::timeout(drain, connections.shutdown()).await;
    }

    async fn accept(&self, router: &Router, connections: &GracefulShutdown) -> io::Result<Connect> {
        match self {
            Self::Tcp(listener) => {
                let (stream, peer) = listener.accept().await?;
                // A response is written in one piece, so Nagle's algorithm would only delay it.
                stream.set_nodelay(true)?;
                Ok(connection(stream, Peer(Some(peer)), router.clone(), connections.watcher()))
            }
            #[cfg(unix)]
            Self::Unix(listener, _) => {
                let (stream, _) = listener.accept().await?;
                Ok(connection(stream, Peer(None), router.clone(), connections.watcher()))
            }
        }
    }

    fn close(self) {
        #[cfg(unix)]
        if let Self::Unix(_, path) = &self {
            // The file may have been deleted already.
            let _ = fs_err::remove_file(path);
        }
    }
}

type Served = std::pin::Pin<Box<dyn Future<Output = ()> + Send>>;
type Connect = Box<dyn FnOnce(Option<OwnedSemaphorePermit>) -> Served + Send>;

/// Serves one connection, and releases its permit at the end.
fn connection<S>(stream: S, peer: Peer, router: Router, watcher: Watcher) -> Connect
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    Box::new(move |permit| {
        Box::pin(async move {
            let service = service_fn(move |request: Request<Incoming>| {
                let mut request = request.map(Body::new);
                request.extensions_mut().insert(peer);
                router.clone().oneshot(request)
            });
            let mut stream = TimeoutStream::new(stream);
            stream.set_write_timeout(Some(WRITTEN_WITHIN));
            let served = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEADERS_WITHIN)
                .max_buf_size(LARGEST_HEADERS)
                .serve_connection(TokioIo::new(Box::pin(stream)), service);
            // A client that disconnects early or does not send HTTP is not an error of the service.
            if let Err(error) = watcher.watch(served).await {
                tracing::debug!(%error, "connection closed with an error");
            }
            drop(permit);
        })
    })
}

/// Binds a Unix socket. A stale socket file of a killed process is replaced; one in use is an error.
#[cfg(unix)]
fn bind_socket(path: &Path) -> Result<Listener> {
    use std::os::unix::fs::FileTypeExt;
    let is_socket = fs_err::symlink_metadata(path).is_ok_and(|found| found.file_type().is_socket());
    if is_socket {
        match std::os::unix::net::UnixStream::connect(path) {
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => fs_err::remove_file(path)?,
            _ => return Err(Error::AddressInUse { address: path.display().to_string() }),
        }
    }
    let listener = UnixListener::bind(path).map_err(|error| cannot_listen(&path.display().to_string(), &error))?;
    Ok(Listener::Unix(listener, path.to_owned()))
}

fn cannot_listen(place: &str, error: &io::Error) -> Error {
    io::Error::new(error.kind(), format!("cannot listen on {place}: {error}")).into()
}
