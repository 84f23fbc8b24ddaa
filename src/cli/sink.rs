//! In which formats does `embed` write vectors, and where to?

use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;

use super::embed::Format;
use super::output;
use crate::corpus::InputText;
use crate::corpus::{PaperWriter, ReadyPaper};
use crate::durable::Replacement;
use crate::embed::{Embedded, Embedder, Fingerprint, Role, Text};
use crate::error::{Error, Result};
use crate::ingest::{PaperVectors, embedded};
use crate::paper::Paper;
use crate::progress::Progress;

/// Where vectors are written.
pub(super) enum Target {
    Stdout(Box<dyn Write + Send>),
    File(Replacement),
}

impl Target {
    /// A file, or standard output.
    pub fn of(file: Option<&Path>) -> Result<Self> {
        Ok(match file {
            Some(path) => Self::File(Replacement::begin(path)?),
            None => Self::Stdout(Box::new(output::raw())),
        })
    }

    fn finish(self) -> Result<()> {
        match self {
            Self::Stdout(mut stdout) => stdout.flush()?,
            Self::File(file) => file.finish()?,
        }
        Ok(())
    }
}

impl Write for Target {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Stdout(stdout) => stdout.write(bytes),
            Self::File(file) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Stdout(stdout) => stdout.flush(),
            Self::File(file) => file.flush(),
        }
    }
}

/// Writes the vectors of texts in a format.
pub(super) enum Sink {
    Lines(Target),
    Numbers(Target),
    Papers(Box<PaperWriter<Target>>),
}

/// A line of JSON Lines.
#[derive(Serialize)]
struct Line<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    embedding: &'a [f32],
    /// Whether the text was longer than the model's maximum number of tokens.
    truncated: bool,
}

impl Sink {
    /// Begins to write vectors of the model with this fingerprint.
    ///
    /// # Errors
    /// When the file cannot be written, or the program was built without the format.
    pub fn of(format: Format, to: Target, fingerprint: &Fingerprint) -> Result<Self> {
        match format {
            Format::Jsonl => Ok(Self::Lines(to)),
            Format::F32 => Ok(Self::Numbers(to)),
            Format::Parquet => Ok(Self::Papers(Box::new(PaperWriter::new(to, fingerprint)?))),
        }
    }

    /// Embeds texts and writes their vectors. Returns the number of truncated texts.
    pub fn embed(
        &mut self,
        embedder: &Embedder,
        role: Role,
        texts: Vec<InputText>,
        progress: &dyn Progress,
    ) -> Result<u64> {
        if let Self::Papers(writer) = self {
            return add_papers(writer, embedder, texts, progress);
        }
        let to_embed: Vec<Text<'_>> = texts.iter().map(|text| text.text.as_str().into()).collect();
        let mut truncated = 0;
        for (text, vector) in texts.iter().zip(embedder.embed_watched(role, &to_embed, progress)?) {
            let vector = vector.ok_or(Error::Interrupted)?;
            truncated += u64::from(vector.truncated);
            self.write(text, &vector)?;
        }
        // A reader of a pipe receives every chunk at once.
        if let Self::Lines(to) | Self::Numbers(to) = self {
            to.flush()?;
        }
        Ok(truncated)
    }

    fn write(&mut self, text: &InputText, vector: &Embedded) -> io::Result<()> {
        let Embedded { embedding, truncated, .. } = vector;
        match self {
            Self::Lines(to) => {
                let line = Line { id: text.id.as_deref(), embedding: embedding.as_slice(), truncated: *truncated };
                serde_json::to_writer(&mut *to, &line)?;
                to.write_all(b"\n")
            }
            Self::Numbers(to) => to.write_all(bytemuck::cast_slice(embedding.as_slice())),
            Self::Papers(_) => Ok(()),
        }
    }

    /// Writes the end of the file, and makes it the one under its name.
    pub fn finish(self) -> Result<()> {
        match self {
            Self::Lines(to) | Self::Numbers(to) => to.finish(),
            Self::Papers(writer) => writer.finish()?.finish(),
        }
    }
}

/// Embeds papers with their sentences, as passages.
fn add_papers(
    writer: &mut PaperWriter<Target>,
    embedder: &Embedder,
    texts: Vec<InputText>,
    progress: &dyn Progress,
) -> Result<u64> {
    let papers: Vec<Paper> = texts.into_iter().filter_map(|text| text.paper).collect();
    let vectors = embedded(embedder, &papers.iter().collect::<Vec<_>>(), progress)?;
    let mut count = 0;
    for (paper, vectors) in papers.into_iter().zip(vectors) {
        let PaperVectors { embedding, sentences, truncated } = vectors.ok_or(Error::Interrupted)?;
        count += u64::from(truncated);
        writer.add(ReadyPaper { paper, embedding, sentences, truncated })?;
    }
    Ok(count)
}
