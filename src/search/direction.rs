//! The query embedding made of examples by Rocchio's rule: towards the text and similar papers, away from dissimilar
//! ones.

use std::borrow::Cow;

use crate::embed::Embedding;
use crate::error::Result;

/// The weights of Rocchio's rule for the query, the similar and the dissimilar papers, as recommended by Manning,
/// Raghavan & Schütze (Rocchio, "Relevance feedback in information retrieval", 1971; "Introduction to Information
/// Retrieval", 2008, section 9.1.1).
const ROCCHIO: [f32; 3] = [1.0, 0.75, 0.15];

/// The weight of the similar papers relative to that of the text.
pub(super) const LIKE_TO_TEXT: f32 = ROCCHIO[1] / ROCCHIO[0];

/// The text's embedding, plus the weighted mean of `like`, minus the weighted mean of `unlike`.
pub(super) fn direction(
    text: Option<&Embedding>,
    like: &[Option<Cow<'_, [f32]>>],
    unlike: &[Option<Cow<'_, [f32]>>],
) -> Result<Embedding> {
    let [of_text, of_like, of_unlike] = ROCCHIO;
    #[allow(clippy::cast_precision_loss)] // there are few examples
    let each = |weight: f32, count: usize| weight / count.max(1) as f32;
    let (like_each, unlike_each) = (each(of_like, like.len()), each(-of_unlike, unlike.len()));
    let text = text.map(|text| (of_text, text.as_slice()));
    let like = like.iter().filter_map(|vector| Some((like_each, vector.as_deref()?)));
    let unlike = unlike.iter().filter_map(|vector| Some((unlike_each, vector.as_deref()?)));
    Embedding::sum(text.into_iter().chain(like).chain(unlike))
}
