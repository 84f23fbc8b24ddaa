//! Sentence embeddings of an abstract: the byte range of each sentence, and its vector in 8-bit codes.
//!
//! Each vector is the mean of the model's token vectors in the sentence (late chunking). The model computes these
//! anyway for the embedding of the whole text. They rank the sentences by similarity to a query without running the
//! model again.

use std::ops::Range;

use crate::embed::Embedding;

/// The sentences of one abstract in order, as concatenated records.
///
/// A record has a header of four 32-bit little-endian values: the dimension of the vector, the byte range of the
/// sentence (start, end) and a scale as f32. One signed byte per dimension follows. The codes times `scale` approximate
/// the vector, which has unit length.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sentences(Vec<u8>);

const HEAD: usize = 16;
const LARGEST: f32 = 127.0;

impl Sentences {
    /// Wraps stored bytes; invalid records are ignored when read.
    pub(crate) fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The first sentences: as many as fit into some bytes.
    #[cfg(feature = "milvus")]
    pub(crate) fn first(&self, bytes: usize) -> Self {
        let mut end = 0;
        for record in self.records() {
            let next = end + HEAD + record.codes.len();
            if next > bytes {
                break;
            }
            end = next;
        }
        Self(self.0[..end].to_vec())
    }

    /// Accepts the sentences of an abstract; `None` if a vector has another dimension, or a range is not one of the abstract.
    #[cfg(feature = "parquet")]
    pub(crate) fn checked(bytes: &[u8], dimension: usize, abstract_text: &str) -> Option<Self> {
        let sentences = Self(bytes.to_vec());
        let length: usize = sentences.records().map(|record| HEAD + record.codes.len()).sum();
        let fits = |record: Record<'_>| {
            let is_range = record.place.start <= record.place.end && abstract_text.get(record.place).is_some();
            is_range && record.codes.len() == dimension && record.scale.is_finite()
        };
        (length == bytes.len() && sentences.records().all(fits)).then_some(sentences)
    }

    /// The least cosine of the vectors that two have of the same range; `None` if they have none.
    pub(crate) fn least_cosine(&self, other: &Self) -> Option<f32> {
        let same =
            |own: &Record<'_>| other.records().find(|other| other.place == own.place).map(|other| other.vector());
        let pairs = self.records().filter_map(|own| Some((same(&own)?, own.vector())));
        let cosines = pairs.map(|(own, other)| {
            let [own, other] = [own, other].map(|vector| Embedding::normalised(vector).ok());
            own.zip(other).map_or(0.0, |(own, other)| own.cosine(other.as_slice()))
        });
        cosines.reduce(f32::min)
    }

    /// Whether there are no sentences.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds a sentence: its byte range in the abstract, and its vector.
    pub fn push(&mut self, place: &Range<usize>, vector: &Embedding) {
        let vector = vector.as_slice();
        let largest = vector.iter().fold(f32::MIN_POSITIVE, |largest, number| largest.max(number.abs()));
        let scale = largest / LARGEST;
        for number in [vector.len(), place.start, place.end] {
            self.0.extend(u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes());
        }
        self.0.extend(scale.to_le_bytes());
        #[allow(clippy::cast_possible_truncation)] // the absolute value is at most 127
        self.0.extend(vector.iter().map(|number| (number / scale).round() as i8).map(i8::cast_unsigned));
    }

    /// The byte range of each sentence, and its cosine with the query.
    pub fn cosines(&self, question: &Embedding) -> impl Iterator<Item = (Range<usize>, f32)> {
        let question = question.as_slice();
        self.records().map(move |Record { place, scale, codes }| {
            let codes = codes.iter().map(|code| f32::from(code.cast_signed()));
            (place, scale * codes.zip(question).map(|(a, b)| a * b).sum::<f32>())
        })
    }

    fn records(&self) -> impl Iterator<Item = Record<'_>> {
        let mut rest = self.0.as_slice();
        std::iter::from_fn(move || {
            let (head, after) = rest.split_at_checked(HEAD)?;
            let number = |place: usize| <[u8; 4]>::try_from(&head[place..place + 4]).ok();
            let whole = |place| number(place).map(|bytes| u32::from_le_bytes(bytes) as usize);
            let (length, place, scale) = (whole(0)?, whole(4)?..whole(8)?, f32::from_le_bytes(number(12)?));
            let (codes, after) = after.split_at_checked(length)?;
            rest = after;
            Some(Record { place, scale, codes })
        })
    }
}

/// A sentence: its byte range, and the codes of its vector.
struct Record<'a> {
    place: Range<usize>,
    scale: f32,
    codes: &'a [u8],
}

impl Record<'_> {
    fn vector(&self) -> Vec<f32> {
        self.codes.iter().map(|code| self.scale * f32::from(code.cast_signed())).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::made_up::numbers;

    fn vector(seed: u64) -> Embedding {
        Embedding::normalised(numbers(seed).take(384).collect()).unwrap()
    }

    #[test]
    fn sentences_survive_a_round_trip_through_bytes() {
        let mut sentences = Sentences::default();
        assert!(sentences.is_empty() && sentences.cosines(&vector(1)).next().is_none());
        for number in 0..5 {
            sentences.push(&(number * 10..number * 10 + 7), &vector(number as u64));
        }
        let read = Sentences::from_bytes(sentences.as_bytes().to_vec());
        let found: Vec<_> = read.cosines(&vector(3)).collect();
        assert_eq!(
            found.iter().map(|(place, _)| place.clone()).collect::<Vec<_>>(),
            [0..7, 10..17, 20..27, 30..37, 40..47]
        );
        for (number, (_, cosine)) in found.into_iter().enumerate() {
            let exact = vector(3).cosine(vector(number as u64).as_slice());
            assert!((cosine - exact).abs() < 0.005, "{number}: {cosine} for {exact}");
        }
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_are_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            prop_assert!(Sentences::from_bytes(bytes).cosines(&vector(1)).count() <= 600 / HEAD);
        }
    }
}
