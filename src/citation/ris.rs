//! Records in RIS, the tagged format of reference managers.

use super::authors::names;
use super::bibtex::{arxiv, without_prefix};
use super::one_line;
use crate::paper::{IdKind, Name, Paper, PublicationDate, PublicationType};

/// One record: a line per value, each ended by CR and LF as the format requires.
pub(super) fn record(paper: &Paper) -> String {
    let mut record = String::new();
    let mut line = |tag: &str, value: &str| {
        let value = one_line(value);
        if !value.is_empty() {
            record.push_str(&format!("{tag}  - {value}\r\n"));
        }
    };
    line("TY", type_of(paper));
    line("ID", paper.id.printed());
    line("TI", &paper.title);
    for name in names(paper) {
        match name {
            Name::Person { given, family, suffix } if suffix.is_empty() => line("AU", &format!("{family}, {given}")),
            Name::Person { given, family, suffix } => line("AU", &format!("{family}, {given}, {suffix}")),
            Name::Literal(name) => line("AU", &name),
        }
    }
    if let Some(date) = paper.published {
        line("PY", &date.year().to_string());
        line("DA", &in_slashes(date));
    }
    let value = |text: &Option<String>| text.clone().unwrap_or_default();
    line("T2", &value(&paper.venue));
    line("VL", &value(&paper.volume));
    line("IS", &value(&paper.number));
    let pages = value(&paper.pages);
    let (first, last) = pages.split_once('-').unwrap_or((&pages, ""));
    line("SP", first);
    line("EP", last);
    line("PB", &value(&paper.publisher));
    line("LA", &value(&paper.language));
    for id in paper.all_ids() {
        match id.kind() {
            IdKind::Doi => line("DO", id.as_str()),
            IdKind::Pubmed => line("AN", &format!("PMID:{}", without_prefix(id.as_str()))),
            IdKind::PubmedCentral => line("C2", without_prefix(id.as_str())),
            _ => {}
        }
    }
    // A semicolon separates two URLs.
    line("UR", &paper.link().unwrap_or_default().replace(';', "%3B"));
    line("L1", &value(&paper.open_access).replace(';', "%3B"));
    paper.categories.iter().chain(&paper.keywords).for_each(|keyword| line("KW", keyword));
    line("M3", paper.kind.filter(|kind| *kind > PublicationType::Software).map_or("", PublicationType::name));
    line("AB", &paper.abstract_text);
    record.push_str("ER  - \r\n");
    record
}

/// The type of a record; a paper without a journal is a preprint if it is on arXiv, and otherwise of no particular type.
fn type_of(paper: &Paper) -> &'static str {
    match paper.kind {
        Some(PublicationType::Preprint) => "UNPB",
        Some(PublicationType::ConferencePaper) => "CPAPER",
        Some(PublicationType::Book) => "BOOK",
        Some(PublicationType::Chapter) => "CHAP",
        Some(PublicationType::Thesis) => "THES",
        Some(PublicationType::Report) => "RPRT",
        Some(PublicationType::Dataset) => "DATA",
        Some(PublicationType::Software) => "COMP",
        _ if paper.venue.is_some() => "JOUR",
        _ if arxiv(paper).is_some() => "UNPB",
        _ => "GEN",
    }
}

/// Formats `2017/06/12`, with both slashes even if the day or month is unknown.
fn in_slashes(date: PublicationDate) -> String {
    let part = |number: Option<u8>| number.map(|number| format!("{number:02}")).unwrap_or_default();
    format!("{:04}/{}/{}", date.year(), part(date.month()), part(date.day()))
}
