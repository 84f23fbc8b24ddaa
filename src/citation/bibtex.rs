//! BibTeX entries, escaped so that LaTeX prints every title unchanged.
//!
//! The crate `biblatex` parses BibTeX, and tests use it to parse the output of this module. It is not used to write. It
//! escapes every special character with a backslash, which is right for `&` and wrong for `\`, `~` and `^` (a line
//! break and accents in LaTeX). It writes braces as `\{`, which BibTeX itself counts as braces, so an unpaired one
//! would end the file early.

use super::authors::{has_others, names};
use super::one_line;
use crate::paper::{IdKind, Name, Paper, PaperId, PublicationType};

/// Month macros that every BibTeX style defines.
const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// One entry with a final line end. Only a paper whose journal is known is an `article`.
pub(super) fn entry(paper: &Paper, key: &str) -> String {
    let Form { kind, venue, publisher } = Form::of(paper);
    let arxiv = arxiv(paper);
    let mut entry = format!("@{kind}{{{key},\n");
    let mut field = |name: &str, value: &str| {
        match (name, value) {
            (_, "") => {}
            // A macro without braces, which styles expand in their language.
            ("month", value) => entry.push_str(&format!("  month = {value},\n")),
            _ => entry.push_str(&format!("  {name} = {{{value}}},\n")),
        }
    };
    let text = |text: &Option<String>| escaped(&one_line(text.as_deref().unwrap_or_default()));
    field("ids", &keys(paper));
    field("title", &title(&one_line(&paper.title)));
    field("author", &authors(paper));
    field(venue, &text(&paper.venue));
    if let Some(date) = paper.published {
        field("year", &date.year().to_string());
        field("month", date.month().map_or("", |month| MONTHS[usize::from(month) - 1]));
        field("day", &date.day().map(|day| day.to_string()).unwrap_or_default());
    }
    field("volume", &text(&paper.volume));
    field("number", &text(&paper.number));
    // A range has two hyphens, which LaTeX prints as a dash.
    let pages = paper.pages.iter().flat_map(|pages| pages.split('-')).map(|page| escaped(&one_line(page)));
    field("pages", &pages.collect::<Vec<_>>().join("--"));
    field(publisher, &text(&paper.publisher));
    field("language", &text(&paper.language));
    if let Some(arxiv) = arxiv {
        field("eprint", arxiv);
        field("archivePrefix", "arXiv");
        let class = paper.categories.first().map(String::as_str).unwrap_or_default();
        if class.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b'-') {
            field("primaryClass", class);
        }
    }
    let id_of = |kind| paper.all_ids().find(|id| id.kind() == kind).map(PaperId::as_str);
    field("doi", &verbatim(id_of(IdKind::Doi).unwrap_or_default()));
    field("pmid", id_of(IdKind::Pubmed).map_or("", without_prefix));
    field("pmcid", id_of(IdKind::PubmedCentral).map_or("", without_prefix));
    field("url", &verbatim(&paper.link().unwrap_or_default()));
    let keywords: Vec<&str> = paper.categories.iter().chain(&paper.keywords).map(String::as_str).collect();
    field("keywords", &escaped(&one_line(&keywords.join(", "))));
    field("abstract", &escaped(&one_line(&paper.abstract_text)));
    entry.push_str("}\n");
    entry
}

/// The type of an entry, and the names of its fields for the venue and the publisher.
struct Form {
    kind: &'static str,
    venue: &'static str,
    publisher: &'static str,
}

impl Form {
    fn of(paper: &Paper) -> Self {
        let form = |kind, venue, publisher| Self { kind, venue, publisher };
        let has_venue = paper.venue.is_some();
        match paper.kind {
            Some(PublicationType::ConferencePaper) if has_venue => form("inproceedings", "booktitle", "publisher"),
            Some(PublicationType::Chapter) if has_venue => form("incollection", "booktitle", "publisher"),
            Some(PublicationType::Book) => form("book", "series", "publisher"),
            Some(PublicationType::Thesis) => form("phdthesis", "series", "school"),
            Some(PublicationType::Report) => form("techreport", "series", "institution"),
            Some(PublicationType::Preprint | PublicationType::Dataset | PublicationType::Software) => {
                form("misc", "howpublished", "publisher")
            }
            _ if has_venue => form("article", "journal", "publisher"),
            _ => form("misc", "howpublished", "publisher"),
        }
    }
}

/// An id without the prefix of its scheme.
pub(super) fn without_prefix(id: &str) -> &str {
    id.split_once(':').map_or(id, |(_, bare)| bare)
}

