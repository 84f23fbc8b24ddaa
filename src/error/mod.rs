//! What can go wrong, said so that a person knows what was wanted, what was found and what to do.
//! Every message is one sentence without a full stop; [`Error::hint`] gives the way out.

use std::io::ErrorKind;
use std::path::PathBuf;

use crate::embed::{Fingerprint, Task};
use crate::paper::PublicationDate;

/// The result of everything in this library that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Every failure of the library.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
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
    /// A model of another kind than was wanted.
    #[error(
        "`{name}` {}",
        match wanted {
            Task::Embed => "is a cross-encoder: it compares a question with papers, and makes no vectors",
            Task::Rerank => "makes vectors, and is no cross-encoder, which reads a question and a paper at once",
        }
    )]
    AnotherTask { name: String, wanted: Task },
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
    #[error("the store at `{}` was built with {}, but {} was asked for", dir.display(), stored.summary(), given.summary())]
    FingerprintDiffers { dir: PathBuf, stored: Box<Fingerprint>, given: Box<Fingerprint> },
    /// The model was changed while papers were embedded with the one before.
    #[error(
        "the store at `{}` has vectors of {} since its model was changed, but these papers were embedded with {}",
        dir.display(), now.summary(), before.summary()
    )]
    ModelChanged { dir: PathBuf, now: Box<Fingerprint>, before: Box<Fingerprint> },
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
    Lexical { dir: PathBuf, source: Box<tantivy::TantivyError> },

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
    DatesReversed { from: PublicationDate, to: PublicationDate },
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
    /// What the user can do about it, as a sentence to put behind `hint: `.
    #[must_use]
    pub fn hint(&self) -> String {
        use Error as E;
        match self {
            E::Io(error) => match error.kind() {
                ErrorKind::NotFound
                | ErrorKind::AlreadyExists
                | ErrorKind::NotADirectory
                | ErrorKind::IsADirectory
                | ErrorKind::AddrNotAvailable => "check the name of the file, folder or address".into(),
                ErrorKind::UnexpectedEof | ErrorKind::InvalidData => {
                    "the file is cut or altered; get it again. What came before is kept".into()
                }
                ErrorKind::PermissionDenied => "check who may read and write there".into(),
                ErrorKind::StorageFull => "make room on the disk and run this again; what was committed is safe".into(),
                _ => "what was committed is safe; run this again when the cause is gone".into(),
            },

            E::BadRecord { .. } => {
                "correct it, or take it out; `add` skips such records unless `--strict` is given".into()
            }
            E::UnknownFormat { .. } => "pass `--format daily|jsonl|csv` if you know what it is; a JSON array becomes \
                                        JSON Lines with `jq -c '.[]'`"
                .into(),
            E::NoPaper { .. } => "check that this is the file you meant, or force a format with `--format`".into(),
            E::NoTitleColumn { .. } => "name the columns in the first line, for example `id,title,abstract`".into(),
            E::CorpusIsFolder { path } => format!("name the files in it, for example `{}/*`", path.display()),

            E::UnknownModel { .. } => {
                "`paperkin models list` shows them; a folder in sentence-transformers layout can \
                                       be given by its path"
                    .into()
            }
            E::BadManifest { .. } => {
                "the manifests are part of the program; this one is a mistake worth reporting".into()
            }
            E::ModelMissing { name, .. } => format!("run `paperkin models pull {name}`"),
            E::FetchFailed { folder, .. } => format!(
                "copy config.json, tokenizer.json, model.safetensors, modules.json and 1_Pooling/config.json into `{}`",
                folder.display()
            ),
            E::ModelFileDiffers { model, path, .. } => {
                format!("delete `{}` and run `paperkin models pull {model}`", path.display())
            }
            E::ModelFileBroken { .. } => "copy the file again from where the model was published".into(),
            E::ModelFolderIncomplete { .. } => {
                "a model folder holds config.json, tokenizer.json, model.safetensors and 1_Pooling/config.json".into()
            }
            E::BadDimension { whole, .. } => format!("give `--dimension` a number from 1 to {whole}, or leave it out"),
            E::AnotherTask { name, wanted: Task::Embed } => {
                format!("ask for it by `--rerank {name}`, and name another one by `--model`")
            }
            E::AnotherTask { wanted: Task::Rerank, .. } => {
                "`paperkin models list` names those that `--rerank` takes, for example `ms-marco-MiniLM-L6-v2`".into()
            }
            E::NoReranker => "start it with `paperkin serve --rerank MODEL`, or leave `rerank` out".into(),
            E::BytesToTerminal => "redirect it to a file, `> vectors.f32`, or use `--format jsonl`".into(),
            E::Inference { .. } => "run it on the processor: `PAPERKIN_KERNEL=portable`, or another that fits".into(),
            E::UnknownKernel { .. } => "unset PAPERKIN_KERNEL, and the fastest one is chosen".into(),
            E::Tokenization { .. } | E::NoDirection { .. } => {
                "check the model's files with `paperkin models verify`".into()
            }

            E::NoSplit { found, .. } if !found.is_empty() => "name one of them with `--split NAME`".into(),
            E::NoTestSet { .. } | E::TestSetIncomplete { .. } | E::NoSplit { .. } => {
                "a test set in BEIR's layout is a folder with corpus.jsonl, queries.jsonl and qrels/*.tsv".into()
            }
            E::NothingJudged { .. } => {
                "a line is a query's id, a document's id and a grade of 1 or more, with tabs between".into()
            }
            E::EmptyJudgedQuery { .. } => "give it a text, or take it out of the judgements".into(),
            E::UnknownDocuments { .. } => {
                "check that corpus and judgements belong together; `--incomplete` measures all the \
                                           same, and counts them as not found"
                    .into()
            }
            E::ForeignRun { .. } => "check that the run is of this test set, and `--split`".into(),
            E::IdWithSpace { .. } => "leave `--run` out, or give the test set other ids".into(),
            E::VectorCache { .. } => {
                "every text is embedded; `paperkin evaluate --clear-cache` takes away what is kept".into()
            }

            E::BadVectors { .. } => {
                "a file of vectors is rows of 32-bit numbers, little-endian, one after the other; check `--dimension`"
                    .into()
            }
            E::NoQuestions { .. } => "write one question a line, or a JSON object with a `text`".into(),
            E::EmptyStore { .. } => "add papers with `paperkin add FILE`".into(),
            E::BadRecall { .. } => "0.99 finds 99 of 100 papers".into(),

            E::NoStore { .. } => "make one with `paperkin add FILE` or `paperkin add --sample`, or name another with \
                                  `--store DIR`"
                .into(),
            E::StoreVersion { found, wanted, .. } if found > wanted => "use the newer paperkin that wrote it".into(),
            E::StoreVersion { dir, .. } => format!("move `{}` away and add the papers again", dir.display()),
            E::StoreDamaged { dir, .. } => {
                format!("restore `{}` from a copy, or move it away and add the papers again", dir.display())
            }
            E::GraphDamaged { .. } => {
                "no paper is lost, but a search may miss some; `paperkin reindex` builds it again, as do `add` and `serve`".into()
            }
            E::FingerprintDiffers { stored, given, .. } if stored.model == given.model => {
                "ask for the model as the store has it, of the same files and with as many numbers (`--dimension`), or embed the \
                 store anew with `paperkin reindex --model`"
                    .into()
            }
            E::FingerprintDiffers { stored, given, .. } => format!(
                "pass `--model {}`, or embed the store anew with `paperkin reindex --model {}`",
                stored.model, given.model
            ),
            E::ModelChanged { .. } => {
                "what was committed before is kept; run the same command again without `--model`, and it goes on with \
                 the store's model"
                    .into()
            }
            E::AnotherBegun { begun, dimension, .. } => format!(
                "`paperkin reindex --model {begun} --dimension {dimension}` goes on with that; `--restart` gives it up"
            ),
            E::EmbeddedElsewhere { .. } => {
                "wait until it has finished, or interrupt it; what it has embedded is kept".into()
            }
            E::StoreLocked { .. } => "wait until it has finished, then run this again".into(),
            E::DiskFull { .. } => "make room on the disk and run this again; what was committed is safe".into(),
            E::StoreReadOnly { .. } => {
                "what is in it can be searched; to write, check who may write there, or copy it with \
                                        `paperkin snapshot DIR`"
                    .into()
            }
            E::FolderNotEmpty { .. } => "name a folder that is empty or does not exist yet".into(),
            E::Database { path, .. } => format!(
                "check that there is room on the disk and that `{}` may be written; if it is damaged, restore it from a copy",
                path.display()
            ),

            E::StoreOverwritten { .. } => "run this again when the other process has finished".into(),
            E::Lexical { .. } => {
                "no paper is lost, and searching makes up for it; check that there is room on the disk".into()
            }

            E::EmptyQuery => "ask in words, for example `how do neural networks forget?`".into(),
            E::QueryTooLong { .. } => "ask in a few sentences".into(),
            E::BadK { limit, .. } => format!("ask for 1 to {limit} papers"),
            E::UnknownPaper { .. } => "ids are arXiv ids, DOIs or `title:…`, as `paperkin search` prints them".into(),
            E::NoIds => "name one or more ids, or give a text".into(),
            E::BadFilter { name, .. } => format!("write it that way, or leave `{name}` out"),
            E::DatesReversed { .. } => "exchange the two dates".into(),
            E::BadDiversity { .. } => {
                "0 ranks by score alone, 0.3 keeps near-duplicates apart, 1 ranks by difference alone".into()
            }
            E::AddressInUse { .. } => "stop it, or choose another address with `--addr 127.0.0.1:0`".into(),
            E::BadToken { .. } => "make one with `openssl rand -hex 32`".into(),
            E::Interrupted => "run the same command again to go on".into(),
        }
    }

    /// Whether only one record of a corpus is concerned, so that reading can go on.
    #[must_use]
    pub fn is_bad_record(&self) -> bool {
        matches!(self, Self::BadRecord { .. })
    }
}
