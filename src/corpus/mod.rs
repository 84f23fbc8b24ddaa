//! Reads papers from files. There is one reader per format, chosen by the content of the file.
//!
//! Readers yield `record`s, one at a time, so a file may be larger than memory; `assemble` makes a paper of each, for all
//! formats alike. A record that cannot be used is an [`Error::BadRecord`], after which reading continues; any other error is the
//! last item. A value that cannot be used costs the value alone, and is counted in the [`Notes`].
//!
//! | module | contents |
//! | --- | --- |
//! | `input`, `decode` | Opens a file, decompresses it and converts it to UTF-8 |
//! | `format`, `foreign` | Recognises the format, or what else a file is |
//! | `files` | The files of folders and zip archives |
//! | `bibtex`, `json`, `delimited`, `tagged`, `endnote_xml`, `xml`, `daily`, `parquet` | The readers |
//! | `assemble`, `text`, `names`, `dates` | From a record to a paper |
//! | `ready` | A paper with its embedding, which `parquet` reads and writes; `no_parquet` refuses to |

use std::io::BufRead;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::paper::Paper;

pub use files::{Files, LeftOut, open_all};
pub use format::CorpusFormat;
use input::Input;
pub use input::Position;
pub(crate) use input::{Line, Lines};
#[cfg(not(feature = "parquet"))]
pub use no_parquet::{PaperWriter, ReadyFile, ReadyFiles, ReadyPapers};
pub use notes::{LostValues, Notes, UnreadField};
#[cfg(feature = "parquet")]
pub use parquet::{PaperWriter, ReadyFile, ReadyFiles, ReadyPapers};
pub use ready::ReadyPaper;
use record::{Author, Loss, RawDate, RawId, Record};
pub use texts::{InputText, Texts, paper_texts, texts};

mod assemble;
mod bibtex;
mod daily;
mod dates;
mod decode;
mod delimited;
mod endnote_xml;
mod files;
mod foreign;
mod format;
mod input;
pub(crate) mod json;
mod names;
#[cfg(not(feature = "parquet"))]
mod no_parquet;
mod notes;
#[cfg(feature = "parquet")]
mod parquet;
mod ready;
mod record;
pub mod sample;
mod tagged;
pub(crate) mod text;
mod texts;
mod window;
mod xml;

pub(crate) use delimited::is_null;

/// A paper that was sent as JSON, with remarks on the values that could not be used. The error is the reason in words.
#[cfg(feature = "server")]
pub(crate) type SentPaper = Result<(Paper, Vec<String>), String>;

/// Parses the paper that a JSON object describes, with any of the keys that a file may have.
#[cfg(feature = "server")]
pub(crate) fn paper_of_json(object: &str) -> SentPaper {
    json::record(object).and_then(sent)
}

/// As [`paper_of_json`], for an object that is already parsed.
#[cfg(feature = "server")]
pub(crate) fn paper_of_value(object: &serde_json::Value) -> SentPaper {
    json::record_of(object).and_then(sent)
}

/// The papers of a text in any format, each with the line of its record.
#[cfg(feature = "server")]
pub(crate) fn papers_of_text(name: &str, text: Vec<u8>, most: usize) -> Result<Vec<(u64, SentPaper)>> {
    let input =
        Input::of(name.to_owned(), Box::new(std::io::Cursor::new(text)), Position::default(), input::this_year())?;
    let papers = Papers::of(input, &CorpusOptions::default())?;
    let mut read = Vec::new();
    for record in papers.records.take(most) {
        read.push(match record {
            Ok(record) => (record.line, sent(record)),
            Err(Error::BadRecord { line, reason, .. }) => (line, Err(reason)),
            Err(error) => return Err(error),
        });
    }
    Ok(read)
}

#[cfg(feature = "server")]
fn sent(record: Record) -> SentPaper {
    let (paper, losses) = assemble::paper(record)?;
    Ok((paper, losses.into_iter().map(|loss| format!("`{}`: {}", loss.field, loss.reason)).collect()))
}

/// The lines of a file, decompressed.
pub(crate) fn open_lines(source: &Source) -> Result<Lines> {
    let input = Input::open(source)?;
    Ok(Lines::new(input.file, input.content))
}

/// How to read a file of papers.
#[derive(Debug, Clone, Default)]
pub struct CorpusOptions {
    /// The format; by default it is recognised from the content.
    pub format: Option<CorpusFormat>,
    /// The year of a "Daily Papers" date without one: the year in which the page was saved. Default: the year in which
    /// the file was last modified, and the current year for standard input.
    pub year: Option<u16>,
}

/// Where papers are read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A file, by its path.
    File(PathBuf),
    /// Standard input.
    StandardInput,
}

impl Source {
    /// The source of a command-line argument: `-` is standard input, everything else a path.
    #[must_use]
    pub fn from_argument(path: &Path) -> Self {
        if path == Path::new("-") { Self::StandardInput } else { Self::File(path.to_owned()) }
    }
}

/// An iterator over the papers of one file.
pub struct Papers {
    file: String,
    format: CorpusFormat,
    position: Position,
    records: Box<dyn Iterator<Item = Result<Record>> + Send>,
    notes: Notes,
    found: bool,
    ended: bool,
    /// Whether somebody named the file, who is told if it has no paper.
    is_named: bool,
}

