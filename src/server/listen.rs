//! Where do clients come in? A TCP or Unix socket; each connection has time for its headers, and an end when the service stops.

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
use tower::ServiceExt;

use crate::error::{Error, Result};

/// Time for the headers of a request, from the end of the one before.
const HEADERS_WITHIN: Duration = Duration::from_secs(30);
/// A question has 2,000 characters at most, up to twelve bytes each in an address.
const LARGEST_HEADERS: usize = 64 << 10;
/// Connections at once; further ones wait in the system's queue.
const MOST_CONNECTIONS: usize = 1_024;
/// After an error of accepting, which is a want of file handles.
const PAUSE: Duration = Duration::from_millis(200);

/// Where to listen.
#[derive(Debug, Clone)]
pub enum Place {
    /// An address; port 0 takes a free one.
    Address(SocketAddr),
    /// A file that becomes a Unix socket.
    Socket(PathBuf),
}

/// Who is at the other end.
#[derive(Debug, Clone, Copy)]
pub(super) struct Peer(Option<SocketAddr>);

impl Peer {
    /// Its IP address; none behind a Unix socket.
    pub fn address(&self) -> Option<IpAddr> {
        self.0.map(|address| address.ip())
    }
}

/// A socket that is listened on.
pub(super) enum Listener {
    Tcp(TcpListener),
    #[cfg(unix)]
    Unix(UnixListener, PathBuf),
}

impl Listener {
    /// Begins to listen; clients wait until they are served.
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

    /// Where it listens, as a client would write it.
    pub fn address(&self) -> io::Result<String> {
        match self {
            Self::Tcp(listener) => Ok(format!("http://{}/", listener.local_addr()?)),
            #[cfg(unix)]
            Self::Unix(_, path) => Ok(format!("unix:{}", path.display())),
        }
    }

    /// Serves until `stop` is over; then what was begun may end within `drain`.
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
        // Nobody can connect any more.
        self.close();
        // What is not over by then is cut.
        let _ = tokio::time::timeout(drain, connections.shutdown()).await;
    }

    async fn accept(&self, router: &Router, connections: &GracefulShutdown) -> io::Result<Connect> {
        match self {
            Self::Tcp(listener) => {
                let (stream, peer) = listener.accept().await?;
                // Answers are written whole.
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
            // Somebody else may have taken it away.
            let _ = fs_err::remove_file(path);
        }
    }
}

type Served = std::pin::Pin<Box<dyn Future<Output = ()> + Send>>;
type Connect = Box<dyn FnOnce(Option<OwnedSemaphorePermit>) -> Served + Send>;

/// The serving of one connection, which gives its place back at its end.
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
            let served = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEADERS_WITHIN)
                .max_buf_size(LARGEST_HEADERS)
                .serve_connection(TokioIo::new(stream), service);
            // A client that breaks off, or speaks no HTTP, is no concern of ours.
            if let Err(error) = watcher.watch(served).await {
                tracing::debug!(%error, "a connection broke off");
            }
            drop(permit);
        })
    })
}

/// A socket that a process left behind when it was killed is in nobody's use, and is replaced.
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
