//! Reads a query in a collection: which papers may be found, by which text, and what is said about it.
//!
//! | file | contents |
//! | --- | --- |
//! | `operators` | Operators in a query |
//! | `people` | Authors and years that a query names |
//! | `no_match` | Values of filters that no paper has |
//! | `language` | The language of a query that the model does not know |
//! | `function_words` | Words, endings and letters of these languages |
//! | `understood` | How a query was read, for the answer |

use super::titled::{COMPARED, LONGEST_TITLE, is_similar};
use super::{Mode, Options, Query};
use crate::embed::Embedder;
use crate::engine::Moment;
use crate::error::{Error, Result};
use crate::full_text::Sought;
use crate::paper::PaperId;
use crate::store::{DocId, Filter};

use language::foreign;
pub use no_match::NoMatch;
pub(super) use no_match::values_without_papers;
pub(super) use operators::OPERATORS;
use operators::{Condition, Kind, Parsed, is_long, parse};
pub(super) use people::People;
pub use understood::{AbsentId, Cut, Emptied, Foreign, Understood};

mod function_words;
mod language;
mod no_match;
mod operators;
mod people;
mod understood;

/// A query as it is read in one moment.
pub(super) struct Question<S> {
    /// The papers that may be found.
    pub among: S,
    /// What to search for; `None` if the query has operators only.
    pub text: Option<Query>,
    /// What to embed: the text without names of authors.
    pub to_embed: Option<Query>,
    pub people: People<S>,
    pub understood: Understood,
}

/// Maximum length of the text that is embedded, in characters, so that a long query takes about twice the time of others.
const MOST_EMBEDDED: usize = 400;

/// The text of a query that is embedded before the collection is read, which may yet change it; `None` if the query has
/// operators only. Of a long query, it is the beginning.
#[must_use]
pub fn text_of(query: &Query) -> Option<Query> {
    Query::of_any_length(beginning(&parse(query.as_str()).text, MOST_EMBEDDED)).ok()
}

/// The first words of a text, at most `most` characters.
fn beginning(text: &str, most: usize) -> &str {
    let Some((end, _)) = text.char_indices().nth(most) else { return text };
    text[..end].rfind(char::is_whitespace).map_or(&text[..end], |space| &text[..space])
}

impl<S> Question<S> {
    /// Reads a query. The words that the model knows are not corrected, if one is loaded.
    ///
    /// # Errors
    /// When the collection cannot be read.
    pub fn read<M: Moment<Selection = S>>(
        moment: &M,
        query: &Query,
        options: &Options,
        embedder: Option<&Embedder>,
    ) -> Result<Self> {
        let mut parsed = parse(query.as_str());
        if !parsed.conditions.is_empty() && is_title(moment, query.as_str())? {
            parsed = Parsed { text: query.as_str().to_owned(), conditions: Vec::new() };
        }
        let Parsed { text, mut conditions } = parsed;
        let mut understood = Understood::default();
        let is_known = |word: &str| embedder.is_some_and(|embedder| embedder.knows(word));
        for condition in &mut conditions {
            if let Kind::Phrase(words) | Kind::Word(words) = &mut condition.kind
                && let Some((text, corrected)) = moment.corrected(words, &is_known)?
            {
                *words = text;
                understood.corrected.extend(corrected);
            }
        }
        for Condition { wanted, shown, .. } in &conditions {
            let told = if *wanted { &mut understood.required } else { &mut understood.excluded };
            told.push(shown.strip_prefix(['-', '−']).unwrap_or(shown).to_owned());
        }
        understood.no_match = values_without_papers(moment, &options.filter)?;
        for condition in conditions.iter().filter(|condition| condition.wanted) {
            if let Kind::Filter(filter) = &condition.kind {
                // In the user's own spelling.
                let found = values_without_papers(moment, filter)?.into_iter();
                understood.no_match.extend(found.map(|found| NoMatch { condition: condition.shown.clone(), ..found }));
            }
        }
        let mut among = moment.select(&options.filter)?;
        for condition in &conditions {
            moment.restrict(&mut among, &meeting(moment, condition)?, condition.wanted);
        }
        if moment.selected(&among) == 0 && moment.papers() > 0 {
            understood.emptied = emptied(moment, &options.filter, &conditions)?;
        }
        let foreign = embedder.map(|embedder| foreign(embedder, &text)).transpose()?.flatten();
        // A word of another language may be a name elsewhere. In other scripts, most names are found by their letters.
        let may_name = foreign.is_none() || !text.contains(|c: char| c.is_ascii_alphabetic());
        // A pasted text is taken as it is: it would take long to look up each word.
        let is_long = is_long(&text);
        let corrected = if is_long || foreign.is_some() { None } else { moment.corrected(&text, &is_known)? };
        let text = match corrected {
            Some((text, corrected)) => {
                // Those of a phrase are known already.
                let known = understood.corrected.clone();
                understood.corrected.extend(corrected.into_iter().filter(|correction| !known.contains(correction)));
                text
            }
            None => text,
        };
        let text = Query::of_any_length(&text).ok();
        let mut people = People::default();
        if let Some(text) = text.as_ref().filter(|_| !is_long && may_name && options.mode != Mode::Dense) {
            // A corrected word is a name only if it was written as one.
            let is_written_small = |word: &str| word.starts_with(char::is_lowercase);
            let corrected = understood.corrected.iter().filter(|correction| is_written_small(&correction.from));
            let corrected: Vec<String> = corrected.map(|correction| correction.to.clone()).collect();
            people = People::of(moment, &among, text.as_str(), &corrected)?;
            understood.authors = people.authors.iter().map(|(name, _)| name.clone()).collect();
            understood.years = people.years.iter().map(|(year, _)| *year).collect();
        }
        let topic = (!people.authors.is_empty()).then(|| Query::of_any_length(&people.topic).ok()).flatten();
        let wanted = topic.or_else(|| text.clone());
        let to_embed = wanted.and_then(|text| Query::of_any_length(beginning(text.as_str(), MOST_EMBEDDED)).ok());
        understood.by_date = text.is_none();
        // Lexical search does not use the model.
        understood.foreign = foreign.filter(|_| options.mode != Mode::Lexical);
        Ok(Self { among, text, to_embed, people, understood })
    }
}

