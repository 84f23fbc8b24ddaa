//! The words of a query, each with its other forms in this collection.
//!
//! | the query has | papers with | are found |
//! | --- | --- | --- |
//! | `fine-tuning`, `fine tuning` | `finetuning` | as if they had both words |
//! | `finetuning` | `fine-tuning`, `fine tuning` | as if they had the word |
//! | an abbreviation that papers define | its long form | as if they had the abbreviation |
//! | the long form | the abbreviation | as if they had all its words |
//!
//! Of a long query, only the most distinctive words are looked up. A query of stop words alone is looked up as it is.

use std::collections::{HashMap, HashSet};

use serde::Serialize;
use tantivy::schema::Field;

use super::FullText;
use super::bm25::rarity;
use super::definitions::{BY_LONG, BY_SHORT};
use super::names::END;
use super::words::{Placed, composed_text, is_half_pair, is_stop_word, placed, stem_of};

/// Maximum number of different words that are looked up, so that a query of several pages takes about as long as others.
const MOST_WORDS: usize = 40;
/// Maximum number of words, repeated ones included, whose other forms are looked up.
const MOST_WITH_FORMS: usize = 200;
/// Maximum number of words of a phrase.
const LONGEST_PHRASE: usize = 64;
/// Maximum number of pairs of characters that are looked up for a single character.
const MOST_PAIRS: usize = 100;
/// The shortest word that is split into two.
const SHORTEST_SPLIT: usize = 4;
/// A word in more papers than this, and in more than one in fifty, is not split: the phrase would add few papers.
const FREQUENT: usize = 100;
const FREQUENT_SHARE: usize = 50;
/// Two words are one only if the rarer of the two is at least this share as frequent as the joined word; otherwise the phrase
/// would add few papers.
const RARE_PART: usize = 10;
/// Maximum number of papers with the rarer part, which bounds the time to look for the phrase.
const MOST_PARTS: usize = 20_000;
/// An abbreviation counts for its long form only if the papers that define it are at least one in this number of the papers with
/// it. Others, such as `DID` and `NP`, are mostly something else.
const DEFINED: usize = 20;
/// Maximum number of long forms of an abbreviation, the most frequent first.
const MOST_LONG_FORMS: usize = 3;
/// Maximum number of words of a long form.
const LONGEST_FORM: usize = 8;

/// A word of a query with its other forms.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct QueryWord {
    /// As in the query.
    pub shown: String,
    /// The stems that count as the word in titles and abstracts.
    pub stems: Vec<String>,
    /// The whole word, to match names.
    pub whole: Option<String>,
    /// Phrases in titles and abstracts that count as the word.
    pub phrases: Vec<Vec<String>>,
    /// How often the query has the word.
    pub count: usize,
}

/// The words of a query.
#[derive(Debug, Default)]
pub(crate) struct QueryWords {
    pub words: Vec<QueryWord>,
    /// Number of different words of the query.
    pub different: usize,
    /// Number of different words that are looked up.
    pub looked_up: usize,
    /// The abbreviations whose other forms are looked up.
    pub abbreviations: Vec<Abbreviation>,
}

/// An abbreviation that was read for a query.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Abbreviation {
    /// The short form as papers write it.
    pub short: String,
    /// The long form in lower case, or as in the query.
    pub long: String,
}

impl QueryWord {
    pub fn of_stem(stem: &str) -> Self {
        Self { shown: stem.to_owned(), stems: vec![stem.to_owned()], count: 1, ..Self::default() }
    }

    fn new(word: &Placed, shown: &str, count: usize) -> Self {
        Self {
            shown: shown.to_owned(),
            stems: vec![word.stem.clone()],
            whole: Some(word.whole.clone()),
            phrases: Vec::new(),
            count,
        }
    }

    /// All that is looked up for the word, as a text.
    pub fn key(&self) -> String {
        let phrases = self.phrases.iter().flat_map(|phrase| phrase.iter().map(String::as_str).chain(["\u{1e}"]));
        let whole = self.whole.as_deref().into_iter();
        let stems = self.stems.iter().map(String::as_str);
        let parts: Vec<&str> = stems.chain(["\u{1e}"]).chain(whole).chain(["\u{1e}"]).chain(phrases).collect();
        parts.join("\u{1f}")
    }

