//! Is a query in a language that the model does not know?
//!
//! A model of the Latin script is taken for an English one, unless it knows other scripts as well. A query with Latin letters is
//! in English unless it has words of another language (`function_words`): one term of science, or two function words, endings or
//! letters; one of these is enough if the model knows no word of the query. It stays English if it has half as many English
//! function words as others, or if the model knows more of its other words than are listed. So a short query of nouns that are
//! not listed gets no note.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use whatlang::{Detector, Lang, Script};

use super::function_words::{ENGLISH, OF_NAMES, WORDS};
use super::{Foreign, beginning};
use crate::embed::Embedder;
use crate::error::Result;
use crate::full_text::{composed_text, placed};

/// A shorter query in the Greek or Cyrillic script may be a sign of a formula.
const SHORTEST: usize = 4;
/// A query with fewer words beside its function words may be a saying, such as `sur la table`.
const FEWEST_WORDS: usize = 2;
/// A shorter word has its ending by chance.
const SHORTEST_WITH_ENDING: usize = 7;
/// A shorter word that the model knows may be of any language.
const SHORTEST_ENGLISH: usize = 4;

/// Points of a term.
const TERM: usize = 2;
/// Points of a function word, of an ending, and of the letters together.
const HINT: usize = 1;
/// A query needs this many points to be in another language.
const CLEAR: usize = 2;

/// Number of characters that are looked at.
const LONGEST: usize = 300;

/// The name if several languages are equally likely.
const UNCERTAIN: &str = "another language";

/// Points by language, in the order of `WORDS`.
type Points = [usize; WORDS.len()];

/// The points of each word of `WORDS`.
static LISTED: LazyLock<HashMap<&str, Points>> = LazyLock::new(|| {
    let mut listed: HashMap<&str, Points> = HashMap::new();
    for (number, words) in WORDS.iter().enumerate() {
        for (list, points) in [(words.function, HINT), (words.terms, TERM)] {
            for word in list.split_whitespace() {
                listed.entry(word).or_default()[number] = points;
            }
        }
    }
    listed
});
static ENGLISH_WORDS: LazyLock<HashSet<&str>> = LazyLock::new(|| ENGLISH.split_whitespace().collect());
static NAME_WORDS: LazyLock<HashSet<&str>> = LazyLock::new(|| OF_NAMES.split_whitespace().collect());

/// The language of a query, if the model does not know it.
///
/// # Errors
/// When the model cannot be loaded.
pub(in crate::search) fn foreign(embedder: &Embedder, query: &str) -> Result<Option<Foreign>> {
    // Full-width letters are those of their script.
    let query = &*composed_text(query);
    let Some(script) = whatlang::detect_script(query) else { return Ok(None) };
    let language = match script {
        Script::Latin => with_latin_letters(query, |word| embedder.knows(word)),
        // A letter such as `Ω` is a sign.
        Script::Greek | Script::Cyrillic if query.chars().filter(|c| c.is_alphabetic()).count() < SHORTEST => None,
        _ => Some(name(query, script)),
    };
    let Some(language) = language else { return Ok(None) };
    let scripts = embedder.scripts()?;
    let is_known = if script == Script::Latin { scripts.are_of_many_languages() } else { scripts.has(script) };
    Ok((!is_known).then(|| Foreign { language, model: embedder.fingerprint().model.clone() }))
}

