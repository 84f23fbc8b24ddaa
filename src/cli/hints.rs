//! What can be done about an error at a terminal? Hints that name flags and commands; where none helps, the library's.

use crate::error::Error;

/// What the user can do about it, as a clause to put behind `hint: `.
#[must_use]
pub fn hint(error: &Error) -> String {
    use Error as E;
    match error {
        E::BadRecord { .. } => "correct it, or take it out; `add` skips such records unless `--strict` is given".into(),
        E::UnknownFormat { .. } => "pass `--format daily|jsonl|csv` if you know what it is; a JSON array becomes \
                                    JSON Lines with `jq -c '.[]'`"
            .into(),
        E::NoPaper { .. } => "check that this is the file you meant, or force a format with `--format`".into(),

        E::UnknownModel { .. } => "`paperkin models list` shows them; a folder in sentence-transformers layout can \
                                   be given by its path"
            .into(),
        E::ModelMissing { name, .. } => format!("run `paperkin models pull {name}`"),
        E::ModelFileDiffers { model, path, .. } => {
            format!("delete `{}` and run `paperkin models pull {model}`", path.display())
        }
        E::BadDimension { whole, .. } => format!("give `--dimension` a number from 1 to {whole}, or leave it out"),
        E::NotAnEmbedder { name } => format!("ask for it by `--rerank {name}`, and name another one by `--model`"),
        E::NotACrossEncoder { .. } => {
            "`paperkin models list` names those that `--rerank` takes, for example `ms-marco-MiniLM-L6-v2`".into()
        }
        E::NoReranker => "start it with `paperkin serve --rerank MODEL`, or leave `rerank` out".into(),
        E::BytesToTerminal => "redirect it to a file, `> vectors.f32`, or use `--format jsonl`".into(),
        E::Tokenization { .. } | E::NoDirection { .. } => "check the model's files with `paperkin models verify`".into(),

        E::NoSplit { found, .. } if !found.is_empty() => "name one of them with `--split NAME`".into(),
        E::UnknownDocuments { .. } => "check that corpus and judgements belong together; `--incomplete` measures all the \
                                       same, and counts them as not found"
            .into(),
        E::ForeignRun { .. } => "check that the run is of this test set, and `--split`".into(),
        E::IdWithSpace { .. } => "leave `--run` out, or give the test set other ids".into(),
        E::VectorCache { .. } => {
            "every text is embedded; `paperkin evaluate --clear-cache` takes away what is kept".into()
        }
        E::BadVectors { .. } => {
            "a file of vectors is rows of 32-bit numbers, little-endian, one after the other; check `--dimension`".into()
        }

        E::EmptyStore { .. } => "add papers with `paperkin add FILE`".into(),
        E::NoStore { .. } => "make one with `paperkin add FILE` or `paperkin add --sample`, or name another with \
                              `--store DIR`"
            .into(),
        E::GraphDamaged { .. } => "no paper is lost, but a search may miss some; `paperkin reindex` builds it again, as do \
                                   `add` and `serve`"
            .into(),
        E::FingerprintDiffers { stored, given, .. } if stored.model == given.model => {
            "ask for the model as the store has it, of the same files and with as many numbers (`--dimension`), or embed the \
             store anew with `paperkin reindex --model`"
                .into()
        }
        E::FingerprintDiffers { stored, given, .. } => format!(
            "pass `--model {}`, or embed the store anew with `paperkin reindex --model {}`",
            stored.model, given.model
        ),
        E::ModelChanged { .. } => "what was committed before is kept; run the same command again without `--model`, and it \
                                   goes on with the store's model"
            .into(),
        E::AnotherBegun { begun, dimension, .. } => format!(
            "`paperkin reindex --model {begun} --dimension {dimension}` goes on with that; `--restart` gives it up"
        ),
        E::StoreReadOnly { .. } => "what is in it can be searched; to write, check who may write there, or copy it with \
                                    `paperkin snapshot DIR`"
            .into(),

        E::UnknownPaper { .. } => "ids are arXiv ids, DOIs or `title:…`, as `paperkin search` prints them".into(),
        E::AddressInUse { .. } => "stop it, or choose another address with `--addr 127.0.0.1:0`".into(),
        E::Interrupted => "run the same command again to go on".into(),
        _ => error.hint(),
    }
}
