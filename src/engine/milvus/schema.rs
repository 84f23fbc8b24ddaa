//! The collections on the server, and their fields.
//!
//! | collection | a row is |
//! | --- | --- |
//! | [`PAPERS`] | a paper: what filters ask for, its vectors, and a record from which it is read again |
//! | [`ALIASES`] | an id or the hash of a title, and the papers that have it |
//! | [`WORDS_OF`] | a part of the words of all papers with the number of papers with each, or the state of the collection |

use std::collections::HashMap;

use milvus::v2::prelude as sdk;
use milvus::v2::prelude::{DataType, FieldSchema, IndexParam, IndexType, MetricType};

use super::client::Client;
use crate::embed::Fingerprint;
use crate::engine::VectorIndex;
use crate::error::{Error, Result};

pub(super) const PAPERS: &str = "paperkin_papers";
pub(super) const ALIASES: &str = "paperkin_aliases";
pub(super) const WORDS_OF: &str = "paperkin_words";

pub(super) const ID: &str = "id";
pub(super) const TITLE: &str = "title";
pub(super) const ABSTRACT: &str = "abstract";
pub(super) const AUTHORS: &str = "authors";
pub(super) const AUTHORS_FOLDED: &str = "authors_folded";
pub(super) const NAMES: &str = "name_words";
pub(super) const FAMILIES: &str = "families";
pub(super) const CATEGORIES: &str = "categories";
pub(super) const PUBLISHED_FROM: &str = "published_from";
pub(super) const PUBLISHED_TO: &str = "published_to";
pub(super) const VENUE: &str = "venue";
pub(super) const ORGANISATION: &str = "organisation";
pub(super) const KIND: &str = "type";
pub(super) const CITATIONS: &str = "citations";
pub(super) const COMMENTS: &str = "comments";
pub(super) const WORDS: &str = "words";
pub(super) const STEMS: &str = "stems";
pub(super) const ADDED: &str = "added";
pub(super) const SAMPLE: &str = "sample";
pub(super) const RECORD: &str = "record";
pub(super) const SENTENCES: &str = "sentences";
pub(super) const VECTOR: &str = "vector";
pub(super) const TERMS: &str = "terms";
pub(super) const COUNTS: &str = "term_counts";

/// Of a row of [`ALIASES`]: the ids of the papers, as JSON. Of one of [`WORDS_OF`]: the words with their numbers.
pub(super) const VALUE: &str = "value";
/// Every collection must have a vector. Those of these collections mean nothing.
pub(super) const NO_VECTOR: &str = "no_vector";

/// The longest text of a field, in bytes. The server allows no longer one.
pub(super) const LONGEST: usize = 65_535;
/// The longest id, in bytes.
pub(super) const LONGEST_ID: usize = 1_024;
/// The most authors, categories or ids of a paper that the server's own fields have. The record has all.
pub(super) const MOST_VALUES: usize = 4_096;

/// Properties of the collection of papers.
const FORMAT: &str = "paperkin.format";
const FINGERPRINT: &str = "paperkin.fingerprint";
const MODEL_PATH: &str = "paperkin.model_path";
/// The version of these collections.
const PRESENT_FORMAT: &str = "1";

/// HNSW: the number of neighbours of a point, and the candidates while it is linked.
const NEIGHBOURS: &str = "16";
const BUILD_CANDIDATES: &str = "200";
/// The least number of candidates of a search.
const SEARCH_CANDIDATES: usize = 256;

/// Who embeds the papers of a collection.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Model {
    pub fingerprint: Fingerprint,
    /// The folder of a model that has no manifest.
    pub path: Option<String>,
}

fn texts() -> &'static [(&'static str, usize)] {
    &[
        (TITLE, LONGEST),
        (ABSTRACT, LONGEST),
        (AUTHORS_FOLDED, LONGEST),
        (NAMES, LONGEST),
        (VENUE, LONGEST),
        (ORGANISATION, LONGEST),
        (KIND, 64),
        (WORDS, LONGEST),
        (STEMS, LONGEST),
        (COUNTS, LONGEST),
        (RECORD, LONGEST),
        (SENTENCES, LONGEST),
    ]
}

