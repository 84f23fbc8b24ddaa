//! Reads authors: names as printed, names in parts, and organisations, in the forms of many services.

use std::borrow::Cow;

use super::listed::python_list;
use super::node::{Members, Node};
use crate::corpus::names::without_number;
use crate::corpus::{Author, names};

/// The names of parts of a name.
const FAMILY: [&str; 6] = ["family", "familyName", "lastName", "last", "keyname", "surname"];
const GIVEN: [&str; 6] = ["given", "givenName", "firstName", "first", "forenames", "initials"];
/// The keys of a group's name.
const GROUP: [&str; 4] = ["literal", "collectiveName", "collective_name", "collective"];
/// The names of a whole name.
const NAME: [&str; 11] = [
    "name",
    "displayName",
    "fullName",
    "text",
    "#text",
    "author",
    "raw_author_name",
    "creator",
    "authname",
    "value",
    "$",
];

/// The authors in a value, and what is wrong with those that cannot be read: the place of each with a reason.
#[derive(Default)]
pub(super) struct Authors {
    pub names: Vec<Author>,
    pub wrong: Vec<(Option<usize>, String)>,
}

/// Reads authors. Of a name in parts without labels, the family name is first, as in arXiv's metadata snapshot.
pub(super) fn authors(node: Node) -> Authors {
    let mut authors = Authors::default();
    if let Some(text) = node.scalar() {
        authors.names = in_text(&text);
    } else if let Some(elements) = node.elements() {
        for (place, element) in elements.into_iter().enumerate().filter(|(_, element)| !element.is_empty()) {
            match author(element) {
                Ok(author) => authors.names.extend(author),
                Err(reason) => match element.member(&["formatted"]).and_then(Node::string) {
                    // In Paperpile, all names of a paper that it could not separate.
                    Some(text) => authors.names.extend(names::split(&text)),
                    None => authors.wrong.push((Some(place), reason)),
                },
            }
        }
    } else if let Some(inner) =
        node.member(&["author", "authors", "value"]).filter(|inner| inner.is_array() || inner.is_object())
    {
        // DBLP and Europe PMC: `{"author":[…]}`, or a single one without the array; OpenReview: `{"value":[…]}`.
        if inner.is_array() {
            return self::authors(inner);
        }
        authors.add(inner);
    } else if let Some(names) = list_of_names(node) {
        return self::authors(names);
    } else {
        authors.add(node);
    }
    authors
}

/// The names in an object of lists, as Hugging Face's `datasets` writes a list of objects.
fn list_of_names(node: Node) -> Option<Node> {
    let (_, names) = node.members()?.0.into_iter().find(|(name, _)| name.eq_ignore_ascii_case("name"))?;
    names.is_array().then_some(names)
}

impl Authors {
    fn add(&mut self, node: Node) {
        match author(node) {
            Ok(author) => self.names.extend(author),
            Err(reason) => self.wrong.push((None, reason)),
        }
    }
}

fn in_text(text: &str) -> Vec<Author> {
    let Some(list) = python_list(text) else { return names::split(text) };
    list.into_iter().filter(|name| !name.trim().is_empty()).map(Author::Printed).collect()
}

/// One author; `None` if the entry is not an author of the paper.
fn author(node: Node) -> Result<Option<Author>, String> {
    if let Some(text) = node.scalar() {
        return Ok(Some(Author::Printed(text.into_owned())));
    }
    if let Some(parts) = node.elements() {
        return of_array(&parts).map(Some).ok_or_else(|| "is an array without a name".to_owned());
    }
    let members = node.members().ok_or_else(|| format!("should be a name, but is {}", node.found()))?;
    let role = members.get(&["creatorType", "role", "contributor_type"]).and_then(Node::string);
    let is_other =
        |role: &str| ["editor", "translator", "serieseditor", "reviewedauthor", "bookauthor"].contains(&role);
    if role.is_some_and(|role| is_other(&super::fields::normal(&role))) {
        return Ok(None);
    }
    if members.get(&["hidden"]).is_some_and(Node::is_true) {
        return Ok(None);
    }
    // OpenAlex: the author is an object within the entry.
    let inner = members.get(&["author", "person"]).and_then(Node::members);
    let author = inner.and_then(|inner| of_object(&inner)).or_else(|| of_object(&members));
    author.map(Some).ok_or_else(|| "is an object without `name`".to_owned())
}

/// An author given as `["Smith","Ada","Jr.", …]`; affiliations follow.
fn of_array(parts: &[Node]) -> Option<Author> {
    let part = |place: usize| parts.get(place).and_then(|part| part.string()).unwrap_or_default();
    let (family, given, suffix) = (part(0), part(1), part(2));
    if family.trim().is_empty() {
        return (!given.trim().is_empty()).then(|| Author::Printed(given.into_owned()));
    }
    if given.trim().is_empty() {
        // A collaboration, or the only part.
        return Some(Author::Printed(format!("{family} {suffix}").trim_end().to_owned()));
    }
    Some(Author::Person { family: family.into_owned(), given: given.into_owned(), suffix: suffix.into_owned() })
}

fn of_object(members: &Members) -> Option<Author> {
    if let Some(family) = part(members, &FAMILY) {
        // OpenAIRE names the given names `name`.
        let given =
            part(members, &GIVEN).or_else(|| part(members, &["name"]).filter(|name| !name.contains(family.trim())));
        let given = [given, part(members, &["middle", "middleName"])];
        let particles = [&["dropping-particle"], &["non-dropping-particle"]].map(|name| part(members, name));
        return Some(Author::Person {
            family: joined(particles.into_iter().chain([Some(family)])),
            given: joined(given),
            suffix: part(members, &["suffix"]).unwrap_or_default().into_owned(),
        });
    }
    if let Some(literal) = part(members, &GROUP) {
        return Some(Author::Group(literal.into_owned()));
    }
    let mut name = part(members, &NAME)?.into_owned();
    if members.get(&["@pid"]).is_some() {
        name.truncate(without_number(&name).len());
    }
    // Crossref, Zotero and DataCite give the parts of a person's name, so a name without parts is that of a group.
    let is_organisation = |kind: Node| kind.string().is_some_and(|kind| kind == "Organizational");
    let is_group =
        members.get(&["sequence", "creatorType"]).is_some() || members.get(&["nameType"]).is_some_and(is_organisation);
    Some(if is_group { Author::Group(name) } else { Author::Printed(name) })
}

fn joined<'a>(parts: impl IntoIterator<Item = Option<Cow<'a, str>>>) -> String {
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// A part of a name: a text, or several in an array, such as the middle names of S2ORC.
fn part<'a>(members: &Members<'a>, names: &[&str]) -> Option<Cow<'a, str>> {
    let value = members.get(names)?;
    let text = match value.string() {
        Some(text) => text,
        None => Cow::Owned(joined(value.elements()?.into_iter().map(Node::string))),
    };
    (!text.trim().is_empty()).then_some(text)
}
