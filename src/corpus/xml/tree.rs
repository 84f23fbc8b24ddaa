//! Parses the text of one record into a tree of elements.
//!
//! References to characters (`&#233;`) and to the entities of HTML (`&eacute;`) are decoded, whether or not a DTD declares them;
//! an unknown reference stays as it is. Declarations of entities are never read, so none can be expanded.
//! Source: Extensible Markup Language (XML) 1.0, fifth edition.

use std::borrow::Cow;

use quick_xml::errors::{Error, IllFormedError};
use quick_xml::escape::{minimal_escape, unescape_with};
use quick_xml::events::attributes::Attributes;
use quick_xml::events::{BytesRef, Event};
use quick_xml::reader::Reader;

use crate::corpus::beginning;
use crate::corpus::text::entities::named;

/// The maximum depth of elements in a record.
const DEEPEST: usize = 256;

/// The elements and texts of a record in the order of the text.
pub(super) struct Tree<'s> {
    nodes: Vec<Node<'s>>,
}

enum Node<'s> {
    Element {
        /// With the namespace prefix.
        name: &'s str,
        /// As in the start tag, after the name.
        attributes: &'s str,
        /// The number of nodes within the element, which directly follow.
        size: usize,
    },
    Text(Cow<'s, str>),
}

impl<'s> Tree<'s> {
    /// Parses a text that starts with the start tag of its only element. The error is the reason in words.
    pub fn parse(text: &'s str) -> Result<Self, String> {
        let mut reader = Reader::from_str(text);
        let mut nodes: Vec<Node<'s>> = Vec::with_capacity(text.len() / 32);
        let mut open: Vec<usize> = Vec::new();
        loop {
            let start = reader.buffer_position();
            let event = match reader.read_event() {
                Ok(event) => event,
                Err(error) => return Err(malformed(&error, from(text, reader.error_position()))),
            };
            match event {
                Event::Start(_) | Event::Empty(_) => {
                    if open.len() == DEEPEST {
                        return Err(format!("expected elements to a depth of at most {DEEPEST}, found more"));
                    }
                    if matches!(event, Event::Start(_)) {
                        open.push(nodes.len());
                    }
                    let rest = from(text, start);
                    let length = reader.buffer_position() - start;
                    nodes.push(element(rest.get(..usize::try_from(length).unwrap_or(rest.len())).unwrap_or(rest))?);
                }
                Event::End(_) => {
                    if let Some(place) = open.pop() {
                        let inner = nodes.len() - place - 1;
                        if let Some(Node::Element { size, .. }) = nodes.get_mut(place) {
                            *size = inner;
                        }
                    }
                    if open.is_empty() {
                        return Ok(Self { nodes });
                    }
                }
                Event::Text(piece) => nodes.push(Node::Text(piece.into_inner())),
                Event::CData(piece) => nodes.push(Node::Text(piece.into_inner())),
                Event::GeneralRef(reference) => nodes.push(Node::Text(decoded(&reference))),
                Event::Eof => return Err("expected an end tag, found the end of the record".to_owned()),
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
            }
        }
    }

    /// The element of the whole record.
    pub fn root(&self) -> Option<Element<'_>> {
        Children { nodes: &self.nodes }.next()
    }
}

/// The node of a start tag.
fn element(tag: &str) -> Result<Node<'_>, String> {
    let inner = tag.strip_prefix('<').and_then(|tag| tag.strip_suffix('>')).unwrap_or_default();
    let inner = inner.strip_suffix('/').unwrap_or(inner);
    if !inner.starts_with(|c: char| c.is_alphabetic() || c == '_') || inner.contains('<') {
        return Err(format!("expected a tag or `&lt;`, found `{}`", beginning(tag)));
    }
    let (name, attributes) = inner.split_at(inner.find(|c: char| c.is_ascii_whitespace()).unwrap_or(inner.len()));
    Ok(Node::Element { name, attributes: attributes.trim_end(), size: 0 })
}

