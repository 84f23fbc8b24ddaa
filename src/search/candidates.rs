//! Which papers may become hits? The best by meaning, the best by words, and of each of them what both say; then, the question
//! asked again with the best of these.

use fixedbitset::FixedBitSet;

use super::feedback::{moved, smooth, taken_for_right};
use super::fusion::{Candidate, fuse};
use super::query::{Fusion, Mode};
use crate::embed::Embedding;
use crate::error::Result;
use crate::graph::Graph;
use crate::lexical::Scores;
use crate::store::{DocId, Snapshot};

/// So many are taken of each ranking, or twice as many as there shall be hits: a paper that is in neither is far behind.
pub const CANDIDATES: usize = 200;

/// Papers, with what each counts for.
pub(super) type Weighed = [(f32, DocId)];

type Expanded<'a> = dyn Fn(&Weighed) -> Result<Option<Scores>> + 'a;

/// Where is looked, and for what.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub snapshot: &'a Snapshot,
    pub graph: &'a Graph,
    pub rows: &'a FixedBitSet,
    pub question: &'a Embedding,
    /// The scores by words of every row of the snapshot.
    pub words: Option<&'a Scores>,
    /// Those scores, when some papers add words of theirs; `None` where they cannot be read.
    pub expanded: &'a Expanded<'a>,
    pub mode: Mode,
    pub fusion: Fusion,
    pub feedback: bool,
    /// How many hits there shall be.
    pub k: usize,
}

/// The candidates, the best first; those of equal score in the order of their rows.
///
/// # Errors
/// When the store cannot be read.
pub(super) fn candidates(asked: Asked<'_>) -> Result<Vec<Candidate>> {
    let mut found = asked.first();
    sort(&mut found);
    if asked.feedback && asked.mode == Mode::Hybrid && asked.fusion == Fusion::Sum && !found.is_empty() {
        asked.again(&mut found)?;
        sort(&mut found);
    }
    Ok(found)
}

fn sort(found: &mut [Candidate]) {
    found.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.doc.cmp(&b.doc)));
}

impl Asked<'_> {
    /// The best by meaning and the best by words, with what both say of each.
    fn first(&self) -> Vec<Candidate> {
        let by_meaning = if self.mode == Mode::Lexical { Vec::new() } else { self.nearest(self.question) };
        let by_words = self.words.map(|words| self.best(words)).unwrap_or_default();
        let set = |docs: &[DocId]| -> FixedBitSet { docs.iter().map(|doc| doc.row()).collect() };
        let (with_meaning, with_words) = (set(&by_meaning), set(&by_words));
        let mut docs = [by_meaning, by_words].concat();
        docs.sort_unstable();
        docs.dedup();
        let mut found: Vec<Candidate> = docs.into_iter().map(|doc| self.candidate(doc)).collect();
        rank(
            &mut found,
            |found| found.cosine.filter(|_| with_meaning.contains(found.doc.row())),
            |found| &mut found.meaning_rank,
        );
        rank(
            &mut found,
            |found| found.bm25.filter(|_| with_words.contains(found.doc.row())),
            |found| &mut found.word_rank,
        );
        match self.mode {
            Mode::Hybrid => self.fuse(&mut found),
            Mode::Dense => found.iter_mut().for_each(|found| found.score = found.cosine.unwrap_or_default()),
            Mode::Lexical => found.iter_mut().for_each(|found| found.score = found.bm25.unwrap_or_default()),
        }
        found
    }

    /// Asks again with what the best of the candidates add to the question. The best by that become candidates, too.
    fn again(&self, found: &mut Vec<Candidate>) -> Result<()> {
        let right = taken_for_right(found);
        let moved = moved(self.snapshot, self.question, &right);
        let expanded = (self.expanded)(&right)?;
        let words = expanded.as_ref().or(self.words);
        let known: FixedBitSet = found.iter().map(|found| found.doc.row()).collect();
        let mut new = self.nearest(&moved);
        new.extend(words.map(|words| self.best(words)).unwrap_or_default());
        new.retain(|doc| !known.contains(doc.row()));
        new.sort_unstable();
        new.dedup();
        found.extend(new.into_iter().map(|doc| self.candidate(doc)));
        for found in &mut *found {
            if let Some(vector) = self.snapshot.vectors.row(found.doc) {
                found.by_meaning = moved.cosine(vector);
            }
            found.by_words = words.map_or(0.0, |words| words.of_rows[found.doc.row()]);
        }
        self.fuse(found);
        sort(found);
        smooth(self.snapshot, found);
        Ok(())
    }

    fn count(&self) -> usize {
        CANDIDATES.max(2 * self.k)
    }

    fn nearest(&self, direction: &Embedding) -> Vec<DocId> {
        let nearest = self.graph.nearest(self.snapshot, direction.as_slice(), self.count(), Some(self.rows));
        nearest.iter().map(|near| near.doc).collect()
    }

    fn best(&self, words: &Scores) -> Vec<DocId> {
        best(&words.of_rows, self.rows, self.count())
    }

    fn candidate(&self, doc: DocId) -> Candidate {
        let vector = self.snapshot.vectors.row(doc).filter(|_| self.mode != Mode::Lexical);
        let cosine = vector.map(|vector| self.question.cosine(vector));
        let bm25 = self.words.map(|words| words.of_rows[doc.row()]);
        let (by_meaning, by_words) = (cosine.unwrap_or_default(), bm25.unwrap_or_default());
        Candidate {
            doc,
            cosine,
            meaning_rank: None,
            bm25,
            word_rank: None,
            by_meaning,
            by_words,
            score: 0.0,
            reranked: None,
        }
    }

    fn fuse(&self, found: &mut [Candidate]) {
        fuse(self.fusion, self.words.map_or(0.0, |words| words.bound), found);
    }
}

