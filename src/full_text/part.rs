//! Where are the words? In a folder that tantivy keeps, or in memory; opened, each part is checked to the last byte.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use fixedbitset::FixedBitSet;
use serde::{Deserialize, Serialize};
use tantivy::columnar::ColumnValues as _;
use tantivy::directory::RamDirectory;
use tantivy::{Index, IndexWriter, SegmentReader, TantivyError, Term};

use super::told;
use super::words::{Fields, tokenizers};
use crate::error::Result;
use crate::store::{Generation, View};

/// Raised when words are split, stemmed or folded in another way: an index of another number is built again.
const SCHEME: u32 = 1;
/// Memory of the thread that indexes; tantivy wants 15 MB at least.
const WRITER_BYTES: usize = 64 << 20;
/// What tantivy's tables begin with in memory, for a few papers mostly; they grow.
const FIRST_BYTES: usize = 1 << 20;

/// Up to which commit of which generation an index knows the papers.
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
}

/// What is searched: the segments of an index as they were when it was opened.
#[derive(Debug)]
pub(super) struct Part {
    pub covers: Covers,
    /// In memory, and not in the folder: then the last commit before those that it covers.
    pub in_memory_since: Option<u64>,
    pub segments: Vec<Segment>,
}

pub(super) struct Segment {
    pub reader: SegmentReader,
    /// The row of each document; none where the document has been replaced.
    pub rows: Vec<Option<u32>>,
}

impl std::fmt::Debug for Segment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Segment").field("documents", &self.rows.len()).finish_non_exhaustive()
    }
}

impl Part {
    /// Opens the index in a folder; `None` if there is none, or it is damaged or of another scheme.
    pub fn open(folder: &Path) -> Option<Self> {
        opened(folder).map(|(_, part)| part)
    }

    /// Indexes in memory what was written after so many commits.
    pub fn in_memory(view: &View<'_>, since: u64) -> Result<Self> {
        let told = |source| told(view.store(), source);
        let fields = Fields::new();
        let builder = Index::builder().schema(fields.schema.clone()).tokenizers(tokenizers());
        let mut writer = builder.single_segment_index_writer(RamDirectory::create(), FIRST_BYTES).map_err(told)?;
        view.changed_since(since, |doc, paper| writer.add_document(fields.document(doc, &paper)).map_err(told))?;
        let segments = writer.finalize().and_then(|index| segments(&index)).map_err(told)?;
        Ok(Self { covers: Covers::new(&view.generation), in_memory_since: Some(since), segments })
    }

    /// The rows that have a document.
    pub fn rows(&self) -> FixedBitSet {
        self.segments.iter().flat_map(|segment| &segment.rows).flatten().map(|row| *row as usize).collect()
    }
}

/// Begins an index anew.
pub(super) fn create(folder: &Path) -> tantivy::Result<Index> {
    if folder.exists() {
        fs_err::remove_dir_all(folder)?;
    }
    fs_err::create_dir_all(folder)?;
    Index::builder().schema(Fields::new().schema).tokenizers(tokenizers()).create_in_dir(folder)
}

/// Puts what was written after so many commits in the place of what its rows had, takes out the rows that are `gone`, and
/// commits: for a generation `number` in which the papers have the rows that they have in the view.
pub(super) fn write_for(view: &View<'_>, index: &Index, since: u64, gone: &FixedBitSet, number: u64) -> Result<()> {
    let told = |source| told(view.store(), source);
    let fields = Fields::new();
    let of_row = |row: u32| Term::from_field_u64(fields.row, row.into());
    // One thread: documents come into segments in the order of the papers.
    let mut writer: IndexWriter = index.writer_with_num_threads(1, WRITER_BYTES).map_err(told)?;
    for row in gone.ones().filter_map(|row| u32::try_from(row).ok()) {
        writer.delete_term(of_row(row));
    }
    view.changed_since(since, |doc, paper| {
        writer.delete_term(of_row(doc.0));
        writer.add_document(fields.document(doc, &paper)).map(|_| ()).map_err(told)
    })?;
    let covers = Covers { generation: number, ..Covers::new(&view.generation) };
    let payload = serde_json::to_string(&covers).map_err(std::io::Error::from)?;
    let commit = || -> tantivy::Result<()> {
        let mut commit = writer.prepare_commit()?;
        commit.set_payload(&payload);
        commit.commit()?;
        writer.wait_merging_threads()
    };
    commit().map_err(told)
}

/// A damaged file must neither end the program nor give wrong answers: its checksum is compared before it is read, and
/// what tantivy then asserts of the few bytes without one is caught.
pub(super) fn opened(folder: &Path) -> Option<(Index, Part)> {
    let open = || -> tantivy::Result<(Index, Part)> {
        let mut index = Index::open_in_dir(folder)?;
        index.set_tokenizers(tokenizers());
        let metas = index.load_metas()?;
        let unusable = |reason: &str| TantivyError::InvalidArgument(reason.to_owned());
        let covers: Covers = serde_json::from_str(metas.payload.as_deref().unwrap_or_default())
            .map_err(|_| unusable("nothing was committed"))?;
        if covers.scheme != SCHEME || metas.schema != Fields::new().schema {
            return Err(unusable("another scheme"));
        }
        for file in metas.list_segment_files() {
            if folder.join(&file).exists() && !index.directory().validate_checksum(&file)? {
                return Err(unusable("a checksum differs"));
            }
        }
        let part = Part { covers, in_memory_since: None, segments: segments(&index)? };
        Ok((index, part))
    };
    if !folder.join("meta.json").exists() {
        return None;
    }
    catch_unwind(AssertUnwindSafe(open)).ok()?.ok()
}

fn segments(index: &Index) -> tantivy::Result<Vec<Segment>> {
    let open = |segment: &tantivy::Segment| -> tantivy::Result<Segment> {
        let reader = SegmentReader::open(segment)?;
        let column = reader.fast_fields().column_first_or_default::<u64>(Fields::ROW)?;
        let row = |doc| if reader.is_deleted(doc) { None } else { u32::try_from(column.get_val(doc)).ok() };
        let rows = (0..reader.max_doc()).map(row).collect();
        Ok(Segment { reader, rows })
    };
    index.searchable_segments()?.iter().map(open).collect()
}
