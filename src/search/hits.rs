//! Which papers become hits, in which order, and what is said of each?

use std::sync::Arc;

use fixedbitset::FixedBitSet;

use super::answer::Found;
use super::candidates::{self, Weighed, candidates};
use super::diversify::diversified;
use super::fusion::Candidate;
use super::highlight::Wanted;
use super::{Hit, Mode, Options, RERANKED, Searcher, Seen, rerank};
use crate::error::{Error, Result};
use crate::lexical::{Lexical, Scores};
use crate::paper::Paper;
use crate::progress::Progress;

impl Searcher {
    pub(super) fn hits(
        &self,
        now: &Seen,
        wanted: Wanted<'_>,
        rows: FixedBitSet,
        options: &Options,
        progress: &dyn Progress,
    ) -> Result<Option<Found>> {
        let Wanted { direction, words } = wanted;
        let k = options.skip.saturating_add(options.k.get());
        let reranker = match words.filter(|_| options.rerank) {
            Some(question) => Some((self.reranker.as_ref().ok_or(Error::NoReranker)?, question)),
            None => None,
        };
        let scores = words.filter(|_| options.mode != Mode::Dense).map(|words| self.scores(now, words)).transpose()?;
        let snapshot = &now.snapshot;
        let found = candidates(candidates::Asked {
            snapshot,
            graph: &now.graph,
            rows: &rows,
            question: direction,
            words: scores.as_ref(),
            expanded: &|papers| self.expanded(now, scores.as_ref(), papers),
            mode: options.mode,
            fusion: options.fusion,
            feedback: options.feedback,
            k: options.k.get(),
        })?;
        // One more than is wanted tells whether there is another page.
        let most = if reranker.is_some() { k.max(RERANKED) } else { k }.saturating_add(1);
        let Some(mut found) = self.with_papers(now, found, if options.diverse.is_off() { Some(most) } else { None })?
        else {
            return Ok(None);
        };
        let ranked = found.len();
        if let Some((reranker, question)) = reranker {
            rerank::rerank(reranker, question, &mut found, progress)?;
        }
        if !options.diverse.is_off() {
            let relevance = rerank::relevance(&found);
            let vector = |place: usize| snapshot.vectors.row(found[place].0.doc).unwrap_or_default();
            let cosine = |a, b| vector(a).iter().zip(vector(b)).map(|(a, b)| a * b).sum();
            let order = diversified(&relevance, cosine, options.diverse.share(), k);
            found = order.into_iter().map(|place| found[place].clone()).collect();
        }
        let more = ranked > k;
        found.truncate(k);
        found.drain(..options.skip.min(found.len()));
        let highlights = if options.highlight {
            let generation = snapshot.generation.number;
            let papers = found.iter().map(|(found, paper)| (found.doc, paper));
            let stored = |doc| self.store.sentences_at(generation, doc);
            self.highlighter.highlight(&now.embedder, generation, wanted, papers, stored, progress)?
        } else {
            vec![None; found.len()]
        };
        let hits = found.into_iter().zip(highlights).zip(options.skip + 1..);
        let hits = hits.map(|(((found, paper), highlight), rank)| Hit::new(rank, paper, &found, highlight));
        Ok(Some(Found { among: rows.count_ones(..), hits: hits.collect(), more }))
    }

    /// The papers of the candidates that are no worse than the `k`th, or of all: the best first, those of equal score by id. `None`
    /// when one of them has been changed since.
    fn with_papers(
        &self,
        now: &Seen,
        mut found: Vec<Candidate>,
        k: Option<usize>,
    ) -> Result<Option<Vec<(Candidate, Paper)>>> {
        if let Some(worst) = k.and_then(|k| found.get(k - 1)).map(|found| found.score) {
            found.retain(|found| found.score >= worst);
        }
        let mut papers = Vec::with_capacity(found.len());
        for found in found {
            match self.store.paper_at(now.snapshot.generation.number, found.doc)? {
                Some(paper) => papers.push((found, paper)),
                None if self.store.version()? != now.version => return Ok(None),
                // Nobody has committed: the database contradicts itself.
                None => {}
            }
        }
        papers.sort_by(|(a, one), (b, other)| b.score.total_cmp(&a.score).then_with(|| one.id.cmp(&other.id)));
        Ok(Some(papers))
    }

    /// The BM25 score of every row. An index that turns out to be damaged is made anew in memory.
    fn scores(&self, now: &Seen, words: &str) -> Result<Scores> {
        if let Some(scores) = now.lexical.scores(words) {
            return Ok(scores);
        }
        let lexical = Arc::new(Lexical::open_in_memory(&self.store, &now.snapshot)?);
        self.see(Seen { lexical: Arc::clone(&lexical), ..now.clone() });
        let none = || Scores { of_rows: vec![0.0; now.snapshot.vectors.rows()], ..Scores::default() };
        Ok(lexical.scores(words).unwrap_or_else(none))
    }

    /// Those scores, with words that papers add to the question.
    fn expanded(&self, now: &Seen, scores: Option<&Scores>, papers: &Weighed) -> Result<Option<Scores>> {
        let Some(scores) = scores else { return Ok(None) };
        let mut read = Vec::with_capacity(papers.len());
        for (weight, doc) in papers {
            // One that has been changed since: somebody has committed, and all is asked again.
            let Some(paper) = self.store.paper_at(now.snapshot.generation.number, *doc)? else { return Ok(None) };
            read.push((*weight, paper));
        }
        Ok(now.lexical.scores_with(scores, &read))
    }
}
