//! Names in the index: the family names of authors, and the names of authors and venues that are suggested while a query is
//! typed.

use fixedbitset::FixedBitSet;

use super::FullText;
use super::words::{Form, Placed, composed_text, is_stop_word, placed};
use crate::paper::{Name, Paper};

/// Ends the word of an entry; the name follows.
pub(super) const END: char = '\u{1f}';
/// The beginning of the entries of categories, see [`super::facets`].
pub(super) const CATEGORY: &str = "c:";

/// What an entry of the index names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Named {
    /// An author.
    Author,
    /// A journal, conference or book.
    Venue,
}

impl Named {
    /// The beginning of its entries.
    pub(super) fn mark(self) -> &'static str {
        match self {
            Self::Author => "a:",
            Self::Venue => "v:",
        }
    }
}

/// The family names of the authors, composed.
pub(super) fn families(paper: &Paper) -> impl Iterator<Item = String> {
    paper.authors.iter().map(|author| composed_text(&family_of(author)).into_owned())
}

/// The family name of an author; of a group, its whole name.
fn family_of(author: &str) -> String {
    match Name::of(author) {
        Name::Person { family, .. } => family,
        Name::Literal(name) => name,
    }
}

/// The entries of a paper's authors and venue: each name by each of its words.
pub(super) fn entries(paper: &Paper) -> Vec<String> {
    let authors = paper.authors.iter().map(|author| (Named::Author, author));
    let named = authors.chain(paper.venue.iter().map(|venue| (Named::Venue, venue)));
    let mut entries = Vec::new();
    for (named, name) in named {
        Form::Wholes.each(&composed_text(name), |word, _| {
            if word.chars().nth(1).is_some() {
                entries.push(format!("{}{word}{END}{name}", named.mark()));
            }
        });
    }
    entries.sort_unstable();
    entries.dedup();
    entries
}

/// Whether an author has this family name and a name with all of some words. A single letter is the initial of a given name.
pub(crate) fn is_named(author: &str, family: &str, words: &[String]) -> bool {
    let of_family = placed(&family_of(author));
    let of_name = placed(author);
    let begins = |placed: &Placed, initial: &str| placed.whole != family && placed.whole.starts_with(initial);
    let has = |word: &String| {
        let is_initial = is_initial(word);
        of_name.iter().any(|placed| placed.whole == *word || (is_initial && begins(placed, word)))
    };
    of_family.iter().any(|placed| placed.whole == family) && words.iter().all(has)
}

/// Whether a name may have some words. Most names are excluded much faster than by splitting them into words.
fn may_have(name: &str, words: &[String]) -> bool {
    let name = name.as_bytes();
    // Other signs may join or split words.
    let is_plain = name.iter().all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b' ' | b'.' | b','));
    let has = |word: &String| name.windows(word.len()).any(|part| part.eq_ignore_ascii_case(word.as_bytes()));
    !is_plain || words.iter().all(has)
}

impl FullText {
    /// The rows of the papers with an author of this family name and these other words, see [`is_named`]. The names are read from
    /// the index, because a family name may be that of very many papers.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub(super) fn rows_by(&self, family: &str, words: &[String]) -> tantivy::Result<FixedBitSet> {
        let mut rows = FixedBitSet::with_capacity(self.rows);
        if words.is_empty() {
            self.add_rows_in(self.fields.families, family, &mut rows)?;
            return Ok(rows);
        }
        // Each word of a name has an entry, unless it is an initial or a stop word. Those of the rarest word are looked at.
        let mut rarest = (usize::MAX, family);
        for word in std::iter::once(family).chain(words.iter().map(String::as_str)) {
            if !is_initial(word) && !is_stop_word(word) {
                rarest = rarest.min((self.min_frequency_in(&[self.fields.authors], word)?, word));
            }
        }
        let mut entries: Vec<String> = Vec::new();
        self.for_each_term(&format!("{}{}{END}", Named::Author.mark(), rarest.1), |entry, _| {
            if entry.split_once(END).is_some_and(|(_, name)| may_have(name, words) && is_named(name, family, words)) {
                entries.push(entry.to_owned());
            }
        })?;
        // Several parts of the index may have the same name.
        entries.sort_unstable();
        entries.dedup();
        for entry in &entries {
            self.add_rows_in(self.fields.entries, entry, &mut rows)?;
        }
        Ok(rows)
    }
}

/// Whether a word of a name is a single letter.
pub(crate) fn is_initial(word: &str) -> bool {
    word.chars().nth(1).is_none()
}

/// Whether a name has words with these beginnings.
pub(super) fn begins(name: &str, beginnings: &[String]) -> bool {
    let words = placed(name);
    beginnings.iter().all(|beginning| words.iter().any(|word| word.whole.starts_with(beginning)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paper::PaperId;

    #[test]
    fn no_name_is_excluded_that_has_the_words() {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        for (name, others) in [
            ("Jun Wang", words(&["jun"])),
            ("WANG, J.", words(&["j"])),
            ("Wang, Jun", words(&["j"])),
            ("Jun-Wei Wang", words(&["jun"])),
            ("Jürgen Wang", words(&["jurgen"])),
            ("J. T. Wang", words(&["t", "j"])),
        ] {
            assert!(is_named(name, "wang", &others) && may_have(name, &others), "{name}");
        }
        assert!(!may_have("Jun Wang", &words(&["li"])) && !may_have("Jun Wang", &words(&["x"])));
    }

    #[test]
    fn authors_are_entered_by_each_word_of_their_names() {
        let mut paper = Paper::new(PaperId::of_title("x"), "x".to_owned(), String::new());
        paper.authors = vec!["Łukasz de Groß".to_owned(), "Smith J".to_owned()];
        paper.venue = Some("Journal of Ice".to_owned());
        let named = |entry: &str| entry.replace(END, "=");
        let entries: Vec<String> = entries(&paper).iter().map(|entry| named(entry)).collect();
        assert_eq!(
            entries,
            [
                "a:de=Łukasz de Groß",
                "a:gross=Łukasz de Groß",
                "a:lukasz=Łukasz de Groß",
                "a:smith=Smith J",
                "v:ice=Journal of Ice",
                "v:journal=Journal of Ice"
            ]
        );
        assert_eq!(families(&paper).collect::<Vec<_>>(), ["de Groß", "Smith"]);
        assert!(begins("Łukasz de Groß", &["gr".to_owned(), "lu".to_owned()]));
        assert!(!begins("Łukasz de Groß", &["gr".to_owned(), "x".to_owned()]));
    }
}
