//! Which encoding has a text file? Every reader gets UTF-8.
//!
//! A byte order mark or the declaration of an XML file names the encoding. Without either, a text is UTF-8, except for lines that
//! are not valid: these are taken as Windows-1252, in which every byte is a character.

use std::io::{self, BufRead, BufReader, Read};

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use encoding_rs_io::DecodeReaderBytesBuilder;

use super::Content;

/// Length of the pieces that are checked at a time, unless a line ends before.
const PIECE: u64 = 64 << 10;

/// A content as UTF-8. `beginning` are its first bytes.
pub(super) fn decoded(content: Content, beginning: &[u8]) -> Content {
    match named(beginning).or_else(|| without_mark(beginning)) {
        Some(encoding) if encoding != UTF_8 => {
            let decoder = DecodeReaderBytesBuilder::new().encoding(Some(encoding)).build(content);
            Box::new(BufReader::new(decoder))
        }
        _ => Box::new(BufReader::new(Pieces { content, piece: Vec::new(), used: 0, rest: Vec::new() })),
    }
}

/// The encoding that a byte order mark or an XML declaration names.
fn named(beginning: &[u8]) -> Option<&'static Encoding> {
    if let Some((encoding, _)) = Encoding::for_bom(beginning) {
        return Some(encoding);
    }
    let head = beginning.trim_ascii_start();
    if !head.starts_with(b"<?xml") {
        return None;
    }
    let end = head.iter().position(|byte| *byte == b'>')?;
    let declaration = String::from_utf8_lossy(&head[..end]);
    let (_, value) = declaration.split_once("encoding")?;
    let label = value.split(['"', '\'']).nth(1)?;
    Encoding::for_label(label.as_bytes())
}

/// Recognises UTF-16 without a byte order mark: in a text of mostly Latin letters, every second byte is 0.
fn without_mark(beginning: &[u8]) -> Option<&'static Encoding> {
    let head = &beginning[..beginning.len().min(256)];
    if head.len() < 8 {
        return None;
    }
    let zeros = |first: usize| head.iter().skip(first).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd, most) = (zeros(0), zeros(1), head.len() / 2);
    if odd * 10 >= most * 8 && even == 0 {
        Some(UTF_16LE)
    } else if even * 10 >= most * 8 && odd == 0 {
        Some(UTF_16BE)
    } else {
        None
    }
}

/// Reads a content in pieces of whole lines, each converted if it is not UTF-8.
struct Pieces {
    content: Content,
    piece: Vec<u8>,
    used: usize,
    /// The first bytes of a character whose rest is in the next piece.
    rest: Vec<u8>,
}

impl Pieces {
    fn next_piece(&mut self) -> io::Result<()> {
        self.piece.clear();
        self.used = 0;
        self.piece.append(&mut self.rest);
        (&mut self.content).take(PIECE).read_until(b'\n', &mut self.piece)?;
        let Err(error) = std::str::from_utf8(&self.piece) else { return Ok(()) };
        let is_cut = error.error_len().is_none() && self.piece.len() as u64 >= PIECE;
        if is_cut {
            self.rest = self.piece.split_off(error.valid_up_to());
        } else {
            let (text, ..) = WINDOWS_1252.decode(&self.piece);
            self.piece = text.into_owned().into_bytes();
        }
        Ok(())
    }
}

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.used == self.piece.len() {
            self.next_piece()?;
        }
        let count = buffer.len().min(self.piece.len() - self.used);
        buffer[..count].copy_from_slice(&self.piece[self.used..self.used + count]);
        self.used += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn text_of(bytes: &[u8]) -> String {
        let content: Content = Box::new(Cursor::new(bytes.to_vec()));
        let mut text = String::new();
        decoded(content, &bytes[..bytes.len().min(1000)]).read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn every_encoding_becomes_utf_8() {
        let utf_16 = |bytes: fn(u16) -> [u8; 2], text: &str| text.encode_utf16().flat_map(bytes).collect::<Vec<u8>>();
        assert_eq!(text_of("title\nÜber Fische".as_bytes()), "title\nÜber Fische");
        assert_eq!(text_of(&utf_16(u16::to_le_bytes, "\u{feff}Über Fische, 鱼")), "Über Fische, 鱼");
        assert_eq!(text_of(&utf_16(u16::to_be_bytes, "\u{feff}Über Fische, 鱼")), "Über Fische, 鱼");
        assert_eq!(
            text_of(&utf_16(u16::to_le_bytes, "title,year\nUber Fische,2020\n")),
            "title,year\nUber Fische,2020\n"
        );
        assert_eq!(text_of(b"title\n\xdcber Fische\n\xc3\xbcbrig\n"), "title\nÜber Fische\nübrig\n");
        assert_eq!(
            text_of(b"<?xml version=\"1.0\" encoding=\"ISO-8859-15\"?><a>\xa4</a>"),
            "<?xml version=\"1.0\" encoding=\"ISO-8859-15\"?><a>€</a>"
        );
        assert_eq!(text_of(b""), "");
    }

    #[test]
    fn characters_at_the_end_of_a_piece_are_kept() {
        let text = "é".repeat(100_001);
        assert_eq!(text_of(text.as_bytes()), text);
        let shifted = format!("x{text}");
        assert_eq!(text_of(shifted.as_bytes()), shifted);
    }
}
