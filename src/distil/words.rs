//! Which words of the collection deserve a token of their own? A static model knows a word of several tokens only as their sum,
//! and the same tokens are part of other words.

use std::collections::HashMap;

use crate::embed::Vocabulary;

/// A word with the tokens that it has so far.
pub(super) struct Word {
    pub text: String,
    pub tokens: Vec<u32>,
}

/// The words of several tokens that occur at least `least` times, the most frequent first; at most `most`.
pub(super) fn new_words(vocabulary: &Vocabulary, texts: &[Vec<u32>], least: u32, most: usize) -> Vec<Word> {
    let Some(prefix) = vocabulary.inside_prefix() else { return Vec::new() };
    let known: Vec<Option<String>> = (0..).take(vocabulary.len()).map(|token| vocabulary.text(token)).collect();
    let is_inside = |token: &u32| known[*token as usize].as_ref().is_some_and(|text| text.starts_with(prefix));
    let mut counts: HashMap<&[u32], u32> = HashMap::new();
    for word in texts.iter().flat_map(|text| text.chunk_by(|_, next| is_inside(next))) {
        if word.len() > 1 {
            *counts.entry(word).or_default() += 1;
        }
    }
    let mut words: Vec<(&[u32], u32)> = counts.into_iter().filter(|(_, count)| *count >= least).collect();
    words.sort_unstable_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    let spelled = |tokens: &[u32]| {
        let mut text = String::new();
        for (place, token) in tokens.iter().enumerate() {
            let token = known[*token as usize].as_deref()?;
            text.push_str(if place == 0 { token } else { token.strip_prefix(prefix)? });
        }
        // Numbers say little of a topic.
        text.chars().all(char::is_alphabetic).then_some(text)
    };
    let words =
        words.into_iter().filter_map(|(tokens, _)| Some(Word { text: spelled(tokens)?, tokens: tokens.to_vec() }));
    words.take(most).collect()
}
