//! Splits the content of an entry into its key and fields: `key, name = {value}, name = macro # "value", …`.
//!
//! The syntax is that of BibTeX ("BibTeXing", O. Patashnik, 1988). A field that violates it is reported, and reading
//! goes on at the next field. Values are not changed.

use super::super::Loss;
use super::head::{blanks, is_name};
use super::split::{Braces, is_field};
use super::{bad_value, quote};

/// How many values without an end are repaired in one entry. The bound keeps the time linear.
const MOST_REPAIRS: u32 = 8;
/// Maximum number of fields in an entry. The bound keeps the time linear.
const MOST_FIELDS: usize = 1000;
/// Longest name of a field.
const LONGEST_NAME: usize = 64;

/// An entry whose macros are not resolved.
#[derive(Debug, Default)]
pub(super) struct Parsed<'a> {
    pub key: &'a str,
    pub fields: Vec<(&'a str, Vec<Piece<'a>>)>,
    pub losses: Vec<Loss>,
}

/// A part of a value; parts are joined by `#`.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
pub(super) enum Piece<'a> {
    /// Text in braces or quotes, or a number.
    Text(&'a str),
    /// A word without quotes: the name of a macro.
    Macro(&'a str),
}

/// Parses an entry. In one that is not closed, a brace is missing, so a value may contain the fields after it.
pub(super) fn entry(text: &str, is_closed: bool) -> Parsed<'_> {
    let mut parser = Parser { text, place: 0, is_closed, repairs: 0, parsed: Parsed::default() };
    parser.key();
    parser.fields();
    parser.parsed
}

/// Parses the content of `@string`.
pub(super) fn definitions(text: &str, is_closed: bool) -> Parsed<'_> {
    let mut parser = Parser { text, place: 0, is_closed, repairs: 0, parsed: Parsed::default() };
    parser.fields();
    parser.parsed
}

