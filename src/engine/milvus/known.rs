//! The stored papers that records may be about. What a batch of records asks for is read at once.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};

use super::client::Client;
use super::record::Record;
use super::schema::{ALIASES, ID, PAPERS, RECORD, VALUE};
use crate::error::{Error, Result};
use crate::paper::PaperId;
use crate::store::{Contribution, Incoming, Known, Stored, WholePaper};

fn strs<'i>(ids: &[&'i String]) -> Vec<&'i str> {
    ids.iter().map(|id| id.as_str()).collect()
}

/// Aliases and records prefetched for the next plans. A commit invalidates those that it changes.
#[derive(Debug, Default)]
pub(super) struct Ahead {
    aliases: HashMap<String, Vec<String>>,
    records: HashMap<String, Option<Record>>,
}

impl Ahead {
    /// Removes aliases and papers that have changed.
    pub fn forget<'i>(&mut self, aliases: impl Iterator<Item = &'i String>, papers: impl Iterator<Item = &'i String>) {
        aliases.for_each(|alias| {
            self.aliases.remove(alias);
        });
        papers.for_each(|id| {
            self.records.remove(id);
        });
    }
}

/// Stored papers, as they were read and as a commit is about to change them.
pub(super) struct KnownPapers<'c> {
    client: &'c Client,
    ahead: Option<&'c Mutex<Ahead>>,
    /// The papers with each alias, the oldest first.
    aliases: RefCell<HashMap<String, Vec<String>>>,
    /// The record of each paper; `None` if there is no such paper.
    records: RefCell<HashMap<String, Option<Record>>>,
}

impl<'c> KnownPapers<'c> {
    pub fn new(client: &'c Client) -> Self {
        Self { client, ahead: None, aliases: RefCell::default(), records: RefCell::default() }
    }

    /// As [`KnownPapers::new`], but uses prefetched aliases and records.
    pub fn after(client: &'c Client, ahead: &'c Mutex<Ahead>) -> Self {
        Self { ahead: Some(ahead), ..Self::new(client) }
    }

    /// What was read.
    pub fn into_ahead(self) -> Ahead {
        Ahead { aliases: self.aliases.into_inner(), records: self.records.into_inner() }
    }

