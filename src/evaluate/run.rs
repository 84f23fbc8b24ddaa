//! Rankings in the format of TREC runs: a line `query Q0 document rank score tag` for each retrieved document,
//! separated by white space. Readers sort by score, so scores must define the order without ties.

use std::collections::{BTreeMap, HashSet};
use std::io::Write;
use std::path::Path;

use super::bad_line;
use super::metrics::{Scored, ranked};
use crate::corpus::{self, Source};
use crate::durable::Replacement;
use crate::error::{Error, Result};

/// Rankings by query.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Run {
    rankings: BTreeMap<String, Vec<Scored>>,
}

impl Run {
    /// Adds the ranking of a query, the best document first. A score that is not below the previous one is replaced by
    /// the next smaller f32, so that the scores define the order.
    pub fn insert(&mut self, query: String, mut answer: Vec<Scored>) {
        let mut limit = f32::INFINITY;
        for found in &mut answer {
            if found.score >= limit {
                found.score = limit.next_down();
            }
            limit = found.score;
        }
        self.rankings.insert(query, answer);
    }

    /// The same rankings with the first `depth` documents each.
    #[must_use]
    pub fn truncated(mut self, depth: usize) -> Self {
        for ranking in self.rankings.values_mut() {
            ranking.truncate(depth);
        }
        self
    }

    /// The sorted ranking of a query; empty if there is none.
    #[must_use]
    pub fn ranking(&self, query: &str) -> &[Scored] {
        self.rankings.get(query).map_or(&[], Vec::as_slice)
    }

    /// Reads a run and sorts each ranking as trec_eval does, regardless of the order of lines and their ranks.
    ///
    /// # Errors
    /// When the file cannot be read, or at the first malformed line.
    pub fn read(path: &Path) -> Result<Self> {
        let mut lines = corpus::open_lines(&Source::File(path.to_owned()))?;
        let mut rankings = BTreeMap::<String, Vec<Scored>>::new();
        let mut seen = HashSet::new();
        while let Some(line) = lines.next() {
            let line = line?;
            let fields: Vec<&str> = line.text.split_whitespace().collect();
            let [query, _, document, _, score, _] = fields[..] else {
                if fields.is_empty() {
                    continue;
                }
                let found = fields.len();
                let reason = format!("expected `query Q0 document rank score tag`, found {found} fields");
                return Err(bad_line(&lines, line.number, reason));
            };
            let Some(number) = score.parse::<f64>().ok().filter(|score| !score.is_nan()) else {
                return Err(bad_line(&lines, line.number, format!("expected a number as score, found `{score}`")));
            };
            #[allow(clippy::cast_possible_truncation)] // as trec_eval does
            let score = number as f32;
            if !seen.insert((query.to_owned(), document.to_owned())) {
                let reason = format!("the document `{document}` occurs twice in the ranking of query `{query}`");
                return Err(bad_line(&lines, line.number, reason));
            }
            rankings.entry(query.to_owned()).or_default().push(Scored { id: document.to_owned(), score });
        }
        let rankings = rankings.into_iter().map(|(query, found)| (query, ranked(found))).collect();
        Ok(Self { rankings })
    }

    /// Writes the run to a file atomically; `tag` is the name of the system.
    ///
    /// # Errors
    /// When the file cannot be written, or [`Error::IdWithSpace`].
    pub fn write(&self, path: &Path, tag: &str) -> Result<()> {
        let ids = self.rankings.values().flatten().map(|found| &found.id).chain(self.rankings.keys());
        if let Some(id) = ids.into_iter().find(|id| id.is_empty() || id.contains(char::is_whitespace)) {
            return Err(Error::IdWithSpace { id: id.clone() });
        }
        let mut file = Replacement::begin(path)?;
        for (query, ranking) in &self.rankings {
            for (found, rank) in ranking.iter().zip(1..) {
                writeln!(file, "{query} Q0 {} {rank} {} {tag}", found.id, found.score)?;
            }
        }
        Ok(file.finish()?)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn answer(scores: &[f32]) -> Vec<Scored> {
        scores.iter().zip(0..).map(|(score, number)| Scored { id: format!("d{number}"), score: *score }).collect()
    }

    fn error_of(lines: &str) -> String {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), lines).unwrap();
        let error = Run::read(file.path()).unwrap_err();
        error.to_string().replace(&file.path().display().to_string(), "run")
    }

    proptest! {
        #[test]
        fn run_survives_a_round_trip_in_order(
            mut scores in prop::collection::vec((-3i8..3).prop_map(|n| f32::from(n) / 3.0), 0..200),
        ) {
            scores.sort_by(|a, b| b.total_cmp(a));
            let mut run = Run::default();
            run.insert("q".to_owned(), answer(&scores));
            run.insert("r".to_owned(), answer(&[0.0, -0.0, 0.0]));
            for (found, score) in run.ranking("q").iter().zip(&scores) {
                prop_assert!((found.score - score).abs() < 1e-4);
            }
            let file = tempfile::NamedTempFile::new().unwrap();
            run.write(file.path(), "tag").unwrap();
            let read = Run::read(file.path()).unwrap();
            prop_assert!(read.ranking("q").is_sorted_by(|a, b| a.score > b.score));
            prop_assert_eq!(read.ranking("q"), run.ranking("q"));
            prop_assert_eq!(read.ranking("r"), run.ranking("r"));
            prop_assert!(read.ranking("s").is_empty());
        }
    }

    #[test]
    fn lines_of_a_run_can_be_in_any_order() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "q Q0 a 1 0.1 x\n\nq\tQ0\tb\t2\t1e-1\tx\nr Q0 a 1 -inf x\nq Q0 c 3 7 x\n").unwrap();
        let read = Run::read(file.path()).unwrap();
        let ids: Vec<&str> = read.ranking("q").iter().map(|found| found.id.as_str()).collect();
        assert_eq!(ids, ["c", "b", "a"]);
    }

    #[test]
    fn malformed_lines_are_reported_with_their_place() {
        assert_eq!(error_of("q a 1\n"), "run:1: expected `query Q0 document rank score tag`, found 3 fields");
        assert_eq!(error_of("q Q0 a 1 high x\n"), "run:1: expected a number as score, found `high`");
        assert_eq!(error_of("q Q0 a 1 NaN x\n"), "run:1: expected a number as score, found `NaN`");
        let twice = "q Q0 a 1 2 x\nq Q0 a 2 1 x\n";
        assert_eq!(error_of(twice), "run:2: the document `a` occurs twice in the ranking of query `q`");
    }

    #[test]
    fn id_with_a_space_is_rejected() {
        let mut run = Run::default();
        run.insert("a query".to_owned(), answer(&[1.0]));
        let folder = tempfile::tempdir().unwrap();
        let refused = run.write(&folder.path().join("run"), "tag").unwrap_err();
        assert!(refused.to_string().contains("`a query`"), "{refused}");
        assert!(!folder.path().join("run").exists());
    }
}
