//! Retrieves candidates by dense and lexical search, and computes both scores for each of them.

use std::borrow::Cow;
use std::collections::HashSet;

use super::answer::NamedPart;
use super::question::People;
use super::{Mode, Options, Query};
use crate::embed::Embedding;
use crate::engine::Moment;
use crate::error::Result;
use crate::full_text::Sought;
use crate::store::DocId;

/// Number of candidates of each ranking, or twice the number of hits if that is more. A paper in neither ranking scores
/// far lower.
pub const CANDIDATES: usize = 200;

/// Number of candidates of each ranking of an author or a year.
const OF_PEOPLE: usize = 20;

/// The query that papers and sentences are compared with.
pub(super) struct Wanted<'a, M: Moment> {
    /// Its embedding; `None` in lexical search without a model.
    pub direction: Option<&'a Embedding>,
    /// The text of the query, if there is one.
    pub words: Option<&'a str>,
    /// The authors and years that it names.
    pub people: Option<&'a People<M::Selection>>,
}

impl<M: Moment> Clone for Wanted<'_, M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M: Moment> Copy for Wanted<'_, M> {}

impl<'a, M: Moment> Wanted<'a, M> {
    /// A query that names nobody.
    pub fn of(direction: Option<&'a Embedding>, words: Option<&'a str>) -> Self {
        Self { direction, words, people: None }
    }
}

/// A paper that may become a hit, with its scores. Values that the mode does not use are `None`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Candidate<'m> {
    pub doc: DocId,
    pub vector: Option<Cow<'m, [f32]>>,
    pub cosine: Option<f32>,
    /// Rank among the candidates of dense search, from 1; papers of equal score share a rank.
    pub meaning_rank: Option<usize>,
    pub bm25: Option<f32>,
    pub word_rank: Option<usize>,
    /// The BM25F score; after feedback that of the expanded query.
    pub by_words: f32,
    /// The score that papers are ranked by.
    pub score: f32,
    /// What the query names of the paper.
    pub named: Vec<NamedPart>,
}

/// The words of a query, and the candidates of lexical search, which do not need the query's embedding.
pub(super) struct ByWords<M: Moment> {
    pub words: M::Words,
    /// With their scores.
    best: Vec<(DocId, f32)>,
    /// A score that as many papers have as there are candidates; 0 if there are fewer.
    pub at_least: f32,
}

impl<M: Moment> ByWords<M> {
    /// Retrieves by the words of a text, unless the mode is dense.
    pub fn of_text(moment: &M, text: &Query, among: &M::Selection, options: &Options) -> Result<Option<Self>> {
        match options.mode {
            Mode::Dense => Ok(None),
            Mode::Hybrid | Mode::Lexical => Self::new(moment, moment.words(text.as_str())?, among, options).map(Some),
        }
    }

    pub fn new(moment: &M, words: M::Words, among: &M::Selection, options: &Options) -> Result<Self> {
        let count = candidates(options);
        let best = moment.best(&words, &Sought::best(count), among)?;
        let worst = best.iter().map(|(_, score)| *score).fold(f32::INFINITY, f32::min);
        let at_least = if best.len() == count { worst } else { 0.0 };
        Ok(Self { words, best, at_least })
    }
}

/// Number of candidates of each ranking.
fn candidates(options: &Options) -> usize {
    CANDIDATES.max(2 * options.k.get())
}

/// Retrieves candidates from a selection of a moment's papers.
pub(super) struct Retriever<'m, M: Moment> {
    pub moment: &'m M,
    pub among: &'m M::Selection,
    pub wanted: Wanted<'m, M>,
    pub mode: Mode,
    /// Number of candidates of each ranking.
    count: usize,
}

impl<'m, M: Moment> Retriever<'m, M> {
    pub fn new(moment: &'m M, among: &'m M::Selection, wanted: Wanted<'m, M>, options: &Options) -> Self {
        Self { moment, among, wanted, mode: options.mode, count: candidates(options) }
    }