/// Whether a query is the title of a paper, or nearly so, with all its signs. Then none of these is an operator.
fn is_title(moment: &impl Moment, query: &str) -> Result<bool> {
    if query.len() > LONGEST_TITLE {
        return Ok(false);
    }
    let has_same_signs = |title: &str| signs(title) == signs(query);
    match moment.paper(&PaperId::of_title(query)) {
        Ok((paper, _)) => return Ok(has_same_signs(&paper.title)),
        // Several papers have this title, all with the same words.
        Err(Error::AmbiguousId { .. }) => return Ok(true),
        Err(Error::UnknownPaper { .. }) => {}
        Err(error) => return Err(error),
    }
    // A title with a typing error.
    let words = moment.words(query)?;
    let best = moment.best(&words, &Sought::best(COMPARED), &moment.select(&Filter::default())?)?;
    let docs: Vec<DocId> = best.into_iter().map(|(doc, _)| doc).collect();
    let mut papers = moment.papers_at(&docs)?.into_iter().flatten();
    Ok(papers.any(|paper| has_same_signs(&paper.title) && is_similar(query, &paper.title)))
}

/// The number of quotes in a text, of hyphens that begin a word, and of words with a colon: the signs of operators.
fn signs(text: &str) -> [usize; 3] {
    let quotes = text.chars().filter(|c| "\"“”„«»".contains(*c)).count();
    let words = || text.split_whitespace();
    let hyphens = words().filter(|word| word.len() > 1 && word.starts_with(['-', '−'])).count();
    [quotes, hyphens, words().filter(|word| word.contains(':')).count()]
}

/// The papers that meet a condition, or, if it is not wanted, those to leave out.
fn meeting<M: Moment>(moment: &M, condition: &Condition) -> Result<M::Selection> {
    match &condition.kind {
        Kind::Phrase(phrase) => moment.with_phrase(phrase),
        // The words of `fine-tuning` follow each other.
        Kind::Word(word) if word.contains(|c: char| !c.is_alphanumeric() && !"+#*'’".contains(c)) => {
            moment.with_phrase(word)
        }
        Kind::Word(word) => moment.with_word(word),
        Kind::Filter(filter) => moment.select(filter),
    }
}

/// For each part of a filter that no paper passes, how many papers pass it alone, and how many pass all others.
///
/// # Errors
/// When the collection cannot be read.
pub(super) fn emptied_by<M: Moment>(moment: &M, filter: &Filter) -> Result<Vec<Emptied>> {
    emptied(moment, filter, &[])
}

/// Maximum number of conditions that are explained: each of them is counted with all others.
const MOST_EXPLAINED: usize = 50;

/// For each condition of a search, how many papers meet it alone, and how many meet all others.
fn emptied<M: Moment>(moment: &M, filter: &Filter, conditions: &[Condition]) -> Result<Vec<Emptied>> {
    let mut parts: Vec<(String, M::Selection, bool)> = Vec::new();
    for (shown, filter) in filter.parts() {
        parts.push((shown, moment.select(&filter)?, true));
    }
    for condition in conditions {
        parts.push((condition.shown.clone(), meeting(moment, condition)?, condition.wanted));
    }
    if parts.len() > MOST_EXPLAINED {
        return Ok(Vec::new());
    }
    let passing = |kept: &dyn Fn(usize) -> bool| -> Result<usize> {
        let mut passing = moment.select(&Filter::default())?;
        for (_, (_, papers, wanted)) in parts.iter().enumerate().filter(|(place, _)| kept(*place)) {
            moment.restrict(&mut passing, papers, *wanted);
        }
        Ok(moment.selected(&passing))
    };
    let emptied = |(place, (condition, ..)): (usize, &(String, M::Selection, bool))| {
        let (papers, without) = (passing(&|other| other == place)?, passing(&|other| other != place)?);
        Ok(Emptied { condition: condition.clone(), papers, without })
    };
    parts.iter().enumerate().map(emptied).collect()
}
