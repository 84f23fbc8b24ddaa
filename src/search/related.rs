//! Which papers are related to given papers? The query is made of the examples: its embedding by Rocchio's rule, its
//! words from their most distinctive terms. Then papers are ranked as in any search.

use std::time::Instant;

use super::answer::Answer;
use super::direction::{LIKE_TO_TEXT, direction};
use super::query::{Examples, Mode, Query};
use super::question::values_without_papers;
use super::ranking::rank;
use super::relevance_model::{most_used, with_terms};
use super::retrieve::{ByWords, Wanted};
use super::{Options, Pending, QuestionVector, Searcher};
use crate::engine::{Engine, Moment};
use crate::error::{Error, Result};
use crate::paper::{Paper, PaperId};
use crate::progress::{Progress, Silent};
use crate::store::DocId;

impl<E: Engine> Searcher<E> {
    /// The papers related to examples, the best first, without the examples themselves. The modes are those of
    /// [`Searcher::search`]: the query embedding is made of the examples by Rocchio's rule, and the words of the query
    /// are the most distinctive terms of the similar papers, beside the words of the text. Papers are not reranked.
    ///
    /// # Errors
    /// [`Error::NoIds`], [`Error::UnknownPaper`], or as [`Searcher::search`].
    pub fn related(&self, examples: &Examples, options: impl Into<Options>) -> Result<Answer> {
        self.related_embedded(examples, None, options, &Silent)
    }

    /// As [`Searcher::related`], with the embedding of the examples' text if it is already computed. Stops when
    /// `progress` is cancelled.
    ///
    /// # Errors
    /// As [`Searcher::related`]; [`Error::Interrupted`].
    pub fn related_embedded(
        &self,
        examples: &Examples,
        vector: Option<&QuestionVector>,
        options: impl Into<Options>,
        progress: &dyn Progress,
    ) -> Result<Answer> {
        let start = Instant::now();
        let options = options.into();
        examples.check()?;
        let text = examples.text.as_ref();
        let embeds = self.embeds(options.mode);
        let read = |made: Pending<'_>| {
            self.engine.read(|moment| {
                let (like, unlike) = (papers(moment, &examples.like)?, papers(moment, &examples.unlike)?);
                let mut among = moment.select(&options.filter)?;
                moment.leave_out(&mut among, &docs(&like));
                moment.leave_out(&mut among, &docs(&unlike));
                let by_words = match options.mode {
                    Mode::Dense => None,
                    Mode::Hybrid | Mode::Lexical => {
                        Some(ByWords::new(moment, words(moment, text, &like)?, &among, &options)?)
                    }
                };
                let text = text.filter(|_| embeds).map(|text| self.of_moment(moment, text, made)).transpose()?;
                let text_vector = text.as_ref().map(|text| &text.embedding);
                let (like, unlike) = (moment.vectors(&docs(&like))?, moment.vectors(&docs(&unlike))?);
                let has_direction = text_vector.is_some() || !like.is_empty();
                let direction = has_direction.then(|| direction(text_vector, &like, &unlike)).transpose()?;
                let wanted = Wanted::of(direction.as_ref(), None);
                // Sentences are compared without it if their embeddings are stored.
                let embedder = if embeds { self.embedder_if_here(moment) } else { None };
                let ranking = rank(moment, &among, wanted, by_words.as_ref(), &options, false)?;
                Ok((ranking, direction, embedder, values_without_papers(moment, &options.filter)?))
            })
        };
        let (ranking, direction, embedder, no_match) = match text {
            Some(text) if embeds => self.while_embedding(text, vector, read)?,
            _ => read(&|| Err(Error::NoIds))?,
        };
        let wanted = Wanted::of(direction.as_ref(), None);
        let found = self.hits_of(ranking, wanted, embedder.as_deref(), &options, progress)?;
        let mut answer = Answer::new(examples.told(), options.mode, start, found);
        answer.understood.no_match = no_match;
        Ok(answer)
    }
}

/// The papers with these ids in the order of their rows, without duplicates.
fn papers(moment: &impl Moment, ids: &[PaperId]) -> Result<Vec<(Paper, DocId)>> {
    let mut papers = ids.iter().map(|id| moment.paper(id)).collect::<Result<Vec<_>>>()?;
    papers.sort_unstable_by_key(|(_, doc)| *doc);
    papers.dedup_by_key(|(_, doc)| *doc);
    Ok(papers)
}

fn docs(papers: &[(Paper, DocId)]) -> Vec<DocId> {
    papers.iter().map(|(_, doc)| *doc).collect()
}

/// The words of the text and the most distinctive terms of the similar papers. Both are weighted as in Rocchio's rule. Words of
/// dissimilar papers do not count.
fn words<M: Moment>(moment: &M, text: Option<&Query>, like: &[(Paper, DocId)]) -> Result<M::Words> {
    let words = moment.words(text.map_or("", Query::as_str))?;
    #[allow(clippy::cast_precision_loss)] // there are few examples
    let each = 1.0 / like.len().max(1) as f32;
    let weighted: Vec<(f32, Paper)> = like.iter().map(|(paper, _)| (each, paper.clone())).collect();
    with_terms(moment, words, &most_used(&weighted), LIKE_TO_TEXT)
}
