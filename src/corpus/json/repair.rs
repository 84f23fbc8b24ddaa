//! Repairs what is not JSON by RFC 8259, but is found in real files.
//!
//! Python writes `NaN` and `Infinity`; careless programs leave trailing commas, line ends and other control characters in
//! strings, backslashes before letters that need none, and halves of surrogate pairs.

/// A repaired value.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Repaired {
    pub text: String,
    /// The members that had such a value in place of `null`, with the value.
    pub not_numbers: Vec<(String, &'static str)>,
}

/// What Python writes for numbers that JSON does not have.
const NOT_NUMBERS: [&str; 3] = ["NaN", "Infinity", "-Infinity"];

/// Repairs a value that is not accepted as it is.
pub(super) fn repair(text: &str) -> Repaired {
    let mut repaired = Repaired { text: String::with_capacity(text.len() + 16), not_numbers: Vec::new() };
    let mut rest = text;
    // The last string, which is the name of the member if its value is not a string.
    let mut last = "";
    while let Some(place) = rest.find(['"', ',', 'N', 'I', '-']) {
        repaired.text.push_str(&rest[..place]);
        rest = &rest[place..];
        if let Some(string) = rest.strip_prefix('"') {
            let length = repair_string(string, &mut repaired.text);
            last = &string[..length];
            rest = &string[length..];
            // The closing quote.
            if let Some(after) = rest.strip_prefix('"') {
                repaired.text.push('"');
                rest = after;
            }
        } else if let Some(after) = rest.strip_prefix(',') {
            if !after.trim_ascii_start().starts_with(['}', ']']) {
                repaired.text.push(',');
            }
            rest = after;
        } else if let Some(found) = NOT_NUMBERS.into_iter().find(|found| rest.starts_with(found)) {
            repaired.text.push_str("null");
            // A list of them is one loss.
            if repaired.not_numbers.last().is_none_or(|(name, _)| name != last) {
                repaired.not_numbers.push((last.to_owned(), found));
            }
            rest = &rest[found.len()..];
        } else {
            repaired.text.push_str(&rest[..1]);
            rest = &rest[1..];
        }
    }
    repaired.text.push_str(rest);
    repaired
}

/// Writes a repaired string, from after its opening quote up to its closing one; returns the length that was read.
fn repair_string(text: &str, out: &mut String) -> usize {
    out.push('"');
    let mut place = 0;
    while let Some(found) = text[place..].find(|c: char| c == '"' || c == '\\' || c < ' ') {
        out.push_str(&text[place..place + found]);
        place += found;
        let rest = &text[place..];
        match rest.as_bytes()[0] {
            b'"' => return place,
            b'\\' => place += repair_escape(rest, out),
            control => {
                out.push_str(&format!("\\u{control:04x}"));
                place += 1;
            }
        }
    }
    out.push_str(&text[place..]);
    text.len()
}

/// Writes the escape at the start of a text as a valid one; returns the length that was read.
fn repair_escape(text: &str, out: &mut String) -> usize {
    match text.as_bytes().get(1) {
        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => {
            out.push_str(&text[..2]);
            2
        }
        Some(b'u') => match code_unit(text) {
            Some(0xd800..0xdc00) if matches!(text.get(6..).and_then(code_unit), Some(0xdc00..0xe000)) => {
                out.push_str(&text[..12]);
                12
            }
            Some(0xd800..0xe000) => {
                out.push_str("\\ufffd");
                6
            }
            Some(_) => {
                out.push_str(&text[..6]);
                6
            }
            None => {
                out.push_str("\\\\");
                1
            }
        },
        _ => {
            out.push_str("\\\\");
            1
        }
    }
}

/// The number in an escape `\u1234` at the start of a text.
fn code_unit(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u16::from_str_radix(digits, 16).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> String {
        repair(text).text
    }

    #[test]
    fn numbers_that_json_does_not_have_become_null() {
        let repaired = repair(r#"{"a":NaN,"b":[1, -Infinity],"c":"NaN","d":Infinity,"e":-1}"#);
        assert_eq!(repaired.text, r#"{"a":null,"b":[1, null],"c":"NaN","d":null,"e":-1}"#);
        let names: Vec<&str> = repaired.not_numbers.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["a", "b", "d"]);
    }

    #[test]
    fn halves_of_surrogate_pairs_are_replaced() {
        assert_eq!(
            text(r#""\udcb2 \ud835 \ud835\udcb2 \ud835\ud835\udcb2""#),
            r#""\ufffd \ufffd \ud835\udcb2 \ufffd\ud835\udcb2""#
        );
    }

    #[test]
    fn control_characters_and_wrong_escapes_in_strings_are_escaped() {
        assert_eq!(text("\"a\tb\nc\""), r#""a\u0009b\u000ac""#);
        assert_eq!(text(r#""\alpha \u12 \" \n \é""#), r#""\\alpha \\u12 \" \n \\é""#);
        assert_eq!(text(r#""ends with \"#), r#""ends with \\"#);
    }

    #[test]
    fn trailing_commas_are_removed() {
        assert_eq!(text("{\"a\":[1,2, ],\n \"b\":\",]\",\n}"), "{\"a\":[1,2 ],\n \"b\":\",]\"\n}");
    }
}