/// The text of an entity or character reference. An unknown reference is kept as it is.
fn decoded<'s>(reference: &BytesRef<'_>) -> Cow<'s, str> {
    if let Ok(Some(character)) = reference.resolve_char_ref() {
        return Cow::Owned(character.to_string());
    }
    named(reference).map_or_else(|| Cow::Owned(format!("&{};", &**reference)), Cow::Borrowed)
}

/// The reason why a record cannot be parsed; `rest` is its text from the place of the error on.
fn malformed(error: &Error, rest: &str) -> String {
    match error {
        Error::IllFormed(IllFormedError::MismatchedEndTag { expected, found }) => {
            format!("expected `</{}>`, found `</{}>`", beginning(expected), beginning(found))
        }
        Error::IllFormed(IllFormedError::UnclosedReference) => {
            format!("expected `&amp;` or another reference, found `{}`", beginning(rest))
        }
        _ => format!("expected a complete tag or `&lt;`, found `{}`", beginning(rest)),
    }
}

fn from(text: &str, place: u64) -> &str {
    usize::try_from(place).ok().and_then(|place| text.get(place..)).unwrap_or_default()
}

/// An element with its content. All names are without namespace prefixes.
#[derive(Clone, Copy)]
pub(super) struct Element<'t> {
    name: &'t str,
    attributes: &'t str,
    nodes: &'t [Node<'t>],
}

struct Children<'t> {
    nodes: &'t [Node<'t>],
}

impl<'t> Iterator for Children<'t> {
    type Item = Element<'t>;

    fn next(&mut self) -> Option<Element<'t>> {
        loop {
            let (first, rest) = self.nodes.split_first()?;
            self.nodes = rest;
            if let Node::Element { name, attributes, size } = first {
                let (nodes, after) = rest.split_at_checked(*size)?;
                self.nodes = after;
                return Some(Element { name, attributes, nodes });
            }
        }
    }
}

/// The name of an element without the prefix of its namespace.
pub(super) fn local(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, name)| name)
}

impl<'t> Element<'t> {
    pub fn name(self) -> &'t str {
        local(self.name)
    }

    /// The elements directly within this one.
    pub fn children(self) -> impl Iterator<Item = Element<'t>> {
        Children { nodes: self.nodes }
    }

    /// The elements of a name directly within this one.
    pub fn all(self, name: &str) -> impl Iterator<Item = Element<'t>> {
        self.children().filter(move |child| child.name() == name)
    }

    /// The first element at a path such as `Journal/Title`.
    pub fn find(self, path: &str) -> Option<Element<'t>> {
        path.split('/').try_fold(self, |element, name| element.all(name).next())
    }

    /// The text of the first element at a path, unless it is empty.
    pub fn value(self, path: &str) -> Option<String> {
        self.find(path).map(Self::text).filter(|text| !text.is_empty())
    }

    /// The texts of all elements of a name directly within this one, without the empty ones.
    pub fn values(self, name: &str) -> impl Iterator<Item = String> {
        self.all(name).map(Self::text).filter(|text| !text.is_empty())
    }

    /// An attribute's value.
    pub fn attribute(self, name: &str) -> Option<String> {
        let mut attributes = Attributes::html(self.attributes, 0);
        let attributes = attributes.with_checks(false).filter_map(Result::ok);
        let attribute = attributes.into_iter().find(|attribute| attribute.key.local_name().as_ref() == name)?;
        let value = unescape_with(&attribute.value, named);
        // A value with an unknown reference stays as it is.
        Some(value.map_or_else(|_| attribute.value.to_string(), Cow::into_owned))
    }

    /// Whether an attribute has this value.
    pub fn has(self, name: &str, value: &str) -> bool {
        self.attribute(name).is_some_and(|found| found == value)
    }

    /// The text within the element without any tags.
    pub fn text(self) -> String {
        let texts = self.nodes.iter().filter_map(|node| match node {
            Node::Text(text) => Some(&**text),
            Node::Element { .. } => None,
        });
        trimmed(texts.collect())
    }

    /// The text within the element without tags, and without the elements of these names.
    pub fn text_without(self, names: &[&str]) -> String {
        let mut text = String::new();
        let mut skipped_to = 0;
        for (place, node) in self.nodes.iter().enumerate() {
            match node {
                _ if place < skipped_to => {}
                Node::Text(part) => text.push_str(part),
                Node::Element { name, size, .. } => {
                    if names.contains(&local(name)) {
                        skipped_to = place + 1 + size;
                    }
                }
            }
        }
        crate::corpus::one_line(&text)
    }

    /// The text within the element with all tags, as well-formed XML. The only references in it are `&lt;` and `&amp;`.
    pub fn markup(self) -> String {
        let mut markup = String::new();
        let close = |markup: &mut String, name: &str| markup.extend(["</", name, ">"]);
        // The names of the open elements, each with the place after its last node.
        let mut open: Vec<(usize, &str)> = Vec::new();
        for (place, node) in self.nodes.iter().enumerate() {
            while let Some((_, name)) = open.pop_if(|(end, _)| *end <= place) {
                close(&mut markup, name);
            }
            match node {
                Node::Text(text) => markup.push_str(&minimal_escape(&**text)),
                Node::Element { name, attributes, size } => {
                    markup.extend(["<", name, attributes, ">"]);
                    open.push((place + 1 + size, name));
                }
            }
        }
        for (_, name) in open.into_iter().rev() {
            close(&mut markup, name);
        }
        trimmed(markup)
    }
}

