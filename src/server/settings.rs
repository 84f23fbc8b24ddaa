//! How shall the service behave? What its user may choose, with what is chosen where nothing is said.

use std::num::NonZeroU32;
use std::time::Duration;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::error::{Error, Result};

/// A token shorter than this could be guessed.
const SHORTEST_TOKEN: usize = 16;

/// The settings of a service.
#[derive(Clone)]
pub struct Settings {
    /// Threads that search.
    pub threads: usize,
    /// Requests that may wait for them, and as many questions for the model; further ones are refused.
    pub waiting: usize,
    /// Who has it may add and remove papers; without one nobody may.
    pub token: Option<Token>,
    /// Names of this service, beside `localhost` and any IP address. A request for another name is refused: its sender has been
    /// led here by a foreign page (DNS rebinding).
    pub hosts: Vec<String>,
    /// Origins whose pages may read answers and, with the token, write; `*` for all.
    pub cors: Vec<String>,
    /// Requests that one client may make in a second.
    pub rate_limit: Option<NonZeroU32>,
    /// A question that is not answered by then is given up.
    pub deadline: Duration,
    /// One of so many questions is searched for again without the graph, to know how many papers the graph finds.
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
            rate_limit: None,
            deadline: Duration::from_secs(60),
            recall_share: 100,
        }
    }
}

/// A secret that allows writing; only its digest is kept.
#[derive(Clone)]
pub struct Token([u8; 32]);

impl Token {
    /// A token, without white space around it.
    ///
    /// # Errors
    /// [`Error::BadToken`] when it is short, or has characters that cannot stand in a header.
    pub fn new(text: &str) -> Result<Self> {
        let text = text.trim();
        let bad = |reason: String| Err(Error::BadToken { reason });
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return bad("it has a space or another character that is not printable ASCII".to_owned());
        }
        if text.len() < SHORTEST_TOKEN {
            return bad(format!("it has {} characters, but {SHORTEST_TOKEN} are the least", text.len()));
        }
        Ok(Self(Sha256::digest(text).into()))
    }

    /// Whether a text is this token. Neither its length nor its characters can be learned from the time that takes.
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
    fn a_token_is_long_and_printable() {
        let token = Token::new(" 0123456789abcdef\n").unwrap();
        assert!(token.is("0123456789abcdef"));
        assert!(!token.is("0123456789abcdeF") && !token.is("") && !token.is("0123456789abcdef "));
        for bad in ["", "short", "0123456789 abcdef", "0123456789abcdé"] {
            assert!(matches!(Token::new(bad), Err(Error::BadToken { .. })), "{bad}");
        }
    }
}
