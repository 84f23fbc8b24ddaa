//! Reads nbib, the MEDLINE format of PubMed: `PMID- 123`, with continuation lines indented by six spaces.
//!
//! Source: "MEDLINE/PubMed Data Element (Field) Descriptions" of the National Library of Medicine
//! (<https://www.nlm.nih.gov/bsd/mms/medlineelements.html>).

use super::{Draft, Fields, Format, Meaning, Part, Records, Tag, names};
use crate::corpus::Record;

/// Reads the records of an nbib file.
pub(in crate::corpus) type Reader = Records<Nbib>;

/// The notation of nbib.
pub(in crate::corpus) struct Nbib;

/// Whether a text begins like an nbib file: among its first fields is a PubMed id, and a further field is known.
pub(in crate::corpus) fn is_nbib(beginning: &str) -> bool {
    let (mut has_id, mut has_other) = (false, false);
    for line in beginning.split(['\n', '\r']) {
        match Nbib::part(line.trim_start_matches('\u{feff}')) {
            Part::Field(tag, value) if tag.as_str() == "PMID" => {
                has_id |= value.trim().bytes().all(|byte| byte.is_ascii_digit());
            }
            // The format of RIS, which looks alike.
            Part::Field(tag, _) if tag.as_str() == "TY" && !has_id => return false,
            Part::Field(tag, _) => has_other |= meaning(tag.as_str()).is_some(),
            _ => {}
        }
        if has_id && has_other {
            return true;
        }
    }
    false
}

impl Format for Nbib {
    /// Splits a line in tag and value: two to four characters, padded to four, a dash and a space.
    fn field(line: &str) -> Option<(Tag, &str)> {
        let (tag, value) = line.split_once('-')?;
        let tag = tag.trim_end_matches(' ');
        let is_tag = (2..=4).contains(&tag.len())
            && tag.starts_with(|c: char| c.is_ascii_uppercase())
            && tag.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
        let is_padded = line.find('-').is_some_and(|place| place <= 4);
        (is_tag && is_padded && (value.is_empty() || value.starts_with(' '))).then(|| (Tag::new(tag), value))
    }

    fn starts(tag: &str, so_far: &Fields, after_blank: bool) -> bool {
        match tag {
            // The fields with which PubMed and PubMed Central begin a record.
            "PMID" | "PMC" | "OWN" | "STAT" => after_blank || so_far.has(tag),
            "TI" => so_far.has(tag),
            _ => false,
        }
    }

    fn record(fields: &Fields) -> Record {
        // A full name comes before the short form of the same name. With as many full names, these are enough.
        let has_full_names = fields.all("FAU").count() >= fields.all("AU").count();
        let mut after_full_name = false;
        let mut draft = Draft::new("PubMed");
        for (tag, value) in fields.iter() {
            match tag {
                "FAU" => {
                    draft.record.authors.extend(names::author(value));
                    after_full_name = true;
                }
                "AU" => {
                    if !has_full_names && !after_full_name {
                        draft.record.authors.extend(names::with_initials(value));
                    }
                    after_full_name = false;
                }
                "AID" | "LID" => {
                    if let Some(doi) = marked_doi(value) {
                        draft.add(tag, Some(Meaning::Doi), doi);
                    }
                }
                // A heading has qualifiers after a slash, and asterisks at the main topics.
                "MH" => draft.record.keywords.push(heading(value)),
                "OT" => draft.record.keywords.push(value.trim_start_matches('*').to_owned()),
                // The notice that retracts the paper.
                "RIN" => draft.record.is_retracted = true,
                _ => draft.add(tag, meaning(tag), value),
            }
        }
        draft.finish()
    }
}

/// The DOI in `S0140-6736(20)30183-5 [pii] 10.1000/182 [doi]`.
fn marked_doi(value: &str) -> Option<&str> {
    value.split_once("[doi]")?.0.split_whitespace().next_back()
}

fn heading(value: &str) -> String {
    value.split('/').next().unwrap_or_default().trim().trim_start_matches('*').to_owned()
}

/// The table of tags.
fn meaning(tag: &str) -> Option<Meaning> {
    Some(match tag {
        "PMID" => Meaning::Pubmed,
        "PMC" => Meaning::PubmedCentral,
        "TI" => Meaning::Title(0),
        // The title of a book, which a record of a whole book has instead, and the title in the original language.
        "BTI" => Meaning::Title(1),
        "TT" => Meaning::Title(2),
        "AB" => Meaning::Abstract(0),
        "OAB" => Meaning::Abstract(1),
        "FAU" | "AU" => Meaning::Authors,
        "CN" => Meaning::Group,
        "DP" => Meaning::Year,
        "DEP" => Meaning::Date,
        "JT" => Meaning::Venue(0),
        "TA" => Meaning::Venue(1),
        "VI" => Meaning::Volume,
        "IP" => Meaning::Number(0),
        "PG" => Meaning::FirstPage(0),
        "PB" => Meaning::Publisher,
        "LA" => Meaning::Language,
        "PT" => Meaning::Kinds,
        "MH" | "OT" => Meaning::Keywords,
        "AID" | "LID" => Meaning::Doi,
        // Addresses and numbers of authors, editors and investigators, grants, substances, statements, numbers of
        // journals and books, dates of processing, and links to comments and corrections.
        "AD" | "AUID" | "CI" | "CIN" | "COIS" | "CON" | "CP" | "CRDT" | "CRF" | "CRI" | "CTDT" | "CTI" | "DA"
        | "DCOM" | "DDIN" | "DRIN" | "ECF" | "ECI" | "ED" | "EDAT" | "EFR" | "EIN" | "EN" | "FED" | "FIR" | "FPS"
        | "GN" | "GR" | "GS" | "IR" | "IRAD" | "IS" | "ISBN" | "JC" | "JID" | "LR" | "MHDA" | "MID" | "NM" | "OABL"
        | "OCI" | "OID" | "ORI" | "OTO" | "OWN" | "PHST" | "PL" | "PMCR" | "PRIN" | "PROF" | "PS" | "PST" | "PUBM"
        | "RF" | "RIN" | "RN" | "ROF" | "RPF" | "RPI" | "RRF" | "RRI" | "SB" | "SFM" | "SI" | "SO" | "SPIN"
        | "STAT" | "UIN" | "UOF" | "VTI" => Meaning::Ignored,
        _ => return None,
    })
}
