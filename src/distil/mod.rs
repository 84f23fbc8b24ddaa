//! Distils a static model from another model, the teacher: a vector for each token, such that the mean over the tokens of a text
//! points where the teacher's vector of the text does. It embeds a hundred times faster, and loses some quality.
//!
//! - `lessons`: papers with the teacher's vectors
//! - `words`: words that become tokens of their own
//! - `bags`: texts as tokens with shares
//! - `start`: the vectors of tokens before they are fitted
//! - `align`: maps them all together
//! - `fit`: fits each
//! - `report`: what the student keeps of its teacher
//! - `save`: writes a model folder

use rayon::prelude::*;

use crate::embed::{Embedder, ModelFolder, Vocabulary};
use crate::error::{Error, Result};
use crate::paper::Paper;
use crate::progress::Progress;
use bags::Bags;
use fit::{Fit, Rows};
use words::Word;

pub use lessons::Lessons;
pub use report::Kept;

mod align;
mod bags;
mod fit;
mod lessons;
mod report;
mod save;
mod start;
mod words;

/// Passes over the papers.
const PASSES: usize = 4;
/// The learning rate of the first batch; it falls to 0 with the last one.
const RATE: f32 = 0.01;
/// A word may become a token of its own if it occurs this often, and at most this number of words do.
const OFTEN: u32 = 5;
const MOST_WORDS: usize = 20_000;
/// Papers that map the tokens of [`Student::of_tokens`]: about a second of work.
const ALIGNED: usize = 64;
/// [`Student::of_tokens`] knows a token if at least one of this number of papers contains it.
const SEEN: usize = 1_000;
/// With fewer papers, too few tokens are learnt to be of use.
pub const LEAST_PAPERS: usize = 100;

/// A static model in memory.
pub struct Student {
    vocabulary: Vocabulary,
    table: Rows,
    /// Number of words that became tokens of their own.
    pub new_words: usize,
    /// Number of papers that it learnt from.
    pub papers: usize,
    /// What it keeps of its teacher.
    pub kept: Kept,
}

/// At most this number of papers is left out of the lessons and measures the student; and at most this part of all.
const MOST_HELD_OUT: usize = 1_000;
const HELD_OUT: usize = 20;

/// Fits a student to the teacher's vectors. The same lessons and the same seed give the same student.
///
/// # Errors
/// [`Error::FewLessons`]; [`Error::Interrupted`]; when the teacher's tokenizer or network cannot be used.
pub fn distil(
    (folder, teacher): (&ModelFolder, &Embedder),
    lessons: &Lessons,
    seed: u64,
    progress: &dyn Progress,
) -> Result<Student> {
    if lessons.len() < LEAST_PAPERS {
        return Err(Error::FewLessons { found: lessons.len(), least: LEAST_PAPERS });
    }
    teacher.install(|| {
        let texts: Vec<&str> = lessons.texts.iter().map(String::as_str).collect();
        progress.note("choosing words");
        let (vocabulary, words) = extended(Vocabulary::of(folder)?, &texts)?;
        let bags = Bags::of(&texts, &vocabulary)?;
        progress.note("embedding each token with the teacher");
        let of_words: Vec<&[u32]> = words.iter().map(|word| word.tokens.as_slice()).collect();
        let table = start::start(teacher, &vocabulary, &of_words, &bags, 0, progress)?;

        let held_out = (lessons.len() / HELD_OUT).min(MOST_HELD_OUT);
        let learnt = lessons.len() - held_out;
        let mut examples: Vec<usize> = (0..learnt).collect();
        examples.retain(|text| bags.bag(*text).next().is_some());
        let mut fit = Fit::new(align::align(&table, &bags, &examples, &lessons.vectors));
        for pass in 0..PASSES {
            #[allow(clippy::cast_precision_loss)] // passes are few
            let rate = |done: f32| RATE * (1.0 - (pass as f32 + done) / PASSES as f32);
            let of = (&bags, &lessons.vectors);
            let cosine = fit.pass(of, &mut examples, seed.wrapping_add(pass as u64), rate, progress)?;
            progress.note(&format!("pass {} of {PASSES}: mean cosine with the teacher {cosine:.4}", pass + 1));
        }
        let kept = Kept::measured(&fit.table, &bags, lessons, learnt, teacher)?;
        Ok(Student { vocabulary, table: fit.table, new_words: words.len(), papers: learnt, kept })
    })
}

impl Student {
    /// A static model of the teacher's tokens as they are, mapped to suit some of the papers. It knows only tokens that at
    /// least one in a thousand papers contains.
    ///
    /// # Errors
    /// [`Error::Interrupted`]; when the teacher's tokenizer or network cannot be used.
    pub fn of_tokens(
        (folder, teacher): (&ModelFolder, &Embedder),
        papers: &[Paper],
        progress: &dyn Progress,
    ) -> Result<Self> {
        let lessons = Lessons::embedded(&papers[..papers.len().min(ALIGNED)], teacher, progress)?;
        teacher.install(|| {
            let texts: Vec<String> = papers.iter().map(Paper::text).collect();
            let vocabulary = Vocabulary::of(folder)?;
            let bags = Bags::of(&texts.iter().map(String::as_str).collect::<Vec<_>>(), &vocabulary)?;
            let table = start::start(teacher, &vocabulary, &[], &bags, texts.len().div_ceil(SEEN), progress)?;
            let mut examples: Vec<usize> = (0..lessons.len()).collect();
            examples.retain(|text| bags.bag(*text).next().is_some());
            let table = align::align(&table, &bags, &examples, &lessons.vectors);
            Ok(Self { vocabulary, table, new_words: 0, papers: lessons.len(), kept: Kept::default() })
        })
    }
}

/// The vocabulary with the frequent words of texts as tokens of their own, and these words.
fn extended(vocabulary: Vocabulary, texts: &[&str]) -> Result<(Vocabulary, Vec<Word>)> {
    let tokens = texts.par_iter().map(|text| vocabulary.tokens(text)).collect::<Result<Vec<_>>>()?;
    let words = words::new_words(&vocabulary, &tokens, OFTEN, MOST_WORDS);
    if words.is_empty() {
        return Ok((vocabulary, words));
    }
    let spelled: Vec<String> = words.iter().map(|word| word.text.clone()).collect();
    Ok((vocabulary.with_words(&spelled)?, words))
}
