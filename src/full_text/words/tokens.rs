//! The words of papers as tantivy reads them. Title and abstract are indexed in two forms each, but split once.

use std::cell::RefCell;

use tantivy::tokenizer::{RawTokenizer, Token, TokenStream, Tokenizer, TokenizerManager};

use super::Form;
use super::split::split;

/// The tokenizers, by the names that the schema has for them.
pub(in crate::full_text) fn tokenizers() -> TokenizerManager {
    let tokenizers = TokenizerManager::default();
    for form in [Form::Stems, Form::Wholes, Form::All] {
        tokenizers.register(form.name(), form);
    }
    tokenizers.register(Form::Raw.name(), RawTokenizer::default());
    tokenizers
}

/// The words of a text as tantivy reads them.
pub(in crate::full_text) struct Tokens {
    words: Words,
    /// The number of words that were given.
    given: usize,
    token: Token,
}

impl Tokenizer for Form {
    type TokenStream<'a> = Tokens;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Tokens {
        let mut words = Words::default();
        self.each_again(text, |word, position| words.push(word, position));
        Tokens { words, given: 0, token: Token::default() }
    }
}

impl TokenStream for Tokens {
    fn advance(&mut self) -> bool {
        let Some((word, position)) = self.words.get(self.given) else { return false };
        self.token.text.clear();
        self.token.text.push_str(word);
        self.token.position = position;
        self.given += 1;
        true
    }

    fn token(&self) -> &Token {
        &self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.token
    }
}

impl Form {
    /// As [`Form::each`], for the texts of one paper after another: a text in two forms is split once.
    fn each_again(self, text: &str, mut visit: impl FnMut(&str, usize)) {
        if !matches!(self, Self::Stems | Self::All) {
            return self.each(text, visit);
        }
        LAST.with_borrow_mut(|last| {
            if last[0].text != text {
                last.swap(0, 1);
            }
            if last[0].text != text {
                last[0] = Split::of(text);
            }
            let words = &last[0].words;
            for (word, position) in (0..).map_while(|number| words.get(number)) {
                self.give(word, position, &mut visit);
            }
        });
    }
}

thread_local! {
    /// The last two texts that were split: title and abstract are indexed in two forms each.
    static LAST: RefCell<[Split; 2]> = RefCell::default();
}

/// A text and its words.
#[derive(Default)]
struct Split {
    text: String,
    words: Words,
}

impl Split {
    fn of(text: &str) -> Self {
        let mut words = Words::default();
        split(text, |token| words.push(token.text, token.position));
        Self { text: text.to_owned(), words }
    }
}

/// Words with their positions.
#[derive(Default)]
struct Words {
    /// All words, one after the other.
    text: String,
    /// Where each ends, and its position.
    ends: Vec<(usize, usize)>,
}

impl Words {
    fn push(&mut self, word: &str, position: usize) {
        self.text.push_str(word);
        self.ends.push((self.text.len(), position));
    }

    fn get(&self, number: usize) -> Option<(&str, usize)> {
        let (end, position) = *self.ends.get(number)?;
        let start = number.checked_sub(1).map_or(0, |before| self.ends[before].0);
        Some((&self.text[start..end], position))
    }
}
