//! Which papers pass a filter? The index has a field for each thing that filters ask for, so that no paper is read: columns of
//! numbers and of authors, and postings of other names.
//!
//! The ids of a filter are not looked at here: the store finds these.

use std::sync::OnceLock;

use fixedbitset::FixedBitSet;
use memchr::memmem;
use tantivy::schema::{FAST, Field, IndexRecordOption, SchemaBuilder, TextFieldIndexing, TextOptions};
use tantivy::{SegmentReader, TantivyDocument};

use crate::paper::{Paper, PublicationDate, PublicationType};
use crate::store::{Filter, folded, is_name_of, words_of_name};

const PUBLISHED: &str = "published";
const CITATIONS: &str = "citations";
const COMMENTS: &str = "comments";
const AUTHOR: &str = "author";

/// What filters ask of a paper.
#[derive(Debug, Clone)]
pub(super) struct Attributes {
    /// As [`PublicationDate::sortable`]; 0 if the date is unknown.
    pub published: u32,
    citations: Option<u32>,
    comments: Option<u32>,
    kind: Option<PublicationType>,
    /// In lower case.
    categories: Vec<String>,
    /// Names are folded as those of filters.
    authors: Vec<String>,
    organisation: Option<String>,
    venue: Option<String>,
}

impl Attributes {
    pub fn of(paper: &Paper) -> Self {
        Self {
            published: paper.published.map_or(0, PublicationDate::sortable),
            citations: paper.citations,
            comments: paper.comments,
            kind: paper.kind,
            categories: paper.categories.iter().map(|category| category.to_ascii_lowercase()).collect(),
            authors: paper.authors.iter().map(|author| folded(author)).collect(),
            organisation: paper.organisation.as_deref().map(folded),
            venue: paper.venue.as_deref().map(folded),
        }
    }

    /// Whether a paper passes a filter.
    pub fn pass(&self, filter: &Filter) -> bool {
        let least = |wanted: Option<u32>, found: Option<u32>| wanted.is_none_or(|least| found >= Some(least));
        let any_of = |wanted: &[String], found: &Option<String>| {
            wanted.is_empty() || found.as_ref().is_some_and(|found| has_part(found, wanted))
        };
        is_within(self.published, filter)
            && least(filter.min_citations, self.citations)
            && least(filter.min_comments, self.comments)
            && (filter.kinds.is_empty() || self.kind.is_some_and(|kind| filter.kinds.contains(&kind)))
            && (filter.categories.is_empty() || self.categories.iter().any(|of| is_in(of, &filter.categories)))
            && filter.authors.iter().all(|wanted| self.authors.iter().any(|author| is_name_of(author, wanted)))
            && any_of(&filter.organisations, &self.organisation)
            && any_of(&filter.venues, &self.venue)
    }
}

/// The columns of the index.
#[derive(Debug, Clone)]
pub(super) struct Columns {
    published: Field,
    citations: Field,
    comments: Field,
    kind: Field,
    category: Field,
    author: Field,
    organisation: Field,
    venue: Field,
}

impl Columns {
    /// Adds the columns to a schema.
    pub fn add_to(schema: &mut SchemaBuilder) -> Self {
        let indexing = TextFieldIndexing::default().set_tokenizer("raw").set_fieldnorms(false);
        let indexing = indexing.set_index_option(IndexRecordOption::Basic);
        let looked_up = TextOptions::default().set_indexing_options(indexing);
        Self {
            published: schema.add_u64_field(PUBLISHED, FAST),
            citations: schema.add_u64_field(CITATIONS, FAST),
            comments: schema.add_u64_field(COMMENTS, FAST),
            kind: schema.add_text_field("kind", looked_up.clone()),
            category: schema.add_text_field("category", looked_up.clone()),
            author: schema.add_text_field(AUTHOR, TextOptions::default().set_fast("raw")),
            organisation: schema.add_text_field("organisation", looked_up.clone()),
            venue: schema.add_text_field("venue", looked_up),
        }
    }

