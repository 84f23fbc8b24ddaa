//! The state that all requests share: searcher, worker threads, metrics and settings.

use std::sync::Arc;
use std::time::Instant;

use super::aside;
use super::error::WorkError;
use super::live_recall::LiveRecall;
use super::maps::Maps;
use super::metrics::Metrics;
use super::workers::Workers;
use super::writer::Writer;
use crate::engine::Engine;
use crate::progress::Progress;
use crate::search::{Answer, Examples, Mode, Options, Query, Searcher, Size, ms, text_of};
use crate::server::settings::Settings;

/// A running service. Clones share its state.
#[derive(Clone)]
pub struct Service(Arc<Shared>);

struct Shared {
    searcher: Arc<Searcher>,
    workers: Workers,
    writer: Writer,
    maps: Maps,
    recall: LiveRecall,
    metrics: Metrics,
    settings: Settings,
}

impl Service {
    /// Starts the worker threads; they end when the last clone of this is dropped.
    ///
    /// # Errors
    /// When a thread cannot be started.
    pub fn start(searcher: Arc<Searcher>, settings: Settings) -> crate::error::Result<Self> {
        let metrics = Metrics::new();
        let workers = Workers::start(&searcher, &settings, &metrics)?;
        let writer = Writer::start(&searcher, &metrics)?;
        let maps = Maps::start(Arc::clone(&searcher))?;
        // Only the graph of a store in a folder is measured.
        let one_in = searcher.store().map_or(0, |_| settings.recall_share.into());
        let recall = LiveRecall::start(Arc::clone(&searcher), one_in)?;
        Ok(Self(Arc::new(Shared { searcher, workers, writer, maps, recall, metrics, settings })))
    }

    /// Runs a search on the search threads. A sample of the queries is repeated later without the graph, to measure recall.
    pub(crate) async fn search(&self, query: Query, options: Options) -> Result<Answer, WorkError> {
        let start = Instant::now();
        let vector = match text_of(&query) {
            _ if !self.0.searcher.embeds(options.mode) => None,
            Some(text) => Some(self.workers().embed(text).await?),
            None => None,
        };
        if let Some(vector) = vector.as_ref().filter(|_| options.mode != Mode::Lexical) {
            self.0.recall.offer(vector.embedding(), &options.filter);
        }
        let search = move |searcher: &Searcher, progress: &dyn Progress| {
            searcher.search_embedded(&query, vector.as_ref(), options, progress)
        };
        // Read the clock afterwards: the fields of a struct are computed before its base.
        let answer = self.workers().ask_watched(search).await?;
        Ok(Answer { took_ms: ms(start.elapsed()), ..answer })
    }

    /// Finds papers related to examples, on the search threads.
    pub(crate) async fn related(&self, examples: Examples, options: Options) -> Result<Answer, WorkError> {
        let start = Instant::now();
        let vector = match &examples.text {
            _ if !self.0.searcher.embeds(options.mode) => None,
            Some(text) => Some(self.workers().embed(text.clone()).await?),
            None => None,
        };
        let related = move |searcher: &Searcher, progress: &dyn Progress| {
            searcher.related_embedded(&examples, vector.as_ref(), options, progress)
        };
        let answer = self.workers().ask_watched(related).await?;
        Ok(Answer { took_ms: ms(start.elapsed()), ..answer })
    }

    /// Checks that the collection can be read. It does not use the search queue, so that it works under full load.
    pub(crate) async fn ready(&self) -> Result<(), WorkError> {
        let searcher = Arc::clone(&self.0.searcher);
        aside(move || searcher.engine().ready()).await?.map_err(WorkError::Failed)
    }

    /// The size of the collection. It does not use the search queue, so that metrics work under full load.
    pub(crate) async fn size(&self) -> Result<Size, WorkError> {
        let searcher = Arc::clone(&self.0.searcher);
        aside(move || searcher.size()).await?.map_err(WorkError::Failed)
    }

    /// The search threads.
    pub(crate) fn workers(&self) -> &Workers {
        &self.0.workers
    }

    /// The writer thread.
    pub(crate) fn writer(&self) -> &Writer {
        &self.0.writer
    }

    /// The map thread.
    pub(crate) fn maps(&self) -> &Maps {
        &self.0.maps
    }

    /// The live recall.
    pub(crate) fn recall(&self) -> &LiveRecall {
        &self.0.recall
    }

    /// The metrics of the service.
    pub(crate) fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    /// The settings of the service.
    pub(crate) fn settings(&self) -> &Settings {
        &self.0.settings
    }
}
