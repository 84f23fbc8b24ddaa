//! What is told of an index? How it was built, how large it is, what it finds how fast, and which number of candidates is enough.

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

/// What shall be measured.
#[derive(Debug, Clone)]
pub struct RecallOptions {
    /// Numbers of candidates that are tried.
    pub efs: Vec<usize>,
    /// The recall of the `k` nearest papers that is wanted; `k` is 1, 10 or 100.
    pub wanted: f64,
    /// Of how many nearest papers the recall is.
    pub k: usize,
    /// Build a graph also where there is one, to tell how long that takes.
    pub build: bool,
    /// That build, and find the truth; questions are asked on one thread.
    pub threads: usize,
}

/// What was measured.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RecallReport {
    /// Papers in the collection.
    pub papers: usize,
    /// Numbers of a vector.
    pub dimension: usize,
    /// Questions that were asked.
    pub questions: usize,
    /// Threads that built the graph and found the truth.
    pub threads: usize,
    /// The graph that was measured.
    pub graph: GraphFacts,
    /// What walks found, the fewest candidates first.
    pub sweep: Vec<SweepPoint>,
    /// What scans of all papers found.
    pub scans: Vec<Scan>,
    /// What was asked for, and what gives it.
    pub wanted: WantedRecall,
    /// `null` for vectors that are no collection.
    pub search: Option<CurrentSearch>,
}

/// A graph.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GraphFacts {
    /// Whether it is the one that searches use; else it was built for the measurement.
    pub in_use: bool,
    /// Papers that are newer than it are scanned.
    pub papers: usize,
    /// Size of its file.
    pub bytes: usize,
    /// The same for each paper in it.
    pub bytes_per_paper: f64,
    /// Building and mending; `null` when none was built.
    pub build_s: Option<f64>,
    /// Seconds of the audit; `null` when none was built.
    pub audit_s: Option<f64>,
    /// Different vectors, and how many of them are reached from the entry and find themselves.
    pub nodes: u32,
    /// Nodes that are reached from the entry.
    pub reachable: u32,
    /// Nodes that a search for their own vector finds.
    pub find_themselves: u32,
}

/// What was asked for, and what gives it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct WantedRecall {
    /// The share of the nearest papers.
    pub recall: f64,
    /// How many nearest papers: 1, 10 or 100.
    pub k: usize,
    /// The least number of candidates that finds as much; `null` when none does.
    pub ef: Option<usize>,
    /// What that finds.
    pub found: Option<f64>,
}

/// How the collection is searched now.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct CurrentSearch {
    /// Without a graph everything is compared, and the recall is 1.
    pub exact: bool,
    /// Candidates of a walk.
    pub ef: usize,
    /// Papers that a search asks for, which are the fewest candidates of a walk.
    pub candidates: usize,
    /// What was chosen before.
    pub tuning: Option<Tuning>,
}

/// Measures the graph in the folder of a store, `dir`. Where there is none, or no store, one is built in `folder`.
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
    // What is used now is always told.
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
    /// What to store so that searches find the wanted share; `None` where no number of candidates does.
    #[must_use]
    pub fn tuning(&self) -> Option<Tuning> {
        let WantedRecall { recall: wanted, k, ef, found } = self.wanted;
        let (ef, k) = (u32::try_from(ef?).ok()?, u32::try_from(k).ok()?);
        Some(Tuning { ef, k, wanted, recall: found?, papers: self.papers as u64 })
    }

    /// Recall against questions a second: a line for the graph, a point for each scan.
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
