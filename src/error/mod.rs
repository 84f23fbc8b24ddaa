//! What can go wrong, said so that a person knows what was wanted, what was found and what to do.
//! Every message is one sentence without a full stop; [`Error::hint`] gives the way out.

use std::path::PathBuf;

mod hints;
mod summary;

pub use summary::ModelSummary;

/// The result of everything in this library that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Every failure of the library.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs)] // of fields: each stands in its variant's message
pub enum Error {
    /// The operating system refused something; the message already names the path.
    #[error("{0}")]
    Io(#[from] std::io::Error),

    // ---- corpora ----
    /// One record of a corpus is unusable; the ones after it are not concerned.
    #[error("{file}:{line}: {reason}")]
    BadRecord { file: String, line: u64, reason: String },
    /// The content is in none of the known formats.
    #[error("`{file}` is in no known format: it begins with `{beginning}`")]
    UnknownFormat { file: String, beginning: String },
    /// The format is known, but no paper came out of the file.
    #[error("no paper found in `{file}`: looked for {looked_for}")]
    NoPaper { file: String, looked_for: String },
    /// A CSV header without the one column that is needed.
    #[error("`{file}` has no column `title`: its header names {found}")]
    NoTitleColumn { file: String, found: String },
    /// A folder was given where a file was wanted.
    #[error("`{}` is a folder, but a corpus is a file", path.display())]
    CorpusIsFolder { path: PathBuf },

    // ---- models ----
    /// No manifest has this name, and no folder either.
    #[error("no model is called `{name}`: known are {known}")]
    UnknownModel { name: String, known: String },
    /// A manifest that cannot be used.
    #[error("the manifest of `{name}` is unusable: {reason}")]
    BadManifest { name: String, reason: String },
    /// The weights have not been fetched.
    #[error("the weights of `{name}` are not on this machine: looked in {looked_in}")]
    ModelMissing { name: String, looked_in: String },
    /// Every source of the weights failed.
    #[error("the weights of `{name}` could not be fetched: {attempts}")]
    FetchFailed { name: String, attempts: String, folder: PathBuf },
    /// A file of the model is not the one that the manifest names.
    #[error("`{}` is not the file that the manifest of `{model}` names: expected {expected}, found {found}", path.display())]
    ModelFileDiffers { model: String, path: PathBuf, expected: String, found: String },
    /// A file of the model cannot be understood.
    #[error("`{}` cannot be used as a model's file: {reason}", path.display())]
    ModelFileBroken { path: PathBuf, reason: String },
    /// A local model folder without one of its files.
    #[error("the model folder `{}` has no `{file}`", folder.display())]
    ModelFolderIncomplete { folder: PathBuf, file: &'static str },
    /// Vectors can be cut, not made longer.
    #[error("the vectors of `{name}` have {whole} numbers and cannot be cut to {wanted}")]
    BadDimension { name: String, wanted: usize, whole: usize },
    /// A cross-encoder where an embedding model was wanted.
    #[error("`{name}` is a cross-encoder: it compares a question with papers, and makes no vectors")]
    NotAnEmbedder { name: String },
    /// An embedding model where a cross-encoder was wanted.
    #[error("`{name}` makes vectors, and is no cross-encoder, which reads a question and a paper at once")]
    NotACrossEncoder { name: String },
    /// Nobody loaded a cross-encoder.
    #[error("papers were to be ranked again, but this service has no cross-encoder")]
    NoReranker,
    /// Raw numbers would make a terminal unreadable.
    #[error("standard output is a terminal, which cannot show raw numbers")]
    BytesToTerminal,
    /// The GPU failed.
    #[error("the model could not be run: {reason}")]
    Inference { reason: String },
    /// `PAPERKIN_KERNEL` names what cannot be used.
    #[error(
        "the kernel `{name}` {}: on this processor there are {available}",
        if *exists { "does not run here" } else { "does not exist" }
    )]
    UnknownKernel { name: String, exists: bool, available: String },
    /// The tokenizer refused a text.
    #[error("the text could not be split into tokens: {reason}")]
    Tokenization { reason: String },
    /// A vector that has no direction.
    #[error("an embedding must have a finite, non-zero length, but its length is {length}")]
    NoDirection { length: f32 },

