//! What a student learns from: papers with the teacher's vector of each.

use std::ops::Range;

use super::fit::Rows;
use crate::embed::{Embedder, Role, Text};
use crate::error::{Error, Result};
use crate::paper::Paper;
use crate::progress::Progress;
use crate::store::View;

/// Texts that are embedded between two looks at the progress.
const AT_ONCE: usize = 256;

/// A sample of papers in random order, with the teacher's vector of each.
pub struct Lessons {
    /// Title and abstract.
    pub(super) texts: Vec<String>,
    /// The part of each text that is the title.
    pub(super) titles: Vec<Range<usize>>,
    pub(super) vectors: Rows,
}

impl Lessons {
    fn with_capacity(papers: usize, width: usize) -> Self {
        let vectors = Rows { width, values: Vec::with_capacity(papers * width) };
        Self { texts: Vec::with_capacity(papers), titles: Vec::with_capacity(papers), vectors }
    }

    /// Papers with the teacher's vectors. All vectors must have the same length.
    pub fn of<'a>(papers: impl Iterator<Item = (&'a Paper, &'a [f32])>) -> Self {
        let mut lessons = Self::with_capacity(0, 0);
        for (paper, vector) in papers {
            lessons.vectors.width = vector.len();
            lessons.push(paper, vector);
        }
        lessons
    }

    fn push(&mut self, paper: &Paper, vector: &[f32]) {
        let text = paper.text();
        self.titles.push(0..paper.title.len().min(text.len()));
        self.texts.push(text);
        self.vectors.values.extend_from_slice(vector);
    }

    /// Up to `count` papers of a store, with the vectors that they have there: those of the store's model.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn of_store(view: &View<'_>, count: usize, seed: u64) -> Result<Self> {
        let mut docs = view.shuffled_docs(seed);
        docs.truncate(count);
        let vectors = &view.vectors;
        let mut lessons = Self::with_capacity(docs.len(), vectors.dimension());
        for doc in docs {
            if let (Some(paper), Some(vector)) = (view.paper_at(doc)?, vectors.row(doc)) {
                lessons.push(&paper, vector);
            }
        }
        Ok(lessons)
    }

    /// Embeds papers with the teacher.
    ///
    /// # Errors
    /// [`Error::Interrupted`]; when a text cannot be embedded.
    pub fn embedded(papers: &[Paper], teacher: &Embedder, progress: &dyn Progress) -> Result<Self> {
        let mut lessons = Self::with_capacity(papers.len(), teacher.fingerprint().dimension);
        progress.expected(papers.len() as u64);
        for papers in papers.chunks(AT_ONCE) {
            let texts: Vec<String> = papers.iter().map(Paper::text).collect();
            let texts: Vec<Text<'_>> = texts.iter().map(|text| text.as_str().into()).collect();
            let vectors = teacher.embed_watched(Role::Passage, &texts, progress)?;
            for (paper, vector) in papers.iter().zip(vectors) {
                lessons.push(paper, vector.ok_or(Error::Interrupted)?.embedding.as_slice());
            }
            progress.done(lessons.len() as u64);
        }
        Ok(lessons)
    }

    /// The title of a paper.
    pub(super) fn title(&self, paper: usize) -> &str {
        self.texts[paper].get(self.titles[paper].clone()).unwrap_or_default()
    }

    /// Number of papers.
    #[must_use]
    pub fn len(&self) -> usize {
        self.texts.len()
    }

    /// Whether there are no papers.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }
}
