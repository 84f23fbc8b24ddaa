//! Recognises the head of an entry: `@article{key,`.

/// How many bytes are enough to recognise a head.
pub(super) const HEAD_LENGTH: usize = 300;

/// The head of an entry, up to its opening brace or parenthesis.
pub(super) struct Head {
    /// The type of the entry in lower case.
    pub kind: String,
    /// The number of bytes up to the content of the entry.
    pub length: usize,
    /// The byte that closes the entry.
    pub closing: u8,
}

/// The head at the start of `bytes`, between two entries.
pub(super) fn head(bytes: &[u8]) -> Option<Head> {
    let word = bytes.strip_prefix(b"@")?;
    let length = word.iter().take_while(|byte| is_name(**byte)).count();
    if !(1..=40).contains(&length) || !word[0].is_ascii_alphabetic() {
        return None;
    }
    let kind = String::from_utf8_lossy(&word[..length]).to_ascii_lowercase();
    let place = 1 + length + blanks(&word[length..]);
    let closing = match bytes.get(place)? {
        b'{' => b'}',
        // A word and a parenthesis also occur in prose and in programs.
        b'(' if is_known(&kind) => b')',
        _ => return None,
    };
    Some(Head { kind, length: place + 1, closing })
}

/// The head at the start of `bytes` if it is one even where text is expected: a key or a name follows.
pub(super) fn certain_head(bytes: &[u8]) -> Option<Head> {
    let head = head(bytes)?;
    let content = &bytes[head.length..];
    let content = &content[blanks(content)..];
    if matches!(head.kind.as_str(), "comment" | "preamble") {
        return Some(head);
    }
    let end = content.iter().position(|byte| matches!(byte, b',' | b'=' | b'\n' | b'\r' | b'{' | b'}' | b'"'));
    let key = content[..end.unwrap_or(content.len())].trim_ascii();
    let is_certain = match end.map(|end| content[end]) {
        Some(b'=') => !key.is_empty(),
        Some(b',') => head.kind != "string",
        None | Some(b'\n' | b'\r') => !key.is_empty() && !key.iter().any(u8::is_ascii_whitespace),
        Some(_) => false,
    };
    is_certain.then_some(head)
}

/// Whether a file that begins with this text is a bibliography.
///
/// The head of an entry must be at the start of a line. Markdown and JSON may quote entries, so files that begin
/// like these are rejected. Style sheets (`@media {`) and programs (`@test(…)`) have other words, or no key.
pub(in super::super) fn is_bibtex(beginning: &str) -> bool {
    let beginning = beginning.trim_start_matches('\u{feff}').trim_start();
    if beginning.starts_with(['{', '[', '<']) {
        return false;
    }
    // `split` cannot be used, because a head may go on in the next line.
    let mut rest = beginning;
    loop {
        let line = rest.trim_start_matches([' ', '\t']);
        if line.starts_with("```") || line.starts_with("~~~") {
            return false;
        }
        let start = &line.as_bytes()[..line.len().min(HEAD_LENGTH)];
        if let Some(head) = certain_head(start) {
            let has_line_of_its_own = || {
                let first_line = line.split(['\n', '\r']).next().unwrap_or_default();
                first_line.trim_end().ends_with(',')
            };
            if is_known(&head.kind) || has_line_of_its_own() {
                return true;
            }
        }
        let Some(end) = line.find(['\n', '\r']) else { return false };
        rest = &line[end + 1..];
    }
}

/// Whether a byte may belong to an entry type or to the name of a field.
pub(super) fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'+' | b'.' | b':')
}

/// The number of white-space bytes at the start.
pub(super) fn blanks(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|byte| byte.is_ascii_whitespace()).count()
}

/// The entry types of BibTeX and BibLaTeX, and further ones in wide use.
fn is_known(kind: &str) -> bool {
    matches!(
        kind,
        "string"
            | "comment"
            | "preamble"
            | "xdata"
            | "set"
            | "article"
            | "book"
            | "booklet"
            | "bookinbook"
            | "collection"
            | "conference"
            | "dataset"
            | "electronic"
            | "inbook"
            | "incollection"
            | "inproceedings"
            | "inreference"
            | "manual"
            | "mastersthesis"
            | "misc"
            | "mvbook"
            | "mvcollection"
            | "mvproceedings"
            | "mvreference"
            | "online"
            | "patent"
            | "periodical"
            | "phdthesis"
            | "proceedings"
            | "reference"
            | "report"
            | "software"
            | "standard"
            | "suppbook"
            | "suppcollection"
            | "suppperiodical"
            | "techreport"
            | "thesis"
            | "unpublished"
            | "www"
    )
}

#[cfg(test)]
mod tests {
    use super::is_bibtex;

    #[test]
    fn bibliographies_are_recognised() {
        for beginning in [
            "@article{a2020,\n title = {A}",
            "\u{feff}% Encoding: UTF-8\n\n@Comment{jabref-meta: databaseType:bibtex;}\n",
            "My papers\n  @INPROCEEDINGS {a2020 ,\n",
            "@string{jml = \"Journal\"}",
            "@book(a2020,\n title = {A})",
            "@article\n{DBLP:conf/x/Y20,\n",
            "@article{\n  a2020,\n",
            "@article{,\n title = {A}",
            "@talk{a2020,\n title = {A}",
            "@article{ title = {A} }",
            "\r@article{a,\r",
        ] {
            assert!(is_bibtex(beginning), "{beginning}");
        }
    }

    #[test]
    fn other_texts_are_not_recognised() {
        for beginning in [
            "",
            "@",
            "a@article{b.org,\n",
            "anna@x.org\nbob@y.org, @carl (home), d\n",
            "# My tool\n\nCite it as\n```bibtex\n@article{a2020,\n title = {A}\n}\n```\n",
            "{\"title\": \"A\", \"bibtex\": \"\n@article{a,\n\"}",
            "[\n\"@article{a,\"]",
            "<p>\n@article{a,\n",
            "@media print {\n a, b { color: red }\n}\n",
            "@font-face {\n  font-family: x;\n}\n",
            "@dataclass(frozen=True)\nclass A:\n",
            "@home (a, b)\n",
            "@relation x\n@attribute a {b, c}\n@data\n1,2\n",
            "title,year\nA,2020\n",
            "@HD\tVN:1.0\n",
        ] {
            assert!(!is_bibtex(beginning), "{beginning}");
        }
    }
}
