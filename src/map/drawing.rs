//! The coordinates and the primary category of each paper, as data, as JSON, and as the compact bytes that the page draws from.
//!
//! The bytes, all numbers little-endian:
//!
//! - [`MAGIC`]
//! - four `u32`: the number of papers n, the number of categories, the length in bytes of the block of categories, and that of
//!   the block of ids
//! - n `f32`: x
//! - n `f32`: y
//! - n `u16`: the index of each paper's primary category, or [`NO_CATEGORY`]
//! - zeros up to a multiple of 4
//! - the categories, the most frequent first, then the ids in the order of the papers: both blocks are UTF-8, separated by line
//!   feeds

use std::collections::HashMap;
use std::sync::Arc;

use serde::Serialize;

use super::{Axes, Map};
use crate::error::{Error, Result};
use crate::paper::PaperId;
use crate::progress::Progress;
use crate::store::{Labels, Snapshot, Store, View};

/// The first bytes of a drawing.
pub const MAGIC: [u8; 8] = *b"PKMAP001";
/// The index of a paper without a category, or whose category is not among the 65,535 most frequent.
pub const NO_CATEGORY: u16 = u16::MAX;

/// The papers of a snapshot in two dimensions.
///
/// ```
/// # use std::path::Path;
/// # use paperkin::{corpus::sample, embed::{Embedder, ModelFolder}, ingest::{Ingest, open_store}, progress::Silent};
/// # let folder = tempfile::tempdir()?;
/// # let model = ModelFolder::open(Path::new("tests/data/models/static"))?;
/// # let embedder = Embedder::load(&model, 1)?;
/// # let store = open_store(folder.path(), &model)?;
/// # let mut ingest = Ingest::new(&store, &embedder, &Silent);
/// # ingest.add(sample::papers())?;
/// # ingest.finish()?;
/// use paperkin::map::Drawing;
/// let drawing = Drawing::of_store(&store, &Silent)?;
/// assert_eq!(drawing.papers.len() as u64, store.count()?);
/// assert!(drawing.papers.iter().all(|paper| paper.x.abs() <= 1.0 && paper.y.abs() <= 1.0));
/// # Ok::<(), paperkin::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Drawing {
    /// Primary categories, that with the most papers first; those with equally many in alphabetical order.
    pub categories: Vec<String>,
    /// The papers, in the order of their rows.
    pub papers: Vec<MapPoint>,
}

/// A paper on the map.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MapPoint {
    /// The paper's id.
    pub id: PaperId,
    /// From -1 to 1.
    pub x: f32,
    /// From -1 to 1.
    pub y: f32,
    /// The index of its primary category in [`Drawing::categories`].
    pub category: Option<u16>,
}

/// The papers of a view and their primary categories: everything that a map needs from the store. The slow steps come after it is
/// read.
pub(super) struct Labelled {
    pub snapshot: Arc<Snapshot>,
    rows: Vec<Option<Label>>,
    /// The names of categories.
    names: Names,
}

/// What a map shows of a row.
#[derive(Debug, Clone)]
struct Label {
    id: PaperId,
    /// The number of its primary category.
    category: Option<usize>,
    /// Its coordinates on the earlier map.
    place: Option<[f32; 2]>,
}

/// Numbers of names.
#[derive(Debug, Default)]
struct Names {
    names: Vec<String>,
    numbers: HashMap<String, usize>,
}

impl Names {
    fn number(&mut self, name: String) -> usize {
        if let Some(number) = self.numbers.get(&name) {
            return *number;
        }
        self.names.push(name.clone());
        self.numbers.insert(name, self.names.len() - 1);
        self.names.len() - 1
    }
}

