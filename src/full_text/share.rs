//! The share of a query's words that a text, such as a sentence, contains.

use std::collections::HashSet;

use super::words::{Stems, words};

/// The stems of a query's words.
pub struct Share {
    wanted: HashSet<String>,
    stems: Stems,
}

impl Share {
    #[must_use]
    pub fn of(question: &str) -> Self {
        Self { wanted: words(question).into_iter().map(|word| word.stem).collect(), stems: Stems::new() }
    }

    /// The share of the query's words that the text contains, by stem, from 0 to 1; 0 for a query without words.
    pub fn in_text(&mut self, text: &str) -> f32 {
        if self.wanted.is_empty() {
            return 0.0;
        }
        let mut met = HashSet::new();
        self.stems.each(text, |stem| {
            met.insert(stem);
        });
        let is_met = |stem: &&String| self.stems.number(stem).is_some_and(|number| met.contains(&number));
        let found = self.wanted.iter().filter(is_met).count();
        #[allow(clippy::cast_precision_loss)] // words of a query
        let (found, wanted) = (found as f32, self.wanted.len() as f32);
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
