//! Papers as rows of the server. The whole paper, with what each of its sources says, is one compressed field; the other fields
//! are what filters and searches ask for.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use milvus::v2::prelude::{FieldData, SparseVector};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::expression::days;
use super::schema::{
    ABSTRACT, ADDED, AUTHORS, AUTHORS_FOLDED, CATEGORIES, CITATIONS, COMMENTS, COUNTS, FAMILIES, ID, KIND, LONGEST,
    LONGEST_ID, MOST_VALUES, NAMES, NO_VECTOR, ORGANISATION, PUBLISHED_FROM, PUBLISHED_TO, RECORD, SAMPLE, SENTENCES,
    STEMS, TERMS, TITLE, VALUE, VECTOR, VENUE, WORDS,
};
use crate::error::{Error, Result};
use crate::full_text::{PaperTerms, TermCounts, whole_words};
use crate::paper::{Paper, PaperId};
use crate::store::{Contribution, Sentences, Stored, folded};

/// The level of compression. Higher ones take longer, and gain little for some kilobytes.
const LEVEL: i32 = 3;
/// The largest record, before it is compressed.
const LARGEST: usize = 1 << 24;
/// A paper without words has this term, since a vector cannot be empty.
const NO_WORD: u32 = u32::MAX - 2;

/// A paper with all that is known of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Record {
    pub paper: Paper,
    /// What each source says. One that says all that the paper has is left out, with its paper.
    said: Vec<Said>,
    /// Ids of papers that were merged into this one, and hashes of titles that it had.
    pub former: Vec<PaperId>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Said {
    source: String,
    ordinal: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    paper: Option<Paper>,
}

impl Record {
    pub fn new(paper: Paper, contributions: &[Contribution], former: Vec<PaperId>) -> Self {
        let said = contributions.iter().map(|said| Said {
            source: said.source.clone(),
            ordinal: said.ordinal,
            paper: Some(said.paper.clone()).filter(|said| *said != paper),
        });
        let said = said.collect();
        Self { paper, said, former }
    }

    pub fn stored(&self) -> Stored {
        let contributions = self.said.iter().map(|Said { source, ordinal, paper }| Contribution {
            source: source.clone(),
            ordinal: *ordinal,
            ..paper.as_ref().unwrap_or(&self.paper).clone().into()
        });
        Stored { paper: self.paper.clone(), contributions: contributions.collect() }
    }

    /// All ids by which the paper is found.
    pub fn aliases(&self) -> BTreeSet<String> {
        let title = PaperId::of_title(&self.paper.title);
        let ids = self.paper.all_ids().chain(&self.former).chain([&title]);
        ids.map(|id| id.as_str().to_owned()).collect()
    }

    /// The record as a text.
    ///
    /// # Errors
    /// [`Error::TooLargeForServer`].
    pub fn encode(&self) -> Result<String> {
        let json = serde_json::to_vec(self).map_err(|error| unreadable(&error.to_string()))?;
        let text = BASE64.encode(zstd::bulk::compress(&json, LEVEL)?);
        if text.len() > LONGEST {
            let (id, bytes) = (self.paper.id.printed().to_owned(), text.len());
            return Err(Error::TooLargeForServer { id, bytes, limit: LONGEST });
        }
        Ok(text)
    }

    /// A record from its text.
    pub fn decode(text: &str) -> Result<Self> {
        let bytes = BASE64.decode(text).map_err(|error| unreadable(&error.to_string()))?;
        let json = zstd::bulk::decompress(&bytes, LARGEST)?;
        serde_json::from_slice(&json).map_err(|error| unreadable(&error.to_string()))
    }
}

fn unreadable(reason: &str) -> Error {
    Error::ServerAnswer { what: format!("a record of a paper cannot be read: {reason}") }
}

/// The sentence embeddings of a paper as a text; those of the last sentences of a very long abstract are left out.
pub(super) fn encode_sentences(sentences: &Sentences) -> String {
    BASE64.encode(sentences.first(LONGEST / 4 * 3 - 2).as_bytes())
}

