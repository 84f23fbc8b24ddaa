//! Splits a stream of XML into its records, without parsing it.
//!
//! A record is an element with one of given names, such as `PubmedArticle`. Its text is cut out by searching for tags, for three
//! reasons: a malformed record cannot affect the next one, memory is bounded by the longest permitted record, and everything
//! around the records (declarations, DTDs, envelopes, several documents in one file) needs no attention.
//! Comments, CDATA sections and processing instructions are passed over, so a tag in them is not a tag.
//! Source: Extensible Markup Language (XML) 1.0, fifth edition, sections 2.1 to 2.8.

use std::io::BufRead;

use memchr::{memchr, memchr_iter, memmem};

use super::super::{Content, LONGEST_RECORD};

/// The length of a tag that is inspected. All names of records are shorter, also with a prefix.
const INSPECTED: usize = 64;
/// The number of bytes that are read at once.
const PIECE: usize = 64 << 10;

/// The text of a record.
pub(super) struct RawRecord<'b> {
    /// The line at which it starts, from 1.
    pub line: u64,
    /// Everything from the start tag to the end tag, or the reason why there is no complete text.
    pub text: Result<&'b [u8], String>,
}

/// Cuts a stream into records. The buffer holds at most one record and one piece.
pub(super) struct Splitter {
    content: Content,
    names: &'static [&'static str],
    longest: usize,
    buffer: Vec<u8>,
    /// The present record; `None` between records.
    record: Option<Open>,
    /// The place in the buffer up to which tags were searched.
    searched: usize,
    /// In a comment or the like: the text that ends it.
    ignored_until: Option<&'static [u8]>,
    /// The number of the line at a place in the buffer.
    line: u64,
    counted: usize,
    is_at_end: bool,
}

/// A record of which the end was not found yet.
#[derive(Clone, Copy)]
struct Open {
    name: &'static str,
    line: u64,
    /// The place in the buffer.
    start: usize,
    /// The number of elements of a record's name that are open within the metadata of the record.
    nested: usize,
}

/// A tag of a record, at the place up to which tags were searched.
enum Tag {
    Start(&'static str),
    /// With its length.
    End(usize),
}

/// Constructs in which tags have no meaning, each with its end.
const IGNORED: [(&[u8], &[u8]); 3] = [(b"<!--", b"-->"), (b"<![CDATA[", b"]]>"), (b"<?", b"?>")];

impl Splitter {
    /// `names` are the names of the elements that are records, without namespace prefixes.
    pub fn new(content: Content, names: &'static [&'static str]) -> Self {
        Self {
            content,
            names,
            longest: LONGEST_RECORD,
            buffer: Vec::new(),
            record: None,
            searched: 0,
            ignored_until: None,
            line: 1,
            counted: 0,
            is_at_end: false,
        }
    }

