//! Splits a text into words, each in lower case and without accents.
//!
//! A word is a run of letters, digits and combining marks. Texts in scripts that put no spaces between words are split into
//! overlapping pairs of characters (bigrams). Some names with symbols are words too: `C++`, `C#`, `A*`, `.NET`.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::letters::without_accents;

/// Maximum length of a word in characters. Longer runs are dropped; most are encoded data.
const LONGEST: usize = 40;

/// A word of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token<'t> {
    /// In lower case, without accents.
    pub text: &'t str,
    /// The number of words before it.
    pub position: usize,
    /// Where it is in the composed text, in bytes.
    pub from: usize,
    pub to: usize,
}

/// What a character belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A word with spaces around it.
    Word,
    /// A text without spaces between words.
    Unspaced,
    Separator,
}

/// Composes letters with their combining accents (NFKC), since accents are removed from composed letters only. It also makes
/// digits of superscripts and subscripts.
pub(super) fn composed(text: &str) -> Cow<'_, str> {
    // Soft hyphens and zero-width spaces are not seen.
    let is_seen = |c: &char| !matches!(c, '\u{ad}' | '\u{200b}' | '\u{2060}' | '\u{feff}');
    // NFKC leaves ASCII unchanged, and most texts are ASCII.
    if text.is_ascii() { text.into() } else { text.nfkc().filter(is_seen).collect() }
}

/// Visits the words of a composed text in order.
pub(super) fn split(text: &str, visit: impl FnMut(Token<'_>)) {
    Splitter { text, position: 0, folded: String::new(), visit }.run();
}

struct Splitter<'t, V> {
    text: &'t str,
    position: usize,
    /// The word that is visited.
    folded: String,
    visit: V,
}