/// The `count` rows of largest score above 0; of two with the same the smaller row counts as better.
fn best(scores: &[f32], rows: &FixedBitSet, count: usize) -> Vec<DocId> {
    let mut found: Vec<(f32, u32)> = rows
        .ones()
        .filter(|row| scores.get(*row).is_some_and(|score| *score > 0.0))
        .filter_map(|row| Some((scores[row], u32::try_from(row).ok()?)))
        .collect();
    if found.len() > count {
        found.select_nth_unstable_by(count, |a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        found.truncate(count);
    }
    found.into_iter().map(|(_, row)| DocId(row)).collect()
}

/// Numbers those that have a score by how many have a larger one, from 1.
fn rank(
    found: &mut [Candidate],
    score: impl Fn(&Candidate) -> Option<f32>,
    rank: impl Fn(&mut Candidate) -> &mut Option<usize>,
) {
    let mut sorted: Vec<f32> = found.iter().filter_map(&score).collect();
    sorted.sort_by(|a, b| b.total_cmp(a));
    for candidate in found {
        if let Some(score) = score(candidate) {
            *rank(candidate) = Some(1 + sorted.partition_point(|other| *other > score));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::embed::ModelFolder;
    use crate::graph;
    use crate::made_up::numbers;
    use crate::paper::{Paper, PaperId};
    use crate::store::{Change, Store};

    const COUNT: usize = 2_000;

    fn vector(number: usize) -> Embedding {
        Embedding::normalised(numbers(number as u64 + 1).take(32).collect()).unwrap()
    }

    #[test]
    fn a_graph_and_a_filter_give_all_that_pass_with_their_exact_scores() {
        let dir = tempfile::tempdir().unwrap();
        let model = ModelFolder::open(Path::new("tests/data/tiny-bert")).unwrap();
        let store = Store::open_or_create(dir.path(), model.fingerprint(), None).unwrap();
        let change = |number: usize| {
            let title = format!("paper {number}");
            let paper = Paper::new(PaperId::of_title(&title), title, String::new());
            Change::new(paper, Some(vector(number)))
        };
        store.commit(model.fingerprint(), &(0..COUNT).map(change).collect::<Vec<_>>()).unwrap();
        let (graph, _) = graph::rebuild(&store, 2).unwrap();
        let snapshot = store.snapshot().unwrap();
        // Every third paper has words of the question.
        let of_rows: Vec<f32> =
            numbers(78).take(COUNT).enumerate().map(|(row, n)| if row % 3 == 0 { n.abs() } else { 0.0 }).collect();
        let bm25 = of_rows.clone();
        let words = Scores { of_rows, bound: 1.5, words: 2 };
        // With words that others have.
        let more = words.of_rows.iter().zip(numbers(79)).map(|(own, n)| 0.9 * own + 0.1 * n.abs());
        let expanded = Scores { of_rows: more.collect(), ..words.clone() };
        let (question, k) = (vector(5_000), 10);
        for m in [0, 1, k - 1, k, COUNT / 20, COUNT / 2, COUNT] {
            let rows: FixedBitSet = (0..COUNT).filter(|row| row * 7 % COUNT < m).collect();
            assert_eq!(rows.count_ones(..), m);
            let speaking = rows.ones().filter(|row| bm25[*row] > 0.0).count();
            for mode in [Mode::Hybrid, Mode::Dense, Mode::Lexical] {
                let scores = (mode != Mode::Dense).then_some(&*bm25);
                let found = candidates(Asked {
                    snapshot: &snapshot,
                    graph: &graph,
                    rows: &rows,
                    question: &question,
                    words: scores.map(|_| &words),
                    expanded: &|papers| {
                        assert!((papers.iter().map(|(weight, _)| weight).sum::<f32>() - 1.0).abs() < 1e-5);
                        Ok((m > COUNT / 20).then(|| expanded.clone()))
                    },
                    mode,
                    fusion: Fusion::Sum,
                    feedback: m != COUNT / 20,
                    k,
                })
                .unwrap();
                let all = if mode == Mode::Lexical { speaking } else { m };
                assert!(found.len() >= all.min(k) && found.len() <= all, "{mode:?}, {m}: {}", found.len());
                assert!(found.is_sorted_by(|a, b| a.score >= b.score));
                let mut seen = FixedBitSet::with_capacity(COUNT);
                for candidate in &found {
                    let row = candidate.doc.row();
                    assert!(rows.contains(row) && !seen.put(row), "twice, or not wanted");
                    let cosine = question.cosine(snapshot.vectors.row(candidate.doc).unwrap());
                    assert_eq!(candidate.cosine, (mode != Mode::Lexical).then_some(cosine));
                    assert_eq!(candidate.bm25, scores.map(|scores| scores[row]));
                }
                // The best by each is among them, with its rank.
                if mode != Mode::Dense && speaking > 0 {
                    let best = rows.ones().max_by(|a, b| bm25[*a].total_cmp(&bm25[*b]).then(b.cmp(a))).unwrap();
                    assert_eq!(found.iter().find(|found| found.doc.row() == best).unwrap().word_rank, Some(1));
                }
            }
        }
    }
}
