//! `paperkin export`: everything that is in the store, in formats that anything can read.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::Outcome;
use super::output::{self, Output};
use crate::citation::{Bibliography, Style};
use crate::durable::Replacement;
use crate::paper::Paper;
use crate::store::Store;

/// Write all papers as JSON Lines, which `add` reads, or as a bibliography; on request also their vectors
///
/// Everything is as of one moment and in one order. A file is written whole or not at all.
#[derive(Args)]
pub(super) struct Export {
    /// How the papers are written
    #[arg(long, value_name = "FORMAT", default_value = "jsonl")]
    format: Format,
    /// Write the papers to this file instead of standard output
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Write the vectors to this file: rows of raw 32-bit numbers, little-endian, one after the other
    #[arg(long, value_name = "FILE")]
    vectors: Option<PathBuf>,
    /// Write the ids to this file, one a line
    #[arg(long, value_name = "FILE")]
    ids: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// A JSON object a line, with all that is known of a paper
    Jsonl,
    /// BibTeX, for LaTeX's bibliographies
    Bibtex,
    /// RIS, for reference managers
    Ris,
    /// CSL-JSON, for pandoc and other citation processors
    CslJson,
}

/// The papers, as they are written.
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
    pub fn run(&self, store: &Path, output: &mut Output) -> anyhow::Result<Outcome> {
        let store = Store::open(store)?;
        let begin = |path: &Option<PathBuf>| path.as_deref().map(Replacement::begin).transpose();
        let mut papers = begin(&self.output)?;
        let mut vectors = begin(&self.vectors)?;
        let mut ids = begin(&self.ids)?;
        let mut stdout = output::raw();
        let mut count = 0;
        let mut list = List::new(self.format, papers.as_mut().map_or(&mut stdout as &mut dyn Write, |file| file));
        store.export(|paper, vector| {
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
