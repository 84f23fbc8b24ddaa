//! Ranks the papers of a moment: retrieves and scores candidates, applies feedback, and reads the papers that may be
//! shown.

use std::borrow::Cow;

use super::answer::{MatchedWord, Why};
use super::background::Background;
use super::fusion::Scale;
use super::highlight::HIGHLIGHTED;
use super::ranked::{Ranked, Ranking};
use super::retrieve::{ByWords, Candidate, Retriever, Wanted, sort};
use super::{Diversity, Fusion, Mode, Options, feedback, fusion, page, titled};
use crate::engine::Moment;
use crate::error::Result;
use crate::paper::Paper;
use crate::store::{DocId, Sentences};

/// Ranks the papers of a selection. With `reranked`, a cross-encoder orders them afterwards: then all papers that may
/// reach the page are returned, otherwise only those of the page.
///
/// # Errors
/// When the collection cannot be read.
pub(super) fn rank<M: Moment>(
    moment: &M,
    among: &M::Selection,
    wanted: Wanted<'_, M>,
    by_words: Option<&ByWords<M>>,
    options: &Options,
    reranked: bool,
) -> Result<Ranking> {
    let retriever = Retriever::new(moment, among, wanted, options);
    let mut found = scored(&retriever, by_words, options)?;
    let words = by_words.map(|by_words| &by_words.words);
    let title = wanted.words.filter(|_| options.mode != Mode::Dense);
    let mut titled = title.map(|title| titled::with_title(moment, among, title)).transpose()?.unwrap_or_default();
    if let Some(people) = wanted.people.filter(|people| options.mode != Mode::Dense && !people.is_empty()) {
        if let Some(title) = title.filter(|_| titled.is_empty()) {
            // Afterwards, papers of a person with a name from the title may be before it.
            titled = titled::with_similar_title(moment, &found, title)?;
        }
        people.raise(moment, unit(moment, words, options), &mut found);
        sort(&mut found);
    }
    if !titled.is_empty() {
        let missing = titled.iter().copied().filter(|doc| found.iter().all(|found| found.doc != *doc)).collect();
        found.extend(retriever.candidates(missing, words)?);
        titled::raise(&mut found, &titled);
        sort(&mut found);
    }
    let similar = title.filter(|_| titled.is_empty());
    let mut most = options.depth();
    if reranked {
        most = most.max(options.rerank_depth.get());
    }
    if similar.is_some() {
        // However many hits are wanted, so that a shorter answer is the beginning of a longer one.
        most = most.max(titled::COMPARED);
    }
    let mut papers = with_papers(moment, found, options, most)?;
    if let Some(title) = similar {
        titled::raise_similar(&mut papers, title);
    }
    let mut ranking = Ranking { among: moment.selected(among), papers, more: false, reranked: None };
    if !reranked {
        page::cut(&mut ranking, options);
    }
    if let Some(words) = words {
        let docs: Vec<DocId> = ranking.papers.iter().map(|ranked| ranked.doc).collect();
        for (ranked, words) in ranking.papers.iter_mut().zip(moment.matched(words, &docs)?) {
            let word = |(word, score)| MatchedWord { word, score };
            ranked.why.words = words.into_iter().map(word).collect();
        }
    }
    if options.highlight {
        // The cross-encoder may move any of these papers to the front.
        let most = if reranked { ranking.papers.len() } else { HIGHLIGHTED };
        for ranked in ranking.papers.iter_mut().take(most) {
            ranked.sentences = moment.sentences(ranked.doc)?;
        }
        // A collection on a server reads vectors with a request of their own.
        let have_sentences = || ranking.papers.iter().filter(|ranked| !ranked.sentences.is_empty());
        let docs: Vec<DocId> = have_sentences().map(|ranked| ranked.doc).collect();
        let vectors = if docs.is_empty() { Vec::new() } else { moment.vectors(&docs)? };
        let have_sentences = ranking.papers.iter_mut().filter(|ranked| !ranked.sentences.is_empty());
        for (ranked, vector) in have_sentences.zip(vectors) {
            ranked.vector = vector.map(Cow::into_owned);
        }
    }
    Ok(ranking)
}

