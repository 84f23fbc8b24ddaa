//! Splits a text into lines that end in LF, CR LF or CR alone (as in the exports of old Macintosh programs).

use std::io::{self, BufRead};

use crate::corpus::Content;

/// What the text holds next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// A line, now in the buffer.
    Line,
    /// A line that exceeds the limit; its bytes were dropped.
    TooLong,
    /// The end.
    End,
}

/// The lines of a text, in one buffer that is reused.
pub(super) struct Lines {
    content: Content,
    limit: usize,
    buffer: Vec<u8>,
    /// The number of the line in the buffer, from 1.
    number: u64,
    /// Whether a CR ended the last line, so that an LF after it belongs to the same line end.
    after_return: bool,
}

impl Lines {
    pub fn new(content: Content, limit: usize) -> Self {
        Self { content, limit, buffer: Vec::new(), number: 0, after_return: false }
    }

    /// The number of the current line, from 1.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// The current line without its line end.
    pub fn bytes(&self) -> &[u8] {
        // Joined files have a byte order mark wherever one of them began.
        self.buffer.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&self.buffer)
    }

    /// Reads the next line.
    pub fn read(&mut self) -> io::Result<Next> {
        self.buffer.clear();
        let (mut is_too_long, mut has_bytes) = (false, false);
        loop {
            let chunk = match self.content.fill_buf() {
                Ok(chunk) => chunk,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            if chunk.is_empty() {
                if !has_bytes {
                    return Ok(Next::End);
                }
                break;
            }
            if std::mem::take(&mut self.after_return) && chunk[0] == b'\n' {
                self.content.consume(1);
                continue;
            }
            has_bytes = true;
            let end = chunk.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
            let length = end.unwrap_or(chunk.len());
            if is_too_long || self.buffer.len() + length > self.limit {
                is_too_long = true;
                self.buffer = Vec::new();
            } else {
                self.buffer.extend_from_slice(&chunk[..length]);
            }
            let Some(end) = end else {
                self.content.consume(length);
                continue;
            };
            self.after_return = chunk[end] == b'\r';
            self.content.consume(end + 1);
            break;
        }
        self.number += 1;
        Ok(if is_too_long { Next::TooLong } else { Next::Line })
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufReader, Cursor};

    use proptest::prelude::*;

    use super::*;

    fn lines(text: &str, capacity: usize, limit: usize) -> Vec<Option<String>> {
        let content = Box::new(BufReader::with_capacity(capacity, Cursor::new(text.to_owned())));
        let mut lines = Lines::new(content, limit);
        let mut read = Vec::new();
        loop {
            match lines.read().unwrap() {
                Next::Line => read.push(Some(String::from_utf8_lossy(lines.bytes()).into_owned())),
                Next::TooLong => read.push(None),
                Next::End => return read,
            }
            assert_eq!(lines.number(), read.len() as u64);
        }
    }

    #[test]
    fn every_kind_of_line_end_is_one() {
        for text in ["a\nb\n\nc", "a\r\nb\r\n\r\nc\r\n", "a\rb\r\rc\r", "a\rb\n\r\nc\n"] {
            let read: Vec<String> = lines(text, 64, 9).into_iter().flatten().collect();
            assert_eq!(read, ["a", "b", "", "c"], "{text:?}");
        }
    }

    #[test]
    fn a_line_over_the_limit_is_dropped_and_counted() {
        assert_eq!(lines("aaaa\nbbb\n", 2, 3), [None, Some("bbb".to_owned())]);
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_a_line() {
        assert_eq!(lines("\u{feff}a\n\u{feff}b", 64, 9), [Some("a".to_owned()), Some("b".to_owned())]);
    }

    proptest! {
        #[test]
        fn lines_do_not_depend_on_the_size_of_the_pieces(text in "[ab\r\n]{0,40}", capacity in 1..9_usize) {
            let unified = text.replace("\r\n", "\n").replace('\r', "\n");
            let wanted: Vec<Option<String>> = unified.lines().map(|line| Some(line.to_owned())).collect();
            prop_assert_eq!(lines(&text, capacity, 99), wanted);
        }
    }
}
