//! Reads texts to embed: one JSON object per line, with a `text` or with the keys of a paper.

use serde::Deserialize;

use super::input::Lines;
use super::{Source, assemble, json, open_lines};
use crate::error::Result;
use crate::paper::Paper;

/// A text with the id of its record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputText {
    /// The id of the record, if it has one.
    pub id: Option<String>,
    /// The text to embed.
    pub text: String,
    /// The paper of the line, if it is one.
    pub paper: Option<Paper>,
}

/// Reads texts one at a time. A line without a text is an error; the next lines can still be read.
///
/// # Errors
/// When the file cannot be opened.
pub fn texts(source: &Source) -> Result<Texts> {
    Ok(Texts { lines: open_lines(source)?, only_papers: false, last: String::new() })
}

/// As [`texts`], but each line must be a paper.
///
/// # Errors
/// When the file cannot be opened.
pub fn paper_texts(source: &Source) -> Result<Texts> {
    Ok(Texts { only_papers: true, ..texts(source)? })
}

/// See [`texts`].
pub struct Texts {
    lines: Lines,
    only_papers: bool,
    last: String,
}

impl Texts {
    /// The line that was read last; empty if it was too long.
    #[must_use]
    pub fn last_line(&self) -> &str {
        &self.last
    }
}

#[derive(Deserialize)]
struct Record {
    id: Option<serde_json::Value>,
    text: String,
}

impl Iterator for Texts {
    type Item = Result<InputText>;

    fn next(&mut self) -> Option<Self::Item> {
        let line = self.lines.find(|line| !matches!(line, Ok(line) if line.text.trim().is_empty()))?;
        self.last.clear();
        Some(line.and_then(|line| {
            self.last = line.text;
            if !self.only_papers
                && let Ok(Record { id, text }) = serde_json::from_str(&self.last)
            {
                let id = id.filter(|id| !id.is_null());
                let id = id.map(|id| id.as_str().map_or_else(|| id.to_string(), str::to_owned));
                return Ok(InputText { id, text, paper: None });
            }
            let paper = json::record(&self.last).and_then(assemble::paper).map_err(|reason| {
                let wanted = if self.only_papers { "a paper" } else { "a JSON object with a `text`, or a paper" };
                self.lines.bad(line.number, format!("expected {wanted}: {reason}"))
            })?;
            let (paper, _) = paper;
            Ok(InputText { id: Some(paper.id.as_str().to_owned()), text: paper.text(), paper: Some(paper) })
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_papers_are_read_and_other_lines_are_reported() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("texts.jsonl");
        let lines = [
            r#"{"text": "one"}"#,
            "",
            r#"{"id": 7, "text": "two"}"#,
            r#"{"title": "Three", "abstract": "of them", "id": "2301.00001"}"#,
            "four",
        ];
        std::fs::write(&path, lines.join("\n")).unwrap();
        let mut texts = texts(&Source::File(path)).unwrap();
        let mut next = || texts.next().unwrap().map(|text| (text.id, text.text));
        assert_eq!(next().unwrap(), (None, "one".into()));
        assert_eq!(next().unwrap(), (Some("7".into()), "two".into()));
        assert_eq!(next().unwrap(), (Some("2301.00001".into()), "Three of them".into()));
        let error = next().unwrap_err().to_string();
        assert!(error.contains("texts.jsonl:5: expected a JSON object with a `text`, or a paper: "), "{error}");
        assert!(texts.next().is_none());
    }
}
