//! Adds and deletes papers of the in-memory engine.

use super::InMemory;
use crate::embed::{Embedding, Fingerprint};
use crate::engine::Writer;
use crate::error::{Error, Result};
use crate::paper::PaperId;
use crate::store::{Became, Change, Contribution, Known, Part, Plan, Removed, Sentences, State, parts, plan};

impl Writer for InMemory {
    fn plan(&self, new: &Contribution) -> Result<Plan> {
        plan(&*self.papers(), new)
    }

    fn add(&self, _: &Fingerprint, changes: &[Change]) -> Result<Vec<Became>> {
        changes
            .iter()
            .map(|Change { contribution, embedding, sentences, .. }| {
                let plan = self.plan(contribution)?;
                let joins = !plan.absorbed.is_empty();
                Ok(self.commit(|papers| match (plan.state, embedding) {
                    (State::Unchanged, _) => Became::Unchanged,
                    (State::New | State::TextDiffers, None) => Became::LeftOut,
                    (State::DetailsDiffer, _) => {
                        papers.store(plan, None);
                        if joins { Became::Merged } else { Became::Updated }
                    }
                    (state, Some(embedding)) => {
                        papers.store(plan, Some((embedding.clone(), sentences.clone())));
                        match state {
                            State::New => Became::Added,
                            _ if joins => Became::Merged,
                            _ => Became::Updated,
                        }
                    }
                }))
            })
            .collect()
    }

    fn parts(&self, id: &PaperId) -> Result<Vec<Part>> {
        let papers = self.papers();
        let own = papers.with_id(id)?;
        let stored = own.first().map(|own| papers.stored(own)).transpose()?.flatten();
        let stored = stored.ok_or_else(|| Error::UnknownPaper { id: id.printed().to_owned() })?;
        parts(&stored, |id| Ok(papers.stored(id)?.is_some()))
    }

    fn split(&self, _: &Fingerprint, id: &PaperId, parts: &[(Part, Embedding, Sentences)]) -> Result<()> {
        self.remove(std::slice::from_ref(id))?;
        self.commit(|papers| {
            for (Part { paper, contributions }, embedding, sentences) in parts {
                let (paper, contributions) = (paper.clone(), contributions.clone());
                let plan = Plan { state: State::New, paper, absorbed: Vec::new(), contradicted: None, contributions };
                papers.store(plan, Some((embedding.clone(), sentences.clone())));
            }
        });
        Ok(())
    }

    fn remove(&self, ids: &[PaperId]) -> Result<Removed> {
        self.commit(|papers| {
            let mut removed = Removed::default();
            for id in ids {
                match papers.with_id(id)?.as_slice() {
                    [own] => {
                        papers.all.retain(|entry| entry.stored.paper.id != *own);
                        removed.papers += 1;
                    }
                    _ => removed.unknown.push(id.clone()),
                }
            }
            Ok(removed)
        })
    }

    fn remove_sample(&self) -> Result<()> {
        Ok(())
    }

    fn as_sample(&self, add: &mut dyn FnMut() -> Result<u64>) -> Result<()> {
        add().map(drop)
    }

    fn keep_sample(&self) -> Result<()> {
        Ok(())
    }

    fn finish(&self) -> Result<()> {
        Ok(())
    }
}
