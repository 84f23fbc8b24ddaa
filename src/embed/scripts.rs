//! Which scripts does a model know? It knows those that its vocabulary has many words of.

use std::collections::HashMap;

use whatlang::{Script, detect_script};

/// The vocabulary of a model by script.
#[derive(Debug, Default)]
pub(crate) struct Scripts {
    /// Number of tokens in each script, and of those with at least two letters.
    tokens: HashMap<Script, [usize; 2]>,
}

/// A model that knows a script has at least this number of tokens in it. English ones have some hundred letters of others.
const KNOWN: usize = 400;
/// The same for Chinese characters, whose tokens are single letters.
const KNOWN_CHARACTERS: usize = 2_500;
/// Models with this number of Cyrillic tokens are multilingual.
const MULTILINGUAL: usize = 1_000;

impl Scripts {
    /// Counts the tokens of a vocabulary.
    pub fn of(tokens: impl Iterator<Item = String>) -> Self {
        let mut scripts = Self::default();
        for token in tokens {
            // A token of ASCII letters is Latin.
            if !token.is_ascii()
                && let Some(script) = detect_script(&token)
            {
                let [all, words] = scripts.tokens.entry(script).or_default();
                *all += 1;
                *words += usize::from(token.chars().filter(|c| c.is_alphabetic()).count() > 1);
            }
        }
        scripts
    }

    /// Whether the model knows a script.
    pub fn has(&self, script: Script) -> bool {
        let [all, words] = self.tokens.get(&script).copied().unwrap_or_default();
        match script {
            Script::Latin => true,
            Script::Mandarin => all >= KNOWN_CHARACTERS,
            _ => words >= KNOWN,
        }
    }

    /// Whether the model knows languages with several scripts, and so probably those with Latin letters.
    pub fn are_of_many_languages(&self) -> bool {
        self.tokens.get(&Script::Cyrillic).is_some_and(|[_, words]| *words >= MULTILINGUAL)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_with_many_words_are_known() {
        let number = |number: usize| -> String {
            let letters = "абвгдежзик".chars().collect::<Vec<_>>();
            number.to_string().bytes().map(|digit| letters[usize::from(digit - b'0')]).collect()
        };
        let some = Scripts::of((10..100).map(number).chain(["word".to_owned(), "ж".to_owned()]));
        assert!(some.has(Script::Latin) && !some.has(Script::Cyrillic) && !some.has(Script::Mandarin));
        let many = Scripts::of((10..2_000).map(number));
        assert!(many.has(Script::Cyrillic) && many.are_of_many_languages() && !many.has(Script::Thai));
        let characters = ('\u{4e00}'..).take(KNOWN_CHARACTERS).map(String::from);
        assert!(Scripts::of(characters).has(Script::Mandarin));
    }
}