/// Opens a file of papers: decompresses it (zstd, gzip), converts it to UTF-8 and recognises its format, all from the content.
///
/// ```
/// use paperkin::corpus::{self, CorpusOptions, Source};
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("papers.csv");
/// std::fs::write(&path, "id,title,abstract\n2001.00001,On fish,We count fish.\n")?;
/// let papers: Vec<_> = corpus::open(&Source::File(path), &CorpusOptions::default())?.collect::<Result<_, _>>()?;
/// assert_eq!(papers[0].title, "On fish");
/// # Ok::<(), paperkin::Error>(())
/// ```
///
/// # Errors
/// When the file cannot be read or is in no known format. An empty file is [`Error::NoPaper`]. A folder or a zip archive is an
/// error here; [`open_all`] reads them.
pub fn open(source: &Source, options: &CorpusOptions) -> Result<Papers> {
    Papers::of(Input::open(source)?, options)
}

/// The error for a table without a column of titles.
fn no_titles(file: String, columns: &str) -> Error {
    Error::NoPaper { file, looked_for: format!("a column `title`; the columns are {columns}") }
}

fn unrecognised(input: &Input) -> Error {
    let beginning: String =
        input.beginning.chars().map(|c| if c.is_control() || c == '\u{fffd}' { ' ' } else { c }).take(40).collect();
    let file = input.file.clone();
    if beginning.trim().is_empty() {
        let looked_for = "a record of a paper, in BibTeX, RIS, JSON, CSV or another known format".to_owned();
        Error::NoPaper { file, looked_for }
    } else if let Some(columns) = delimited::columns_without_title(&input.beginning) {
        no_titles(file, &columns)
    } else {
        Error::UnknownFormat { file, beginning: beginning.trim().to_owned() }
    }
}

impl Papers {
    fn of(input: Input, options: &CorpusOptions) -> Result<Self> {
        if let Some(foreign) = foreign::recognise(&input.raw_beginning) {
            return Err(Error::NotPapers {
                file: input.file,
                what: foreign.name.to_owned(),
                hint: foreign.hint.to_owned(),
            });
        }
        let Some(format) = options.format.or_else(|| CorpusFormat::recognise(&input.beginning)) else {
            return Err(unrecognised(&input));
        };
        let year = options.year.unwrap_or(input.year);
        let (file, position) = (input.file.clone(), input.position.clone());
        let records = format.reader(year, input)?;
        Ok(Self {
            notes: Notes::new(&file),
            file,
            format,
            position,
            records,
            found: false,
            ended: false,
            is_named: true,
        })
    }

    /// The name of the file in messages.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The format of the file.
    #[must_use]
    pub fn format(&self) -> CorpusFormat {
        self.format
    }

    /// The number of bytes read so far, for a progress bar.
    #[must_use]
    pub fn position(&self) -> Position {
        self.position.clone()
    }

    /// What was not read of the records so far.
    #[must_use]
    pub fn notes(&self) -> &Notes {
        &self.notes
    }
}

/// The paper of a record; `notes` of its file receive what was not read.
fn assembled(record: Record, notes: &mut Notes) -> Result<Paper> {
    let line = record.line;
    notes.count_unread(&record.unread);
    let (paper, losses) =
        assemble::paper(record).map_err(|reason| Error::BadRecord { file: notes.file.clone(), line, reason })?;
    for loss in losses {
        notes.count(line, loss);
    }
    Ok(paper)
}

impl Iterator for Papers {
    type Item = Result<Paper>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let record = self.records.next();
        match record.map(|record| record.and_then(|record| assembled(record, &mut self.notes))) {
            Some(Ok(paper)) => {
                self.found = true;
                Some(Ok(paper))
            }
            Some(Err(Error::Io(source))) => {
                self.ended = true;
                Some(Err(Error::UnreadableFile { file: self.file.clone(), source }))
            }
            Some(Err(error)) => {
                self.ended = !error.is_bad_record();
                Some(Err(error))
            }
            None => {
                self.ended = true;
                (!self.found && self.is_named).then(|| {
                    let looked_for = self.format.looked_for().to_owned();
                    Err(Error::NoPaper { file: self.file.clone(), looked_for })
                })
            }
        }
    }
}

/// Maximum length of a record in bytes, in every format; longer ones are refused instead of read into memory. The longest abstracts
/// have about 10 KB.
const LONGEST_RECORD: usize = 8 << 20;

/// A text with every run of white space replaced by one space, and none at its ends.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The maximum length of a quotation in a message, in characters.
const QUOTED: usize = 40;

/// The beginning of a text, for a message, without control characters.
fn beginning(text: &str) -> String {
    text.chars().take(QUOTED).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// A text on one line, for a message; a long one is cut and ends with an ellipsis.
fn shortened(text: &str) -> String {
    let line = one_line(text);
    if line.chars().count() <= QUOTED { line } else { line.chars().take(QUOTED).chain(['…']).collect() }
}

type Content = Box<dyn BufRead + Send>;

#[cfg(test)]
mod round_trip_tests;
#[cfg(test)]
mod tests;
