//! How much of the teacher does a student keep? Measured on papers that it has not learnt from.

use rayon::prelude::*;
use serde::Serialize;

use super::bags::Bags;
use super::fit::{Rows, mean, unit};
use super::lessons::Lessons;
use crate::embed::{Embedder, Role, dot};
use crate::error::Result;

/// Neighbours that are compared, but no more than a tenth of the papers.
const NEAREST: usize = 10;

/// What a student keeps of its teacher, measured on papers that it has not learnt from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Kept {
    /// Number of these papers.
    pub papers: usize,
    /// The mean cosine between the vectors of student and teacher.
    pub cosine: f32,
    /// The share of the nearest papers by the teacher that are among the nearest by the student.
    pub neighbours: f32,
    /// Number of nearest papers that are compared.
    pub nearest: usize,
    /// The share of the titles whose vector by the teacher is nearest to the student's vector of their own paper.
    pub titles_first: f32,
}

impl Kept {
    /// Compares the vectors of the papers from `first` on.
    pub(super) fn measured(
        table: &Rows,
        bags: &Bags,
        lessons: &Lessons,
        first: usize,
        teacher: &Embedder,
    ) -> Result<Self> {
        let papers = lessons.len() - first;
        let student: Vec<Vec<f32>> =
            (first..lessons.len()).into_par_iter().map(|text| unit(mean(table, bags, text)).0).collect();
        let student: Vec<&[f32]> = student.iter().map(Vec::as_slice).collect();
        let teachers: Vec<&[f32]> = (first..lessons.len()).map(|row| lessons.vectors.row(row)).collect();
        let titles: Vec<&str> = (first..lessons.len()).map(|paper| lessons.title(paper)).collect();
        let titles = teacher.embed(Role::Query, &titles)?;
        let count = NEAREST.min(papers / 10).max(1);
        let sums = (0..papers)
            .into_par_iter()
            .map(|row| {
                let by_teacher = nearest(&teachers, teachers[row], Some(row), count);
                let by_student = nearest(&student, student[row], Some(row), count);
                let same = by_teacher.iter().filter(|neighbour| by_student.contains(neighbour)).count();
                let is_first = nearest(&student, titles[row].embedding.as_slice(), None, 1) == [row];
                #[allow(clippy::cast_precision_loss)] // at most NEAREST
                let same = same as f32 / by_teacher.len().max(1) as f32;
                [dot(student[row], teachers[row]), same, f32::from(u8::from(is_first))]
            })
            .reduce(|| [0.0; 3], |a, b| [a[0] + b[0], a[1] + b[1], a[2] + b[2]]);
        #[allow(clippy::cast_precision_loss)] // a mean to print
        let [cosine, neighbours, titles_first] = sums.map(|sum| sum / papers.max(1) as f32);
        Ok(Self { papers, cosine, neighbours, nearest: count, titles_first })
    }
}

/// The rows with the largest products, largest first.
fn nearest(rows: &[&[f32]], to: &[f32], except: Option<usize>, count: usize) -> Vec<usize> {
    let mut products: Vec<(f32, usize)> = rows.iter().map(|row| dot(row, to)).zip(0..).collect();
    products.retain(|(_, row)| Some(*row) != except);
    products.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    products.truncate(count);
    products.into_iter().map(|(_, row)| row).collect()
}
