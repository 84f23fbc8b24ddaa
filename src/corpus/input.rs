//! Opens a file or standard input, decompresses zstd and gzip, converts it to UTF-8, and splits it into lines.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use super::decode::decoded;
use super::{Content, LONGEST_RECORD, Source};
use crate::error::{Error, Result};
use crate::lines::{LineCutter, RawLine};

/// Number of bytes that are inspected to recognise a format.
const BEGINNING: u64 = 64 << 10;

/// The first bytes of a Parquet file.
pub(super) const PARQUET: &[u8] = b"PAR1";

/// The progress of reading a file.
#[derive(Debug, Clone, Default)]
pub struct Position {
    read: Arc<AtomicU64>,
    /// The file's size in bytes, if known.
    pub total: Option<u64>,
}

impl Position {
    /// Of a file of this size.
    pub(super) fn of(total: u64) -> Self {
        Self { total: Some(total), ..Self::default() }
    }

    /// Reports that some of the rows of a file are read that is not read from its start to its end.
    #[cfg(feature = "parquet")]
    pub(super) fn advance(&self, row: u64, rows: u64) {
        let read = u128::from(self.total.unwrap_or_default()) * u128::from(row) / u128::from(rows.max(1));
        self.read.store(u64::try_from(read).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// Compressed bytes read so far.
    #[must_use]
    pub fn read(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }
}

/// An opened file of papers, decompressed and in UTF-8.
pub(super) struct Input {
    /// The name of the file in messages.
    pub file: String,
    pub position: Position,
    /// The first bytes as they are in the file.
    pub raw_beginning: Vec<u8>,
    /// The beginning of the text, which `content` yields again.
    pub beginning: String,
    pub content: Content,
    /// The file as it is on disk, if it can be read from any place.
    #[cfg_attr(not(feature = "parquet"), expect(dead_code))]
    pub original: Option<File>,
    /// The year in which the file was last modified; the current one for standard input.
    pub year: u16,
}

impl Input {
    pub fn open(source: &Source) -> Result<Self> {
        let mut position = Position::default();
        let mut original = None;
        let (file, raw, modified): (String, Box<dyn Read + Send>, SystemTime) = match source {
            Source::StandardInput => ("standard input".into(), Box::new(io::stdin()), SystemTime::now()),
            Source::File(path) => {
                if path.is_dir() {
                    return Err(Error::CorpusIsFolder { path: path.clone() });
                }
                let opened = fs_err::File::open(path)?;
                let metadata = opened.metadata()?;
                position.total = metadata.is_file().then_some(metadata.len());
                let modified = metadata.modified().unwrap_or_else(|_| SystemTime::now());
                let opened: File = opened.into();
                if metadata.is_file() {
                    original = Some(opened.try_clone()?);
                }
                (path.display().to_string(), Box::new(opened), modified)
            }
        };
        Ok(Self { original, ..Self::of(file, raw, position, year_of(modified))? })
    }

    /// As [`Input::open`], for what is opened already.
    pub fn of(file: String, raw: Box<dyn Read + Send>, position: Position, year: u16) -> Result<Self> {
        let unreadable = |source| Error::UnreadableFile { file: file.clone(), source };
        let counted = Counted { inner: raw, read: Arc::clone(&position.read) };
        let content = decompressed(Box::new(BufReader::new(counted))).map_err(unreadable)?;
        let (raw_beginning, content) = peeked(content).map_err(unreadable)?;
        let is_text = !raw_beginning.starts_with(PARQUET);
        let content = if is_text { decoded(content, &raw_beginning) } else { content };
        let (beginning, content) = peeked(content).map_err(unreadable)?;
        let beginning = String::from_utf8_lossy(&beginning).into_owned();
        Ok(Self { file, position, raw_beginning, beginning, content, original: None, year })
    }
}

/// The first bytes of a content, which yields them again.
fn peeked(mut content: Content) -> io::Result<(Vec<u8>, Content)> {
    let mut beginning = Vec::new();
    content.by_ref().take(BEGINNING).read_to_end(&mut beginning)?;
    let content = Box::new(BufReader::new(Cursor::new(beginning.clone()).chain(content)));
    Ok((beginning, content))
}

/// Decompresses a file, recognised by its magic number (RFC 8878, RFC 1952).
fn decompressed(mut raw: Content) -> io::Result<Content> {
    // The first fill of a `BufReader` is shorter than four bytes only if the source is, or for a slow pipe.
    let magic = raw.fill_buf()?;
    if magic.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
        Ok(Box::new(BufReader::new(zstd::Decoder::with_buffer(raw)?)))
    } else if magic.starts_with(&[0x1f, 0x8b]) {
        Ok(Box::new(BufReader::new(flate2::bufread::MultiGzDecoder::new(raw))))
    } else {
        Ok(raw)
    }
}

/// The current year.
pub(super) fn this_year() -> u16 {
    year_of(SystemTime::now())
}

fn year_of(time: SystemTime) -> u16 {
    let seconds = time.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs());
    // Computed from the mean Gregorian year, this is exact to a day at the turn of a year. That is sufficient for a
    // default.
    u16::try_from(1970 + seconds / 31_556_952).unwrap_or(1970)
}

