//! Reads EndNote's tagged format, which is that of the Unix program refer: `%0 Journal Article`, `%T …`.
//!
//! Sources: the manual page refer(1) of 4.4BSD for the letters, and EndNote's import filter "EndNote Import" for its
//! further tags. The two disagree on `%Q`, `%R` and `%G`.

use super::{Draft, Fields, Format, Meaning, Part, Records, Tag, values};
use crate::corpus::Record;

/// Reads the records of a refer file.
pub(in crate::corpus) type Reader = Records<Refer>;

/// The notation of refer.
pub(in crate::corpus) struct Refer;

/// Whether a text begins like a refer file: with a known field, and its first lines have a title.
pub(in crate::corpus) fn is_refer(beginning: &str) -> bool {
    let mut count = 0;
    for line in beginning.split(['\n', '\r']) {
        match Refer::part(line.trim_start_matches('\u{feff}')) {
            Part::Field(tag, _) if meaning(tag.as_str()).is_some() => {
                count += 1;
                if count > 1 && tag.as_str() == "%T" {
                    return true;
                }
            }
            Part::Field(..) | Part::Continuation(_) if count == 0 => return false,
            // The title may come first.
            Part::Blank if count == 0 => {}
            _ => {}
        }
    }
    count > 1 && beginning.trim_start_matches(['\u{feff}', '\r', '\n', ' ']).starts_with("%T ")
}

impl Format for Refer {
    /// Splits a line in tag and value: a percent sign, a character and a space.
    fn field(line: &str) -> Option<(Tag, &str)> {
        let (tag, value) = line.split_at_checked(2)?;
        let character = tag.strip_prefix('%')?;
        let is_tag = character.bytes().all(|byte| byte.is_ascii_graphic());
        (is_tag && (value.is_empty() || value.starts_with([' ', '\t']))).then(|| (Tag::exact(tag), value))
    }

    fn starts(tag: &str, so_far: &Fields, after_blank: bool) -> bool {
        match so_far.first() {
            // EndNote begins each record with its type. An abstract may contain blank lines.
            Some("%0") => matches!(tag, "%0" | "%T") && so_far.has(tag),
            _ => after_blank || tag == "%0" && so_far.has(tag),
        }
    }

    fn record(fields: &Fields) -> Record {
        let database = fields.all("%~").chain(fields.all("%W")).next().unwrap_or_default();
        let (is_of_endnote, has_journal) = (fields.has("%0"), fields.has("%J"));
        let mut draft = Draft::new(database);
        for (tag, value) in fields.iter() {
            let meaning = match tag {
                "%R" if values::has_doi(value) => Some(Meaning::Doi),
                // The number of a report; some journals write pages there.
                "%R" if has_journal => Some(Meaning::Ignored),
                "%2" if values::pubmed_central(value).is_some() => Some(Meaning::Accession),
                "%Q" if is_of_endnote => Some(Meaning::Ignored),
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
        "%T" => Meaning::Title(0),
        "%!" => Meaning::Title(1),
        "%X" => Meaning::Abstract(0),
        "%A" => Meaning::Authors,
        // An organisation as the author in refer, a translated title in EndNote.
        "%Q" => Meaning::Group,
        "%K" => Meaning::Keywords,
        "%J" => Meaning::Venue(0),
        "%B" => Meaning::Venue(1),
        "%V" => Meaning::Volume,
        "%N" => Meaning::Number(0),
        "%R" => Meaning::Number(1),
        "%P" => Meaning::FirstPage(0),
        "%]" => Meaning::FirstPage(1),
        "%I" => Meaning::Publisher,
        "%G" => Meaning::Language,
        "%0" | "%9" => Meaning::Kinds,
        "%D" => Meaning::Year,
        "%8" => Meaning::Date,
        "%M" => Meaning::Accession,
        "%F" | "%L" => Meaning::Own,
        "%U" => Meaning::Address(0),
        "%>" => Meaning::Pdf,
        // Places, editors and further persons, series, remarks, custom fields, numbers of books, dates of access, and
        // databases.
        "%C" | "%E" | "%H" | "%O" | "%S" | "%W" | "%Y" | "%Z" | "%1" | "%2" | "%3" | "%4" | "%5" | "%6" | "%7"
        | "%?" | "%@" | "%#" | "%$" | "%&" | "%(" | "%)" | "%*" | "%+" | "%^" | "%<" | "%[" | "%=" | "%~" | "%f"
        | "%\\" | "%/" | "%_" | "%|" => Meaning::Ignored,
        _ => return None,
    })
}
