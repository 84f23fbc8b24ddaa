//! Reduces a word to its stem: first British spelling becomes American, then the stemmer of the word's script cuts its ending.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::LazyLock;

use frostem::{Algorithm, Stemmer};
use varcon::{Category, Tag, VARCON};

/// Number of words whose stems each thread remembers. Texts repeat their words, and a stem takes longer than a look-up.
const MOST_REMEMBERED: usize = 20_000;

thread_local! {
    static REMEMBERED: RefCell<HashMap<String, String>> = RefCell::default();
}

/// The stem of a lower-case word without accents.
pub(super) fn stem(word: &str) -> String {
    with_stem(word, str::to_owned)
}

/// Uses the stem of a lower-case word without accents. No other stem may be asked for meanwhile.
pub(super) fn with_stem<T>(word: &str, with: impl FnOnce(&str) -> T) -> T {
    REMEMBERED.with_borrow_mut(|remembered| {
        if let Some(stem) = remembered.get(word) {
            return with(stem);
        }
        if remembered.len() >= MOST_REMEMBERED {
            remembered.clear();
        }
        with(remembered.entry(word.to_owned()).or_insert(stemmed(word)))
    })
}

fn stemmed(word: &str) -> String {
    static ENGLISH: LazyLock<Stemmer> = LazyLock::new(|| Stemmer::new(Algorithm::English));
    static RUSSIAN: LazyLock<Stemmer> = LazyLock::new(|| Stemmer::new(Algorithm::Russian));
    static ARABIC: LazyLock<Stemmer> = LazyLock::new(|| Stemmer::new(Algorithm::Arabic));
    static GREEK: LazyLock<Stemmer> = LazyLock::new(|| Stemmer::new(Algorithm::Greek));
    let stemmer = match word.chars().next() {
        Some('\u{400}'..='\u{52f}') => &RUSSIAN,
        Some('\u{600}'..='\u{6ff}') => &ARABIC,
        Some('\u{370}'..='\u{3ff}') => &GREEK,
        _ => &ENGLISH,
    };
    let stem = stemmer.stem(&american(word)).into_owned();
    match stem.strip_suffix('s') {
        Some(singular) if is_abbreviation(singular) => singular.to_owned(),
        _ => stem,
    }
}

/// Whether a word has consonants only, as `cnn`: the stemmer leaves the `s` of its plural.
fn is_abbreviation(word: &str) -> bool {
    word.len() > 2
        && !word.ends_with('s')
        && word.bytes().all(|byte| byte.is_ascii_lowercase() && !b"aeiouy".contains(&byte))
}

/// Endings of technical words that no dictionary has, after `is` or `iz`: that of `tokenisation` is `ation`.
const ENDINGS: [&str; 6] = ["ation", "ations", "ing", "ed", "es", "e"];
/// The ends of their roots. Roots with other ends have forms without a `z`, such as `supervise` and `supervision`.
const ROOTS: [&str; 12] = ["al", "an", "ar", "en", "er", "ic", "il", "im", "in", "ol", "on", "or"];

/// American spellings by British ones.
static AMERICAN: LazyLock<HashMap<&str, &str>> = LazyLock::new(|| {
    let entries = VARCON.iter().flat_map(|cluster| cluster.entries);
    let mut spellings = HashMap::new();
    for entry in entries {
        let spelling = |of: Category| {
            let usual = |tag: Option<Tag>| matches!(tag, None | Some(Tag::Eq));
            move |variant: &&varcon::Variant| variant.types.iter().any(|kind| kind.category == of && usual(kind.tag))
        };
        let Some(american) = entry.variants.iter().find(spelling(Category::American)) else { continue };
        let british = [Category::BritishIse, Category::BritishIze].into_iter();
        for variant in british.flat_map(|of| entry.variants.iter().filter(spelling(of))) {
            if variant.word != american.word && variant.word.is_ascii() {
                spellings.entry(variant.word).or_insert(american.word);
            }
        }
    }
    // A word that is American itself stays as it is.
    let own: Vec<&str> = spellings.values().copied().collect();
    for word in own {
        spellings.remove(word);
    }
    spellings
});

/// The American spelling of a word.
fn american(word: &str) -> Cow<'_, str> {
    if !word.is_ascii() || word.len() < 4 {
        return word.into();
    }
    if let Some(american) = AMERICAN.get(word) {
        return (*american).into();
    }
    match technical(word, 's') {
        Some((root, ending)) => format!("{root}iz{ending}").into(),
        None => word.into(),
    }
}

/// A word and its other spelling, British or American.
pub(in crate::full_text) fn spellings(word: &str) -> Vec<String> {
    /// British spellings by American ones.
    static BRITISH: LazyLock<HashMap<&str, Vec<&str>>> = LazyLock::new(|| {
        let mut british: HashMap<&str, Vec<&str>> = HashMap::new();
        for (from, to) in AMERICAN.iter() {
            british.entry(to).or_default().push(from);
        }
        // Of many forms of a phrase, the same are looked up every time.
        for spellings in british.values_mut() {
            spellings.sort_unstable();
        }
        british
    });
    let american = american(word);
    let mut spellings = vec![word.to_owned()];
    if american != word {
        spellings.push(american.clone().into_owned());
    }
    let british: Vec<String> = match BRITISH.get(&*american) {
        Some(british) => british.iter().map(|word| (*word).to_owned()).collect(),
        None => technical(&american, 'z').map(|(root, ending)| format!("{root}is{ending}")).into_iter().collect(),
    };
    spellings.extend(british.into_iter().filter(|british| british != word));
    spellings
}

/// The root and the ending of a technical word that no dictionary has, such as `tokenisation`, if it is written with this letter.
fn technical(word: &str, letter: char) -> Option<(&str, &'static str)> {
    let stripped = |ending: &'static str| {
        let root = word.strip_suffix(ending)?.strip_suffix(letter)?.strip_suffix('i')?;
        Some((root, ending))
    };
    let (root, ending) = ENDINGS.into_iter().find_map(stripped)?;
    let is_root = word.is_ascii() && root.len() > 3 && ROOTS.iter().any(|end| root.ends_with(end));
    is_root.then_some((root, ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn british_and_american_spelling_have_one_stem() {
        for (british, american) in [
            ("colour", "color"),
            ("behavioural", "behavioral"),
            ("tumours", "tumors"),
            ("haemoglobin", "hemoglobin"),
            ("oestrogen", "estrogen"),
            ("modelling", "modeling"),
            ("labelled", "labeled"),
            ("fibres", "fibers"),
            ("optimisation", "optimization"),
            ("tokenisation", "tokenization"),
            ("hyperpolarised", "hyperpolarized"),
            ("analysed", "analyzed"),
            ("catalogue", "catalog"),
            ("defence", "defense"),
            ("sulphate", "sulfate"),
            ("paediatric", "pediatric"),
            ("programmes", "programs"),
        ] {
            assert_eq!(stem(british), stem(american), "{british}");
        }
        for word in ["four", "hour", "source", "noise", "otherwise", "supervised", "precise", "does", "exercise"] {
            assert_eq!(american(word), word);
        }
    }

    #[test]
    fn words_are_stemmed_by_their_script() {
        assert_eq!(stem("сетей"), stem("сети"));
        assert_eq!(stem("الكتاب"), stem("كتاب"));
        assert_eq!(stem("networks"), "network");
        assert_eq!(["cnns", "llms", "cnn", "dns", "mass"].map(stem), ["cnn", "llm", "cnn", "dns", "mass"]);
        assert_eq!(stem("gpt"), "gpt");
    }
}
