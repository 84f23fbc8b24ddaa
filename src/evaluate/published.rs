//! Does a model reach its published score? nDCG@10 of dense search on a test set, measured by the code of `evaluate`.

use std::num::NonZeroUsize;
use std::sync::Arc;

use serde::Serialize;

use super::bootstrap::{Estimate, estimates};
use super::collection::{DEPTH, Documents, TestCollection};
use super::metrics::Metric;
use super::report::measurable;
use super::test_set::TestSet;
use crate::embed::{Embedder, ModelFolder, Score};
use crate::error::{Error, Result};
use crate::progress::Progress;
use crate::search::{Mode, Options};

/// The largest difference of nDCG@10 that counts as agreement: one point. Implementations differ by less in how they
/// join title and text, truncate and round.
pub const TOLERANCE: f64 = 0.01;

/// A measured score beside the published one.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reproduction {
    /// The name of the model.
    pub model: String,
    /// The split of the test set.
    pub split: String,
    /// Number of queries with a relevant document.
    pub queries: usize,
    /// nDCG@10 of dense search, with its confidence interval over the queries.
    pub measured: Estimate,
    /// What the manifest of the model has for this test set.
    pub published: Score,
}

impl Reproduction {
    /// Measures a model on a test set whose name is one of the model's published scores ([`TestSet::name`],
    /// [`Manifest::published`](crate::embed::Manifest::published)).
    ///
    /// # Errors
    /// [`Error::NoPublishedScore`]; when the test set cannot be read or lacks relevant documents; [`Error::Interrupted`].
    pub fn of(
        set: &TestSet,
        split: &str,
        (model, embedder): (&ModelFolder, Arc<Embedder>),
        threads: usize,
        progress: &dyn Progress,
    ) -> Result<Self> {
        let published = published(model, set)?;
        let queries = measurable(set.queries(split)?);
        if queries.is_empty() {
            return Err(Error::NothingJudged { folder: set.folder().to_owned(), split: split.to_owned() });
        }
        let documents = Documents::read(set, &queries)?;
        if let Some((count, document, query)) = documents.unknown(&queries) {
            let (document, query) = (document.to_owned(), query.to_owned());
            return Err(Error::UnknownDocuments { folder: set.folder().to_owned(), count, document, query });
        }
        let collection = TestCollection::build(set, documents, (model, embedder), threads, progress)?;
        let depth = NonZeroUsize::new(DEPTH).unwrap_or(NonZeroUsize::MIN);
        let run = collection.run(&queries, &Options::from(depth).mode(Mode::Dense), progress)?;
        let values = queries.iter().map(|query| Metric::Ndcg10.of(run.ranking(&query.id), &query.judged)).collect();
        Ok(Self {
            model: model.manifest.name.clone(),
            split: split.to_owned(),
            queries: queries.len(),
            measured: estimates(&[values]).pop().unwrap_or_default(),
            published,
        })
    }

    /// Checks that the two scores differ by at most [`TOLERANCE`].
    ///
    /// # Errors
    /// [`Error::ScoreDiffers`].
    pub fn check(&self) -> Result<()> {
        let Score { set, ndcg_at_10, source } = &self.published;
        if (self.measured.value - ndcg_at_10).abs() <= TOLERANCE {
            return Ok(());
        }
        Err(Error::ScoreDiffers {
            model: self.model.clone(),
            set: set.clone(),
            measured: self.measured.value,
            published: *ndcg_at_10,
            tolerance: TOLERANCE,
            source_url: source.clone(),
        })
    }
}

/// The published score of a model on a test set.
///
/// # Errors
/// [`Error::NoPublishedScore`].
pub fn published(model: &ModelFolder, set: &TestSet) -> Result<Score> {
    let (manifest, set) = (&model.manifest, set.name());
    manifest.published(&set).cloned().ok_or_else(|| Error::NoPublishedScore {
        model: manifest.name.clone(),
        set,
        known: manifest.scores.iter().map(|score| score.set.as_str()).collect::<Vec<_>>().join(", "),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_of_difference_is_accepted_and_more_is_not() {
        let of = |measured: f64| Reproduction {
            model: "m".to_owned(),
            split: "test".to_owned(),
            queries: 3,
            measured: Estimate { value: measured, low: 0.0, high: 1.0 },
            published: Score { set: "S".to_owned(), ndcg_at_10: 0.6451, source: "https://s".to_owned() },
        };
        assert!(of(0.6451 + 0.0099).check().is_ok() && of(0.6451 - 0.0099).check().is_ok());
        for measured in [0.6451 + 0.0101, 0.6451 - 0.0101, 0.0] {
            let error = of(measured).check().unwrap_err().to_string();
            assert!(error.contains("0.6451 is published (https://s)"), "{error}");
        }
    }
}
