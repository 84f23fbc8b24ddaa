//! Citation keys such as `smith2017attention`: the first author, the year, and the first significant word of the title.

use std::collections::HashMap;

use super::authors::names;
use crate::paper::Paper;
use crate::store::folded;

/// Words that are skipped at the beginning of a title.
const EMPTY_WORDS: [&str; 36] = [
    "a", "about", "all", "an", "and", "are", "as", "at", "by", "can", "do", "does", "for", "from", "how", "in", "is",
    "it", "its", "of", "on", "or", "our", "some", "the", "to", "toward", "towards", "using", "via", "we", "what",
    "when", "why", "with", "you",
];

/// Generates citation keys without duplicates.
///
/// Papers with the same key get `-a`, `-b`, … from the second one on. No other key contains a hyphen, so the first
/// paper's key never changes.
#[derive(Debug, Default)]
pub struct Keys {
    /// How often each key was requested.
    wanted: HashMap<String, usize>,
}

impl Keys {
    /// The key of the next paper: ASCII letters and digits, and at most one hyphen.
    pub fn next(&mut self, paper: &Paper) -> String {
        let key = key(paper);
        let count = self.wanted.entry(key.clone()).or_default();
        *count += 1;
        match *count {
            1 => key,
            count => format!("{key}-{}", letters(count - 1)),
        }
    }
}

/// The key of a paper, ignoring duplicates.
fn key(paper: &Paper) -> String {
    let author = names(paper).first().map(|name| plain(name.short())).unwrap_or_default();
    let year = paper.published.map(|date| date.year().to_string()).unwrap_or_default();
    let title = folded(&paper.title);
    let mut words = title.split(|c: char| !c.is_alphanumeric()).map(plain).filter(|word| !word.is_empty());
    let first = words.clone().next().unwrap_or_default();
    let word = words.find(|word| !EMPTY_WORDS.contains(&word.as_str())).unwrap_or(first);
    if author.is_empty() && word.is_empty() {
        // Neither the author nor the title has Latin letters.
        return format!("paper{}", plain(paper.id.as_str()));
    }
    format!("{author}{year}{word}")
}

/// The ASCII letters and digits of a text without accents, in lower case; at most 40.
fn plain(text: &str) -> String {
    folded(text).chars().filter(char::is_ascii_alphanumeric).take(40).collect()
}

/// Formats 1, 2, … as a, b, …, z, aa, ab, …
fn letters(mut number: usize) -> String {
    let mut letters = Vec::new();
    while number > 0 {
        number -= 1;
        letters.push(b"abcdefghijklmnopqrstuvwxyz"[number % 26]);
        number /= 26;
    }
    letters.iter().rev().map(|letter| char::from(*letter)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paper::{PaperId, PublicationDate};

    #[test]
    fn letters_continue_with_aa_after_z() {
        for (number, wanted) in [(1, "a"), (26, "z"), (27, "aa"), (52, "az"), (53, "ba"), (702, "zz"), (703, "aaa")] {
            assert_eq!(letters(number), wanted);
        }
    }

    #[test]
    fn keys_are_readable_and_unique() {
        let paper = |author: &str, date: &str, title: &str| Paper {
            authors: if author.is_empty() { vec![] } else { vec![author.to_owned()] },
            published: PublicationDate::parse(date),
            ..Paper::new(PaperId::parse("2001.00001").unwrap(), title.to_owned(), String::new())
        };
        for (author, date, title, wanted) in [
            ("Ada Smith", "2017-06-12", "Attention Is Not Enough", "smith2017attention"),
            ("Erwin Schrödinger", "1935", "On the “état” of cats", "schrodinger1935etat"),
            ("Lena van der Berg", "", "A 3-D fish", "berg3"),
            ("The FISH Collaboration", "2020", "The the", "thefishcollaboration2020the"),
            ("", "2020", "Self-made fish", "2020self"),
            ("姚期智", "2020", "鱼", "paper200100001"),
            ("Ada {Smith}", "2017", "\\LaTeX{}, 100%", "smith2017latex"),
        ] {
            assert_eq!(Keys::default().next(&paper(author, date, title)), wanted);
        }
        let mut keys = Keys::default();
        let given: Vec<String> = (0..3).map(|_| keys.next(&paper("Ada Smith", "2017", "Fish"))).collect();
        assert_eq!(given, ["smith2017fish", "smith2017fish-a", "smith2017fish-b"]);
        assert_eq!(keys.next(&paper("Ada Smith", "2017", "Fish-a")), "smith2017fish-c");
    }
}
