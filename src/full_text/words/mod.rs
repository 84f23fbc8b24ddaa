//! The words of papers and queries: in which fields, and in which forms, are they indexed?
//!
//! | file | contents |
//! | --- | --- |
//! | `split` | Splits a text into words |
//! | `stem` | Reduces a word to its stem |
//! | `tokens` | The words of papers as tantivy reads them |

use std::borrow::Cow;
use std::collections::HashMap;

use tantivy::schema::{FAST, Field, INDEXED, IndexRecordOption, Schema, TextFieldIndexing, TextOptions};

use super::columns::Columns;
use super::names;
use super::{definitions, facets};
use crate::paper::Paper;
use crate::store::DocId;

use split::{composed, split};
pub(super) use stem::spellings;
pub(super) use tokens::tokenizers;

mod split;
mod stem;
mod tokens;

// The weight of a word in each field, chosen on the training queries of SciFact; see benches/RESULTS.md. No test set has names.
pub(crate) const TITLE: f32 = 2.0;
pub(crate) const ABSTRACT: f32 = 1.0;
pub(crate) const AUTHORS: f32 = 1.0;

/// Words that nearly every text has: those of Lucene's `EnglishAnalyzer`.
const STOP_WORDS: [&str; 33] = [
    "a", "an", "and", "are", "as", "at", "be", "but", "by", "for", "if", "in", "into", "is", "it", "no", "not", "of",
    "on", "or", "such", "that", "the", "their", "then", "there", "these", "they", "this", "to", "was", "will", "with",
];

/// The form in which the words of a field are indexed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Stems, without stop words.
    Stems,
    /// Whole words, without stop words.
    Wholes,
    /// All words, whole.
    All,
    /// Not words: each text as it is.
    Raw,
}

/// The fields of the index.
#[derive(Debug, Clone)]
pub(super) struct Fields {
    pub schema: Schema,
    pub row: Field,
    pub title: Field,
    pub abstract_text: Field,
    pub authors: Field,
    /// All words of title and abstract with their positions, for phrases.
    pub exact_title: Field,
    pub exact_abstract: Field,
    /// The family names of the authors.
    pub families: Field,
    /// The abbreviations that the paper defines, see [`definitions`], names to suggest, see [`names`], and categories, see
    /// [`facets`].
    pub entries: Field,
    /// What filters ask for.
    pub columns: Columns,
}

/// A word of a query: its stem, to match titles and abstracts, and the whole word, to match names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word {
    pub stem: String,
    /// `None` for a word that is not matched with names.
    pub whole: Option<String>,
}

/// A word of a query and where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Placed {
    pub stem: String,
    pub whole: String,
    /// The number of words before it, stop words included.
    pub position: usize,
    /// The bytes of the query's composed text.
    pub from: usize,
    pub to: usize,
    pub is_stop_word: bool,
}

impl Fields {
    pub const ROW: &str = "row";

    pub fn new() -> Self {
        let text = |form: Form, option: IndexRecordOption| {
            let indexing = TextFieldIndexing::default().set_tokenizer(form.name()).set_index_option(option);
            TextOptions::default().set_indexing_options(indexing)
        };
        let (counted, placed) = (IndexRecordOption::WithFreqs, IndexRecordOption::WithFreqsAndPositions);
        let mut schema = Schema::builder();
        let row = schema.add_u64_field(Self::ROW, FAST | INDEXED);
        let title = schema.add_text_field("title", text(Form::Stems, counted));
        let abstract_text = schema.add_text_field("abstract", text(Form::Stems, counted));
        let authors = schema.add_text_field("authors", text(Form::Wholes, counted));
        let exact_title = schema.add_text_field("exact_title", text(Form::All, placed));
        let exact_abstract = schema.add_text_field("exact_abstract", text(Form::All, placed));
        let families = schema.add_text_field("families", text(Form::Wholes, counted));
        let entries = schema.add_text_field("entries", text(Form::Raw, IndexRecordOption::Basic));
        let columns = Columns::add_to(&mut schema);
        let schema = schema.build();
        Self { schema, row, title, abstract_text, authors, exact_title, exact_abstract, families, entries, columns }
    }

    /// A paper as a tantivy document.
    pub fn document(&self, doc: DocId, paper: &Paper) -> tantivy::TantivyDocument {
        let mut document = tantivy::TantivyDocument::new();
        document.add_u64(self.row, doc.0.into());
        for (field, text) in self.texts(paper) {
            document.add_text(field, text);
        }
        self.columns.write(paper, &mut document);
        document
    }

    /// The texts of a paper, each with its field. The texts of a field follow each other.
    pub fn texts<'p>(&self, paper: &'p Paper) -> Vec<(Field, Cow<'p, str>)> {
        let (title, text) = (composed(&paper.title), composed(&paper.abstract_text));
        let mut texts = vec![
            (self.title, title.clone()),
            (self.abstract_text, text.clone()),
            (self.exact_title, title),
            (self.exact_abstract, text),
        ];
        texts.extend(paper.authors.iter().map(|author| (self.authors, composed(author))));
        texts.extend(names::families(paper).map(|family| (self.families, family.into())));
        let entries =
            names::entries(paper).into_iter().chain(definitions::entries(paper)).chain(facets::entries(paper));
        texts.extend(entries.map(|entry| (self.entries, entry.into())));
        texts
    }

    /// Whether a field has the positions of its words.
    pub fn has_phrases(&self, field: Field) -> bool {
        field == self.exact_title || field == self.exact_abstract
    }

    /// All fields with texts, with their forms.
    pub fn forms(&self) -> [(Field, Form); 7] {
        [
            (self.title, Form::Stems),
            (self.abstract_text, Form::Stems),
            (self.authors, Form::Wholes),
            (self.exact_title, Form::All),
            (self.exact_abstract, Form::All),
            (self.families, Form::Wholes),
            (self.entries, Form::Raw),
        ]
    }
}

