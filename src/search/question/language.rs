//! Is a query in a language that the model does not know?
//!
//! A model of the Latin script is taken for an English one, unless it knows other scripts as well. Short queries in English
//! often have the trigrams of other languages; so a query is in another language only if it has more than twice as many of
//! its function words as of English ones.

use whatlang::{Detector, Lang, Script};

use super::{Foreign, beginning};
use crate::embed::Embedder;
use crate::error::Result;
use crate::full_text::{composed_text, placed};

/// Frequent function words, without accents. Those that are also frequent names are left out. English ones include `novo`,
/// of `de novo`.
const FUNCTION_WORDS: [(Lang, &[&str]); 9] = [
    (
        Lang::Eng,
        &[
            "an", "and", "are", "as", "at", "between", "by", "can", "does", "for", "from", "how", "is", "its", "not",
            "novo", "of", "on", "or", "that", "the", "this", "to", "using", "via", "what", "which", "with",
        ],
    ),
    (
        Lang::Deu,
        &[
            "auf", "bei", "das", "dem", "den", "der", "des", "die", "durch", "ein", "eine", "fur", "im", "ist", "mit",
            "nicht", "oder", "sind", "uber", "und", "von", "was", "welche", "werden", "wie", "wird", "zum", "zur",
        ],
    ),
    (
        Lang::Fra,
        &[
            "au", "aux", "avec", "comment", "dans", "des", "du", "en", "est", "et", "la", "le", "les", "par", "pour",
            "quelles", "quels", "que", "qui", "sont", "sur", "un", "une",
        ],
    ),
    (
        Lang::Spa,
        &[
            "como", "con", "cuales", "de", "del", "el", "en", "es", "la", "las", "los", "para", "por", "que", "se",
            "son", "un", "una", "y",
        ],
    ),
    (
        Lang::Ita,
        &[
            "che", "come", "con", "dei", "del", "della", "delle", "di", "e", "gli", "il", "la", "le", "lo", "nel",
            "per", "quali", "sono", "sulla", "un", "una",
        ],
    ),
    (
        Lang::Por,
        &[
            "as", "com", "como", "da", "das", "de", "do", "dos", "e", "em", "na", "no", "os", "para", "por", "quais",
            "que", "sao", "um", "uma",
        ],
    ),
    (
        Lang::Nld,
        &["bij", "de", "een", "en", "het", "hoe", "met", "niet", "op", "voor", "wat", "welke", "worden", "zijn"],
    ),
    (Lang::Pol, &["dla", "do", "i", "jak", "jest", "na", "nie", "oraz", "sie", "w", "z"]),
    (Lang::Tur, &["bir", "bu", "icin", "ile", "nasil", "olan", "ve"]),
];

/// A shorter query in the Greek or Cyrillic script may be a sign of a formula.
const SHORTEST: usize = 4;
/// A query with fewer other words may be a name, such as `de la Cruz`.
const FEWEST_WORDS: usize = 2;

/// Number of characters that are looked at.
const LONGEST: usize = 300;

/// The language of a query, if the model does not know it.
///
/// # Errors
/// When the model cannot be loaded.
pub(in crate::search) fn foreign(embedder: &Embedder, query: &str) -> Result<Option<Foreign>> {
    // Full-width letters are those of their script.
    let query = &*composed_text(query);
    let Some(script) = whatlang::detect_script(query) else { return Ok(None) };
    let language = match script {
        Script::Latin => with_latin_letters(query),
        // A letter such as `Ω` is a sign.
        Script::Greek | Script::Cyrillic if query.chars().filter(|c| c.is_alphabetic()).count() < SHORTEST => None,
        _ => Some(name(query, script)),
    };
    let Some(language) = language else { return Ok(None) };
    let scripts = embedder.scripts()?;
    let is_known = if script == Script::Latin { scripts.are_of_many_languages() } else { scripts.has(script) };
    Ok((!is_known).then(|| Foreign { language, model: embedder.fingerprint().model.clone() }))
}

/// The language of a query with Latin letters, if it is not English.
fn with_latin_letters(query: &str) -> Option<String> {
    // The beginning of a long text tells its language.
    let words = placed(beginning(query, LONGEST));
    let count = |language: Lang| {
        let known = FUNCTION_WORDS.iter().find(|(of, _)| *of == language).map_or(&[][..], |(_, words)| words);
        words.iter().filter(|word| known.contains(&word.whole.as_str())).count()
    };
    // One function word may be something else, as in `et al` or `I/O`, unless it is longer, or the query is.
    let all = FUNCTION_WORDS.iter().flat_map(|(_, words)| *words);
    let all: Vec<&str> =
        words.iter().map(|word| word.whole.as_str()).filter(|word| all.clone().any(|of| of == word)).collect();
    let others = words.len() - all.len();
    let is_long = all.iter().any(|word| word.len() > 2) && others > FEWEST_WORDS;
    let is_clear = all.len() > 1 || is_long || others > 2 * FEWEST_WORDS;
    if !is_clear || others < FEWEST_WORDS {
        return None;
    }
    let english = count(Lang::Eng);
    // Most queries are in English, and need no more than this.
    if FUNCTION_WORDS.iter().all(|(language, _)| count(*language) <= 2 * english) {
        return None;
    }
    let languages = FUNCTION_WORDS.iter().map(|(language, _)| *language).collect();
    let language = Detector::with_allowlist(languages).detect_lang(query)?;
    (language != Lang::Eng && count(language) > 2 * english).then(|| language.eng_name().to_owned())
}

/// The name of the language, or that of the script if several languages are written with it.
fn name(query: &str, script: Script) -> String {
    match script {
        _ if query.contains(|c| matches!(c, '\u{3040}'..='\u{30ff}')) => "Japanese".to_owned(),
        Script::Mandarin => "Chinese".to_owned(),
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

    #[test]
    fn languages_with_latin_letters_are_told_from_english() {
        for (query, language) in [
            ("welche neuronalen Netze lernen am besten die Übersetzung von Texten", "German"),
            ("wie vergessen neuronale Netze", "German"),
            ("comment les réseaux de neurones apprennent-ils?", "French"),
            ("redes neuronales para traducción automática", "Spanish"),
            ("reti neurali e memoria a lungo termine", "Italian"),
        ] {
            assert_eq!(with_latin_letters(query).as_deref(), Some(language), "{query}");
        }
        for query in [
            "how do neural networks forget?",
            "graph neural networks",
            "Interferon stimulated genes (ISGs) Irf1, Irg1, Ifi27, and Rsad2 inhibit West Nile virus replication",
            "Bone marrow cells don't contribute to adult macrophage compartments.",
            "Context-aware recommendations from implicit data via scalable tensor factorization",
            "de novo assembly",
            "in vitro",
            "La Niña and El Niño events",
            "e-mail",
            "I/O",
            "E=mc²",
            "Jian-Yun Nie",
            "Do Deep Nets Really Need to be Deep?",
            "Vaswani et al",
            "de la Cruz",
        ] {
            assert_eq!(with_latin_letters(query), None, "{query}");
        }
    }

    #[test]
    fn scripts_are_named_by_their_language() {
        for (query, language) in [
            ("图神经网络", "Chinese"),
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
