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

use super::Axes;
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
    /// The id and the primary category of each row.
    rows: Vec<Option<(PaperId, Option<String>)>>,
}

impl Labelled {
    /// # Errors
    /// [`Error::EmptyStore`], or when the store cannot be read.
    pub fn of(view: &View<'_>) -> Result<Self> {
        if view.is_empty() {
            return Err(Error::EmptyStore { dir: view.store().dir().to_owned() });
        }
        let mut rows = vec![None; view.vectors.rows()];
        view.labels(0, |doc, labels| {
            if let Some(place) = rows.get_mut(doc.row()) {
                let primary = primary(&labels);
                *place = Some((labels.id, primary));
            }
        })?;
        Ok(Self { snapshot: view.snapshot().clone(), rows })
    }

    /// The axes of an earlier map if they can still be used, else new ones.
    pub fn axes(&self, before: Option<&Axes>, progress: &dyn Progress) -> Result<Axes> {
        match before.filter(|axes| axes.serve(&self.snapshot)) {
            Some(axes) => Ok(axes.clone()),
            None => Axes::of(&self.snapshot, progress),
        }
    }
}

impl Drawing {
    /// Draws a store directly, without opening it for search. No model is needed.
    ///
    /// # Errors
    /// [`Error::EmptyStore`], [`Error::Interrupted`], or when the store cannot be read.
    pub fn of_store(store: &Store, progress: &dyn Progress) -> Result<Self> {
        let labelled = store.read(Labelled::of)?;
        Self::of(&labelled, &labelled.axes(None, progress)?, progress)
    }

    /// Draws papers on the given axes.
    ///
    /// # Errors
    /// [`Error::Interrupted`].
    pub(super) fn of(labelled: &Labelled, axes: &Axes, progress: &dyn Progress) -> Result<Self> {
        let Labelled { snapshot, rows } = labelled;
        let (categories, places) = by_frequency(rows.iter().flatten().filter_map(|(_, primary)| primary.as_deref()));
        let mut papers = Vec::with_capacity(snapshot.len());
        for doc in snapshot.docs() {
            if progress.is_cancelled() {
                return Err(Error::Interrupted);
            }
            if let Some((id, primary)) = rows.get(doc.row()).and_then(Option::as_ref) {
                let [x, y] = axes.place(snapshot, doc);
                let category = primary.as_ref().and_then(|primary| places.get(primary).copied());
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
}

/// The first category that is not empty, with control characters replaced by spaces.
fn primary(labels: &Labels) -> Option<String> {
    let printable = |name: &String| -> String { name.chars().map(|c| if c.is_control() { ' ' } else { c }).collect() };
    labels.categories.iter().map(printable).map(|name| name.trim().to_owned()).find(|name| !name.is_empty())
}

/// The distinct names, the most frequent first, up to 65,535, and the index of each.
fn by_frequency<'a>(names: impl Iterator<Item = &'a str>) -> (Vec<String>, HashMap<String, u16>) {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for name in names {
        *counts.entry(name).or_default() += 1;
    }
    let mut counts: Vec<(&str, usize)> = counts.into_iter().collect();
    counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
    let names: Vec<String> = counts.into_iter().map(|(name, _)| name.to_owned()).take(NO_CATEGORY.into()).collect();
    let places = names.iter().cloned().zip(0..).collect();
    (names, places)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn surplus_categories_are_left_out() {
        let names: Vec<String> = (0..70_000).map(|number| format!("c{number:05}")).collect();
        let (shown, places) = by_frequency(names.iter().chain(&names[69_998..]).map(String::as_str));
        assert_eq!((shown.len(), places.len()), (65_535, 65_535));
        assert_eq!(shown[..3], ["c69998", "c69999", "c00000"]);
        assert_eq!((places.get("c69999"), places.get("c65532"), places.get("c65533")), (Some(&1), Some(&65_534), None));
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
