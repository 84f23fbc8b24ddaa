//! Collects the values of a record by their meaning, which is the same in all formats, and makes the record of them.

use super::{dates, names, values};
use crate::corpus::{Author, Loss, RawId, Record};

/// Maximum number of unknown fields that a record names.
const MOST_UNREAD: usize = 64;
/// Maximum length of a venue that is preferred to a shorter one, in bytes.
const LONGEST_VENUE: usize = 300;

/// The meaning of a field. A number is its priority; the field with the lowest number is used.
#[derive(Debug, Clone, Copy)]
pub(in crate::corpus) enum Meaning {
    Title(u8),
    Abstract(u8),
    /// Authors, one per line or separated.
    Authors,
    /// An organisation as an author.
    Group,
    Keywords,
    Categories,
    /// The journal or book; of several names, the longest, because the others are abbreviations.
    Venue(u8),
    Volume,
    Number(u8),
    /// The range of pages, or its first page.
    FirstPage(u8),
    LastPage,
    Publisher,
    Language,
    Kinds,
    /// The year, or a whole date.
    Year,
    /// A date that may lack the year.
    Date,
    Doi,
    Pubmed,
    PubmedCentral,
    /// A number in the database from which the record comes.
    Accession,
    Own,
    /// The address of the paper's page.
    Address(u8),
    /// The address of a PDF, or the path of a file.
    Pdf,
    Citations,
    /// A known field that is ignored.
    Ignored,
}

/// The best value so far of a field that a record has once.
#[derive(Default)]
struct Choice<'f> {
    rank: u8,
    value: &'f str,
}

impl<'f> Choice<'f> {
    fn offer(&mut self, rank: u8, value: &'f str) {
        if !value.is_empty() && (self.value.is_empty() || rank < self.rank) {
            *self = Self { rank, value };
        }
    }

    /// As [`Self::offer`]; of two values of the same rank, the longer one is better.
    fn offer_longest(&mut self, rank: u8, value: &'f str) {
        if rank == self.rank && value.len() > self.value.len() && value.len() <= LONGEST_VENUE {
            self.value = "";
        }
        self.offer(rank, value);
    }

    fn text(&self) -> String {
        self.value.to_owned()
    }

    fn option(&self) -> Option<String> {
        (!self.value.is_empty()).then(|| self.text())
    }
}

/// An incomplete record.
#[derive(Default)]
pub(in crate::corpus) struct Draft<'f> {
    /// Values that are complete when they are found.
    pub record: Record,
    /// The name of the database from which the record comes, or empty.
    database: &'f str,
    title: Choice<'f>,
    abstract_text: Choice<'f>,
    venue: Choice<'f>,
    volume: Choice<'f>,
    number: Choice<'f>,
    first_page: Choice<'f>,
    last_page: Choice<'f>,
    publisher: Choice<'f>,
    language: Choice<'f>,
    address: Choice<'f>,
    pdf: Choice<'f>,
    years: Vec<&'f str>,
    dates: Vec<&'f str>,
}

impl<'f> Draft<'f> {
    pub fn new(database: &'f str) -> Self {
        Self { database, ..Self::default() }
    }

    /// Adds the value of a field; without a meaning, the field is unknown.
    pub fn add(&mut self, field: &str, meaning: Option<Meaning>, value: &'f str) {
        let value = value.trim();
        let Some(meaning) = meaning else { return self.unknown(field) };
        let record = &mut self.record;
        match meaning {
            // R writes `NA` for a missing value.
            _ if value.is_empty() || value == "NA" => {}
            Meaning::Title(rank) => self.title.offer(rank, value),
            Meaning::Abstract(rank) => self.abstract_text.offer(rank, value),
            Meaning::Authors => names::add_authors(&mut record.authors, value),
            Meaning::Group => record.authors.push(Author::Group(value.trim_end_matches(',').to_owned())),
            Meaning::Keywords => values::add_keywords(&mut record.keywords, value),
            Meaning::Categories => values::add_keywords(&mut record.categories, value),
            Meaning::Venue(rank) => self.venue.offer_longest(rank, value),
            Meaning::Volume => self.volume.offer(0, value),
            Meaning::Number(rank) => self.number.offer(rank, value),
            Meaning::FirstPage(rank) => self.first_page.offer(rank, value),
            Meaning::LastPage => self.last_page.offer(0, value),
            Meaning::Publisher => self.publisher.offer(0, value),
            Meaning::Language => self.language.offer(0, value),
            Meaning::Kinds => values::add_keywords(&mut record.kinds, value),
            Meaning::Year => self.years.push(value),
            Meaning::Date => self.dates.push(value),
            Meaning::Doi => record.ids.push(RawId::Doi(value.to_owned())),
            Meaning::Pubmed => record.ids.push(RawId::Pubmed(value.to_owned())),
            Meaning::PubmedCentral => record.ids.push(RawId::PubmedCentral(value.to_owned())),
            Meaning::Accession => record.ids.push(values::accession(value, self.database)),
            Meaning::Own => record.ids.push(RawId::Own(value.to_owned())),
            Meaning::Address(rank) => self.add_addresses(rank, value),
            Meaning::Pdf => {
                if let Some(address) = values::addresses(value).first() {
                    self.pdf.offer(0, address);
                }
            }
            Meaning::Citations => self.add_citations(field, value),
            Meaning::Ignored => {}
        }
    }

