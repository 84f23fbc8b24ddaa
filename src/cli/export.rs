//! `paperkin export`: how are the papers and vectors of a store exported?

use std::io::{self, Write};
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::Outcome;
use super::output::{self, Output};
use crate::citation::{Bibliography, Style};
use crate::durable::Replacement;
use crate::engine::{Address, Collection, Engine};
use crate::paper::Paper;

/// Export all papers as JSON Lines or as a bibliography
///
/// `add` reads the JSON Lines. Papers, vectors and ids come from one state of the store and have the same order.
/// Files are replaced atomically.
#[derive(Args)]
#[command(after_help = "\
Examples:
  paperkin export --output papers.jsonl
  paperkin export --format bibtex --output papers.bib
  paperkin export --output papers.jsonl --vectors vectors.f32 --ids ids.txt")]
pub(super) struct Export {
    /// Write the papers in this format
    #[arg(long, value_name = "FORMAT", default_value = "jsonl")]
    format: Format,
    /// Write the papers to this file instead of standard output
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Write the vectors to this file, as rows of raw little-endian 32-bit floats
    #[arg(long, value_name = "FILE")]
    vectors: Option<PathBuf>,
    /// Write the ids to this file, one per line
    #[arg(long, value_name = "FILE")]
    ids: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// One JSON object per line, with all fields of a paper
    Jsonl,
    /// BibTeX, for LaTeX
    Bibtex,
    /// RIS, for reference managers
    Ris,
    /// CSL-JSON, for pandoc and other citation processors
    CslJson,
    /// CSV with all fields, for spreadsheets
    Csv,
}

/// The writer of the papers in a format.
enum List<W: Write> {
    Lines(W),
    Bibliography(Bibliography<W>),
}

impl<W: Write> List<W> {
    fn new(format: Format, to: W) -> Self {
        match format {
            Format::Jsonl => Self::Lines(to),
            Format::Bibtex => Self::Bibliography(Bibliography::new(Style::Bibtex, to)),
            Format::Ris => Self::Bibliography(Bibliography::new(Style::Ris, to)),
            Format::CslJson => Self::Bibliography(Bibliography::new(Style::CslJson, to)),
            Format::Csv => Self::Bibliography(Bibliography::new(Style::Csv, to)),
        }
    }

    fn add(&mut self, paper: &Paper) -> io::Result<()> {
        match self {
            Self::Lines(to) => {
                serde_json::to_writer(&mut *to, paper)?;
                to.write_all(b"\n")
            }
            Self::Bibliography(bibliography) => bibliography.add(paper),
        }
    }

    fn finish(self) -> io::Result<()> {
        if let Self::Bibliography(bibliography) = self {
            bibliography.finish()?;
        }
        Ok(())
    }
}

impl Export {
    pub fn run(&self, store: &Address, output: &mut Output) -> anyhow::Result<Outcome> {
        let collection = Collection::open(store)?;
        let begin = |path: &Option<PathBuf>| path.as_deref().map(Replacement::begin).transpose();
        let mut papers = begin(&self.output)?;
        let mut vectors = begin(&self.vectors)?;
        let mut ids = begin(&self.ids)?;
        let mut stdout = output::raw();
        let mut count = 0;
        let mut list = List::new(self.format, papers.as_mut().map_or(&mut stdout as &mut dyn Write, |file| file));
        collection.export(self.vectors.is_some(), &mut |paper, vector| {
            list.add(paper)?;
            if let Some(vectors) = &mut vectors {
                vectors.write_all(bytemuck::cast_slice(vector))?;
            }
            if let Some(ids) = &mut ids {
                writeln!(ids, "{}", paper.id)?;
            }
            count += 1;
            Ok(())
        })?;
        list.finish()?;
        stdout.flush()?;
        for file in [papers, vectors, ids].into_iter().flatten() {
            file.finish()?;
        }
        if let Some(path) = &self.output {
            output.line(&format!("wrote {} to `{}`", output::papers(count), path.display()))?;
        }
        Ok(if count > 0 { Outcome::Found } else { Outcome::NothingFound })
    }
}
