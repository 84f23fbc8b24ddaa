//! Measures each model on each test set: reads and checks all test sets first, then embeds and searches.

use std::collections::HashSet;
use std::sync::Arc;

use serde::Serialize;

use super::systems::PLAIN_SUM;
use super::{Evaluate, output};
use crate::cli::progress::Line;
use crate::cli::{cached, found};
use crate::embed::cache::Cache;
use crate::embed::{Embedder, Fingerprint, ModelFolder, Reranker, Score};
use crate::error::Error;
use crate::evaluate;
use crate::evaluate::collection::{Documents, TestCollection};
use crate::evaluate::plain_sum::{SUMMED, best_sum};
use crate::evaluate::report::{Modes, measured};
use crate::evaluate::run::Run;
use crate::evaluate::test_set::{JudgedQuery, TestSet};
use crate::folder_size::folder_size;
use crate::search::{Fusion, Mode, Options};

/// A test set that was read and checked.
pub(super) struct Task {
    pub set: TestSet,
    /// The name of the folder, or its path if several have this name.
    pub name: String,
    pub queries: Vec<JudgedQuery>,
    documents: Documents,
    /// Queries without a relevant document.
    left_out: usize,
}

/// The rankings of a model on a test set.
pub(super) struct Measured {
    pub report: Report,
    pub runs: Vec<(String, Run)>,
    pub queries: Vec<JudgedQuery>,
}

/// What is printed with `--json` for a model and a test set.
#[derive(Serialize)]
pub(super) struct Report {
    pub modes: Modes,
    pub set: String,
    pub split: String,
    pub documents: usize,
    /// Queries with a relevant document.
    pub queries: usize,
    pub queries_left_out: usize,
    /// Queries that are documents of the corpus; these documents do not count as hits.
    pub queries_in_corpus: usize,
    /// Whether papers related to the query's document were searched.
    pub related: bool,
    /// Whether only the judged documents of each query were ranked.
    pub pools: bool,
    pub depth: u16,
    fusion: Fusion,
    /// Whether mode `hybrid` used pseudo-relevance feedback.
    feedback: bool,
    confidence: f64,
    bootstrap_samples: usize,
    pub model: String,
    fingerprint: Fingerprint,
    pub kernel: &'static str,
    /// The cross-encoder of mode `reranked`, if any.
    reranker: Option<String>,
    /// The number of hits that it reads.
    rerank_depth: Option<usize>,
    /// The dense ranking's weight in the best plain sum, if that was measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plain_sum_weight: Option<f32>,
    /// The published score of the model's dense search on a test set of this name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub published: Option<Score>,
    /// Texts found in the cache, and texts embedded; `None` with `--no-cache`.
    from_cache: Option<u64>,
    embedded: Option<u64>,
    pub runs: Vec<String>,
}

impl Evaluate {
    /// Reads the queries and checks the documents of all test sets.
    pub(super) fn tasks(&self) -> anyhow::Result<Vec<Task>> {
        self.check_files()?;
        let sets = self.dirs.iter().map(|dir| TestSet::open(dir)).collect::<Result<Vec<_>, _>>()?;
        let names: Vec<String> = sets.iter().map(TestSet::name).collect();
        let names = distinct(&names, |place| self.dirs[place].display().to_string());
        sets.into_iter().zip(names).map(|(set, name)| self.task(set, name)).collect()
    }

    fn task(&self, set: TestSet, name: String) -> anyhow::Result<Task> {
        let (judged, missing) = set.queries_and_missing(&self.split)?;
        if let Some(first) = missing.first() {
            let count = missing.len();
            output::warning(&format!(
                "judged queries that are not in queries.jsonl are left out: {count}, `{first}` first"
            ));
        }
        let all = judged.len();
        let mut queries = self.measurable(&set, judged)?;
        if self.related {
            for query in &mut queries {
                query.document.get_or_insert_with(|| query.id.clone());
            }
        }
        let documents = Documents::read(&set, &queries)?;
        if let Some((count, document, query)) = documents.unknown(&queries) {
            let (document, query) = (document.to_owned(), query.to_owned());
            let unknown = Error::UnknownDocuments { folder: set.folder().to_owned(), count, document, query };
            if !self.incomplete {
                return Err(unknown.into());
            }
            output::warning(&unknown.to_string());
        }
        let no_document = |query: &&JudgedQuery| query.document.as_ref().is_some_and(|id| !documents.contains(id));
        if let Some(query) = queries.iter().find(no_document) {
            return Err(Error::NoQueryDocument { folder: set.folder().to_owned(), query: query.id.clone() }.into());
        }
        Ok(Task { left_out: all - queries.len(), set, name, queries, documents })
    }