/// A text without white space at its ends.
fn trimmed(text: String) -> String {
    let inner = text.trim();
    if inner.len() == text.len() { text } else { inner.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(text: &str) -> String {
        Tree::parse(text).err().unwrap()
    }

    #[test]
    fn elements_are_found_by_path_without_prefixes() {
        let tree = Tree::parse("<r><x:a>1<b k='v' x:l=\"&lt;&uuml;\"/></x:a><a><b>2</b></a><c/></r>").unwrap();
        let root = tree.root().unwrap();
        assert_eq!(root.name(), "r");
        assert_eq!(root.children().map(Element::name).collect::<Vec<_>>(), ["a", "a", "c"]);
        assert_eq!(root.values("a").collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!(root.value("c"), None);
        let b = root.find("a/b").unwrap();
        assert_eq!(b.attribute("k").unwrap(), "v");
        assert_eq!(b.attribute("l").unwrap(), "<ü");
        assert_eq!(b.attribute("m"), None);
    }

    #[test]
    fn references_are_decoded_and_unknown_ones_are_kept() {
        let tree = Tree::parse("<r> M&uuml;ller &amp; S&#246;hne &#xd6; &lol9; &#0; <![CDATA[&lt; <]]> </r>").unwrap();
        assert_eq!(tree.root().unwrap().text(), "Müller & Söhne Ö &lol9; &#0; &lt; <");
    }

    #[test]
    fn markup_is_kept() {
        let tree = Tree::parse("<r>\n<i>In <b>v<u/></b></i> p&lt;1 &amp; <m:n a=\"b\" >x</m:n></r>").unwrap();
        let root = tree.root().unwrap();
        assert_eq!(root.markup(), "<i>In <b>v<u></u></b></i> p&lt;1 &amp; <m:n a=\"b\">x</m:n>");
        assert_eq!(root.text(), "In v p<1 & x");
    }

    #[test]
    fn malformed_text_is_reported_with_what_was_expected() {
        assert_eq!(reason("<r><a>AT&T</a></r>"), "expected `&amp;` or another reference, found `&T</a></r>`");
        assert_eq!(reason("<r><a><b>x</a></b></r>"), "expected `</b>`, found `</a>`");
        assert_eq!(reason("<r>p < 0.05</r>"), "expected a tag or `&lt;`, found `< 0.05</r>`");
        assert_eq!(reason("<r>p <a 0.05</r>"), "expected a tag or `&lt;`, found `<a 0.05</r>`");
        assert_eq!(reason("<r>p <a '</r>"), "expected a complete tag or `&lt;`, found `<a '</r>`");
        assert_eq!(reason("<r><a>"), "expected an end tag, found the end of the record");
    }

    #[test]
    fn depth_is_bounded() {
        let deep = |depth: usize| format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth));
        assert!(Tree::parse(&deep(DEEPEST)).is_ok());
        assert_eq!(reason(&deep(100_000)), "expected elements to a depth of at most 256, found more");
    }
}
