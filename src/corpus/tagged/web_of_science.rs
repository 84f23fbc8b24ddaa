//! Reads the tagged plain text of Web of Science: `PT J` … `ER`, with continuation lines indented by three spaces.
//!
//! Source: "Web of Science Core Collection Field Tags" of Clarivate
//! (<https://images.webofknowledge.com/images/help/WOS/hs_wos_fieldtags.html>).

use super::{Draft, Fields, Format, Meaning, Records, Tag};
use crate::corpus::Record;

/// Reads the records of a Web of Science file.
pub(in crate::corpus) type Reader = Records<WebOfScience>;

/// The notation of Web of Science.
pub(in crate::corpus) struct WebOfScience;

/// Whether a text begins like a Web of Science file: with the header `FN` and `VR`, or with a record.
pub(in crate::corpus) fn is_web_of_science(beginning: &str) -> bool {
    let mut lines = beginning
        .split(['\n', '\r'])
        .map(|line| line.trim_start_matches('\u{feff}'))
        .filter(|line| !line.trim().is_empty());
    let Some(first) = lines.next() else { return false };
    let Some(second) = lines.next() else { return false };
    if first.starts_with("FN ") {
        return second.starts_with("VR ") || second.starts_with("PT ");
    }
    let is_type = first.strip_prefix("PT ").is_some_and(|kind| kind.trim().len() == 1);
    is_type && WebOfScience::field(second).is_some_and(|(tag, _)| meaning(tag.as_str()).is_some())
}

impl Format for WebOfScience {
    /// Splits a line in tag and value: two characters and a space.
    fn field(line: &str) -> Option<(Tag, &str)> {
        let (tag, value) = line.split_at_checked(2)?;
        let mut bytes = tag.bytes();
        let is_tag = bytes.next().is_some_and(|byte| byte.is_ascii_uppercase())
            && bytes.all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
        (is_tag && (value.is_empty() || value.starts_with(' '))).then(|| (Tag::new(tag), value))
    }

    /// The end of a record or a file, or the header of a file that was joined to another.
    fn is_end(tag: &str) -> bool {
        matches!(tag, "ER" | "EF" | "FN" | "VR")
    }

    fn starts(tag: &str, _: &Fields, _: bool) -> bool {
        tag == "PT"
    }

    fn record(fields: &Fields) -> Record {
        let names = |tag| fields.all(tag).flat_map(str::lines).count();
        // Full names, if all authors have one; the authors of the book, if there are no others.
        let authors = match (names("AF"), names("AU"), names("BF")) {
            (0, 0, 0) => "BA",
            (0, 0, _) => "BF",
            (full, short, _) if full >= short => "AF",
            _ => "AU",
        };
        let mut draft = Draft::new("");
        for (tag, value) in fields.iter() {
            let meaning = match tag {
                "AF" | "AU" | "BF" | "BA" if tag != authors => Some(Meaning::Ignored),
                "CA" => {
                    value.lines().for_each(|group| draft.add(tag, Some(Meaning::Group), group));
                    continue;
                }
                // Lists of terms are wrapped, so a line end does not separate terms.
                "DE" | "ID" | "WC" => {
                    let terms = value.split(';').map(|term| term.replace('\n', " ").trim().to_owned());
                    let terms = terms.filter(|term| !term.is_empty());
                    let record = &mut draft.record;
                    if tag == "WC" { &mut record.categories } else { &mut record.keywords }.extend(terms);
                    continue;
                }
                _ => meaning(tag),
            };
            draft.add(tag, meaning, value);
        }
        draft.finish()
    }
}

/// The table of tags.
fn meaning(tag: &str) -> Option<Meaning> {
    Some(match tag {
        "TI" => Meaning::Title(0),
        // The title in the original language.
        "FT" | "Z1" => Meaning::Title(1),
        "AB" => Meaning::Abstract(0),
        "AF" | "AU" | "BF" | "BA" => Meaning::Authors,
        "CA" => Meaning::Group,
        "DE" | "ID" => Meaning::Keywords,
        "WC" => Meaning::Categories,
        "SO" => Meaning::Venue(0),
        "JI" | "J9" => Meaning::Venue(1),
        "CT" => Meaning::Venue(2),
        "VL" => Meaning::Volume,
        "IS" => Meaning::Number(0),
        "BP" => Meaning::FirstPage(0),
        "EP" => Meaning::LastPage,
        "AR" => Meaning::FirstPage(1),
        // The range of pages in Zoological Record.
        "PS" => Meaning::FirstPage(2),
        "PU" => Meaning::Publisher,
        "LA" => Meaning::Language,
        "DT" => Meaning::Kinds,
        "PY" => Meaning::Year,
        // The date of the issue, and of the early access, which has the year.
        "PD" | "EA" => Meaning::Date,
        "DI" => Meaning::Doi,
        "PM" => Meaning::Pubmed,
        "AN" | "UT" => Meaning::Own,
        "DL" | "UR" => Meaning::Address(0),
        "TC" | "Z9" => Meaning::Citations,
        // The type of the source, addresses, numbers and editors, funding, references and their number, conference,
        // series, numbers of journals and books, usage, status, and original text in other languages.
        "A2" | "AW" | "BD" | "BE" | "BN" | "BS" | "C1" | "C3" | "CL" | "CR" | "CY" | "D2" | "DA" | "EC" | "ED"
        | "EI" | "EM" | "ES" | "EY" | "FU" | "FX" | "GA" | "GE" | "HC" | "HO" | "HP" | "MA" | "ME" | "MH" | "MQ"
        | "NR" | "NT" | "OA" | "OI" | "OR" | "P2" | "PA" | "PG" | "PI" | "PN" | "PT" | "RI" | "RP" | "SC" | "SE"
        | "SI" | "SN" | "SP" | "ST" | "SU" | "TA" | "TM" | "TN" | "U1" | "U2" | "VR" | "WE" | "X1" | "X4" | "X5"
        | "Y1" | "Y4" | "Y5" | "Z2" | "Z3" | "Z4" | "Z5" | "Z6" | "Z8" | "ZA" | "ZB" | "ZR" | "ZS" => Meaning::Ignored,
        _ => return None,
    })
}
