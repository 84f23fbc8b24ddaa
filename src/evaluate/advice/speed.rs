//! How fast does a model embed on this machine? Papers as `add` embeds them, and single queries.

use std::time::{Duration, Instant};

use serde::Serialize;

use crate::embed::{Embedder, Role};
use crate::error::{Error, Result};
use crate::ingest;
use crate::paper::Paper;
use crate::progress::Progress;

/// Papers that are embedded at most: enough for the mix of lengths.
pub const SPEED_PAPERS: usize = 200;
/// A slow model is measured for about this time.
const LONGEST: Duration = Duration::from_secs(10);
/// Texts per thread in one call, so that the threads end at about the same time.
const TEXTS_PER_THREAD: usize = 16;
/// Number of single queries.
const QUERIES: usize = 20;

/// The speed of a model.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Speed {
    /// Papers embedded per second on all threads, with the sentences of their abstracts.
    pub papers_per_s: f64,
    /// The median time of embedding one query, in milliseconds.
    pub query_ms: f64,
    /// Number of papers that were embedded.
    pub papers: usize,
}

impl Speed {
    /// Embeds up to [`SPEED_PAPERS`] of the papers, or as many as 10 seconds allow, and 20 of their titles as queries.
    /// The embedder must not have a cache.
    ///
    /// # Errors
    /// When a text cannot be embedded; [`Error::Interrupted`].
    pub fn of(embedder: &Embedder, papers: &[Paper], progress: &dyn Progress) -> Result<Self> {
        let papers: Vec<&Paper> = papers.iter().take(SPEED_PAPERS).collect();
        // The first texts load the networks and grow the buffers.
        if let Some(first) = papers.first() {
            ingest::embedded(embedder, &[first], progress)?;
            embedder.embed_one(Role::Query, &first.title)?;
        }
        let (mut done, start) = (0, Instant::now());
        for group in papers.chunks(TEXTS_PER_THREAD * embedder.threads()) {
            done += ingest::embedded(embedder, group, progress)?.iter().flatten().count();
            if progress.is_cancelled() {
                return Err(Error::Interrupted);
            }
            if start.elapsed() >= LONGEST {
                break;
            }
        }
        #[allow(clippy::cast_precision_loss)] // few papers
        let papers_per_s = done as f64 / start.elapsed().as_secs_f64().max(f64::MIN_POSITIVE);
        let mut times = Vec::with_capacity(QUERIES);
        for paper in papers.iter().cycle().take(QUERIES) {
            let start = Instant::now();
            embedder.embed_one(Role::Query, &paper.title)?;
            times.push(start.elapsed().as_secs_f64() * 1e3);
        }
        times.sort_by(f64::total_cmp);
        let query_ms = times.get(times.len() / 2).copied().unwrap_or(0.0);
        Ok(Self { papers_per_s, query_ms, papers: done })
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::corpus::sample;
    use crate::embed::ModelFolder;
    use crate::progress::Silent;

    #[test]
    fn every_paper_of_a_fast_model_is_embedded() {
        let model = ModelFolder::open(Path::new("tests/data/models/static")).unwrap();
        let embedder = Embedder::load(&model, 2).unwrap();
        let papers: Vec<Paper> = sample::papers().map(Result::unwrap).collect();
        let speed = Speed::of(&embedder, &papers, &Silent).unwrap();
        assert_eq!(speed.papers, papers.len().min(SPEED_PAPERS));
        assert!(speed.papers_per_s > 1.0 && speed.query_ms > 0.0, "{speed:?}");
    }

    #[test]
    fn an_interrupt_ends_the_measurement() {
        struct Cancelled;
        impl Progress for Cancelled {
            fn is_cancelled(&self) -> bool {
                true
            }
        }
        let model = ModelFolder::open(Path::new("tests/data/models/static")).unwrap();
        let embedder = Embedder::load(&model, 1).unwrap();
        let papers: Vec<Paper> = sample::papers().map(Result::unwrap).collect();
        let ended = Speed::of(&embedder, &papers, &Cancelled);
        assert!(matches!(ended, Err(Error::Interrupted)), "{ended:?}");
    }
}
