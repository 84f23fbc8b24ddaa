//! Sentence embeddings of an abstract: the byte range of each sentence, and its vector in a few bits.
//!
//! Each vector is the mean of the model's token vectors in the sentence (late chunking). The model computes these
//! anyway for the embedding of the whole text. They rank the sentences by similarity to a query without running the
//! model again.
//!
//! A sentence resembles its paper: its vector is stored as a multiple of the paper's vector and a remainder of 2 bits a dimension, by
//! the quantiser of least error for normally distributed numbers (Max, Quantizing for minimum distortion, 1960). Highlights are as
//! good as with 8 bits; see benches/RESULTS.md. Vectors without that of a paper have 8 bits, as have all of older versions.

use std::ops::Range;

use half::f16;

use crate::embed::Embedding;

/// The sentences of one abstract in order, as concatenated records.
///
/// A record has a header of 16 bytes: the dimension of the vector (24 bits), the coding (8 bits), the byte range of the sentence
/// (start and end, 32 bits each), and the numbers of the coding. All are little-endian. The codes follow.
///
/// - Coding 0: a scale as f32; one signed byte per dimension. The codes times the scale approximate the vector, which has unit length.
/// - Coding 1: a share and a scale as f16; 2 bits per dimension, the first ones lowest. The levels of the codes times the scale, plus
///   the vector of the paper times the share, approximate the vector.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sentences(Vec<u8>);

const HEAD: usize = 16;
const LARGEST: f32 = 127.0;
/// The levels of two bits, for numbers of variance 1, and where those of each sign meet.
const LEVELS: [f32; 4] = [-1.510, -0.4528, 0.4528, 1.510];
const BETWEEN_LEVELS: f32 = 0.9816;

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
            let next = end + record.bytes.len();
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
        let length: usize = sentences.records().map(|record| record.bytes.len()).sum();
        let fits = |record: Record<'_>| {
            let is_range = record.place.start <= record.place.end && abstract_text.get(record.place).is_some();
            is_range && record.dimension == dimension && record.share.is_finite() && record.scale.is_finite()
        };
        (length == bytes.len() && sentences.records().all(fits)).then_some(sentences)
    }

    /// The least cosine of the vectors that two have of the same range; `None` if they have none. The vectors of their papers are
    /// given.
    pub(crate) fn least_cosine(&self, paper: &Embedding, other: &Self, other_paper: &Embedding) -> Option<f32> {
        let (own, other) = (self.in_two_bits(paper), other.in_two_bits(other_paper));
        let same = |own: &Record<'_>| other.records().find(|other| other.place == own.place);
        let pairs = own.records().filter_map(|own| Some((same(&own)?.vector(other_paper), own.vector(paper))));
        let cosines = pairs.map(|(own, other)| {
            let [own, other] = [own, other].map(|vector| Embedding::normalised(vector).ok());
            own.zip(other).map_or(0.0, |(own, other)| own.cosine(other.as_slice()))
        });
        cosines.reduce(f32::min)
    }

    /// The sentences of a paper, whose vector is given, all in 2 bits a dimension. A sentence with a vector of length 0 is left out;
    /// one of another dimension stays as it is.
    pub(crate) fn in_two_bits(&self, paper: &Embedding) -> Self {
        let mut packed = Self::default();
        for record in self.records() {
            match record.coding {
                Coding::Eight if record.dimension == paper.as_slice().len() => {
                    if let Ok(vector) = Embedding::normalised(record.vector(paper)) {
                        packed.push(paper, &record.place, &vector);
                    }
                }
                Coding::Two | Coding::Eight => packed.0.extend(record.bytes),
            }
        }
        packed
    }

    /// Whether there are no sentences.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds a sentence of a paper, whose vector is given: its byte range in the abstract, and its vector. If that has another
    /// dimension, this is the same as [`Sentences::push_alone`].
    pub fn push(&mut self, paper: &Embedding, place: &Range<usize>, vector: &Embedding) {
        if vector.as_slice().len() != paper.as_slice().len() {
            return self.push_alone(place, vector);
        }
        let cosine = paper.cosine(vector.as_slice());
        let share = f16::from_f32(cosine);
        let rest: Vec<f32> =
            vector.as_slice().iter().zip(paper.as_slice()).map(|(own, paper)| own - share.to_f32() * paper).collect();
        let squares: f32 = rest.iter().map(|number| number * number).sum();
        #[allow(clippy::cast_precision_loss)] // far below 2^24
        let deviation = (squares / rest.len() as f32).sqrt();
        let code = |number: &f32| {
            let is_far = number.abs() >= BETWEEN_LEVELS * deviation;
            match (*number < 0.0, is_far) {
                (true, true) => 0_u8,
                (true, false) => 1,
                (false, false) => 2,
                (false, true) => 3,
            }
        };
        let codes: Vec<u8> = rest.iter().map(code).collect();
        let levels = codes.iter().map(|code| LEVELS[usize::from(*code)]);
        let product: f32 = levels.zip(vector.as_slice()).map(|(level, number)| level * number).sum();
        // With this scale, the cosine with the vector itself is 1, and others are not smaller than they should be.
        let lacking = 1.0 - share.to_f32() * cosine;
        let scale = if product > lacking { lacking / product } else { 0.0 };
        self.push_head(vector, Coding::Two, place);
        self.0.extend(share.to_le_bytes());
        self.0.extend(f16::from_f32(scale).to_le_bytes());
        self.0.extend(codes.chunks(4).map(|codes| codes.iter().rev().fold(0, |byte, code| byte << 2 | code)));
    }

    /// As [`Sentences::push`], without the vector of the paper.
    pub fn push_alone(&mut self, place: &Range<usize>, vector: &Embedding) {
        let largest = vector.as_slice().iter().fold(f32::MIN_POSITIVE, |largest, number| largest.max(number.abs()));
        let scale = largest / LARGEST;
        self.push_head(vector, Coding::Eight, place);
        self.0.extend(scale.to_le_bytes());
        #[allow(clippy::cast_possible_truncation)] // the absolute value is at most 127
        self.0.extend(vector.as_slice().iter().map(|number| ((number / scale).round() as i8).cast_unsigned()));
    }

    fn push_head(&mut self, vector: &Embedding, coding: Coding, place: &Range<usize>) {
        let u32 = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let dimension = u32(vector.as_slice().len()) & MOST_DIMENSIONS;
        for number in [dimension | (coding as u32) << 24, u32(place.start), u32(place.end)] {
            self.0.extend(number.to_le_bytes());
        }
    }

    /// The byte range of each sentence, and its cosine with the query. The vector of the paper is given; without it, only sentences
    /// that were stored without one are returned.
    pub fn cosines(&self, query: &Embedding, paper: Option<&[f32]>) -> impl Iterator<Item = (Range<usize>, f32)> {
        let query = query.as_slice();
        let of_paper = paper
            .filter(|paper| paper.len() == query.len())
            .map(|paper| query.iter().zip(paper).map(|(a, b)| a * b).sum::<f32>());
        self.records().filter_map(move |record| {
            let of_paper = if record.coding == Coding::Eight { 0.0 } else { of_paper? };
            let rest: f32 = record.numbers().zip(query).map(|(a, b)| a * b).sum();
            Some((record.place, record.share * of_paper + record.scale * rest))
        })
    }

    fn records(&self) -> impl Iterator<Item = Record<'_>> {
        let mut rest = self.0.as_slice();
        std::iter::from_fn(move || {
            let (record, after) = Record::first(rest)?;
            rest = after;
            Some(record)
        })
    }
}

