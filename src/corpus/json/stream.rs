//! Cuts a file into the JSON objects that describe papers, one at a time, in bounded memory.
//!
//! Read are JSON Lines (<https://jsonlines.org>), JSON text sequences (RFC 7464), arrays, single objects, objects one after
//! another with or without anything between them, and the lists inside the answers of services; see [`envelope`].
//!
//! [`envelope`]: super::envelope

use std::io;

use super::extent::{Extent, Scanner};
use crate::corpus::window::Window;
use crate::corpus::{Content, LONGEST_RECORD};

/// The number of bytes that a reason quotes from, at most.
const QUOTED: usize = 200;
/// The deepest indentation that is compared, in columns.
const DEEPEST: usize = 64;

/// What was found at a line.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found<'a> {
    /// An object, from its first to its last bracket.
    Object(&'a [u8]),
    /// An object that breaks off, up to there.
    BrokenOff(&'a [u8]),
    /// An object longer than the limit.
    TooLong,
    /// A value that is not an object, or is not JSON at all.
    Other(&'a [u8]),
    /// The file ends inside an array.
    UnclosedArray,
}

/// The objects of a file.
pub(super) struct Objects {
    window: Window,
    /// The line of the current position, from 1.
    line: u64,
    /// The arrays that are open. For each, the number of objects in which it lies.
    arrays: Vec<usize>,
    /// The number of columns before the next value, if only white space is in front of it on its line.
    columns: Option<usize>,
    /// The same of the last object.
    indentation: usize,
    /// The number of bytes of the value that was returned last: they are skipped next.
    returned: usize,
    /// The beginning of the last value that was skipped because it is not an object.
    quoted: Vec<u8>,
}

impl Objects {
    pub fn new(content: Content) -> Self {
        Self {
            window: Window::new(content),
            line: 1,
            arrays: Vec::new(),
            columns: Some(0),
            indentation: 0,
            returned: 0,
            quoted: Vec::new(),
        }
    }

    /// The next object or error, with its line.
    pub fn next(&mut self) -> io::Result<Option<(u64, Found<'_>)>> {
        let returned = std::mem::take(&mut self.returned);
        self.skip(returned);
        loop {
            let Some(byte) = self.separators()? else {
                let is_unclosed = !self.arrays.is_empty();
                self.arrays.clear();
                return Ok(is_unclosed.then_some((self.line, Found::UnclosedArray)));
            };
            match (byte, self.arrays.last()) {
                (b'{', _) => {
                    if let Some(end) = self.object()? {
                        return Ok(Some(self.found(end)));
                    }
                }
                (b'[', None) => {
                    self.skip(1);
                    self.arrays.push(0);
                }
                (b']', Some(_)) => {
                    self.skip(1);
                    self.columns = None;
                    if let Some(depth) = self.arrays.pop().filter(|depth| *depth > 0) {
                        self.rest_of_envelope(depth)?;
                    }
                }
                (_, array) => {
                    let is_element = array.is_some();
                    let line = self.line;
                    self.quoted.clear();
                    if is_element {
                        self.other_element()?;
                    } else {
                        self.other_line()?;
                    }
                    return Ok(Some((line, Found::Other(&self.quoted))));
                }
            }
        }
    }

    /// Skips the separators between values; returns the first byte of the next value.
    fn separators(&mut self) -> io::Result<Option<u8>> {
        loop {
            let Some(byte) = self.window.peek(0)? else { return Ok(None) };
            match byte {
                b'\n' => self.columns = Some(0),
                b' ' | b'\t' => self.columns = self.columns.map(|columns| columns + 1),
                // Commas, record separators, and byte order marks.
                b'\r' | 0x0c | 0x1e | 0xef | 0xbb | 0xbf => {}
                b',' => self.columns = None,
                _ => return Ok(Some(byte)),
            }
            self.skip(1);
        }
    }

    /// Finds the end of the object that begins here; `None` if it wraps a list, which comes next.
    fn object(&mut self) -> io::Result<Option<End>> {
        let may_wrap = matches!(self.arrays.as_slice(), [] | [0]);
        let mut scanner = Scanner::new(self.columns, may_wrap);
        self.indentation = self.columns.unwrap_or(0).min(DEEPEST);
        self.columns = None;
        let line = self.line;
        let mut is_too_long = false;
        let end = loop {
            match scanner.scan(self.window.bytes(), self.window.is_complete()) {
                Extent::Complete(length) => break End::Object(length),
                Extent::BrokenOff(length) => break End::BrokenOff(length),
                Extent::List(length) => {
                    self.enter(&scanner, length);
                    return Ok(None);
                }
                Extent::Unknown if self.window.is_complete() => {
                    break End::BrokenOff(self.window.bytes().len());
                }
                Extent::Unknown => {}
            }
            if scanner.scanned() > LONGEST_RECORD {
                is_too_long = true;
                self.skip(scanner.scanned());
                scanner.forget();
            }
            self.window.fetch()?;
        };
        // What follows an object that breaks off is at the start of a line, with the same indentation.
        if matches!(end, End::BrokenOff(_)) {
            self.columns = Some(0);
        }
        Ok(Some(match end {
            End::Object(length) | End::BrokenOff(length) if is_too_long || length > LONGEST_RECORD => {
                End::TooLong { line, length }
            }
            end => end,
        }))
    }

    /// Continues with the elements of a list.
    fn enter(&mut self, scanner: &Scanner, length: usize) {
        self.skip(length);
        self.arrays.push(scanner.depth());
    }

    /// Skips the members of an object that follow the list in it, up to the next such list.
    fn rest_of_envelope(&mut self, depth: usize) -> io::Result<()> {
        let mut scanner = Scanner::after_list(depth);
        loop {
            match scanner.scan(self.window.bytes(), self.window.is_complete()) {
                Extent::Complete(length) | Extent::BrokenOff(length) => {
                    self.skip(length);
                    return Ok(());
                }
                Extent::List(length) => {
                    self.enter(&scanner, length);
                    return Ok(());
                }
                Extent::Unknown => {}
            }
            if self.window.is_complete() {
                self.skip(self.window.bytes().len());
                return Ok(());
            }
            if scanner.scanned() > LONGEST_RECORD {
                self.skip(scanner.scanned());
                scanner.forget();
            }
            self.window.fetch()?;
        }
    }

    /// Skips to the next element of an array: a value that is not an object, or what is left of a broken one.
    fn other_element(&mut self) -> io::Result<()> {
        let mut depth = 0_usize;
        let mut in_string = false;
        while let Some(byte) = self.window.peek(0)? {
            match byte {
                b'\n' if depth == 0 => break,
                b'\n' => in_string = false,
                b'\\' if in_string => self.take(),
                b'"' => in_string = !in_string,
                _ if in_string => {}
                b'{' | b'[' => depth += 1,
                b']' | b',' if depth == 0 => break,
                b'}' | b']' => depth = depth.saturating_sub(1),
                _ => {}
            }
            if self.window.peek(0)?.is_some() {
                self.take();
            }
        }
        Ok(())
    }

    /// Skips to the next line on which an object or an array may begin. Deeper lines belong to what is left of a broken
    /// object.
    fn other_line(&mut self) -> io::Result<()> {
        loop {
            while self.window.peek(0)?.is_some_and(|byte| byte != b'\n') {
                self.take();
            }
            if self.window.peek(0)?.is_none() {
                return Ok(());
            }
            let mut columns = 0;
            while columns <= self.indentation && matches!(self.window.peek(1 + columns)?, Some(b' ' | b'\t')) {
                columns += 1;
            }
            let next = self.window.peek(1 + columns)?;
            if columns <= self.indentation && !matches!(next, Some(b'}' | b']' | b'\n' | b'\r')) {
                return Ok(());
            }
            self.take();
        }
    }

    /// Skips bytes in memory and counts their lines.
    fn skip(&mut self, length: usize) {
        self.line += memchr::memchr_iter(b'\n', &self.window.bytes()[..length]).count() as u64;
        self.window.skip(length);
    }

    /// Skips a byte, which a reason may quote.
    fn take(&mut self) {
        if self.quoted.len() < QUOTED {
            self.quoted.extend(self.window.bytes().first());
        }
        self.skip(1);
    }

    fn found(&mut self, end: End) -> (u64, Found<'_>) {
        let line = self.line;
        let (End::Object(length) | End::BrokenOff(length) | End::TooLong { length, .. }) = end;
        // An escape at the end of the file is scanned as if a byte followed.
        self.returned = length.min(self.window.bytes().len());
        let bytes = &self.window.bytes()[..self.returned];
        match end {
            End::Object(_) => (line, Found::Object(bytes)),
            End::BrokenOff(_) => (line, Found::BrokenOff(bytes)),
            End::TooLong { line, .. } => (line, Found::TooLong),
        }
    }
}

/// How an object ends, with the number of its bytes that are not skipped yet.
enum End {
    Object(usize),
    BrokenOff(usize),
    TooLong { line: u64, length: usize },
}
