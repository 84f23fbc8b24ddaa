//! The connection to a server: calls that wait for their answers, try again where that is safe, and name the server in errors.

use std::collections::HashMap;
use std::future::Future;
use std::time::Duration;

use milvus::v2::prelude as sdk;
use milvus::v2::prelude::{ClientV2, ConsistencyLevel, FieldData, Ids, SearchVectors, SparseVector};
use tokio::runtime::Runtime;

use super::expression::{self, behind};
use super::schema::ID;
use super::table::Table;
use crate::engine::ServerAddress;
use crate::error::{Error, Result};

/// The time to wait for a connection.
const CONNECT: Duration = Duration::from_secs(5);
/// The time to wait for the answer to a call, its repetitions included.
const ANSWER: Duration = Duration::from_mins(1);
/// How often a call is made at most, if the server is busy or away.
const ATTEMPTS: u32 = 6;
/// The pause before the second attempt. Each further one is twice as long, up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// Part of the message of an answer that is larger than 4 MB, which the client does not take.
const TOO_LARGE: &str = "message length too large";
/// The most ids in one request.
const MOST_IDS: usize = 512;
/// The most rows that a server returns for one search or query.
pub(super) const MOST_ROWS: usize = 16_384;

/// A connection to a server. It can be shared by threads.
pub(super) struct Client {
    runtime: Runtime,
    calls: ClientV2,
    address: ServerAddress,
    /// Number of calls so far.
    #[cfg(test)]
    pub(super) made: std::sync::atomic::AtomicUsize,
}

/// A request for rows.
#[derive(Debug, Default)]
pub(super) struct Rows<'a> {
    pub collection: &'a str,
    /// Which rows; all if it is empty.
    pub filter: String,
    pub fields: &'a [&'a str],
    pub limit: usize,
    /// In the order of the ids; otherwise in any.
    pub in_order: bool,
}

/// A search for rows.
pub(super) struct Search<'a> {
    pub collection: &'a str,
    /// The field with the vectors that are compared.
    pub field: &'a str,
    pub vectors: SearchVectors,
    /// Among which rows; all if it is empty.
    pub filter: &'a str,
    /// The fields of the rows found.
    pub fields: &'a [&'a str],
    pub limit: usize,
    /// Parameters of the index.
    pub params: HashMap<String, String>,
}

impl Client {
    /// Connects to the database of an address; `None` if it does not exist.
    ///
    /// # Errors
    /// [`Error::ServerAway`].
    pub fn connect(address: &ServerAddress) -> Result<Option<Self>> {
        let client = Self::to(address)?;
        match address.database() {
            Some(database) if !client.lists(database)? => Ok(None),
            _ => client.enter().map(Some),
        }
    }

    /// As [`Client::connect`], but creates the database if it does not exist.
    pub fn connect_or_create(address: &ServerAddress) -> Result<Self> {
        let client = Self::to(address)?;
        if let Some(database) = address.database()
            && !client.lists(database)?
        {
            client.call("make the database", |client| async move {
                client.create_database(sdk::CreateDatabaseRequest::builder().database_name(database).build()?).await
            })?;
        }
        client.enter()
    }

    /// Uses the database of the address from now on.
    fn enter(self) -> Result<Self> {
        if let Some(database) = self.address.database() {
            self.call("use the database", |client| client.use_database(database))?;
        }
        Ok(self)
    }