/// The language of a composed query with Latin letters, if it is not English. `knows` tells whether the model knows a
/// word.
fn with_latin_letters(query: &str, knows: impl Fn(&str) -> bool) -> Option<String> {
    // The beginning of a long text is enough.
    let query = beginning(query, LONGEST);
    let words = placed(query);
    let mut points = Points::default();
    // Numbers of words: English function words, other listed ones, other ones that the model knows, and all others.
    let (mut english, mut listed, mut familiar, mut others) = (0, 0, 0, 0);
    // Numbers of terms, of hints that are not part of names, and of unknown words that are no names.
    let (mut terms, mut hints, mut strange) = (0, 0, 0);
    for word in &words {
        let whole = word.whole.as_str();
        // A text that lost a soft hyphen may be composed further, so that the places are others.
        let written = query.get(word.from..word.to).unwrap_or(whole);
        if ENGLISH_WORDS.contains(whole) {
            english += 1;
        }
        // A single letter may be an initial or a variable.
        if whole.len() < 2 {
            continue;
        }
        if let Some(of_word) = listed_word(whole, written) {
            listed += 1;
            let is_term = of_word.contains(&TERM);
            terms += usize::from(is_term);
            let is_of_names = written.is_ascii() && NAME_WORDS.contains(whole);
            hints += usize::from(!is_term && !is_of_names);
            add(&mut points, |number, _| of_word[number]);
        } else if !ENGLISH_WORDS.contains(whole) {
            others += 1;
            if whole.len() >= SHORTEST_ENGLISH && knows(whole) {
                familiar += 1;
            } else if whole.len() > SHORTEST_ENGLISH && written.starts_with(char::is_lowercase) {
                strange += 1;
                if whole.len() >= SHORTEST_WITH_ENDING {
                    let ends = |number: usize| WORDS[number].endings.split_whitespace().any(|end| whole.ends_with(end));
                    hints += usize::from((0..WORDS.len()).any(ends));
                    add(&mut points, |number, _| if ends(number) { HINT } else { 0 });
                }
            }
        }
    }
    // Where no word is English, one function word is enough.
    let is_strange = hints > 0 && english == 0 && familiar == 0 && strange >= FEWEST_WORDS;
    if is_strange {
        add(&mut points, |_, of_words| if of_words > 0 { HINT } else { 0 });
    }
    // Function words between few others may be a name or a saying; terms are neither.
    let is_sentence = hints > FEWEST_WORDS || hints > 0 && others >= FEWEST_WORDS || hints > 1 && others == 0;
    // Most queries are in English, and need no more than this.
    if terms == 0 && !is_sentence && !is_strange || familiar > listed {
        return None;
    }
    add(&mut points, |number, _| if has_letter_of(query, WORDS[number].letters) { HINT } else { 0 });
    let most = points.iter().copied().max().unwrap_or_default();
    (most >= CLEAR && most > 2 * english).then(|| likeliest(query, &points, most))
}

/// Adds points to each language, given its number and the points that it has.
fn add(points: &mut Points, of: impl Fn(usize, usize) -> usize) {
    for (number, points) in points.iter_mut().enumerate() {
        *points += of(number, *points);
    }
}

/// The points of a word that is listed with its accents or without.
fn listed_word(whole: &str, written: &str) -> Option<&'static Points> {
    let with_accents = if written.is_ascii() { None } else { LISTED.get(written.to_lowercase().as_str()) };
    with_accents.or_else(|| LISTED.get(whole))
}

/// Whether a word that is no name, because it begins in lower case, has one of the letters.
fn has_letter_of(query: &str, letters: &str) -> bool {
    let mut words = query.split_whitespace().filter(|word| !word.is_ascii() && word.starts_with(char::is_lowercase));
    words.any(|word| word.contains(|c| letters.contains(c)))
}

/// The name of the language with most points.
fn likeliest(query: &str, points: &Points, most: usize) -> String {
    let likely = WORDS.iter().zip(points).filter(|(_, points)| **points == most);
    let likely: Vec<Lang> = likely.map(|(words, _)| words.language).collect();
    let language = match likely.as_slice() {
        [language] => Some(*language),
        several => {
            let found = Detector::with_allowlist(several.to_vec()).detect(query);
            found.filter(whatlang::Info::is_reliable).map(|found| found.lang())
        }
    };
    let name = |language: Lang| if language == Lang::Nob { "Norwegian" } else { language.eng_name() };
    language.map_or(UNCERTAIN, name).to_owned()
}

