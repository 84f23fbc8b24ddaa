//! Splits a BibTeX file into entries, without reading the whole file into memory.
//!
//! The rules are those of BibTeX ("BibTeXing", O. Patashnik, 1988, and its program `bibtex.web`): an entry reaches from
//! `@word{` to the brace that balances, or from `@word(` to the parenthesis; everything between entries is a comment.
//! Where programs differ or files are broken:
//! - BibTeX counts the braces of `\{` and `\}`, JabRef does not. Both are counted; what follows decides if they differ.
//! - An entry without its closing brace ends where the next one begins at the start of a line.
//! - An entry with a brace too many goes on if fields follow.
//! - `%` between entries hides the rest of the line, as in Biber.

use std::io;

use super::super::window::Window;
use super::super::{Content, LONGEST_RECORD};
use super::head::{HEAD_LENGTH, Head, blanks, certain_head, head, is_name};

/// An entry of any type, also `string`.
pub(super) struct Item {
    /// The line where the entry begins.
    pub line: u64,
    /// The type in lower case.
    pub kind: String,
    /// The content between the delimiters.
    pub text: String,
    pub end: End,
}

/// How an entry ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Closed,
    /// Not closed before the next entry, which begins in this line.
    Entry(u64),
    /// Not closed before the end of the file.
    File,
    /// Longer than [`LONGEST_RECORD`]; its text was dropped.
    TooLong,
}

pub(super) struct Splitter {
    window: Window,
    /// The line of the current place, from 1.
    line: u64,
    /// The byte before the current place.
    before: u8,
    /// Whether `@comment{…}` hides what is in its braces. This ends with a comment that is not closed.
    comments_have_braces: bool,
}

/// Whether entries of a type are not passed on.
fn is_comment(kind: &str) -> bool {
    kind == "comment"
}

impl Splitter {
    pub fn new(content: Content) -> Self {
        Self { window: Window::new(content), line: 1, before: b'\n', comments_have_braces: true }
    }

    /// The next entry, or `None` at the end of the file.
    pub fn next(&mut self) -> io::Result<Option<Item>> {
        while let Some(head) = self.find_head()? {
            let line = self.line;
            let (length, end) = self.measure(&head)?;
            if is_comment(&head.kind) && end != End::Closed {
                // As in BibTeX, the comment ends at the next entry.
                self.comments_have_braces = false;
                self.advance(head.length);
                continue;
            }
            let text = match end {
                End::Closed => &self.window.bytes()[head.length..length - 1],
                End::TooLong => &[],
                _ => &self.window.bytes()[head.length..length],
            };
            let text = if is_comment(&head.kind) { String::new() } else { String::from_utf8_lossy(text).into_owned() };
            self.advance(length);
            let end = if matches!(end, End::Entry(_)) { End::Entry(self.line) } else { end };
            if !is_comment(&head.kind) {
                return Ok(Some(Item { line, kind: head.kind, text, end }));
            }
        }
        Ok(None)
    }

    /// Moves to the next head of an entry.
    fn find_head(&mut self) -> io::Result<Option<Head>> {
        let mut is_hidden = false;
        while let Some(byte) = self.window.peek(0)? {
            match byte {
                b'\n' | b'\r' => is_hidden = false,
                b'%' => is_hidden = true,
                // An address (`name@host`) is not an entry.
                b'@' if !is_hidden && !self.before.is_ascii_alphanumeric() => {
                    if let Some(head) = head(self.window.look(0, HEAD_LENGTH)?)
                        && (self.comments_have_braces || !is_comment(&head.kind))
                    {
                        return Ok(Some(head));
                    }
                }
                _ => {}
            }
            self.advance(1);
        }
        Ok(None)
    }

