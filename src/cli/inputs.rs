//! Which files does `add` read? Files of papers in any format, or Parquet files of papers with embeddings.

use std::path::PathBuf;

use super::progress::Line;
use super::{interrupt, output};
use crate::corpus::{self, CorpusOptions, Files, ReadyFiles, Source};
use crate::embed::Embedder;
use crate::error::{Error, Result};
use crate::ingest::{Ingest, SAMPLE, check_sample};

/// The opened files.
pub(super) enum Inputs {
    Papers(Files),
    Ready(ReadyFiles),
}

/// How files are added.
pub(super) struct Adding<'a> {
    /// The name of the source of all files, instead of their paths.
    pub source: Option<&'a str>,
    /// Whether the first damaged file ends the work.
    pub strict: bool,
    pub line: &'a Line,
}

/// What became of the files: the error that ended the work, and the first damaged file.
pub(super) struct Ended {
    pub added: Result<()>,
    pub damaged: Result<()>,
}

impl Inputs {
    /// Opens files of papers.
    pub fn open(sources: &[Source], options: &CorpusOptions) -> Result<Self> {
        corpus::open_all(sources, options).map(Self::Papers)
    }

    /// Opens Parquet files of papers with embeddings.
    pub fn open_ready(paths: &[PathBuf]) -> Result<Self> {
        ReadyFiles::open(paths).map(Self::Ready)
    }

    /// Checks that ready embeddings are those of this model.
    pub fn check(&self, embedder: &Embedder) -> Result<()> {
        match self {
            Self::Papers(_) => Ok(()),
            Self::Ready(files) => {
                let fingerprint = embedder.fingerprint();
                files.check_fingerprints(fingerprint)?;
                check_sample(embedder, &files.sample(fingerprint.dimension, SAMPLE)?)
            }
        }
    }

    /// Adds all papers, or stops at an interrupt.
    pub fn add_to(self, ingest: &mut Ingest<'_>, adding: &Adding<'_>) -> Ended {
        let mut ended = Ended { added: Ok(()), damaged: Ok(()) };
        match self {
            Self::Papers(mut files) => {
                while ended.goes_on()
                    && let Some(papers) = files.next()
                {
                    let read = papers.and_then(|mut papers| {
                        adding.line.read(papers.position());
                        let read = ingest.add_from(&adding.source_of(papers.file()), &mut papers);
                        ingest.note(papers.notes());
                        files.finish(&papers);
                        read
                    });
                    adding.take(read, &mut ended);
                }
                ingest.leave_out(files.left_out());
            }
            Self::Ready(files) => {
                let dimension = ingest.embedder().fingerprint().dimension;
                for file in files.files() {
                    if !ended.goes_on() {
                        break;
                    }
                    let read = file.read(dimension).and_then(|mut papers| {
                        adding.line.read(papers.position());
                        let read =
                            ingest.add_ready(&adding.source_of(&file.named().display().to_string()), &mut papers);
                        ingest.note(papers.notes());
                        read
                    });
                    adding.take(read, &mut ended);
                }
            }
        }
        ended
    }
}

impl Ended {
    fn goes_on(&self) -> bool {
        self.added.is_ok() && !interrupt::happened()
    }
}

impl Adding<'_> {
    /// The files after a damaged one are read; the command fails nevertheless.
    fn take(&self, read: Result<()>, ended: &mut Ended) {
        match read {
            Err(error) if is_of_file(&error) && !self.strict => match ended.damaged {
                Ok(()) => ended.damaged = Err(error),
                Err(_) => output::warning(&error.to_string()),
            },
            read => ended.added = read,
        }
    }

    /// The name under which a store remembers a file: the given one, or its whole path.
    fn source_of(&self, file: &str) -> String {
        match self.source {
            Some(source) => source.to_owned(),
            None if file == "standard input" => "stdin".to_owned(),
            None => std::path::absolute(file).map_or_else(|_| file.to_owned(), |path| path.display().to_string()),
        }
    }
}

/// Whether an error is one of a file that was being read.
fn is_of_file(error: &Error) -> bool {
    matches!(error, Error::UnreadableFile { .. } | Error::NoPaper { .. })
}
