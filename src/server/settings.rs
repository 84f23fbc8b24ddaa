//! The options of a service, with their defaults, and the token for writing.

use std::num::NonZeroU32;
use std::time::Duration;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::proxy::{BasePath, TrustedProxy};
use crate::error::{Error, Result};

/// Minimum length of a token, in characters.
const SHORTEST_TOKEN: usize = 16;
/// Minimum number of different characters of a token.
const FEWEST_CHARACTERS: usize = 6;

/// The settings of a service.
#[derive(Clone)]
pub struct Settings {
    /// Number of search threads.
    pub threads: usize,
    /// Capacity of the search queue, and of the queue of queries to embed. Further requests are rejected with 503.
    pub waiting: usize,
    /// The token that allows adding and deleting papers; without one, writing is disabled.
    pub token: Option<Token>,
    /// Host names of this service, besides `localhost` and any IP address. Requests for other hosts are rejected with 421,
    /// as protection against DNS rebinding.
    pub hosts: Vec<String>,
    /// Origins whose pages may read responses and, with the token, write; `*` allows all.
    pub cors: Vec<String>,
    /// The path that clients see the service below.
    pub base_path: BasePath,
    /// The proxies whose `X-Forwarded-*` headers are trusted.
    pub trusted_proxies: Vec<TrustedProxy>,
    /// Requests a second that one client may send to the API.
    pub rate_limit: Option<NonZeroU32>,
    /// Time limit for a request; a request that exceeds it is rejected with 503.
    pub deadline: Duration,
    /// Sample 1 in N searches and repeat it without the graph, to measure recall; 0 disables sampling.
    pub recall_share: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            threads: 2,
            waiting: 256,
            token: None,
            hosts: Vec::new(),
            cors: Vec::new(),
            base_path: BasePath::default(),
            trusted_proxies: Vec::new(),
            rate_limit: None,
            deadline: Duration::from_mins(1),
            recall_share: 100,
        }
    }
}

/// A secret that allows writing. Only its SHA-256 digest is kept in memory.
#[derive(Clone)]
pub struct Token([u8; 32]);

impl Token {
    /// Reads a token; white space around it is removed.
    ///
    /// # Errors
    /// [`Error::BadToken`] when it is too short, or has characters that are not valid in a header.
    pub fn new(text: &str) -> Result<Self> {
        let text = text.trim();
        let bad = |reason: String| Err(Error::BadToken { reason });
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return bad("it has a space or another character that is not printable ASCII".to_owned());
        }
        if text.len() < SHORTEST_TOKEN {
            return bad(format!("it has {} characters, but at least {SHORTEST_TOKEN} are required", text.len()));
        }
        let mut characters: Vec<u8> = text.bytes().collect();
        characters.sort_unstable();
        characters.dedup();
        if characters.len() < FEWEST_CHARACTERS {
            return bad(format!(
                "it has {} different characters, but at least {FEWEST_CHARACTERS} are required",
                characters.len()
            ));
        }
        Ok(Self(Sha256::digest(text).into()))
    }

    /// Whether a text is this token, compared in constant time.
    #[must_use]
    pub fn is(&self, text: &str) -> bool {
        let digest: [u8; 32] = Sha256::digest(text).into();
        self.0.ct_eq(&digest).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_that_are_short_or_not_printable_are_rejected() {
        let token = Token::new(" 0123456789abcdef\n").unwrap();
        assert!(token.is("0123456789abcdef"));
        assert!(!token.is("0123456789abcdeF") && !token.is("") && !token.is("0123456789abcdef "));
        for bad in ["", "short", "0123456789 abcdef", "0123456789abcdé", "aaaaaaaaaaaaaaaa"] {
            assert!(matches!(Token::new(bad), Err(Error::BadToken { .. })), "{bad}");
        }
    }
}
