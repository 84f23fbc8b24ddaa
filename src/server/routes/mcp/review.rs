//! The results of the tools for literature reviews: citations of papers, and the comparison of two of them.

use schemars::JsonSchema;
use serde::Serialize;

use super::budget::{MOST_TOKENS, beginning, fitting, tokens, tokens_of};
use super::results::{Told, indented, noted};
use crate::citation::{Style, bibliography, one_line};
use crate::paper::Paper;
use crate::search;
use crate::server::wire::comparison::Comparison;

/// Citations of papers
#[derive(Serialize, JsonSchema)]
pub(super) struct Citations {
    /// Number of papers that are cited
    papers: usize,
    /// The citations in the chosen format, without abstracts
    text: String,
    /// What was left out
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String>,
}

/// What two papers share, and where they differ
#[derive(Serialize, JsonSchema)]
pub(super) struct Compared {
    #[serde(flatten)]
    comparison: Comparison,
    /// What was left out
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String>,
}

impl Citations {
    /// The citations of papers, and the ids of those that are not in the collection.
    pub fn new(style: Style, mut papers: Vec<Paper>, unknown: &[String]) -> Self {
        let mut notes = Vec::new();
        if !unknown.is_empty() {
            notes.push(format!("no paper has the id {}", unknown.join(", ")));
        }
        for paper in &mut papers {
            // The assistant has read it already, and a citation is shorter without it.
            paper.abstract_text.clear();
        }
        // Each is in the text and in the structured content.
        let costs = papers.iter().map(|paper| 2 * tokens_of(&bibliography(style, [paper])));
        let (shown, _) = fitting(costs, MOST_TOKENS - 1_000);
        if shown < papers.len() {
            let missing: Vec<&str> = papers[shown..].iter().map(|paper| paper.id.as_str()).collect();
            let missing = beginning(&missing.join(", "), 400);
            notes.push(format!("these are left out, because a result has at most 25,000 tokens: {missing}"));
            papers.truncate(shown);
        }
        Self { papers: papers.len(), text: bibliography(style, &papers), notes }
    }
}

impl Compared {
    pub fn new(comparison: search::Comparison) -> Self {
        let names = ["first", "second"].into_iter().zip(comparison.not_compared).filter(|(_, count)| *count > 0);
        let notes =
            names.map(|(name, count)| format!("the last {count} sentences of the {name} abstract were not compared"));
        Self { notes: notes.collect(), comparison: comparison.into() }
    }
}

impl Told for Citations {
    fn told(&self) -> String {
        format!("{}{}", noted(&self.notes), self.text)
    }
}

impl Told for Compared {
    fn told(&self) -> String {
        let Comparison {
            papers, cosine, authors, categories, keywords, similar, only_in_first, only_in_second, ..
        } = &self.comparison;
        let mut text = noted(&self.notes);
        for (paper, name) in papers.iter().zip(["first", "second"]) {
            text.push_str(&format!("{name}: {} ({})\n", one_line(&paper.title), one_line(&paper.id)));
        }
        text.push_str(&cosine.map(|cosine| format!("cosine of their embeddings: {cosine:.3}\n")).unwrap_or_default());
        for (name, values) in [("authors", authors), ("categories", categories), ("keywords", keywords)] {
            if !values.is_empty() {
                text.push_str(&format!("{name} of both: {}\n", one_line(&values.join(", "))));
            }
        }
        text.push_str(if similar.is_empty() { "\nNo sentences are similar.\n" } else { "\nSimilar sentences:\n" });
        for pair in similar {
            text.push_str(&format!("- cosine {:.3}\n", pair.cosine));
            text.push_str(&indented("first: ", &pair.first));
            text.push_str(&indented("second: ", &pair.second));
        }
        for (name, sentences) in [("first", only_in_first), ("second", only_in_second)] {
            if !sentences.is_empty() {
                text.push_str(&format!("\nOnly in the {name}:\n"));
                for sentence in sentences {
                    text.push_str(&format!("- {}\n", one_line(sentence)));
                }
            }
        }
        text
    }

    fn shorten(&mut self) {
        let is_long = |compared: &Self| tokens(&compared.told()) + tokens_of(compared) > MOST_TOKENS;
        if !is_long(self) {
            return;
        }
        self.notes.push("long lists are cut, because a result has at most 25,000 tokens".to_owned());
        for paper in &mut self.comparison.papers {
            paper.authors.truncate(50);
        }
        self.comparison.authors.truncate(50);
        self.comparison.keywords.truncate(50);
        // Sentences have no limit, so those of an abstract are cut until all fit.
        let mut each = 2_000;
        while is_long(self) && each > 10 {
            each /= 2;
            let Comparison { similar, only_in_first, only_in_second, .. } = &mut self.comparison;
            let pairs = similar.iter_mut().flat_map(|pair| [&mut pair.first, &mut pair.second]);
            for sentence in pairs.chain(only_in_first).chain(only_in_second) {
                *sentence = beginning(sentence, each);
            }
        }
    }
}