    /// Words that are looked up in the same way become one, with the sum of their counts.
    fn merged(words: Vec<Self>) -> Vec<Self> {
        let mut places: HashMap<_, usize> = HashMap::with_capacity(words.len());
        let mut merged: Vec<Self> = Vec::with_capacity(words.len());
        for word in words {
            let forms = (word.stems.clone(), word.whole.clone(), word.phrases.clone());
            if let Some(place) = places.get(&forms) {
                merged[*place].count += word.count;
            } else {
                places.insert(forms, merged.len());
                merged.push(word);
            }
        }
        merged
    }
}

impl FullText {
    /// The words of a query with their other forms.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub(super) fn query_words(&self, question: &str) -> tantivy::Result<QueryWords> {
        let text = composed_text(question);
        let all = placed(question);
        let words: Vec<&Placed> = all.iter().filter(|word| !word.is_stop_word).collect();
        if words.is_empty() {
            return Ok(stop_words(&all, &text));
        }
        let mut stems: Vec<&str> = words.iter().map(|word| word.stem.as_str()).collect();
        stems.sort_unstable();
        stems.dedup();
        let different = stems.len();
        let read = |(word, count): (&Placed, usize)| QueryWord::new(word, &text[word.from..word.to], count);
        if different > MOST_WORDS || words.len() > MOST_WITH_FORMS {
            let words = self.most_telling(&words, &stems)?.into_iter().map(read).collect();
            let looked_up = different.min(MOST_WORDS);
            return Ok(QueryWords { words, different, looked_up, abbreviations: Vec::new() });
        }
        let mut read: Vec<QueryWord> = words.iter().map(|word| read((word, 1))).collect();
        for (place, word) in words.iter().enumerate() {
            if is_half_pair(&word.whole) {
                read[place].stems.extend(self.pairs_with(&word.whole)?);
            }
            if let Some(next) = words.get(place + 1).filter(|next| follows(word, next, &text)) {
                let joined = stem_of(&format!("{}{}", word.whole, next.whole));
                if self.min_document_frequency(&joined)? > 0 {
                    read[place].stems.push(joined.clone());
                    read[place + 1].stems.push(joined);
                }
            }
            read[place].phrases.extend(self.splits_of(&word.whole)?);
        }
        let mut abbreviations: Vec<Abbreviation> = Vec::new();
        for (first, count, key, short) in self.long_forms(&words)? {
            for word in &mut read[first..first + count] {
                word.stems.push(key.clone());
            }
            let long = text[words[first].from..words[first + count - 1].to].to_owned();
            abbreviations.push(Abbreviation { short, long });
        }
        let may_be_short = |word: &Placed| is_written_short(&text, word);
        for (word, read) in words.iter().zip(&mut read).filter(|(word, _)| may_be_short(word)) {
            for (long, short) in self.cache.long_forms.get(&word.stem, || self.long_forms_of(word))? {
                read.phrases.push(long.split(' ').map(str::to_owned).collect());
                abbreviations.push(Abbreviation { short, long });
            }
        }
        let mut told = HashSet::new();
        abbreviations.retain(|Abbreviation { short, long }| told.insert((short.to_lowercase(), long.to_lowercase())));
        for QueryWord { stems, .. } in &mut read {
            // The word itself stays the first.
            let mut seen = HashSet::new();
            stems.retain(|stem| seen.insert(stem.clone()));
        }
        Ok(QueryWords { words: QueryWord::merged(read), different, looked_up: different, abbreviations })
    }

    /// The words with the largest product of frequency in the query and rarity, one for each stem, in their order, each with
    /// its frequency in the query.
    fn most_telling<'w>(&self, words: &[&'w Placed], stems: &[&str]) -> tantivy::Result<Vec<(&'w Placed, usize)>> {
        // The first word of each stem, and how often it occurs.
        let mut of_stems: HashMap<&str, (&Placed, usize)> = HashMap::with_capacity(stems.len());
        for word in words {
            of_stems.entry(&word.stem).or_insert((word, 0)).1 += 1;
        }
        let mut weighed = Vec::with_capacity(stems.len());
        for stem in stems {
            let documents = self.min_document_frequency(stem)?;
            let Some((word, count)) = of_stems.get(stem).filter(|_| documents > 0) else { continue };
            let count = *count;
            #[allow(clippy::cast_precision_loss)] // words of a text
            let weight = (1.0 + (count as f32).ln()) * rarity(self.papers, documents);
            weighed.push((weight, *word, count));
        }
        weighed.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.position.cmp(&b.1.position)));
        weighed.truncate(MOST_WORDS);
        let mut words: Vec<(&Placed, usize)> = weighed.into_iter().map(|(_, word, count)| (word, count)).collect();
        words.sort_by_key(|(word, _)| word.position);
        Ok(words)
    }

    /// The pairs of characters of titles and abstracts that begin with this one.
    fn pairs_with(&self, character: &str) -> tantivy::Result<Vec<String>> {
        let mut pairs = Vec::new();
        for field in [self.fields.title, self.fields.abstract_text] {
            self.for_each_term_in(field, character, |pair, _| {
                if pairs.len() < MOST_PAIRS {
                    pairs.push(pair.to_owned());
                }
            })?;
        }
        Ok(pairs)
    }

    /// The pairs of words that papers write for this one.
    pub(super) fn splits_of(&self, whole: &str) -> tantivy::Result<Vec<Vec<String>>> {
        self.cache.splits.get(whole, || self.splits(whole))
    }

    fn splits(&self, whole: &str) -> tantivy::Result<Vec<Vec<String>>> {
        let mut splits = Vec::new();
        if whole.len() < SHORTEST_SPLIT || !whole.is_ascii() {
            return Ok(splits);
        }
        let joined = self.min_document_frequency(&stem_of(whole))?;
        if joined > FREQUENT && joined * FREQUENT_SHARE > self.papers {
            return Ok(splits);
        }
        for place in 1..whole.len() {
            let (one, other) = whole.split_at(place);
            if is_stop_word(one) || is_stop_word(other) || other.len() < 2 && !other.bytes().all(|c| c.is_ascii_digit())
            {
                continue;
            }
            // Most words have no other word at their beginning.
            let first = self.min_frequency_of(one)?;
            let rarer = if first == 0 { 0 } else { first.min(self.min_frequency_of(other)?) };
            if rarer == 0 || rarer * RARE_PART < joined || rarer > MOST_PARTS {
                continue;
            }
            let pair = vec![one.to_owned(), other.to_owned()];
            if self.has_phrase(&pair)? {
                splits.push(pair);
            }
        }
        Ok(splits)
    }

    /// Where a query has long forms of abbreviations: the number of the first word, the number of words, the stem of the short
    /// form, and the short form itself. `words` has no stop words.
    fn long_forms(&self, words: &[&Placed]) -> tantivy::Result<Vec<(usize, usize, String, String)>> {
        let mut found: Vec<(usize, usize, String, String)> = Vec::new();
        for (first, pair) in words.windows(2).enumerate() {
            let most = LONGEST_FORM.min(words.len() - first);
            let stems: Vec<&str> = words[first..first + most].iter().map(|word| word.stem.as_str()).collect();
            let prefix = format!("{BY_LONG}{} {}", pair[0].stem, pair[1].stem);
            let mut here: Vec<(usize, String, String, usize)> = Vec::new();
            self.for_each_term(&prefix, |term, documents| {
                let mut parts = term[BY_LONG.len()..].split(END);
                let (Some(long), Some(key), Some(short)) = (parts.next(), parts.next(), parts.next()) else { return };
                let long: Vec<&str> = long.split(' ').collect();
                if stems.starts_with(&long) {
                    match here.iter_mut().find(|(count, other, ..)| *count == long.len() && other == key) {
                        Some((.., sum)) => *sum += documents,
                        None => here.push((long.len(), key.to_owned(), short.to_owned(), documents)),
                    }
                }
            })?;
            for (count, key, short, documents) in here {
                // A short form that mostly has another long form would find other papers.
                let is_main = documents * 2 >= self.definitions_of(&key)?;
                if is_main && self.min_document_frequency(&key)? <= documents * DEFINED {
                    found.push((first, count, key, short));
                }
            }
        }
        Ok(found)
    }

    /// The number of papers that define an abbreviation, in any long form.
    fn definitions_of(&self, stem: &str) -> tantivy::Result<usize> {
        let mut all = 0;
        self.for_each_term(&format!("{BY_SHORT}{stem}{END}"), |_, documents| all += documents)?;
        Ok(all)
    }

    /// The long forms of an abbreviation, each with the short form as written, the most frequent first.
    fn long_forms_of(&self, word: &Placed) -> tantivy::Result<Vec<(String, String)>> {
        let mut found: Vec<(usize, String, String)> = Vec::new();
        self.for_each_term(&format!("{BY_SHORT}{}{END}", word.stem), |term, documents| {
            let mut parts = term.split(END).skip(1);
            let (Some(long), Some(short)) = (parts.next(), parts.next()) else { return };
            match found.iter_mut().find(|(_, other, _)| other == long) {
                Some((sum, ..)) => *sum += documents,
                None => found.push((documents, long.to_owned(), short.to_owned())),
            }
        })?;
        let all: usize = found.iter().map(|(documents, ..)| documents).sum();
        if all == 0 || self.min_document_frequency(&word.stem)? > all * DEFINED {
            return Ok(Vec::new());
        }
        found.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        // A long form that few papers use is another abbreviation, or a mistake.
        found.retain(|(documents, ..)| documents * 5 >= all);
        found.truncate(MOST_LONG_FORMS);
        Ok(found.into_iter().map(|(_, long, short)| (long, short)).collect())
    }

    /// Visits the entries of the index that begin with `prefix`.
    pub(super) fn for_each_term(&self, prefix: &str, visit: impl FnMut(&str, usize)) -> tantivy::Result<()> {
        self.for_each_term_in(self.fields.entries, prefix, visit)
    }

    /// Visits the terms of a field that begin with `prefix`, each with the number of its papers in a part of the index.
    fn for_each_term_in(&self, field: Field, prefix: &str, mut visit: impl FnMut(&str, usize)) -> tantivy::Result<()> {
        for part in &self.parts {
            part.part.for_each_term(field, prefix, &mut visit)?;
        }
        Ok(())
    }

    /// A lower bound on the number of papers with a whole word in title or abstract.
    pub(super) fn min_frequency_of(&self, whole: &str) -> tantivy::Result<usize> {
        self.min_frequency_in(&[self.fields.exact_title, self.fields.exact_abstract], whole)
    }
}