/// The newest papers of a selection, for a query without text.
///
/// # Errors
/// When the collection cannot be read.
pub(super) fn newest<M: Moment>(moment: &M, among: &M::Selection, options: &Options) -> Result<Ranking> {
    let docs = moment.newest(among, options.depth().saturating_add(1))?;
    let ranked = |(doc, paper): (&DocId, Option<Paper>)| {
        let (sentences, why) = (Sentences::default(), Why::default());
        Some(Ranked { doc: *doc, paper: paper?, score: 0.0, why, mixed: None, vector: None, sentences })
    };
    let papers = docs.iter().zip(moment.papers_at(&docs)?).filter_map(ranked).collect();
    let mut ranking = Ranking { among: moment.selected(among), papers, more: false, reranked: None };
    page::cut(&mut ranking, &Options { diverse: Diversity::default(), ..options.clone() });
    Ok(ranking)
}

/// The best score that words can give.
fn unit<M: Moment>(moment: &M, words: Option<&M::Words>, options: &Options) -> f32 {
    match (options.mode, options.fusion) {
        (Mode::Lexical, _) => words.map(|words| moment.range(words)).unwrap_or_default().bound,
        (_, Fusion::Rank) => fusion::BEST_RANKS,
        (_, Fusion::Sum) => 1.0,
    }
}

/// The candidates with their scores, the best first.
pub(super) fn scored<'m, M: Moment>(
    retriever: &Retriever<'m, M>,
    by_words: Option<&ByWords<M>>,
    options: &Options,
) -> Result<Vec<Candidate<'m>>> {
    let mut found = retriever.first(by_words)?;
    let words = by_words.map(|by_words| &by_words.words);
    match (options.mode, options.fusion) {
        (Mode::Hybrid, Fusion::Sum) => {
            let moment = retriever.moment;
            let bound = words.map(|words| moment.range(words)).unwrap_or_default().bound;
            let background =
                retriever.wanted.direction.map(|direction| Background::of(moment, direction)).transpose()?;
            let scale = Scale { background: background.unwrap_or_default(), bound };
            fusion::sum(scale, &mut found);
            sort(&mut found);
            feedback::feed_back(retriever, by_words, scale, options.feedback, &mut found)?;
        }
        (Mode::Hybrid, Fusion::Rank) => {
            fusion::ranks(&mut found);
            sort(&mut found);
        }
        (mode @ (Mode::Dense | Mode::Lexical), _) => {
            fusion::score_alone(mode, &mut found);
            sort(&mut found);
        }
    }
    Ok(found)
}

/// The papers of the candidates that may be shown, the best first, ties by id.
fn with_papers<M: Moment>(
    moment: &M,
    mut found: Vec<Candidate<'_>>,
    options: &Options,
    most: usize,
) -> Result<Vec<Ranked>> {
    let differ = !options.diverse.is_off();
    if !differ {
        // One paper more than needed shows whether there is another page.
        if let Some(worst) = found.get(most).map(|found| found.score) {
            found.retain(|found| found.score >= worst);
        }
    }
    let docs: Vec<DocId> = found.iter().map(|found| found.doc).collect();
    let ranked = |(found, paper): (Candidate<'_>, Option<Paper>)| {
        let Candidate { doc, vector, cosine, meaning_rank, bm25, word_rank, score, named, .. } = found;
        let why = Why { cosine, meaning_rank, bm25, word_rank, named, ..Why::default() };
        let vector = vector.filter(|_| differ).map(std::borrow::Cow::into_owned);
        // A missing paper means that the database is inconsistent.
        Some(Ranked { doc, paper: paper?, score, why, mixed: None, vector, sentences: Sentences::default() })
    };
    let mut papers: Vec<Ranked> = found.into_iter().zip(moment.papers_at(&docs)?).filter_map(ranked).collect();
    papers.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.paper.id.cmp(&b.paper.id)));
    Ok(papers)
}
