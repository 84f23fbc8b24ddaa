//! How was a query read? Answers say so wherever it is not obvious.

use serde::Serialize;

use super::NoMatch;
use crate::full_text::{Abbreviation, Correction};
use crate::paper::PaperId;

/// How a query was read. Everything is empty for a plain query.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Understood {
    /// Conditions that papers must meet: phrases and filters, as in the query.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub required: Vec<String>,
    /// Conditions that papers must not meet, as in the query.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub excluded: Vec<String>,
    /// The id that the query consists of, if its paper is not first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub absent_id: Option<AbsentId>,
    /// Words that no paper has, with the words that were searched for instead.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub corrected: Vec<Correction>,
    /// Abbreviations that papers define, whose other form was searched for as well.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub abbreviations: Vec<Abbreviation>,
    /// Authors that the query names. Their papers rank higher.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub authors: Vec<String>,
    /// Years that the query names. Papers of these years rank higher.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub years: Vec<u16>,
    /// What was left out of a long query.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cut: Option<Cut>,
    /// The language of the query, if the model was not trained on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub foreign: Option<Foreign>,
    /// Whether no paper has a word of the query, so that papers are ranked by meaning alone.
    #[serde(skip_serializing_if = "is_false")]
    pub unmatched: bool,
    /// Whether there was nothing to rank by, so that the newest papers come first.
    #[serde(skip_serializing_if = "is_false")]
    pub by_date: bool,
    /// If no paper meets all conditions: each of them, and how many papers meet it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub emptied: Vec<Emptied>,
    /// Values of filters that no paper of the collection has.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub no_match: Vec<NoMatch>,
}

/// An id in a query whose paper is not in the answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AbsentId {
    /// The id.
    pub id: PaperId,
    /// Whether there is such a paper, which does not pass the filter. Otherwise no paper has the id.
    pub filtered: bool,
}

/// What was read of a long query.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Cut {
    /// Number of different words that were looked up: the most distinctive ones.
    pub words: usize,
    /// Number of different words of the query.
    pub of_words: usize,
    /// Number of tokens that the model read, if these are not all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens: Option<usize>,
}

impl Cut {
    /// `None` if the whole query was read. `looked_up` is the number of words that were looked up and the number of all different
    /// words. `tokens` is the number of tokens that the model read, if it did not read all.
    pub(in crate::search) fn of(looked_up: Option<(usize, usize)>, tokens: Option<usize>) -> Option<Self> {
        let (words, of_words) = looked_up.unwrap_or_default();
        (words < of_words || tokens.is_some()).then_some(Self { words, of_words, tokens })
    }
}

/// A language that a model was not trained on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Foreign {
    /// The English name of the language, or of the script.
    pub language: String,
    /// The name of the model.
    pub model: String,
}

/// A condition of a search that no paper passes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Emptied {
    /// The condition, in the form of an operator.
    pub condition: String,
    /// Number of papers that meet it alone.
    pub papers: usize,
    /// Number of papers that meet all other conditions.
    pub without: usize,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde passes references
fn is_false(flag: &bool) -> bool {
    !flag
}

impl Understood {
    /// What there is to say to the user, each note a sentence without a period.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        let Self {
            required,
            excluded,
            absent_id,
            corrected,
            abbreviations,
            authors,
            years,
            cut,
            foreign,
            unmatched,
            by_date,
            emptied,
            no_match,
        } = self;
        if let Some(AbsentId { id, filtered }) = absent_id {
            notes.push(match filtered {
                true => format!("the paper with the id `{id}` does not pass the filters: its related papers follow"),
                false => format!("no paper has the id `{id}`: it was searched for as text"),
            });
        }
        for Correction { from, to } in corrected {
            notes.push(format!("no paper has the word “{from}”: searched for “{to}”"));
        }
        if !required.is_empty() {
            notes.push(format!("papers must meet: {}", required.join(", ")));
        }
        if !excluded.is_empty() {
            notes.push(format!("left out papers with: {}", excluded.join(", ")));
        }
        if !authors.is_empty() {
            notes.push(format!("papers of this author rank higher: {}", authors.join(", ")));
        }
        if !years.is_empty() {
            let years: Vec<String> = years.iter().map(u16::to_string).collect();
            notes.push(format!("papers of this year rank higher: {}", years.join(", ")));
        }
        for Abbreviation { short, long } in abbreviations {
            notes.push(format!("“{short}” and “{long}” count as the same"));
        }
        if let Some(Cut { words, of_words, tokens }) = cut {
            let read = tokens.map(|tokens| format!("the model read its first {tokens} tokens"));
            let looked_up = (words < of_words).then(|| format!("{words} of its {of_words} words were looked up"));
            let parts: Vec<String> = read.into_iter().chain(looked_up).collect();
            notes.push(format!("the query is long: {}", parts.join(", ")));
        }
        if let Some(Foreign { language, model }) = foreign {
            notes.push(format!(
                "the query seems to be in {language}, which the model {model} does not support: lexical search may find more"
            ));
        }
        if *unmatched && emptied.is_empty() && absent_id.is_none() {
            notes.push("no paper has any of these words: papers are ranked by meaning alone".to_owned());
        }
        if *by_date && emptied.is_empty() {
            notes.push("there is no text to rank by: the newest papers come first".to_owned());
        }
        for NoMatch { condition, nearest } in no_match {
            let nearest = nearest.as_ref().map(|nearest| format!("; did you mean {nearest}?")).unwrap_or_default();
            notes.push(format!("no paper meets {condition}{nearest}"));
        }
        notes.extend(told_emptied(emptied).filter(|_| no_match.is_empty()));
        notes
    }
}

/// Which condition no paper meets, or whose removal would help most.
fn told_emptied(emptied: &[Emptied]) -> Option<String> {
    if let Some(none) = emptied.iter().find(|emptied| emptied.papers == 0) {
        return Some(format!("no paper meets {}", none.condition));
    }
    let best = emptied.iter().max_by_key(|emptied| emptied.without)?;
    let met: Vec<String> = emptied.iter().map(|of| format!("{} ({})", of.condition, of.papers)).collect();
    let met = met.join(", ");
    Some(match (emptied.len(), best.without) {
        (1, _) => format!("no paper meets {met}"),
        (_, 0) => format!("no paper meets any two of these conditions: {met}"),
        (_, papers) => format!("no paper meets all conditions: {met}; without {}, {papers} would", best.condition),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_say_what_emptied_an_answer() {
        let emptied = |condition: &str, papers, without| Emptied { condition: condition.to_owned(), papers, without };
        let told = |emptied: &[Emptied]| told_emptied(emptied).unwrap_or_default();
        assert_eq!(told(&[]), "");
        assert_eq!(told(&[emptied("a", 3, 0), emptied("b", 0, 3)]), "no paper meets b");
        assert_eq!(
            told(&[emptied("a", 3, 2), emptied("b", 2, 3)]),
            "no paper meets all conditions: a (3), b (2); without b, 3 would"
        );
        let three = [emptied("a", 3, 0), emptied("b", 2, 0), emptied("c", 1, 0)];
        assert_eq!(told(&three), "no paper meets any two of these conditions: a (3), b (2), c (1)");
    }

    #[test]
    fn a_plain_query_has_no_notes() {
        assert_eq!(Understood::default().notes(), Vec::<String>::new());
        assert_eq!(serde_json::to_string(&Understood::default()).unwrap(), "{}");
    }
}
