//! Adds and deletes papers of the in-memory engine.

use super::InMemory;
use crate::embed::{Embedding, Fingerprint};
use crate::engine::Writer;
use crate::error::{Error, Result};
use crate::paper::PaperId;
use crate::store::{Arrival, Became, Incoming, Known, Part, Plan, Removed, Sentences, State, parts};

impl Writer for InMemory {
    fn plan(&self, incoming: &Incoming<'_>) -> Result<Plan> {
        incoming.plan(&*self.papers())
    }

    fn write(&self, _: &Fingerprint, arrivals: &[Arrival<'_>]) -> Result<Vec<Became>> {
        arrivals
            .iter()
            .map(|arrival| {
                let plan = self.plan(&arrival.incoming)?;
                let embedding = arrival.embedding_of(&plan);
                let became = plan.effect(embedding.is_some());
                let vector = embedding.filter(|_| plan.state.needs_vector());
                if became.is_written() {
                    let vector = vector.map(|embedding| (embedding.clone(), arrival.sentences.clone()));
                    self.commit(|papers| papers.store(plan, arrival.incoming.former(), vector));
                }
                Ok(became)
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
                papers.store(plan, &[], Some((embedding.clone(), sentences.clone())));
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
