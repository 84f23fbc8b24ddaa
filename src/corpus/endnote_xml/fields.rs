//! Parses the XML of one record to fields: the elements that contain text.

use std::borrow::Cow;

use quick_xml::XmlVersion;
use quick_xml::errors::{Error, IllFormedError};
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

use crate::corpus::beginning;

/// An element that contains text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Field {
    /// The element around it, such as `authors`.
    pub parent: String,
    /// Its name, such as `author`.
    pub name: String,
    /// Its text, without the tags in it.
    pub text: String,
}

/// Why a record is not valid XML.
pub(super) struct Broken {
    /// The number of bytes before the error.
    pub position: usize,
    pub reason: String,
}

/// The fields of a record, from `<record>` to `</record>`.
pub(super) fn fields(record: &str) -> Result<Vec<Field>, Broken> {
    let mut reader = Reader::from_str(record);
    // Some programs write `&` as it is.
    reader.config_mut().allow_dangling_amp = true;
    let mut walk = Walk::default();
    loop {
        let start = reader.buffer_position();
        match reader.read_event() {
            // The parser treats every `<` as the start of a tag, also in `p < 0.05`.
            Ok(Event::Start(tag) | Event::Empty(tag)) if !is_name(tag.name().as_ref()) => {
                let position = usize::try_from(start).unwrap_or_default();
                return Err(Broken { position, reason: unexpected(record, position) });
            }
            Ok(Event::Start(tag)) => walk.start(&tag),
            Ok(Event::Empty(tag)) => {
                walk.start(&tag);
                walk.end();
            }
            Ok(Event::End(_)) => walk.end(),
            Ok(Event::Text(text)) => walk.text(&text.xml10_content()),
            Ok(Event::CData(text)) => walk.text(&text.xml10_content()),
            Ok(Event::GeneralRef(name)) => match (name.resolve_char_ref(), resolve_xml_entity(&name)) {
                (Ok(Some(character)), _) => walk.text(character.encode_utf8(&mut [0; 4])),
                (_, Some(character)) => walk.text(character),
                // An entity of HTML, which is replaced with the markup of all formats.
                _ => walk.text(&format!("&{};", &*name)),
            },
            Ok(Event::Eof) => return Ok(walk.fields),
            Ok(Event::Comment(_) | Event::PI(_) | Event::Decl(_) | Event::DocType(_)) => {}
            Err(error) => {
                let position = usize::try_from(reader.error_position()).unwrap_or_default();
                return Err(Broken { position, reason: reason(&error, record, position) });
            }
        }
    }
}

/// The position in a record.
#[derive(Default)]
struct Walk {
    /// The elements around the current one that group others.
    groups: Vec<String>,
    /// The element whose text is read, and the number of elements open in it, such as `style`.
    field: Option<(Field, usize)>,
    fields: Vec<Field>,
}

impl Walk {
    fn start(&mut self, tag: &BytesStart) {
        if let Some((_, depth)) = &mut self.field {
            *depth += 1;
            return;
        }
        let name = tag.name().as_ref().to_owned();
        if is_group(&name) {
            self.groups.push(name);
            return;
        }
        let parent = self.groups.last().cloned().unwrap_or_default();
        // The name of the type is an attribute; the text is its number.
        if let Some(kind) = attribute(tag, "name").filter(|_| name == "ref-type") {
            self.fields.push(Field { parent: name.clone(), name: "name".into(), text: kind.into_owned() });
        }
        self.field = Some((Field { parent, name, text: String::new() }, 0));
    }

    fn end(&mut self) {
        match self.field.take() {
            Some((field, 0)) => {
                if !field.text.trim().is_empty() {
                    self.fields.push(field);
                }
            }
            Some((field, depth)) => self.field = Some((field, depth - 1)),
            None => drop(self.groups.pop()),
        }
    }

    fn text(&mut self, text: &str) {
        if let Some((field, _)) = &mut self.field {
            field.text.push_str(text);
        }
    }
}

fn attribute<'t>(tag: &'t BytesStart, name: &str) -> Option<Cow<'t, str>> {
    let attribute = tag.try_get_attribute(name).ok()??;
    attribute.normalized_value(XmlVersion::Implicit1_0).ok().or(Some(attribute.value))
}

/// Elements that contain other elements and no text of their own.
fn is_group(name: &str) -> bool {
    matches!(
        name,
        "record" | "contributors" | "titles" | "periodical" | "alt-periodical" | "keywords" | "dates" | "urls"
    ) || ["authors", "-dates", "-urls", "-keys"].iter().any(|end| name.ends_with(end))
}

/// The reason why XML is invalid, in terms of the file.
fn reason(error: &Error, record: &str, position: usize) -> String {
    if let Error::IllFormed(IllFormedError::MismatchedEndTag { expected, found }) = error {
        return format!("expected `</{}>`, found `</{}>`", beginning(expected), beginning(found));
    }
    unexpected(record, position)
}

fn unexpected(record: &str, position: usize) -> String {
    format!("expected valid XML, found `{}`", beginning(record.get(position..).unwrap_or_default()))
}

fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_alphabetic() || c == '_')
}
