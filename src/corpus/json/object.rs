//! Reads a record from the members of an object.

use std::borrow::Cow;

use super::envelope;
use super::fields::{Field, field, looks_like_field};
use super::node::{Members, Node, quoted};
use super::reading::Reading;
use super::repair::{Repaired, repair};
use crate::corpus::Record;

/// Objects that wrap a paper may lie in each other to this depth.
const WRAPPERS: usize = 4;

/// The record of one object; the error is the reason in words.
pub(super) fn record(text: &str) -> Result<Record, String> {
    let text = text.trim_start_matches('\u{feff}').trim();
    if !text.starts_with('{') {
        return Err(format!("expected a JSON object with a title, found `{}`", quoted(text)));
    }
    if let Ok(members) = Node::parse(text) {
        return read(members, &[]);
    }
    let Repaired { text, not_numbers } = repair(text);
    let members = Node::parse(&text).map_err(|error| refused(&text, &error))?;
    read(members, &not_numbers)
}

/// The reason for which a text is not JSON.
fn refused(text: &str, error: &serde_json::Error) -> String {
    if text.trim_start_matches(['{', ' ', '\n', '\r', '\t']).starts_with('\'') {
        return format!("expected names and texts in double quotes, found `{}`", quoted(text));
    }
    if error.is_eof() {
        return broken_off(text);
    }
    let line = text.split('\n').nth(error.line().saturating_sub(1)).unwrap_or_default();
    // The column is that of the byte, from 1.
    let place = (0..error.column()).rev().find(|place| line.is_char_boundary(*place)).unwrap_or_default();
    format!("expected JSON, found `{}`", quoted(&line[place..]))
}

/// The reason for an object without its end.
pub(super) fn broken_off(text: &str) -> String {
    let text = text.trim_end();
    let start = text.char_indices().rev().nth(39).map_or(0, |(place, _)| place);
    let end: String = text[start..].chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    format!("expected a JSON object up to its `}}`, found one that breaks off at `{end}`")
}

/// A member whose name is known.
struct Member<'a> {
    field: Field,
    /// The rank of the name among those of its field.
    rank: usize,
    name: Cow<'a, str>,
    node: Node<'a>,
}

fn read(members: Members, not_numbers: &[(String, &str)]) -> Result<Record, String> {
    let mut reading = Reading::default();
    let mut known = Vec::with_capacity(members.0.len());
    collect(members, WRAPPERS, &mut known, &mut reading.record.unread);
    for (name, found) in not_numbers {
        if field(name).is_some_and(|(field, _)| field != Field::Unused) {
            reading.lose(name, format!("expected `{name}` to have a value, found `{found}`"));
        }
    }
    // Within each field, the best name first; the sort keeps the order of equal ones.
    known.sort_by_key(|member| (member.field, member.rank));
    for Member { field, name, node, .. } in known {
        reading.read(field, &name, node);
    }
    reading.finish()
}

/// Finds the members that are known, also those of an object that wraps the paper. Of the other members of the
/// wrapper, only a few describe the paper.
fn collect<'a>(members: Members<'a>, depth: usize, known: &mut Vec<Member<'a>>, unread: &mut Vec<String>) {
    let fields: Vec<Option<(Field, usize)>> = members.0.iter().map(|(name, _)| field(name)).collect();
    let has_title = fields.iter().zip(&members.0).any(|(field, (_, node))| is_title(*field) && !node.is_empty());
    let inner = members.0.iter().filter(|_| depth > 0).find_map(|(name, node)| {
        let inner = if envelope::is_wrapper(name, has_title) { node.members() } else { None };
        let inner = inner
            .filter(|inner| inner.0.iter().any(|(name, _)| is_title(field(name)) || envelope::is_wrapper(name, false)));
        Some((inner?, name == "metadata"))
    });
    // The text of the paper is beside its metadata.
    let is_wrapped = matches!(inner, Some((_, false)));
    let is_merged = inner.is_some();
    if let Some((inner, _)) = inner {
        collect(inner, depth - 1, known, unread);
    }
    let mut details = None;
    for ((name, node), field) in members.0.into_iter().zip(fields) {
        match field {
            _ if node.is_empty() => {}
            Some((Field::Unused, _)) => {}
            Some((field, _)) if is_wrapped && !IS_ABOUT.contains(&field) => {}
            Some((field, rank)) => known.push(Member { field, rank, name, node }),
            // BEIR keeps further fields there, and trackers of papers the abstract.
            None if matches!(&*name, "metadata" | "details") && !is_merged && depth > 0 => details = node.members(),
            None if !is_wrapped && !node.is_object() && looks_like_field(&name) => unread.push(name.into_owned()),
            None => {}
        }
    }
    // After the members beside it, which are better.
    if let Some(details) = details {
        collect(details, 0, known, unread);
    }
}

/// Members of the wrapper that describe the paper.
const IS_ABOUT: [Field; 4] = [Field::OwnKey, Field::Comments, Field::Organisation, Field::LateDate];

fn is_title(field: Option<(Field, usize)>) -> bool {
    matches!(field, Some((Field::Title, _)))
}