/// The keys of the paper in the files from which it came, as other keys of the entry: with biblatex, `\cite` finds them.
fn keys(paper: &Paper) -> String {
    let is_key = |key: &&str| !key.contains([',', '{', '}', '\\', '%', '"', '#', '~', ' ']);
    let own = paper.ids.iter().filter(|id| id.kind() == IdKind::Own).map(PaperId::printed).filter(is_key);
    own.collect::<Vec<_>>().join(",")
}

/// The arXiv id, also if it is part of one of arXiv's own DOIs.
pub(super) fn arxiv(paper: &Paper) -> Option<&str> {
    paper.all_ids().find_map(|id| match id.kind() {
        IdKind::Arxiv => Some(id.as_str()),
        IdKind::Doi => id.as_str().strip_prefix("10.48550/arxiv."),
        _ => None,
    })
}

/// Names as printed, which BibTeX parses itself; names that it would split wrongly are in braces.
fn authors(paper: &Paper) -> String {
    let mut authors: Vec<String> = names(paper)
        .into_iter()
        .map(|name| match name {
            Name::Person { given, family, suffix } if !suffix.is_empty() => {
                escaped(&format!("{family}, {suffix}, {given}"))
            }
            Name::Person { given, family, .. } => escaped(&Name::print(&family, &given, "")),
            Name::Literal(name) if name.contains([' ', ',']) || is_reserved(&name) => format!("{{{}}}", escaped(&name)),
            Name::Literal(name) => escaped(&name),
        })
        .collect();
    if has_others(paper) {
        authors.push("others".to_owned());
    }
    authors.join(" and ")
}

/// Whether a name is a keyword in a list of names.
fn is_reserved(name: &str) -> bool {
    name.eq_ignore_ascii_case("and") || name.eq_ignore_ascii_case("others")
}

/// A title in which words with capitals are in braces, so that no style converts them to lower case.
fn title(line: &str) -> String {
    let mut title = String::with_capacity(2 * line.len());
    for (place, word) in escaped(line).split(' ').enumerate() {
        if place > 0 {
            title.push(' ');
        }
        // No style changes the first letter of a title.
        let may_change =
            if place == 0 { word.chars().skip(1).any(char::is_uppercase) } else { word.contains(char::is_uppercase) };
        if !may_change {
            title.push_str(word);
        } else if word.starts_with('\\') {
            // `{\` starts what BibTeX calls a special character, whose letters styles do change.
            title.push_str(&format!("{{{{{word}}}}}"));
        } else {
            title.push_str(&format!("{{{word}}}"));
        }
    }
    title
}

/// Escapes a text for LaTeX, so that it is printed and parsed as the same characters.
fn escaped(text: &str) -> String {
    let lone = lone_braces(text);
    let mut escaped = String::with_capacity(text.len() + 16);
    let mut before = ' ';
    for (place, c) in text.char_indices() {
        match c {
            '{' | '}' if !lone.contains(&place) => escaped.extend(['\\', c]),
            '{' => escaped.push_str("{\\textbraceleft}"),
            '}' => escaped.push_str("{\\textbraceright}"),
            '\\' => escaped.push_str("{\\textbackslash}"),
            '~' => escaped.push_str("{\\textasciitilde}"),
            '^' => escaped.push_str("{\\textasciicircum}"),
            '`' => escaped.push_str("{\\textasciigrave}"),
            '%' | '&' | '$' | '#' | '_' => escaped.extend(['\\', c]),
            // In LaTeX, two of these form another character: a dash or a quotation mark.
            '-' | '\'' | '<' | '>' | ',' if c == before => {
                escaped.push_str("{}");
                escaped.push(c);
            }
            _ => escaped.push(c),
        }
        before = c;
    }
    escaped
}

/// The positions of unpaired braces. BibTeX also counts braces after a backslash.
fn lone_braces(text: &str) -> Vec<usize> {
    let mut open = Vec::new();
    let mut lone = Vec::new();
    for (place, c) in text.char_indices() {
        match c {
            '{' => open.push(place),
            '}' if open.pop().is_none() => lone.push(place),
            _ => {}
        }
    }
    lone.extend(open);
    lone
}

/// A URL or DOI, whose characters styles use verbatim. Characters that would end the field are percent-encoded.
fn verbatim(text: &str) -> String {
    let mut verbatim = String::with_capacity(text.len());
    for c in text.trim().chars() {
        if matches!(c, '{' | '}' | '\\' | '"' | '^' | '`') || c.is_whitespace() || c.is_control() {
            let mut bytes = [0; 4];
            c.encode_utf8(&mut bytes).bytes().for_each(|byte| verbatim.push_str(&format!("%{byte:02X}")));
        } else {
            verbatim.push(c);
        }
    }
    verbatim
}