    // ---- judged test sets ----
    /// There is no such folder.
    #[error("there is no folder `{}` with a test set in it", folder.display())]
    NoTestSet { folder: PathBuf },
    /// A test set without one of its parts.
    #[error("the test set `{}` has no {file}", folder.display())]
    TestSetIncomplete { folder: PathBuf, file: String },
    /// A test set without the judgements that were asked for.
    #[error(
        "the test set `{}` has no judgements `qrels/{split}.tsv`: there are {}",
        folder.display(),
        if found.is_empty() { "none" } else { found }
    )]
    NoSplit { folder: PathBuf, split: String, found: String },
    /// Judgements from which nothing can be measured.
    #[error("the judgements `qrels/{split}.tsv` of the test set `{}` name no relevant document", folder.display())]
    NothingJudged { folder: PathBuf, split: String },
    /// A query without a word in it.
    #[error("the query `{query}` of the test set `{}` is empty", folder.display())]
    EmptyJudgedQuery { folder: PathBuf, query: String },
    /// Judgements of other documents than there are.
    #[error(
        "the corpus of the test set `{}` lacks {count} of the relevant documents: `{document}` of query `{query}` is the first",
        folder.display()
    )]
    UnknownDocuments { folder: PathBuf, count: usize, document: String, query: String },
    /// Rankings of other queries than those judged.
    #[error("`{}` ranks nothing for any of the {judged} queries that are judged", path.display())]
    ForeignRun { path: PathBuf, judged: usize },
    /// Fields of a run are separated by spaces.
    #[error("the id `{id}` cannot stand in a TREC run: it must have at least one character, and no space")]
    IdWithSpace { id: String },
    /// The vectors that were kept cannot be read or written.
    #[error("the vectors kept in `{}` cannot be used: {source}", path.display())]
    VectorCache { path: PathBuf, source: rusqlite::Error },

    // ---- recall ----
    /// A file that should have been rows of numbers.
    #[error("`{}` has no rows of {dimension} numbers: {reason}", path.display())]
    BadVectors { path: PathBuf, dimension: usize, reason: String },
    /// A file without a question in it.
    #[error("there is no question in `{}`", path.display())]
    NoQuestions { path: PathBuf },
    /// A collection in which nothing can be found.
    #[error("the store at `{}` has no paper", dir.display())]
    EmptyStore { dir: PathBuf },
    /// A share that is none.
    #[error("a wanted recall must be above 0 and at most 1, but is {found}")]
    BadRecall { found: f64 },

    // ---- store ----
    /// Nothing is stored in this place.
    #[error("there is no store at `{}`", dir.display())]
    NoStore { dir: PathBuf },
    /// The store was written by another version of the program.
    #[error("the store at `{}` has format version {found}, but this program reads versions up to {wanted}", dir.display())]
    StoreVersion { dir: PathBuf, found: u64, wanted: u64 },
    /// A file of the store is damaged.
    #[error("the store at `{}` is damaged: {reason}", dir.display())]
    StoreDamaged { dir: PathBuf, reason: String },
    /// The graph's file is damaged; it is a cache, and no paper depends on it.
    #[error("the graph in `{}` cannot be used: {reason}", path.display())]
    GraphDamaged { path: PathBuf, reason: String },
    /// The store was made with another model or other settings.
    #[error("the store at `{}` was built with {stored}, but {given} was asked for", dir.display())]
    FingerprintDiffers { dir: PathBuf, stored: Box<ModelSummary>, given: Box<ModelSummary> },
    /// The model was changed while papers were embedded with the one before.
    #[error(
        "the store at `{}` has vectors of {now} since its model was changed, but these papers were embedded with {before}",
        dir.display()
    )]
    ModelChanged { dir: PathBuf, now: Box<ModelSummary>, before: Box<ModelSummary> },
    /// A change of models was begun with another model.
    #[error(
        "the store at `{}` is half embedded with `{begun}` ({dimension} numbers a vector, {embedded} texts) by a `reindex` that was \
         interrupted",
        dir.display()
    )]
    AnotherBegun { dir: PathBuf, begun: String, dimension: usize, embedded: u64 },
    /// Another process changes the model.
    #[error(
        "the store at `{}` is being embedded with another model by {}",
        dir.display(),
        holder.map_or_else(|| "another program".to_owned(), |process| format!("process {process}"))
    )]
    EmbeddedElsewhere { dir: PathBuf, holder: Option<u32> },
    /// Somebody else is writing; the number is that of a process, where it is one of this program.
    #[error(
        "the store at `{}` is being written by {}, still after {waited_s} s",
        dir.display(),
        holder.map_or_else(|| "another program".to_owned(), |process| format!("process {process}"))
    )]
    StoreLocked { dir: PathBuf, holder: Option<u32>, waited_s: u64 },
    /// The disk or the user's share of it has no room left.
    #[error("there is no room left on the disk for the store at `{}`", dir.display())]
    DiskFull { dir: PathBuf, source: Box<dyn std::error::Error + Send + Sync> },
    /// The store can be read, but not written by this user or in this place.
    #[error("the store at `{}` may not be written", dir.display())]
    StoreReadOnly { dir: PathBuf, source: Box<dyn std::error::Error + Send + Sync> },
    /// A snapshot would mix with what is there.
    #[error("`{}` is not empty, but a snapshot needs a folder of its own", dir.display())]
    FolderNotEmpty { dir: PathBuf },
    /// SQLite failed.
    #[error("the papers in `{}` could not be read or written: {source}", path.display())]
    Database { path: PathBuf, source: rusqlite::Error },
    /// The store was written by another process while it was read from a place where this one may not write, and so cannot hold on to
    /// a state of it.
    #[error("the store at `{}` was written while it was read, and this process may not write there", dir.display())]
    StoreOverwritten { dir: PathBuf },
    /// tantivy failed.
    #[error("the index of words in `{}` could not be written: {source}", dir.display())]
    FullText { dir: PathBuf, source: Box<tantivy::TantivyError> },

    // ---- search ----
    /// A question without a word in it.
    #[error("the question is empty")]
    EmptyQuery,
    /// A question longer than any model reads.
    #[error("the question has {found} characters, but at most {limit} are read")]
    QueryTooLong { found: usize, limit: usize },
    /// A number of hits outside the limits.
    #[error("k must be between 1 and {limit}, but is {found}")]
    BadK { found: usize, limit: usize },
    /// No paper has this id.
    #[error("no paper in the store has the id `{id}`")]
    UnknownPaper { id: String },
    /// Related papers of nothing.
    #[error("`related` needs the id of at least one paper, or a text")]
    NoIds,
    /// A criterion that cannot be read.
    #[error("`{name}` must be {wanted}, but is `{found}`")]
    BadFilter { name: &'static str, found: String, wanted: &'static str },
    /// No day is both after the first and before the last.
    #[error("no paper can have appeared from {from} to {to}: the first is after the last")]
    DatesReversed { from: String, to: String },
    /// A share of diversity outside the limits.
    #[error("`diverse` must be between 0 and 1, but is {found}")]
    BadDiversity { found: f32 },

    // ---- service ----
    /// Another program listens there.
    #[error("another program listens on {address} already")]
    AddressInUse { address: String },
    /// A secret that is none, or that could be guessed.
    #[error("the token for writing cannot be used: {reason}")]
    BadToken { reason: String },
    /// The work was given up because the caller asked for that.
    #[error("interrupted")]
    Interrupted,
}

impl Error {
    /// Whether only one record of a corpus is concerned, so that reading can go on.
    #[must_use]
    pub fn is_bad_record(&self) -> bool {
        matches!(self, Self::BadRecord { .. })
    }
}
