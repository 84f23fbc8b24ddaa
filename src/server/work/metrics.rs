//! The metrics of the service, in OpenMetrics text format.

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

/// Bucket bounds of latencies in seconds, from a static file to a request that waits behind a full queue.
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

/// Counters, gauges and histograms of a service.
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
    /// The metrics of a new service.
    pub fn new() -> Self {
        let mut registry = Registry::with_prefix("paperkin");
        let requests = Family::default();
        registry.register("http_requests", "Number of HTTP requests, by route, method and status", requests.clone());
        let latencies = Family::new_with_constructor(Latencies);
        registry.register_with_unit(
            "http_request_duration",
            "Time from request headers to response headers, by route",
            Unit::Seconds,
            latencies.clone(),
        );
        let queues = Family::default();
        registry.register("queue_depth", "Number of jobs waiting in a queue", queues.clone());
        let batch_sizes = Histogram::new(BATCHES);
        registry.register("embedding_batch_size", "Number of queries embedded in one batch", batch_sizes.clone());
        let (papers, tail) = (Gauge::default(), Gauge::default());
        registry.register("papers", "Number of papers in the store", papers.clone());
        registry.register(
            "rows_outside_graph",
            "Number of rows newer than the HNSW graph, which are scanned",
            tail.clone(),
        );
        let recall: Gauge<f64, AtomicU64> = Gauge::default();
        recall.set(f64::NAN);
        registry.register(
            "live_recall_at_10",
            "Mean recall@10 of the HNSW graph over the last 1,000 sampled searches",
            recall.clone(),
        );
        let (recall_samples, recall_dropped) = (Gauge::default(), Gauge::default());
        registry.register("live_recall_samples", "Number of searches sampled for live recall", recall_samples.clone());
        registry.register(
            "live_recall_dropped",
            "Number of samples dropped because another one was being measured",
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

    /// The depth gauge of a queue.
    pub fn queue(&self, queue: &'static str) -> Gauge {
        self.queues.get_or_create_owned(&Named { queue })
    }

    /// Records a request and its latency.
    pub fn answered(&self, route: &str, method: &'static str, status: u16, took: Duration) {
        let route = route.to_owned();
        self.latencies.get_or_create(&Route { route: route.clone() }).observe(took.as_secs_f64());
        self.requests.get_or_create(&Outcome { route, method, status }).inc();
    }

    /// All metrics in OpenMetrics 1.0 text format, with the current size of the store and the current live recall.
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