struct Counted<R> {
    inner: R,
    read: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.read.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

/// The lines of a text, numbered from 1, without line ends and byte order mark.
pub(crate) struct Lines {
    file: String,
    content: Content,
    cutter: LineCutter,
}

pub(crate) struct Line {
    pub number: u64,
    pub text: String,
}

impl Lines {
    pub fn new(file: String, content: Content) -> Self {
        Self { file, content, cutter: LineCutter::new(LONGEST_RECORD) }
    }

    /// The name of the file in messages.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The error for an unusable record at a line.
    pub fn bad(&self, line: u64, reason: impl Into<String>) -> Error {
        Error::BadRecord { file: self.file.clone(), line, reason: reason.into() }
    }

    /// Reads up to the next line end.
    fn read_line(&mut self) -> io::Result<Option<RawLine>> {
        loop {
            if let Some(line) = self.cutter.next() {
                return Ok(Some(line));
            }
            let chunk = match self.content.fill_buf() {
                Ok(chunk) => chunk,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            if chunk.is_empty() {
                return Ok(self.cutter.rest());
            }
            self.cutter.push(chunk);
            let used = chunk.len();
            self.content.consume(used);
        }
    }
}

impl Iterator for Lines {
    type Item = Result<Line>;

    fn next(&mut self) -> Option<Self::Item> {
        let RawLine { number, bytes } = match self.read_line() {
            Ok(line) => line?,
            Err(source) => return Some(Err(Error::UnreadableFile { file: self.file.clone(), source })),
        };
        let Ok(bytes) = bytes else {
            let reason = format!("expected a line of at most {} MiB, but it is longer", LONGEST_RECORD >> 20);
            return Some(Err(self.bad(number, reason)));
        };
        let text = String::from_utf8_lossy(&bytes);
        let text = if number == 1 { text.trim_start_matches('\u{feff}').to_owned() } else { text.into_owned() };
        Some(Ok(Line { number, text }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(bytes: &[u8]) -> Vec<Result<Line>> {
        Lines::new("x".into(), Box::new(Cursor::new(bytes.to_vec()))).collect()
    }

    #[test]
    fn lines_are_numbered_and_have_no_byte_order_mark() {
        let lines = lines(b"\xef\xbb\xbfone\n\xff\nthree");
        assert_eq!(lines[0].as_ref().unwrap().text, "one");
        assert_eq!(lines[1].as_ref().unwrap().text, "\u{fffd}");
        assert_eq!(lines[2].as_ref().unwrap().number, 3);
        assert_eq!(lines.len(), 3);
    }

    #[test]
    fn overlong_line_is_refused_and_skipped() {
        let mut bytes = vec![b'x'; LONGEST_RECORD + 1];
        bytes.extend_from_slice(b"\nnext");
        let lines = lines(&bytes);
        assert!(lines[0].as_ref().is_err_and(Error::is_bad_record));
        assert_eq!(lines[1].as_ref().unwrap().text, "next");
    }

    #[test]
    fn year_is_derived_from_a_time() {
        let at = |seconds| SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(seconds);
        assert_eq!(year_of(at(0)), 1970);
        assert_eq!(year_of(at(1_782_345_600)), 2026);
    }
}