const LISTS: [&str; 3] = [AUTHORS, FAMILIES, CATEGORIES];
const NUMBERS: [&str; 6] = [PUBLISHED_FROM, PUBLISHED_TO, CITATIONS, COMMENTS, ADDED, SAMPLE];

fn text(name: &str, longest: usize) -> FieldSchema {
    let length = HashMap::from([("max_length".to_owned(), longest.to_string())]);
    FieldSchema::new().name(name).data_type(DataType::VarChar).type_params(length)
}

fn list(name: &str) -> FieldSchema {
    let params = HashMap::from([
        ("max_length".to_owned(), LONGEST_ID.to_string()),
        ("max_capacity".to_owned(), MOST_VALUES.to_string()),
    ]);
    FieldSchema::new().name(name).data_type(DataType::Array).element_type(DataType::VarChar).type_params(params)
}

/// The fields of a paper whose vector has this many dimensions.
fn fields_of_papers(dimension: usize) -> Vec<FieldSchema> {
    let mut fields = vec![text(ID, LONGEST_ID).primary_key(true)];
    fields.extend(texts().iter().map(|(name, longest)| text(name, *longest)));
    fields.extend(LISTS.map(list));
    fields.extend(NUMBERS.map(|name| FieldSchema::new().name(name).data_type(DataType::Int64)));
    fields.push(vector(VECTOR, dimension));
    fields.push(FieldSchema::new().name(TERMS).data_type(DataType::SparseFloatVector));
    fields
}

fn vector(name: &str, dimension: usize) -> FieldSchema {
    let dimension = u32::try_from(dimension).unwrap_or(u32::MAX);
    FieldSchema::new().name(name).data_type(DataType::FloatVector).dimension(dimension)
}

fn indexes_of_papers(index: VectorIndex) -> Vec<IndexParam> {
    let (index, params) = match index {
        VectorIndex::Hnsw => (IndexType::Hnsw, &[("M", NEIGHBOURS), ("efConstruction", BUILD_CANDIDATES)][..]),
        VectorIndex::DiskAnn => (IndexType::DiskAnn, &[][..]),
    };
    let params = params.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    vec![
        IndexParam::new()
            .field_name(VECTOR)
            .index_name(VECTOR)
            .index_type(index)
            .metric_type(MetricType::Cosine)
            .extra_params(params.collect()),
        IndexParam::new()
            .field_name(TERMS)
            .index_name(TERMS)
            .index_type(IndexType::SparseInvertedIndex)
            .metric_type(MetricType::Ip),
    ]
}

/// Parameters of a search by vectors for `limit` rows in an index. Another index than those that this program makes has its defaults.
pub(super) fn search_params(index: IndexType, limit: usize) -> HashMap<String, String> {
    let candidates = limit.max(SEARCH_CANDIDATES).to_string();
    match index {
        IndexType::Hnsw => HashMap::from([("ef".to_owned(), candidates)]),
        IndexType::DiskAnn => HashMap::from([("search_list".to_owned(), candidates)]),
        _ => HashMap::new(),
    }
}

/// The index of the vectors of papers: the tools of the server may have replaced it.
pub(super) fn index_of_vectors(client: &Client) -> Result<IndexType> {
    client.call("read the indexes", |client| async move {
        let request = sdk::DescribeIndexRequest::builder().collection_name(PAPERS).build()?;
        let described = client.describe_index(request).await?;
        let index = described.indexes().iter().find(|index| index.get_field_name() == VECTOR);
        Ok(index.map(sdk::IndexDesc::get_index_type).unwrap_or_default())
    })
}

