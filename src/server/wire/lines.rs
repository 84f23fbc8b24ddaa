//! Which lines are in a body that never ends? As they come, and none longer than a line may be.

use std::time::Duration;

use axum::BoxError;
use axum::body::Bytes;
use futures_util::{Stream, StreamExt};

use crate::lines::{LineCutter, RawLine, TooLong};

/// A paper is a few kilobytes; a longer line is told, and left out.
const LONGEST: usize = 1 << 20;
/// A client that sends nothing for so long has gone.
const SILENCE: Duration = Duration::from_secs(60);

/// A line without its end, or why it cannot be used; with its number, from 1.
pub(crate) type Line = (u64, Result<String, String>);

/// What came.
pub(crate) enum Next {
    Line(Line),
    /// Nothing for the while that was waited.
    Nothing,
    End,
    /// The body broke off, and why.
    Broken(String),
}

/// Cuts a body into lines.
pub(crate) struct Lines<S> {
    body: S,
    cutter: LineCutter,
    ended: bool,
    /// Why nothing more will come.
    broken: Option<String>,
}

impl<S, E> Lines<S>
where
    S: Stream<Item = Result<Bytes, E>> + Unpin,
    E: Into<BoxError>,
{
    /// Nothing is read yet.
    pub fn new(body: S) -> Self {
        Self { body, cutter: LineCutter::new(LONGEST), ended: false, broken: None }
    }

    /// Waits for the first bytes. A client that asked whether it may send them (`Expect: 100-continue`) is told so when they are
    /// waited for, if it has not been answered before.
    pub async fn begin(&mut self) {
        // That nothing came is told when it is waited for again.
        self.wait(SILENCE).await;
    }

    /// Waits for more of the body, or its end; whether that came within this time.
    async fn wait(&mut self, patience: Duration) -> bool {
        match tokio::time::timeout(patience, self.body.next()).await {
            Ok(Some(Ok(bytes))) => self.cutter.push(&bytes),
            Ok(Some(Err(error))) => self.broken = Some(format!("the body broke off: {}", error.into())),
            Ok(None) => self.ended = true,
            Err(_) => return false,
        }
        true
    }

    /// The next line that is not empty, if one comes within this time.
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
            if !self.wait(patience.unwrap_or(SILENCE)).await {
                return match patience {
                    Some(_) => Next::Nothing,
                    None => Next::Broken(format!("nothing came for {} s", SILENCE.as_secs())),
                };
            }
        }
    }

    /// The next whole line of what has come; the last one needs no end.
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

    /// The lines of a body that comes in these pieces.
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
        fn lines_are_the_same_however_they_come(text in "[a\n é]{0,60}", places in proptest::collection::vec(0..200_usize, 0..6)) {
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
    fn a_line_that_is_too_long_is_left_out_and_counted() {
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
