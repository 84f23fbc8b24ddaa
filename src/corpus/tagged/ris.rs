//! Reads RIS, the tagged format of reference managers: `TY  - JOUR` … `ER  - `.
//!
//! Source: "RIS Format Specifications" (Research Information Systems, 2001 and 2011), and the tags that EndNote, Zotero,
//! Mendeley, Scopus, Web of Science, IEEE Xplore and the sites of publishers write in practice.

use super::{Draft, Fields, Format, Meaning, Part, Records, Tag, values};
use crate::corpus::{RawId, Record};

/// Reads the records of a RIS file.
pub(in crate::corpus) type Reader = Records<Ris>;

/// The notation of RIS.
pub(in crate::corpus) struct Ris;

/// Whether a text begins like a RIS file: with `TY  - ` after the header of a provider at most, or with other fields up
/// to the end of a record (some tools leave out the type).
pub(in crate::corpus) fn is_ris(beginning: &str) -> bool {
    let parts = || {
        let lines = beginning.split(['\n', '\r']).map(|line| line.trim_start_matches('\u{feff}'));
        lines.map(Ris::part).filter(|part| !matches!(part, Part::Blank))
    };
    let is_type =
        |part: &Part| matches!(part, Part::Field(tag, kind) if tag.as_str() == "TY" && kind.trim().len() <= 40);
    let mut after_type = parts().take(MOST_HEADER_LINES).skip_while(|part| !is_type(part));
    if after_type.next().is_some() {
        // Another field or the end of the record.
        return !matches!(after_type.next(), Some(Part::Continuation(_)));
    }
    let is_title = |part: &Part| matches!(part, Part::Field(tag, _) if matches!(tag.as_str(), "TI" | "T1"));
    let begins_with_field = matches!(parts().next(), Some(Part::Field(tag, _)) if meaning(tag.as_str()).is_some());
    begins_with_field && parts().any(|part| is_title(&part)) && parts().any(|part| matches!(part, Part::End))
}

/// Maximum number of lines before the first record.
const MOST_HEADER_LINES: usize = 100;

impl Format for Ris {
    /// Splits a line in tag and value: two characters, two spaces, a dash and a space. Some tools write `ER` alone.
    fn field(line: &str) -> Option<(Tag, &str)> {
        let line = line.trim();
        if line == "ER" {
            return Some((Tag::new(line), ""));
        }
        let bytes = line.as_bytes();
        let [first, second, b' ', ..] = bytes else { return None };
        if !first.is_ascii_alphabetic() || !second.is_ascii_alphanumeric() {
            return None;
        }
        let rest = &line[2..];
        let spaces = rest.len() - rest.trim_start_matches(' ').len();
        let value = rest[spaces..].strip_prefix('-')?;
        let is_spaced = value.is_empty() || value.starts_with([' ', '\t']);
        let tag = Tag::new(&line[..2]);
        let is_known = meaning(tag.as_str()).is_some();
        // With one space or in lower case, the line may be one of an abstract: `in - ` is not a tag.
        let is_certain = match (spaces, first.is_ascii_uppercase()) {
            (2, true) => is_spaced || is_known,
            (1, true) | (2, false) => is_spaced && is_known,
            _ => false,
        };
        is_certain.then_some((tag, value))
    }

    fn is_end(tag: &str) -> bool {
        tag == "ER"
    }

    fn starts(tag: &str, so_far: &Fields, _: bool) -> bool {
        // Fields before the type of a record belong to that record.
        tag == "TY" && (so_far.first().is_none() || ["TY", "TI", "T1"].iter().any(|tag| so_far.has(tag)))
    }

