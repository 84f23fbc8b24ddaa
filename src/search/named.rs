//! Does a query name a paper by its id? Then this paper is first, and its related papers follow.

use std::num::NonZeroUsize;
use std::time::Instant;

use super::answer::{Answer, Hit, NamedPart, Why, ms};
use super::query::{Examples, Mode, Query};
use super::question::{AbsentId, emptied_by};
use super::{Options, Searcher};
use crate::engine::{Engine, Moment};
use crate::error::{Error, Result};
use crate::full_text::composed_text;
use crate::paper::{IdKind, Paper, PaperId, is_year};
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

/// The id that a query consists of, as people write ids: in brackets or quotes, before a period, and as arXiv and others cite its
/// papers, `arXiv:2101.00010v1 [cs.LG] 1 Jan 2021` or `arXiv preprint arXiv:2101.00010, 2021`.
fn id_in(query: &str) -> Option<PaperId> {
    let query = composed_text(query);
    let query = without_marks(&query);
    let query = match query.split_once(" [") {
        Some((cited, _)) if cited.get(..6).is_some_and(|name| name.eq_ignore_ascii_case("arxiv:")) => cited,
        _ => query,
    };
    let query = match query.split_once(':') {
        Some((name, id)) if name.eq_ignore_ascii_case("id") => id.trim(),
        _ => query,
    };
    if let Some(id) = in_word(query) {
        return Some(id);
    }
    if query.contains(char::is_whitespace) {
        let mut words = query.split_whitespace().map(without_marks).filter(|word| !is_beside_id(word));
        let (Some(word), None) = (words.next(), words.next()) else { return None };
        return in_word(word);
    }
    // A citation key such as `smith2020` has letters and digits.
    let is_key = query.contains(|c: char| c.is_ascii_digit()) && query.contains(|c: char| c.is_alphabetic());
    let is_title = || PaperId::parse(query).is_some_and(|id| id.kind() == IdKind::Title);
    if is_key && !is_title() { query.parse().ok() } else { None }
}

/// A text without the brackets and quotes around it and without the punctuation after it.
fn without_marks(text: &str) -> &str {
    let is_around = |c: char| "()[]<>{}\"“”'‘’".contains(c) || c.is_whitespace();
    let is_after = |c: char| is_around(c) || ".,;:!?".contains(c);
    text.trim_start_matches(is_around).trim_end_matches(is_after)
}

/// Whether a word beside an id says nothing more: `paper`, `preprint`, a year, a version.
fn is_beside_id(word: &str) -> bool {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_version = word.strip_prefix('v').is_some_and(is_number);
    let is_name = ["arxiv", "doi", "paper", "preprint", "see"].iter().any(|name| name.eq_ignore_ascii_case(word));
    is_year(word) || is_version || is_name || word.is_empty()
}

/// The id that a word is or an address contains.
fn in_word(word: &str) -> Option<PaperId> {
    let parse = |text: &str| PaperId::parse(text).filter(|id| !matches!(id.kind(), IdKind::Title));
    // What follows a DOI in an address is a parameter.
    let is_doi_address = word.contains("doi.org/") && word.contains("://");
    if let Some((address, _)) = word.split_once(['?', '#']).filter(|_| is_doi_address) {
        return parse(address);
    }
    if let Some(id) = parse(word) {
        return Some(id);
    }
    if word.contains(char::is_whitespace) {
        return None;
    }
    // `oai:arXiv.org:2101.00010`, `arxiv.2101.00010`, and addresses of other sites with `arXiv:2101.00010`.
    let lower = word.to_ascii_lowercase();
    if let Some((_, rest)) = lower.rsplit_once("arxiv") {
        let number = rest.strip_prefix(".org").unwrap_or(rest).trim_start_matches([':', '.', '/']);
        return parse(&format!("arxiv:{number}"));
    }
    if let Some((_, doi)) = word.split_once("=10.") {
        return parse(&format!("10.{doi}"));
    }
    // An address without its scheme.
    let has_host = word.split_once('/').is_some_and(|(host, _)| host.contains('.') && !host.contains(':'));
    if has_host { parse(&format!("https://{word}")) } else { None }
}

/// The paper itself as a hit.
fn first(paper: Paper, score: f32, mode: Mode) -> Hit {
    let cosine = (mode != Mode::Lexical).then_some(1.0);
    let why = Why { cosine, named: vec![NamedPart::Id], ..Why::default() };
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
            "2101.00010.",
            "2101.00010v2,",
            "https://arxiv.org/abs/hep-th/9402053.",
            "arXiv preprint arXiv:2101.00010, 2021",
            "see arXiv:2101.00010",
            "2101.00010 v2",
            "oai:arXiv.org:2101.00010",
            "arxiv.2101.00010",
            "https://api.semanticscholar.org/arXiv:2101.00010",
            "２１０１.０００１０",
            "https://journals.plos.org/plosone/article?id=10.1371/journal.pone.0123456",
            "dl.acm.org/doi/10.1145/3065386",
        ] {
            assert!(id_in(query).is_some(), "{query}");
        }
        assert_eq!(id_in("https://doi.org/10.1145/3065386?ref=x"), id_in("10.1145/3065386"));
        for query in [
            "attention",
            "2017",
            "attention in 2017",
            "GPT 4",
            "what is 1706.03762",
            "title:38ff5ee8c4b5c2b0",
            "see the paper",
            "arXiv",
            "arXiv papers",
            "find a=10.",
        ] {
            assert!(id_in(query).is_none(), "{query}");
        }
    }
}
