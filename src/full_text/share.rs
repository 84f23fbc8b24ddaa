//! The share of a query's words that a text, such as a sentence, contains.

use std::collections::HashMap;

use fixedbitset::FixedBitSet;

use super::words::{each_whole, stem_of, words};

/// The stems of a query's words.
pub struct Share {
    /// The stems with their numbers.
    wanted: HashMap<String, usize>,
    /// The number of the stem of each word that was met; `None` if it is not wanted.
    of_words: HashMap<String, Option<usize>>,
}

impl Share {
    #[must_use]
    pub fn of(question: &str) -> Self {
        let mut wanted = HashMap::new();
        for word in words(question) {
            let next = wanted.len();
            wanted.entry(word.stem).or_insert(next);
        }
        Self { wanted, of_words: HashMap::new() }
    }

    /// The share of the query's words that the text contains, by stem, from 0 to 1; 0 for a query without words.
    pub fn in_text(&mut self, text: &str) -> f32 {
        let Self { wanted, of_words } = self;
        if wanted.is_empty() {
            return 0.0;
        }
        let mut met = FixedBitSet::with_capacity(wanted.len());
        each_whole(text, |word| {
            let number = if let Some(known) = of_words.get(word) {
                *known
            } else {
                let number = wanted.get(&stem_of(word)).copied();
                of_words.insert(word.to_owned(), number);
                number
            };
            if let Some(number) = number {
                met.insert(number);
            }
        });
        #[allow(clippy::cast_precision_loss)] // words of a query
        let (found, wanted) = (met.count_ones(..) as f32, wanted.len() as f32);
        found / wanted
    }
}

#[cfg(test)]
mod tests {
    use super::Share;

    #[test]
    fn words_match_by_stem_and_count_once() {
        let mut share = Share::of("neural networks, deep networks, learning");
        let close = |found: f32, wanted: f32| assert!((found - wanted).abs() < 1e-6, "{found} for {wanted}");
        close(share.in_text("A deep NETWORK learns to network."), 0.75);
        close(share.in_text("Whales sing."), 0.0);
        close(Share::of("the of and").in_text("the of and"), 0.0);
    }
}