    /// Notes a field whose meaning is unknown, once.
    fn unknown(&mut self, field: &str) {
        let unread = &mut self.record.unread;
        if unread.len() < MOST_UNREAD && unread.iter().all(|name| name != field) {
            unread.push(field.to_owned());
        }
    }

    fn add_addresses(&mut self, rank: u8, value: &'f str) {
        let addresses = values::addresses(value);
        if addresses.is_empty() && values::has_doi(value) {
            self.record.ids.push(RawId::Doi(value.to_owned()));
        }
        for address in addresses {
            self.address.offer(rank, address);
            self.record.ids.extend(values::address_id(address));
        }
    }

    fn add_citations(&mut self, field: &str, value: &str) {
        if let Ok(number) = value.parse() {
            self.record.citations.get_or_insert(number);
        } else {
            let found: String = value.chars().take(40).collect();
            let reason = format!("expected a number of citations, found `{found}`");
            self.record.losses.push(Loss { field: field.to_owned(), reason });
        }
    }

    /// The record; its title is empty if none was found.
    pub fn finish(self) -> Record {
        let mut record = self.record;
        record.title = self.title.text();
        record.abstract_text = self.abstract_text.text();
        record.venue = self.venue.option();
        record.volume = self.volume.option();
        record.number = self.number.option();
        record.pages = pages(self.first_page.value, self.last_page.value);
        record.publisher = self.publisher.option();
        record.language = self.language.option();
        record.url = self.address.option();
        record.open_access = self.pdf.option();
        record.dates = dates(&self.years, &self.dates);
        record.is_retracted |= record.kinds.iter().any(|kind| values::is_retracted(kind));
        record
    }
}

/// The range of pages. Some tools write the whole range as the first page.
fn pages(first: &str, last: &str) -> Option<String> {
    match (first, last) {
        ("", "") => None,
        ("", page) | (page, "") => Some(page.to_owned()),
        _ if first == last || first.contains(['-', '–', '—']) => Some(first.to_owned()),
        _ => Some(format!("{first}-{last}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_a_range() {
        assert_eq!(pages("12", "34").as_deref(), Some("12-34"));
        assert_eq!(pages("12-34", "34").as_deref(), Some("12-34"));
        assert_eq!(pages("12", "12").as_deref(), Some("12"));
        assert_eq!(pages("e5", "").as_deref(), Some("e5"));
        assert_eq!(pages("", "34").as_deref(), Some("34"));
        assert_eq!(pages("", ""), None);
    }

    #[test]
    fn the_longest_venue_of_the_best_rank_is_taken() {
        let mut draft = Draft::new("");
        for (rank, venue) in [(1, "A very long name of a series"), (0, "J Test"), (0, "Journal of Tests"), (0, "JT")] {
            draft.add("T2", Some(Meaning::Venue(rank)), venue);
        }
        assert_eq!(draft.finish().venue.as_deref(), Some("Journal of Tests"));
    }

    #[test]
    fn an_unknown_field_is_named_once_and_an_invalid_number_is_a_loss() {
        let mut draft = Draft::new("");
        draft.add("ZZ", None, "x");
        draft.add("ZZ", None, "y");
        draft.add("TC", Some(Meaning::Citations), "many");
        let record = draft.finish();
        assert_eq!(record.unread, ["ZZ"]);
        assert_eq!(record.losses[0].reason, "expected a number of citations, found `many`");
        assert_eq!(record.citations, None);
    }
}