impl Labelled {
    /// Only the papers that were written since the earlier map are read from the store.
    ///
    /// # Errors
    /// [`Error::EmptyStore`], or when the store cannot be read.
    pub fn of(view: &View<'_>, before: Option<&Map>) -> Result<Self> {
        if view.is_empty() {
            return Err(Error::EmptyStore { dir: view.store().dir().to_owned() });
        }
        let mut rows = vec![None; view.vectors.rows()];
        let mut names = Names::default();
        let before = before.filter(|map| map.leads_to(view.snapshot()));
        let drawn = before.and_then(|map| Some((map, Drawing::from_bytes(map.bytes())?)));
        // The categories that are not among the most frequent are not known from the earlier map. It lacks papers only if the
        // database was damaged.
        let drawn = drawn.filter(|(map, drawing)| {
            let is_complete = drawing.papers.len() == map.rows().count_ones(..);
            is_complete && drawing.categories.len() < usize::from(NO_CATEGORY)
        });
        let since = drawn.as_ref().map_or(0, |(map, _)| map.commits());
        if let Some((map, drawing)) = drawn {
            let numbers: Vec<usize> = drawing.categories.into_iter().map(|name| names.number(name)).collect();
            let drawn = map.rows().ones().zip(drawing.papers);
            for (row, MapPoint { id, x, y, category }) in drawn.filter(|(row, _)| view.live().contains(*row)) {
                let category = category.map(|place| numbers[usize::from(place)]);
                rows[row] = Some(Label { id, category, place: Some([x, y]) });
            }
        }
        view.labels(since, |doc, labels| {
            if let Some(row) = rows.get_mut(doc.row()) {
                let category = primary(&labels).map(|name| names.number(name));
                *row = Some(Label { id: labels.id, category, place: None });
            }
        })?;
        Ok(Self { snapshot: view.snapshot().clone(), rows, names })
    }

    /// The axes of an earlier map if they can still be used, else new ones.
    pub fn axes(&self, before: Option<&Axes>, progress: &dyn Progress) -> Result<Axes> {
        match before.filter(|axes| axes.serve(&self.snapshot)) {
            Some(axes) => Ok(axes.clone()),
            None => Axes::of(&self.snapshot, progress),
        }
    }

    /// The names of the categories, the most frequent first, up to 65,535, and the place of each number.
    fn by_frequency(&self) -> (Vec<String>, Vec<Option<u16>>) {
        let Names { names, .. } = &self.names;
        let mut counts = vec![0; names.len()];
        for number in self.rows.iter().flatten().filter_map(|label| label.category) {
            counts[number] += 1;
        }
        by_frequency(names, &counts)
    }
}

impl Drawing {
    /// Draws a store directly, without opening it for search. No model is needed.
    ///
    /// # Errors
    /// [`Error::EmptyStore`], [`Error::Interrupted`], or when the store cannot be read.
    pub fn of_store(store: &Store, progress: &dyn Progress) -> Result<Self> {
        let labelled = store.read(|view| Labelled::of(view, None))?;
        Self::of(&labelled, &labelled.axes(None, progress)?, progress)
    }

    /// Draws papers on the given axes, which are those of the earlier map if the papers have coordinates from it.
    ///
    /// # Errors
    /// [`Error::Interrupted`].
    pub(super) fn of(labelled: &Labelled, axes: &Axes, progress: &dyn Progress) -> Result<Self> {
        let Labelled { snapshot, rows, .. } = labelled;
        let (categories, places) = labelled.by_frequency();
        let mut papers = Vec::with_capacity(snapshot.len());
        for doc in snapshot.docs() {
            if progress.is_cancelled() {
                return Err(Error::Interrupted);
            }
            if let Some(Label { id, category, place }) = rows.get(doc.row()).and_then(Option::as_ref) {
                let [x, y] = place.unwrap_or_else(|| axes.place(snapshot, doc));
                let category = category.and_then(|number| places[number]);
                papers.push(MapPoint { id: id.clone(), x, y, category });
            }
        }
        Ok(Self { categories, papers })
    }