/// The name of the language, or that of the script if several languages are written with it.
fn name(query: &str, script: Script) -> String {
    match script {
        _ if query.contains(|c| matches!(c, '\u{3040}'..='\u{30ff}')) => "Japanese".to_owned(),
        // A Japanese term often has Chinese characters only.
        Script::Mandarin => "Chinese or Japanese".to_owned(),
        Script::Hangul => "Korean".to_owned(),
        Script::Thai | Script::Greek | Script::Hebrew | Script::Tamil | Script::Georgian | Script::Armenian => {
            script.name().to_owned()
        }
        _ => match whatlang::detect(query) {
            Some(info) if info.is_reliable() => info.lang().eng_name().to_owned(),
            _ => format!("{} script", script.name()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A few words that a model of English has as tokens.
    fn knows(word: &str) -> bool {
        ["artificial", "dataset", "equation", "graphs", "network", "networks", "neural", "paulo", "protein"]
            .contains(&word)
    }

    fn language(query: &str) -> Option<String> {
        with_latin_letters(&composed_text(query), knows)
    }

    #[test]
    fn languages_with_latin_letters_are_distinguished_from_english() {
        for (query, name) in [
            ("welche neuronalen Netze lernen am besten die Übersetzung von Texten", "German"),
            ("wie vergessen neuronale Netze", "German"),
            ("Wie lernen neuronale Netze", "German"),
            ("neuronale Netze", "German"),
            ("comment les réseaux de neurones apprennent-ils?", "French"),
            ("apprentissage automatique", "French"),
            ("redes neuronales para traducción automática", "Spanish"),
            ("redes neuronales convolucionales", "Spanish"),
            ("seguridad en redes inalámbricas", "Spanish"),
            ("reti neurali e memoria a lungo termine", "Italian"),
            ("reti neurali", "Italian"),
            ("como as redes neurais aprendem", "Portuguese"),
            ("Hoe leren neurale netwerken", "Dutch"),
            ("Yapay sinir ağları nasıl öğrenir", "Turkish"),
            ("derin öğrenme", "Turkish"),
            ("Mạng nơ-ron học như thế nào", "Vietnamese"),
            ("Hogyan tanulnak a neurális hálózatok", "Hungarian"),
            ("Miten neuroverkot oppivat", "Finnish"),
            ("Hvordan lærer nevrale nettverk", "Norwegian"),
            ("Cum învață rețelele neuronale", "Romanian"),
            ("rozpoznawanie mowy", "Polish"),
            ("Jak se učí neuronové sítě", "Czech"),
            ("Kako uče neuronske mreže", "Croatian"),
            ("Bagaimana jaringan saraf belajar", "Indonesian"),
            ("Paano natututo ang mga neural network", "Tagalog"),
            // Croatian and Slovene have the same words for it.
            ("strojno učenje", UNCERTAIN),
        ] {
            assert_eq!(language(query).as_deref(), Some(name), "{query}");
        }
        // No other word is listed.
        assert!(language("jak funguje vyhledávač").is_some());
    }

    #[test]
    fn english_and_names_are_of_no_other_language() {
        for query in [
            "how do neural networks forget?",
            "graph neural networks",
            "reinforcment lerning",
            "tranformer atention",
            "Interferon stimulated genes (ISGs) Irf1, Irg1, Ifi27, and Rsad2 inhibit West Nile virus replication",
            "Bone marrow cells don't contribute to adult macrophage compartments.",
            "Context-aware recommendations from implicit data via scalable tensor factorization",
            "Redes: a dataset of neural networks",
            "de novo assembly",
            "ab initio",
            "in vitro",
            "sur la table",
            "La Niña and El Niño events",
            "e-mail",
            "I/O",
            "E=mc²",
            "Jian-Yun Nie",
            "Do Deep Nets Really Need to be Deep?",
            "Vaswani et al",
            "de la Cruz",
            "Juan de la Cruz Garcia",
            "Universidade de São Paulo",
            "Trần Thị Mai",
            "A. K. M. Sabbir",
            "schrödinger equation",
            "erdős rényi graphs",
            "Poincaré",
        ] {
            assert_eq!(language(query), None, "{query}");
        }
    }

    #[test]
    fn scripts_are_named_by_their_language() {
        for (query, language) in [
            ("图神经网络", "Chinese or Japanese"),
            ("딥러닝", "Korean"),
            ("ニューラルネットワーク", "Japanese"),
            ("深層学習による画像認識", "Japanese"),
            ("โครงข่ายประสาทเทียม", "Thai"),
            ("сети", "Cyrillic script"),
        ] {
            let script = whatlang::detect_script(query).unwrap();
            assert_eq!(name(query, script), language);
        }
    }
}