    /// Reads what some plans will ask for.
    pub fn read_for<'n>(&self, incoming: impl Iterator<Item = Incoming<'n>>) -> Result<()> {
        let (mut aliases, mut own) = (BTreeSet::new(), BTreeSet::new());
        for incoming in incoming {
            match incoming {
                Incoming::Record(Contribution { paper, .. }) => {
                    aliases.extend(paper.all_ids().map(|id| id.as_str().to_owned()));
                    aliases.insert(PaperId::of_title(&paper.title).as_str().to_owned());
                }
                Incoming::Copy(WholePaper { stored, former, .. }) => {
                    aliases.extend(stored.paper.all_ids().chain(former).map(|id| id.as_str().to_owned()));
                    let papers = stored.contributions.iter().map(|said| &said.paper).chain([&stored.paper]);
                    aliases.extend(papers.map(|paper| PaperId::of_title(&paper.title).as_str().to_owned()));
                }
                Incoming::Merge(ids) => own.extend(ids.iter().map(|id| id.as_str().to_owned())),
            }
        }
        let aliases: Vec<String> = aliases.into_iter().collect();
        self.read_aliases(&aliases)?;
        let papers: BTreeSet<String> = {
            let known = self.aliases.borrow();
            let of_aliases = aliases.iter().filter_map(|alias| known.get(alias)).flatten();
            // An id may be a paper's own.
            of_aliases.chain(&aliases).chain(&own).cloned().collect()
        };
        self.read_records(&papers.into_iter().collect::<Vec<_>>())
    }

    fn read_aliases(&self, aliases: &[String]) -> Result<()> {
        let decode = |papers: &str| Ok(serde_json::from_str(papers).unwrap_or_default());
        self.read((ALIASES, VALUE), aliases, &self.aliases, |ahead| &ahead.aliases, decode)
    }

    fn read_records(&self, ids: &[String]) -> Result<()> {
        let decode = |record: &str| Record::decode(record).map(Some);
        self.read((PAPERS, RECORD), ids, &self.records, |ahead| &ahead.records, decode)
    }

    /// Reads the values of some ids that are not yet known: from what was prefetched, or from a field of a collection. An id
    /// that is not there has the default.
    fn read<V: Clone + Default>(
        &self,
        (collection, field): (&str, &'static str),
        ids: &[String],
        known: &RefCell<HashMap<String, V>>,
        prefetched: impl Fn(&Ahead) -> &HashMap<String, V>,
        decode: impl Fn(&str) -> Result<V>,
    ) -> Result<()> {
        if let Some(ahead) = self.ahead {
            let ahead = ahead.lock().unwrap_or_else(PoisonError::into_inner);
            let found = ids.iter().filter_map(|id| Some((id.clone(), prefetched(&ahead).get(id)?.clone())));
            known.borrow_mut().extend(found);
        }
        let missing: Vec<&String> = {
            let known = known.borrow();
            ids.iter().filter(|id| !known.contains_key(*id)).collect()
        };
        let tables = self.client.rows_by_ids(collection, &strs(&missing), &[field])?;
        let mut known = known.borrow_mut();
        known.extend(missing.into_iter().map(|id| (id.clone(), V::default())));
        for rows in tables {
            for (id, value) in rows.texts(ID)?.iter().zip(rows.texts(field)?) {
                known.insert(id.clone(), decode(value)?);
            }
        }
        Ok(())
    }

    /// The record of a paper, by its own id.
    pub fn record(&self, id: &str) -> Result<Option<Record>> {
        self.read_records(&[id.to_owned()])?;
        Ok(self.records.borrow().get(id).cloned().flatten())
    }

    /// The papers that have an alias, as their own id or another.
    pub fn papers_of(&self, alias: &str) -> Result<Vec<String>> {
        if self.record(alias)?.is_some() {
            return Ok(vec![alias.to_owned()]);
        }
        self.read_aliases(&[alias.to_owned()])?;
        let papers = self.aliases.borrow().get(alias).cloned().unwrap_or_default();
        self.read_records(&papers)?;
        let records = self.records.borrow();
        // An interrupted commit may have left an alias of a paper that is not there.
        Ok(papers.into_iter().filter(|id| records.get(id).is_some_and(Option::is_some)).collect())
    }

    /// Replaces the record of a paper, or deletes the paper, and returns the aliases that change with their papers.
    pub fn put(&self, id: &str, record: Option<Record>) -> Result<Vec<String>> {
        let before = self.record(id)?.map(|record| record.aliases()).unwrap_or_default();
        let after = record.as_ref().map(Record::aliases).unwrap_or_default();
        let changed: Vec<String> = before.symmetric_difference(&after).cloned().collect();
        self.read_aliases(&changed)?;
        let mut aliases = self.aliases.borrow_mut();
        for alias in &changed {
            let papers = aliases.entry(alias.clone()).or_default();
            papers.retain(|paper| paper != id);
            if after.contains(alias) {
                papers.push(id.to_owned());
            }
        }
        self.records.borrow_mut().insert(id.to_owned(), record);
        Ok(changed)
    }

    /// The papers that an alias has now.
    pub fn alias(&self, alias: &str) -> Vec<String> {
        self.aliases.borrow().get(alias).cloned().unwrap_or_default()
    }
}

impl Known for KnownPapers<'_> {
    type Error = Error;

    fn with_id(&self, id: &PaperId) -> Result<Vec<PaperId>> {
        Ok(self.papers_of(id.as_str())?.iter().map(|id| PaperId::of_stored(id)).collect())
    }

    fn with_title(&self, title: &str) -> Result<Vec<PaperId>> {
        let of_title = PaperId::of_title(title);
        // A paper may have the hash of its title as its own id; others have the same title.
        self.read_aliases(&[of_title.as_str().to_owned()])?;
        let mut papers = self.papers_of(of_title.as_str())?;
        for paper in self.alias(of_title.as_str()) {
            if !papers.contains(&paper) && self.record(&paper)?.is_some() {
                papers.push(paper);
            }
        }
        Ok(papers.iter().map(|id| PaperId::of_stored(id)).collect())
    }

    fn stored(&self, id: &PaperId) -> Result<Option<Stored>> {
        Ok(self.record(id.as_str())?.map(|record| record.stored()))
    }
}
