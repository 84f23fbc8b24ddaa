//! What can a user of the command line do about an error? Hints that name flags and commands; otherwise the library's.

use crate::error::Error;

/// What to do instead of a command that works on a store in a folder alone.
#[must_use]
pub(super) fn instead_of(command: &str) -> &'static str {
    match command {
        "`add --quick`" => "omit `--quick`, or choose a folder with `--store DIR`",
        "`compact`" => "a server frees the space of removed papers by itself",
        "`map`" => "run `paperkin copy --to DIR`, and draw the map of that store with `--store DIR`",
        "`models distil`" => "run `paperkin export --output FILE`, and pass the file with `--from FILE`",
        "`reindex`" => {
            "a server updates its indexes by itself; for another model, run `paperkin export --output FILE`, and add the file to \
             another database"
        }
        "`restore`" => "restore into a folder, and run `paperkin --store DIR copy --to ADDRESS`",
        "`snapshot`" => "run `paperkin copy --to DIR`, or use the backup tool of the server",
        "`status --check`" => "omit `--check`: a server checks its files by itself",
        _ => "run `paperkin copy --to DIR`, and choose that store with `--store DIR`",
    }
}

/// What to do about the error, as a clause after `hint: `.
#[must_use]
pub fn hint(error: &Error) -> String {
    use Error as E;
    match error {
        E::BadRecord { .. } => "correct or remove the record; `add` skips such records, except with `--strict`".into(),
        E::UnknownFormat { .. } => {
            "if it contains papers, specify its format with `--format`; `paperkin add --help` lists the formats".into()
        }
        E::NoPaper { .. } => "check that this is the right file, or specify its format with `--format`".into(),

        E::UnknownModel { .. } => "`paperkin models list` lists all models; you can also pass the path of a folder in \
                                   sentence-transformers layout"
            .into(),
        E::ModelMissing { name, .. } => {
            format!("run `paperkin models pull {name}`, or search with `--mode lexical`, which needs no model")
        }
        E::ModelFileDiffers { model, path, .. } => {
            format!("delete `{}` and run `paperkin models pull {model}`", path.display())
        }
        E::BadDimension { whole, .. } => format!("pass a number from 1 to {whole} to `--dimension`, or omit it"),
        E::NotAnEmbedder { name } => {
            format!("pass it to `--rerank`, as in `--rerank {name}`, and an embedding model to `--model`")
        }
        E::NotACrossEncoder { .. } => "pass a cross-encoder to `--rerank`, for example `ms-marco-MiniLM-L6-v2`".into(),
        E::NotQuick { .. } => "omit `--quick`, or add the papers to a new store with `--store DIR`".into(),
        E::QuickLost { dir } => {
            format!("run `paperkin --store {} reindex --model NAME` with the model that you want", dir.display())
        }
        E::QuickUnfinished { dir, .. } => format!("run `paperkin --store {} reindex`", dir.display()),
        E::NoReranker => "start the service with `paperkin serve --rerank MODEL`, or omit `rerank`".into(),
        E::BadRerankDepth { limit, .. } => format!("pass a number from 1 to {limit} to `--rerank-depth`"),
        E::BytesToTerminal => {
            "redirect standard output to a file with `> FILE`; `embed` can also write `--format jsonl`".into()
        }
        E::Tokenization { .. } | E::NoDirection { .. } => {
            "verify the files of the model with `paperkin models verify`".into()
        }

        E::NoSplit { found, .. } if !found.is_empty() => "choose one of these with `--split NAME`".into(),
        E::UnknownDocuments { .. } => {
            "check that the corpus and the judgements belong together; `--incomplete` counts the \
             missing documents as not found"
                .into()
        }
        E::ForeignRun { .. } => "check that the run belongs to this test set, and check `--split`".into(),
        E::NoPublishedScore { model, .. } => format!(
            "`paperkin models show {model}` lists the published scores; the name of the folder must be that of the test set"
        ),
        E::IdWithSpace { .. } => "omit `--run`, or use other ids in the test set".into(),
        E::VectorCache { .. } => {
            "texts are embedded without the cache; `paperkin evaluate --clear-cache` deletes it".into()
        }
        E::BadVectors { .. } => {
            "a file of vectors contains rows of raw little-endian 32-bit floats; check `--dimension`".into()
        }

        E::NoIds => "pass the id of at least one paper, or a text with `--text`".into(),
        E::EmptyStore { .. } => "add papers with `paperkin add FILE`".into(),
        E::NoStore { .. } => {
            "create it with `paperkin add FILE` or `paperkin add --sample`, or choose another store with \
             `--store DIR`"
                .into()
        }
        E::ServerNotBuilt { feature, .. } => format!(
            "in a checkout of paperkin, run `cargo install --path . --locked --features {feature}`; or choose a folder with \
             `--store DIR`"
        ),
        E::GraphDamaged { .. } => {
            "no paper is lost, but searches may miss some; `paperkin reindex` rebuilds the graph, as do \
             `add` and `serve`"
                .into()
        }
        E::FingerprintDiffers { dir, stored, .. } if dir.to_string_lossy().contains("://") => {
            format!("pass `--model {}` and its dimensions, or choose another database of the server", stored.model)
        }
        E::FingerprintDiffers { stored, given, .. } if stored.model == given.model => {
            "use the model files and the `--dimension` of the store, or reindex the store with \
             `paperkin reindex --model`"
                .into()
        }
        E::FingerprintDiffers { stored, given, .. } => format!(
            "pass `--model {}`, or reindex the store with `paperkin reindex --model {}`",
            stored.model, given.model
        ),
        E::ModelChanged { .. } => {
            "committed papers are kept; run the same command without `--model` to continue with the \
             store's model"
                .into()
        }
        E::AnotherBegun { begun, dimension, .. } => {
            format!("`paperkin reindex --model {begun} --dimension {dimension}` continues it; `--restart` discards it")
        }
        E::StoreReadOnly { .. } => {
            "searches work; to write, check the permissions, or copy the store with `paperkin snapshot \
             DIR`"
                .into()
        }

        E::FolderNotEmpty { .. } => "choose another folder; `restore` writes into the folder of `--store`".into(),
        E::UnknownPaper { .. } => {
            "pass an id as `paperkin search` prints it, a DOI, an address of the paper, or its citation key".into()
        }
        E::AddressInUse { .. } => "stop it, or choose another address with `--addr 127.0.0.1:0`".into(),
        _ => of_parquet(error).unwrap_or_else(|| error.hint()),
    }
}

/// As [`hint`], for errors about Parquet files and their embeddings.
fn of_parquet(error: &Error) -> Option<String> {
    use Error as E;
    Some(match error {
        E::NotBuilt { feature, .. } => format!(
            "in a checkout of paperkin, run `cargo install --path . --locked --features {feature}`; or convert the file to \
             JSON Lines, for example with DuckDB"
        ),
        E::NotBuiltToWrite { feature, .. } => format!(
            "in a checkout of paperkin, run `cargo install --path . --locked --features {feature}`; or write `--format jsonl`"
        ),
        E::VectorsOfAnotherModel { found, .. } => {
            format!("pass `--model {}` for a new store, or add the papers without `--vectors`", found.model)
        }
        E::ForeignVector { .. } => {
            "embed the papers again with `paperkin embed --format parquet`, or add them without `--vectors`".into()
        }
        _ => return None,
    })
}
