//! `paperkin embed`: how are texts embedded without a store?

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde::Serialize;

use super::output::{self, Output};
use super::{ComputeArgs, Outcome};
use crate::corpus::{self, InputText, Source};
use crate::embed::{DEFAULT_MODEL, Embedded, Embedder, Role, Work};
use crate::error::Error;

/// Texts embedded together, and their bytes: enough to sort by length in bounded memory.
const TEXTS: usize = 512;
const BYTES: usize = 8 << 20;

/// Embed texts: JSON Lines in, vectors out
///
/// A line is `{"text": …}`, or a paper, whose title and abstract are embedded. Vectors have unit length and are
/// written in the order of the lines. The command stops with an error at the first invalid line.
#[derive(Args)]
#[command(after_help = "\
Examples:
  paperkin embed papers.jsonl
  paperkin embed --role query queries.jsonl
  paperkin embed papers.jsonl --format f32 > vectors.f32")]
pub(super) struct Embed {
    /// Read this file, plain or compressed with gzip or zstd; `-` is standard input
    #[arg(value_name = "FILE", default_value = "-")]
    file: PathBuf,
    /// Embed the texts as queries or as passages; some models distinguish them
    #[arg(long, value_name = "ROLE", default_value = "passage")]
    role: RoleArg,
    /// Write the vectors in this format
    #[arg(long, value_name = "FORMAT", default_value = "jsonl")]
    format: Format,
    /// Use this embedding model: a name from `paperkin models list`, or a folder in sentence-transformers layout
    #[arg(long, value_name = "NAME|DIR", env = "PAPERKIN_MODEL", default_value = DEFAULT_MODEL)]
    model: String,
    /// Truncate vectors to N dimensions (Matryoshka) [default: all]
    #[arg(long, value_name = "N")]
    dimension: Option<usize>,
    #[command(flatten)]
    compute: ComputeArgs,
}

#[derive(Clone, Copy, ValueEnum)]
enum RoleArg {
    /// Queries
    Query,
    /// Texts to be searched
    Passage,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// One JSON object per text: its `id` if it has one, its `embedding`, and whether it was `truncated`
    Jsonl,
    /// Rows of raw little-endian 32-bit floats
    F32,
}

/// A line of the output.
#[derive(Serialize)]
struct Line<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    embedding: &'a [f32],
    /// Whether the text was longer than the model's maximum number of tokens.
    truncated: bool,
}

impl Embed {
    pub fn run(&self, output: &mut Output) -> anyhow::Result<Outcome> {
        if self.format == Format::F32 && io::stdout().is_terminal() {
            return Err(Error::BytesToTerminal.into());
        }
        self.compute.choose_kernel_for(Work::Texts);
        let mut texts = corpus::texts(&Source::from_argument(&self.file))?;
        let model = super::found(&self.model, self.dimension)?;
        let embedder = Embedder::load(&model, self.compute.threads())?;
        let mut out = output::raw();
        let mut truncated = 0;
        let mut ended = Ok(());
        while ended.is_ok() {
            let mut chunk = Vec::new();
            let mut bytes = 0;
            while chunk.len() < TEXTS && bytes < BYTES && ended.is_ok() {
                match texts.next() {
                    Some(Ok(text)) => {
                        bytes += text.text.len();
                        chunk.push(text);
                    }
                    Some(Err(error)) => ended = Err(error),
                    None => break,
                }
            }
            if chunk.is_empty() {
                break;
            }
            truncated += self.embed(&embedder, &chunk, &mut out)?;
        }
        out.flush()?;
        if truncated > 0 {
            output::note(&format!("{truncated} texts were truncated to the model's maximum number of tokens"));
        }
        ended?;
        output.flush()?;
        Ok(Outcome::Found)
    }

    /// Writes the vectors of a chunk, and returns the number of truncated texts.
    fn embed(&self, embedder: &Embedder, chunk: &[InputText], out: &mut impl Write) -> anyhow::Result<usize> {
        let role = match self.role {
            RoleArg::Query => Role::Query,
            RoleArg::Passage => Role::Passage,
        };
        let texts: Vec<&str> = chunk.iter().map(|text| text.text.as_str()).collect();
        let vectors = embedder.embed(role, &texts)?;
        for (text, Embedded { embedding, truncated, .. }) in chunk.iter().zip(&vectors) {
            match self.format {
                Format::Jsonl => {
                    let line = Line { id: text.id.as_deref(), embedding: embedding.as_slice(), truncated: *truncated };
                    serde_json::to_writer(&mut *out, &line).map_err(io::Error::from)?;
                    out.write_all(b"\n")?;
                }
                Format::F32 => {
                    for number in embedding.as_slice() {
                        out.write_all(&number.to_le_bytes())?;
                    }
                }
            }
        }
        // A reader of a pipe receives every chunk at once.
        out.flush()?;
        Ok(vectors.iter().filter(|embedded| embedded.truncated).count())
    }
}