/// The fields that are scored, and whether they contain stems.
pub(super) fn fields(fields: &Fields) -> [(Field, bool); 3] {
    [(fields.title, true), (fields.abstract_text, true), (fields.authors, false)]
}

impl Form {
    /// The name in the schema.
    fn name(self) -> &'static str {
        match self {
            Self::Stems => "stems",
            Self::Wholes => "wholes",
            Self::All => "all",
            Self::Raw => "raw",
        }
    }

    /// Visits the words of a composed text in this form, each with its position.
    pub fn each(self, text: &str, mut visit: impl FnMut(&str, usize)) {
        if self == Self::Raw {
            return visit(text, 0);
        }
        split(text, |token| self.give(token.text, token.position, &mut visit));
    }

    /// Visits a word in this form.
    fn give(self, word: &str, position: usize, visit: &mut impl FnMut(&str, usize)) {
        match self {
            Self::All | Self::Raw => visit(word, position),
            _ if is_stop_word(word) => {}
            Self::Stems => stem::with_stem(word, |stem| visit(stem, position)),
            Self::Wholes => visit(word, position),
        }
    }
}

pub(super) fn is_stop_word(word: &str) -> bool {
    /// The length of the longest one.
    const LONGEST: usize = 5;
    word.len() <= LONGEST && STOP_WORDS.binary_search(&word).is_ok()
}

/// Splits texts into stems and numbers these in the order of their first occurrence. Each distinct word is stemmed once.
#[derive(Default)]
pub(crate) struct Stems {
    /// The number of the stem of each word; `None` for a stop word.
    of_words: HashMap<String, Option<usize>>,
    numbers: HashMap<String, usize>,
    /// For each stem the word that was met first.
    shown: Vec<String>,
}

impl Stems {
    pub fn new() -> Self {
        Self::default()
    }

    /// Calls `visit` with the number of each stem of a text, in order.
    pub fn each(&mut self, text: &str, mut visit: impl FnMut(usize)) {
        let Self { of_words, numbers, shown } = self;
        split(&composed(text), |token| {
            let number = if let Some(number) = of_words.get(token.text) {
                *number
            } else {
                let number = (!is_stop_word(token.text)).then(|| {
                    let next = numbers.len();
                    *numbers.entry(stem::stem(token.text)).or_insert_with(|| {
                        shown.push(token.text.to_owned());
                        next
                    })
                });
                of_words.insert(token.text.to_owned(), number);
                number
            };
            if let Some(number) = number {
                visit(number);
            }
        });
    }

    /// All stems that have occurred, with their numbers, and the first word of each.
    pub fn into_terms(self) -> impl Iterator<Item = (String, usize, String)> {
        let Self { numbers, shown, .. } = self;
        numbers.into_iter().map(move |(stem, number)| (stem, number, shown[number].clone()))
    }
}

/// The words of a query that are not stop words, in order; repeated words are repeated.
pub(crate) fn words(question: &str) -> Vec<Word> {
    let words = placed(question).into_iter().filter(|word| !word.is_stop_word);
    words.map(|word| Word { stem: word.stem, whole: Some(word.whole) }).collect()
}

/// All words of a query, in order.
pub(crate) fn placed(question: &str) -> Vec<Placed> {
    let mut words = Vec::new();
    split(&composed(question), |token| {
        let split::Token { text: whole, position, from, to } = token;
        let (stem, whole, is_stop_word) = (stem::stem(whole), whole.to_owned(), is_stop_word(whole));
        words.push(Placed { stem, whole, position, from, to, is_stop_word });
    });
    words
}

/// Visits the words of a text that are not stop words, whole, in order.
pub(crate) fn each_whole(text: &str, mut visit: impl FnMut(&str)) {
    Form::Wholes.each(&composed(text), |word, _| visit(word));
}

/// Whether a word is one character of a script without spaces, whose texts are split into pairs of characters.
pub(super) fn is_half_pair(whole: &str) -> bool {
    let mut chars = whole.chars();
    chars.next().is_some_and(split::is_unspaced) && chars.next().is_none()
}

/// The stem of a whole word.
pub(crate) fn stem_of(whole: &str) -> String {
    stem::stem(whole)
}

/// A text whose bytes [`Placed`] counts.
pub(crate) fn composed_text(text: &str) -> Cow<'_, str> {
    composed(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stems_of(question: &str) -> Vec<String> {
        words(question).into_iter().map(|word| word.stem).collect()
    }

    #[test]
    fn words_are_stemmed_and_folded() {
        assert_eq!(
            stems_of("The Networks' NETWORKING, of naïve Schrödinger-cats!"),
            ["network", "network", "naiv", "schroding", "cat"]
        );
        assert_eq!(stems_of("Go\u{308}del"), stems_of("gödel"));
        assert!(STOP_WORDS.is_sorted() && STOP_WORDS.iter().all(|word| is_stop_word(word)));
        assert_eq!(words("Networks")[0].whole.as_deref(), Some("networks"));
    }

    #[test]
    fn stop_words_and_symbols_are_dropped() {
        for question in ["", "the of and", "?! + -- \"", "(AND) OR:", "∫ ∂ ∞"] {
            assert_eq!(words(question), [], "{question}");
        }
        assert_eq!(stems_of("title:x AND \"unclosed"), ["titl", "x", "unclos"]);
    }
}