    fn to(address: &ServerAddress) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let retry = sdk::RetryConfig::new()
            .max_attempts(ATTEMPTS)
            .max_retry_timeout(ANSWER)
            .initial_backoff(FIRST_PAUSE)
            .max_backoff(LONGEST_PAUSE)
            .backoff_multiplier(2.0);
        let mut config = sdk::ConnectConfig::new()
            .uri(address.uri())
            .secure(address.has_tls())
            .connect_timeout(CONNECT)
            .rpc_timeout(ANSWER)
            .retry(retry)
            // Send no telemetry.
            .telemetry(sdk::TelemetryConfig::new().enabled(false));
        if let Some(token) = address.token() {
            config = config.token(token);
        }
        let calls = runtime.block_on(ClientV2::new(&config)).map_err(|error| away(address, &error))?;
        Ok(Self {
            runtime,
            calls,
            address: address.clone(),
            #[cfg(test)]
            made: std::sync::atomic::AtomicUsize::default(),
        })
    }

    pub fn address(&self) -> &ServerAddress {
        &self.address
    }

    fn lists(&self, database: &str) -> Result<bool> {
        self.call("list the databases", |client| async move {
            let known = client.list_databases(sdk::ListDatabasesRequest::builder().build()?).await?;
            Ok(known.database_names().iter().any(|known| known == database))
        })
    }

    /// The version that the server states.
    pub fn version(&self) -> Result<String> {
        self.call("ask for the version", |client| async move {
            Ok(client.server_version(sdk::GetServerVersionRequest::builder().build()?).await?.version().to_owned())
        })
    }

    /// Makes a call, and waits for its answer.
    pub fn call<'c, T, F>(&'c self, doing: &'static str, call: impl FnOnce(&'c ClientV2) -> F) -> Result<T>
    where
        F: Future<Output = sdk::Result<T>>,
    {
        #[cfg(test)]
        self.made.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        self.runtime.block_on(call(&self.calls)).map_err(|error| self.failed(doing, &error))
    }

    fn failed(&self, doing: &'static str, error: &sdk::Error) -> Error {
        // The message may be that of the last of several attempts.
        if error.to_string().contains(TOO_LARGE) {
            return Error::ServerAnswerTooLarge { address: self.address.to_string() };
        }
        if matches!(error, sdk::Error::Grpc(_) | sdk::Error::Timeout(_) | sdk::Error::RetryExhausted { .. }) {
            return away(&self.address, error);
        }
        Error::ServerRefused { address: self.address.to_string(), doing, reason: reason(error) }
    }

    /// Reads rows.
    pub fn rows(&self, wanted: &Rows<'_>) -> Result<Table> {
        let Rows { collection, filter, fields, limit, in_order } = wanted;
        let order = HashMap::from([("iterator".to_owned(), "True".to_owned())]);
        self.call("read papers", |client| async move {
            let request = sdk::QueryRequest::builder()
                .collection_name(*collection)
                .filter(filter)
                .output_fields(fields.iter().copied())
                .limit(i64::try_from(*limit).unwrap_or(i64::MAX))
                .consistency_level(ConsistencyLevel::Strong)
                .extra_params(if *in_order { order } else { HashMap::new() })
                .build()?;
            let response = client.query(request).await?;
            Ok(Table::of(response.results().get_output_fields().to_vec(), None))
        })
    }

    /// Reads rows by their ids, in any order: in several requests if there are many, or if they are large.
    pub fn rows_by_ids(&self, collection: &str, ids: &[&str], fields: &[&str]) -> Result<Vec<Table>> {
        let mut tables = Vec::new();
        let mut left: Vec<&[&str]> = ids.chunks(MOST_IDS).rev().collect();
        while let Some(some) = left.pop() {
            let filter = expression::with_ids(some.iter().copied());
            match self.rows(&Rows { collection, filter, fields, limit: some.len(), in_order: false }) {
                Err(Error::ServerAnswerTooLarge { .. }) if some.len() > 1 => {
                    let (first, second) = some.split_at(some.len() / 2);
                    left.extend([second, first]);
                }
                table => tables.push(table?),
            }
        }
        Ok(tables)
    }

    /// Reads all rows that match, in the order of their ids, a page at a time.
    pub fn for_each_page(&self, wanted: &Rows<'_>, mut visit: impl FnMut(&Table) -> Result<bool>) -> Result<()> {
        let mut last: Option<String> = None;
        let mut limit = wanted.limit;
        loop {
            let behind = last.as_ref().map(|last| behind(last));
            let filter = expression::all([wanted.filter.clone()].into_iter().chain(behind));
            let page = match self.rows(&Rows { filter, limit, in_order: true, ..*wanted }) {
                Err(Error::ServerAnswerTooLarge { .. }) if limit > 1 => {
                    limit /= 2;
                    continue;
                }
                page => page?,
            };
            let goes_on = visit(&page)?;
            match page.texts(ID)?.last() {
                Some(id) if goes_on && page.len() >= limit => last = Some(id.clone()),
                _ => return Ok(()),
            }
        }
    }

    /// Number of rows that match a filter.
    pub fn count(&self, collection: &str, filter: &str) -> Result<usize> {
        let wanted = Rows { collection, filter: filter.to_owned(), fields: &["count(*)"], limit: 0, in_order: false };
        self.call("count papers", |client| async move {
            let request = sdk::QueryRequest::builder()
                .collection_name(wanted.collection)
                .filter(&wanted.filter)
                .output_fields(wanted.fields.iter().copied())
                .consistency_level(ConsistencyLevel::Strong)
                .build()?;
            let response = client.query(request).await?;
            let Some(row) = response.results().rows()?.next() else { return Ok(0) };
            Ok(usize::try_from(row.get_i64("count(*)")?).unwrap_or_default())
        })
    }

    /// Searches for the rows with the highest inner product, or cosine. If they are too large together, they have no fields.
    pub fn search(&self, wanted: &Search<'_>) -> Result<Table> {
        match self.search_once(wanted, wanted.fields) {
            Err(Error::ServerAnswerTooLarge { .. }) if !wanted.fields.is_empty() => self.search_once(wanted, &[]),
            found => found,
        }
    }

    fn search_once(&self, wanted: &Search<'_>, fields: &[&str]) -> Result<Table> {
        let Search { collection, field, vectors, filter, limit, params, .. } = wanted;
        self.call("search", |client| async move {
            let request = sdk::SearchRequest::builder()
                .collection_name(*collection)
                .vector_field(*field)
                .vectors(vectors.clone())
                .filter(*filter)
                .output_fields(fields.iter().copied())
                .limit(i64::try_from((*limit).clamp(1, MOST_ROWS)).unwrap_or(i64::MAX))
                .extra_params(params.clone())
                .consistency_level(ConsistencyLevel::Strong)
                .build()?;
            let response = client.search(request).await?;
            let found = response.results().get_results().first();
            Ok(found.map_or_else(Table::default, |found| {
                let ids = match found.get_ids() {
                    Ids::VarChar(ids) => Some(ids.clone()),
                    _ => None,
                };
                Table::of(found.get_output_fields().to_vec(), ids)
            }))
        })
    }

    /// Writes rows: those whose ids exist are replaced.
    pub fn upsert(&self, collection: &str, columns: Vec<FieldData>) -> Result<()> {
        self.call("write papers", |client| async move {
            let insert = sdk::InsertRequest::builder().collection_name(collection).columns(columns).build()?;
            client.upsert(sdk::UpsertRequest::builder().insert(insert).build()?).await.map(|_| ())
        })
    }

    /// Asks the server to write what it holds in memory to its storage, which also indexes it.
    pub fn flush(&self, collections: &[&str]) -> Result<()> {
        let names: Vec<String> = collections.iter().map(|name| (*name).to_owned()).collect();
        self.call("flush", |client| async move {
            client.flush(sdk::FlushRequest::builder().collection_names(names).build()?).await.map(|_| ())
        })
    }

    /// Deletes rows by their ids.
    pub fn delete(&self, collection: &str, ids: &[String]) -> Result<()> {
        if ids.is_empty() {
            return Ok(());
        }
        self.call("delete papers", |client| async move {
            let filter = expression::with_ids(ids.iter().map(String::as_str));
            let request = sdk::DeleteRequest::builder().collection_name(collection).filter(filter).build()?;
            client.delete(request).await.map(|_| ())
        })
    }
}

/// A sparse vector as the server takes it.
pub(super) fn sparse(vector: &SparseVector) -> SearchVectors {
    SearchVectors::SparseFloat(vec![vector.clone()])
}

fn away(address: &ServerAddress, error: &sdk::Error) -> Error {
    Error::ServerAway { address: address.to_string(), reason: reason(error) }
}

/// The message of an error in one line.
fn reason(error: &sdk::Error) -> String {
    let message = error.to_string();
    message.split_whitespace().collect::<Vec<_>>().join(" ")
}
