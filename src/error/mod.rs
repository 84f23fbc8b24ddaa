//! What can go wrong? Each message names what was expected and what was found.
//! A message is one sentence without a full stop; [`Error::hint`] says what to do.

use std::path::PathBuf;

mod hints;
mod summary;

pub use summary::ModelSummary;

/// The result of all fallible functions of this library.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// All errors of the library.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs)] // of fields: the message of a variant explains them
pub enum Error {
    /// An operation of the system failed; the message names the path.
    #[error("{0}")]
    Io(#[from] std::io::Error),

    // ---- files of papers ----
    /// A file of papers cannot be read to its end. The papers before the damage were read.
    #[error("cannot read `{file}`: {source}")]
    UnreadableFile { file: String, source: std::io::Error },
    /// One record of a file is invalid; the records after it can be read.
    #[error("{file}:{line}: {reason}")]
    BadRecord { file: String, line: u64, reason: String },
    /// The content has no known format.
    #[error("`{file}` has an unknown format: it begins with `{beginning}`")]
    UnknownFormat { file: String, beginning: String },
    /// The format is known, but the file contains no paper.
    #[error("no paper found in `{file}`: expected {looked_for}")]
    NoPaper { file: String, looked_for: String },
    /// A file of a kind from which no papers are read.
    #[error("`{file}` is {what}, from which no papers are read")]
    NotPapers { file: String, what: String, hint: String },
    /// A file, of a kind in the plural, which only a build with a feature of Cargo reads.
    #[error("`{file}` cannot be read: this build of paperkin does not read {what}")]
    NotBuilt { file: String, what: &'static str, feature: &'static str },
    /// Files of a kind in the plural, which only a build with a feature of Cargo writes.
    #[error("this build of paperkin does not write {what}")]
    NotBuiltToWrite { what: &'static str, feature: &'static str },
    /// The metadata of a file of papers and embeddings names another model.
    #[error("`{file}` has embeddings of {found}, but {wanted} was requested")]
    VectorsOfAnotherModel { file: String, found: Box<ModelSummary>, wanted: Box<ModelSummary> },
    /// The embedding of a paper was made by another model, with other settings or from another text.
    #[error(
        "`{column}` of `{paper}` in `{file}` differs from what `{model}` computes: expected a cosine of at least {least}, found \
         {cosine:.4}"
    )]
    ForeignVector { file: String, column: &'static str, paper: String, model: String, cosine: f32, least: f32 },
    /// A folder was given instead of a file.
    #[error("`{}` is a folder, but a file is required", path.display())]
    CorpusIsFolder { path: PathBuf },

    // ---- models ----
    /// No manifest and no folder has this name.
    #[error("unknown model `{name}`: the known models are {known}")]
    UnknownModel { name: String, known: String },
    /// A manifest is invalid.
    #[error("the manifest of `{name}` is invalid: {reason}")]
    BadManifest { name: String, reason: String },
    /// The model was not fetched yet.
    #[error("the model `{name}` is not on this machine: searched {looked_in}")]
    ModelMissing { name: String, looked_in: String },
    /// A model cannot have this name.
    #[error("a model cannot be named `{name}`: {reason}")]
    BadModelName { name: String, reason: &'static str },
    /// A model is about to be written where something is.
    #[error("`{}` exists already", folder.display())]
    ModelExists { folder: PathBuf },
    /// A store has embeddings that `add --quick` would have to replace.
    #[error("`{}` has the embeddings of {model}, and cannot be filled quickly with another model", dir.display())]
    NotQuick { dir: PathBuf, model: String },
    /// A store is on its way from temporary embeddings to those of the chosen model.
    #[error("`{}` still has temporary embeddings, on the way to those of `{model}`", dir.display())]
    QuickUnfinished { dir: PathBuf, model: String },
    /// The folder with the temporary models of a store is incomplete.
    #[error("the folder `quick` of the store at `{}` is incomplete: its temporary model cannot be used", dir.display())]
    QuickLost { dir: PathBuf },
    /// There are too few papers to learn from.
    #[error("{found} papers are too few to distil a model from: at least {least} are needed")]
    FewLessons { found: usize, least: usize },
    /// All sources of the model failed.
    #[error("cannot fetch the model `{name}`: {attempts}")]
    FetchFailed { name: String, attempts: String, folder: PathBuf },
    /// A file of the model differs from its manifest.
    #[error("`{}` differs from the manifest of `{model}`: expected {expected}, found {found}", path.display())]
    ModelFileDiffers { model: String, path: PathBuf, expected: String, found: String },
    /// A file of the model is invalid.
    #[error("`{}` is not a valid model file: {reason}", path.display())]
    ModelFileBroken { path: PathBuf, reason: String },
    /// A model folder lacks one of its files.
    #[error("the model folder `{}` has no `{file}`", folder.display())]
    ModelFolderIncomplete { folder: PathBuf, file: &'static str },
    /// Vectors can only be truncated.
    #[error("the vectors of `{name}` have {whole} dimensions and cannot be truncated to {wanted}")]
    BadDimension { name: String, wanted: usize, whole: usize },
    /// A cross-encoder was given instead of an embedding model.
    #[error("`{name}` is a cross-encoder, not an embedding model")]
    NotAnEmbedder { name: String },
    /// An embedding model was given instead of a cross-encoder.
    #[error("`{name}` is an embedding model, not a cross-encoder")]
    NotACrossEncoder { name: String },
    /// A search requested reranking, but no cross-encoder is loaded.
    #[error("reranking was requested, but no reranker is loaded")]
    NoReranker,
    /// The number of hits to rerank is out of range.
    #[error("the number of hits to rerank must be from 1 to {limit}, but it is {found}")]
    BadRerankDepth { found: usize, limit: usize },
    /// Raw numbers are unreadable on a terminal.
    #[error("standard output is a terminal, which cannot show binary data")]
    BytesToTerminal,
    /// The GPU failed.
    #[error("the model failed to run: {reason}")]
    Inference { reason: String },
    /// `PAPERKIN_KERNEL` names a kernel that does not exist or does not run here.
    #[error(
        "the kernel `{name}` {}: the available kernels are {available}",
        if *exists { "does not run on this processor" } else { "does not exist" }
    )]
    UnknownKernel { name: String, exists: bool, available: String },
    /// The tokenizer failed on a text.
    #[error("cannot tokenise the text: {reason}")]
    Tokenization { reason: String },
    /// A vector cannot be normalised.
    #[error("an embedding must have a finite, non-zero length, but its length is {length}")]
    NoDirection { length: f32 },

    // ---- servers ----
    /// A server does not answer.
    #[error("the server at `{address}` does not answer: {reason}")]
    ServerAway { address: String, reason: String },
    /// A server rejects a call.
    #[error("the server at `{address}` was asked to {doing}, and refused: {reason}")]
    ServerRefused { address: String, doing: &'static str, reason: String },
    /// Another program has made or changed a collection.
    #[error("the collection `{collection}` at `{address}` cannot be used: {what}")]
    ServerSchema { address: String, collection: &'static str, what: String },
    /// A server has returned something unexpected.
    #[error("the answer of the server cannot be used: {what}")]
    ServerAnswer { what: String },
    /// An answer is larger than the protocol allows.
    #[error("the answer of the server at `{address}` is larger than 4 MB")]
    ServerAnswerTooLarge { address: String },
    /// A paper with all that its sources say is too long for a field of the server.
    #[error("`{id}` takes {bytes} bytes on the server, and at most {limit} are possible")]
    TooLargeForServer { id: String, bytes: usize, limit: usize },

    // ---- test sets ----
    /// The folder of a test set does not exist.
    #[error("there is no test set at `{}`", folder.display())]
    NoTestSet { folder: PathBuf },
    /// A test set lacks one of its files, or a query.
    #[error("the test set `{}` has no {file}", folder.display())]
    TestSetIncomplete { folder: PathBuf, file: String },
    /// A test set lacks the requested relevance judgements.
    #[error(
        "the test set `{}` has no judgements `qrels/{split}.tsv`; available splits: {}",
        folder.display(),
        if found.is_empty() { "none" } else { found }
    )]
    NoSplit { folder: PathBuf, split: String, found: String },
    /// A line of a test set or of a run is invalid.
    #[error("{file}:{line}: {reason}")]
    BadTestSet { file: String, line: u64, reason: String },
    /// Relevance judgements without a relevant document.
    #[error("the judgements `qrels/{split}.tsv` of the test set `{}` contain no relevant document", folder.display())]
    NothingJudged { folder: PathBuf, split: String },
    /// A query of a test set is empty.
    #[error("the query `{query}` of the test set `{}` is empty", folder.display())]
    EmptyJudgedQuery { folder: PathBuf, query: String },
    /// The judgements name documents that are not in the corpus.
    #[error(
        "the corpus of the test set `{}` lacks {count} of the relevant documents; the first is `{document}` of query \
         `{query}`",
        folder.display()
    )]
    UnknownDocuments { folder: PathBuf, count: usize, document: String, query: String },
    /// A file does not contain pools of graded papers in the layout of CSFCube.
    #[error("`{}` does not contain pools: {reason}", path.display())]
    BadPools { path: PathBuf, reason: String },
    /// Related papers can be searched only for a document of the corpus.
    #[error("the query `{query}` of the test set `{}` is not a document of its corpus", folder.display())]
    NoQueryDocument { folder: PathBuf, query: String },
    /// A run ranks none of the judged queries.
    #[error("`{}` has no ranking for any of the {judged} judged queries", path.display())]
    ForeignRun { path: PathBuf, judged: usize },
    /// The manifest of a model has no published score for a test set.
    #[error(
        "the manifest of `{model}` has no published score for the test set `{set}`; it has {}",
        if known.is_empty() { "none for any set" } else { known }
    )]
    NoPublishedScore { model: String, set: String, known: String },
    /// A measured score differs from the published one. Both are nDCG@10, between 0 and 1.
    #[error(
        "`{model}` has nDCG@10 {measured:.4} on {set}, but {published:.4} is published ({source_url}): expected a \
         difference of at most {:.1} points, found {:.1}",
        100.0 * tolerance, 100.0 * (measured - published).abs()
    )]
    ScoreDiffers { model: String, set: String, measured: f64, published: f64, tolerance: f64, source_url: String },
    /// Spaces separate the fields of a run.
    #[error("the id `{id}` is not valid in a TREC run: it must have at least one character and no space")]
    IdWithSpace { id: String },
    /// Runs are compared on the judgements of one test set.
    #[error("expected one test set to compare two runs on, found {found}")]
    OneTestSet { found: usize },
    /// Rankings of several test sets or models would replace each other.
    #[error("the rankings would all be written to `{name}`, because it does not contain `{placeholder}`")]
    OneRunFile { name: String, placeholder: &'static str },
    /// The cache of embeddings cannot be read or written.
    #[error("cannot use the embedding cache `{}`: {source}", path.display())]
    VectorCache { path: PathBuf, source: rusqlite::Error },

    // ---- recall ----
    /// A file does not contain rows of numbers.
    #[error("`{}` does not contain vectors of {dimension} dimensions: {reason}", path.display())]
    BadVectors { path: PathBuf, dimension: usize, reason: String },
    /// A file contains no query.
    #[error("there is no query in `{}`", path.display())]
    NoQuestions { path: PathBuf },
    /// The store has no papers.
    #[error("the store at `{}` contains no papers", dir.display())]
    EmptyStore { dir: PathBuf },
    /// A target recall outside the limits.
    #[error("the target recall must be above 0 and at most 1, but is {found}")]
    BadRecall { found: f64 },

    // ---- store ----
    /// The folder contains no store.
    #[error("there is no store at `{}`", dir.display())]
    NoStore { dir: PathBuf },
    /// The address of a server is not valid. It is printed without its token.
    #[error("`{address}` is not the address of a store: {reason}")]
    BadAddress { address: String, reason: String },
    /// Only a build with a feature of Cargo uses servers of this program.
    #[error("`{address}` cannot be used: this build of paperkin does not support {program}")]
    ServerNotBuilt { address: String, program: &'static str, feature: &'static str },
    /// A collection is to be copied to itself.
    #[error("`{address}` cannot be copied to itself")]
    SameStore { address: String },
    /// Only a store in a folder can do this; `instead` is what to do for a server.
    #[error("{what} needs a store in a folder, but `{store}` is on a server")]
    OnlyInFolder { what: &'static str, store: String, instead: &'static str },
    /// The store was written by another version of the program.
    #[error(
        "the store at `{}` has format version {found}, but this program supports versions up to {wanted}",
        dir.display()
    )]
    StoreVersion { dir: PathBuf, found: u64, wanted: u64 },
    /// A file of the store is damaged.
    #[error("the store at `{}` is damaged: {reason}", dir.display())]
    StoreDamaged { dir: PathBuf, reason: String },
    /// The file of the HNSW graph is damaged. No paper is lost, because the graph can be rebuilt.
    #[error("the HNSW graph `{}` cannot be used: {reason}", path.display())]
    GraphDamaged { path: PathBuf, reason: String },
    /// The store was made with another model or other settings.
    #[error("the store at `{}` was built with {stored}, but {given} was requested", dir.display())]
    FingerprintDiffers { dir: PathBuf, stored: Box<ModelSummary>, given: Box<ModelSummary> },
    /// The model of the store changed while papers were embedded with the previous one.
    #[error(
        "the model of the store at `{}` changed to {now}, but these papers were embedded with {before}",
        dir.display()
    )]
    ModelChanged { dir: PathBuf, now: Box<ModelSummary>, before: Box<ModelSummary> },
    /// An unfinished `reindex` uses another model.
    #[error(
        "the store at `{}` has an unfinished `reindex` with `{begun}` ({dimension} dimensions, {embedded} texts \
         embedded)",
        dir.display()
    )]
    AnotherBegun { dir: PathBuf, begun: String, dimension: usize, embedded: u64 },
    /// Another process is changing the model.
    #[error(
        "the store at `{}` is being reindexed with another model by {}",
        dir.display(),
        holder.map_or_else(|| "another program".to_owned(), |process| format!("process {process}"))
    )]
    EmbeddedElsewhere { dir: PathBuf, holder: Option<u32> },
    /// Another process holds the write lock; `holder` is its id if it is a process of this program.
    #[error(
        "the write lock of the store at `{}` is held by {}, still after {waited_s} s",
        dir.display(),
        holder.map_or_else(|| "another program".to_owned(), |process| format!("process {process}"))
    )]
    StoreLocked { dir: PathBuf, holder: Option<u32>, waited_s: u64 },
    /// The disk or the user's quota is full.
    #[error("there is no space left on the disk for the store at `{}`", dir.display())]
    DiskFull { dir: PathBuf, source: Box<dyn std::error::Error + Send + Sync> },
    /// The store can be read, but not written.
    #[error("the store at `{}` is read-only", dir.display())]
    StoreReadOnly { dir: PathBuf, source: Box<dyn std::error::Error + Send + Sync> },
    /// The folder for a snapshot or a restored store contains files.
    #[error("`{}` is not empty, but an empty or new folder is needed", dir.display())]
    FolderNotEmpty { dir: PathBuf },
    /// A file that is not an archive of a store, or that is damaged.
    #[error("cannot restore `{name}`: {reason}")]
    BadArchive { name: String, reason: String },
    /// SQLite failed.
    #[error("cannot read or write the papers in `{}`: {source}", path.display())]
    Database { path: PathBuf, source: rusqlite::Error },
    /// Another process wrote to the store while this process read it. With read-only access a process cannot lock a
    /// state of the store.
    #[error(
        "another process wrote to the store at `{}` while this process, with read-only access, was reading it",
        dir.display()
    )]
    StoreOverwritten { dir: PathBuf },
    /// tantivy failed.
    #[error("cannot write the full-text index in `{}`: {source}", dir.display())]
    FullText { dir: PathBuf, source: Box<tantivy::TantivyError> },

    // ---- search ----
    /// An empty query.
    #[error("the query is empty")]
    EmptyQuery,
    /// A query longer than the limit.
    #[error("the query has {found} characters, but the maximum is {limit}")]
    QueryTooLong { found: usize, limit: usize },
    /// A number of hits outside the limits.
    #[error("k must be between 1 and {limit}, but is {found}")]
    BadK { found: usize, limit: usize },
    /// No paper has this id.
    #[error("no paper in the store has the id `{id}`")]
    UnknownPaper { id: String },
    /// A paper is compared with itself.
    #[error("both ids belong to the same paper, `{id}`")]
    SamePaper { id: String },
    /// Several papers have this id, which is that of records in different files.
    #[error("several papers have the id `{id}`: {}", papers.join(", "))]
    AmbiguousId { id: String, papers: Vec<String> },
    /// A paper that cannot be split.
    #[error("`{id}` cannot be split: {}", if *records < 2 { "one record describes it" } else { "all its records have an id in common" })]
    NotMerged { id: String, records: usize },
    /// A search for related papers without an id and without a text.
    #[error("`related` requires the id of at least one paper, or a text")]
    NoIds,
    /// A filter with an invalid value.
    #[error("`{name}` must be {wanted}, but is `{found}`")]
    BadFilter { name: &'static str, found: String, wanted: &'static str },
    /// A filter with more values than the limit.
    #[error("`{name}` has {found} values, but the maximum is {limit}")]
    TooManyValues { name: &'static str, found: usize, limit: usize },
    /// A range of dates that ends before it begins.
    #[error("the range of dates is empty: {from} is after {to}")]
    DatesReversed { from: String, to: String },
    /// A diversity outside the limits.
    #[error("`diverse` must be between 0 and 1, but is {found}")]
    BadDiversity { found: f32 },

    // ---- service ----
    /// Another program listens on the address.
    #[error("another program listens on {address}")]
    AddressInUse { address: String },
    /// A token that is invalid or too short.
    #[error("the write token is not valid: {reason}")]
    BadToken { reason: String },
    /// The caller cancelled the operation.
    #[error("interrupted")]
    Interrupted,
}

impl Error {
    /// Whether the error concerns only one record, so that reading can continue.
    #[must_use]
    pub fn is_bad_record(&self) -> bool {
        matches!(self, Self::BadRecord { .. })
    }
}