pub(super) fn decode_sentences(text: &str) -> Sentences {
    Sentences::from_bytes(BASE64.decode(text).unwrap_or_default())
}

pub(super) fn decode_counts(text: &str) -> TermCounts {
    TermCounts::from_bytes(&BASE64.decode(text).unwrap_or_default())
}

/// A paper to write.
pub(super) struct Row<'r> {
    pub record: &'r Record,
    pub encoded: String,
    pub vector: Vec<f32>,
    pub terms: PaperTerms,
    /// The weights of its words, as a sparse vector.
    pub weights: SparseVector,
    pub counts: TermCounts,
    pub sentences: String,
    /// When it was written, in microseconds since 1970; later rows of a commit have larger numbers.
    pub added: i64,
}

/// The columns of rows of [`ALIASES`](super::schema::ALIASES) or [`WORDS_OF`](super::schema::WORDS_OF).
pub(super) fn values_by_id(ids: Vec<String>, values: Vec<String>) -> Vec<FieldData> {
    let vectors = vec![vec![0.0, 0.0]; ids.len()];
    vec![FieldData::varchar(ID, ids), FieldData::varchar(VALUE, values), FieldData::float_vector(NO_VECTOR, vectors)]
}

/// The columns of some papers.
pub(super) fn columns(rows: Vec<Row<'_>>) -> Vec<FieldData> {
    let papers: Vec<&Paper> = rows.iter().map(|row| &row.record.paper).collect();
    let texts = |name, of: &dyn Fn(&Paper) -> String| {
        FieldData::varchar(name, papers.iter().map(|paper| cut(of(paper), LONGEST)).collect())
    };
    let lists = |name, of: &dyn Fn(&Paper) -> Vec<String>| {
        let list =
            |paper: &&Paper| of(paper).into_iter().take(MOST_VALUES).map(|value| cut(value, LONGEST_ID)).collect();
        FieldData::array_varchar(name, papers.iter().map(list).collect())
    };
    let numbers =
        |name, of: &dyn Fn(&Paper) -> i64| FieldData::int64(name, papers.iter().map(|paper| of(paper)).collect());
    let date = |paper: &Paper| paper.published.map_or((0, i64::MAX), days);
    let or_empty = |name: &Option<String>| folded(name.as_deref().unwrap_or_default());
    let mut columns = vec![
        FieldData::varchar(ID, papers.iter().map(|paper| paper.id.as_str().to_owned()).collect()),
        texts(TITLE, &|paper| paper.title.clone()),
        texts(ABSTRACT, &|paper| paper.abstract_text.clone()),
        lists(AUTHORS, &|paper| paper.authors.clone()),
        texts(AUTHORS_FOLDED, &|paper| folded(&paper.authors.join(" | "))),
        lists(CATEGORIES, &categories),
        texts(VENUE, &|paper| or_empty(&paper.venue)),
        texts(ORGANISATION, &|paper| or_empty(&paper.organisation)),
        texts(KIND, &|paper| paper.kind.map(|kind| kind.name().to_owned()).unwrap_or_default()),
        numbers(CITATIONS, &|paper| paper.citations.map_or(-1, i64::from)),
        numbers(COMMENTS, &|paper| paper.comments.map_or(-1, i64::from)),
        // Without a date, a paper is in no range of dates.
        numbers(PUBLISHED_FROM, &|paper| paper.published.map_or(0, |_| date(paper).0)),
        numbers(PUBLISHED_TO, &|paper| paper.published.map_or(0, |_| date(paper).1)),
        numbers(SAMPLE, &|paper| sample_number(&paper.id)),
        texts(WORDS, &whole_words),
    ];
    let terms = || rows.iter().map(|row| &row.terms);
    let spaced = |terms: &mut dyn Iterator<Item = &str>| terms.fold(" ".to_owned(), |text, term| text + term + " ");
    columns.push(FieldData::varchar(STEMS, terms().map(|terms| cut(spaced(&mut terms.stems()), LONGEST)).collect()));
    columns.push(FieldData::varchar(NAMES, terms().map(|terms| cut(spaced(&mut terms.names()), LONGEST)).collect()));
    let families = terms().map(|terms| terms.families().take(MOST_VALUES).map(str::to_owned).collect());
    columns.push(FieldData::array_varchar(FAMILIES, families.collect()));
    let (mut records, mut vectors, mut weights, mut counts, mut sentences, mut added) =
        (vec![], vec![], vec![], vec![], vec![], vec![]);
    for row in rows {
        counts.push(cut(BASE64.encode(row.counts.to_bytes()), LONGEST / 4 * 4));
        added.push(row.added);
        records.push(row.encoded);
        vectors.push(row.vector);
        let no_word = || SparseVector::from([(NO_WORD, f32::MIN_POSITIVE)]);
        weights.push(if row.weights.is_empty() { no_word() } else { row.weights });
        sentences.push(row.sentences);
    }
    columns.push(FieldData::int64(ADDED, added));
    columns.push(FieldData::varchar(RECORD, records));
    columns.push(FieldData::varchar(COUNTS, counts));
    columns.push(FieldData::varchar(SENTENCES, sentences));
    columns.push(FieldData::float_vector(VECTOR, vectors));
    columns.push(FieldData::sparse_float_vector(TERMS, weights));
    columns
}

