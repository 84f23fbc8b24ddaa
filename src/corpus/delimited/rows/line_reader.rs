//! Reads lines of a limited length. Lines end with LF, CR LF, or, in files of old programs, with CR only.

use std::io::{self, BufRead as _, Read as _};

use crate::corpus::Content;

/// A line without its end.
#[derive(Debug)]
pub(super) struct Line {
    /// The number of the line, from 1.
    pub number: u64,
    pub bytes: Vec<u8>,
    /// Whether the line exceeds the limit; its bytes were dropped.
    pub is_too_long: bool,
}

pub(super) struct LineReader {
    content: Content,
    limit: usize,
    number: u64,
    line_end: u8,
}

impl LineReader {
    pub fn new(content: Content, limit: usize) -> Self {
        Self { content, limit, number: 0, line_end: b'\n' }
    }

    /// The next line without its end, without NUL bytes, and without a byte order mark; `None` at the end.
    pub fn read(&mut self) -> io::Result<Option<Line>> {
        if self.number == 0 {
            self.line_end = self.find_line_end()?;
        }
        let mut bytes = Vec::new();
        let most = u64::try_from(self.limit).unwrap_or(u64::MAX).saturating_add(1);
        if self.content.by_ref().take(most).read_until(self.line_end, &mut bytes)? == 0 {
            return Ok(None);
        }
        let has_end = bytes.pop_if(|last| *last == self.line_end).is_some();
        let is_too_long = !has_end && bytes.len() > self.limit;
        if is_too_long {
            bytes.clear();
            self.content.skip_until(self.line_end)?;
        }
        self.number += 1;
        bytes.pop_if(|last| *last == b'\r');
        if bytes.contains(&0) {
            bytes.retain(|byte| *byte != 0);
        }
        if self.number == 1 && bytes.starts_with("\u{feff}".as_bytes()) {
            bytes.drain(..3);
        }
        Ok(Some(Line { number: self.number, bytes, is_too_long }))
    }
}

impl LineReader {
    /// The last byte of every line.
    fn find_line_end(&mut self) -> io::Result<u8> {
        loop {
            return match self.content.fill_buf() {
                Ok(beginning) if has_carriage_returns_only(beginning) => Ok(b'\r'),
                Ok(_) => Ok(b'\n'),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => Err(error),
            };
        }
    }
}

/// Whether the lines at the beginning of a file end with CR only.
fn has_carriage_returns_only(beginning: &[u8]) -> bool {
    let first = beginning.iter().position(|byte| *byte == b'\r');
    first.is_some_and(|place| place + 1 < beginning.len()) && !beginning.contains(&b'\n')
}
