//! Questions with known answers: the titles of a collection, which ask for their own abstracts, and the questions about
//! the sample collection that were judged for this project.
//!
//! The judgements of the sample are in `corpus/sample-questions.jsonl`. The questions were written for this project. The
//! first ten papers of dense search with all-MiniLM-L6-v2, of dense search with bge-small-en-v1.5 and of lexical search
//! were judged, and the list of all titles was read for papers that none of them found. Grade 2 answers the question, 1
//! is useful for it; all other papers are not relevant.

use std::collections::HashMap;

use serde::Deserialize;

use crate::corpus::sample;
use crate::error::{Error, Result};
use crate::evaluate::metrics::Judged;
use crate::evaluate::test_set::{Document, JudgedQuery};
use crate::paper::Paper;
use crate::search::Query;
use crate::store::View;

/// Fixed, so that models are measured on the same papers.
const SEED: u64 = 148;

const JUDGED: &str = include_str!("../../corpus/sample-questions.jsonl");

/// Number of judged questions about the sample collection.
pub const SAMPLE_QUESTIONS: usize = 32;

/// Documents, and questions with the relevant ones.
#[derive(Debug, Clone, Default)]
pub struct QuestionSet {
    /// The documents that are searched.
    pub documents: Vec<Document>,
    /// The questions.
    pub questions: Vec<JudgedQuery>,
}

impl QuestionSet {
    /// The abstracts of the papers without their titles; each title is a question whose only relevant document is its own
    /// abstract. Papers without a title or an abstract are left out.
    #[must_use]
    pub fn of_titles(papers: &[Paper]) -> Self {
        let mut set = Self::default();
        for paper in papers.iter().filter(|paper| is_usable(paper)) {
            let id = paper.id.to_string();
            set.questions.push(JudgedQuery {
                // An id of its own, because the question is no document of the collection.
                id: format!("title of {id}"),
                text: paper.title.clone(),
                document: None,
                judged: HashMap::from([(id.clone(), 1)]),
            });
            set.documents.push(Document { id, title: String::new(), text: paper.abstract_text.clone() });
        }
        set
    }
}

/// Up to `count` papers of a collection that have a title and an abstract, in random but reproducible order.
///
/// # Errors
/// When the store cannot be read.
pub fn drawn(view: &View<'_>, count: usize) -> Result<Vec<Paper>> {
    let mut papers = Vec::new();
    for doc in view.shuffled_docs(SEED) {
        if papers.len() == count {
            break;
        }
        papers.extend(view.paper_at(doc)?.filter(is_usable));
    }
    Ok(papers)
}

/// Whether the title of a paper can be a question for its abstract.
fn is_usable(paper: &Paper) -> bool {
    Query::of_any_length(&paper.title).is_ok() && !paper.abstract_text.trim().is_empty()
}

#[derive(Deserialize)]
struct Record {
    question: String,
    relevant: Judged,
}

/// The sample collection, and the questions that were judged for it.
///
/// # Errors
/// None in a tested build: papers and judgements are compiled in.
pub fn sample_questions() -> Result<QuestionSet> {
    let mut set = QuestionSet::default();
    for paper in sample::papers() {
        let paper = paper?;
        set.documents.push(Document { id: paper.id.to_string(), title: paper.title, text: paper.abstract_text });
    }
    for (line, number) in JUDGED.lines().zip(1..) {
        let Record { question, relevant } = serde_json::from_str(line).map_err(|error| Error::BadRecord {
            file: "the questions about the sample collection".to_owned(),
            line: number,
            reason: error.to_string(),
        })?;
        set.questions.push(JudgedQuery { id: format!("q{number}"), text: question, document: None, judged: relevant });
    }
    Ok(set)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::paper::PaperId;

    #[test]
    fn every_judgement_is_of_a_paper_of_the_sample() {
        let QuestionSet { documents, questions } = sample_questions().unwrap();
        assert_eq!((documents.len(), questions.len()), (148, SAMPLE_QUESTIONS));
        let ids: HashSet<&str> = documents.iter().map(|document| document.id.as_str()).collect();
        let asked: HashSet<&str> = questions.iter().map(|question| question.text.as_str()).collect();
        assert_eq!(asked.len(), questions.len(), "a question occurs twice");
        for JudgedQuery { text, judged, .. } in &questions {
            for (id, grade) in judged {
                assert!(ids.contains(id.as_str()), "`{text}`: no paper `{id}`");
                assert!((1..=2).contains(grade), "`{text}`: grade {grade} of `{id}`");
            }
            assert!(judged.values().any(|grade| *grade == 2), "`{text}` has no answer");
        }
    }

    #[test]
    fn titles_ask_for_their_own_abstracts() {
        let paper = |title: &str, text: &str| Paper::new(PaperId::of_title(title), title.to_owned(), text.to_owned());
        let papers = [paper("On fish", "We count them."), paper("Empty", " "), paper("\u{7}", "We have no title.")];
        let QuestionSet { documents, questions } = QuestionSet::of_titles(&papers);
        let [document] = documents.as_slice() else { panic!("{documents:?}") };
        assert_eq!((document.title.as_str(), document.text.as_str()), ("", "We count them."));
        assert_eq!((questions.len(), questions[0].text.as_str()), (1, "On fish"));
        assert_eq!(questions[0].judged, HashMap::from([(document.id.clone(), 1)]));
    }
}
