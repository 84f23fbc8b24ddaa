//! An entry with its fields as text.

use serde::{Deserialize, Serialize};

use super::super::Loss;

/// How many pairs of braces around a value are removed. The bound keeps the time linear.
const MOST_PAIRS: usize = 8;

/// What programs write for a value that they do not have.
const NO_VALUES: [&str; 3] = ["null", "undefined", "NaN"];

/// An entry whose macros are resolved.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub(super) struct Entry {
    /// The line where the entry begins.
    pub line: u64,
    /// The type in lower case.
    pub kind: String,
    pub key: String,
    /// Names in lower case, with their values.
    pub fields: Vec<(String, String)>,
    /// Fields with what was lost in them.
    pub losses: Vec<(String, String)>,
}

impl Entry {
    /// The value of a field, unless it is empty or a marker for a missing one. If a field occurs twice, the first one counts.
    pub fn get(&self, name: &str) -> Option<&str> {
        let mut values = self.fields.iter().filter(|(own, _)| own == name).map(|(_, value)| value.trim());
        values.find(|value| !bare(value).is_empty() && !NO_VALUES.contains(&bare(value)))
    }

    /// The value of the first of several fields that is not empty.
    pub fn first(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| self.get(name))
    }

    /// As [`Self::first`], without white space and braces around the value.
    pub fn bare(&self, names: &[&str]) -> Option<&str> {
        self.first(names).map(bare)
    }

    pub fn lose(&mut self, loss: Loss) {
        self.losses.push((loss.field, loss.reason));
    }
}

/// A value without the white space and the pairs of braces around it.
pub(super) fn bare(value: &str) -> &str {
    let mut value = value.trim();
    for _ in 0..MOST_PAIRS {
        match value.strip_prefix('{').and_then(|value| value.strip_suffix('}')) {
            // In `{A} and {B}`, the first brace does not belong to the last one.
            Some(inner) if is_balanced(inner) => value = inner.trim(),
            _ => break,
        }
    }
    value
}

/// Whether every brace has its counterpart, in order.
pub(super) fn is_balanced(text: &str) -> bool {
    let mut depth = 0_i64;
    for byte in text.bytes() {
        depth += i64::from(byte == b'{') - i64::from(byte == b'}');
        if depth < 0 {
            return false;
        }
    }
    depth == 0
}

/// Splits a text at every place, outside braces, where `separator` gives the length of a separator.
pub(super) fn split_outside_braces(text: &str, separator: impl Fn(&str, usize) -> Option<usize>) -> Vec<&str> {
    let (mut parts, mut start, mut place, mut depth) = (Vec::new(), 0, 0, 0_i64);
    let mut is_escaped = false;
    while let Some(byte) = text.as_bytes().get(place) {
        let before = std::mem::take(&mut is_escaped);
        match byte {
            b'{' if !before => depth += 1,
            b'}' if !before => depth = (depth - 1).max(0),
            b'\\' => is_escaped = !before,
            _ if depth == 0 && text.is_char_boundary(place) => {
                if let Some(length) = separator(text, place) {
                    parts.push(text[start..place].trim());
                    place += length;
                    start = place;
                    continue;
                }
            }
            _ => {}
        }
        place += 1;
    }
    parts.push(text[start..].trim());
    parts
}
