//! Cuts an EndNote XML file into the texts of its records, without parsing these.
//!
//! So a broken record costs only itself, and the size of what the parser holds in memory has a limit.

use std::io::{self, BufRead, Read};

use crate::corpus::Content;

/// The next part of the file.
pub(super) enum Cut {
    /// The text from `<record>` to `</record>`, and the line at which it starts.
    Record(u64, String),
    /// A record that cannot be used, with the line at which it starts and the reason.
    Bad(u64, &'static str),
    /// The end of the file.
    End,
}

/// What a piece of text ends with.
#[derive(PartialEq, Eq)]
enum Tag {
    RecordStart,
    RecordEnd,
    Other,
}

/// A section that may contain `<` and `>` as text: its end, and its number of bytes so far.
struct Opaque {
    end: &'static [u8],
    length: usize,
}

/// Yields the records of a file.
pub(super) struct Cutter {
    content: Content,
    limit: usize,
    /// The text since the start of the current record, or the last piece outside of records.
    buffer: Vec<u8>,
    /// The line at the end of the buffer, from 1.
    line: u64,
    /// The line at which the current record starts.
    record: Option<u64>,
    is_too_long: bool,
    opaque: Option<Opaque>,
}

impl Cutter {
    pub fn new(content: Content, limit: usize) -> Self {
        Self { content, limit, buffer: Vec::new(), line: 1, record: None, is_too_long: false, opaque: None }
    }

    pub fn next(&mut self) -> io::Result<Cut> {
        loop {
            if self.record.is_none() || self.is_too_long {
                self.buffer.clear();
            }
            let start = self.buffer.len();
            let room = (self.limit - start) as u64;
            // A piece up to the end of a tag. The limit keeps a file without tags out of the memory.
            if (&mut self.content).take(room).read_until(b'>', &mut self.buffer)? == 0 {
                return Ok(match self.record.take() {
                    Some(line) => Cut::Bad(line, "expected `</record>`, found the end of the file"),
                    None => Cut::End,
                });
            }
            let piece = &self.buffer[start..];
            let tag_start = start + piece.iter().rposition(|byte| *byte == b'<').unwrap_or_default();
            let is_text = is_within(&mut self.opaque, piece, self.limit);
            let tag = if is_text { Tag::Other } else { tag(&self.buffer[tag_start..]) };
            let line_of_tag = self.line + count_lines(&self.buffer[start..tag_start]);
            self.line = line_of_tag + count_lines(&self.buffer[tag_start..]);
            match tag {
                Tag::RecordStart => {
                    let unclosed = self.record.replace(line_of_tag);
                    self.buffer.drain(..tag_start);
                    let was_too_long = std::mem::take(&mut self.is_too_long);
                    if let Some(line) = unclosed {
                        return Ok(if was_too_long { too_long(line) } else { unfinished(line) });
                    }
                }
                Tag::RecordEnd => {
                    let was_too_long = std::mem::take(&mut self.is_too_long);
                    if let Some(line) = self.record.take() {
                        let record = String::from_utf8_lossy(&self.buffer).into_owned();
                        return Ok(if was_too_long { too_long(line) } else { Cut::Record(line, record) });
                    }
                }
                Tag::Other => self.is_too_long |= self.record.is_some() && self.buffer.len() >= self.limit,
            }
        }
    }
}

fn too_long(line: u64) -> Cut {
    Cut::Bad(line, "expected a record of at most 8 MiB, found a longer one")
}

fn unfinished(line: u64) -> Cut {
    Cut::Bad(line, "expected `</record>`, found the next `<record>`")
}

/// Whether the end of a piece is within a comment or a CDATA section, or ends one.
fn is_within(opaque: &mut Option<Opaque>, piece: &[u8], limit: usize) -> bool {
    if opaque.is_none() {
        let markup = piece.iter().position(|byte| *byte == b'<').map_or(&piece[..0], |place| &piece[place..]);
        let sections: [(&[u8], &'static [u8]); 2] = [(b"<![CDATA[", b"]]>"), (b"<!--", b"-->")];
        let Some((_, end)) = sections.into_iter().find(|(start, _)| markup.starts_with(start)) else { return false };
        *opaque = Some(Opaque { end, length: 0 });
    }
    if let Some(section) = opaque {
        section.length += piece.len();
        // A section without an end must not hide the rest of the file.
        if piece.ends_with(section.end) || section.length >= limit {
            *opaque = None;
        }
    }
    true
}

/// The tag at the end of a piece, from its `<` on.
fn tag(text: &[u8]) -> Tag {
    let Some(inner) = text.strip_prefix(b"<").and_then(|text| text.strip_suffix(b">")) else { return Tag::Other };
    let name_length = inner.iter().skip(1).position(|byte| byte.is_ascii_whitespace() || *byte == b'/');
    match &inner[..name_length.map_or(inner.len(), |length| length + 1)] {
        b"record" if !inner.ends_with(b"/") => Tag::RecordStart,
        b"/record" => Tag::RecordEnd,
        _ => Tag::Other,
    }
}

fn count_lines(text: &[u8]) -> u64 {
    text.split(|byte| *byte == b'\n').count() as u64 - 1
}
