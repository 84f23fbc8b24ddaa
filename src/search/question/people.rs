//! Authors and years in a query. Papers of an author or of a year that the query names rank higher.

use std::ops::Range;

use crate::engine::Moment;
use crate::error::Result;
use crate::full_text::{Placed, composed_text, is_initial, placed};
use crate::paper::is_year;
use crate::search::answer::NamedPart;
use crate::search::retrieve::Candidate;
use crate::store::Filter;

/// A word alone is a family name if at least this share of the papers with it have it as one. Otherwise it is a word, as
/// `long` or `field`.
const NAME_ALONE: f32 = 0.5;
/// The same for a word next to a given name.
const WITH_GIVEN_NAME: f32 = 0.1;
/// A shorter family name alone, such as `Li`, is too often something else.
const SHORTEST_ALONE: usize = 4;
/// What a paper of the author adds to its score, in units of the best score that words can give.
const AUTHOR: f32 = 0.5;
/// The same if the query has nothing but the name.
const AUTHOR_ALONE: f32 = 2.0;
/// What a paper of the year adds.
const YEAR: f32 = 0.3;
/// Maximum number of given names and initials.
const MOST_GIVEN: usize = 3;
/// Years that a query can name.
const YEARS: Range<u16> = 1900..2100;

/// The authors and years that a query names.
pub(in crate::search) struct People<S> {
    /// Each author with the papers among those that may be found.
    pub authors: Vec<(String, S)>,
    /// Each year that has papers, with its papers among those that may be found.
    pub years: Vec<(u16, S)>,
    /// The rest of the query, without the names of authors.
    pub topic: String,
}

impl<S> Default for People<S> {
    fn default() -> Self {
        Self { authors: Vec::new(), years: Vec::new(), topic: String::new() }
    }
}

impl<S> People<S> {
    /// Finds authors and years in a query for the papers of a selection. Words that were corrected are not names.
    ///
    /// # Errors
    /// When the collection cannot be read.
    pub fn of<M: Moment<Selection = S>>(moment: &M, among: &S, query: &str, corrected: &[String]) -> Result<Self> {
        let text = composed_text(query);
        let all = placed(query);
        let may_be_year = |word: &str| is_year(word) && word.parse().is_ok_and(|year: u16| YEARS.contains(&year));
        // As in an id, `1908.00792`.
        let is_part = |word: &&Placed| {
            let is_next = |text: &str| text.starts_with(|c: char| c.is_alphanumeric());
            text[word.to..].strip_prefix('.').is_some_and(is_next) || text[..word.from].ends_with(['.', '/', ':'])
        };
        let mut years: Vec<u16> = (all.iter().filter(|word| may_be_year(&word.whole) && !is_part(word)))
            .filter_map(|word| word.whole.parse().ok())
            .collect();
        years.sort_unstable();
        years.dedup();
        let words: Vec<_> = all.iter().filter(|word| !word.is_stop_word).collect();
        let mut named = vec![false; words.len()];
        let mut authors = Vec::new();
        // Names with given names come first: "Frank Hutter" is not a paper by somebody named Frank and another named Hutter. In
        // most of them the family name is the last word.
        for place in (0..words.len()).rev().filter(|place| words[*place].whole.chars().nth(1).is_some()) {
            let Some(share) = share_as_name(moment, words[place], corrected)?.filter(|_| !named[place]) else {
                continue;
            };
            if share < WITH_GIVEN_NAME && !is_short(&words) {
                continue;
            }
            // A word that is rarely a name is one if all other words are the given names.
            if let Some((span, papers)) = with_given_names(moment, &words, &named, place)?
                && (share >= WITH_GIVEN_NAME || span.len() == words.len())
            {
                authors.push((text[words[span.start].from..words[span.end - 1].to].to_owned(), papers));
                named[span].fill(true);
            }
        }
        for place in (0..words.len()).rev().filter(|place| words[*place].whole.chars().count() >= SHORTEST_ALONE) {
            let Placed { whole, from, to, .. } = words[place];
            let share = share_as_name(moment, words[place], corrected)?;
            if !named[place] && share.is_some_and(|share| share >= NAME_ALONE) {
                authors.push((text[*from..*to].to_owned(), moment.by_author(whole, &[])?));
                named[place] = true;
            }
        }
        authors.reverse();
        name_neighbours(&words, &mut named);
        let mut topic = String::new();
        let mut done = 0;
        for (word, _) in words.iter().zip(&named).filter(|(_, named)| **named) {
            // Pairs of characters overlap.
            topic.push_str(text.get(done..word.from).unwrap_or_default());
            done = word.to;
        }
        topic.push_str(&text[done..]);
        let has_topic = words.iter().zip(&named).any(|(word, named)| !named && !may_be_year(&word.whole));
        for (_, papers) in &mut authors {
            moment.restrict(papers, among, true);
        }
        let of_year = |year: u16| {
            let mut papers = moment.select(&Filter::of_year(year))?;
            moment.restrict(&mut papers, among, true);
            Ok((year, papers))
        };
        let mut years = years.into_iter().map(of_year).collect::<Result<Vec<_>>>()?;
        years.retain(|(_, papers)| moment.selected(papers) > 0);
        Ok(Self { authors, years, topic: if has_topic { topic.trim().to_owned() } else { String::new() } })
    }

