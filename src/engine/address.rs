//! Where is a collection? In a folder, or on a server that `scheme://…` names.

use std::fmt;
use std::net::Ipv6Addr;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::error::{Error, Result};

/// The place of a collection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// A folder on this machine.
    Folder(PathBuf),
    /// A server.
    Server(ServerAddress),
}

/// The address of a server: `SCHEME://[TOKEN@]HOST[:PORT][/DATABASE][?index=INDEX]`. It is printed without its token and index.
#[derive(Clone, PartialEq, Eq)]
pub struct ServerAddress {
    scheme: &'static Scheme,
    token: Option<String>,
    /// An IPv6 address is in brackets.
    host: String,
    port: u16,
    database: Option<String>,
    index: VectorIndex,
}

/// The index that a server makes for the vectors of a new collection.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum VectorIndex {
    /// A graph in memory.
    #[default]
    Hnsw,
    /// A graph on disk, for more vectors than memory.
    DiskAnn,
}

/// What a server says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ServerFacts {
    /// Its address, without the token.
    pub address: String,
    /// The version of its program.
    pub version: String,
}

/// What a scheme means.
#[derive(Debug, PartialEq, Eq)]
struct Scheme {
    name: &'static str,
    /// The name of the server's program.
    program: &'static str,
    /// The feature of Cargo that it needs.
    feature: &'static str,
    has_tls: bool,
    port: u16,
}

const SCHEMES: [Scheme; 2] = [
    Scheme { name: "milvus", program: "Milvus", feature: "milvus", has_tls: false, port: 19_530 },
    Scheme { name: "milvus+tls", program: "Milvus", feature: "milvus", has_tls: true, port: 19_530 },
];

/// The database that a server uses if none is named.
const DATABASE: &str = "default";
/// The longest name of a database.
const LONGEST_NAME: usize = 255;

impl Address {
    /// Reads the place of a collection: a text with `scheme://` is a server, anything else the path of a folder.
    ///
    /// ```
    /// use std::path::Path;
    /// use paperkin::engine::Address;
    /// assert_eq!(Address::parse(Path::new("index"))?, Address::Folder("index".into()));
    /// let server = Address::parse(Path::new("milvus://secret@example.org/papers"))?;
    /// assert_eq!(server.to_string(), "milvus://example.org:19530/papers");
    /// # Ok::<(), paperkin::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::BadAddress`].
    pub fn parse(given: &Path) -> Result<Self> {
        let parts = given.to_str().and_then(|text| text.split_once("://")).filter(|(scheme, _)| is_scheme(scheme));
        match parts {
            None => Ok(Self::Folder(given.to_owned())),
            Some((scheme, rest)) => ServerAddress::parse(scheme, rest).map(Self::Server),
        }
    }

    /// The folder, for work that needs one: `what` is its name, and `instead` says what to do for a server.
    ///
    /// # Errors
    /// [`Error::OnlyInFolder`].
    pub fn folder(&self, what: &'static str, instead: &'static str) -> Result<&Path> {
        match self {
            Self::Folder(dir) => Ok(dir),
            Self::Server(server) => Err(Error::OnlyInFolder { what, store: server.to_string(), instead }),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(dir) => dir.display().fmt(f),
            Self::Server(server) => server.fmt(f),
        }
    }
}

impl ServerAddress {
    fn parse(scheme: &str, rest: &str) -> Result<Self> {
        // A token may contain any character, but neither a host nor a database can contain `@`.
        let (token, place) = rest.rsplit_once('@').map_or((None, rest), |(token, place)| (Some(token), place));
        let bad = |reason: String| Error::BadAddress { address: format!("{scheme}://{place}"), reason };
        let known = SCHEMES.iter().find(|known| known.name.eq_ignore_ascii_case(scheme)).ok_or_else(|| {
            let known = SCHEMES.map(|known| format!("`{}`", known.name)).join(" or ");
            bad(format!("expected the scheme {known}, found `{scheme}`"))
        })?;
        if token.is_some_and(str::is_empty) {
            return Err(bad("expected a token before `@`, found none".to_owned()));
        }
        let (named, index) = match place.split_once('?') {
            Some((named, option)) => (
                named,
                VectorIndex::parse(option).ok_or_else(|| {
                    bad(format!("expected `?index=hnsw` or `?index=diskann` at its end, found `?{option}`"))
                })?,
            ),
            None => (place, VectorIndex::default()),
        };
        let (authority, database) = named.split_once('/').map_or((named, ""), |(authority, name)| (authority, name));
        let (host, port) = match authority.rsplit_once(':') {
            // A colon in brackets belongs to the host.
            Some((host, port)) if !port.contains(']') => {
                let number = port.parse().ok().filter(|port| *port > 0);
                let number = number.ok_or_else(|| bad(format!("expected a port from 1 to 65535, found `{port}`")))?;
                (host, number)
            }
            _ => (authority, known.port),
        };
        if !is_host(host) {
            return Err(bad(format!("expected the name of a host or an IP address, found `{host}`")));
        }
        if !database.is_empty() && !is_database(database) {
            return Err(bad(format!(
                "expected the name of a database of up to {LONGEST_NAME} letters, digits and `_`, not beginning with a \
                 digit, found `{database}`"
            )));
        }
        let database = (!database.is_empty()).then(|| database.to_owned());
        Ok(Self { scheme: known, token: token.map(str::to_owned), host: host.to_owned(), port, database, index })
    }

    /// The address as a URI of HTTP/2, which carries the protocol.
    #[must_use]
    pub fn uri(&self) -> String {
        format!("{}://{}:{}", if self.scheme.has_tls { "https" } else { "http" }, self.host, self.port)
    }