    /// The candidates of dense and lexical search with their ranks, in the order of rows, not yet scored.
    pub fn first(&self, by_words: Option<&ByWords<M>>) -> Result<Vec<Candidate<'m>>> {
        let by_meaning = match self.direction() {
            None => Vec::new(),
            Some(direction) => self.nearest(direction)?,
        };
        let words = by_words.map(|by_words| &by_words.words);
        let by_words = by_words.iter().flat_map(|by_words| &by_words.best).map(|(doc, _)| *doc).collect::<Vec<_>>();
        let set = |docs: &[DocId]| docs.iter().copied().collect::<HashSet<_>>();
        let (with_meaning, with_words) = (set(&by_meaning), set(&by_words));
        let of_people = self.of_people(words)?;
        let mut found = self.candidates([by_meaning, by_words, of_people].concat(), words)?;
        rank(
            &mut found,
            |found| found.cosine.filter(|_| with_meaning.contains(&found.doc)),
            |found| &mut found.meaning_rank,
        );
        rank(&mut found, |found| found.bm25.filter(|_| with_words.contains(&found.doc)), |found| &mut found.word_rank);
        Ok(found)
    }

    /// The best papers of the authors and years that the query names: few of them may be among the best of all.
    fn of_people(&self, words: Option<&M::Words>) -> Result<Vec<DocId>> {
        let mut found = Vec::new();
        for papers in self.wanted.people.iter().flat_map(|people| people.papers()) {
            if let Some(direction) = self.direction() {
                found.extend(self.moment.nearest(direction, OF_PEOPLE, papers)?);
            }
            if let Some(words) = words {
                let best = self.moment.best(words, &Sought::best(OF_PEOPLE), papers)?;
                found.extend(best.into_iter().map(|(doc, _)| doc));
            }
        }
        Ok(found)
    }

    /// Papers as candidates without duplicates, with their cosine and BM25F scores for the original query.
    pub fn candidates(&self, mut docs: Vec<DocId>, words: Option<&M::Words>) -> Result<Vec<Candidate<'m>>> {
        docs.sort_unstable();
        docs.dedup();
        let vectors = match self.mode {
            Mode::Lexical => vec![None; docs.len()],
            Mode::Hybrid | Mode::Dense => self.moment.vectors(&docs)?,
        };
        let cosines = match self.direction() {
            Some(direction) => direction.cosines(vectors.iter().map(|vector| vector.as_deref())),
            None => vec![None; docs.len()],
        };
        let scores = words.map(|words| self.moment.scores(words, &docs)).transpose()?;
        let candidate = |place: usize, doc: DocId, vector: Option<Cow<'m, [f32]>>| {
            let cosine = cosines[place];
            let bm25 = scores.as_ref().map(|scores| scores[place]);
            let by_words = bm25.unwrap_or_default();
            let (meaning_rank, word_rank) = (None, None);
            Candidate { doc, vector, cosine, meaning_rank, bm25, word_rank, by_words, score: 0.0, named: Vec::new() }
        };
        let found = docs.into_iter().zip(vectors).enumerate();
        Ok(found.map(|(place, (doc, vector))| candidate(place, doc, vector)).collect())
    }

    /// What papers are compared with; `None` if the mode is lexical.
    fn direction(&self) -> Option<&'m Embedding> {
        self.wanted.direction.filter(|_| self.mode != Mode::Lexical)
    }

    /// The candidates of dense search.
    pub fn nearest(&self, direction: &Embedding) -> Result<Vec<DocId>> {
        self.moment.nearest(direction, self.count, self.among)
    }

    /// The candidates of lexical search by other words, of which as many have at least a score. Those in `scored` are scored on the
    /// way.
    pub fn best(&self, words: &M::Words, at_least: f32, scored: &[DocId]) -> Result<Vec<DocId>> {
        let best = self.moment.best(words, &Sought { count: self.count, at_least, scored }, self.among)?;
        Ok(best.into_iter().map(|(doc, _)| doc).collect())
    }
}

/// Sorts by descending score, ties by row.
pub(super) fn sort(found: &mut [Candidate<'_>]) {
    found.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.doc.cmp(&b.doc)));
}