    fn record(fields: &Fields) -> Record {
        let database = fields.all("DB").chain(fields.all("DP")).next().unwrap_or_default();
        let has_title = ["TI", "T1", "CT"].iter().any(|tag| fields.all(tag).next().is_some());
        let has_kind = |kind| fields.all("TY").next() == Some(kind);
        let is_case = has_kind("CASE") && ["AU", "A1"].iter().all(|tag| !fields.has(tag));
        let mut draft = Draft::new(database);
        for (tag, value) in fields.iter() {
            let meaning = match tag {
                // The title of the book is the title of the record, if the record is the whole book.
                "BT" if !has_title => Some(Meaning::Title(2)),
                // EBSCO exports case studies as cases at law, and their authors as reporters and counsels.
                "A2" | "A4" if is_case => Some(Meaning::Authors),
                // The citation key of a library, or an id.
                "ID" if value.bytes().all(|byte| byte.is_ascii_digit()) => Some(Meaning::Own),
                "ID" if value.contains(['/', '.', ':']) => {
                    draft.record.ids.push(RawId::Any(value.to_owned()));
                    continue;
                }
                // Fields for remarks, of which some tools use one for the DOI.
                "L3" | "M1" | "M3" if values::has_doi(value) => Some(Meaning::Doi),
                "M1" | "M3" if !value.contains(|c: char| c.is_ascii_digit()) => Some(Meaning::Kinds),
                "M1" if value.len() <= 10 => Some(Meaning::Number(1)),
                // In the first custom fields, EndNote writes the number of PubMed Central.
                "C1" | "C2" if values::pubmed_central(value).is_some() => Some(Meaning::Accession),
                "C2" if database.eq_ignore_ascii_case("scopus") && value.parse::<u32>().is_ok() => {
                    Some(Meaning::Pubmed)
                }
                _ => meaning(tag),
            };
            draft.add(tag, meaning, value);
        }
        let mut record = draft.finish();
        values::split_only_keyword(&mut record.keywords);
        record
    }
}

/// The table of tags.
fn meaning(tag: &str) -> Option<Meaning> {
    Some(match tag {
        "TI" | "T1" => Meaning::Title(0),
        "CT" => Meaning::Title(1),
        "ST" => Meaning::Title(3),
        "AB" => Meaning::Abstract(0),
        "N2" => Meaning::Abstract(1),
        "AU" | "A1" => Meaning::Authors,
        "KW" => Meaning::Keywords,
        "T2" | "JO" | "JF" | "JA" | "J1" | "J2" | "J9" | "JI" | "BT" => Meaning::Venue(0),
        // The title of the proceedings, and the name of the conference.
        "C3" => Meaning::Venue(1),
        "CP" => Meaning::Venue(2),
        "VL" | "VO" => Meaning::Volume,
        "IS" => Meaning::Number(0),
        "SP" => Meaning::FirstPage(0),
        "EP" => Meaning::LastPage,
        // The number of the article.
        "C7" => Meaning::FirstPage(1),
        "PB" | "PU" => Meaning::Publisher,
        "LA" => Meaning::Language,
        "TY" => Meaning::Kinds,
        "PY" | "Y1" => Meaning::Year,
        "DA" => Meaning::Date,
        "DO" => Meaning::Doi,
        "AN" => Meaning::Accession,
        "ID" => Meaning::Own,
        "UR" => Meaning::Address(0),
        "L2" | "LK" => Meaning::Address(1),
        "L1" => Meaning::Pdf,
        // Editors and further persons, addresses, remarks, funding, numbers of books and journals, and the place in a
        // library.
        "A2" | "A3" | "A4" | "A5" | "AD" | "AV" | "BN" | "C1" | "C2" | "C4" | "C5" | "C6" | "C8" | "CA" | "CN"
        | "CR" | "CY" | "DB" | "DP" | "DS" | "ED" | "ER" | "ET" | "FD" | "FU" | "FX" | "H1" | "H2" | "L3" | "L4"
        | "LB" | "LL" | "M1" | "M2" | "M3" | "MA" | "N1" | "NV" | "OP" | "PA" | "PI" | "PP" | "RI" | "RN" | "RP"
        | "SE" | "SN" | "SV" | "T3" | "TA" | "TT" | "U1" | "U2" | "U3" | "U4" | "U5" | "WE" | "WP" | "WT" | "WV"
        | "Y2" => Meaning::Ignored,
        _ => return None,
    })
}
