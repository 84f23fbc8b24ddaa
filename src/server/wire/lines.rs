//! The lines of a streamed request body, as they arrive, up to a maximum length.

use std::time::Duration;

use axum::BoxError;
use axum::body::Bytes;
use futures_util::{Stream, StreamExt};

use crate::lines::{LineCutter, RawLine, TooLong};

/// Maximum length of a line, in bytes. A paper has a few kilobytes; a longer line is refused and skipped.
const LONGEST: usize = 1 << 20;
/// Maximum time without data; after it the connection counts as lost.
const SILENCE: Duration = Duration::from_mins(1);

/// The number of a line, from 1, with its text without the line feed, or the reason why it is refused.
pub(crate) type Line = (u64, Result<String, String>);

/// The next event of a body.
pub(crate) enum Next {
    Line(Line),
    /// No line arrived in time.
    Nothing,
    End,
    /// The body ended early, with the reason.
    Broken(String),
}

/// Splits a body into lines.
pub(crate) struct Lines<S> {
    body: S,
    cutter: LineCutter,
    ended: bool,
    /// The reason why the body ended early.
    broken: Option<String>,
}

impl<S, E> Lines<S>
where
    S: Stream<Item = Result<Bytes, E>> + Unpin,
    E: Into<BoxError>,
{
    /// Takes a body without reading from it.
    pub fn new(body: S) -> Self {
        Self { body, cutter: LineCutter::new(LONGEST), ended: false, broken: None }
    }

    /// Waits for the first bytes. Polling the body makes the server send `100 Continue` to a client that expects it, which
    /// must happen before the response starts.
    pub async fn begin(&mut self) {
        // A timeout is reported by the next call to `next`.
        self.wait(SILENCE).await;
    }

    /// Waits for more of the body or its end; `false` if neither arrives in time.
    async fn wait(&mut self, patience: Duration) -> bool {
        match tokio::time::timeout(patience, self.body.next()).await {
            Ok(Some(Ok(bytes))) => self.cutter.push(&bytes),
            Ok(Some(Err(error))) => self.broken = Some(format!("the body ended early: {}", error.into())),
            Ok(None) => self.ended = true,
            Err(_) => return false,
        }
        true
    }

    /// The next line that is not empty, if one arrives within `patience`.
    pub async fn next(&mut self, patience: Option<Duration>) -> Next {
        loop {
            while let Some(line) = self.cut() {
                if !matches!(&line.1, Ok(text) if text.trim().is_empty()) {
                    return Next::Line(line);
                }
            }
            if let Some(reason) = self.broken.take() {
                return Next::Broken(reason);
            }
            if self.ended {
                return Next::End;
            }
            // A decompressed body may always be ready; other requests have their turn.
            tokio::task::yield_now().await;
            if !self.wait(patience.unwrap_or(SILENCE)).await {
                return match patience {
                    Some(_) => Next::Nothing,
                    None => Next::Broken(format!("no data was received for {} s", SILENCE.as_secs())),
                };
            }
        }
    }

    /// The next complete line of the received data; the last line needs no line feed.
    fn cut(&mut self) -> Option<Line> {
        let RawLine { number, bytes } = match self.cutter.next() {
            None if self.ended => self.cutter.rest()?,
            line => line?,
        };
        let line = match bytes {
            Ok(bytes) => String::from_utf8(bytes).map_err(|_| "the line is not UTF-8".to_owned()),
            Err(TooLong) => Err(format!("the line is longer than {} KiB", LONGEST >> 10)),
        };
        Some((number, line))
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use futures_util::stream;
    use proptest::prelude::*;

    use super::*;

    /// The lines of a body that arrives in these pieces.
    fn lines(pieces: &[&[u8]]) -> Vec<Line> {
        let pieces: Vec<_> = pieces.iter().map(|piece| Ok::<_, Infallible>(Bytes::copy_from_slice(piece))).collect();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let mut lines = Lines::new(stream::iter(pieces));
            let mut found = Vec::new();
            while let Next::Line(line) = lines.next(None).await {
                found.push(line);
            }
            found
        })
    }

    proptest! {
        #[test]
        fn lines_do_not_depend_on_the_pieces_of_the_body(text in "[a\n é]{0,60}", places in proptest::collection::vec(0..200_usize, 0..6)) {
            let mut places: Vec<usize> = places.into_iter().map(|place| place.min(text.len())).collect();
            places.sort_unstable();
            let bounds: Vec<usize> = [vec![0], places, vec![text.len()]].concat();
            let pieces: Vec<&[u8]> = bounds.windows(2).map(|two| &text.as_bytes()[two[0]..two[1]]).collect();
            let wanted: Vec<Line> = (1..).zip(text.split('\n').map(|line| Ok(line.to_owned())))
                .filter(|(_, line): &Line| !line.as_ref().unwrap().trim().is_empty()).collect();
            prop_assert_eq!(lines(&pieces), wanted);
        }
    }

    #[test]
    fn a_line_that_is_too_long_is_refused_and_counted() {
        let long = vec![b'x'; LONGEST / 2 + 1];
        let found = lines(&[b"a\n", &long, &long, &long, b"\nb\n\xff\n", &long]);
        assert_eq!(found.len(), 5);
        assert_eq!(found[0], (1, Ok("a".to_owned())));
        assert!(found[1].0 == 2 && found[1].1.as_ref().unwrap_err().contains("longer than 1024 KiB"));
        assert_eq!(found[2], (3, Ok("b".to_owned())));
        assert!(found[3].0 == 4 && found[3].1.as_ref().unwrap_err().contains("UTF-8"));
        assert!(found[4].0 == 5 && found[4].1.is_ok());
    }
}
