//! The engine over a Milvus server: the server stores and searches, and this program plans, embeds and ranks.
//!
//! | file | contents |
//! | --- | --- |
//! | `client` | The connection to the server; `table` has the rows that it returns |
//! | `schema` | The collections on the server and their fields |
//! | `record` | Papers as rows |
//! | `expression` | Filters as expressions |
//! | `counts` | The words of all papers, and the state of the collection |
//! | `moment` | The implementation of [`Moment`](super::Moment), with `reading`, `docs`, `selection` and `facets` |
//! | `writer` | The implementation of [`Writer`], with `known` |
//! | `whole` | Reads all papers, for export and copies |

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use milvus::v2::prelude::IndexType;

use super::{Engine, ServerAddress, ServerFacts, StoredModel, Writer};
use crate::embed::Fingerprint;
use crate::error::{Error, Result};
use crate::full_text::FullText;
use crate::paper::Paper;
use crate::store::{DocId, WholePaper};
use client::Client;
use counts::{Delta, State};
use known::Ahead;
pub use moment::MilvusMoment;
use schema::Model;

mod client;
mod counts;
mod docs;
mod expression;
mod facets;
mod known;
mod moment;
mod reading;
mod record;
mod schema;
mod selection;
mod table;
#[cfg(test)]
pub(crate) mod tests;
mod whole;
mod writer;

/// How old the words of a collection may be, if another program adds papers. The papers themselves are found at once.
const MOST_STALE: Duration = Duration::from_secs(1);
/// Changes of words are written once this many times the time that it took has passed.
const COUNTING_SHARE: u32 = 10;

/// The words of a collection.
pub(super) struct Words {
    full_text: FullText,
    version: u64,
}

/// A sample of papers with their vectors.
type Sample = Arc<[(String, Arc<[f32]>)]>;

/// A collection of papers on a Milvus server.
pub struct Milvus {
    client: Client,
    model: Model,
    /// That of the vectors.
    index: IndexType,
    newest: Mutex<Newest>,
    uncounted: Mutex<Uncounted>,
    ahead: Mutex<Ahead>,
    /// Papers that were written since the server was asked to flush them.
    written: AtomicUsize,
    /// The latest sample, by the numbers of papers that it is of and that were wanted.
    sample: Mutex<Option<((usize, usize), Sample)>>,
}

/// What was read last of the state and the words.
#[derive(Default)]
struct Newest {
    state: Option<(Instant, Arc<State>)>,
    words: Option<Arc<Words>>,
}

/// Changes of the words that are not yet written.
#[derive(Default)]
struct Uncounted {
    delta: Delta,
    last: Option<(Instant, Duration)>,
}

impl Milvus {
    /// Opens the collection on a server.
    ///
    /// # Errors
    /// [`Error::ServerAway`], [`Error::NoStore`] if there is none, [`Error::ServerSchema`] if another program made it.
    pub fn open(address: &ServerAddress) -> Result<Self> {
        let missing = || Error::NoStore { dir: PathBuf::from(address.to_string()) };
        let client = Client::connect(address)?.ok_or_else(missing)?;
        match schema::existing(&client)? {
            Some(model) => Self::loaded(client, model),
            None => Err(missing()),
        }
    }

    /// Opens the collection on a server, and makes it if there is none.
    ///
    /// # Errors
    /// As [`Milvus::open`]; [`Error::FingerprintDiffers`] if it has vectors of another model.
    pub fn open_or_create(address: &ServerAddress, fingerprint: &Fingerprint, path: Option<&Path>) -> Result<Self> {
        let client = Client::connect_or_create(address)?;
        let path = path.map(|path| path.to_string_lossy().into_owned());
        let wanted = Model { fingerprint: fingerprint.clone(), path };
        let found = if let Some(found) = schema::existing(&client)? {
            found
        } else {
            schema::create(&client, &wanted)?;
            wanted.clone()
        };
        found.fingerprint.check(&wanted.fingerprint, &PathBuf::from(address.to_string()))?;
        Self::loaded(client, found)
    }

    fn loaded(client: Client, model: Model) -> Result<Self> {
        schema::load(&client)?;
        let index = schema::index_of_vectors(&client)?;
        Ok(Self {
            client,
            model,
            index,
            newest: Mutex::default(),
            uncounted: Mutex::default(),
            ahead: Mutex::default(),
            written: AtomicUsize::default(),
            sample: Mutex::default(),
        })
    }

    /// The address of the server, for messages.
    fn place_of(&self) -> String {
        self.client.address().to_string()
    }