    /// The next record; `None` at the end.
    pub fn next(&mut self) -> std::io::Result<Option<RawRecord<'_>>> {
        loop {
            match self.next_tag() {
                Some(Tag::Start(_)) if self.is_metadata() => self.searched += 1,
                Some(Tag::Start(name)) => {
                    let start = self.searched;
                    self.count(start);
                    self.searched += 1;
                    if let Some(unclosed) = self.record.replace(Open { name, line: self.line, start, nested: 0 }) {
                        return Ok(Some(unclosed.refused(&format!("`<{name}`"))));
                    }
                }
                Some(Tag::End(length)) => {
                    self.searched += length;
                    if let Some(open) = self.record.as_mut().filter(|open| open.nested > 0) {
                        open.nested -= 1;
                    } else if let Some(record) = self.record.take() {
                        let text = &self.buffer[record.start..self.searched];
                        let is_short = text.len() <= self.longest;
                        return Ok(Some(RawRecord {
                            line: record.line,
                            text: if is_short { Ok(text) } else { Err(self.too_long()) },
                        }));
                    }
                }
                None => {
                    let too_long = self.record.filter(|record| self.buffer.len() - record.start > self.longest);
                    if let Some(record) = too_long {
                        self.record = None;
                        self.ignored_until = None;
                        return Ok(Some(RawRecord { line: record.line, text: Err(self.too_long()) }));
                    }
                    if !self.read()? {
                        return Ok(self.record.take().map(|record| record.refused("the end of the file")));
                    }
                }
            }
        }
    }

    /// Whether the tag here starts the metadata of the present record: OAI-PMH wraps the `record` of MARC in its own. If so, it
    /// is counted.
    fn is_metadata(&mut self) -> bool {
        let Some(open) = &mut self.record else { return false };
        let before = self.buffer[open.start..self.searched].trim_ascii_end();
        let start = before.iter().rposition(|byte| *byte == b'<').unwrap_or(before.len());
        let tag = before[start..].strip_prefix(b"<").and_then(|tag| tag.strip_suffix(b">")).unwrap_or_default();
        let name = tag.split(u8::is_ascii_whitespace).next().unwrap_or_default();
        let is_metadata = name == b"metadata" || name.ends_with(b":metadata");
        open.nested += usize::from(is_metadata);
        is_metadata
    }

    fn too_long(&self) -> String {
        format!("expected at most {} MiB in a record, found more", self.longest >> 20)
    }

    /// Searches for the next tag that starts a record or ends the present one; `None` if more must be read for that.
    fn next_tag(&mut self) -> Option<Tag> {
        loop {
            if let Some(end) = self.ignored_until {
                let Some(place) = memmem::find(&self.buffer[self.searched..], end) else {
                    // The end may be split between this piece and the next one.
                    self.searched = self.searched.max((self.buffer.len() + 1).saturating_sub(end.len()));
                    return None;
                };
                self.searched += place + end.len();
                self.ignored_until = None;
            }
            let Some(place) = memchr(b'<', &self.buffer[self.searched..]) else {
                self.searched = self.buffer.len();
                return None;
            };
            self.searched += place;
            let rest = &self.buffer[self.searched..];
            let is_complete = rest.len() >= INSPECTED || self.is_at_end || memchr(b'>', rest).is_some();
            if !is_complete {
                return None;
            }
            if let [_, b'!' | b'?', ..] = rest
                && let Some((start, end)) = IGNORED.iter().find(|(start, _)| rest.starts_with(start))
            {
                self.searched += start.len();
                self.ignored_until = Some(end);
            } else if let Some(tag) = self.tag(&rest[..rest.len().min(INSPECTED)]) {
                return Some(tag);
            } else {
                self.searched += 1;
            }
        }
    }

    /// Whether a text that starts with `<` is a tag of a record.
    fn tag(&self, text: &[u8]) -> Option<Tag> {
        let tag = text.get(1..)?;
        let (tag, is_end) = tag.strip_prefix(b"/").map_or((tag, false), |tag| (tag, true));
        let length = tag.iter().position(|byte| byte.is_ascii_whitespace() || matches!(byte, b'/' | b'>'))?;
        let name = &tag[..length];
        let name = memchr(b':', name).map_or(name, |colon| &name[colon + 1..]);
        let name = *self.names.iter().find(|wanted| wanted.as_bytes() == name)?;
        let close = memchr(b'>', text);
        if is_end {
            let is_own = self.record.is_some_and(|record| record.name == name);
            return close.filter(|_| is_own).map(|close| Tag::End(close + 1));
        }
        // An element without content, such as `<record/>`, contains nothing that could be read.
        let is_empty = close.is_some_and(|close| text[..close].ends_with(b"/"));
        (!is_empty).then_some(Tag::Start(name))
    }

    /// Reads a piece; returns whether the search can go on.
    fn read(&mut self) -> std::io::Result<bool> {
        if self.is_at_end {
            return Ok(false);
        }
        let unneeded = self.record.map_or(self.searched, |record| record.start);
        self.count(unneeded);
        self.buffer.drain(..unneeded);
        self.searched -= unneeded;
        self.counted = 0;
        if let Some(record) = &mut self.record {
            record.start = 0;
        }
        let piece = loop {
            match self.content.fill_buf() {
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                piece => break piece?,
            }
        };
        let piece = &piece[..piece.len().min(PIECE)];
        let length = piece.len();
        self.buffer.extend_from_slice(piece);
        self.content.consume(length);
        // At the end, the last bytes are inspected although no more follow.
        self.is_at_end = length == 0;
        Ok(true)
    }

    /// Counts the lines up to a place in the buffer.
    fn count(&mut self, place: usize) {
        self.line += memchr_iter(b'\n', &self.buffer[self.counted..place]).count() as u64;
        self.counted = place;
    }
}

impl Open {
    /// The record without a complete text: instead of its end tag, something else was found.
    fn refused(self, found: &str) -> RawRecord<'static> {
        RawRecord { line: self.line, text: Err(format!("expected `</{}>`, found {found}", self.name)) }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    /// The records as `line:text` or `line!reason`.
    fn split_to(longest: usize, text: &str) -> Vec<String> {
        let mut splitter = Splitter::new(Box::new(Cursor::new(text.to_owned())), &["r", "s"]);
        splitter.longest = longest;
        let mut found = Vec::new();
        while let Some(record) = splitter.next().unwrap() {
            found.push(match record.text {
                Ok(text) => format!("{}:{}", record.line, String::from_utf8_lossy(text)),
                Err(reason) => format!("{}!{reason}", record.line),
            });
        }
        found
    }

    fn split(text: &str) -> Vec<String> {
        split_to(LONGEST_RECORD, text)
    }

    #[test]
    fn records_are_cut_out_with_their_lines() {
        let text = "<?xml?>\n<rs>\n <r a='1'>x\n</r>\n<x:s>y</x:s></rs>\n";
        assert_eq!(split(text), ["3:<r a='1'>x\n</r>", "5:<x:s>y</x:s>"]);
    }

    #[test]
    fn tags_in_comments_and_sections_are_no_tags() {
        assert_eq!(
            split("<!-- <r>\n --><r><![CDATA[</r> > ]]><!-- </r> --></r><?x <r> ?>"),
            ["2:<r><![CDATA[</r> > ]]><!-- </r> --></r>"]
        );
        assert_eq!(split("<!--> <r>a</r> --><r>b</r>"), ["1:<r>b</r>"]);
    }

    #[test]
    fn unclosed_record_is_reported_and_the_next_one_is_read() {
        assert_eq!(
            split("<r>a\n<r>b</r>\n<s>c</r>"),
            ["1!expected `</r>`, found `<r`", "2:<r>b</r>", "3!expected `</s>`, found the end of the file"]
        );
    }

    #[test]
    fn record_above_the_limit_is_reported_once() {
        assert_eq!(
            split_to(12, "<r>0123456789\n0123456789</r>\n<r>ok</r>"),
            ["1!expected at most 0 MiB in a record, found more", "3:<r>ok</r>"]
        );
        assert_eq!(split_to(12, "0123456789\n0123456789012345678 <r>ok</r>"), ["2:<r>ok</r>"]);
    }

    #[test]
    fn stray_characters_do_not_hide_a_tag() {
        assert_eq!(split("a > b < c<r>p < 0.05</r> </r> <r/> <"), ["1:<r>p < 0.05</r>"]);
        assert_eq!(split(""), [""; 0]);
    }
}
