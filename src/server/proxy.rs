//! Reverse proxies in front of the service: the prefix that they serve it below, and which of them are trusted.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;

/// The path that clients see the service below, for example `/papers`; empty at the root of a host.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BasePath(String);

impl BasePath {
    /// The path of a request without the base path. Another path remains as it is, because proxies may remove the prefix; so does
    /// the base path without a slash after it.
    pub(super) fn stripped<'a>(&self, path: &'a str) -> &'a str {
        path.strip_prefix(&self.0).filter(|rest| rest.starts_with('/')).unwrap_or(path)
    }

    /// Whether a path is the base path without a slash after it.
    pub(super) fn is(&self, path: &str) -> bool {
        !self.is_root() && path == self.0
    }

    /// Whether the service is at the root of its host.
    pub(super) fn is_root(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromStr for BasePath {
    type Err = String;

    /// Reads a path such as `/papers`. A slash at its end is removed, one at its start is added.
    fn from_str(text: &str) -> Result<Self, String> {
        let path = text.trim_matches('/');
        let is_plain = |part: &str| {
            !matches!(part, "" | "." | "..")
                && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
        };
        match path {
            "" => Ok(Self::default()),
            path if path.split('/').all(is_plain) => Ok(Self(format!("/{path}"))),
            _ => Err(format!(
                "expected a path such as `/papers`, of ASCII letters, digits and `-._~` between slashes; found `{text}`"
            )),
        }
    }
}

impl fmt::Display for BasePath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// An IP address; one of version 6 may be in brackets.
pub(super) fn ip_address(text: &str) -> Option<IpAddr> {
    text.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

/// A proxy whose `X-Forwarded-*` headers are trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrustedProxy {
    /// Proxies with an IP address in this network.
    Network(IpNet),
    /// Every client of the Unix socket.
    UnixSocket,
}

impl TrustedProxy {
    /// Whether this is the proxy with this address; `None` is the address of a client of the Unix socket.
    pub(super) fn is(self, address: Option<IpAddr>) -> bool {
        match (self, address) {
            (Self::Network(network), Some(address)) => network.contains(&address.to_canonical()),
            (Self::UnixSocket, None) => true,
            _ => false,
        }
    }
}

impl FromStr for TrustedProxy {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "unix" {
            return Ok(Self::UnixSocket);
        }
        let address = ip_address(text).map(|address| IpNet::from(address.to_canonical()));
        address.or_else(|| text.parse().ok()).map(Self::Network).ok_or_else(|| {
            format!(
                "expected an IP address, a network such as `10.0.0.0/8`, or `unix` for the Unix socket; found `{text}`"
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_path_is_removed_from_paths_below_it() {
        let base: BasePath = "papers/".parse().unwrap();
        assert_eq!(base.to_string(), "/papers");
        for (path, wanted) in [
            ("/papers", "/papers"),
            ("/papers/", "/"),
            ("/papers/api/v1/papers/a%2Fb", "/api/v1/papers/a%2Fb"),
            ("/papers2/map", "/papers2/map"),
            ("/map", "/map"),
            ("*", "*"),
        ] {
            assert_eq!(base.stripped(path), wanted, "{path}");
        }
        let root: BasePath = "/".parse().unwrap();
        assert!(root.is_root());
        assert_eq!((root.stripped("/map"), root.stripped("")), ("/map", ""));
        assert!(base.is("/papers") && !base.is("/papers/") && !root.is(""));
    }

    #[test]
    fn a_base_path_has_plain_segments() {
        for path in ["/a/b-c", "~user/papers"] {
            assert!(path.parse::<BasePath>().is_ok(), "{path}");
        }
        for path in ["/a//b", "/a b", "/a/../b", "https://example.org/a", "/a?b", "/ä", "/{a}", "."] {
            assert!(path.parse::<BasePath>().unwrap_err().contains(path), "{path}");
        }
    }

    #[test]
    fn trusted_proxies_are_addresses_networks_or_the_unix_socket() {
        let is = |proxy: &str, address: &str| {
            proxy.parse::<TrustedProxy>().unwrap().is((!address.is_empty()).then(|| address.parse().unwrap()))
        };
        for (proxy, address) in [
            ("127.0.0.1", "127.0.0.1"),
            ("127.0.0.1", "::ffff:127.0.0.1"),
            ("::ffff:127.0.0.1", "127.0.0.1"),
            ("10.0.0.0/8", "10.9.8.7"),
            ("fd00::/8", "fd00::1"),
            ("unix", ""),
        ] {
            assert!(is(proxy, address), "{proxy} {address}");
        }
        for (proxy, address) in
            [("127.0.0.1", "127.0.0.2"), ("10.0.0.0/8", "11.0.0.1"), ("unix", "127.0.0.1"), ("::1", "")]
        {
            assert!(!is(proxy, address), "{proxy} {address}");
        }
        for bad in ["", "localhost", "10.0.0.0/33", "127.0.0.1:80", "*"] {
            assert!(bad.parse::<TrustedProxy>().is_err(), "{bad}");
        }
    }
}
