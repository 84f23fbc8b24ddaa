//! A window on the content of a file: bytes can be looked at before they are consumed.

use std::io;

use super::super::Content;

/// The bytes of a file from the current place on. Only bytes that were looked at are in memory.
pub(super) struct Window {
    content: Content,
    buffer: Vec<u8>,
    /// The current place in the buffer.
    start: usize,
    is_at_end: bool,
}

impl Window {
    pub fn new(content: Content) -> Self {
        Self { content, buffer: Vec::new(), start: 0, is_at_end: false }
    }

    /// The byte at a distance from the current place, or `None` after the end of the file.
    pub fn get(&mut self, distance: usize) -> io::Result<Option<u8>> {
        while self.start + distance >= self.buffer.len() {
            if !self.fill()? {
                return Ok(None);
            }
        }
        Ok(Some(self.buffer[self.start + distance]))
    }

    /// The bytes in memory from a distance on: none only at the end of the file.
    pub fn loaded(&mut self, distance: usize) -> io::Result<&[u8]> {
        self.get(distance)?;
        Ok(self.buffer.get(self.start + distance..).unwrap_or_default())
    }

    /// At most `length` bytes from a distance on; fewer only at the end of the file.
    pub fn look(&mut self, distance: usize, length: usize) -> io::Result<&[u8]> {
        while self.start + distance + length > self.buffer.len() && self.fill()? {}
        let end = self.buffer.len().min(self.start + distance + length);
        Ok(self.buffer.get(self.start + distance..end).unwrap_or_default())
    }

    /// The next `length` bytes, which were looked at before.
    pub fn bytes(&self, length: usize) -> &[u8] {
        &self.buffer[self.start..self.start + length]
    }

    /// Moves the current place over bytes that were looked at before.
    pub fn skip(&mut self, length: usize) {
        self.start += length;
    }

    /// Reads a piece; returns whether there was one.
    fn fill(&mut self) -> io::Result<bool> {
        if self.is_at_end {
            return Ok(false);
        }
        // Moves the remaining bytes to the front once per piece, not once per entry.
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
        self.is_at_end = length == 0;
        Ok(!self.is_at_end)
    }
}
