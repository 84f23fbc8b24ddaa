//! How is the full-text index stored on disk? As a tantivy index, whose checksums are verified when it is opened first.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use fixedbitset::FixedBitSet;
use serde::{Deserialize, Serialize};
use tantivy::indexer::NoMergePolicy;
use tantivy::query::FuzzyTermQuery;
use tantivy::schema::Field;
use tantivy::{Index, IndexMeta, IndexWriter, TantivyError, Term};

use super::checked::are_intact;
use super::geometric::Geometric;
use super::part::Similar;
use super::segment::{Segment, has_field};
use super::words::{Fields, tokenizers};
use super::{columns, full_text_error};
use crate::error::Result;
use crate::store::{Filter, Generation, View};

/// The version of the analysis: increase it when words are split, stemmed or folded differently.
const SCHEME: u32 = 6;
/// The oldest version that is still read, until the index is built anew. Its words are used only, and the stems of most English
/// words are the same.
const OLDEST_SCHEME: u32 = 1;
/// Memory budget of the indexing thread in bytes; tantivy requires at least 15 MB.
const WRITER_BYTES: usize = 64 << 20;

/// The last commit, and its generation, that an index covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Covers {
    pub generation: u64,
    pub commits: u64,
    scheme: u32,
}

impl Covers {
    pub fn new(generation: &Generation) -> Self {
        Self { generation: generation.number, commits: generation.commits, scheme: SCHEME }
    }

    fn is_outdated(self) -> bool {
        self.scheme < SCHEME
    }
}

/// The index in a folder, as of when it was opened.
#[derive(Debug)]
pub(super) struct Written {
    pub covers: Covers,
    segments: Vec<Segment>,
}

impl Written {
    /// Opens the index in a folder; `None` if there is none, it is damaged, or it has an unknown [`SCHEME`].
    pub fn open(folder: &Path) -> Option<Self> {
        opened(folder, false).map(|(_, written)| written)
    }

    /// The rows that have a document.
    pub fn rows(&self) -> FixedBitSet {
        self.segments.iter().flat_map(|segment| segment.rows.present()).map(|row| row as usize).collect()
    }

    /// Number of documents, including replaced ones.
    pub fn documents(&self) -> usize {
        self.segments.iter().map(|segment| segment.rows.documents()).sum()
    }

    /// As [`Part::min_document_frequency`](super::part::Part::min_document_frequency).
    pub fn min_document_frequency(&self, fields: &[Field], word: &str) -> tantivy::Result<usize> {
        let mut sum = 0;
        for segment in &self.segments {
            let mut most = 0;
            for field in fields.iter().filter(|field| has_field(self.is_outdated(), **field)) {
                let term = Term::from_field_text(*field, word);
                most = most.max(segment.reader.inverted_index(*field)?.doc_freq(&term)?);
            }
            sum += most as usize;
        }
        Ok(sum)
    }

    /// The segments, each with its postings.
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// As [`Part::is_outdated`](super::part::Part::is_outdated).
    pub fn is_outdated(&self) -> bool {
        self.covers.is_outdated()
    }

    /// As [`Part::for_each_term`](super::part::Part::for_each_term).
    pub fn for_each_term(&self, field: Field, prefix: &str, mut visit: impl FnMut(&str, usize)) -> tantivy::Result<()> {
        if self.is_outdated() {
            return Ok(());
        }
        for segment in &self.segments {
            let inverted = segment.reader.inverted_index(field)?;
            let mut terms = inverted.terms().range().ge(prefix.as_bytes()).into_stream()?;
            while terms.advance() {
                let Some(term) = std::str::from_utf8(terms.key()).ok().filter(|term| term.starts_with(prefix)) else {
                    break;
                };
                visit(term, terms.value().doc_freq as usize);
            }
        }
        Ok(())
    }

    /// As [`Part::for_each_similar`](super::part::Part::for_each_similar).
    pub fn for_each_similar(
        &self,
        field: Field,
        similar: &Similar<'_>,
        mut visit: impl FnMut(&str, usize),
    ) -> tantivy::Result<()> {
        if self.is_outdated() {
            return Ok(());
        }
        let Similar { word, distance, beginning } = *similar;
        let query = FuzzyTermQuery::new(Term::from_field_text(field, word), distance, true);
        for segment in &self.segments {
            let inverted = segment.reader.inverted_index(field)?;
            let mut terms = inverted.terms().search(query.automaton()?).ge(beginning);
            if let Some(end) = end_of(beginning) {
                terms = terms.lt(end);
            }
            let mut terms = terms.into_stream()?;
            while terms.advance() {
                if let Ok(term) = std::str::from_utf8(terms.key()) {
                    visit(term, terms.value().doc_freq as usize);
                }
            }
        }
        Ok(())
    }

    /// As [`Part::passing`](super::part::Part::passing).
    pub fn passing(&self, filter: &Filter, names: &Fields) -> tantivy::Result<FixedBitSet> {
        let mut rows = FixedBitSet::new();
        for segment in &self.segments {
            let passing = columns::passing(&segment.reader, &names.columns, &segment.authors, filter)?;
            let passing = passing.ones().filter_map(|doc| segment.rows.of(u32::try_from(doc).ok()?));
            passing.for_each(|row| rows.grow_and_insert(row as usize));
        }
        Ok(rows)
    }

    /// As [`Part::for_each_date`](super::part::Part::for_each_date).
    pub fn for_each_date(&self, mut visit: impl FnMut(u32, u32)) -> tantivy::Result<()> {
        for segment in &self.segments {
            columns::for_each_date(&segment.reader, |document, published| {
                if let Some(row) = segment.rows.of(document) {
                    visit(row, published);
                }
            })?;
        }
        Ok(())
    }

