//! What can a user of the library do about an error? The command line has its own hints, which name flags and commands.

use std::io::ErrorKind;

use super::Error;

impl Error {
    /// What to do about the error, as a clause after `hint: `.
    #[must_use]
    pub fn hint(&self) -> String {
        use Error as E;
        match self {
            E::Io(error) | E::UnreadableFile { source: error, .. } => match error.kind() {
                ErrorKind::NotFound
                | ErrorKind::AlreadyExists
                | ErrorKind::NotADirectory
                | ErrorKind::IsADirectory
                | ErrorKind::AddrNotAvailable => "check the name of the file, folder or address".into(),
                ErrorKind::UnexpectedEof | ErrorKind::InvalidData => {
                    "the file is truncated or corrupt; get it again. The records before the damage are kept".into()
                }
                ErrorKind::Unsupported => {
                    "convert the file to JSON Lines, for example with DuckDB, or write it again, compressed with Snappy, \
                     gzip or zstd and not encrypted"
                        .into()
                }
                ErrorKind::PermissionDenied => "check the permissions of the file or folder".into(),
                ErrorKind::StorageFull => "free disk space and run this again; committed papers are safe".into(),
                _ => "remove the cause and run this again; committed papers are safe".into(),
            },

            E::BadRecord { .. } => "correct or remove the record".into(),
            E::UnknownFormat { .. } => "specify the format if you know it".into(),
            E::NotPapers { hint, .. } => hint.clone(),
            E::NotBuilt { feature, .. } => format!(
                "build the program with the feature `{feature}`, or convert the file to JSON Lines, for example with DuckDB"
            ),
            E::NotBuiltToWrite { feature, .. } => format!("build the program with the feature `{feature}`"),
            E::VectorsOfAnotherModel { found, .. } => {
                format!("use `{}` for a new store, or embed the papers again", found.model)
            }
            E::ForeignVector { .. } => {
                "embed the papers again with this model, or add them without their embeddings".into()
            }
            E::NoPaper { .. } => "check that this is the right file, or specify its format".into(),
            E::CorpusIsFolder { path } => format!("pass the files in it, for example `{}/*`", path.display()),

            E::UnknownModel { .. } => {
                "use a known model, or the path of a folder in sentence-transformers layout".into()
            }
            E::BadManifest { .. } => "the manifests are part of the program; report this as a bug".into(),
            E::ModelMissing { .. } => "download the model first".into(),
            E::BadModelName { .. } => "choose another name".into(),
            E::ModelExists { .. } => "choose another name, or delete the folder".into(),
            E::NotQuick { .. } => "add the papers in the usual way, or into a new store".into(),
            E::QuickLost { .. } => "embed all papers with the model that you want".into(),
            E::QuickUnfinished { .. } => "complete the embeddings first".into(),
            E::FewLessons { .. } => "add more papers, or use a model that exists".into(),
            E::FetchFailed { folder, .. } => format!(
                "download the files of the model by other means, and copy them with their subfolders into `{}`",
                folder.display()
            ),
            E::ModelFileDiffers { path, .. } => {
                format!("delete `{}` and download the model again", path.display())
            }
            E::ModelFileBroken { .. } => "copy the file again from the publisher of the model".into(),
            E::ModelFolderIncomplete { .. } => {
                "a model folder contains config.json, tokenizer.json, model.safetensors and 1_Pooling/config.json"
                    .into()
            }
            E::BadDimension { whole, .. } => format!("use 1 to {whole} dimensions"),
            E::NotAnEmbedder { .. } => "use it to rerank, and an embedding model to embed".into(),
            E::NotACrossEncoder { .. } => "use a cross-encoder, for example `ms-marco-MiniLM-L6-v2`".into(),
            E::NoReranker => "load a cross-encoder, or search without reranking".into(),
            E::BadRerankDepth { limit, .. } => format!("set the number to 1 to {limit}"),
            E::BytesToTerminal => "redirect standard output to a file".into(),
            E::Inference { .. } => "run the model on the CPU with `PAPERKIN_KERNEL=portable`".into(),
            E::UnknownKernel { .. } => "unset PAPERKIN_KERNEL to use the fastest kernel".into(),
            E::Tokenization { .. } | E::NoDirection { .. } => "check the files of the model; one may be damaged".into(),

            E::ServerAway { .. } => "check the address, and that the server runs; then run this again".into(),
            E::ServerRefused { .. } => "remove the cause, which the logs of the server may tell, and run this again".into(),
            E::ServerSchema { .. } => "use another database of the server, or delete the collections".into(),
            E::ServerAnswer { .. } => "another program may have written to the collections; use another database".into(),
            E::ServerAnswerTooLarge { .. } => "ask for fewer papers at once".into(),
            E::TooLargeForServer { .. } => "shorten its abstract, or keep it in a store in a folder".into(),
            E::NoSplit { found, .. } if !found.is_empty() => "use one of these splits".into(),
            E::NoTestSet { .. } | E::TestSetIncomplete { .. } | E::NoSplit { .. } => {
                "a test set in BEIR's layout is a folder with corpus.jsonl, queries.jsonl and qrels/*.tsv".into()
            }
            E::BadTestSet { .. } => {
                "correct the line; documents and queries have the fields `_id` and `text`, so rename `id` and `abstract` of an \
                 export"
                    .into()
            }
            E::NothingJudged { .. } => {
                "each line contains a query id, a document id and a grade, separated by tabs; relevant means a grade \
                 of at least 1"
                    .into()
            }
            E::EmptyJudgedQuery { .. } => "add a text to the query, or remove its judgements".into(),
            E::UnknownDocuments { .. } => "check that the corpus and the judgements belong together".into(),
            E::NoQueryDocument { .. } => {
                "to measure related papers, the id of each query must be the id of a document".into()
            }
            E::BadPools { .. } => {
                "a file of pools is a JSON object with `{\"cands\": [paper, …], \"relevance_adju\": [grade, …]}` per query"
                    .into()
            }
            E::ForeignRun { .. } => "check that the run belongs to this test set and this split".into(),
            E::OneTestSet { .. } => "compare the runs of each test set separately".into(),
            E::OneRunFile { placeholder, .. } => {
                format!("add `{placeholder}` to the name; it is replaced for each ranking")
            }
            E::NoPublishedScore { .. } => {
                "give the folder of the test set the name of the published one, or add `[[scores]]` to the manifest".into()
            }
            E::ScoreDiffers { .. } => {
                "check pooling, prefixes, maximum tokens and weights of the model, and that the test set is complete"
                    .into()
            }
            E::IdWithSpace { .. } => "use other ids in the test set".into(),
            E::VectorCache { .. } => {
                "check that the folder is writable, or delete the file to start with an empty cache".into()
            }

            E::BadVectors { .. } => {
                "a file of vectors contains rows of raw little-endian 32-bit floats; check the dimensions".into()
            }
            E::NoQuestions { .. } => "write one query per line, or a JSON object with a `text`".into(),
            E::EmptyStore { .. } => "add papers first".into(),
            E::BadRecall { .. } => "0.99 means 99 of 100 true neighbours".into(),

            E::NoStore { .. } => "add papers to create it, or open another folder".into(),
            E::BadAddress { .. } => {
                "an address is `milvus://HOST:PORT/DATABASE`; begin the path of a folder that contains `://` with `./`".into()
            }
            E::ServerNotBuilt { feature, .. } => {
                format!("build the program with the feature `{feature}`, or use a store in a folder")
            }
            E::SameStore { .. } => "pass the address of another store".into(),
            E::OnlyInFolder { instead, .. } => (*instead).to_owned(),
            E::StoreVersion { found, wanted, .. } if found > wanted => {
                "use the newer version of paperkin that wrote it".into()
            }
            E::StoreVersion { dir, .. } => format!("move `{}` away and add the papers again", dir.display()),
            E::StoreDamaged { dir, .. } => {
                format!("restore `{}` from a copy, or move it away and add the papers again", dir.display())
            }
            E::GraphDamaged { .. } => "no paper is lost, but searches may miss some until the graph is rebuilt".into(),
            E::FingerprintDiffers { stored, given, .. } if stored.model == given.model => {
                "use the model files and the dimensions of the store, or reindex the store with these".into()
            }
            E::FingerprintDiffers { stored, given, .. } => {
                format!("use `{}`, or reindex the store with `{}`", stored.model, given.model)
            }
            E::ModelChanged { .. } => "committed papers are kept; add the others with the store's model".into(),
            E::AnotherBegun { begun, dimension, .. } => {
                format!("finish it with `{begun}` and {dimension} dimensions, or discard it and start over")
            }
            E::EmbeddedElsewhere { .. } => "wait until it finishes, or interrupt it; finished work is kept".into(),
            E::StoreLocked { .. } => "wait until it finishes, then run this again".into(),
            E::DiskFull { .. } => "free disk space and run this again; committed papers are safe".into(),
            E::StoreReadOnly { .. } => {
                "searches work; to write, check the permissions, or copy the store to a writable folder".into()
            }
            E::BadArchive { .. } => "copy the archive again, or use another snapshot".into(),
            E::FolderNotEmpty { .. } => "choose a folder that is empty or does not exist".into(),
            E::Database { path, .. } => format!(
                "check the disk space and the permissions of `{}`; if it is damaged, restore it from a copy",
                path.display()
            ),
            E::StoreOverwritten { .. } => "run this again when the other process has finished".into(),
            E::FullText { .. } => "no paper is lost, and searches still find all papers; check the disk space".into(),

            E::EmptyQuery => "enter a query, for example `how do neural networks forget?`".into(),
            E::QueryTooLong { .. } => "shorten the query to a few sentences".into(),
            E::BadK { limit, .. } => format!("request 1 to {limit} papers"),
            E::NotMerged { .. } => "correct the ids in the files, and add them again".into(),
            E::AmbiguousId { .. } => "use the id of one of these papers".into(),
            E::UnknownPaper { .. } => {
                "pass an id as in search results, a DOI, an address of the paper, or its citation key".into()
            }
            E::SamePaper { .. } => "pass the ids of two papers".into(),
            E::NoIds => "pass at least one id, or a text".into(),
            E::TooManyValues { .. } => "use a pattern such as `cs.*`, a part of a name, or several searches".into(),
            E::BadFilter { name, .. } => format!("correct `{name}`, or omit it"),
            E::DatesReversed { .. } => "swap the two dates".into(),
            E::BadDiversity { .. } => {
                "0 ranks by score alone, 0.3 separates near-duplicates, 1 ranks by difference alone".into()
            }

            E::AddressInUse { .. } => "stop it, or choose another address".into(),
            E::BadToken { .. } => "create one with `openssl rand -hex 32`".into(),
            E::Interrupted => "run it again to continue".into(),
        }
    }
}
