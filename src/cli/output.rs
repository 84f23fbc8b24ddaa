//! How is text printed? This is the only file that writes to standard output and standard error.

use std::io::{self, IsTerminal, Write};

use anstream::{AutoStream, StripStream};
use anstyle::{AnsiColor, Style};
use serde::Serialize;

use super::hints;
use crate::error::Error;
use crate::evaluate::Estimate;
use crate::search::{Answer, Hit, MatchedWord};

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const HINT: Style = AnsiColor::Cyan.on_default().bold();

/// Columns if standard output is not a terminal.
const PLAIN_WIDTH: usize = 80;
const WIDEST: usize = 100;
const INDENT: &str = "    ";

/// The note of a command that finds nothing because there are no papers.
pub(super) const EMPTY_STORE: &str = "nothing found: the store is empty; add papers with `paperkin add FILE`";

/// Standard output, with colours on a terminal; honours `NO_COLOR`.
pub(super) struct Output {
    stream: io::BufWriter<Box<dyn Write>>,
    width: usize,
}

impl Output {
    pub fn new() -> Self {
        let stdout = io::stdout();
        let is_terminal = stdout.is_terminal();
        let width = if is_terminal { textwrap::termwidth().clamp(20, WIDEST) } else { PLAIN_WIDTH };
        let stream: Box<dyn Write> =
            if is_terminal { Box::new(AutoStream::auto(stdout)) } else { Box::new(StripStream::new(stdout)) };
        Self { stream: io::BufWriter::new(stream), width }
    }

    pub fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }

    pub fn line(&mut self, line: &str) -> io::Result<()> {
        writeln!(self.stream, "{line}")
    }

    /// A text that contains its own line ends.
    pub fn text(&mut self, text: &str) -> io::Result<()> {
        write!(self.stream, "{text}")
    }

    /// One JSON value.
    pub fn json(&mut self, value: &impl Serialize) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut self.stream, value)?;
        writeln!(self.stream)
    }

    /// A text wrapped at the width, each line indented by `indent`.
    pub fn paragraph(&mut self, text: &str, indent: &str) -> io::Result<()> {
        let options = textwrap::Options::new(self.width).initial_indent(indent).subsequent_indent(indent);
        for line in textwrap::wrap(&printable(text), options) {
            writeln!(self.stream, "{}", line.trim_end())?;
        }
        Ok(())
    }

    /// A name and a value, in two columns.
    pub fn fact(&mut self, name: &str, value: &str) -> io::Result<()> {
        writeln!(self.stream, "{DIM}{name:<12}{DIM:#} {}", printable(value))
    }

    /// A number and a label, in two columns.
    pub fn count(&mut self, number: usize, of: &str) -> io::Result<()> {
        let (number, gap) = (format!("{number:>9}  "), " ".repeat(11));
        let options = textwrap::Options::new(self.width).initial_indent(&number).subsequent_indent(&gap);
        for line in textwrap::wrap(&printable(of), options) {
            writeln!(self.stream, "{line}")?;
        }
        Ok(())
    }

    pub fn title(&mut self, title: &str) -> io::Result<()> {
        for line in textwrap::wrap(&printable(title), self.width) {
            writeln!(self.stream, "{BOLD}{line}{BOLD:#}")?;
        }
        Ok(())
    }

    pub fn answer(&mut self, answer: &Answer) -> io::Result<()> {
        for hit in &answer.hits {
            self.hit(hit)?;
        }
        Ok(())
    }

    /// Rank, title and score; byline, date and id; the highlight; the ranks and scores behind the rank.
    fn hit(&mut self, hit: &Hit) -> io::Result<()> {
        if hit.rank > 1 {
            writeln!(self.stream)?;
        }
        let score = format!("{:.3}", hit.score);
        let room = self.width.saturating_sub(INDENT.len() + score.len() + 1).max(10);
        for (number, line) in textwrap::wrap(&printable(&hit.title), room).iter().enumerate() {
            if number == 0 {
                let gap = room.saturating_sub(textwrap::core::display_width(line)) + 1;
                writeln!(self.stream, "{:>2}. {BOLD}{line}{BOLD:#}{:gap$}{score}", hit.rank, "")?;
            } else {
                writeln!(self.stream, "{INDENT}{BOLD}{line}{BOLD:#}")?;
            }
        }
        let facts = [hit.byline(3), hit.published.map(|date| date.to_string()), Some(hit.id.to_string())];
        let facts = facts.into_iter().flatten().collect::<Vec<_>>().join(" · ");
        let options = textwrap::Options::new(self.width).initial_indent(INDENT).subsequent_indent(INDENT);
        for line in textwrap::wrap(&printable(&facts), options) {
            writeln!(self.stream, "{DIM}{line}{DIM:#}")?;
        }
        if let Some(highlight) = &hit.highlight {
            self.paragraph(highlight, INDENT)?;
        }
        if let Some(why) = why(hit) {
            let options = textwrap::Options::new(self.width).initial_indent(INDENT).subsequent_indent(INDENT);
            for line in textwrap::wrap(&printable(&why), options) {
                writeln!(self.stream, "{DIM}{line}{DIM:#}")?;
            }
        }
        Ok(())
    }
}