/// The dimension takes 24 bits.
const MOST_DIMENSIONS: u32 = 0xff_ffff;

/// How a vector is coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Coding {
    Eight = 0,
    Two = 1,
}

/// A sentence: its byte range, and the codes of its vector.
struct Record<'a> {
    place: Range<usize>,
    dimension: usize,
    coding: Coding,
    /// The share of the paper's vector; 0 without one.
    share: f32,
    scale: f32,
    codes: &'a [u8],
    /// The whole record.
    bytes: &'a [u8],
}

impl<'a> Record<'a> {
    /// The first record, and what follows it; `None` at the end, or if it is invalid.
    fn first(bytes: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let (head, after) = bytes.split_at_checked(HEAD)?;
        let number = |place: usize| <[u8; 4]>::try_from(&head[place..place + 4]).ok();
        let whole = |place| number(place).map(u32::from_le_bytes);
        let (first, place) = (whole(0)?, whole(4)? as usize..whole(8)? as usize);
        let dimension = (first & MOST_DIMENSIONS) as usize;
        let (coding, length, share, scale) = match (first >> 24, number(12)?) {
            (0, scale) => (Coding::Eight, dimension, 0.0, f32::from_le_bytes(scale)),
            (1, [a, b, c, d]) => {
                let [share, scale] = [[a, b], [c, d]].map(|bytes| f16::from_le_bytes(bytes).to_f32());
                (Coding::Two, dimension.div_ceil(4), share, scale)
            }
            _ => return None,
        };
        let (codes, after) = after.split_at_checked(length)?;
        Some((Self { place, dimension, coding, share, scale, codes, bytes: &bytes[..HEAD + length] }, after))
    }