/// The categories in lower case, and the archives of those that have one: `cs.lg` and `cs`.
fn categories(paper: &Paper) -> Vec<String> {
    let mut keys = BTreeSet::new();
    for category in &paper.categories {
        let category = category.trim().to_ascii_lowercase();
        keys.extend(category.match_indices('.').map(|(place, _)| category[..place].to_owned()));
        keys.insert(category);
    }
    keys.into_iter().filter(|key| !key.is_empty()).collect()
}

/// A number from 0 to [`SAMPLES`], by which papers are sampled.
fn sample_number(id: &PaperId) -> i64 {
    let digest = Sha256::digest(id.as_str());
    i64::from(u32::from_le_bytes([digest[0], digest[1], digest[2], digest[3]]))
}

/// One more than the largest number of [`SAMPLE`].
pub(super) const SAMPLES: f64 = 4_294_967_296.0;

/// A text of at most some bytes.
fn cut(mut text: String, most: usize) -> String {
    let end = text.floor_char_boundary(most);
    text.truncate(end);
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::sample;

    #[test]
    fn a_record_is_read_as_it_was_written() {
        for paper in sample::papers().map(Result::unwrap) {
            let other = Paper { title: "Another".into(), ..paper.clone() };
            let said = [Contribution { source: "a".into(), ordinal: 2, ..paper.clone().into() }, other.into()];
            let record = Record::new(paper.clone(), &said, vec![PaperId::of_title("Former")]);
            let read = Record::decode(&record.encode().unwrap()).unwrap();
            assert_eq!(read.stored(), Stored { paper: paper.clone(), contributions: said.to_vec() });
            assert!(read.aliases().contains(PaperId::of_title("Former").as_str()));
            assert!(read.aliases().contains(PaperId::of_title(&paper.title).as_str()));
        }
        assert!(Record::decode("no record").is_err());
    }

    #[test]
    fn a_record_that_is_too_large_is_refused() {
        let mut paper = Paper::new(PaperId::of_title("x"), "x".into(), String::new());
        paper.abstract_text = (0u64..30_000).map(|n| format!("{:x} ", n.wrapping_mul(0x9e37_79b9_7f4a_7c15))).collect();
        let error = Record::new(paper, &[], Vec::new()).encode().unwrap_err();
        assert!(matches!(error, Error::TooLargeForServer { .. }));
    }

    #[test]
    fn categories_are_found_by_their_archives() {
        let mut paper = Paper::new(PaperId::of_title("x"), "x".into(), String::new());
        paper.categories = vec!["cs.LG".into(), " Physics ".into(), "a.b.C".into()];
        assert_eq!(categories(&paper), ["a", "a.b", "a.b.c", "cs", "cs.lg", "physics"]);
    }

    #[test]
    fn texts_are_cut_between_characters() {
        assert_eq!(cut("aé".to_owned(), 2), "a");
        assert_eq!(cut("aé".to_owned(), 3), "aé");
    }
}