    /// Adds the values of a paper to its document.
    pub fn write(&self, paper: &Paper, document: &mut TantivyDocument) {
        let Attributes { published, citations, comments, kind, categories, authors, organisation, venue } =
            Attributes::of(paper);
        document.add_u64(self.published, published.into());
        for (field, number) in [(self.citations, citations), (self.comments, comments)] {
            if let Some(number) = number {
                document.add_u64(field, number.into());
            }
        }
        let kind = kind.map(|kind| kind.name().to_owned());
        let texts = [
            (self.kind, Vec::from_iter(kind)),
            (self.category, categories),
            (self.author, authors),
            (self.organisation, Vec::from_iter(organisation)),
            (self.venue, Vec::from_iter(venue)),
        ];
        for (field, text) in texts.iter().flat_map(|(field, texts)| texts.iter().map(move |text| (*field, text))) {
            document.add_text(field, text);
        }
    }
}

/// The documents of a segment that pass a filter. `authors` are read from the segment when they are first needed.
pub(super) fn passing(
    segment: &SegmentReader,
    columns: &Columns,
    authors: &OnceLock<Names>,
    filter: &Filter,
) -> tantivy::Result<FixedBitSet> {
    let numbers = segment.fast_fields();
    let mut passing = FixedBitSet::with_capacity(segment.max_doc() as usize);
    passing.insert_range(..);
    if filter.from.is_some() || filter.to.is_some() {
        for_each_date(segment, |doc, published| passing.set(doc as usize, is_within(published, filter)))?;
    }
    for (column, least) in [(CITATIONS, filter.min_citations), (COMMENTS, filter.min_comments)] {
        if let Some(least) = least {
            let column = numbers.u64(column)?;
            keep(&mut passing, |doc| column.first(doc).is_some_and(|number| number >= u64::from(least)));
        }
    }
    let Filter { kinds, categories, organisations, venues, .. } = filter;
    if !kinds.is_empty() {
        passing.intersect_with(&having(segment, columns.kind, |name| kinds.iter().any(|kind| kind.name() == name))?);
    }
    if !categories.is_empty() {
        passing.intersect_with(&having(segment, columns.category, |name| is_in(name, categories))?);
    }
    for (field, parts) in [(columns.organisation, organisations), (columns.venue, venues)] {
        if !parts.is_empty() {
            passing.intersect_with(&having(segment, field, |name| has_part(name, parts))?);
        }
    }
    for author in &filter.authors {
        let names = if let Some(names) = authors.get() {
            names
        } else {
            let read = Names::read(segment)?;
            authors.get_or_init(|| read)
        };
        passing.intersect_with(&names.documents_with(author));
    }
    Ok(passing)
}

/// Visits the documents of a segment in their order, each with its date.
pub(super) fn for_each_date(segment: &SegmentReader, mut visit: impl FnMut(u32, u32)) -> tantivy::Result<()> {
    /// Number of dates that are read together.
    const TOGETHER: usize = 1_024;
    let published = segment.fast_fields().column_first_or_default::<u64>(PUBLISHED)?;
    let mut dates = [0; TOGETHER];
    for first in (0..segment.max_doc()).step_by(TOGETHER) {
        let dates = &mut dates[..TOGETHER.min((segment.max_doc() - first) as usize)];
        published.get_range(first.into(), dates);
        for (document, date) in (first..).zip(dates) {
            visit(document, u32::try_from(*date).unwrap_or(0));
        }
    }
    Ok(())
}

/// Removes the documents of which `is_wanted` is false.
fn keep(passing: &mut FixedBitSet, is_wanted: impl Fn(u32) -> bool) {
    let documents = passing.ones().filter_map(|doc| u32::try_from(doc).ok());
    let unwanted: Vec<u32> = documents.filter(|doc| !is_wanted(*doc)).collect();
    for doc in unwanted {
        passing.set(doc as usize, false);
    }
}

/// The documents that have a value in a field of which `is_wanted` is true. Each different value is looked at once.
fn having(segment: &SegmentReader, field: Field, is_wanted: impl Fn(&str) -> bool) -> tantivy::Result<FixedBitSet> {
    let mut having = FixedBitSet::with_capacity(segment.max_doc() as usize);
    let inverted = segment.inverted_index(field)?;
    let mut values = inverted.terms().stream()?;
    while values.advance() {
        if std::str::from_utf8(values.key()).is_ok_and(&is_wanted) {
            let mut block = inverted.read_block_postings_from_terminfo(values.value(), IndexRecordOption::Basic)?;
            while block.block_len() > 0 {
                having.extend(block.docs().iter().map(|doc| *doc as usize));
                block.advance();
            }
        }
    }
    Ok(having)
}

