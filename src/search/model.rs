//! The model of a searcher: which one embeds queries, when it is loaded, and when search does without it.

use std::sync::{Arc, PoisonError};

use super::{Mode, Query, Searcher};
use crate::embed::{Embedded, Embedder, Embedding, ModelFolder, Role};
use crate::engine::{Engine, Moment};
use crate::error::Result;

/// The embedding of a text, with the model that made it.
#[derive(Clone)]
pub struct QuestionVector {
    pub(super) text: Query,
    pub(super) embedding: Embedding,
    pub(super) embedder: Arc<Embedder>,
    /// Number of tokens that the model read.
    pub(super) tokens: usize,
    /// Whether the model did not read the whole text.
    pub(super) truncated: bool,
}

/// Waits for the embedding of the query by the current model.
pub(super) type Pending<'a> = &'a dyn Fn() -> Result<QuestionVector>;

impl QuestionVector {
    fn new(text: &Query, made: Embedded, embedder: &Arc<Embedder>) -> Self {
        let Embedded { embedding, tokens, truncated, .. } = made;
        Self { text: text.clone(), embedding, embedder: Arc::clone(embedder), tokens, truncated }
    }

    /// The vector itself.
    #[must_use]
    pub fn embedding(&self) -> &Embedding {
        &self.embedding
    }
}

impl<E: Engine> Searcher<E> {
    /// Whether a search in this mode embeds its query. Lexical search does so for its highlights alone, and only if a model is
    /// loaded.
    #[must_use]
    pub fn embeds(&self, mode: Mode) -> bool {
        mode != Mode::Lexical || self.last_embedder().is_some()
    }

    /// The embeddings of several queries, computed as one batch.
    ///
    /// # Errors
    /// When the model cannot be run or the collection not be read.
    pub fn embed(&self, questions: &[Query]) -> Result<Vec<QuestionVector>> {
        let embedder = self.embedder()?;
        let vectors = match questions {
            [question] => vec![embedder.embed_one(Role::Query, question.as_str())?],
            _ => embedder.embed(Role::Query, questions)?,
        };
        let of = |(text, made): (&Query, Embedded)| QuestionVector::new(text, made, &embedder);
        Ok(questions.iter().zip(vectors).map(of).collect())
    }

    /// The model of the collection's current vectors.
    ///
    /// # Errors
    /// When the collection cannot be read, or when its model is not on this machine or cannot be loaded.
    pub fn embedder(&self) -> Result<Arc<Embedder>> {
        let last = self.last_embedder();
        let model = self.engine.read(|moment| match &last {
            Some(last) if moment.fingerprint() == last.fingerprint() => Ok(None),
            _ => moment.model().map(Some),
        })?;
        match (last, model) {
            (Some(last), None) => Ok(last),
            (_, Some(model)) => self.load(&model),
            // A model is read unless the last one fits.
            (None, None) => unreachable!("no model was read"),
        }
    }

    /// The model of a moment's vectors.
    pub(super) fn embedder_of(&self, moment: &impl Moment) -> Result<Arc<Embedder>> {
        match self.last_embedder() {
            Some(last) if moment.fingerprint() == last.fingerprint() => Ok(last),
            _ => self.load(&moment.model()?),
        }
    }

    /// As [`Searcher::embedder_of`], for searches that a model improves but that do not need it; `None` if it is not on this
    /// machine or cannot be loaded.
    pub(super) fn embedder_if_here(&self, moment: &impl Moment) -> Option<Arc<Embedder>> {
        self.embedder_of(moment).ok()
    }

    /// The model that the collection had at the last look; `None` if none was loaded.
    pub(super) fn last_embedder(&self) -> Option<Arc<Embedder>> {
        self.embedder.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Loads a model, unless another thread has loaded it in the meantime.
    fn load(&self, model: &ModelFolder) -> Result<Arc<Embedder>> {
        let mut last = self.embedder.write().unwrap_or_else(PoisonError::into_inner);
        match &*last {
            Some(embedder) if embedder.fingerprint() == model.fingerprint() => Ok(Arc::clone(embedder)),
            _ => {
                let embedder = Embedder::load(model, self.threads).map(Arc::new)?;
                *last = Some(Arc::clone(&embedder));
                Ok(embedder)
            }
        }
    }

    /// Runs `read` while the current model embeds the query, unless the embedding is given.
    pub(super) fn while_embedding<T>(
        &self,
        question: &Query,
        made: Option<&QuestionVector>,
        read: impl FnOnce(Pending<'_>) -> Result<T>,
    ) -> Result<T> {
        if let Some(made) = made {
            return read(&|| Ok(made.clone()));
        }
        let embedder = match self.last_embedder() {
            Some(embedder) => embedder,
            None => self.embedder()?,
        };
        embedder.embed_one_beside(Role::Query, question.as_str(), |embedded| {
            read(&|| Ok(QuestionVector::new(question, embedded()?, &embedder)))
        })
    }

    /// The embedding of a text by the model of a moment: the one already made, unless the collection has changed its
    /// model, or the collection changes the text.
    pub(super) fn of_moment(&self, moment: &impl Moment, text: &Query, made: Pending<'_>) -> Result<QuestionVector> {
        let made = made()?;
        if moment.fingerprint() == made.embedder.fingerprint() && made.text == *text {
            return Ok(made);
        }
        let embedder = self.embedder_of(moment)?;
        let made = embedder.embed_one(Role::Query, text.as_str())?;
        Ok(QuestionVector::new(text, made, &embedder))
    }
}