/// Whether a word of a query may be an abbreviation: it has several capital letters or digits, or it has none and more than two
/// letters and is no part of a compound such as `e-mail`.
fn is_written_short(text: &str, word: &Placed) -> bool {
    let written = &text[word.from..word.to];
    let capitals = written.chars().filter(|c| c.is_uppercase() || c.is_ascii_digit()).count();
    let is_hyphen = |c: char| matches!(c, '-' | '‐' | '‑');
    let is_part = text[..word.from].ends_with(is_hyphen) || text[word.to..].starts_with(is_hyphen);
    capitals > 1 || (capitals == 0 && !is_part && written.chars().nth(2).is_some())
}

/// A query of stop words alone: each of them, and all together as a phrase.
fn stop_words(all: &[Placed], text: &str) -> QueryWords {
    let word = |word: &Placed| QueryWord {
        shown: text[word.from..word.to].to_owned(),
        phrases: vec![vec![word.whole.clone()]],
        count: 1,
        ..QueryWord::default()
    };
    let mut words = QueryWord::merged(all.iter().map(word).collect());
    let different = words.len();
    words.truncate(MOST_WORDS);
    if let [first, .., last] = all
        && all.len() <= LONGEST_PHRASE
    {
        let phrase = all.iter().map(|word| word.whole.clone()).collect();
        let shown = text[first.from..last.to].to_owned();
        words.push(QueryWord { shown, phrases: vec![phrase], count: 1, ..QueryWord::default() });
    }
    QueryWords { words, different, looked_up: different.min(MOST_WORDS), abbreviations: Vec::new() }
}

/// Whether a word follows another without a stop word or punctuation between them, except a hyphen, an apostrophe, or the sign of
/// an exponent.
fn follows(word: &Placed, next: &Placed, text: &str) -> bool {
    // Pairs of characters overlap.
    let Some(between) = text.get(word.to..next.from) else { return false };
    next.position == word.position + 1
        && between.chars().all(|c| c.is_whitespace() || matches!(c, '-' | '‐' | '‑' | '–' | '\'' | '’' | '^'))
}
