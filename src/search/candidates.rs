//! Which papers may become hits? The best by meaning, the best by words, and of each of them what both say.

use fixedbitset::FixedBitSet;

use super::fusion::{Candidate, fuse};
use super::query::{Fusion, Mode};
use crate::embed::Embedding;
use crate::graph::Graph;
use crate::store::{DocId, Snapshot};

/// So many are taken of each ranking, or twice as many as there shall be hits: a paper that is in neither is far behind.
const FEWEST: usize = 200;

/// The candidates among `rows`, the best first; those of equal score in the order of their rows. `bm25` has the score of every
/// row of the snapshot.
pub(super) fn candidates(
    snapshot: &Snapshot,
    graph: &Graph,
    rows: &FixedBitSet,
    question: &Embedding,
    bm25: Option<&[f32]>,
    (mode, fusion): (Mode, Fusion),
    k: usize,
) -> Vec<Candidate> {
    let count = FEWEST.max(2 * k);
    let mut docs: Vec<DocId> = Vec::new();
    if mode != Mode::Lexical {
        let nearest = graph.nearest(snapshot, question.as_slice(), count, Some(rows));
        docs.extend(nearest.iter().map(|near| near.doc));
    }
    let nearest = docs.len();
    if let Some(bm25) = bm25 {
        docs.extend(best(bm25, rows, count));
    }
    // Both rankings by rows: a paper may be in both.
    let (by_meaning, by_words): (FixedBitSet, FixedBitSet) =
        (docs[..nearest].iter().map(|doc| doc.row()).collect(), docs[nearest..].iter().map(|doc| doc.row()).collect());
    docs.sort_unstable();
    docs.dedup();
    let mut found: Vec<Candidate> = docs
        .into_iter()
        .map(|doc| {
            let vector = snapshot.vectors.row(doc).filter(|_| mode != Mode::Lexical);
            let cosine = vector.map(|vector| question.cosine(vector));
            let bm25 = bm25.map(|scores| scores[doc.row()]);
            Candidate { doc, cosine, meaning_rank: None, bm25, word_rank: None, score: 0.0 }
        })
        .collect();
    rank(
        &mut found,
        |found| found.cosine.filter(|_| by_meaning.contains(found.doc.row())),
        |found| &mut found.meaning_rank,
    );
    rank(&mut found, |found| found.bm25.filter(|_| by_words.contains(found.doc.row())), |found| &mut found.word_rank);
    match mode {
        Mode::Hybrid => fuse(fusion, &mut found),
        Mode::Dense => found.iter_mut().for_each(|found| found.score = found.cosine.unwrap_or_default()),
        Mode::Lexical => found.iter_mut().for_each(|found| found.score = found.bm25.unwrap_or_default()),
    }
    found.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.doc.cmp(&b.doc)));
    found
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
        store.commit(&(0..COUNT).map(change).collect::<Vec<_>>()).unwrap();
        let (graph, _) = graph::rebuild(&store, 2).unwrap();
        let snapshot = store.snapshot().unwrap();
        // Every third paper has words of the question.
        let bm25: Vec<f32> =
            numbers(78).take(COUNT).enumerate().map(|(row, n)| if row % 3 == 0 { n.abs() } else { 0.0 }).collect();
        let (question, k) = (vector(5_000), 10);
        for m in [0, 1, k - 1, k, COUNT / 20, COUNT / 2, COUNT] {
            let rows: FixedBitSet = (0..COUNT).filter(|row| row * 7 % COUNT < m).collect();
            assert_eq!(rows.count_ones(..), m);
            let speaking = rows.ones().filter(|row| bm25[*row] > 0.0).count();
            for mode in [Mode::Hybrid, Mode::Dense, Mode::Lexical] {
                let scores = (mode != Mode::Dense).then_some(&*bm25);
                let found = candidates(&snapshot, &graph, &rows, &question, scores, (mode, Fusion::Sum), k);
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
