//! Texts as bags of tokens: all that a static model sees of them.

use rayon::prelude::*;

use crate::embed::Vocabulary;
use crate::error::Result;

/// The distinct tokens of texts, each with its share: its count divided by the number of tokens of the text.
#[derive(Default)]
pub(super) struct Bags {
    /// Where the tokens of each text begin; one more at the end.
    starts: Vec<usize>,
    tokens: Vec<u32>,
    shares: Vec<f32>,
}

impl Bags {
    /// Tokenises texts on the threads of the current pool.
    ///
    /// # Errors
    /// When the tokenizer cannot represent a text.
    pub fn of(texts: &[&str], vocabulary: &Vocabulary) -> Result<Self> {
        let ids: Vec<Vec<u32>> = texts.par_iter().map(|text| vocabulary.tokens(text)).collect::<Result<_>>()?;
        let mut bags = Self { starts: vec![0], ..Self::default() };
        for mut ids in ids {
            let all = ids.len();
            ids.sort_unstable();
            for same in ids.chunk_by(|a, b| a == b) {
                bags.tokens.push(same[0]);
                #[allow(clippy::cast_precision_loss)] // far fewer tokens than 2^24
                bags.shares.push(same.len() as f32 / all as f32);
            }
            bags.starts.push(bags.tokens.len());
        }
        Ok(bags)
    }

    /// The tokens of a text with their shares.
    pub fn bag(&self, text: usize) -> impl Iterator<Item = (u32, f32)> + '_ {
        let range = self.starts[text]..self.starts[text + 1];
        self.tokens[range.clone()].iter().copied().zip(self.shares[range].iter().copied())
    }

    /// How often each token occurs, in parts of a text: the sum of its shares.
    pub fn frequencies(&self, vocabulary: usize) -> Vec<f32> {
        let mut sums = vec![0.0; vocabulary];
        for (token, share) in self.tokens.iter().zip(&self.shares) {
            sums[*token as usize] += share;
        }
        sums
    }

    /// The number of texts that contain each token.
    pub fn document_frequencies(&self, vocabulary: usize) -> Vec<usize> {
        let mut counts = vec![0; vocabulary];
        self.tokens.iter().for_each(|token| counts[*token as usize] += 1);
        counts
    }
}