    /// The numbers of the codes, to be multiplied by the scale.
    fn numbers(&self) -> impl Iterator<Item = f32> {
        let number = |place: usize| match self.coding {
            Coding::Eight => f32::from(self.codes[place].cast_signed()),
            Coding::Two => LEVELS[usize::from(self.codes[place / 4] >> (2 * (place % 4)) & 3)],
        };
        (0..self.dimension).map(number)
    }

    fn vector(&self, paper: &Embedding) -> Vec<f32> {
        let of_paper = paper.as_slice().iter().map(|number| self.share * number).chain(std::iter::repeat(0.0));
        self.numbers().zip(of_paper).map(|(number, of_paper)| self.scale * number + of_paper).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::made_up::numbers;

    fn vector(seed: u64) -> Embedding {
        Embedding::normalised(numbers(seed).take(386).collect()).unwrap()
    }

    /// A vector near to that of the paper 99.
    fn near(seed: u64) -> Embedding {
        let mixed = vector(99).as_slice().iter().zip(vector(seed).as_slice()).map(|(a, b)| a + b / 2.0).collect();
        Embedding::normalised(mixed).unwrap()
    }

    #[test]
    fn sentences_survive_a_round_trip_through_bytes() {
        let paper = vector(99);
        let [mut of_paper, mut alone] = [Sentences::default(), Sentences::default()];
        assert!(alone.is_empty() && alone.cosines(&vector(1), None).next().is_none());
        for number in 0..5 {
            let (place, vector) = (number * 10..number * 10 + 7, near(number as u64));
            of_paper.push(&paper, &place, &vector);
            alone.push_alone(&place, &vector);
        }
        assert_eq!((of_paper.as_bytes().len(), alone.as_bytes().len()), (5 * (16 + 97), 5 * (16 + 386)));
        for (sentences, error, paper) in [(&of_paper, 0.06, Some(paper.as_slice())), (&alone, 0.005, None)] {
            let read = Sentences::from_bytes(sentences.as_bytes().to_vec());
            let found: Vec<_> = read.cosines(&near(3), paper).collect();
            assert_eq!(
                found.iter().map(|(place, _)| place.clone()).collect::<Vec<_>>(),
                [0..7, 10..17, 20..27, 30..37, 40..47]
            );
            for (number, (_, cosine)) in found.into_iter().enumerate() {
                let exact = near(3).cosine(near(number as u64).as_slice());
                assert!((cosine - exact).abs() < error, "{number}: {cosine} for {exact}");
            }
        }
        assert_eq!(of_paper.cosines(&near(3), None).count(), 0, "without the vector of the paper");
        assert!(of_paper.least_cosine(&paper, &alone, &paper).unwrap() > 0.97);
        // A sentence that is the paper.
        let mut same = Sentences::default();
        same.push(&paper, &(0..7), &paper);
        let (_, cosine) = same.cosines(&paper, Some(paper.as_slice())).next().unwrap();
        assert!((cosine - 1.0).abs() < 0.001, "{cosine}");
    }

    #[test]
    fn a_sentence_of_another_dimension_stays_as_it_is() {
        let paper = Embedding::normalised(numbers(1).take(32).collect()).unwrap();
        let [mut pushed, mut alone] = [Sentences::default(), Sentences::default()];
        pushed.push(&paper, &(0..7), &vector(2));
        alone.push_alone(&(0..7), &vector(2));
        assert_eq!(pushed, alone);
        assert_eq!(pushed.in_two_bits(&paper), alone);
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_are_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            let paper = vector(2);
            prop_assert!(Sentences::from_bytes(bytes).cosines(&vector(1), Some(paper.as_slice())).count() <= 600 / HEAD);
        }

        #[test]
        fn short_arbitrary_records_are_read_without_panic(
            bytes in proptest::collection::vec(any::<u8>(), 0..60), coding in 0..3_u8, dimension in 0..40_u8
        ) {
            let mut bytes = bytes;
            for (place, value) in [(0, dimension), (1, 0), (2, 0), (3, coding)] {
                if let Some(byte) = bytes.get_mut(place) {
                    *byte = value;
                }
            }
            let paper = vector(2);
            let sentences = Sentences::from_bytes(bytes);
            prop_assert!(sentences.cosines(&vector(1), Some(paper.as_slice())).count() <= 60 / HEAD);
            sentences.least_cosine(&paper, &sentences, &paper);
        }
    }
}
