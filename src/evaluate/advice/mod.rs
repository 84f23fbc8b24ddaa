//! Which model suits a collection? Speed is measured on this machine (`speed`), quality on the collection itself and on
//! the sample collection (`questions`, `quality`); [`Advice::of`] is the rule that chooses.
//!
//! The rule, of models that were measured on the same questions:
//!
//! 1. A model is in time if it embeds the expected number of papers within the given hours. If none is, take the
//!    fastest.
//! 2. Of the models in time, the best has the greatest nDCG@10 of dense search, with titles as questions for their own
//!    abstracts. A model is as good if the confidence interval of its mean difference from the best includes 0 (paired
//!    by question, percentile bootstrap).
//! 3. Of the models that are as good as the best, take the fastest.
//!
//! Dense search decides because only it depends on the model, and the collection decides because the sample is not of
//! your field. A title shares words with its abstract, so the level of these figures is higher than that of people's
//! queries; only their differences matter here.

use std::sync::Arc;

use serde::Serialize;

pub use quality::{Quality, Scores};
pub use questions::{QuestionSet, SAMPLE_QUESTIONS, drawn, sample_questions};
pub use speed::{SPEED_PAPERS, Speed};

use super::bootstrap::{Estimate, estimates};
use crate::embed::{Embedder, ModelFolder};
use crate::error::Result;
use crate::paper::Paper;
use crate::progress::Progress;

mod quality;
mod questions;
mod speed;

/// The measurements of one model.
#[derive(Debug, Clone, Serialize)]
pub struct Measured {
    /// The name or the path of the model.
    pub model: String,
    /// Number of dimensions of an embedding.
    pub dimension: usize,
    /// Speed on this machine.
    pub speed: Speed,
    /// Quality on the collection: titles as questions.
    pub titles: Quality,
    /// Quality on the sample collection: judged questions.
    pub sample: Quality,
}

/// What a model means for a collection of the expected size, and how it compares with the best one.
#[derive(Debug, Clone, Serialize)]
pub struct Verdict {
    /// The name or the path of the model.
    pub model: String,
    /// Expected hours of embedding.
    pub hours: f64,
    /// Bytes of the vectors: 4 bytes per dimension and paper.
    pub vector_bytes: u64,
    /// Whether the hours are within the limit.
    pub in_time: bool,
    /// By how much the best model in time has the greater nDCG@10, with its confidence interval; `None` for that model
    /// itself, and for models that are not in time.
    pub behind: Option<Estimate>,
}

impl Measured {
    /// Measures a model: its speed on the papers, and its quality on both sets of questions. `with_cache` gives the
    /// embedder for the questions, which may look texts up; the speed is measured before.
    ///
    /// # Errors
    /// When a text cannot be embedded, or the temporary folder cannot be written;
    /// [`Error::Interrupted`](crate::Error::Interrupted).
    pub fn of(
        (name, folder): (&str, &ModelFolder),
        (papers, sample): (&[Paper], &QuestionSet),
        threads: usize,
        with_cache: impl FnOnce(Embedder) -> Result<Embedder>,
        progress: &dyn Progress,
    ) -> Result<Self> {
        let embedder = Embedder::load(folder, threads)?;
        let speed = Speed::of(&embedder, papers, progress)?;
        let model = (folder, &Arc::new(with_cache(embedder)?));
        Ok(Self {
            model: name.to_owned(),
            dimension: folder.fingerprint().dimension,
            speed,
            titles: Quality::of(&QuestionSet::of_titles(papers), model, threads, progress)?,
            sample: Quality::of(sample, model, threads, progress)?,
        })
    }
}

impl Verdict {
    /// Whether the model is in time, and its quality cannot be told from the best.
    #[must_use]
    pub fn is_as_good(&self) -> bool {
        self.in_time && self.behind.is_none_or(|behind| behind.low <= 0.0)
    }
}

/// Why a model is advised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// It is the only one that was measured.
    Only,
    /// None is in time, and it is the fastest.
    NoneInTime,
    /// It is the only one in time.
    OnlyInTime,
    /// It is the best, and all others in time are worse.
    Best,
    /// It is the best and also the fastest of those that are as good.
    BestAndFastest,
    /// It is as good as the best, and faster.
    AsGoodAndFaster,
}

/// The advised model, and the verdicts on all.
#[derive(Debug, Clone, Serialize)]
pub struct Advice {
    /// The model to take.
    pub take: String,
    /// Why.
    pub reason: Reason,
    /// The best model in time, or the advised one if none is.
    pub best: String,
    /// One verdict per measured model, in the same order.
    pub verdicts: Vec<Verdict>,
}

