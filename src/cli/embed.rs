//! `paperkin embed`: how are texts embedded without a store?

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;

use anyhow::ensure;
use clap::{Args, ValueEnum};
use serde::Serialize;

use super::output::{self, Output};
use super::sink::{Sink, Target};
use super::{ComputeArgs, Outcome, interrupt};
use crate::corpus::{self, InputText, Source, Texts};
use crate::durable::Replacement;
use crate::embed::{DEFAULT_MODEL, Embedder, Role, Work};
use crate::error::{Error, Result};
use crate::progress::Progress;

/// Texts embedded together, and their bytes: enough to sort by length in bounded memory.
const TEXTS: usize = 512;
const BYTES: usize = 8 << 20;

/// Embed texts: JSON Lines in, vectors out
///
/// A line is `{"text": …}`, or a paper, whose title and abstract are embedded. Vectors have unit length and are
/// written in the order of the lines. The command stops with an error at the first invalid line, unless `--rejected` is given.
#[derive(Args)]
#[command(after_help = "\
Examples:
  paperkin embed papers.jsonl
  paperkin embed --role query queries.jsonl
  paperkin embed papers.jsonl --format f32 > vectors.f32
  paperkin embed papers.jsonl --format parquet --output papers.parquet")]
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
    /// Replace this file when it is complete, instead of writing to standard output
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Go on after invalid lines, and write them to this file: one JSON object each, with `line`, `reason` and `text`
    #[arg(long, value_name = "FILE")]
    rejected: Option<PathBuf>,
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
pub(super) enum Format {
    /// One JSON object per text: its `id` if it has one, its `embedding`, and whether it was `truncated`
    Jsonl,
    /// Rows of raw little-endian 32-bit floats
    F32,
    /// Parquet for `add --vectors`: one row per paper, with its fields, its `embedding` and those of its `sentences`. Every line
    /// must be a paper. Needs a program that was built with the feature `parquet`
    Parquet,
}

/// A line that was rejected.
#[derive(Serialize)]
struct Rejected<'a> {
    line: u64,
    reason: &'a str,
    text: &'a str,
}

/// Whether Ctrl-C was pressed.
struct Watch;

impl Progress for Watch {
    fn is_cancelled(&self) -> bool {
        interrupt::happened()
    }
}

impl Embed {
    pub fn run(&self, output: &mut Output) -> anyhow::Result<Outcome> {
        if self.format != Format::Jsonl && self.output.is_none() && io::stdout().is_terminal() {
            return Err(Error::BytesToTerminal.into());
        }
        ensure!(
            self.format != Format::Parquet || self.role() == Role::Passage,
            "`--format parquet` writes papers, which are embedded with `--role passage`"
        );
        if self.output.is_some() || self.rejected.is_some() {
            // The files are left as they are.
            interrupt::listen();
        }
        let model = super::found(&self.model, self.dimension)?;
        let mut sink = Sink::of(self.format, Target::of(self.output.as_deref())?, model.fingerprint())?;
        let mut rejected = self.rejected.as_deref().map(Replacement::begin).transpose()?;
        let source = Source::from_argument(&self.file);
        let mut texts =
            if self.format == Format::Parquet { corpus::paper_texts(&source)? } else { corpus::texts(&source)? };
        self.compute.choose_kernel_for(Work::Texts);
        let embedder = Embedder::load(&model, self.compute.threads())?;
        let (mut truncated, mut left_out) = (0, 0);
        let mut ended = Ok(());
        while ended.is_ok() && !interrupt::happened() {
            let chunk;
            (chunk, ended) = next_chunk(&mut texts, rejected.as_mut(), &mut left_out);
            if chunk.is_empty() {
                break;
            }
            match sink.embed(&embedder, self.role(), chunk, &Watch) {
                Err(Error::Interrupted) => break,
                count => truncated += count?,
            }
        }
        if interrupt::happened() {
            output::note("interrupted; no file was written");
            return Ok(Outcome::Interrupted);
        }
        // An incomplete file does not replace another one.
        if ended.is_ok() || self.output.is_none() {
            sink.finish()?;
        }
        if truncated > 0 {
            output::note(&format!("{truncated} texts were truncated to the model's maximum number of tokens"));
        }
        ended?;
        rejected.map_or(Ok(()), Replacement::finish)?;
        if left_out > 0 {
            let lines = if left_out == 1 { "line was" } else { "lines were" };
            output::warning(&format!("{left_out} invalid {lines} left out"));
        }
        output.flush()?;
        Ok(Outcome::Found)
    }

    fn role(&self) -> Role {
        match self.role {
            RoleArg::Query => Role::Query,
            RoleArg::Passage => Role::Passage,
        }
    }
}

/// The next texts, and the error after which nothing follows. Invalid lines go to `rejected` if that is given, and are counted.
fn next_chunk(
    texts: &mut Texts,
    mut rejected: Option<&mut Replacement>,
    left_out: &mut u64,
) -> (Vec<InputText>, Result<()>) {
    let mut chunk = Vec::new();
    let mut bytes = 0;
    while chunk.len() < TEXTS && bytes < BYTES {
        match (texts.next(), &mut rejected) {
            (None, _) => break,
            (Some(Ok(text)), _) => {
                bytes += text.text.len();
                chunk.push(text);
            }
            (Some(Err(Error::BadRecord { line, reason, .. })), Some(file)) => {
                *left_out += 1;
                let rejected = Rejected { line, reason: &reason, text: texts.last_line() };
                let written = serde_json::to_writer(&mut **file, &rejected).map_err(io::Error::from);
                if let Err(error) = written.and_then(|()| file.write_all(b"\n")) {
                    return (chunk, Err(error.into()));
                }
            }
            (Some(Err(error)), _) => return (chunk, Err(error)),
        }
    }
    (chunk, Ok(()))
}
