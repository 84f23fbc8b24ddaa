//! Finds where a JSON value ends, without reading it: strings and escapes are respected, and depth is only counted.
//!
//! The scanner also detects a truncated record, which ends where the next one begins, and an object that only wraps a list of
//! papers, which ends where that list begins.

use super::envelope;

/// White space that is looked at to see what follows a bracket; also the deepest indentation that is compared.
const LOOK_AHEAD: usize = 64;

/// What is known about the extent of a value. Lengths are from its first byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    /// More bytes are needed.
    Unknown,
    /// The value has this length.
    Complete(usize),
    /// The value breaks off: after this length, another one begins.
    BrokenOff(usize),
    /// The value is an object around a list of papers, whose elements begin after this length.
    List(usize),
}

/// Scans one value, as its bytes arrive.
#[expect(clippy::struct_excessive_bools, reason = "independent facts about the value")]
pub(super) struct Scanner {
    /// The place up to which bytes were scanned.
    at: usize,
    depth: usize,
    in_string: bool,
    /// The range of the last string, without its quotes.
    string: (usize, usize),
    /// The number of columns before the value, if only white space is in front of it on its line.
    indentation: Option<usize>,
    /// Whether the first member is on the line of the opening bracket.
    is_compact: bool,
    /// Whether the second line is indented deeper than the first.
    is_indented: bool,
    is_first_line: bool,
    /// The depth of the objects that may wrap a list; 0 if none may.
    level: usize,
    /// The name of the member of such an object whose value comes next.
    name: Option<(usize, usize)>,
    /// Whether a member was seen that only a paper has.
    is_paper: bool,
}

impl Scanner {
    /// Scans a value from its opening bracket. It may wrap a list of papers if `may_wrap`.
    pub fn new(indentation: Option<usize>, may_wrap: bool) -> Self {
        Self {
            at: 0,
            depth: 0,
            in_string: false,
            string: (0, 0),
            indentation: indentation.filter(|columns| *columns <= LOOK_AHEAD),
            is_compact: false,
            is_indented: false,
            is_first_line: true,
            level: usize::from(may_wrap),
            name: None,
            is_paper: false,
        }
    }

    /// Scans the rest of an object after the list in it; `depth` objects are open.
    pub fn after_list(depth: usize) -> Self {
        Self { depth, level: depth, ..Self::new(None, true) }
    }

    /// The number of bytes scanned.
    pub fn scanned(&self) -> usize {
        self.at
    }

    /// The number of open brackets.
    pub fn depth(&self) -> usize {
        self.depth
    }

    /// Forgets the scanned bytes, which are dropped.
    pub fn forget(&mut self) {
        self.at = 0;
        self.string = (0, 0);
        // The value is too long for a record, so the names of its members no longer matter.
        self.name = None;
    }

    /// Scans on; `bytes` start with the value, and `is_complete` tells that no more will come.
    pub fn scan(&mut self, bytes: &[u8], is_complete: bool) -> Extent {
        while let Some(byte) = bytes.get(self.at).copied() {
            if self.in_string {
                match self.rest_of_string(bytes, is_complete) {
                    Step::On => {}
                    Step::Wait => return Extent::Unknown,
                    Step::Break => return Extent::BrokenOff(self.at),
                }
                continue;
            }
            match byte {
                b'"' => {
                    self.in_string = true;
                    self.string = (self.at + 1, self.at + 1);
                }
                b':' if self.depth == self.level => {
                    self.name = Some(self.string);
                    // Lists have authors too, but not the outermost object of a page with a list.
                    self.is_paper |= self.depth == 1 && envelope::is_of_paper(&bytes[self.string.0..self.string.1]);
                }
                b',' if self.depth == self.level => self.name = None,
                b'{' | b'[' => {
                    if self.depth == 0 {
                        let Some(next) = after_spaces(&bytes[self.at + 1..], is_complete) else {
                            return Extent::Unknown;
                        };
                        let same_line = bytes[self.at + 1..].iter().take(LOOK_AHEAD).find(|byte| !is_blank(**byte));
                        // No object begins with another one: such a line breaks off behind its bracket.
                        self.is_compact = next == b'{' || matches!(same_line, Some(b'"' | b'\''));
                    }
                    match self.open(byte, bytes, is_complete) {
                        Step::On => {}
                        Step::Wait => return Extent::Unknown,
                        Step::Break => return Extent::List(self.at + 1),
                    }
                }
                b'}' | b']' => {
                    self.depth = self.depth.saturating_sub(1);
                    self.level = self.level.min(self.depth);
                    if self.depth == 0 {
                        return Extent::Complete(self.at + 1);
                    }
                }
                b'\n' => match self.line_end(bytes, is_complete) {
                    Step::On => {}
                    Step::Wait => return Extent::Unknown,
                    Step::Break => return Extent::BrokenOff(self.at),
                },
                // The record separator of RFC 7464.
                0x1e => return Extent::BrokenOff(self.at),
                _ => {}
            }
            self.at += 1;
        }
        Extent::Unknown
    }

