//! The report of a recall measurement: build time, size, recall and speed of the graph, and the smallest sufficient
//! `ef`.

use std::path::Path;

use rayon::ThreadPoolBuilder;
use serde::Serialize;

use super::chart::{Chart, Series};
use super::sweep::{K, Scan, Sweep, SweepPoint};
use super::truth::Truth;
use crate::embed::Embedding;
use crate::error::Result;
use crate::graph::{self, Graph, Took};
use crate::progress::Progress;
use crate::search;
use crate::store::{Snapshot, Tuning};

/// Options of a measurement.
#[derive(Debug, Clone)]
pub struct RecallOptions {
    /// Values of `ef` to measure.
    pub efs: Vec<usize>,
    /// The target recall@k; `k` is 1, 10 or 100.
    pub wanted: f64,
    /// Number of nearest neighbours k.
    pub k: usize,
    /// Build a graph even if there is one, to measure the build time.
    pub build: bool,
    /// Number of threads to build the graph and to scan for true neighbours; queries run on one thread.
    pub threads: usize,
}

/// The results of a measurement.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RecallReport {
    /// Number of papers in the collection.
    pub papers: usize,
    /// Dimensions of the vectors.
    pub dimension: usize,
    /// Number of queries.
    pub questions: usize,
    /// Number of threads that built the graph and scanned for true neighbours.
    pub threads: usize,
    /// The graph that was measured.
    pub graph: GraphFacts,
    /// The results of graph searches, in ascending order of `ef`.
    pub sweep: Vec<SweepPoint>,
    /// The results of exact scans.
    pub scans: Vec<Scan>,
    /// The target recall, and the smallest `ef` that reaches it.
    pub wanted: WantedRecall,
    /// The present settings of searches; `null` for vectors outside a store.
    pub search: Option<CurrentSearch>,
}

/// Facts about a graph.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GraphFacts {
    /// Whether searches use this graph; otherwise it was built for the measurement.
    pub in_use: bool,
    /// Number of papers in the graph; newer ones are in the tail and are scanned.
    pub papers: usize,
    /// Size of its file, in bytes.
    pub bytes: usize,
    /// Bytes per paper in the graph.
    pub bytes_per_paper: f64,
    /// Time to build and repair the graph, in seconds; `null` if it was not built.
    pub build_s: Option<f64>,
    /// Time of the audit, in seconds; `null` if the graph was not built.
    pub audit_s: Option<f64>,
    /// Number of nodes; papers with equal vectors share one.
    pub nodes: u32,
    /// Number of nodes that are reachable from the entry point.
    pub reachable: u32,
    /// Number of nodes that a search for their own vector finds.
    pub find_themselves: u32,
}

/// A target recall, and the smallest `ef` that reaches it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct WantedRecall {
    /// The target recall@k.
    pub recall: f64,
    /// Number of nearest neighbours k: 1, 10 or 100.
    pub k: usize,
    /// The smallest `ef` that reaches the target; `null` if none does.
    pub ef: Option<usize>,
    /// The recall that was measured with it.
    pub found: Option<f64>,
}

/// The present settings of searches.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct CurrentSearch {
    /// Whether searches scan all vectors, because there is no graph. Then the recall is 1.
    pub exact: bool,
    /// Candidate list size (`ef`) of a graph search.
    pub ef: usize,
    /// Number of candidates that a search requests, which is the minimum of `ef`.
    pub candidates: usize,
    /// The stored tuning, if any.
    pub tuning: Option<Tuning>,
}

