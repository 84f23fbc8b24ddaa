//! What can be done about an error? Hints for everybody who uses the library; those that name flags and commands are the
//! command line's own.

use std::io::ErrorKind;

use super::Error;

impl Error {
    /// What can be done about it, as a clause to put behind `hint: `.
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

            E::BadRecord { .. } => "correct the record, or remove it".into(),
            E::UnknownFormat { .. } => {
                "name the format if you know it; a JSON array becomes JSON Lines with `jq -c '.[]'`".into()
            }
            E::NoPaper { .. } => "check that this is the file you meant, or name its format".into(),
            E::NoTitleColumn { .. } => "name the columns in the first line, for example `id,title,abstract`".into(),
            E::CorpusIsFolder { path } => format!("name the files in it, for example `{}/*`", path.display()),

            E::UnknownModel { .. } => {
                "use a known model, or give the path of a folder in sentence-transformers layout".into()
            }
            E::BadManifest { .. } => {
                "the manifests are part of the program; this one is a mistake worth reporting".into()
            }
            E::ModelMissing { .. } => "download the model first".into(),
            E::FetchFailed { folder, .. } => format!(
                "copy config.json, tokenizer.json, model.safetensors, modules.json and 1_Pooling/config.json into `{}`",
                folder.display()
            ),
            E::ModelFileDiffers { path, .. } => {
                format!("delete `{}` and download the model again", path.display())
            }
            E::ModelFileBroken { .. } => "copy the file again from where the model was published".into(),
            E::ModelFolderIncomplete { .. } => {
                "a model folder holds config.json, tokenizer.json, model.safetensors and 1_Pooling/config.json".into()
            }
            E::BadDimension { whole, .. } => format!("use a dimension from 1 to {whole}"),
            E::NotAnEmbedder { .. } => "use it to rerank, and another model to embed".into(),
            E::NotACrossEncoder { .. } => "use a cross-encoder, for example `ms-marco-MiniLM-L6-v2`".into(),
            E::NoReranker => "load a cross-encoder, or search without reranking".into(),
            E::BytesToTerminal => "redirect standard output to a file".into(),
            E::Inference { .. } => "run it on the processor: `PAPERKIN_KERNEL=portable`, or another that fits".into(),
            E::UnknownKernel { .. } => "unset PAPERKIN_KERNEL, and the fastest one is chosen".into(),
            E::Tokenization { .. } | E::NoDirection { .. } => "check the model's files: one may be damaged".into(),

            E::NoSplit { found, .. } if !found.is_empty() => "name one of them".into(),
            E::NoTestSet { .. } | E::TestSetIncomplete { .. } | E::NoSplit { .. } => {
                "a test set in BEIR's layout is a folder with corpus.jsonl, queries.jsonl and qrels/*.tsv".into()
            }
            E::NothingJudged { .. } => {
                "a line is a query's id, a document's id and a grade of 1 or more, with tabs between".into()
            }
            E::EmptyJudgedQuery { .. } => "give it a text, or take it out of the judgements".into(),
            E::UnknownDocuments { .. } => "check that corpus and judgements belong together".into(),
            E::ForeignRun { .. } => "check that the run is of this test set and of this split".into(),
            E::IdWithSpace { .. } => "give the test set other ids".into(),
            E::VectorCache { .. } => {
                "check that the folder is writable; delete the file to start with an empty cache".into()
            }

            E::BadVectors { .. } => {
                "a file of vectors is rows of 32-bit numbers, little-endian, one after the other; check the dimension"
                    .into()
            }
            E::NoQuestions { .. } => "write one question a line, or a JSON object with a `text`".into(),
            E::EmptyStore { .. } => "add papers first".into(),
            E::BadRecall { .. } => "0.99 finds 99 of 100 papers".into(),

            E::NoStore { .. } => "add papers to create it, or open another folder".into(),
            E::StoreVersion { found, wanted, .. } if found > wanted => "use the newer paperkin that wrote it".into(),
            E::StoreVersion { dir, .. } => format!("move `{}` away and add the papers again", dir.display()),
            E::StoreDamaged { dir, .. } => {
                format!("restore `{}` from a copy, or move it away and add the papers again", dir.display())
            }
            E::GraphDamaged { .. } => {
                "no paper is lost, but a search may miss some until the graph is built again".into()
            }
            E::FingerprintDiffers { stored, given, .. } if stored.model == given.model => {
                "use the same model files and dimension as the store, or embed the store again with these".into()
            }
            E::FingerprintDiffers { stored, given, .. } => {
                format!("use `{}`, or embed the store again with `{}`", stored.model, given.model)
            }
            E::ModelChanged { .. } => {
                "what was committed before is kept; add the other papers with the store's model".into()
            }
            E::AnotherBegun { begun, dimension, .. } => {
                format!("finish it with `{begun}` and {dimension} dimensions, or discard it and start over")
            }
            E::EmbeddedElsewhere { .. } => {
                "wait until it has finished, or interrupt it; what it has embedded is kept".into()
            }
            E::StoreLocked { .. } => "wait until it has finished, then run this again".into(),
            E::DiskFull { .. } => "make room on the disk and run this again; what was committed is safe".into(),
            E::StoreReadOnly { .. } => {
                "what is in it can be searched; to write, check its permissions, or copy it to a writable folder".into()
            }
            E::FolderNotEmpty { .. } => "name a folder that is empty or does not exist yet".into(),
            E::Database { path, .. } => format!(
                "check that there is room on the disk and that `{}` may be written; if it is damaged, restore it from a copy",
                path.display()
            ),
            E::StoreOverwritten { .. } => "run this again when the other process has finished".into(),
            E::FullText { .. } => {
                "no paper is lost, and searching makes up for it; check that there is room on the disk".into()
            }

            E::EmptyQuery => "ask in words, for example `how do neural networks forget?`".into(),
            E::QueryTooLong { .. } => "ask in a few sentences".into(),
            E::BadK { limit, .. } => format!("ask for 1 to {limit} papers"),
            E::UnknownPaper { .. } => "ids are arXiv ids, DOIs or `title:…`, as searches return them".into(),
            E::NoIds => "name one or more ids, or give a text".into(),
            E::BadFilter { name, .. } => format!("write it that way, or leave `{name}` out"),
            E::DatesReversed { .. } => "exchange the two dates".into(),
            E::BadDiversity { .. } => {
                "0 ranks by score alone, 0.3 keeps near-duplicates apart, 1 ranks by difference alone".into()
            }

            E::AddressInUse { .. } => "stop it, or choose another address".into(),
            E::BadToken { .. } => "make one with `openssl rand -hex 32`".into(),
            E::Interrupted => "start it again to go on".into(),
        }
    }
}
