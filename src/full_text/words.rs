//! Splits texts into words: runs of letters and digits, lower-cased, without accents and stop words. Titles, abstracts and
//! queries are stemmed (Porter's English stemmer); names are not.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use tantivy::schema::{FAST, Field, INDEXED, IndexRecordOption, Schema, TextFieldIndexing, TextOptions};
use tantivy::tokenizer::{
    AsciiFoldingFilter, Language, LowerCaser, RawTokenizer, RemoveLongFilter, SimpleTokenizer, Stemmer, StopWordFilter,
    TextAnalyzer, TextAnalyzerBuilder, TokenizerManager,
};
use unicode_normalization::UnicodeNormalization;

use crate::paper::Paper;
use crate::store::DocId;

/// Maximum length of a word in bytes. Longer runs are dropped; most are encoded data.
const LONGEST: usize = 40;

// The weight of a word in each field, chosen on the training queries of SciFact; see benches/RESULTS.md. No test set has names.
pub(crate) const TITLE: f32 = 2.0;
pub(crate) const ABSTRACT: f32 = 1.0;
pub(crate) const AUTHORS: f32 = 1.0;

/// The fields of the index.
#[derive(Debug, Clone)]
pub(super) struct Fields {
    pub schema: Schema,
    pub row: Field,
    pub title: Field,
    pub abstract_text: Field,
    pub authors: Field,
}

/// A word of a query: its stem, to match titles and abstracts, and the whole word, to match names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word {
    pub stem: String,
    /// `None` for a word that is not matched with names.
    pub whole: Option<String>,
}

impl Fields {
    pub const ROW: &str = "row";

    pub fn new() -> Self {
        let text = |tokenizer: &str| {
            let indexing = TextFieldIndexing::default().set_tokenizer(tokenizer);
            TextOptions::default().set_indexing_options(indexing.set_index_option(IndexRecordOption::WithFreqs))
        };
        let mut schema = Schema::builder();
        let row = schema.add_u64_field(Self::ROW, FAST | INDEXED);
        let title = schema.add_text_field("title", text("stems"));
        let abstract_text = schema.add_text_field("abstract", text("stems"));
        let authors = schema.add_text_field("authors", text("wholes"));
        Self { schema: schema.build(), row, title, abstract_text, authors }
    }

    /// A paper as a tantivy document.
    pub fn document(&self, doc: DocId, paper: &Paper) -> tantivy::TantivyDocument {
        let mut document = tantivy::TantivyDocument::new();
        document.add_u64(self.row, doc.0.into());
        for (field, text) in self.texts(paper) {
            document.add_text(field, composed(text));
        }
        document
    }

    /// The texts of a paper, each with its field.
    pub fn texts<'p>(&self, paper: &'p Paper) -> Vec<(Field, &'p str)> {
        let own = [(self.title, paper.title.as_str()), (self.abstract_text, paper.abstract_text.as_str())];
        own.into_iter().chain(paper.authors.iter().map(|author| (self.authors, author.as_str()))).collect()
    }
}

/// The text fields, with their weights and whether they contain stems.
pub(super) fn fields(fields: &Fields) -> [(Field, f32, bool); 3] {
    [(fields.title, TITLE, true), (fields.abstract_text, ABSTRACT, true), (fields.authors, AUTHORS, false)]
}

/// The tokenizers, by the names that the schema has for them; created once.
pub(super) fn tokenizers() -> TokenizerManager {
    static TOKENIZERS: LazyLock<TokenizerManager> = LazyLock::new(|| {
        let tokenizers = TokenizerManager::default();
        tokenizers.register("stems", analyzer(true));
        tokenizers.register("wholes", analyzer(false));
        tokenizers
    });
    TOKENIZERS.clone()
}

/// The analyzer that splits a text into stems, or into whole words.
pub(super) fn analyzer(stems: bool) -> TextAnalyzer {
    static WHOLES: LazyLock<TextAnalyzer> = LazyLock::new(|| wholes().build());
    static STEMS: LazyLock<TextAnalyzer> =
        LazyLock::new(|| wholes().filter_dynamic(Stemmer::new(Language::English)).build());
    TextAnalyzer::clone(if stems { &STEMS } else { &WHOLES })
}

fn wholes() -> TextAnalyzerBuilder {
    let stop_words = StopWordFilter::new(Language::English);
    let words = TextAnalyzer::builder(SimpleTokenizer::default())
        .filter(RemoveLongFilter::limit(LONGEST))
        .filter(LowerCaser)
        .filter(AsciiFoldingFilter)
        .dynamic();
    match stop_words {
        Some(stop_words) => words.filter_dynamic(stop_words),
        None => words,
    }
}

/// Splits texts into stems and numbers these in the order of their first occurrence. Each distinct word is stemmed once.
pub(crate) struct Stems {
    wholes: TextAnalyzer,
    stemmer: TextAnalyzer,
    /// The number of the stem of each word.
    of_words: HashMap<String, usize>,
    numbers: HashMap<String, usize>,
}

impl Stems {
    pub fn new() -> Self {
        let stemmer = TextAnalyzer::builder(RawTokenizer::default()).filter(Stemmer::new(Language::English)).build();
        Self { wholes: analyzer(false), stemmer, of_words: HashMap::new(), numbers: HashMap::new() }
    }

    /// Calls `visit` with the number of each stem of a text, in order.
    pub fn each(&mut self, text: &str, mut visit: impl FnMut(usize)) {
        let Self { wholes, stemmer, of_words, numbers } = self;
        wholes.token_stream(&composed(text)).process(&mut |token| {
            let number = of_words.get(&token.text).copied().unwrap_or_else(|| {
                let mut stem = String::new();
                stemmer.token_stream(&token.text).process(&mut |token| stem.push_str(&token.text));
                let next = numbers.len();
                let number = *numbers.entry(stem).or_insert(next);
                of_words.insert(token.text.clone(), number);
                number
            });
            visit(number);
        });
    }

    /// The number of a stem, if it has occurred.
    pub fn number(&self, stem: &str) -> Option<usize> {
        self.numbers.get(stem).copied()
    }

    /// All stems that have occurred, with their numbers.
    pub fn into_numbers(self) -> impl Iterator<Item = (String, usize)> {
        self.numbers.into_iter()
    }
}

/// The words of a query, in order; repeated words are repeated.
pub(crate) fn words(question: &str) -> Vec<Word> {
    let question = composed(question);
    let (mut wholes, mut stems) = (analyzer(false), analyzer(true));
    let (mut wholes, mut stems) = (wholes.token_stream(&question), stems.token_stream(&question));
    let mut words = Vec::new();
    while let (Some(whole), Some(stem)) = (wholes.next(), stems.next()) {
        words.push(Word { stem: stem.text.clone(), whole: Some(whole.text.clone()) });
    }
    words
}

/// Composes letters with their combining accents (NFKC), since accents are removed from composed letters only.
pub(super) fn composed(text: &str) -> Cow<'_, str> {
    // NFKC leaves ASCII unchanged, and most texts are ASCII.
    if text.is_ascii() { text.into() } else { text.nfkc().collect() }
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
