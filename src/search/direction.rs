//! Where do examples point? By Rocchio's rule: towards the text and what is like it, away from what is unlike it.

use fixedbitset::FixedBitSet;

use crate::embed::Embedding;
use crate::error::Result;
use crate::store::{DocId, Snapshot};

/// The weights of Rocchio's rule for the question, for what is like it and for what is unlike it, as Manning, Raghavan & Schütze
/// recommend them (Rocchio, "Relevance feedback in information retrieval", 1971; "Introduction to Information Retrieval", 2008,
/// section 9.1.1).
const ROCCHIO: [f32; 3] = [1.0, 0.75, 0.15];

/// The text, plus the mean of what is like it, minus the mean of what is unlike it.
pub(super) fn direction(
    snapshot: &Snapshot,
    text: Option<&Embedding>,
    like: &FixedBitSet,
    unlike: &FixedBitSet,
) -> Result<Embedding> {
    let [of_text, of_like, of_unlike] = ROCCHIO;
    let vectors = |rows: &FixedBitSet, weight: f32| {
        #[allow(clippy::cast_precision_loss)] // examples are few
        let each = weight / rows.count_ones(..).max(1) as f32;
        let docs: Vec<DocId> = rows.ones().filter_map(|row| u32::try_from(row).ok()).map(DocId).collect();
        docs.into_iter().filter_map(move |doc| Some((each, snapshot.vectors.row(doc)?)))
    };
    let text = text.map(|text| (of_text, text.as_slice()));
    Embedding::sum(text.into_iter().chain(vectors(like, of_like)).chain(vectors(unlike, -of_unlike)))
}