    /// As [`Part::words_in`](super::part::Part::words_in).
    pub fn words_in(&self, field: Field, rows: &FixedBitSet) -> tantivy::Result<u64> {
        let mut sum = 0;
        for segment in &self.segments {
            let lengths = segment.reader.get_fieldnorms_reader(field)?;
            for (document, row) in segment.rows.each() {
                if rows.contains(row as usize) {
                    sum += u64::from(lengths.fieldnorm(document));
                }
            }
        }
        Ok(sum)
    }
}

/// The least bytes above all texts that begin with `beginning`; `None` if there are none.
fn end_of(beginning: &str) -> Option<Vec<u8>> {
    let mut end = beginning.as_bytes().to_vec();
    // No byte of UTF-8 is the largest one.
    *end.last_mut()? += 1;
    Some(end)
}

/// Creates an empty index; deletes the folder first if it exists.
pub(super) fn create(folder: &Path) -> tantivy::Result<Index> {
    if folder.exists() {
        fs_err::remove_dir_all(folder)?;
    }
    fs_err::create_dir_all(folder)?;
    Index::builder().schema(Fields::new().schema).tokenizers(tokenizers()).create_in_dir(folder)
}

/// What an index has before papers are written.
#[derive(Debug, Default)]
pub(super) struct Before {
    /// The last commit that it covers; 0 for an empty index.
    pub commits: u64,
    /// The rows with a document.
    pub rows: FixedBitSet,
}

/// Indexes the papers that were written since, replacing the documents of their rows, deletes the documents of rows without papers,
/// and commits. The index is labelled with generation `number`, in which papers have the same rows as in the view.
pub(super) fn write_for(view: &View<'_>, index: &Index, before: &Before, number: u64) -> Result<()> {
    let full_text_error = |source| full_text_error(view.store(), source);
    let fields = Fields::new();
    let of_row = |row: u32| Term::from_field_u64(fields.row, row.into());
    // A single thread keeps the documents in the order of the papers.
    let mut writer: IndexWriter = index.writer_with_num_threads(1, WRITER_BYTES).map_err(full_text_error)?;
    let is_new = before.commits == 0;
    writer.set_merge_policy(if is_new { Box::new(NoMergePolicy) } else { Box::new(Geometric) });
    for row in before.rows.difference(view.live()).filter_map(|row| u32::try_from(row).ok()) {
        writer.delete_term(of_row(row));
    }
    view.changed_since(before.commits, |doc, paper| {
        // tantivy looks for each deleted term in all segments.
        if before.rows.contains(doc.row()) {
            writer.delete_term(of_row(doc.0));
        }
        writer.add_document(fields.document(doc, &paper)).map(|_| ()).map_err(full_text_error)
    })?;
    let covers = Covers { generation: number, ..Covers::new(&view.generation) };
    let payload = serde_json::to_string(&covers).map_err(std::io::Error::from)?;
    let commit = || -> tantivy::Result<()> {
        let mut commit = writer.prepare_commit()?;
        commit.set_payload(&payload);
        commit.commit()?;
        // Every look-up of a word looks into each segment.
        let segments = index.searchable_segment_ids()?;
        if is_new && segments.len() > 1 {
            writer.merge(&segments).wait()?;
        }
        writer.wait_merging_threads()
    };
    commit().map_err(full_text_error)
}

/// Opens an index. A damaged file must neither end the program nor give wrong results. Checksums are therefore compared before
/// files are read, again if `anew` (see [`are_intact`]), and panics are caught: tantivy asserts properties of the few bytes that have
/// no checksum.
pub(super) fn opened(folder: &Path, anew: bool) -> Option<(Index, Written)> {
    let open = || -> tantivy::Result<(Index, Written)> {
        let (mut index, metas, covers) = committed(folder)?;
        index.set_tokenizers(tokenizers());
        let is_known = (OLDEST_SCHEME..=SCHEME).contains(&covers.scheme);
        if !is_known || (covers.scheme == SCHEME && metas.schema != Fields::new().schema) {
            return Err(unusable("another scheme"));
        }
        if !are_intact(folder, &index, &metas, anew)? {
            return Err(unusable("a checksum differs"));
        }
        let segments = segments(&index, covers.is_outdated())?;
        let written = Written { covers, segments };
        Ok((index, written))
    };
    if !folder.join("meta.json").exists() {
        return None;
    }
    catch_unwind(AssertUnwindSafe(open)).ok()?.ok()
}

/// The last commit that the index in a folder covers, without checking its files; `None` if it is not of this version.
pub(super) fn covered(folder: &Path) -> Option<Covers> {
    let (_, _, covers) = catch_unwind(|| committed(folder)).ok()?.ok()?;
    (covers.scheme == SCHEME).then_some(covers)
}

/// An index with the last commit that it covers.
fn committed(folder: &Path) -> tantivy::Result<(Index, IndexMeta, Covers)> {
    let index = Index::open_in_dir(folder)?;
    let metas = index.load_metas()?;
    let covers = serde_json::from_str(metas.payload.as_deref().unwrap_or_default());
    Ok((index, metas, covers.map_err(|_| unusable("nothing was committed"))?))
}

fn unusable(reason: &str) -> TantivyError {
    TantivyError::InvalidArgument(reason.to_owned())
}

fn segments(index: &Index, is_outdated: bool) -> tantivy::Result<Vec<Segment>> {
    index.searchable_segments()?.iter().map(|segment| Segment::open(segment, is_outdated)).collect()
}