    /// An opening bracket.
    fn open(&mut self, bracket: u8, bytes: &[u8], is_complete: bool) -> Step {
        if self.depth == self.level
            && let Some((start, end)) = self.name.take()
        {
            let name = &bytes[start..end];
            if !self.is_paper && bracket == b'{' && envelope::may_hold_list(name) {
                self.level += 1;
            } else if !self.is_paper && bracket == b'[' && envelope::may_be_list(name, is_first(&bytes[..start])) {
                match after_spaces(&bytes[self.at + 1..], is_complete) {
                    Some(b'{' | b']') => return Step::Break,
                    Some(_) => {}
                    None => {
                        self.name = Some((start, end));
                        return Step::Wait;
                    }
                }
            }
        }
        self.depth += 1;
        Step::On
    }

    /// Scans to the end of a string, or to the end of the line if the string does not end on it.
    fn rest_of_string(&mut self, bytes: &[u8], is_complete: bool) -> Step {
        let Some(found) = memchr::memchr3(b'"', b'\\', b'\n', &bytes[self.at..]) else {
            self.at = bytes.len();
            return Step::Wait;
        };
        self.at += found;
        match bytes[self.at] {
            b'"' => {
                self.in_string = false;
                self.string.1 = self.at;
                self.at += 1;
            }
            b'\\' => match bytes.get(self.at + 1) {
                None => return Step::Wait,
                // The line breaks off in the escape.
                Some(b'\n') => self.at += 1,
                Some(_) => self.at += 2,
            },
            _ => match self.line_end(bytes, is_complete) {
                Step::On => self.at += 1,
                other => return other,
            },
        }
        Step::On
    }

    /// The end of a line inside the value: does the value go on below? On a break, the next value begins at `at`.
    fn line_end(&mut self, bytes: &[u8], is_complete: bool) -> Step {
        let below = &bytes[self.at + 1..];
        if below.len() < 2 * LOOK_AHEAD && !is_complete {
            // Enough for all that is looked at.
            return Step::Wait;
        }
        if below.first() == Some(&0x1e) {
            self.at += 1;
            return Step::Break;
        }
        let Some(indentation) = self.indentation else { return Step::On };
        let spaces = below.iter().take(LOOK_AHEAD + 1).take_while(|byte| is_blank(**byte)).count();
        if std::mem::take(&mut self.is_first_line) {
            self.is_indented = spaces > indentation && !self.in_string;
        }
        if spaces != indentation || below.get(spaces) != Some(&b'{') {
            return Step::On;
        }
        let rest = &below[spaces + 1..];
        let same_line = rest.iter().take(LOOK_AHEAD).find(|byte| !is_blank(**byte)).copied();
        let begins_object = match same_line {
            Some(b'"' | b'\'') => self.in_string || self.is_compact || self.is_indented,
            // A bracket alone on its line is never part of a text, but may begin a nested object, unless nested objects are indented.
            Some(b'\r' | b'\n' | b'}') => self.in_string || self.is_indented,
            _ => false,
        };
        if begins_object {
            self.at += 1;
            return Step::Break;
        }
        Step::On
    }
}

enum Step {
    On,
    Wait,
    Break,
}

/// Whether nothing but the opening bracket and a quote is before the name of a member.
fn is_first(before: &[u8]) -> bool {
    before.iter().filter(|byte| !byte.is_ascii_whitespace()).eq(b"{\"")
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// The first byte after white space; 0 if there is none near, `None` if more bytes are needed to tell.
fn after_spaces(bytes: &[u8], is_complete: bool) -> Option<u8> {
    let near = &bytes[..bytes.len().min(LOOK_AHEAD)];
    match near.iter().find(|byte| !byte.is_ascii_whitespace()) {
        Some(byte) => Some(*byte),
        None => (is_complete || bytes.len() >= LOOK_AHEAD).then_some(0),
    }
}
