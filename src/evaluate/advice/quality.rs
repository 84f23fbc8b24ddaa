//! How good are the rankings of a model on a set of questions? In dense and in hybrid search, by the code of `evaluate`.

use std::num::NonZeroUsize;
use std::sync::Arc;

use serde::Serialize;

use super::questions::QuestionSet;
use crate::embed::{Embedder, ModelFolder};
use crate::error::Result;
use crate::evaluate::bootstrap::{Estimate, estimates};
use crate::evaluate::collection::{DEPTH, Documents, TestCollection};
use crate::evaluate::metrics::{ndcg, precision};
use crate::progress::Progress;
use crate::search::{Mode, Options};

/// The quality of a model on one set of questions.
#[derive(Debug, Clone, Serialize)]
pub struct Quality {
    /// Number of questions.
    pub questions: usize,
    /// In dense search.
    pub dense: Scores,
    /// In hybrid search, the default.
    pub hybrid: Scores,
}

/// The scores of a mode, with confidence intervals over the questions.
#[derive(Debug, Clone, Serialize)]
pub struct Scores {
    /// The mean nDCG@10.
    pub ndcg_at_10: Estimate,
    /// The share of the questions with a relevant paper at rank 1.
    pub first: Estimate,
    /// nDCG@10 of each question.
    #[serde(skip)]
    pub(super) values: Vec<f64>,
}

impl Scores {
    /// The means of nDCG@10 and of the precision at rank 1, each given for every question.
    pub(super) fn of(values: Vec<f64>, first: Vec<f64>) -> Self {
        let columns = [values, first];
        let mut estimated = estimates(&columns).into_iter();
        let [values, _] = columns;
        let mut next = || estimated.next().unwrap_or_default();
        Self { ndcg_at_10: next(), first: next(), values }
    }
}

impl Quality {
    /// Embeds the documents into a temporary store and asks all questions.
    ///
    /// # Errors
    /// When a text cannot be embedded, or the temporary folder cannot be written;
    /// [`Error::Interrupted`](crate::Error::Interrupted).
    pub fn of(
        set: &QuestionSet,
        (model, embedder): (&ModelFolder, &Arc<Embedder>),
        threads: usize,
        progress: &dyn Progress,
    ) -> Result<Self> {
        let QuestionSet { documents: texts, questions } = set;
        let documents = Documents::of(texts.iter().cloned().map(Ok), questions)?;
        let texts = texts.iter().cloned().map(Ok);
        let collection = TestCollection::of(texts, documents, (model, Arc::clone(embedder)), threads, progress)?;
        let depth = NonZeroUsize::new(DEPTH).unwrap_or(NonZeroUsize::MIN);
        let scores = |mode: Mode| -> Result<Scores> {
            let run = collection.run(questions, &Options::from(depth).mode(mode), progress)?;
            let of_each = |metric: fn(&[_], &_, usize) -> f64, k: usize| -> Vec<f64> {
                questions.iter().map(|question| metric(run.ranking(&question.id), &question.judged, k)).collect()
            };
            Ok(Scores::of(of_each(ndcg, 10), of_each(precision, 1)))
        };
        Ok(Self { questions: questions.len(), dense: scores(Mode::Dense)?, hybrid: scores(Mode::Hybrid)? })
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::corpus::sample;
    use crate::evaluate::advice::sample_questions;
    use crate::paper::Paper;
    use crate::progress::Silent;

    #[test]
    fn words_answer_the_questions_if_the_vectors_mean_nothing() {
        // The vectors of the tiny model are random, so only words can find an abstract.
        let model = ModelFolder::open(Path::new("tests/data/tiny-bert")).unwrap();
        let embedder = Arc::new(Embedder::load(&model, 2).unwrap());
        let papers: Vec<Paper> = sample::papers().map(Result::unwrap).collect();
        for (set, least) in [(QuestionSet::of_titles(&papers), 0.5), (sample_questions().unwrap(), 0.3)] {
            let Quality { questions, dense, hybrid } = Quality::of(&set, (&model, &embedder), 2, &Silent).unwrap();
            assert_eq!((questions, dense.values.len()), (set.questions.len(), set.questions.len()));
            let (dense, hybrid) = (dense.ndcg_at_10, hybrid.ndcg_at_10);
            assert!(dense.value < hybrid.value && hybrid.value > least, "{dense:?} {hybrid:?}");
            assert!(hybrid.low < hybrid.value && hybrid.value < hybrid.high, "{hybrid:?}");
        }
    }
}