/// Maximum number of matched words that are printed.
const MOST_WORDS: usize = 5;

/// The words with the largest shares of the lexical score.
fn matched(words: &[MatchedWord]) -> String {
    let shown = words.iter().take(MOST_WORDS).map(|found| format!("{} {:.1}", found.word, found.score));
    let more = (words.len() > MOST_WORDS).then(|| "…".to_owned());
    shown.chain(more).collect::<Vec<_>>().join(", ")
}

/// The ranks of a hit in the dense and the lexical ranking of a hybrid search, the score of the cross-encoder, what the query
/// names, and the words of the query that the paper has.
fn why(hit: &Hit) -> Option<String> {
    let two = hit.why.cosine.is_some() && hit.why.bm25.is_some();
    let rank = |by: &str, rank: Option<usize>| rank.filter(|_| two).map(|rank| format!("{by} {}", ordinal(rank)));
    let ranks = [rank("dense", hit.why.meaning_rank), rank("lexical", hit.why.word_rank)];
    let rerank = hit.why.rerank.map(|score| format!("cross-encoder {score:.3}"));
    let words = (!hit.why.words.is_empty()).then(|| format!("words: {}", matched(&hit.why.words)));
    let named: Vec<&str> = hit.why.named.iter().map(|part| part.name()).collect();
    let named = (!named.is_empty()).then(|| format!("query names its {}", named.join(" and ")));
    let reasons: Vec<String> = ranks.into_iter().chain([rerank, named, words]).flatten().collect();
    (two || !reasons.is_empty()).then(|| reasons.join(", "))
}

fn ordinal(number: usize) -> String {
    let ending = match (number % 10, number % 100) {
        (1, tens) if tens != 11 => "st",
        (2, tens) if tens != 12 => "nd",
        (3, tens) if tens != 13 => "rd",
        _ => "th",
    };
    format!("{number}{ending}")
}

/// Standard output for raw bytes.
pub(super) fn raw() -> impl Write {
    io::BufWriter::with_capacity(1 << 16, io::stdout())
}

/// A text without control characters, because a title from a file must not control the terminal.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Prints a progress message.
pub(super) fn note(line: &str) {
    let _ = writeln!(anstream::stderr(), "{}", printable(line));
}

/// Prints a warning: a fault that does not stop the command.
pub(super) fn warning(line: &str) {
    let _ = writeln!(anstream::stderr(), "{WARNING}warning:{WARNING:#} {}", printable(line));
}

/// Prints an error with its causes and its hint.
pub(super) fn error(error: &anyhow::Error) {
    let mut stderr = anstream::stderr();
    let mut message = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        // Many messages contain their cause.
        if !message.contains(&cause) {
            message.push_str(&format!(": {cause}"));
        }
    }
    let _ = writeln!(stderr, "{ERROR}error:{ERROR:#} {}", printable(&message));
    let hint = error.chain().find_map(|cause| cause.downcast_ref::<Error>().map(hints::hint));
    if let Some(hint) = hint {
        self::hint(&hint);
    }
}

/// Prints what to do about an error or a warning.
pub(super) fn hint(line: &str) {
    let _ = writeln!(anstream::stderr(), "{HINT}hint:{HINT:#} {}", printable(line));
}

/// Whether the reader closed the pipe, as `head` does; this is not a failure.
pub(super) fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let is_broken = |error: &io::Error| error.kind() == io::ErrorKind::BrokenPipe;
    error.chain().any(|cause| {
        cause.downcast_ref::<io::Error>().is_some_and(is_broken)
            || matches!(cause.downcast_ref::<Error>(), Some(Error::Io(error)) if is_broken(error))
    })
}

/// A number of papers.
pub(super) fn papers(count: u64) -> String {
    format!("{count} paper{}", if count == 1 { "" } else { "s" })
}

/// A mean with its confidence interval.
pub(super) fn estimate(Estimate { value, low, high }: Estimate) -> String {
    format!("{value:.4} [{low:.3}, {high:.3}]")
}

/// A name of at most `width` characters. Of a longer one, the end, because the end of a path tells more than its beginning.
pub(super) fn end_of(name: &str, width: usize) -> String {
    let count = name.chars().count();
    if count <= width {
        return name.to_owned();
    }
    format!("…{}", name.chars().skip(count + 1 - width).collect::<String>())
}

/// A size in a unit that suits it.
pub(super) fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KB", "MB", "GB", "TB"];
    if bytes < 1000 {
        return format!("{bytes} bytes");
    }
    #[allow(clippy::cast_precision_loss)] // printed with one decimal
    let mut size = bytes as f64 / 1000.0;
    let mut unit = 0;
    while size >= 1000.0 && unit + 1 < UNITS.len() {
        size /= 1000.0;
        unit += 1;
    }
    format!("{size:.1} {}", UNITS[unit])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_keep_their_end() {
        assert_eq!(end_of("scifact", 8), "scifact");
        assert_eq!(end_of("/data/sets/scifact", 8), "…scifact");
        assert_eq!(end_of("/größe/äöü", 4), "…äöü");
    }
}
