//! Records in RIS, the tagged format of reference managers.

use super::bibtex::arxiv;
use super::name::{Name, names};
use super::one_line;
use crate::paper::{IdKind, Paper, PublicationDate};

/// One record: a line per value, each ended by CR and LF as the format requires.
pub(super) fn record(paper: &Paper) -> String {
    let mut record = String::new();
    let mut line = |tag: &str, value: &str| {
        let value = one_line(value);
        if !value.is_empty() {
            record.push_str(&format!("{tag}  - {value}\r\n"));
        }
    };
    let is_doi = paper.id.kind() == IdKind::Doi;
    line(
        "TY",
        if arxiv(paper).is_some() {
            "UNPB"
        } else if is_doi {
            "JOUR"
        } else {
            "GEN"
        },
    );
    line("ID", paper.id.as_str());
    line("TI", &paper.title);
    for name in names(paper) {
        match name {
            Name::Person { given, family } => line("AU", &format!("{family}, {given}")),
            Name::Literal(name) => line("AU", &name),
        }
    }
    if let Some(date) = paper.published {
        line("PY", &date.year().to_string());
        line("DA", &in_slashes(date));
    }
    if is_doi {
        line("DO", paper.id.as_str());
    }
    // A semicolon separates two URLs.
    line("UR", &paper.link().unwrap_or_default().replace(';', "%3B"));
    paper.categories.iter().for_each(|category| line("KW", category));
    line("AB", &paper.abstract_text);
    record.push_str("ER  - \r\n");
    record
}

/// Formats `2017/06/12`, with both slashes even if the day or month is unknown.
fn in_slashes(date: PublicationDate) -> String {
    let part = |number: Option<u8>| number.map(|number| format!("{number:02}")).unwrap_or_default();
    format!("{:04}/{}/{}", date.year(), part(date.month()), part(date.day()))
}