/// The model of an existing collection, after a check of its fields; `None` if there is no collection.
///
/// # Errors
/// [`Error::ServerSchema`] if another program made or changed it.
pub(super) fn existing(client: &Client) -> Result<Option<Model>> {
    for name in [PAPERS, ALIASES, WORDS_OF] {
        let exists = client.call("look for the collections", |client| async move {
            let request = sdk::HasCollectionRequest::builder().collection_name(name).build()?;
            Ok(client.has_collection(request).await?.exists())
        })?;
        match (name, exists) {
            (_, true) => {}
            // The papers are made last, so that the others exist.
            (PAPERS, false) => return Ok(None),
            _ => return Err(differs(client, name, "it does not exist")),
        }
    }
    let description = client.call("read the collections", |client| async move {
        let request = sdk::DescribeCollectionRequest::builder().collection_name(PAPERS).build()?;
        client.describe_collection(request).await
    })?;
    let description = description.description();
    let properties = description.get_properties();
    let property = |name: &str| properties.get(name).filter(|value| !value.is_empty());
    match property(FORMAT).map(String::as_str) {
        Some(PRESENT_FORMAT) => {}
        found => {
            let found = found.unwrap_or("none");
            let what = format!("its property `{FORMAT}` is {found}, and this program needs {PRESENT_FORMAT}");
            return Err(differs(client, PAPERS, &what));
        }
    }
    let fingerprint = property(FINGERPRINT).and_then(|json| serde_json::from_str::<Fingerprint>(json).ok());
    let Some(fingerprint) = fingerprint else {
        return Err(differs(client, PAPERS, &format!("its property `{FINGERPRINT}` is no fingerprint of a model")));
    };
    let fields = description.get_schema().get_fields();
    for wanted in fields_of_papers(fingerprint.dimension) {
        let found = fields.iter().find(|field| field.get_name() == wanted.get_name());
        if found.is_none_or(|found| found.get_data_type() != wanted.get_data_type()) {
            let what = format!("its field `{}` is missing or has another type", wanted.get_name());
            return Err(differs(client, PAPERS, &what));
        }
    }
    Ok(Some(Model { fingerprint, path: property(MODEL_PATH).cloned() }))
}

fn differs(client: &Client, collection: &'static str, what: &str) -> Error {
    Error::ServerSchema { address: client.address().to_string(), collection, what: what.to_owned() }
}

/// Makes the collections for a model. Those that exist are kept, so that an interrupted creation is completed.
pub(super) fn create(client: &Client, model: &Model) -> Result<()> {
    let small = || {
        let fields = [text(ID, LONGEST_ID).primary_key(true), text(VALUE, LONGEST), vector(NO_VECTOR, 2)];
        let index = IndexParam::new()
            .field_name(NO_VECTOR)
            .index_name(NO_VECTOR)
            .index_type(IndexType::Flat)
            .metric_type(MetricType::L2);
        (Vec::from(fields), vec![index])
    };
    let properties = || {
        let fingerprint = serde_json::to_string(&model.fingerprint).unwrap_or_default();
        let mut properties =
            HashMap::from([(FORMAT.to_owned(), PRESENT_FORMAT.to_owned()), (FINGERPRINT.to_owned(), fingerprint)]);
        properties.extend(model.path.clone().map(|path| (MODEL_PATH.to_owned(), path)));
        properties
    };
    for name in [ALIASES, WORDS_OF, PAPERS] {
        let ((fields, indexes), properties) = match name {
            PAPERS => {
                let index = client.address().index();
                ((fields_of_papers(model.fingerprint.dimension), indexes_of_papers(index)), properties())
            }
            _ => (small(), HashMap::new()),
        };
        client.call("make the collections", |client| async move {
            let request = sdk::HasCollectionRequest::builder().collection_name(name).build()?;
            if client.has_collection(request).await?.exists() {
                return Ok(());
            }
            let schema = fields.into_iter().fold(sdk::CollectionSchema::new(), sdk::CollectionSchema::add_field);
            let request = sdk::CreateCollectionRequest::builder()
                .collection_name(name)
                .schema(schema)
                .properties(properties)
                .consistency_level(sdk::ConsistencyLevel::Strong);
            client.create_collection(request.build()?).await?;
            let request = sdk::CreateIndexRequest::builder()
                .collection_name(name)
                .index_params(indexes)
                // The first rows make the index.
                .sync(false);
            client.create_index(request.build()?).await
        })?;
    }
    Ok(())
}

/// Loads the collections, which is needed once after the server has started.
pub(super) fn load(client: &Client) -> Result<()> {
    for name in [ALIASES, WORDS_OF, PAPERS] {
        client.call("load the collections", |client| async move {
            let request = sdk::LoadCollectionRequest::builder().collection_name(name).build()?;
            client.load_collection(request).await
        })?;
    }
    Ok(())
}

/// The fields that a search reads with each hit, to compute exact scores and to show it.
pub(super) const OF_HITS: [&str; 3] = [VECTOR, COUNTS, RECORD];