struct Parser<'a> {
    text: &'a str,
    place: usize,
    is_closed: bool,
    repairs: u32,
    parsed: Parsed<'a>,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.place).copied()
    }

    fn after(&self, place: usize) -> &'a [u8] {
        self.text.as_bytes().get(place..).unwrap_or_default()
    }

    fn skip_blanks(&mut self) {
        self.place += blanks(self.after(self.place));
    }

    /// Reads the key, which may be absent, and its comma, which may be forgotten.
    fn key(&mut self) {
        self.skip_blanks();
        let end =
            self.text[self.place..].find([',', '=', '{', '}', '"']).map_or(self.text.len(), |end| self.place + end);
        let key = self.text[self.place..end].trim_end();
        if self.text[end..].starts_with('=') {
            // The last word is the name of the first field.
            let name = key.rfind(|c: char| c.is_ascii_whitespace()).map_or(0, |end| end + 1);
            self.parsed.key = key[..name].trim_end();
            self.place += name;
        } else {
            // A key is on one line; text on the next line is not part of it, even without a comma.
            self.parsed.key = key.lines().next().unwrap_or_default().trim_end();
            self.place = end;
        }
    }

    fn fields(&mut self) {
        while self.skip_to_name() {
            let start = self.place;
            if self.parsed.fields.len() == MOST_FIELDS {
                self.lose("entry", format!("expected at most {MOST_FIELDS} fields, found more"));
                return;
            }
            let name = self.name();
            self.skip_blanks();
            let is_name = (1..=LONGEST_NAME).contains(&name.len());
            if !is_name || self.peek() != Some(b'=') {
                let found = quote(&self.text[start..]);
                let name = if is_name { name } else { "entry" };
                self.lose(name, format!("expected a field as in `name = {{value}}`, found `{found}`"));
                self.skip_to_field(start);
                continue;
            }
            self.place += 1;
            let value = self.value(name);
            if !value.is_empty() {
                self.parsed.fields.push((name, value));
            }
        }
    }

    /// Skips everything before the name of the next field; returns whether there is one.
    fn skip_to_name(&mut self) -> bool {
        while let Some(byte) = self.peek() {
            match byte {
                // BibTeX has no comments within entries, but BibLaTeX's program Biber does.
                b'%' => self.place = line_end(self.text, self.place),
                // A surplus brace does not cost the field.
                b',' | b'}' => self.place += 1,
                _ if byte.is_ascii_whitespace() => self.place += 1,
                _ => return true,
            }
        }
        false
    }

    /// Reads a name. BibTeX allows nearly every character: some users hide a field with `//doi = …`.
    fn name(&mut self) -> &'a str {
        // Web of Science writes one name with spaces.
        const SPACED: &str = "Early Access Date";
        let rest = self.text.get(self.place..self.place + SPACED.len());
        if rest.is_some_and(|rest| rest.eq_ignore_ascii_case(SPACED)) {
            self.place += SPACED.len();
            return "earlyaccessdate";
        }
        let bytes = self.after(self.place);
        let length = bytes.iter().take_while(|byte| !ends_name(**byte)).count();
        let name = self.text[self.place..self.place + length].trim_end();
        self.place += length;
        name
    }

    fn value(&mut self, name: &str) -> Vec<Piece<'a>> {
        let mut pieces = Vec::new();
        loop {
            self.skip_blanks();
            let piece = match self.peek() {
                None | Some(b',' | b'}') => break,
                Some(b'{') => self.delimited(name, b'}'),
                Some(b'"') => self.delimited(name, b'"'),
                Some(_) => Some(self.bare()),
            };
            let Some(piece) = piece else { return Vec::new() };
            pieces.push(piece);
            self.skip_blanks();
            if self.peek() != Some(b'#') {
                break;
            }
            self.place += 1;
        }
        let is_finished = matches!(self.peek(), None | Some(b',' | b'}' | b'%'));
        if !is_finished && !is_assignment(self.after(self.place)) {
            let found = quote(&self.text[self.place..]);
            self.lose(name, format!("expected `,` after the value, found `{found}`"));
            self.skip_to_field(self.place);
        }
        pieces
    }

    /// Reads a value in braces or quotes; `None` if it has no end.
    fn delimited(&mut self, name: &str, closing: u8) -> Option<Piece<'a>> {
        let start = self.place + 1;
        let end = if closing == b'}' { self.closing_brace(start) } else { self.closing_quote(start) };
        let (found, is_bounded) = end.map_or((self.text.len(), false), |end| (end, true));
        let must_look = !is_bounded || !self.is_closed;
        if must_look && self.repairs < MOST_REPAIRS {
            self.repairs += 1;
            if let Some(next) = line_with_field(self.text, start, found) {
                let found = quote(&self.text[next..]);
                let closing = char::from(closing);
                self.lose(name, format!("expected `{closing}` at the end of the value, found `{found}`"));
                self.place = next;
                return Some(Piece::Text(self.text[start..next].trim_end().trim_end_matches(',')));
            }
            if is_bounded {
                self.repairs -= 1;
            }
        }
        if !is_bounded {
            let closing = char::from(closing);
            self.lose(name, format!("expected `{closing}` at the end of the value, found the end of the entry"));
            self.place = self.text.len();
            return None;
        }
        self.place = found + 1;
        Some(Piece::Text(&self.text[start..found]))
    }

    /// A brace after which the entry cannot go on belongs to the text, which some exports do not escape.
    fn closing_brace(&mut self, start: usize) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let mut braces = Braces::default();
        let (mut place, mut first) = (start, None);
        while let Some(plain) = bytes[place..].iter().position(|byte| matches!(byte, b'{' | b'}' | b'\\')) {
            place += plain;
            braces.is_escaped &= plain == 0;
            if bytes[place] == b'}' && braces.may_close() {
                let closes = braces.closes() == (true, true);
                if ends_value(&bytes[place + 1..]) || (closes && self.repairs >= MOST_REPAIRS) {
                    return Some(place);
                }
                if closes && first.is_none() {
                    first = Some(place);
                    self.repairs += 1;
                }
                braces.close_unless_last();
            } else if bytes[place] == b'{' && first.is_some() && bytes[..place].trim_ascii_end().ends_with(b"=") {
                // The value of the next field.
                return first;
            } else {
                braces.read(bytes[place]);
            }
            place += 1;
        }
        first
    }

    /// Quotes within a value are errors, but common: `"Schr\"odinger"`, `"a "good" start"`.
    fn closing_quote(&self, start: usize) -> Option<usize> {
        let mut braces = Braces::default();
        for (distance, byte) in self.after(start).iter().enumerate() {
            if *byte == b'"' && (braces.all <= 0 || braces.unescaped <= 0) {
                let after = self.after(start + distance + 1);
                let next = after.get(blanks(after));
                let is_separated = next.is_none_or(|byte| matches!(byte, b',' | b'#' | b'}' | b'%'));
                if if braces.is_escaped { ends_value(after) } else { is_separated || is_assignment(after) } {
                    return Some(start + distance);
                }
            }
            braces.read(*byte);
        }
        None
    }

    /// Reads a value without delimiters: a number, a macro, or a text whose delimiters were forgotten.
    fn bare(&mut self) -> Piece<'a> {
        let start = self.place;
        let rest = &self.text[start..];
        let length = rest.find(|c: char| c.is_ascii_whitespace() || matches!(c, ',' | '#' | '{' | '}' | '"' | '%'));
        let word = &rest[..length.unwrap_or(rest.len())];
        let after = &rest[word.len()..];
        let first = after.trim_ascii_start().bytes().next();
        let is_word = matches!(first, None | Some(b',' | b'#' | b'}' | b'%'))
            || after[..blanks(after.as_bytes())].contains(['\n', '\r'])
            || is_assignment(after.as_bytes());
        if is_word && !word.is_empty() {
            self.place += word.len();
            let is_macro = !word.starts_with(|c: char| c.is_ascii_digit());
            return if is_macro { Piece::Macro(word) } else { Piece::Text(word) };
        }
        // At least one character, so that reading goes on.
        let first = rest.chars().next().map_or(0, char::len_utf8);
        let length = rest[first..].find([',', '\n', '\r']).map_or(rest.len(), |end| first + end);
        self.place += length;
        Piece::Text(rest[..length].trim_end())
    }

    /// Moves to the next field after a place where none could be read.
    fn skip_to_field(&mut self, from: usize) {
        let bytes = self.text.as_bytes();
        let mut place = from;
        while let Some(distance) = bytes[place..].iter().position(|byte| matches!(byte, b',' | b'\n' | b'\r' | b'}')) {
            place += distance + 1;
            place += blanks(&bytes[place..]);
            if is_assignment(&bytes[place..]) {
                self.place = place;
                return;
            }
        }
        self.place = self.text.len();
    }

    fn lose(&mut self, field: &str, reason: String) {
        self.parsed.losses.push(bad_value(field, reason));
    }
}

