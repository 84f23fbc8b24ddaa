//! Export of a collection by pages of papers, for engines that have no faster way.

use std::borrow::Cow;

use super::{Engine, Moment};
use crate::error::{Error, Result};
use crate::paper::Paper;
use crate::store::{DocId, Filter};

/// Number of papers in a page.
const PAGE: usize = if cfg!(test) { 50 } else { 1_000 };

/// See [`Engine::export`]: passes papers in the order of their ids to `visit`.
pub(super) fn by_pages<E: Engine + ?Sized>(
    engine: &E,
    with_vectors: bool,
    visit: &mut dyn FnMut(&Paper, &[f32]) -> Result<()>,
) -> Result<()> {
    let moment = engine.moment()?;
    let mut last = None;
    loop {
        let papers = moment.list(last.as_ref(), &Filter::default(), PAGE)?;
        let vectors = if with_vectors {
            vectors_of(&moment, &papers, &engine.place())?
        } else {
            vec![Cow::default(); papers.len()]
        };
        for (paper, vector) in papers.iter().zip(&vectors) {
            visit(paper, vector)?;
        }
        if papers.len() < PAGE {
            return moment.check();
        }
        last = papers.into_iter().next_back().map(|paper| paper.id);
    }
}

fn vectors_of<'a>(moment: &'a impl Moment, papers: &[Paper], place: &str) -> Result<Vec<Cow<'a, [f32]>>> {
    let docs: Vec<DocId> = papers.iter().map(|paper| Ok(moment.paper(&paper.id)?.1)).collect::<Result<_>>()?;
    let damaged = |paper: &Paper| Error::StoreDamaged {
        dir: place.into(),
        reason: format!("the vector of `{}` cannot be read", paper.id),
    };
    let vectors = papers.iter().zip(moment.vectors(&docs)?);
    vectors.map(|(paper, vector)| vector.ok_or_else(|| damaged(paper))).collect()
}
