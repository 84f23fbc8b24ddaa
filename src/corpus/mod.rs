//! Reads papers from a file. There is one reader per format, chosen by the content of the file.
//!
//! Every reader yields one paper at a time, so a file may be larger than memory. A record that cannot be used is an
//! [`Error::BadRecord`], after which reading continues; any other error is the last item.

use std::io::BufRead;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::paper::Paper;

use input::Input;
pub use input::Position;
pub(crate) use input::{Line, Lines};
pub use texts::{InputText, Texts, texts};

mod daily;
mod delimited;
mod input;
mod json;
mod latex;
pub mod sample;
mod texts;

/// The supported formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CorpusFormat {
    /// The text of a "Daily Papers" web page, as saved from a browser.
    Daily,
    /// One JSON object per line, with the keys of `paperkin search --json` or of arXiv's metadata snapshot.
    JsonLines,
    /// Comma-separated values with a header line.
    Csv,
}

impl CorpusFormat {
    fn looked_for(self) -> &'static str {
        match self {
            Self::Daily => "a title, an abstract, a line like `• 5 authors`, a line `·` and a date like `Feb 20, 2025`",
            Self::JsonLines => "a line with a JSON object that has a `title`",
            Self::Csv => "a row with a title below a header line that names the column `title`",
        }
    }

    /// Recognises a format from the first 64 KiB of a file, after decompression.
    fn recognise(beginning: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(beginning);
        let text = text.trim_start_matches('\u{feff}').trim_start();
        if text.starts_with('{') {
            return Some(Self::JsonLines);
        }
        if daily::is_daily(text) {
            return Some(Self::Daily);
        }
        let header = text.lines().next()?;
        delimited::is_header(header).then_some(Self::Csv)
    }
}

/// Parses the paper that a JSON object describes, in the format of a JSON Lines record. The error is the reason in
/// words.
#[cfg(feature = "server")]
pub(crate) fn paper_of_json(object: &str) -> Result<Paper, String> {
    json::paper(object)
}

/// As [`paper_of_json`], for an object that is already parsed.
#[cfg(feature = "server")]
pub(crate) fn paper_of_value(object: &serde_json::Value) -> Result<Paper, String> {
    json::paper_of_value(object)
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
    records: Box<dyn Iterator<Item = Result<Paper>> + Send>,
    found: bool,
    ended: bool,
}

/// Opens a file of papers: decompresses it (zstd, gzip) and recognises its format, both from the content.
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
/// When the file cannot be read or is in no known format. An empty file is [`Error::NoPaper`].
pub fn open(source: &Source, options: &CorpusOptions) -> Result<Papers> {
    let input = Input::open(source)?;
    let Some(format) = options.format.or_else(|| CorpusFormat::recognise(&input.beginning)) else {
        return Err(unrecognised(&input));
    };
    let year = options.year.unwrap_or(input.year);
    let Input { file, position, content, .. } = input;
    let records: Box<dyn Iterator<Item = Result<Paper>> + Send> = match format {
        CorpusFormat::Daily => Box::new(daily::Reader::new(Lines::new(file.clone(), content), year)),
        CorpusFormat::JsonLines => Box::new(json::Reader::new(Lines::new(file.clone(), content))),
        CorpusFormat::Csv => Box::new(delimited::Reader::new(file.clone(), content)?),
    };
    Ok(Papers { file, format, position, records, found: false, ended: false })
}

fn unrecognised(input: &Input) -> Error {
    let beginning: String = String::from_utf8_lossy(&input.beginning)
        .chars()
        .map(|c| if c.is_control() || c == '\u{fffd}' { ' ' } else { c })
        .take(40)
        .collect();
    let file = input.file.clone();
    if beginning.trim().is_empty() {
        let looked_for = "JSON Lines, CSV with a header, or the text of a \"Daily Papers\" page".to_owned();
        Error::NoPaper { file, looked_for }
    } else {
        Error::UnknownFormat { file, beginning: beginning.trim().to_owned() }
    }
}

impl Papers {
    /// The number of bytes read so far, for a progress bar.
    #[must_use]
    pub fn position(&self) -> Position {
        self.position.clone()
    }
}

impl Iterator for Papers {
    type Item = Result<Paper>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        match self.records.next() {
            Some(Ok(paper)) => {
                self.found = true;
                Some(Ok(paper))
            }
            Some(Err(error)) => {
                self.ended = !error.is_bad_record();
                Some(Err(error))
            }
            None => {
                self.ended = true;
                (!self.found).then(|| {
                    let looked_for = self.format.looked_for().to_owned();
                    Err(Error::NoPaper { file: self.file.clone(), looked_for })
                })
            }
        }
    }
}

/// A text with every run of white space replaced by one space, and none at its ends.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

type Content = Box<dyn BufRead + Send>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_recognised_by_content() {
        let recognise = |text: &str| CorpusFormat::recognise(text.as_bytes());
        assert_eq!(recognise("\u{feff}\n {\"title\": \"x\"}"), Some(CorpusFormat::JsonLines));
        assert_eq!(recognise("id,Title,abstract\n1,x,y"), Some(CorpusFormat::Csv));
        assert_eq!(recognise("A title\n\nAn abstract\n\n  • 5 authors\n·\nFeb 3\n"), Some(CorpusFormat::Daily));
        assert_eq!(recognise("[{\"title\": \"x\"}]"), None);
        assert_eq!(recognise("once upon a time"), None);
        assert_eq!(recognise(""), None);
    }
}