    /// Whether the connection is encrypted.
    #[must_use]
    pub fn has_tls(&self) -> bool {
        self.scheme.has_tls
    }

    /// The token, which is a secret: `USER:PASSWORD`, or a key.
    #[must_use]
    pub fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// The database, if it is not the server's default one.
    #[must_use]
    pub fn database(&self) -> Option<&str> {
        self.database.as_deref()
    }

    /// The index of the vectors of a collection that is created.
    #[must_use]
    pub fn index(&self) -> VectorIndex {
        self.index
    }

    /// The error of a build that cannot use this server.
    #[cfg(not(feature = "milvus"))]
    pub(super) fn not_built(&self) -> Error {
        let Scheme { program, feature, .. } = self.scheme;
        Error::ServerNotBuilt { address: self.to_string(), program, feature }
    }
}

impl VectorIndex {
    /// Reads the last part of an address.
    fn parse(option: &str) -> Option<Self> {
        match option {
            "index=hnsw" => Some(Self::Hnsw),
            "index=diskann" => Some(Self::DiskAnn),
            _ => None,
        }
    }
}

impl fmt::Display for ServerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { scheme, host, port, database, .. } = self;
        write!(f, "{}://{host}:{port}/{}", scheme.name, database.as_deref().unwrap_or(DATABASE))
    }
}

impl fmt::Debug for ServerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without the token.
        fmt::Display::fmt(self, f)
    }
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}

fn is_host(text: &str) -> bool {
    if let Some(address) = text.strip_prefix('[') {
        return address.strip_suffix(']').is_some_and(|address| address.parse::<Ipv6Addr>().is_ok());
    }
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

fn is_database(text: &str) -> bool {
    text.len() <= LONGEST_NAME
        && !text.starts_with(|c: char| c.is_ascii_digit())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(text: &str) -> ServerAddress {
        match Address::parse(Path::new(text)).unwrap() {
            Address::Server(server) => server,
            Address::Folder(_) => panic!("{text} is a folder"),
        }
    }

    #[test]
    fn what_has_no_scheme_is_a_folder() {
        for path in ["index", "/var/lib/papers", r"C:\papers", "a:b", "./milvus://x", "://x", "1st://x", "µ://x", ""] {
            assert_eq!(Address::parse(Path::new(path)).unwrap(), Address::Folder(path.into()), "{path}");
        }
    }

    #[test]
    fn addresses_of_servers_have_defaults() {
        for (text, shown, uri, token, database) in [
            ("milvus://db", "milvus://db:19530/default", "http://db:19530", None, None),
            ("Milvus://db:1/", "milvus://db:1/default", "http://db:1", None, None),
            (
                "milvus+tls://10.0.0.7/p_1",
                "milvus+tls://10.0.0.7:19530/p_1",
                "https://10.0.0.7:19530",
                None,
                Some("p_1"),
            ),
            ("milvus://[::1]:80/x", "milvus://[::1]:80/x", "http://[::1]:80", None, Some("x")),
            ("milvus://[::1]", "milvus://[::1]:19530/default", "http://[::1]:19530", None, None),
            ("milvus://root:a/b@c@db/x", "milvus://db:19530/x", "http://db:19530", Some("root:a/b@c"), Some("x")),
        ] {
            let read = server(text);
            assert_eq!((read.to_string().as_str(), read.uri().as_str()), (shown, uri));
            assert_eq!((read.token(), read.database(), read.has_tls()), (token, database, uri.starts_with("https")));
        }
    }

    #[test]
    fn the_index_of_a_new_collection_is_part_of_an_address() {
        for (text, wanted) in [
            ("milvus://db/x", VectorIndex::Hnsw),
            ("milvus://db?index=hnsw", VectorIndex::Hnsw),
            ("milvus://a?b@db:1/x?index=diskann", VectorIndex::DiskAnn),
        ] {
            let read = server(text);
            assert_eq!(read.index(), wanted, "{text}");
            assert!(!read.to_string().contains('?'), "the place is the same");
        }
    }

    #[test]
    fn bad_addresses_are_refused_without_their_token() {
        for (text, wanted) in [
            ("nosuch://secret@x", "expected the scheme `milvus` or `milvus+tls`, found `nosuch`"),
            ("milvus://secret@", "expected the name of a host or an IP address, found ``"),
            ("milvus://@db", "expected a token before `@`, found none"),
            ("milvus://secret@db:0", "expected a port from 1 to 65535, found `0`"),
            ("milvus://secret@db:65536/x", "found `65536`"),
            ("milvus://secret@db:/x", "found ``"),
            ("milvus://secret@::1", "found `:`"),
            ("milvus://secret@[::g]", "found `[::g]`"),
            ("milvus://secret@a b", "found `a b`"),
            ("milvus://secret@db/1st", "found `1st`"),
            ("milvus://secret@db/a/b", "found `a/b`"),
            ("milvus://secret@db/x?y", "expected `?index=hnsw` or `?index=diskann` at its end, found `?y`"),
            ("milvus://secret@db/x?index=flat", "found `?index=flat`"),
        ] {
            let error = Address::parse(Path::new(text)).unwrap_err().to_string();
            assert!(error.contains(wanted) && !error.contains("secret"), "{text}: {error}");
        }
    }

    #[test]
    fn tokens_are_never_shown() {
        let address = Address::parse(Path::new("milvus://secret@db/x")).unwrap();
        assert!(!format!("{address} {address:?}").contains("secret"));
        let refused = address.folder("the map", "export the papers").unwrap_err();
        assert_eq!(refused.to_string(), "the map needs a store in a folder, but `milvus://db:19530/x` is on a server");
    }
}