    /// The length of the entry at the current place, with its delimiters, and how it ends.
    ///
    /// The start of an entry that is too long is skipped; the length is that of its rest.
    fn measure(&mut self, head: &Head) -> io::Result<(usize, End)> {
        let mut braces = Braces::default();
        let (mut in_quotes, mut is_too_long) = (false, false);
        let mut place = head.length;
        loop {
            if place > LONGEST_RECORD {
                if is_comment(&head.kind) {
                    return Ok((0, End::TooLong));
                }
                is_too_long = true;
                self.advance(place);
                place = 0;
            }
            let end = |end| if is_too_long { End::TooLong } else { end };
            let bytes = self.window.loaded(place)?;
            let plain = bytes.iter().position(|byte| matches!(byte, b'{' | b'}' | b'\\' | b'@' | b'"' | b')'));
            match plain {
                None if bytes.is_empty() => return Ok((place, end(End::File))),
                Some(0) => {}
                _ => {
                    place += plain.unwrap_or(bytes.len());
                    braces.is_escaped = false;
                    continue;
                }
            }
            let byte = bytes[0];
            match byte {
                b'@' if !is_comment(&head.kind)
                    && is_line_start(&self.window.bytes()[..place])
                    && certain_head(self.window.look(place, HEAD_LENGTH)?).is_some() =>
                {
                    // The line is known only when the text was passed.
                    return Ok((place, end(End::Entry(0))));
                }
                b'"' if head.closing == b')' && braces.all <= 0 && !braces.is_escaped => in_quotes = !in_quotes,
                b')' if head.closing == b')' && braces.all <= 0 && !in_quotes => {
                    return Ok((place + 1, end(End::Closed)));
                }
                b'}' if head.closing == b'}' && braces.may_close() => {
                    let after = self.window.look(place + 1, HEAD_LENGTH)?;
                    let is_end = if braces.closes() == (true, true) { !is_field(after) } else { is_next(after) };
                    if is_end {
                        return Ok((place + 1, end(End::Closed)));
                    }
                    braces.close_unless_last();
                    place += 1;
                    continue;
                }
                _ => {}
            }
            braces.read(byte);
            place += 1;
        }
    }

    /// Moves the current place over bytes that were looked at, and counts their lines.
    fn advance(&mut self, length: usize) {
        let bytes = &self.window.bytes()[..length];
        let Some(last) = bytes.last() else { return };
        let count = |ends: u8| bytes.iter().map(|byte| u64::from(*byte == ends)).sum::<u64>();
        self.line += count(b'\n');
        if bytes.contains(&b'\r') {
            // A carriage return alone also ends a line.
            let pairs = bytes.windows(2).map(|two| u64::from(two == b"\r\n")).sum::<u64>();
            self.line += count(b'\r') - pairs;
        }
        self.line -= u64::from(self.before == b'\r' && bytes[0] == b'\n');
        self.before = *last;
        self.window.skip(length);
    }
}

/// Whether only blanks stand between the last line end and the end of a text.
fn is_line_start(before: &[u8]) -> bool {
    let last = before.iter().rev().find(|byte| !matches!(byte, b' ' | b'\t'));
    matches!(last, Some(b'\n' | b'\r'))
}

/// The depths of nested braces: of all, and of those without a backslash.
#[derive(Debug, Default)]
pub(super) struct Braces {
    pub all: i64,
    pub unescaped: i64,
    pub is_escaped: bool,
}

impl Braces {
    /// Counts a byte.
    pub fn read(&mut self, byte: u8) {
        let change = i64::from(byte == b'{') - i64::from(byte == b'}');
        self.all += change;
        if !self.is_escaped {
            self.unescaped += change;
        }
        self.is_escaped = byte == b'\\' && !self.is_escaped;
    }

    /// Whether a closing brace that comes now closes what was open at the start, in both counts.
    pub fn closes(&self) -> (bool, bool) {
        (self.all <= 0, !self.is_escaped && self.unescaped <= 0)
    }

    /// Whether a closing brace that comes now closes what was open at the start, in one of the counts.
    pub fn may_close(&self) -> bool {
        let (all, unescaped) = self.closes();
        all || unescaped
    }

    /// Counts a closing brace that turned out not to close what was open at the start.
    pub fn close_unless_last(&mut self) {
        self.read(b'}');
        // The count that reached the end was wrong; if both did, the brace is superfluous.
        self.all = self.all.max(self.unescaped).max(0);
        self.unescaped = self.all;
    }
}

/// Whether the text after a closing brace is the end of the file, a comment or another entry.
fn is_next(after: &[u8]) -> bool {
    let mut rest = after.iter().skip_while(|byte| byte.is_ascii_whitespace() || **byte == b',');
    rest.next().is_none_or(|byte| matches!(byte, b'@' | b'%'))
}

/// Whether a field follows: `, name = {`.
pub(super) fn is_field(after: &[u8]) -> bool {
    let after = &after[blanks(after)..];
    let after = after.strip_prefix(b",").unwrap_or(after);
    let after = &after[blanks(after)..];
    let name = after.iter().take_while(|byte| is_name(**byte)).count();
    let after = &after[name..];
    let Some(value) = after[blanks(after)..].strip_prefix(b"=") else { return false };
    name > 0 && matches!(value.get(blanks(value)), Some(b'{' | b'"' | b'0'..=b'9'))
}