    /// Measures every model on every test set. Also returns the embedders, one per model.
    pub(super) fn measured(&self, tasks: &[Task]) -> anyhow::Result<(Vec<Measured>, Vec<Arc<Embedder>>)> {
        let models = self.model.iter().map(|model| found(model, self.dimension)).collect::<Result<Vec<_>, _>>()?;
        let names: Vec<String> = models.iter().map(|model| model.manifest.name.clone()).collect();
        let names = distinct(&names, |place| self.model[place].clone());
        let reranker = self.rerank.found(self.compute.threads())?;
        let line = Line::new();
        let mut all = Vec::new();
        let mut embedders = Vec::new();
        for (model, name) in models.iter().zip(&names) {
            let embedder = Arc::new(self.embedder(model)?);
            for task in tasks {
                all.push(self.measured_one(task, (model, name), &embedder, reranker.clone(), &line)?);
            }
            embedders.push(embedder);
        }
        line.finish();
        Ok((all, embedders))
    }

    fn measured_one(
        &self,
        task: &Task,
        (model, name): (&ModelFolder, &str),
        embedder: &Arc<Embedder>,
        reranker: Option<Arc<Reranker>>,
        line: &Line,
    ) -> anyhow::Result<Measured> {
        let Task { queries, documents, .. } = task;
        // The embedder also counts the texts of the test sets before.
        let counted = || embedder.cache().map(|cache| (cache.found(), cache.computed()));
        let before = counted();
        let threads = self.compute.threads();
        let reranker_name = reranker.as_ref().map(|reranker| reranker.name().to_owned());
        let collection =
            TestCollection::build(&task.set, documents.clone(), (model, Arc::clone(embedder)), threads, line)?;
        let collection = collection.with_reranker(reranker).within_pools(self.pools);
        let mut runs = Vec::new();
        for system in self.systems()? {
            runs.push((system.name, collection.run(queries, &system.options, line)?));
        }
        let mut plain_sum_weight = None;
        if self.ablation {
            let run = |mode| collection.run(queries, &Options::from(SUMMED).mode(mode), line);
            let (dense, lexical) = (run(Mode::Dense)?, run(Mode::Lexical)?);
            let (weight, run) = best_sum(&dense, &lexical, queries, self.metric, self.depth.into());
            plain_sum_weight = Some(weight);
            runs.push((PLAIN_SUM.to_owned(), run));
        }
        let counts = before.zip(counted()).map(|(before, now)| (now.0 - before.0, now.1 - before.1));
        let report = Report {
            modes: measured(&runs, queries),
            set: task.name.clone(),
            split: self.split.clone(),
            documents: documents.len(),
            queries: queries.len(),
            queries_left_out: task.left_out,
            queries_in_corpus: documents.own(),
            related: queries.iter().any(|query| query.document.is_some()),
            pools: self.pools,
            depth: self.depth,
            fusion: self.hybrid.fusion,
            feedback: !self.hybrid.no_feedback,
            confidence: evaluate::CONFIDENCE,
            bootstrap_samples: evaluate::SAMPLES,
            model: name.to_owned(),
            fingerprint: model.fingerprint().clone(),
            kernel: embedder.runner_name(),
            rerank_depth: reranker_name.as_ref().map(|_| self.rerank_depth.rerank_depth),
            reranker: reranker_name,
            plain_sum_weight,
            published: model.manifest.published(&task.set.name()).cloned(),
            from_cache: counts.map(|(found, _)| found),
            embedded: counts.map(|(_, embedded)| embedded),
            runs: self.write(&task.name, name, &runs)?,
        };
        Ok(Measured { report, runs, queries: queries.clone() })
    }

    /// An embedder with a cache, unless that is disabled or unusable.
    fn embedder(&self, model: &ModelFolder) -> anyhow::Result<Embedder> {
        let threads = self.compute.threads();
        let embedder = Embedder::load(model, threads)?;
        Ok(if self.no_cache { embedder } else { cached(embedder, model, threads)? })
    }
}

/// The names, where a name that occurs several times is replaced by a longer one.
fn distinct(names: &[String], longer: impl Fn(usize) -> String) -> Vec<String> {
    let mut seen = HashSet::new();
    let twice: HashSet<&String> = names.iter().filter(|name| !seen.insert(*name)).collect();
    names
        .iter()
        .enumerate()
        .map(|(place, name)| if twice.contains(name) { longer(place) } else { name.clone() })
        .collect()
}

/// Prints how many texts were embedded, where the cache is, and how to delete it.
pub(super) fn print_cache(embedders: &[Arc<Embedder>]) {
    let caches: Vec<&Cache> = embedders.iter().filter_map(|embedder| embedder.cache()).collect();
    for cache in &caches {
        if let Some(fault) = cache.fault() {
            output::warning(&format!("not all embeddings are cached in `{}`: {fault}", cache.path().display()));
        }
    }
    let Some(folder) = caches.first().map(|cache| cache.path().parent().unwrap_or(cache.path())) else { return };
    output::note(&format!(
        "{} texts embedded, {} found in the cache ({} in `{}`); `paperkin evaluate --clear-cache` deletes it",
        caches.iter().map(|cache| cache.computed()).sum::<u64>(),
        caches.iter().map(|cache| cache.found()).sum::<u64>(),
        output::bytes(folder_size(folder).unwrap_or(0)),
        folder.display()
    ));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_occur_twice_are_replaced() {
        let names = ["a", "b", "a"].map(str::to_owned);
        assert_eq!(distinct(&names, |place| format!("{place}/a")), ["0/a", "b", "2/a"]);
    }
}
