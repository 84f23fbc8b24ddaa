//! Finds the header of a table among its first lines, and the delimiter.

use super::columns::{self, Columns, Names};
use super::rows::{NO_DELIMITER, Row};

/// Number of lines that are examined: those that may be the header, and rows to check the delimiter.
pub(super) const EXAMINED_LINES: usize = 12;
/// Number of lines of which one may be the header. Lines before it are titles or remarks of the program that wrote the table.
const HEADER_LINES: usize = 5;
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// The place of a header.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub delimiter: u8,
    /// Number of lines before the header.
    pub line: usize,
}

/// The first lines of a text. The last one may be cut.
pub(super) fn lines(beginning: &str) -> Vec<Vec<u8>> {
    let beginning = beginning.trim_start_matches('\u{feff}');
    let line_end = if beginning.contains('\n') { '\n' } else { '\r' };
    beginning.split(line_end).take(EXAMINED_LINES).map(|line| line.trim_end_matches('\r').as_bytes().to_vec()).collect()
}

/// The header with a column of titles; `None` if no line is one.
pub(super) fn find(lines: &[Vec<u8>]) -> Option<Header> {
    let given = given_delimiter(lines);
    let is_first = |line: usize| lines[..line].iter().all(|line| is_blank(line));
    for line in usize::from(given.is_some())..lines.len().min(HEADER_LINES) {
        if is_of_another_format(&lines[line]) {
            continue;
        }
        let delimiters = given.map_or_else(|| DELIMITERS.to_vec(), |delimiter| vec![delimiter]);
        let headers = delimiters.into_iter().filter_map(|delimiter| {
            let names = Names::of(&cells(&lines[line], delimiter));
            // A single column of titles below other text does not identify a table.
            let is_header = names.has_title() && names.len() > 1 && (is_first(line) || names.known() > 1);
            let agreeing = || lines[line + 1..].iter().filter(|row| cells(row, delimiter).len() == names.len()).count();
            is_header.then(|| ((names.known(), agreeing()), delimiter))
        });
        // Ties are resolved in favour of the first.
        if let Some((_, delimiter)) = headers.rev().max_by_key(|(score, _)| *score) {
            return Some(Header { delimiter, line });
        }
        if (is_first(line) || given.is_some())
            && columns::is_title(&String::from_utf8_lossy(cells(&lines[line], NO_DELIMITER).get(0)))
        {
            return Some(Header { delimiter: given.unwrap_or(NO_DELIMITER), line });
        }
    }
    None
}

/// The place of a header that has no column of titles, to name its columns; `None` if all lines are blank.
pub(super) fn without_title(lines: &[Vec<u8>]) -> Option<Header> {
    let given = given_delimiter(lines);
    let line = (usize::from(given.is_some())..lines.len()).find(|line| !is_blank(&lines[*line]))?;
    let likeliest = DELIMITERS.into_iter().rev().max_by_key(|delimiter| cells(&lines[line], *delimiter).len());
    Some(Header { delimiter: given.or(likeliest).unwrap_or(b','), line })
}

/// The names of the columns, if a text is a table with a header that has known columns, but none of titles.
pub(super) fn names_without_title(beginning: &str) -> Option<String> {
    let lines = lines(beginning);
    let Header { delimiter, line } = without_title(&lines)?;
    if is_of_another_format(&lines[line]) {
        return None;
    }
    let header = cells(&lines[line], delimiter);
    let names = Names::of(&header);
    (names.len() > 1 && names.known() > 0 && !names.has_title()).then(|| Columns::of(&header).names())
}

/// The delimiter that Excel takes from a first line such as `sep=;`.
fn given_delimiter(lines: &[Vec<u8>]) -> Option<u8> {
    let first = lines.first()?;
    let text = first.strip_prefix("\u{feff}".as_bytes()).unwrap_or(first);
    let text = text.strip_prefix(b"\"").map_or(text, |rest| rest.strip_suffix(b"\"").unwrap_or(rest));
    match text {
        [s, e, p, b'=', delimiter] if [*s, *e, *p].eq_ignore_ascii_case(b"sep") => Some(*delimiter),
        _ => None,
    }
}

fn cells(line: &[u8], delimiter: u8) -> Row {
    let mut row = Row::default();
    row.add_line(line, delimiter);
    row
}

/// Whether a line contains the marks of JSON, XML, BibTeX, EndNote or RIS, in which the names of columns may occur.
fn is_of_another_format(line: &[u8]) -> bool {
    line.first().is_some_and(|first| b"[@%\\".contains(first))
        || line.iter().any(|byte| b"{}<>=".contains(byte))
        || line.windows(4).any(|four| four == b"  - ")
}

fn is_blank(line: &[u8]) -> bool {
    line.iter().all(|byte| byte.is_ascii_whitespace() || b",;|\xef\xbb\xbf".contains(byte))
}
