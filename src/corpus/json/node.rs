//! A JSON value as text, parsed on demand: members that no field uses cost nothing, and numbers keep
//! their digits.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::repair::repair;

/// A value.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node<'a>(&'a str);

/// The members of an object, in order.
pub(super) struct Members<'a>(pub Vec<(Cow<'a, str>, Node<'a>)>);

impl<'a> Members<'a> {
    /// The value of the first of these names that has one. `firstName` is also found as `first_name` and `first-name`.
    pub fn get(&self, names: &[&str]) -> Option<Node<'a>> {
        names.iter().find_map(|wanted| {
            let found = self.0.iter().find(|(name, node)| is_same_name(name, wanted) && !node.is_empty());
            found.map(|(_, node)| *node)
        })
    }
}

/// Whether two names are the same but for case and the marks between words.
fn is_same_name(one: &str, other: &str) -> bool {
    fn letters(name: &str) -> impl Iterator<Item = u8> {
        let bytes = name.bytes().filter(|byte| !matches!(byte, b'_' | b'-' | b' '));
        bytes.map(|byte| byte.to_ascii_lowercase())
    }
    // `_source` is another name than `source`.
    let starts_equal = match (one.as_bytes(), other.as_bytes()) {
        ([a, ..], [b, ..]) => a.eq_ignore_ascii_case(b),
        _ => false,
    };
    starts_equal && letters(one).eq(letters(other))
}

/// The members that name the text of an object with one text.
const TEXTS: [&str; 14] = [
    "text",
    "#text",
    "$",
    "value",
    "display_name",
    "name",
    "title",
    "full_title",
    "fulltitle",
    "full_name",
    "content",
    "abstract",
    "description",
    "term",
];
/// The depth to which [`Node::plain`] looks.
const DEPTH: usize = 3;

impl<'a> Node<'a> {
    /// The members of a text with one object; the error is where it is not JSON.
    pub fn parse(text: &'a str) -> Result<Members<'a>, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// The value as JSON.
    pub fn text(self) -> &'a str {
        self.0
    }

    /// The members of an object.
    pub fn members(self) -> Option<Members<'a>> {
        if self.is_object() { Self::parse(self.0).ok() } else { None }
    }

    /// The member of an object with one of these names: the first of the names that has a value.
    pub fn member(self, names: &[&str]) -> Option<Node<'a>> {
        self.members()?.get(names)
    }

    /// The elements of an array.
    pub fn elements(self) -> Option<Vec<Node<'a>>> {
        if !self.is_array() {
            return None;
        }
        let elements: Vec<&RawValue> = serde_json::from_str(self.0).ok()?;
        Some(elements.into_iter().map(|element| Self(element.get())).collect())
    }

    /// The elements of an array of whole numbers.
    pub fn counts(self) -> Option<Vec<u32>> {
        serde_json::from_str(self.0).ok()
    }

    /// The text of a string.
    pub fn string(self) -> Option<Cow<'a, str>> {
        let inner = self.0.strip_prefix('"')?.strip_suffix('"')?;
        if memchr::memchr(b'\\', inner.as_bytes()).is_none() {
            return Some(Cow::Borrowed(inner));
        }
        let text = serde_json::from_str(self.0);
        // The extent of a string is found without a look at its surrogates.
        text.or_else(|_| serde_json::from_str(&repair(self.0).text)).map(Cow::Owned).ok()
    }

    /// The text of a string, or the digits of a number.
    pub fn scalar(self) -> Option<Cow<'a, str>> {
        if self.is_number() { Some(Cow::Borrowed(self.0)) } else { self.string() }
    }

    /// The text of a scalar; of an array, that of the first element that has one; of an object, that of the member that
    /// is known to name it.
    pub fn plain(self) -> Option<Cow<'a, str>> {
        self.plain_within(DEPTH)
    }

    fn plain_within(self, depth: usize) -> Option<Cow<'a, str>> {
        if let Some(text) = self.scalar() {
            return (!text.trim().is_empty()).then_some(text);
        }
        let depth = depth.checked_sub(1)?;
        if self.is_object() {
            return self.member(&TEXTS)?.plain_within(depth);
        }
        self.elements()?.into_iter().find_map(|element| element.plain_within(depth))
    }

    /// A whole number.
    pub fn count(self) -> Option<u32> {
        let text = self.scalar()?;
        let text = text.trim();
        text.strip_suffix(".0").unwrap_or(text).parse().ok()
    }

    /// Whether the value is empty: null, or a text, an array or an object without content.
    pub fn is_empty(self) -> bool {
        match self.0.as_bytes() {
            b"null" | b"" | b"[null]" => true,
            [b'"', text @ .., b'"'] => text.iter().all(|byte| *byte == b' '),
            [b'{', members @ .., b'}'] => members.iter().all(u8::is_ascii_whitespace),
            // Also an array of empty texts.
            [b'[', elements @ .., b']'] => {
                elements.iter().all(|byte| byte.is_ascii_whitespace() || matches!(byte, b'"' | b','))
            }
            _ => false,
        }
    }

    pub fn is_string(self) -> bool {
        self.0.starts_with('"')
    }

    pub fn is_number(self) -> bool {
        self.0.starts_with(|c: char| c == '-' || c.is_ascii_digit())
    }

    pub fn is_object(self) -> bool {
        self.0.starts_with('{')
    }

    pub fn is_array(self) -> bool {
        self.0.starts_with('[')
    }

    pub fn is_true(self) -> bool {
        self.0 == "true" || self.string().is_some_and(|text| text.eq_ignore_ascii_case("true"))
    }

    /// What the value is, for a reason.
    pub fn found(self) -> String {
        match self.0.as_bytes().first() {
            Some(b'{') => "an object".to_owned(),
            Some(b'[') if self.is_empty() => "an empty array".to_owned(),
            Some(b'[') => "an array".to_owned(),
            _ => format!("`{}`", quoted(self.0.trim_matches('"'))),
        }
    }
}

/// The first 40 characters of a text on one line.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = crate::corpus::beginning(text);
    if quoted.len() < text.len() {
        quoted.push('…');
    }
    quoted
}

#[derive(serde::Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'a> Deserialize<'a> for Members<'a> {
    fn deserialize<D: Deserializer<'a>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reading;

        impl<'a> Visitor<'a> for Reading {
            type Value = Members<'a>;

            fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<Members<'a>, A::Error> {
                let mut members = Vec::with_capacity(8);
                while let Some(name) = map.next_key::<Text>()? {
                    members.push((name.0, Node(map.next_value::<&RawValue>()?.get())));
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(Reading)
    }
}
