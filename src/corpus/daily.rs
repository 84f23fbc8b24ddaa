//! Reads the text of a "Daily Papers" web page, as saved from a browser.
//!
//! A paper is a title, an abstract, a byline, a line `·` and a date, each on its own line. The byline is `• 5 authors`,
//! or an organisation's slug and display name. The number of comments may follow the date. The date ends the paper;
//! lines outside of papers are the page's navigation.

use super::record::{RawDate, Record};
use super::{Line, Lines, one_line};
use crate::error::Result;
use crate::paper::{PublicationDate, month_number};

const SEPARATOR: &str = "·";
/// Above the length of any title, and below that of an abstract mistaken for one.
const LONGEST_TITLE: usize = 400;

/// Whether a text has a line with a number of authors, and the separator on the line below.
pub(super) fn is_daily(text: &str) -> bool {
    let mut previous = "";
    text.lines().map(str::trim).filter(|line| !line.is_empty()).any(|line| {
        let found = line == SEPARATOR && author_count(previous).is_some();
        previous = line;
        found
    })
}

pub(super) struct Reader {
    lines: Lines,
    year: u16,
    /// The last non-empty lines since the previous paper, at most three.
    before: Vec<Line>,
}

impl Reader {
    pub fn new(lines: Lines, year: u16) -> Self {
        Self { lines, year, before: Vec::new() }
    }

    fn next_line(&mut self) -> Option<Result<Line>> {
        self.lines.find(|line| !matches!(line, Ok(line) if line.text.trim().is_empty()))
    }

    fn record(&mut self, date_line: &Line) -> Result<Record> {
        let number = date_line.number;
        let byline = self.before.pop();
        let text = self.before.pop();
        let title = self.before.pop();
        self.before.clear();
        let (Some(byline), Some(text)) = (byline, text) else {
            return Err(self.lines.bad(number, "expected a title, an abstract and the authors above the date"));
        };
        // A page may show a paper without an abstract: then only one line precedes the byline.
        let (title, text) = match title {
            Some(title) => (title, text.text),
            None => (text, String::new()),
        };
        let name = one_line(&title.text);
        if name.is_empty() || name.len() > LONGEST_TITLE {
            let reason = format!("expected a title of 1 to {LONGEST_TITLE} bytes, found {}", name.len());
            return Err(self.lines.bad(title.number, reason));
        }
        let (published, comments) = date_and_comments(&date_line.text, self.year).ok_or_else(|| {
            let found = date_line.text.trim();
            self.lines.bad(number, format!("expected a date like `Feb 20, 2025` or `Feb 20`, found `{found}`"))
        })?;
        let author_count = author_count(&byline.text);
        Ok(Record {
            line: title.number,
            title: name,
            abstract_text: text,
            dates: vec![RawDate::Text(published.to_string())],
            comments,
            author_count,
            organisation: author_count.is_none().then(|| organisation(&byline.text)),
            ..Record::default()
        })
    }
}

impl Iterator for Reader {
    type Item = Result<Record>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let line = match self.next_line()? {
                Ok(line) => line,
                Err(error) => return Some(Err(error)),
            };
            if line.text.trim() != SEPARATOR {
                if self.before.len() == 3 {
                    self.before.remove(0);
                }
                self.before.push(line);
                continue;
            }
            return Some(match self.next_line() {
                Some(Ok(date)) => self.record(&date),
                Some(Err(error)) => Err(error),
                None => Err(self.lines.bad(line.number, "expected a date below `·`, but the file ends")),
            });
        }
    }
}

/// The number in a byline such as `• 5 authors`.
fn author_count(line: &str) -> Option<u32> {
    let line = line.trim().trim_start_matches('•').trim_start();
    let (count, unit) = line.split_once(' ')?;
    matches!(unit.trim(), "author" | "authors").then(|| count.parse().ok()).flatten()
}

/// The display name in a byline: `nvidia NVIDIA` is a slug and the name `NVIDIA`.
fn organisation(byline: &str) -> String {
    let byline = byline.trim().trim_start_matches('•').trim_start();
    let name = byline.split_once(char::is_whitespace).map_or(byline, |(_slug, name)| name);
    one_line(name)
}

/// Parses the date line: `Feb 20, 2025 4` is a date and four comments; `Feb 20` is in `year`.
fn date_and_comments(line: &str, year: u16) -> Option<(PublicationDate, Option<u32>)> {
    let mut words = line.split_whitespace().peekable();
    let month = month_number(words.next()?)?;
    let day = words.next()?;
    let (day, year) = match day.strip_suffix(',') {
        Some(day) => (day, words.next()?.parse().ok()?),
        None => (day, year),
    };
    let comments = words.next().map(str::parse).transpose().ok()?;
    let date = PublicationDate::new(year, month, day.parse().ok()?)?;
    words.next().is_none().then_some((date, comments))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn read(text: &str) -> Vec<Result<Record>> {
        Reader::new(Lines::new("page".into(), Box::new(Cursor::new(text.to_owned()))), 2026).collect()
    }

    #[test]
    fn navigation_is_skipped_and_all_kinds_of_bylines_are_parsed() {
        let papers = read(
            "new\n\nSubscribe\n\nDaily Papers\n\nJun 25\n\nFish $n$-grams\n\nAbout fish.\n\n  • 5 authors\n·\nFeb 20, 2025\n\n\
             Whales\n\nAbout  whales.\n\nacme ACME Research\n·\nFeb 15 3\n\nNext\n",
        );
        let papers: Vec<Record> = papers.into_iter().map(Result::unwrap).collect();
        assert_eq!(papers.len(), 2);
        assert_eq!(papers[0].title, "Fish $n$-grams");
        assert_eq!(papers[0].author_count, Some(5));
        assert_eq!(papers[0].dates, [RawDate::Text("2025-02-20".into())]);
        assert_eq!(papers[1].abstract_text, "About  whales.");
        assert_eq!(papers[1].organisation.as_deref(), Some("ACME Research"));
        assert_eq!(papers[1].dates, [RawDate::Text("2026-02-15".into())]);
        assert_eq!(papers[1].comments, Some(3));
    }

    #[test]
    fn invalid_dates_are_reported_with_their_line() {
        let papers = read("T\n\nA\n\n• 1 author\n·\nsoon\n");
        assert_eq!(
            papers[0].as_ref().unwrap_err().to_string(),
            "page:7: expected a date like `Feb 20, 2025` or `Feb 20`, found `soon`"
        );
        assert!(read("T\n\nA\n\n• 1 author\n·\n")[0].is_err());
        assert!(read("·\nFeb 3\n")[0].is_err());
    }
}
