//! How is the service doing? Figures for a monitoring system.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64};
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::{Family, MetricConstructor};
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use super::live_recall::Reading;
use crate::search::Size;

/// Seconds: from a page's file to a question that waits behind a full queue.
const LATENCIES: [f64; 13] = [0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];
const BATCHES: [f64; 6] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0];

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Outcome {
    route: String,
    method: &'static str,
    status: u16,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Route {
    route: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Named {
    queue: &'static str,
}

#[derive(Clone)]
struct Latencies;

impl MetricConstructor<Histogram> for Latencies {
    fn new_metric(&self) -> Histogram {
        Histogram::new(LATENCIES)
    }
}

/// What is counted and measured.
#[derive(Clone)]
pub(crate) struct Metrics {
    registry: Arc<Registry>,
    requests: Family<Outcome, Counter>,
    latencies: Family<Route, Histogram, Latencies>,
    queues: Family<Named, Gauge>,
    pub batch_sizes: Histogram,
    papers: Gauge<i64, AtomicI64>,
    /// Rows newer than the graph.
    tail: Gauge<i64, AtomicI64>,
    recall: Gauge<f64, AtomicU64>,
    recall_samples: Gauge<i64, AtomicI64>,
    recall_dropped: Gauge<i64, AtomicI64>,
}

impl Metrics {
    /// Figures of a service that has done nothing yet.
    pub fn new() -> Self {
        let mut registry = Registry::with_prefix("paperkin");
        let requests = Family::default();
        registry.register("http_requests", "Requests answered, by route, method and status", requests.clone());
        let latencies = Family::new_with_constructor(Latencies);
        registry.register_with_unit(
            "http_request_duration",
            "From a request's header to its answer's, by route",
            Unit::Seconds,
            latencies.clone(),
        );
        let queues = Family::default();
        registry.register("queue_depth", "What waits to be computed", queues.clone());
        let batch_sizes = Histogram::new(BATCHES);
        registry.register("embedding_batch_size", "Questions that were embedded together", batch_sizes.clone());
        let (papers, tail) = (Gauge::default(), Gauge::default());
        registry.register("papers", "Papers in the collection", papers.clone());
        registry.register(
            "rows_outside_graph",
            "Papers that are scanned because they are not in the graph yet",
            tail.clone(),
        );
        let recall: Gauge<f64, AtomicU64> = Gauge::default();
        recall.set(f64::NAN);
        registry.register(
            "live_recall_at_10",
            "Share of the ten nearest papers that the graph found, over the last questions that were repeated without it",
            recall.clone(),
        );
        let (recall_samples, recall_dropped) = (Gauge::default(), Gauge::default());
        registry.register("live_recall_samples", "Questions that were repeated so", recall_samples.clone());
        registry.register(
            "live_recall_dropped",
            "Questions that would have been repeated, had not another one been at that moment",
            recall_dropped.clone(),
        );
        Self {
            registry: Arc::new(registry),
            requests,
            latencies,
            queues,
            batch_sizes,
            papers,
            tail,
            recall,
            recall_samples,
            recall_dropped,
        }
    }

    /// The number of those that wait in a queue.
    pub fn queue(&self, queue: &'static str) -> Gauge {
        self.queues.get_or_create_owned(&Named { queue })
    }

    /// Counts a request that was answered.
    pub fn answered(&self, route: &str, method: &'static str, status: u16, took: Duration) {
        let route = route.to_owned();
        self.latencies.get_or_create(&Route { route: route.clone() }).observe(took.as_secs_f64());
        self.requests.get_or_create(&Outcome { route, method, status }).inc();
    }

    /// All figures in the text form of Prometheus (OpenMetrics 1.0), with those that are read at this moment.
    pub fn text(&self, size: Size, live: Reading) -> Result<String, fmt::Error> {
        let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        self.papers.set(number(size.papers));
        self.tail.set(number(size.tail));
        self.recall.set(live.recall_at_10.unwrap_or(f64::NAN));
        self.recall_samples.set(i64::try_from(live.samples).unwrap_or(i64::MAX));
        self.recall_dropped.set(i64::try_from(live.dropped).unwrap_or(i64::MAX));
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}
