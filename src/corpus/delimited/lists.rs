//! Reads lists and dictionaries in cells, as pandas writes them: `['Ada Smith', 'Bo Lee']` of Python, `["a","b"]` of JSON,
//! `['a' 'b']` of NumPy, and `[{'name': 'Ada Smith'}]`.

use std::iter::Peekable;
use std::str::Chars;

/// An element of a list, or the whole of a dictionary.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Element {
    /// Texts: one, or several if the element is itself a list.
    pub texts: Vec<String>,
    /// Keys and values of a dictionary, and of dictionaries within it.
    pub pairs: Vec<(String, String)>,
}

impl Element {
    /// The value of the first of these keys that the dictionary has.
    pub fn value(&self, keys: &[&str]) -> Option<&str> {
        keys.iter().find_map(|wanted| {
            let (_, value) = self.pairs.iter().find(|(key, _)| key == wanted)?;
            Some(value.as_str())
        })
    }
}

/// The elements of a list, or the only one of a dictionary; `None` for any other text.
pub(super) fn elements(text: &str) -> Option<Vec<Element>> {
    let text = text.trim();
    let is_list = text.starts_with('[') && text.ends_with(']');
    let is_dictionary = text.starts_with('{') && text.ends_with('}') && text.contains(':');
    if !is_list && !is_dictionary {
        return None;
    }
    let mut elements = Vec::new();
    let mut reading = Reading::default();
    for token in (Tokens { characters: text.chars().peekable() }) {
        match token {
            Token::Text(text) => {
                // NumPy separates texts by spaces only.
                if reading.text.is_some() {
                    reading.finish_text();
                    reading.end_if_simple(&mut elements, is_list);
                }
                reading.text = Some(text);
            }
            Token::Colon => reading.key = reading.text.take(),
            Token::Open => {
                reading.finish_text();
                reading.depth += 1;
            }
            Token::Comma | Token::Close => {
                reading.finish_text();
                reading.depth = reading.depth.saturating_sub(usize::from(token == Token::Close));
                if reading.depth <= 1 && is_list {
                    reading.end(&mut elements);
                }
            }
        }
    }
    reading.finish_text();
    reading.end(&mut elements);
    Some(elements)
}

/// The texts of a list, of which an element may be a dictionary with one of these keys; `None` if the text is not a list.
pub(super) fn texts(text: &str, keys: &[&str]) -> Option<Vec<String>> {
    let texts = elements(text)?.into_iter().flat_map(|element| match element.value(keys) {
        Some(value) => vec![value.to_owned()],
        None => element.texts,
    });
    Some(texts.collect())
}

/// What was read so far.
#[derive(Default)]
struct Reading {
    depth: usize,
    element: Element,
    key: Option<String>,
    /// A text that is a key or a value: the next token tells.
    text: Option<String>,
}

impl Reading {
    fn finish_text(&mut self) {
        let key = self.key.take();
        let Some(text) = self.text.take() else {
            // A list or a dictionary is the value: the key is left out.
            return;
        };
        match key {
            _ if text.is_empty() => {}
            Some(key) => self.element.pairs.push((key, text)),
            // Nested values are not names.
            None if self.depth <= 2 => self.element.texts.push(text),
            None => {}
        }
    }

    fn end(&mut self, elements: &mut Vec<Element>) {
        if self.element != Element::default() {
            elements.push(std::mem::take(&mut self.element));
        }
    }

    fn end_if_simple(&mut self, elements: &mut Vec<Element>, is_list: bool) {
        if self.depth == 1 && is_list {
            self.end(elements);
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Token {
    Open,
    Close,
    Comma,
    Colon,
    /// A text; empty for `None`, `null` and `nan`.
    Text(String),
}

struct Tokens<'a> {
    characters: Peekable<Chars<'a>>,
}

impl Iterator for Tokens<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        while self.characters.next_if(|c| c.is_whitespace()).is_some() {}
        Some(match self.characters.next()? {
            '[' | '{' | '(' => Token::Open,
            ']' | '}' | ')' => Token::Close,
            ',' => Token::Comma,
            ':' => Token::Colon,
            quote @ ('"' | '\'') => Token::Text(self.quoted(quote)),
            first => Token::Text(self.bare(first)),
        })
    }
}

impl Tokens<'_> {
    fn quoted(&mut self, quote: char) -> String {
        let mut text = String::new();
        while let Some(c) = self.characters.next() {
            match c {
                c if c == quote => break,
                '\\' => text.extend(self.escaped()),
                c => text.push(c),
            }
        }
        text
    }

    /// The character after a backslash; `None` if there is none.
    fn escaped(&mut self) -> Option<char> {
        Some(match self.characters.next()? {
            'n' | 't' | 'r' => ' ',
            'x' => char::from_u32(self.hexadecimal(2))?,
            'u' => match self.hexadecimal(4) {
                // JSON writes a character outside of the basic plane as two of four digits.
                high @ 0xd800..=0xdbff => {
                    self.characters.next_if_eq(&'\\')?;
                    self.characters.next_if_eq(&'u')?;
                    let low = self.hexadecimal(4).checked_sub(0xdc00).filter(|low| *low < 0x400)?;
                    char::from_u32(0x10000 + ((high - 0xd800) << 10) + low)?
                }
                code => char::from_u32(code)?,
            },
            c => c,
        })
    }

    fn hexadecimal(&mut self, digits: usize) -> u32 {
        let mut number = 0;
        for _ in 0..digits {
            let Some(digit) = self.characters.peek().and_then(|c| c.to_digit(16)) else { break };
            number = number * 16 + digit;
            self.characters.next();
        }
        number
    }

    fn bare(&mut self, first: char) -> String {
        let mut text = String::from(first);
        while let Some(c) = self.characters.next_if(|c| !matches!(c, ',' | ']' | '}' | '[' | '{' | '\n')) {
            text.push(c);
        }
        let text = text.trim();
        if matches!(text, "None" | "null" | "nan" | "NaN" | "NA") { String::new() } else { text.to_owned() }
    }
}
