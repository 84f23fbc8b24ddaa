//! What do all requests share? The searcher, those who work on it, the figures and the settings.

use std::sync::Arc;

use axum::extract::FromRef;

use super::live_recall::LiveRecall;
use super::map::Maps;
use super::metrics::Metrics;
use super::rate_limit::RateLimit;
use super::settings::Settings;
use super::workers::Workers;
use super::writer::Writer;
use crate::error::Result;
use crate::search::Searcher;

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
    rate_limit: Option<RateLimit>,
    settings: Settings,
}

impl Service {
    /// Starts the threads that work for it; they end when the last clone of this is gone.
    ///
    /// # Errors
    /// When the system has no threads left.
    pub fn start(searcher: Arc<Searcher>, settings: Settings) -> Result<Self> {
        let metrics = Metrics::new();
        let workers = Workers::start(&searcher, &settings, &metrics)?;
        let writer = Writer::start(&searcher, &metrics)?;
        let maps = Maps::start(Arc::clone(&searcher))?;
        let recall = LiveRecall::start(Arc::clone(&searcher), settings.recall_share.into())?;
        let rate_limit = settings.rate_limit.map(RateLimit::new);
        Ok(Self(Arc::new(Shared { searcher, workers, writer, maps, recall, metrics, rate_limit, settings })))
    }

    pub(super) fn searcher(&self) -> &Arc<Searcher> {
        &self.0.searcher
    }

    pub(super) fn workers(&self) -> &Workers {
        &self.0.workers
    }

    pub(super) fn writer(&self) -> &Writer {
        &self.0.writer
    }

    pub(super) fn maps(&self) -> &Maps {
        &self.0.maps
    }

    pub(super) fn recall(&self) -> &LiveRecall {
        &self.0.recall
    }

    pub(super) fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    pub(super) fn rate_limit(&self) -> Option<&RateLimit> {
        self.0.rate_limit.as_ref()
    }

    pub(super) fn settings(&self) -> &Settings {
        &self.0.settings
    }
}

impl FromRef<Service> for Workers {
    fn from_ref(service: &Service) -> Self {
        service.workers().clone()
    }
}
