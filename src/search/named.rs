//! Does a query name a paper by its id? Then this paper is first, and its related papers follow.

use std::num::NonZeroUsize;
use std::time::Instant;

use super::answer::{Answer, Hit, Why, ms};
use super::query::{Examples, Mode, Query};
use super::question::{AbsentId, emptied_by};
use super::{Options, Searcher};
use crate::engine::{Engine, Moment};
use crate::error::{Error, Result};
use crate::paper::{IdKind, Paper, PaperId};
use crate::progress::Progress;

impl<E: Engine> Searcher<E> {
    /// The paper that a query names by its id, and its related papers; `None` if the query is no id of a paper here.
    pub(super) fn named(&self, query: &Query, options: &Options, progress: &dyn Progress) -> Result<Option<Answer>> {
        let start = Instant::now();
        let Some(id) = id_in(query.as_str()) else { return Ok(None) };
        let found = self.engine.read(|moment| match moment.paper(&id) {
            Ok((paper, doc)) => {
                let passing = moment.select(&options.filter)?;
                let is_empty = moment.selected(&passing) == 0;
                let emptied = if is_empty { emptied_by(moment, &options.filter)? } else { Vec::new() };
                Ok(Some((paper, moment.contains(&passing, doc), emptied)))
            }
            Err(Error::UnknownPaper { .. } | Error::AmbiguousId { .. }) => Ok(None),
            Err(error) => Err(error),
        })?;
        let Some((paper, passes, emptied)) = found else { return Ok(None) };
        let examples = Examples::default().like([paper.id.clone()]);
        // The paper itself is the first hit of the first page.
        let related = match (passes, options.skip) {
            (true, 0) => Options { k: NonZeroUsize::new(options.k.get() - 1).unwrap_or(options.k), ..options.clone() },
            (true, skip) => Options { skip: skip - 1, ..options.clone() },
            (false, _) => options.clone(),
        };
        let mut answer = self.related_embedded(&examples, None, related, progress)?;
        if passes {
            answer.among += 1;
            answer.hits.iter_mut().for_each(|hit| hit.rank += 1);
            if options.skip == 0 {
                let best = answer.hits.first().map_or(1.0, |hit| hit.score.next_up().max(1.0));
                answer.hits.insert(0, first(paper, best, options.mode));
                answer.more |= answer.hits.len() > options.k.get();
                answer.hits.truncate(options.k.get());
            }
        }
        query.as_str().clone_into(&mut answer.query);
        if passes {
            answer.named = Some(id);
        } else {
            answer.understood.absent_id = Some(AbsentId { id, filtered: true });
            answer.understood.emptied = emptied;
        }
        answer.took_ms = ms(start.elapsed());
        Ok(Some(answer))
    }
}

/// The id that a query consists of, of which [`Searcher::named`] has found no paper. A citation key may be a word.
pub(super) fn absent(query: &Query) -> Option<AbsentId> {
    let id = id_in(query.as_str()).filter(|id| id.kind() != IdKind::Own)?;
    Some(AbsentId { id, filtered: false })
}

/// The id that a query consists of, also in brackets or quotes, and as arXiv cites its papers:
/// `arXiv:2101.00010v1 [cs.LG] 1 Jan 2021`.
fn id_in(query: &str) -> Option<PaperId> {
    let brackets = |c: char| "()[]<>{}\"“”'‘’".contains(c) || c.is_whitespace();
    let query = query.trim_matches(brackets);
    let query = match query.split_once(" [") {
        Some((cited, _)) if cited.get(..6).is_some_and(|name| name.eq_ignore_ascii_case("arxiv:")) => cited,
        _ => query,
    };
    let query = match query.split_once(':') {
        Some((name, id)) if name.eq_ignore_ascii_case("id") => id.trim(),
        _ => query,
    };
    if let Some(id) = PaperId::parse(query) {
        return (id.kind() != IdKind::Title).then_some(id);
    }
    // A citation key such as `smith2020` has letters and digits.
    let is_key = !query.contains(char::is_whitespace)
        && query.contains(|c: char| c.is_ascii_digit())
        && query.contains(|c: char| c.is_alphabetic());
    if is_key { query.parse().ok() } else { None }
}

/// The paper itself as a hit.
fn first(paper: Paper, score: f32, mode: Mode) -> Hit {
    let cosine = (mode != Mode::Lexical).then_some(1.0);
    let why = Why { cosine, ..Why::default() };
    Hit { rank: 1, paper, score, why, highlight: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_recognised_and_words_are_not() {
        for query in [
            "1706.03762",
            "arXiv:1706.03762v5",
            "https://doi.org/10.1038/NATURE14539",
            "pmid:26017442",
            "smith2020",
            "(2101.00010)",
            "[2101.00010]",
            "<10.1007/BF00994018>",
            "\"10.1007/BF00994018\"",
            "id:2101.00010",
            "arXiv:2101.00010v1 [cs.LG] 1 Jan 2021",
            "arXiv:2101.00010 [cs.LG]",
            "www.arxiv.org/abs/2101.00010",
            "arxiv.org/abs/2101.00010",
        ] {
            assert!(id_in(query).is_some(), "{query}");
        }
        for query in ["attention", "2017", "attention in 2017", "GPT 4", "what is 1706.03762", "title:38ff5ee8c4b5c2b0"]
        {
            assert!(id_in(query).is_none(), "{query}");
        }
    }
}