/// Measures the graph of the store in the folder `dir`. Without a graph, or without a store, one is built in `folder`.
///
/// ```
/// # use std::path::Path;
/// # use paperkin::{corpus::sample, embed::{Embedder, ModelFolder}, ingest::{Ingest, open_store}, progress::Silent};
/// # let folder = tempfile::tempdir()?;
/// # let model = ModelFolder::open(Path::new("tests/data/models/static"))?;
/// # let embedder = Embedder::load(&model, 1)?;
/// # let store = open_store(folder.path(), &model)?;
/// # let mut ingest = Ingest::new(&store, &embedder, &Silent);
/// # ingest.add(sample::papers())?;
/// # ingest.finish()?;
/// use paperkin::embed::Role;
/// use paperkin::recall::{RecallOptions, measure};
/// let questions = ["attention", "images"].map(|text| embedder.embed_one(Role::Query, text).unwrap().embedding);
/// let options = RecallOptions { efs: vec![10, 40], wanted: 0.9, k: 10, build: false, threads: 1 };
/// let report = measure((None, folder.path()), &*store.snapshot()?, &questions, &options, &Silent)?;
/// assert!(report.wanted.ef.is_some());
/// # Ok::<(), paperkin::Error>(())
/// ```
///
/// # Errors
/// When a graph cannot be built; [`Error::Interrupted`](crate::Error::Interrupted).
pub fn measure(
    (dir, folder): (Option<&Path>, &Path),
    snapshot: &Snapshot,
    questions: &[Embedding],
    options: &RecallOptions,
    progress: &dyn Progress,
) -> Result<RecallReport> {
    let own = dir.map_or_else(Graph::default, |dir| Graph::open(dir, snapshot));
    let in_use = own.rows() > 0;
    let built = if options.build || !in_use {
        progress.note(&format!("building an HNSW graph of {} papers", snapshot.len()));
        Some(graph::build_in(folder, snapshot, options.threads)?)
    } else {
        None
    };
    let took = built.as_ref().map(|(_, took)| *took);
    let graph = built.map(|(graph, _)| graph).filter(|_| !in_use).unwrap_or(own);
    progress.note(&format!("finding the true neighbours of {} queries by an exact scan", questions.len()));
    let pool = ThreadPoolBuilder::new().num_threads(options.threads).build().map_err(std::io::Error::other)?;
    let truth = pool.install(|| Truth::of(snapshot, questions, K, snapshot.live(), progress))?;
    progress.note("searching the HNSW graph");
    let sweep = Sweep { graph: &graph, snapshot, questions, truth: &truth, progress };
    let search = dir.map(|_| CurrentSearch {
        exact: !in_use,
        ef: graph::candidates(snapshot, search::CANDIDATES),
        candidates: search::CANDIDATES,
        tuning: snapshot.tuning,
    });
    let mut efs = options.efs.clone();
    // The settings in use are always measured.
    efs.extend(search.filter(|search| !search.exact).map(|search| search.ef));
    efs.sort_unstable();
    efs.dedup();
    let mut points = sweep.over(&efs)?;
    let ef = sweep.enough(&mut points, options.k, options.wanted)?;
    let found = points.iter().find(|point| Some(point.ef) == ef).and_then(|point| point.recalls.at(options.k));
    Ok(RecallReport {
        papers: snapshot.len(),
        dimension: snapshot.vectors.dimension(),
        questions: questions.len(),
        threads: options.threads,
        graph: facts(&graph, in_use, took),
        scans: sweep.scans()?,
        sweep: points,
        wanted: WantedRecall { recall: options.wanted, k: options.k, ef, found },
        search,
    })
}

fn facts(graph: &Graph, in_use: bool, took: Option<Took>) -> GraphFacts {
    let audit = graph.audit();
    #[allow(clippy::cast_precision_loss)] // bytes of a file
    let bytes_per_paper = graph.bytes() as f64 / graph.rows().max(1) as f64;
    GraphFacts {
        in_use,
        papers: graph.rows(),
        bytes: graph.bytes(),
        bytes_per_paper,
        build_s: took.map(|took| took.build.as_secs_f64()),
        audit_s: took.map(|took| took.audit.as_secs_f64()),
        nodes: audit.map_or(0, |audit| audit.nodes),
        reachable: audit.map_or(0, |audit| audit.reached),
        find_themselves: audit.map_or(0, |audit| audit.found),
    }
}

impl RecallReport {
    /// The tuning to store so that searches reach the target recall; `None` if no `ef` does.
    #[must_use]
    pub fn tuning(&self) -> Option<Tuning> {
        let WantedRecall { recall: wanted, k, ef, found } = self.wanted;
        let (ef, k) = (u32::try_from(ef?).ok()?, u32::try_from(k).ok()?);
        Some(Tuning { ef, k, wanted, recall: found?, papers: self.papers as u64 })
    }

    /// A chart of recall and queries per second: a line for the graph, a point for each scan.
    #[must_use]
    pub fn chart(&self) -> Chart {
        let k = self.wanted.k;
        let series = |name: &str, points: Vec<(f64, f64, String)>| Series { name: name.to_owned(), points };
        let walks = self.sweep.iter().filter_map(|point| {
            let recall = point.recalls.at(k)?;
            Some((recall, point.timing.per_second, format!("ef {}", point.ef)))
        });
        let scans = self.scans.iter().map(|scan| {
            let name = format!("scan of {}", scan.scan);
            let point = (scan.recalls.at(k).unwrap_or(scan.recalls.at_1), scan.timing.per_second, String::new());
            series(&name, vec![point])
        });
        Chart {
            title: format!("{} papers, {} questions", self.papers, self.questions),
            x: format!("recall@{k}"),
            y: "queries/s, one thread".to_owned(),
            series: std::iter::once(series("graph", walks.collect())).chain(scans).collect(),
        }
    }
}