impl<V: FnMut(Token<'_>)> Splitter<'_, V> {
    fn run(&mut self) {
        let text = self.text;
        let (mut run, mut from) = (Kind::Separator, 0);
        // Characters before this one belong to a word that has been visited.
        let mut done = 0;
        for (place, c) in text.char_indices() {
            let kind = match kind(c) {
                _ if place < done => Kind::Separator,
                None => run,
                Some(kind) => kind,
            };
            if kind != run {
                done = done.max(self.end(run, from, place));
                (run, from) = (if place < done { Kind::Separator } else { kind }, place);
            }
        }
        self.end(run, from, text.len());
    }

    /// Visits the words of a run, and returns where the text goes on.
    fn end(&mut self, run: Kind, from: usize, to: usize) -> usize {
        match run {
            Kind::Separator => to,
            Kind::Unspaced => self.bigrams(from, to),
            Kind::Word => self.word(from, to),
        }
    }

    fn word(&mut self, from: usize, to: usize) -> usize {
        let (word, rest) = (&self.text[from..to], &self.text[to..]);
        if let Some(symbol) = symbol(word, rest) {
            self.emit(from, to + symbol.len());
            return to + symbol.len();
        }
        if word.eq_ignore_ascii_case("net") && is_dotted(&self.text[..from]) {
            self.emit(from - 1, to);
            return to;
        }
        if word.is_ascii() {
            self.emit(from, to);
        } else {
            self.parts(from, to);
        }
        // The `s` of a genitive is not a word.
        let genitive = ["'s", "’s", "'S", "’S"].into_iter().find(|ending| rest.starts_with(ending));
        match genitive.filter(|ending| !rest[ending.len()..].starts_with(char::is_alphanumeric)) {
            Some(ending) => to + ending.len(),
            None => to,
        }
    }

    /// Visits the parts of a word that has Greek letters among others, as `TNFα`: each Greek letter is a word of its own.
    fn parts(&mut self, from: usize, to: usize) {
        let word = &self.text[from..to];
        let all_greek = word.chars().all(|c| is_greek(c) || is_combining_mark(c));
        if (all_greek && word.chars().count() > 1) || is_unit(word) {
            return self.emit(from, to);
        }
        let mut start = from;
        for (place, c) in word.char_indices().filter(|(_, c)| is_greek(*c)) {
            let place = from + place;
            if start < place {
                self.emit(start, place);
            }
            start = place + c.len_utf8();
            self.emit(place, start);
        }
        if start < to {
            self.emit(start, to);
        }
    }

    /// Visits overlapping pairs of characters, each with its combining marks; a single character alone.
    fn bigrams(&mut self, from: usize, to: usize) -> usize {
        let chars = self.text[from..to].char_indices();
        let mut places: Vec<usize> =
            chars.filter(|(_, c)| !is_combining_mark(*c)).map(|(place, _)| from + place).collect();
        places.push(to);
        match places.as_slice() {
            [_, _] => self.emit(from, to),
            places => places.windows(3).for_each(|pair| self.emit(pair[0], pair[2])),
        }
        to
    }

    fn emit(&mut self, from: usize, to: usize) {
        let text = &self.text[from..to];
        let position = self.position;
        self.position += 1;
        if text.len() <= LONGEST || text.chars().count() <= LONGEST {
            self.folded.clear();
            fold_into(&mut self.folded, text);
            (self.visit)(Token { text: &self.folded, position, from, to });
        }
    }
}

/// What a character belongs to; `None` for a combining mark, which belongs to the character before it.
fn kind(c: char) -> Option<Kind> {
    if c.is_ascii() {
        return Some(if c.is_ascii_alphanumeric() { Kind::Word } else { Kind::Separator });
    }
    if is_combining_mark(c) {
        None
    } else if is_unspaced(c) {
        Some(Kind::Unspaced)
    } else if c.is_alphanumeric() {
        Some(Kind::Word)
    } else {
        Some(Kind::Separator)
    }
}

/// Whether a character is of a script without spaces between words, or of Korean, whose words have endings that are written
/// together with them: Thai, Lao, Myanmar, Khmer, Chinese, Japanese, Korean.
pub(super) fn is_unspaced(c: char) -> bool {
    matches!(c,
        '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}'
        | '\u{3005}'..='\u{3007}' | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
        | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3134f}')
        && c.is_alphanumeric()
}

fn is_greek(c: char) -> bool {
    matches!(c, '\u{370}'..='\u{3ff}') && c.is_alphabetic()
}

/// The symbol that belongs to a word before it: the `++` of `C++`, the `#` of `C#`, the `*` of `A*`.
fn symbol(word: &str, rest: &str) -> Option<&'static str> {
    let ends = |rest: &str| !rest.starts_with(|c: char| c.is_alphanumeric());
    let is_letter = word.len() == 1 && word.as_bytes()[0].is_ascii_alphabetic();
    if let Some(after) = rest.strip_prefix("++")
        && word.bytes().all(|byte| byte.is_ascii_alphabetic())
        && !after.starts_with('+')
    {
        Some("++")
    } else if is_letter && rest.strip_prefix('#').is_some_and(ends) {
        Some("#")
    } else if is_letter && word.as_bytes()[0].is_ascii_uppercase() && rest.strip_prefix('*').is_some_and(ends) {
        Some("*")
    } else {
        None
    }
}

/// Whether a text ends with a dot that begins a word.
fn is_dotted(before: &str) -> bool {
    before.strip_suffix('.').is_some_and(|before| !before.ends_with(|c: char| c.is_alphanumeric() || c == '.'))
}

/// Whether a word is a unit such as `μm`.
fn is_unit(word: &str) -> bool {
    let mut letters = word.chars();
    letters.next() == Some('μ') && matches!(letters.next(), Some('a'..='z' | 'A'..='Z')) && word.chars().count() <= 4
}

/// Appends a word in lower case and without accents; a Greek letter by its name.
fn fold_into(text: &mut String, word: &str) {
    if word.is_ascii() {
        text.push_str(word);
        return text.make_ascii_lowercase();
    }
    let lower = word.to_lowercase();
    match greek_letter(&lower) {
        Some(name) => text.push_str(name),
        None => text.push_str(&without_accents(&lower)),
    }
}

