//! The part of a file in memory that was fetched and not yet consumed.

use std::io;

use crate::corpus::Content;

/// The unread bytes at the current position.
pub(super) struct Window {
    content: Content,
    bytes: Vec<u8>,
    /// The place of the first unread byte.
    start: usize,
    /// The line of the first unread byte, from 1.
    line: u64,
    /// Whether the file has no more bytes than those in memory.
    is_complete: bool,
}

impl Window {
    pub fn new(content: Content) -> Self {
        Self { content, bytes: Vec::new(), start: 0, line: 1, is_complete: false }
    }

    pub fn line(&self) -> u64 {
        self.line
    }

    pub fn is_complete(&self) -> bool {
        self.is_complete
    }

    /// The unread bytes in memory.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[self.start..]
    }

    /// Fetches the next piece of the file. At its end, the window becomes complete.
    pub fn fetch(&mut self) -> io::Result<()> {
        // Moves the unread bytes to the front once per piece, not once per record.
        self.bytes.drain(..self.start);
        self.start = 0;
        loop {
            match self.content.fill_buf() {
                Ok(piece) => {
                    let length = piece.len();
                    self.bytes.extend_from_slice(piece);
                    self.content.consume(length);
                    self.is_complete = length == 0;
                    return Ok(());
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// The unread byte at a place, fetched if needed; `None` beyond the end of the file.
    pub fn peek(&mut self, place: usize) -> io::Result<Option<u8>> {
        while place >= self.bytes().len() && !self.is_complete {
            self.fetch()?;
        }
        Ok(self.bytes().get(place).copied())
    }

    /// Marks bytes as read.
    pub fn skip(&mut self, length: usize) {
        let end = self.start + length;
        self.line += memchr::memchr_iter(b'\n', &self.bytes[self.start..end]).count() as u64;
        self.start = end;
    }
}
