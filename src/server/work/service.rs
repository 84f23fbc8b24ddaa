//! What do all requests share? The searcher, those who work on it, the figures and the settings.

use std::sync::Arc;
use std::time::Instant;

use super::error::WorkError;
use super::live_recall::LiveRecall;
use super::maps::Maps;
use super::metrics::Metrics;
use super::workers::Workers;
use super::writer::Writer;
use crate::progress::Progress;
use crate::search::{Answer, Examples, Mode, Options, Query, Searcher, Size, ms};
use crate::server::settings::Settings;

/// A running service; clones are the same one.
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
    /// Starts the threads that work for it; they end when the last clone of this is gone.
    ///
    /// # Errors
    /// When the system has no threads left.
    pub fn start(searcher: Arc<Searcher>, settings: Settings) -> crate::error::Result<Self> {
        let metrics = Metrics::new();
        let workers = Workers::start(&searcher, &settings, &metrics)?;
        let writer = Writer::start(&searcher, &metrics)?;
        let maps = Maps::start(Arc::clone(&searcher))?;
        let recall = LiveRecall::start(Arc::clone(&searcher), settings.recall_share.into())?;
        Ok(Self(Arc::new(Shared { searcher, workers, writer, maps, recall, metrics, settings })))
    }

    /// Answers a question, by the threads that do so. A share of the questions is asked again later, to know how much the graph finds.
    pub(crate) async fn search(&self, query: Query, options: Options) -> Result<Answer, WorkError> {
        let start = Instant::now();
        let vector = self.workers().embed(query.clone()).await?;
        if options.mode != Mode::Lexical {
            self.0.recall.offer(vector.embedding(), &options.filter);
        }
        let search = move |searcher: &Searcher, progress: &dyn Progress| {
            searcher.search_embedded(&query, Some(&vector), options, progress)
        };
        Ok(Answer { took_ms: ms(start.elapsed()), ..self.workers().ask_watched(search).await? })
    }

    /// Finds what is related to examples, by the threads that do so.
    pub(crate) async fn related(&self, examples: Examples, options: Options) -> Result<Answer, WorkError> {
        let start = Instant::now();
        let vector = match &examples.text {
            Some(text) => Some(self.workers().embed(text.clone()).await?),
            None => None,
        };
        let related = move |searcher: &Searcher, progress: &dyn Progress| {
            searcher.related_embedded(&examples, vector.as_ref(), options, progress)
        };
        Ok(Answer { took_ms: ms(start.elapsed()), ..self.workers().ask_watched(related).await? })
    }

    /// How large the collection is, or why it cannot be read; not by the workers, whose queue may be full: that is when somebody looks.
    pub(crate) async fn size(&self) -> Result<Size, WorkError> {
        let searcher = Arc::clone(&self.0.searcher);
        let size = tokio::task::spawn_blocking(move || searcher.size()).await;
        size.map_err(|_| WorkError::Lost)?.map_err(WorkError::Failed)
    }

    /// Who searches.
    pub(crate) fn workers(&self) -> &Workers {
        &self.0.workers
    }

    /// Who embeds papers and texts.
    pub(crate) fn writer(&self) -> &Writer {
        &self.0.writer
    }

    /// Who draws.
    pub(crate) fn maps(&self) -> &Maps {
        &self.0.maps
    }

    /// Who measures.
    pub(crate) fn recall(&self) -> &LiveRecall {
        &self.0.recall
    }

    /// What is counted and measured.
    pub(crate) fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    /// What its user has chosen.
    pub(crate) fn settings(&self) -> &Settings {
        &self.0.settings
    }
}
