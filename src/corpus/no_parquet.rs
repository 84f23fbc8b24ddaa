//! Stands for `parquet` in a build without it: every file is refused, so that no value of these types exists.

use std::convert::Infallible;
use std::io::Write;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use super::{Notes, Position, ReadyPaper};
use crate::embed::Fingerprint;
use crate::error::{Error, Result};

const WHAT: &str = "Parquet files";
const FEATURE: &str = "parquet";

/// Parquet files of papers with embeddings; they need the feature `parquet`.
pub struct ReadyFiles(Infallible);

/// One Parquet file of papers with embeddings.
pub struct ReadyFile(Infallible);

/// An iterator over the papers of one file.
pub struct ReadyPapers(Infallible);

/// Writes a Parquet file of papers and their embeddings; it needs the feature `parquet`.
pub struct PaperWriter<W: Write + Send>(Infallible, PhantomData<W>);

#[allow(missing_docs, clippy::missing_errors_doc)] // as with the feature
impl ReadyFiles {
    pub fn open(paths: &[PathBuf]) -> Result<Self> {
        let file = paths.first().map(|path| path.display().to_string()).unwrap_or_default();
        Err(Error::NotBuilt { file, what: WHAT, feature: FEATURE })
    }

    #[must_use]
    pub fn files(&self) -> &[ReadyFile] {
        match self.0 {}
    }

    pub fn check_fingerprints(&self, _: &Fingerprint) -> Result<()> {
        match self.0 {}
    }

    pub fn sample(&self, _: usize, _: usize) -> Result<Vec<(String, ReadyPaper)>> {
        match self.0 {}
    }
}

#[allow(missing_docs, clippy::missing_errors_doc)] // as with the feature
impl ReadyFile {
    #[must_use]
    pub fn named(&self) -> &Path {
        match self.0 {}
    }

    pub fn read(&self, _: usize) -> Result<ReadyPapers> {
        match self.0 {}
    }
}

#[allow(missing_docs)] // as with the feature
impl ReadyPapers {
    #[must_use]
    pub fn position(&self) -> Position {
        match self.0 {}
    }

    #[must_use]
    pub fn notes(&self) -> &Notes {
        match self.0 {}
    }
}

impl Iterator for ReadyPapers {
    type Item = Result<ReadyPaper>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.0 {}
    }
}

#[allow(missing_docs, clippy::missing_errors_doc)] // as with the feature
impl<W: Write + Send> PaperWriter<W> {
    pub fn new(_: W, _: &Fingerprint) -> Result<Self> {
        Err(Error::NotBuiltToWrite { what: WHAT, feature: FEATURE })
    }

    pub fn add(&mut self, _: ReadyPaper) -> Result<()> {
        match self.0 {}
    }

    pub fn finish(self) -> Result<W> {
        match self.0 {}
    }
}