impl Advice {
    /// Advises by the rule above, for a collection of `papers` papers that may take `hours` to embed. `None` if nothing
    /// was measured.
    #[must_use]
    pub fn of(measured: &[Measured], papers: u64, hours: f64) -> Option<Self> {
        let mut verdicts: Vec<Verdict> = measured.iter().map(|measured| verdict(measured, papers, hours)).collect();
        let faster = |a: &usize, b: &usize| {
            measured[*a].speed.papers_per_s.total_cmp(&measured[*b].speed.papers_per_s).then(b.cmp(a))
        };
        let in_time: Vec<usize> = (0..measured.len()).filter(|place| verdicts[*place].in_time).collect();
        let quality = |place: &usize| measured[*place].titles.dense.ndcg_at_10.value;
        // Of equal models, the faster one is the best.
        let best = in_time.iter().copied().max_by(|a, b| quality(a).total_cmp(&quality(b)).then(faster(a, b)));
        let Some(best) = best else {
            let fastest = (0..measured.len()).max_by(faster)?;
            let reason = if measured.len() == 1 { Reason::Only } else { Reason::NoneInTime };
            let take = measured[fastest].model.clone();
            return Some(Self { best: take.clone(), take, reason, verdicts });
        };
        for place in in_time.iter().copied().filter(|place| *place != best) {
            verdicts[place].behind = Some(difference(&measured[best], &measured[place]));
        }
        let as_good: Vec<usize> = in_time.iter().copied().filter(|place| verdicts[*place].is_as_good()).collect();
        let take = as_good.iter().copied().max_by(faster)?;
        let reason = match (measured.len(), in_time.len(), as_good.len()) {
            (1, ..) => Reason::Only,
            (_, 1, _) => Reason::OnlyInTime,
            (_, _, 1) => Reason::Best,
            _ if take == best => Reason::BestAndFastest,
            _ => Reason::AsGoodAndFaster,
        };
        let name = |place: usize| measured[place].model.clone();
        Some(Self { take: name(take), reason, best: name(best), verdicts })
    }
}

#[allow(clippy::cast_precision_loss)] // an estimate
fn verdict(measured: &Measured, papers: u64, limit: f64) -> Verdict {
    let hours = papers as f64 / measured.speed.papers_per_s.max(f64::MIN_POSITIVE) / 3600.0;
    Verdict {
        model: measured.model.clone(),
        hours,
        vector_bytes: papers.saturating_mul(measured.dimension as u64 * size_of::<f32>() as u64),
        in_time: hours <= limit,
        behind: None,
    }
}

/// The mean over the questions of how much `best` is better than `other`.
fn difference(best: &Measured, other: &Measured) -> Estimate {
    let pairs = best.titles.dense.values.iter().zip(&other.titles.dense.values);
    estimates(&[pairs.map(|(best, other)| best - other).collect()]).pop().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A model with this speed and this nDCG@10 of each question.
    fn model(name: &str, papers_per_s: f64, values: &[f64]) -> Measured {
        let scores = Scores::of(values.to_vec(), values.to_vec());
        let quality = Quality { questions: values.len(), dense: scores.clone(), hybrid: scores };
        Measured {
            model: name.to_owned(),
            dimension: 100,
            speed: Speed { papers_per_s, query_ms: 1.0, papers: 200 },
            titles: quality.clone(),
            sample: quality,
        }
    }

    fn advised(measured: &[Measured], papers: u64, hours: f64) -> (String, Reason, String) {
        let Advice { take, reason, best, .. } = Advice::of(measured, papers, hours).unwrap();
        (take, reason, best)
    }

    /// Values with the given mean that differ from question to question.
    fn values(mean: f64) -> Vec<f64> {
        (0..200).map(|question| mean + 0.1 * f64::from(question % 5 - 2)).collect()
    }

    #[test]
    fn the_best_model_in_time_is_taken_unless_a_faster_one_is_as_good() {
        let (small, large) = (model("small", 100.0, &values(0.6)), model("large", 10.0, &values(0.7)));
        let told = |take: &str, reason, best: &str| (take.to_owned(), reason, best.to_owned());
        let both = [small.clone(), large.clone()];
        // 360,000 papers take 1 hour with the small model and 10 with the large one.
        assert_eq!(advised(&both, 360_000, 10.1), told("large", Reason::Best, "large"));
        assert_eq!(advised(&both, 360_000, 8.0), told("small", Reason::OnlyInTime, "small"));
        assert_eq!(advised(&both, 360_000, 0.5), told("small", Reason::NoneInTime, "small"));
        assert_eq!(advised(&both[1..], 360_000, 0.5), told("large", Reason::Only, "large"));
        // It is better on average, but not reliably.
        let mut close = values(0.6);
        close[7] += 0.2;
        let close = model("close", 20.0, &close);
        assert_eq!(advised(&[small.clone(), close.clone()], 1, 8.0), told("small", Reason::AsGoodAndFaster, "close"));
        let quick = model("quick", 500.0, &values(0.6));
        assert_eq!(advised(&[small, quick], 1, 8.0), told("quick", Reason::BestAndFastest, "quick"));
        assert!(Advice::of(&[], 1, 8.0).is_none());
    }

    #[test]
    fn hours_bytes_and_differences_are_those_of_the_measurements() {
        let both = [model("small", 100.0, &values(0.6)), model("large", 10.0, &values(0.7))];
        let Advice { verdicts, .. } = Advice::of(&both, 360_000, 100.0).unwrap();
        assert!((verdicts[0].hours - 1.0).abs() < 1e-9 && (verdicts[1].hours - 10.0).abs() < 1e-9);
        assert_eq!(verdicts[0].vector_bytes, 360_000 * 400);
        let behind = verdicts[0].behind.unwrap();
        assert!((behind.value - 0.1).abs() < 1e-9 && behind.low > 0.09 && behind.high < 0.11, "{behind:?}");
        assert!(!verdicts[0].is_as_good() && verdicts[1].is_as_good() && verdicts[1].behind.is_none());
    }
}