/// The name of a lower-case Greek letter.
fn greek_letter(word: &str) -> Option<&'static str> {
    const NAMES: [&str; 25] = [
        "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu", "nu",
        "xi", "omicron", "pi", "rho", "sigma", "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega",
    ];
    let mut letters = word.chars();
    let letter = letters.next().filter(|_| letters.next().is_none())?;
    let place = u32::from(letter).checked_sub(u32::from('α'))?;
    NAMES.get(usize::try_from(place).ok()?).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        let mut words = Vec::new();
        split(&composed(text), |token| words.push(token.text.to_owned()));
        words
    }

    #[test]
    fn names_with_symbols_are_words() {
        assert_eq!(words("C, C++, C# and g++ (C++17)"), ["c", "c++", "c#", "and", "g++", "c++", "17"]);
        assert_eq!(words("A* search; p*q, F1, GPT-4."), ["a*", "search", "p", "q", "f1", "gpt", "4"]);
        assert_eq!(
            words(".NET and ASP.NET on example.net. .Then"),
            [".net", "and", "asp", "net", "on", "example", "net", "then"]
        );
        assert_eq!(words("x² and H₂O, Na+"), ["x2", "and", "h2o", "na"]);
    }

    #[test]
    fn genitives_lose_their_ending() {
        assert_eq!(words("Alzheimer's and Bayes' rule, don't"), ["alzheimer", "and", "bayes", "rule", "don", "t"]);
        assert_eq!(words("Parkinson’s 's"), ["parkinson", "s"]);
    }

    #[test]
    fn greek_letters_are_named() {
        assert_eq!(
            words("α-synuclein, TNFα, NF-κB, β"),
            ["alpha", "synuclein", "tnf", "alpha", "nf", "kappa", "b", "beta"]
        );
        assert_eq!(words("5 μm, Θ(n), λόγος"), ["5", "μm", "theta", "n", "λόγος"]);
    }

    #[test]
    fn texts_without_spaces_are_split_into_pairs() {
        assert_eq!(words("图神经网络 GNN"), ["图神", "神经", "经网", "网络", "gnn"]);
        assert_eq!(words("深さ3の木"), ["深さ", "3", "の木"]);
        assert_eq!(words("딥러닝을 論"), ["딥러", "러닝", "닝을", "論"]);
        assert_eq!(words("ที่นี่"), ["ที่นี่"]);
    }

    #[test]
    fn marks_stay_in_their_word() {
        assert_eq!(words("हिन्दी भाषा"), ["हिन्दी", "भाषा"]);
        assert_eq!(words("مُحَمَّد"), ["محمد"]);
        assert_eq!(words("Go\u{308}del Ünïted"), ["godel", "united"]);
        assert_eq!(words("\u{301}"), Vec::<String>::new());
    }

    #[test]
    fn letters_of_persian_and_arabic_keyboards_are_one() {
        assert_eq!(words("یادگیری شبکه"), words("يادگيري شبكه"));
        assert_eq!(words("الإنسان المدرسة"), words("الانسان المدرسه"));
        assert_eq!(words("تعلّـــم ٢٠٢٣ ۲۰۲۳"), ["تعلم", "2023", "2023"]);
    }

    #[test]
    fn tokens_know_where_they_are() {
        let mut tokens = Vec::new();
        split("a .NET b", |token| tokens.push((token.position, token.from, token.to)));
        assert_eq!(tokens, [(0, 0, 1), (1, 2, 6), (2, 7, 8)]);
        let long = "x".repeat(LONGEST + 1);
        let mut tokens = Vec::new();
        split(&format!("{long} y"), |token| tokens.push((token.position, token.text.to_owned())));
        assert_eq!(tokens, [(1, "y".to_owned())]);
    }
}