/// Sets the rank of candidates with a score: 1 plus the number of larger scores.
fn rank(
    found: &mut [Candidate<'_>],
    score: impl Fn(&Candidate<'_>) -> Option<f32>,
    rank: impl for<'a> Fn(&'a mut Candidate<'_>) -> &'a mut Option<usize>,
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

    use fixedbitset::FixedBitSet;

    use super::*;
    use crate::embed::ModelFolder;
    use crate::engine::{Engine, Local};
    use crate::graph;
    use crate::made_up::numbers;
    use crate::paper::{Paper, PaperId};
    use crate::search::{checked_k, ranking::scored};
    use crate::store::{Change, Store};

    const COUNT: usize = 2_000;

    fn vector(number: usize) -> Embedding {
        Embedding::normalised(numbers(number as u64 + 1).take(32).collect()).unwrap()
    }

    #[test]
    fn filtered_graph_search_finds_all_passing_papers_with_exact_scores() {
        let dir = tempfile::tempdir().unwrap();
        let model = ModelFolder::open(Path::new("tests/data/tiny-bert")).unwrap();
        let store = Store::open_or_create(dir.path(), model.fingerprint(), None).unwrap();
        // Every third paper has the word of the query, each in a text of another length.
        let change = |number: usize| {
            let title = format!("paper {number}");
            let text =
                if number.is_multiple_of(3) { format!("wanted {}", "x ".repeat(number % 97)) } else { String::new() };
            let paper = Paper::new(PaperId::of_title(&title), title, text);
            Change::new(paper, Some(vector(number)))
        };
        store.commit(model.fingerprint(), &(0..COUNT).map(change).collect::<Vec<_>>()).unwrap();
        graph::rebuild(&store, 2).unwrap();
        let engine = Local::open(store).unwrap();
        let moment = engine.moment().unwrap();
        assert_eq!(moment.graph().rows(), COUNT);
        let words = moment.words("wanted").unwrap();
        let docs: Vec<DocId> = (0..).map(DocId).take(COUNT).collect();
        let bm25 = moment.scores(&moment.words("wanted").unwrap(), &docs).unwrap();
        let (question, k) = (vector(5_000), 10);
        for m in [0, 1, k - 1, k, COUNT / 20, COUNT / 2, COUNT] {
            let rows: FixedBitSet = (0..COUNT).filter(|row| row * 7 % COUNT < m).collect();
            assert_eq!(rows.count_ones(..), m);
            let matching = rows.ones().filter(|row| bm25[*row] > 0.0).count();
            for mode in [Mode::Hybrid, Mode::Dense, Mode::Lexical] {
                let scores = (mode != Mode::Dense).then_some(&words);
                let options = Options { mode, feedback: (m != COUNT / 20).into(), ..checked_k(k).unwrap().into() };
                let wanted = Wanted::of(Some(&question), Some(""));
                let retriever = Retriever::new(&moment, &rows, wanted, &options);
                let by_words = scores.map(|words| ByWords::new(&moment, words.clone(), &rows, &options).unwrap());
                let found = scored(&retriever, by_words.as_ref(), &options).unwrap();
                let all = if mode == Mode::Lexical { matching } else { m };
                assert!(found.len() >= all.min(k) && found.len() <= all, "{mode:?}, {m}: {}", found.len());
                assert!(found.is_sorted_by(|a, b| a.score >= b.score));
                let mut seen = FixedBitSet::with_capacity(COUNT);
                for candidate in &found {
                    let row = candidate.doc.row();
                    assert!(rows.contains(row) && !seen.put(row), "twice, or not wanted");
                    let cosine = question.cosine(moment.view().vectors.row(candidate.doc).unwrap());
                    assert_eq!(candidate.cosine, (mode != Mode::Lexical).then_some(cosine));
                    assert_eq!(candidate.bm25, scores.map(|_| bm25[row]));
                }
                // The best paper of lexical search is among them, with rank 1.
                if mode != Mode::Dense && matching > 0 {
                    let best = rows.ones().max_by(|a, b| bm25[*a].total_cmp(&bm25[*b]).then(b.cmp(a))).unwrap();
                    assert_eq!(found.iter().find(|found| found.doc.row() == best).unwrap().word_rank, Some(1));
                }
            }
        }
    }
}
