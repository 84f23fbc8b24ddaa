//! Cuts a list of authors at its separators. A text in braces is never cut: in BibTeX, it is one name.

use super::shape::is_group;

/// The text on one line. A line break separates names, unless the text goes on after it.
pub(super) fn without_line_breaks(text: &str) -> String {
    let lines: Vec<&str> = text.split(['\n', '\r']).map(str::trim).filter(|line| !line.is_empty()).collect();
    let goes_on = |line: &&str| {
        line.ends_with([',', ';', '|', '&'])
            || line.ends_with(" and")
            || line.starts_with("and ")
            || line.starts_with('&')
    };
    let separator = if lines.iter().any(goes_on) { " " } else { "; " };
    lines.join(separator)
}

/// The text without parentheses that end a name: they contain its number or its affiliation.
pub(super) fn without_affiliations(text: &str) -> String {
    if !text.contains(['(', '（']) {
        return text.to_owned();
    }
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(['(', '（']) {
        let Some(end) = end_of_parentheses(&rest[start..]).map(|length| start + length) else { break };
        let after = rest[end..].trim_start();
        let ends_name =
            after.is_empty() || after.starts_with([',', ';', '|', '；', '，', '(']) || after.starts_with("and ");
        let inside = &rest[start..end];
        if ends_name || !inside.contains(char::is_alphabetic) {
            kept.push_str(&rest[..start]);
        } else {
            kept.push_str(&rest[..end]);
        }
        rest = &rest[end..];
    }
    kept.push_str(rest);
    kept
}

/// The length of the parentheses at the start of a text; `None` if they are not closed.
fn end_of_parentheses(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (place, c) in text.char_indices() {
        match c {
            '(' | '（' => depth += 1,
            ')' | '）' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return Some(place + c.len_utf8());
        }
    }
    None
}

/// The parts between separators that never occur within a name.
pub(super) fn at_semicolons(text: &str) -> Vec<&str> {
    cut(text, |before, rest| match rest.chars().next()? {
        ';' if is_entity(before) => None,
        c @ (';' | '；' | '|' | '、' | '，') => Some(c.len_utf8()),
        _ => None,
    })
}

/// Whether a text ends with a character reference of HTML that lacks its semicolon: `M&uuml`.
fn is_entity(text: &str) -> bool {
    let name = text.trim_end_matches(|c: char| c.is_ascii_alphanumeric() || c == '#');
    name.ends_with('&') && name.len() < text.len()
}

pub(super) fn at_commas(text: &str) -> Vec<&str> {
    cut(text, |_, rest| rest.starts_with(',').then_some(1))
}

/// The parts between the words `and` and `&`.
pub(super) fn at_and(text: &str) -> Vec<&str> {
    cut(text, |before, rest| {
        if !before.is_empty() && !before.ends_with([' ', ',', '}']) {
            return None;
        }
        let words = ["and", "AND", "&", "und"];
        let ends = |after: &str| after.is_empty() || after.starts_with([' ', '{']);
        words.into_iter().find_map(|word| ends(rest.strip_prefix(word)?).then_some(word.len()))
    })
}

/// The names of a part between semicolons, which may be several: `Lee, B. and Poe, C.`. One word before or after `and` is
/// rather a part of the name of an organisation.
pub(super) fn at_and_between_full_names(part: &str) -> Vec<&str> {
    let names: Vec<&str> = at_and(part).into_iter().filter(|name| !name.trim().is_empty()).collect();
    let is_full = |name: &&str| name.split_whitespace().nth(1).is_some();
    if names.len() == 1 || names.iter().all(is_full) && !is_group(part) { names } else { vec![part] }
}

/// Whether the braces around a text belong together.
pub(super) fn is_in_braces(text: &str) -> bool {
    let Some(inner) = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) else { return false };
    let mut depth = 0_i64;
    for byte in inner.bytes() {
        depth += i64::from(byte == b'{') - i64::from(byte == b'}');
        if depth < 0 {
            return false;
        }
    }
    true
}

/// Cuts a text outside of braces where `separator`, given the text before and after a place, finds a separator's length.
fn cut(text: &str, separator: impl Fn(&str, &str) -> Option<usize>) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut start = 0;
    let mut depth = 0_usize;
    let mut characters = text.char_indices();
    while let Some((place, c)) = characters.next() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ if depth > 0 => {}
            _ => {
                if let Some(length) = separator(&text[start..place], &text[place..]) {
                    parts.push(&text[start..place]);
                    start = place + length;
                    while characters.offset() < start && characters.next().is_some() {}
                }
            }
        }
    }
    parts.push(&text[start..]);
    parts
}