/// Whether a byte cannot belong to the name of a field. Spaces can: some exports write them.
fn ends_name(byte: u8) -> bool {
    matches!(byte, b'"' | b'#' | b'%' | b'\'' | b'(' | b')' | b',' | b'=' | b'{' | b'}' | b'\n' | b'\r')
}

/// The place of the next line end.
fn line_end(text: &str, from: usize) -> usize {
    text[from..].find(['\n', '\r']).map_or(text.len(), |end| from + end)
}

/// Whether `name =` follows.
fn is_assignment(after: &[u8]) -> bool {
    let after = &after[blanks(after)..];
    let name = after.iter().take(LONGEST_NAME).take_while(|byte| is_name(**byte)).count();
    let after = &after[name..];
    name > 0 && after.get(blanks(after)) == Some(&b'=')
}

/// Whether a text after a delimiter shows that the delimiter ends a value.
fn ends_value(after: &[u8]) -> bool {
    let after = &after[blanks(after)..];
    match after.first() {
        None | Some(b'#' | b'}' | b'%') => true,
        Some(b',') => {
            let after = &after[1..];
            let after = &after[blanks(after)..];
            matches!(after.first(), None | Some(b'}' | b'%' | b',')) || is_assignment(after)
        }
        Some(_) => is_assignment(after),
    }
}

/// The first line within a range that begins with a field.
fn line_with_field(text: &str, start: usize, end: usize) -> Option<usize> {
    let bytes = &text.as_bytes()[..end];
    let mut place = start;
    while let Some(distance) = bytes[place..].iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
        place += distance + 1;
        place += blanks(&bytes[place..]);
        if bytes.get(place) != Some(&b',') && is_field(&bytes[place..]) {
            return Some(place);
        }
    }
    None
}
