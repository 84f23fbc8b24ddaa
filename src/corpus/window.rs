//! A window on the content of a file: bytes can be inspected before they are consumed.

use std::io;

use super::Content;

/// The bytes of a file from the current position on. Only bytes that were inspected are in memory.
pub(super) struct Window {
    content: Content,
    buffer: Vec<u8>,
    /// The current position in the buffer.
    start: usize,
    is_complete: bool,
}

impl Window {
    pub fn new(content: Content) -> Self {
        Self { content, buffer: Vec::new(), start: 0, is_complete: false }
    }

    /// Whether the file has no more bytes than those in memory.
    pub fn is_complete(&self) -> bool {
        self.is_complete
    }

    /// The bytes in memory.
    pub fn bytes(&self) -> &[u8] {
        &self.buffer[self.start..]
    }

    /// The byte at a distance from the current position; `None` after the end of the file.
    pub fn peek(&mut self, distance: usize) -> io::Result<Option<u8>> {
        while distance >= self.bytes().len() && !self.is_complete {
            self.fetch()?;
        }
        Ok(self.bytes().get(distance).copied())
    }

    /// The bytes in memory from a distance on; empty only at the end of the file.
    pub fn loaded(&mut self, distance: usize) -> io::Result<&[u8]> {
        self.peek(distance)?;
        Ok(self.bytes().get(distance..).unwrap_or_default())
    }

    /// At most `length` bytes from a distance on; fewer only at the end of the file.
    pub fn look(&mut self, distance: usize, length: usize) -> io::Result<&[u8]> {
        while distance + length > self.bytes().len() && !self.is_complete {
            self.fetch()?;
        }
        let end = self.bytes().len().min(distance + length);
        Ok(self.bytes().get(distance..end).unwrap_or_default())
    }

    /// Moves the current position over bytes that are in memory.
    pub fn skip(&mut self, length: usize) {
        self.start += length;
    }

    /// Fetches the next piece of the file. At its end, the window becomes complete.
    pub fn fetch(&mut self) -> io::Result<()> {
        // Moves the remaining bytes to the front once per piece, not once per record.
        self.buffer.drain(..self.start);
        self.start = 0;
        let piece = loop {
            match self.content.fill_buf() {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                piece => break piece?,
            }
        };
        let length = piece.len();
        self.buffer.extend_from_slice(piece);
        self.content.consume(length);
        self.is_complete = length == 0;
        Ok(())
    }
}