    /// The drawing in the compact format described at the top of this file.
    ///
    /// # Errors
    /// When a count or length does not fit into 32 bits.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let categories = self.categories.join("\n");
        let ids = self.papers.iter().map(|point| point.id.as_str()).collect::<Vec<_>>().join("\n");
        let mut bytes = Vec::with_capacity(32 + 11 * self.papers.len() + categories.len() + ids.len());
        bytes.extend(MAGIC);
        for number in [self.papers.len(), self.categories.len(), categories.len(), ids.len()] {
            let number = u32::try_from(number).map_err(std::io::Error::other)?;
            bytes.extend(number.to_le_bytes());
        }
        bytes.extend(self.papers.iter().flat_map(|point| point.x.to_le_bytes()));
        bytes.extend(self.papers.iter().flat_map(|point| point.y.to_le_bytes()));
        bytes.extend(self.papers.iter().flat_map(|point| point.category.unwrap_or(NO_CATEGORY).to_le_bytes()));
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes.extend(categories.into_bytes());
        bytes.extend(ids.into_bytes());
        Ok(bytes)
    }

    /// The drawing of [`Drawing::to_bytes`]; `None` for other bytes.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        const HEADER: usize = 24;
        if !bytes.starts_with(&MAGIC) {
            return None;
        }
        let counts: Vec<usize> =
            numbers(bytes, MAGIC.len(), 4)?.map(|bytes| u32::from_le_bytes(bytes) as usize).collect();
        let &[papers, _, categories, ids] = counts.as_slice() else { return None };
        let xs = numbers(bytes, HEADER, papers)?.map(f32::from_le_bytes);
        let ys = numbers(bytes, HEADER + 4 * papers, papers)?.map(f32::from_le_bytes);
        let places = numbers(bytes, HEADER + 8 * papers, papers)?.map(u16::from_le_bytes);
        let texts = (HEADER + 10 * papers).next_multiple_of(4);
        let names = std::str::from_utf8(bytes.get(texts..texts.checked_add(categories)?)?).ok()?;
        let start = texts + categories;
        let ids = std::str::from_utf8(bytes.get(start..start.checked_add(ids)?)?).ok()?;
        let point = |((x, y), (place, id)): ((f32, f32), (u16, &str))| MapPoint {
            id: PaperId::of_stored(id),
            x,
            y,
            category: (place != NO_CATEGORY).then_some(place),
        };
        let categories = names.split('\n').filter(|name| !name.is_empty()).map(str::to_owned).collect();
        Some(Self { categories, papers: xs.zip(ys).zip(places.zip(ids.split('\n'))).map(point).collect() })
    }
}

/// The numbers of `N` bytes each of a section, which begins at `start`.
fn numbers<const N: usize>(bytes: &[u8], start: usize, count: usize) -> Option<impl Iterator<Item = [u8; N]>> {
    let section = bytes.get(start..start.checked_add(count.checked_mul(N)?)?)?;
    Some(section.as_chunks::<N>().0.iter().copied())
}

/// The first category that is not empty, with control characters replaced by spaces.
fn primary(labels: &Labels) -> Option<String> {
    let printable = |name: &String| -> String { name.chars().map(|c| if c.is_control() { ' ' } else { c }).collect() };
    labels.categories.iter().map(printable).map(|name| name.trim().to_owned()).find(|name| !name.is_empty())
}

/// The names that occur, the most frequent first, up to 65,535, and for each name its place among these.
fn by_frequency(names: &[String], counts: &[usize]) -> (Vec<String>, Vec<Option<u16>>) {
    let mut sorted: Vec<usize> = (0..names.len()).filter(|number| counts[*number] > 0).collect();
    sorted.sort_by(|a, b| counts[*b].cmp(&counts[*a]).then_with(|| names[*a].cmp(&names[*b])));
    sorted.truncate(NO_CATEGORY.into());
    let mut places = vec![None; names.len()];
    for (place, number) in (0..=NO_CATEGORY).zip(&sorted) {
        places[*number] = Some(place);
    }
    (sorted.into_iter().map(|number| names[number].clone()).collect(), places)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn surplus_categories_are_left_out() {
        let names: Vec<String> = (0..70_001).map(|number| format!("c{number:05}")).collect();
        let mut counts = vec![1; 69_998];
        counts.extend([2, 2, 0]);
        let (shown, places) = by_frequency(&names, &counts);
        assert_eq!(shown.len(), 65_535);
        assert_eq!(shown[..3], ["c69998", "c69999", "c00000"]);
        assert_eq!(
            (places[69_999], places[65_532], places[65_533], places[70_000]),
            (Some(1), Some(65_534), None, None)
        );
    }

    #[test]
    fn line_feeds_in_categories_are_replaced() {
        let labels = |categories: &[&str]| Labels {
            id: PaperId::of_title("x"),
            categories: categories.iter().map(|name| (*name).to_owned()).collect(),
            published: None,
        };
        assert_eq!(primary(&labels(&["", "\n", "cs\nLG", "cs.CV"])), Some("cs LG".to_owned()));
        assert_eq!(primary(&labels(&[])), None);
    }
}