    /// Whether the query names nobody and no year.
    pub fn is_empty(&self) -> bool {
        self.authors.is_empty() && self.years.is_empty()
    }

    /// The papers of each author and of each year.
    pub fn papers(&self) -> impl Iterator<Item = &S> {
        self.authors.iter().map(|(_, papers)| papers).chain(self.years.iter().map(|(_, papers)| papers))
    }

    /// Raises the scores of papers of these authors and years. `unit` is the best score that words can give.
    pub fn raise<M: Moment<Selection = S>>(&self, moment: &M, unit: f32, found: &mut [Candidate<'_>]) {
        let author = if self.topic.is_empty() { AUTHOR_ALONE } else { AUTHOR };
        let of_authors = self.authors.iter().map(|(_, papers)| (papers, author, NamedPart::Author));
        let of_years = self.years.iter().map(|(_, papers)| (papers, YEAR, NamedPart::Year));
        for (papers, more, part) in of_authors.chain(of_years) {
            for candidate in found.iter_mut().filter(|found| moment.contains(papers, found.doc)) {
                candidate.score += more * unit;
                if !candidate.named.contains(&part) {
                    candidate.named.push(part);
                }
            }
        }
    }
}

/// Marks the initials beside a name, and `et al` after it.
fn name_neighbours(words: &[&Placed], named: &mut [bool]) {
    // From both sides, because a name may have several.
    let places = (0..words.len()).chain((0..words.len()).rev());
    for place in places.filter(|place| is_initial(&words[*place].whole)) {
        let is_beside = place > 0 && named[place - 1] || named.get(place + 1).is_some_and(|named| *named);
        named[place] |= is_beside && words[place].whole.chars().all(char::is_alphabetic);
    }
    for place in 1..words.len().saturating_sub(1) {
        if named[place - 1] && words[place].whole == "et" && words[place + 1].whole == "al" {
            named[place..place + 2].fill(true);
        }
    }
}

/// Whether a query has so few words that all may be one name.
fn is_short(words: &[&Placed]) -> bool {
    words.len() <= MOST_GIVEN + 1
}

/// The share of the papers with a word that have it as the family name of an author; `None` if no paper has, or the word cannot
/// be a name.
fn share_as_name(moment: &impl Moment, word: &Placed, corrected: &[String]) -> Result<Option<f32>> {
    if !word.whole.chars().all(char::is_alphabetic) || corrected.contains(&word.whole) {
        return Ok(None);
    }
    let (families, texts) = moment.use_as_name(&word.whole)?;
    #[allow(clippy::cast_precision_loss)] // a share
    let share = families as f32 / (families + texts).max(1) as f32;
    Ok((families > 0).then_some(share))
}

/// The words of a name around a family name, and the papers of that author: given names are before or after it. `None` if no
/// given name is.
fn with_given_names<M: Moment>(
    moment: &M,
    words: &[&Placed],
    named: &[bool],
    family: usize,
) -> Result<Option<(Range<usize>, M::Selection)>> {
    let before: Vec<usize> = (0..family).rev().take(MOST_GIVEN).collect();
    let after: Vec<usize> = (family + 1..words.len()).take(MOST_GIVEN).collect();
    for side in [before, after] {
        let free = side.iter().take_while(|place| !named[**place]).count();
        let mut found = None;
        let mut given: Vec<String> = Vec::new();
        for place in &side[..free] {
            let word = &words[*place].whole;
            given.push(word.clone());
            let mut papers = moment.by_author(&words[family].whole, &given)?;
            if moment.selected(&papers) == 0 && given.len() > 1 && !is_initial(word) {
                // The initial may be that of another author.
                given.retain(|word| !is_initial(word));
                papers = moment.by_author(&words[family].whole, &given)?;
            }
            if moment.selected(&papers) > 0 {
                found = Some((*place, papers));
            } else if is_initial(word) {
                // Papers may lack an initial.
                given.pop();
            } else {
                break;
            }
        }
        if let Some((last, papers)) = found {
            return Ok(Some((last.min(family)..last.max(family) + 1, papers)));
        }
    }
    Ok(None)
}
