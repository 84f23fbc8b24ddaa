//! Splits bytes that arrive in pieces into lines of a limited length.

/// A line without its line end.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct RawLine {
    /// The number of the line, from 1.
    pub number: u64,
    /// The bytes, or an error if the line exceeds the limit.
    pub bytes: Result<Vec<u8>, TooLong>,
}

/// The line exceeds the limit; its bytes were dropped.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TooLong;

/// Splits bytes into lines. The buffer holds at most one piece and one line.
pub(crate) struct LineCutter {
    /// Maximum number of bytes in a line.
    limit: usize,
    buffer: Vec<u8>,
    /// The start of the current line in the buffer, and the position up to which no line end was found.
    start: usize,
    searched: usize,
    number: u64,
    /// Whether the start of the current line was dropped.
    too_long: bool,
}

impl LineCutter {
    pub fn new(limit: usize) -> Self {
        Self { limit, buffer: Vec::new(), start: 0, searched: 0, number: 0, too_long: false }
    }

    /// Adds a piece.
    pub fn push(&mut self, piece: &[u8]) {
        // Moves the remaining bytes to the front once per piece, not once per line.
        self.buffer.drain(..self.start);
        self.searched -= self.start;
        self.start = 0;
        self.buffer.extend_from_slice(piece);
    }

    /// The next complete line.
    pub fn next(&mut self) -> Option<RawLine> {
        let Some(end) = self.buffer[self.searched..].iter().position(|byte| *byte == b'\n') else {
            if self.buffer.len() - self.start > self.limit {
                self.too_long = true;
                self.buffer.clear();
                self.start = 0;
            }
            self.searched = self.buffer.len();
            return None;
        };
        let end = self.searched + end;
        let line = self.cut(end);
        self.start = end + 1;
        self.searched = self.start;
        Some(line)
    }

    /// The last line after the end of the input, which needs no line end.
    pub fn rest(&mut self) -> Option<RawLine> {
        if self.start == self.buffer.len() && !self.too_long {
            return None;
        }
        let line = self.cut(self.buffer.len());
        self.start = self.buffer.len();
        self.searched = self.start;
        Some(line)
    }

    fn cut(&mut self, end: usize) -> RawLine {
        self.number += 1;
        let text = &self.buffer[self.start..end];
        let too_long = std::mem::take(&mut self.too_long) || text.len() > self.limit;
        RawLine { number: self.number, bytes: if too_long { Err(TooLong) } else { Ok(text.to_vec()) } }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lines(limit: usize, pieces: &[&[u8]]) -> Vec<RawLine> {
        let mut cutter = LineCutter::new(limit);
        let mut lines = Vec::new();
        for piece in pieces {
            cutter.push(piece);
            lines.extend(std::iter::from_fn(|| cutter.next()));
            assert!(cutter.buffer.len() - cutter.start <= limit, "no more than a line is kept");
        }
        lines.extend(cutter.rest());
        assert_eq!(cutter.rest(), None);
        lines
    }

    proptest! {
        #[test]
        fn lines_do_not_depend_on_the_pieces(
            bytes in proptest::collection::vec(prop_oneof![Just(b'\n'), Just(b'a'), Just(0xff)], 0..60),
            places in proptest::collection::vec(0..60_usize, 0..6),
            limit in 0..8_usize,
        ) {
            let mut places: Vec<usize> = places.into_iter().map(|place| place.min(bytes.len())).collect();
            places.sort_unstable();
            let bounds: Vec<usize> = [vec![0], places, vec![bytes.len()]].concat();
            let pieces: Vec<&[u8]> = bounds.windows(2).map(|two| &bytes[two[0]..two[1]]).collect();
            let mut wanted: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
            // After the last line end, there is a line only if bytes follow.
            wanted.pop_if(|last| last.is_empty());
            let wanted: Vec<RawLine> = (1..).zip(wanted).map(|(number, line)| {
                RawLine { number, bytes: if line.len() > limit { Err(TooLong) } else { Ok(line.to_vec()) } }
            }).collect();
            prop_assert_eq!(lines(limit, &pieces), wanted);
        }
    }
}
