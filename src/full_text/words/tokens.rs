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
    /// All words, one after the other.
    text: String,
    /// Where each ends, and its position.
    ends: std::vec::IntoIter<(usize, usize)>,
    start: usize,
    token: Token,
}

impl Tokenizer for Form {
    type TokenStream<'a> = Tokens;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Tokens {
        let mut words = String::with_capacity(text.len());
        let mut ends = Vec::new();
        self.each_again(text, |word, position| {
            words.push_str(word);
            ends.push((words.len(), position));
        });
        Tokens { text: words, ends: ends.into_iter(), start: 0, token: Token::default() }
    }
}

impl TokenStream for Tokens {
    fn advance(&mut self) -> bool {
        let Some((end, position)) = self.ends.next() else { return false };
        self.token.text.clear();
        self.token.text.push_str(&self.text[self.start..end]);
        self.token.position = position;
        self.start = end;
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
            let Split { words, ends, .. } = &last[0];
            let mut start = 0;
            for (end, position) in ends {
                self.give(&words[start..*end], *position, &mut visit);
                start = *end;
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
    /// All words, one after the other.
    words: String,
    /// Where each ends, and its position.
    ends: Vec<(usize, usize)>,
}

impl Split {
    fn of(text: &str) -> Self {
        let (mut words, mut ends) = (String::with_capacity(text.len()), Vec::new());
        split(text, |token| {
            words.push_str(token.text);
            ends.push((words.len(), token.position));
        });
        Self { text: text.to_owned(), words, ends }
    }
}