    fn model(&self) -> StoredModel {
        let Model { fingerprint, path } = &self.model;
        let argument = path.clone().unwrap_or_else(|| fingerprint.model.clone());
        StoredModel::on_server(fingerprint.clone(), argument, &self.place_of())
    }

    fn ahead(&self) -> MutexGuard<'_, Ahead> {
        self.ahead.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn newest(&self) -> MutexGuard<'_, Newest> {
        self.newest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The state of the collection, which may be as old as [`MOST_STALE`].
    fn state(&self) -> Result<Arc<State>> {
        if let Some((_, state)) = self.newest().state.as_ref().filter(|(read, _)| read.elapsed() < MOST_STALE) {
            return Ok(Arc::clone(state));
        }
        let state = Arc::new(counts::state(&self.client)?);
        self.newest().state = Some((Instant::now(), Arc::clone(&state)));
        Ok(state)
    }

    /// After a commit of this process, the state is read again.
    fn forget_state(&self) {
        self.newest().state = None;
    }

    /// The words that belong to a state.
    fn words(&self, state: &State) -> Result<Arc<Words>> {
        if let Some(words) = self.newest().words.as_ref().filter(|words| words.version == state.version) {
            return Ok(Arc::clone(words));
        }
        let dictionary = counts::dictionary(&self.client, state)?;
        let words = Arc::new(Words { full_text: FullText::of_dictionary(dictionary), version: state.version });
        self.newest().words = Some(Arc::clone(&words));
        Ok(words)
    }

    /// Adds changes of words to those that are not yet written, and writes them unless that was done a moment ago.
    fn count_later(&self, delta: &Delta) -> Result<()> {
        let is_due = {
            let mut uncounted = self.uncounted.lock().unwrap_or_else(PoisonError::into_inner);
            uncounted.delta.join(delta);
            uncounted.last.is_none_or(|(end, took)| end.elapsed() >= took * COUNTING_SHARE)
        };
        if is_due { self.count_now() } else { Ok(()) }
    }

    /// Writes the changes of words.
    fn count_now(&self) -> Result<()> {
        let mut uncounted = self.uncounted.lock().unwrap_or_else(PoisonError::into_inner);
        if uncounted.delta.is_empty() {
            return Ok(());
        }
        let start = Instant::now();
        counts::apply(&self.client, &uncounted.delta)?;
        *uncounted = Uncounted { delta: Delta::default(), last: Some((Instant::now(), start.elapsed())) };
        drop(uncounted);
        self.forget_state();
        Ok(())
    }

    fn known_sample(&self, papers: usize, count: usize) -> Option<Sample> {
        let sample = self.sample.lock().unwrap_or_else(PoisonError::into_inner);
        sample.as_ref().filter(|(of, _)| *of == (papers, count)).map(|(_, sample)| Arc::clone(sample))
    }

    fn remember_sample(&self, papers: usize, count: usize, docs: &[DocId], moment: &MilvusMoment<'_>) {
        let seen = moment.docs.lock();
        let sample = docs.iter().filter_map(|doc| Some((seen.id_of(*doc).to_owned(), seen.known(*doc).vector?)));
        *self.sample.lock().unwrap_or_else(PoisonError::into_inner) = Some(((papers, count), sample.collect()));
    }
}

impl Drop for Milvus {
    /// Writes changes of words that are left. If that fails, the next `finish` counts all words again.
    fn drop(&mut self) {
        let _ = self.count_now();
    }
}

impl Engine for Milvus {
    type Moment<'a> = MilvusMoment<'a>;

    fn moment(&self) -> Result<MilvusMoment<'_>> {
        let state = self.state()?;
        let words = self.words(&state)?;
        Ok(MilvusMoment::new(self, state, words))
    }

    fn writer(&self) -> &dyn Writer {
        self
    }

    fn place(&self) -> String {
        self.place_of()
    }

    fn stored_model(&self) -> Result<StoredModel> {
        Ok(self.model())
    }

    fn server(&self) -> Result<Option<ServerFacts>> {
        Ok(Some(ServerFacts { address: self.place_of(), version: self.client.version()? }))
    }

    fn export(&self, with_vectors: bool, visit: &mut dyn FnMut(&Paper, &[f32]) -> Result<()>) -> Result<()> {
        self.exported(with_vectors, visit)
    }

    fn whole_papers(&self, expected: &Fingerprint, visit: &mut dyn FnMut(Vec<WholePaper>) -> Result<()>) -> Result<()> {
        self.check_fingerprint(expected)?;
        self.whole(visit)
    }

    fn ready(&self) -> Result<()> {
        counts::state(&self.client).map(drop)
    }
}