/// The authors of all documents of a segment. Many papers have authors whose names contain a short text, and each paper has
/// several authors, so these are in memory once a filter has asked for one.
#[derive(Debug)]
pub(super) struct Names {
    /// The different names, one after the other.
    text: String,
    /// Where each ends.
    ends: Vec<usize>,
    /// Where the authors of each document end in `authors`.
    of_documents: Vec<usize>,
    /// The number of each author's name.
    authors: Vec<u32>,
}

impl Names {
    fn read(segment: &SegmentReader) -> tantivy::Result<Self> {
        let mut names = Self { text: String::new(), ends: Vec::new(), of_documents: Vec::new(), authors: Vec::new() };
        let Some(column) = segment.fast_fields().str(AUTHOR)? else { return Ok(names) };
        let mut values = column.dictionary().stream()?;
        while values.advance() {
            // All that were written are text.
            names.text.push_str(std::str::from_utf8(values.key()).unwrap_or_default());
            names.ends.push(names.text.len());
        }
        for doc in 0..segment.max_doc() {
            let numbers = column.ords().values_for_doc(doc).filter_map(|number| u32::try_from(number).ok());
            names.authors.extend(numbers);
            names.of_documents.push(names.authors.len());
        }
        Ok(names)
    }

    /// The documents with an author of this name, see [`is_name_of`].
    fn documents_with(&self, author: &str) -> FixedBitSet {
        let mut wanted = self.names_with(author);
        let words: Vec<&str> = words_of_name(author).collect();
        if words.len() > 1 {
            // A name has one of the words that are more than an initial.
            for word in words.iter().filter(|word| word.chars().nth(1).is_some()) {
                let may_be: Vec<usize> = self.names_with(word).ones().collect();
                for name in may_be {
                    let start = name.checked_sub(1).map_or(0, |before| self.ends[before]);
                    if is_name_of(&self.text[start..self.ends[name]], author) {
                        wanted.insert(name);
                    }
                }
            }
        }
        let mut having = FixedBitSet::with_capacity(self.of_documents.len());
        let mut first = 0;
        for (document, last) in self.of_documents.iter().enumerate() {
            if self.authors[first..*last].iter().any(|name| wanted.contains(*name as usize)) {
                having.insert(document);
            }
            first = *last;
        }
        having
    }

    /// The numbers of the names that contain a part.
    fn names_with(&self, part: &str) -> FixedBitSet {
        let mut wanted = FixedBitSet::with_capacity(self.ends.len());
        let finder = memmem::Finder::new(part);
        let text = self.text.as_bytes();
        let mut from = 0;
        while let Some(at) = finder.find(&text[from..]) {
            let start = from + at;
            let name = self.ends.partition_point(|end| *end <= start);
            let Some(end) = self.ends.get(name) else { break };
            // A part may also be found across two names.
            let is_inside = start + part.len() <= *end;
            if is_inside {
                wanted.insert(name);
            }
            from = if is_inside { *end } else { start + 1 };
        }
        wanted
    }
}

/// Whether a date is within those of a filter, compared as far as both are known: a paper of 2024 may be from any month of
/// that year. No paper without a date is.
fn is_within(published: u32, filter: &Filter) -> bool {
    /// The known parts of a date; a month or day of 0 is unknown.
    fn known(date: u32) -> u32 {
        match date {
            _ if date & 0xff > 0 => u32::MAX,
            _ if date & 0xff00 > 0 => !0xff,
            _ => !0xffff,
        }
    }
    let both = |date: PublicationDate| {
        let mask = known(published) & known(date.sortable());
        (published & mask, date.sortable() & mask)
    };
    let is_after = |from| {
        let (published, from) = both(from);
        published >= from
    };
    let is_before = |to| {
        let (published, to) = both(to);
        published <= to
    };
    (filter.from.is_none() && filter.to.is_none())
        || (published > 0 && filter.from.is_none_or(is_after) && filter.to.is_none_or(is_before))
}

/// Whether a category is one of some categories, or of these archives.
fn is_in(category: &str, wanted: &[String]) -> bool {
    wanted.iter().any(|wanted| {
        category.strip_prefix(wanted.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    })
}

/// Whether a name contains one of some parts.
fn has_part(name: &str, parts: &[String]) -> bool {
    parts.iter().any(|part| name.contains(part))
}
