//! Pagination: a cursor holds the start of a page and a digest of its query. It is opaque to clients.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use super::problem::Problem;
use crate::paper::PaperId;

/// Length of the digest of a query, in bytes.
const DIGEST: usize = 8;

/// The digest of the query that pages belong to.
pub(crate) struct Asked([u8; DIGEST]);

impl Asked {
    /// The digest of a text that contains everything the ranking depends on.
    pub fn new(query: &str) -> Self {
        let digest: [u8; 32] = Sha256::digest(query).into();
        let mut first = [0; DIGEST];
        first.copy_from_slice(&digest[..DIGEST]);
        Self(first)
    }

    /// The cursor of the page after the first `skip` hits.
    pub fn cursor(&self, skip: usize) -> String {
        self.written(&u32::try_from(skip).unwrap_or(u32::MAX).to_le_bytes())
    }

    /// The cursor of the page after a paper.
    pub fn cursor_behind(&self, id: &PaperId) -> String {
        self.written(id.as_str().as_bytes())
    }

    /// The number of hits before the page of a cursor.
    pub fn skip(&self, cursor: &str) -> Result<usize, Problem> {
        let place: Option<[u8; 4]> = self.read(cursor)?.try_into().ok();
        place.map(|place| u32::from_le_bytes(place) as usize).ok_or_else(|| foreign(cursor))
    }

    /// The last paper before the page of a cursor.
    pub fn id(&self, cursor: &str) -> Result<PaperId, Problem> {
        let id = String::from_utf8(self.read(cursor)?).ok();
        id.and_then(|id| PaperId::parse(&id)).ok_or_else(|| foreign(cursor))
    }

    fn written(&self, place: &[u8]) -> String {
        URL_SAFE_NO_PAD.encode([&self.0, place].concat())
    }

    fn read(&self, cursor: &str) -> Result<Vec<u8>, Problem> {
        let bytes = URL_SAFE_NO_PAD.decode(cursor).ok();
        let Some((query, place)) = bytes.as_deref().and_then(|bytes| bytes.split_first_chunk::<DIGEST>()) else {
            return Err(foreign(cursor));
        };
        if *query != self.0 {
            let problem = Problem::bad_request("`cursor` belongs to another query");
            return Err(problem.hint(
                "request the next page with the parameters of the first; only `k`, `fields` and `highlight` may differ",
            ));
        }
        Ok(place.to_vec())
    }
}

fn foreign(cursor: &str) -> Problem {
    let problem = Problem::bad_request(format!("`cursor` is invalid: `{cursor}`"));
    problem.hint("use the value of `next` from the previous page")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_cursor_round_trips_its_offset(query: String, skip in 0..u32::MAX as usize) {
            let asked = Asked::new(&query);
            prop_assert_eq!(asked.skip(&asked.cursor(skip)).ok(), Some(skip));
            let another = Asked::new(&format!("{query}!"));
            prop_assert!(another.skip(&asked.cursor(skip)).is_err());
        }

        #[test]
        fn a_cursor_round_trips_its_paper(number in 0..100_000_u32) {
            let (asked, id) = (Asked::new("x"), PaperId::of_title(&number.to_string()));
            prop_assert_eq!(asked.id(&asked.cursor_behind(&id)).ok(), Some(id));
            prop_assert!(asked.skip(&asked.cursor_behind(&PaperId::of_title("x"))).is_err());
        }

        #[test]
        fn any_other_text_is_refused(text: String) {
            prop_assert!(Asked::new("x").skip(&text).is_err());
        }
    }
}
