//! The fields of one record, in one text that is reused from record to record.

use std::ops::Range;

/// The name of a field: up to four ASCII characters, letters in upper case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::corpus) struct Tag {
    characters: [u8; 4],
    length: u8,
}

impl Tag {
    /// A tag of the characters of `text`; those after the fourth are left out.
    pub fn new(text: &str) -> Self {
        let mut tag = Self { characters: [0; 4], length: 0 };
        for (place, byte) in tag.characters.iter_mut().zip(text.bytes()) {
            *place = byte.to_ascii_uppercase();
            tag.length += 1;
        }
        tag
    }

    /// A tag whose letters keep their case.
    pub fn exact(text: &str) -> Self {
        let mut tag = Self::new(text);
        for (place, byte) in tag.characters.iter_mut().zip(text.bytes()) {
            *place = byte;
        }
        tag
    }

    pub fn as_str(&self) -> &str {
        // Always valid: formats make tags of ASCII only.
        std::str::from_utf8(&self.characters[..usize::from(self.length)]).unwrap_or_default()
    }
}

/// The fields of a record in their order.
#[derive(Debug, Default)]
pub(in crate::corpus) struct Fields {
    /// The line at which the record starts.
    pub line: u64,
    text: String,
    /// The tag of each field, and the place of its value in the text.
    spans: Vec<(Tag, Range<usize>)>,
}

impl Fields {
    /// Begins a record.
    pub fn begin(&mut self, line: u64) {
        self.line = line;
        self.text.clear();
        self.spans.clear();
        // One huge record must not hold its memory for the rest of the file.
        self.text.shrink_to(1 << 20);
        self.spans.shrink_to(1 << 12);
    }

    /// Adds a field.
    pub fn push(&mut self, tag: Tag, value: &str) {
        let start = self.text.len();
        self.text.push_str(value);
        self.spans.push((tag, start..self.text.len()));
    }

    /// Continues the value of the last field on a new line.
    pub fn append(&mut self, line: &str) {
        if let Some((_, range)) = self.spans.last_mut() {
            if range.start < range.end {
                self.text.push('\n');
            }
            self.text.push_str(line);
            range.end = self.text.len();
        }
    }

    /// The memory in use for a record, roughly, in bytes.
    pub fn size(&self) -> usize {
        self.text.len() + self.spans.len() * size_of::<(Tag, Range<usize>)>()
    }

    /// Whether there is a field of this tag.
    pub fn has(&self, tag: &str) -> bool {
        self.spans.iter().any(|(other, _)| other.as_str() == tag)
    }

    /// The tag of the first field.
    pub fn first(&self) -> Option<&str> {
        self.spans.first().map(|(tag, _)| tag.as_str())
    }

    /// Every field that has a value. The lines of a value are separated by LF.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.spans
            .iter()
            .map(|(tag, range)| (tag.as_str(), self.text[range.clone()].trim()))
            .filter(|(_, value)| !value.is_empty())
    }

    /// The values of the fields of this tag.
    pub fn all<'f>(&'f self, tag: &'f str) -> impl Iterator<Item = &'f str> {
        self.iter().filter(move |(other, _)| *other == tag).map(|(_, value)| value)
    }
}
