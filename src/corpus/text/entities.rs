//! Reads character references: named ones of HTML, decimal and hexadecimal ones.
//!
//! The names are those of the HTML standard (section 13.5, which include the older sets of SGML and MathML), as the crate
//! `html-escape` lists them.

/// Number of bytes of the longest name, `CounterClockwiseContourIntegral`, and its semicolon.
const LONGEST: usize = 32;

/// The text of the reference at the start of `text`, which is `&`, and the number of bytes it takes.
///
/// A reference that was escaped again, once or several times, is read as one: `&amp;amp;lt;` is `<`. It must end in a
/// semicolon, since the words of a text may be those of references: `R&D`, `?a=1&copy=2`.
pub(super) fn entity(text: &str) -> Option<(String, usize)> {
    let mut body = text.strip_prefix('&')?;
    while let Some(rest) = body.strip_prefix("amp;") {
        body = rest;
    }
    let start = text.len() - body.len();
    match single(body) {
        Some((character, length)) => Some((character, start + length)),
        // Nothing is escaped by the ampersand that is left.
        None => (start > 1).then(|| ("&".to_owned(), start)),
    }
}

/// The character of a reference without its ampersand.
fn single(body: &str) -> Option<(String, usize)> {
    let end = body.bytes().take(LONGEST).position(|byte| byte == b';')?;
    let name = &body[..end];
    let length = end + 1;
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(digits) if is_number(digits) => u32::from_str_radix(digits, 16).ok(),
            None if is_number(number) => number.parse().ok(),
            _ => return None,
        };
        // A number that is not a character is left out.
        return Some((code.and_then(char::from_u32).map(String::from).unwrap_or_default(), length));
    }
    Some((named(name)?.to_owned(), length))
}

/// The text of a named reference, without its ampersand and semicolon.
pub(in crate::corpus) fn named(name: &str) -> Option<&'static str> {
    let entities = &html_escape::NAMED_ENTITIES;
    let at = entities.binary_search_by(|(known, _)| (*known).cmp(name.as_bytes())).ok()?;
    Some(entities[at].1)
}

fn is_number(digits: &str) -> bool {
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}
