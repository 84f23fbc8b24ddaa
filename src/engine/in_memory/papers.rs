//! The papers of the in-memory engine, and how a planned paper is stored among them.

use crate::embed::Embedding;
use crate::error::{Error, Result};
use crate::paper::PaperId;
use crate::store::{Known, Plan, Sentences, Stored};

/// Papers in the order in which they were added.
#[derive(Clone, Default)]
pub(super) struct Papers {
    pub commits: u64,
    pub all: Vec<Entry>,
}

#[derive(Clone)]
pub(super) struct Entry {
    pub stored: Stored,
    /// Ids of absorbed papers, and hashes of former titles.
    pub former: Vec<PaperId>,
    pub embedding: Embedding,
    pub sentences: Sentences,
}

impl Known for Papers {
    type Error = Error;

    fn with_id(&self, id: &PaperId) -> Result<Vec<PaperId>> {
        if self.all.iter().any(|entry| entry.stored.paper.id == *id) {
            return Ok(vec![id.clone()]);
        }
        let has = |entry: &&Entry| entry.stored.paper.ids.contains(id) || entry.former.contains(id);
        Ok(self.all.iter().filter(has).map(|entry| entry.stored.paper.id.clone()).collect())
    }

    fn with_title(&self, title: &str) -> Result<Vec<PaperId>> {
        let id = PaperId::of_title(title);
        let has = |entry: &&Entry| entry.former.contains(&id) || PaperId::of_title(&entry.stored.paper.title) == id;
        Ok(self.all.iter().filter(has).map(|entry| entry.stored.paper.id.clone()).collect())
    }

    fn stored(&self, id: &PaperId) -> Result<Option<Stored>> {
        Ok(self.all.iter().find(|entry| entry.stored.paper.id == *id).map(|entry| entry.stored.clone()))
    }
}

impl Papers {
    /// Stores a planned paper, which is also found by the ids `former`, with an embedding if its text is new.
    pub fn store(&mut self, plan: Plan, former: &[PaperId], embedding: Option<(Embedding, Sentences)>) {
        let before = self.all.iter().position(|entry| entry.stored.paper.id == plan.paper.id);
        let mut former: Vec<PaperId> = former.iter().chain(&plan.absorbed).cloned().collect();
        for entry in self.all.iter().filter(|entry| plan.absorbed.contains(&entry.stored.paper.id)) {
            former.extend(entry.former.iter().chain(&entry.stored.paper.ids).cloned());
        }
        former.extend(plan.contributions.iter().map(|said| PaperId::of_title(&said.paper.title)));
        let mut entry = match (before, embedding) {
            (Some(place), None) => self.all[place].clone(),
            (_, Some((embedding, sentences))) => {
                let stored = Stored { paper: plan.paper.clone(), contributions: Vec::new() };
                Entry { stored, former: Vec::new(), embedding, sentences }
            }
            (None, None) => return,
        };
        if let Some(place) = before {
            former.extend(self.all[place].former.iter().cloned());
            former.push(PaperId::of_title(&self.all[place].stored.paper.title));
        }
        entry.former = former;
        let is_moved = entry.stored.paper == plan.paper || before.is_none();
        entry.stored = Stored { paper: plan.paper.clone(), contributions: plan.contributions };
        match before {
            Some(place) if !is_moved => self.all[place] = entry,
            _ => {
                self.all.retain(|entry| entry.stored.paper.id != plan.paper.id);
                self.all.push(entry);
            }
        }
        self.all.retain(|entry| !plan.absorbed.contains(&entry.stored.paper.id));
    }
}
