//! Reads JSON Lines: one JSON object per line, with paperkin's own keys or those of arXiv's metadata snapshot.
//!
//! Own keys: `id`, `title`, `abstract`, `authors` and `categories` (arrays), `published`, `url`.
//! arXiv's keys: `id`, `title`, `abstract`, `categories` (one string), `authors_parsed`, `versions`, `update_date`.
//! A record may mix both; absent fields stay empty.

use serde::Deserialize;
use serde_json::Value;

use super::{Lines, latex, one_line};
use crate::error::Result;
use crate::paper::{Paper, PaperId, PublicationDate};

pub(super) struct Reader {
    lines: Lines,
}

impl Reader {
    pub fn new(lines: Lines) -> Self {
        Self { lines }
    }
}

impl Iterator for Reader {
    type Item = Result<Paper>;

    fn next(&mut self) -> Option<Self::Item> {
        let line = self.lines.find(|line| !matches!(line, Ok(line) if line.text.trim().is_empty()))?;
        Some(line.and_then(|line| paper(&line.text).map_err(|reason| self.lines.bad(line.number, reason))))
    }
}

/// Parses the paper of one line; the error is the reason in words.
pub(super) fn paper(line: &str) -> Result<Paper, String> {
    // Serde also accepts an array as the fields of a structure, in order.
    if !line.trim_start().starts_with('{') {
        let found: String = line.trim().chars().take(20).collect();
        return Err(format!("expected a JSON object with a title, found `{found}`"));
    }
    let record: Record = serde_json::from_str(line).map_err(|error| {
        // serde_json counts lines within its input, which is a single line here.
        let reason = error.to_string().replace("line 1 column", "column");
        format!("expected a JSON object with a title: {reason}")
    })?;
    record.paper()
}

/// As [`paper`], for an object that is already parsed.
#[cfg(feature = "server")]
pub(super) fn paper_of_value(object: &Value) -> Result<Paper, String> {
    if object.is_object()
        && let Ok(record) = Record::deserialize(object)
    {
        return record.paper();
    }
    // Serialised as a line, so that the error has the same form, with a column.
    paper(&object.to_string())
}

#[derive(Deserialize)]
struct Record {
    #[serde(default)]
    id: Option<Text>,
    #[serde(default)]
    doi: Option<String>,
    #[serde(default)]
    title: Option<String>,
    #[serde(default, rename = "abstract")]
    abstract_text: Option<String>,
    #[serde(default)]
    authors: Option<OneOrMany>,
    #[serde(default)]
    authors_parsed: Option<Vec<Vec<String>>>,
    #[serde(default)]
    author_count: Option<u32>,
    #[serde(default)]
    organisation: Option<String>,
    #[serde(default)]
    categories: Option<OneOrMany>,
    #[serde(default)]
    published: Option<Text>,
    #[serde(default)]
    versions: Vec<Version>,
    #[serde(default)]
    update_date: Option<String>,
    #[serde(default)]
    url: Option<String>,
    #[serde(default)]
    comments: Option<Value>,
}

#[derive(Deserialize)]
struct Version {
    #[serde(default)]
    created: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

/// A string, or a number in its place: some tools write the id 1706.03762 or the year 2017 without quotes.
#[derive(Deserialize)]
#[serde(untagged)]
enum Text {
    Text(String),
    Number(serde_json::Number),
}

impl Text {
    fn into_string(self) -> String {
        match self {
            Self::Text(text) => text,
            Self::Number(number) => number.to_string(),
        }
    }
}

impl Record {
    fn paper(self) -> Result<Paper, String> {
        let title = latex::plain(self.title.as_deref().unwrap_or_default());
        if title.is_empty() {
            return Err("expected a `title`, found none".to_owned());
        }
        let id = self.id.map(Text::into_string);
        let id = id
            .as_deref()
            .and_then(PaperId::parse)
            .or_else(|| self.doi.as_deref().and_then(PaperId::parse))
            .unwrap_or_else(|| PaperId::of_title(&title));
        let mut paper = Paper::new(id, title, one_line(self.abstract_text.as_deref().unwrap_or_default()));
        paper.authors = match (self.authors_parsed, self.authors) {
            (Some(parsed), _) => parsed.iter().filter_map(|name| display_name(name)).collect(),
            (None, Some(OneOrMany::Many(names))) => {
                names.iter().map(|name| latex::plain(name)).filter(|name| !name.is_empty()).collect()
            }
            (None, Some(OneOrMany::One(names))) => split_names(&names),
            (None, None) => Vec::new(),
        };
        paper.author_count = self.author_count;
        paper.organisation = self.organisation.map(|name| one_line(&name)).filter(|name| !name.is_empty());
        paper.categories = match self.categories {
            Some(OneOrMany::Many(categories)) => categories,
            Some(OneOrMany::One(categories)) => categories.split_whitespace().map(str::to_owned).collect(),
            None => Vec::new(),
        };
        let published = self.published.map(Text::into_string).filter(|date| !date.is_empty());
        paper.published = if let Some(date) = published {
            let read = PublicationDate::parse(&date);
            Some(read.ok_or_else(|| format!("expected `published` as YYYY-MM-DD, found `{date}`"))?)
        } else {
            let first = self.versions.first().and_then(|version| version.created.as_deref());
            let updated = || self.update_date.as_deref().and_then(PublicationDate::parse);
            first.and_then(PublicationDate::parse_mail).or_else(updated)
        };
        paper.url = self.url.filter(|url| !url.is_empty());
        // In arXiv's snapshot, `comments` is a remark of the authors; a number is the number of readers' comments.
        paper.comments = self.comments.as_ref().and_then(Value::as_u64).and_then(|n| u32::try_from(n).ok());
        Ok(paper)
    }
}

/// Formats arXiv's `["Last", "First", "Jr.", …]` as `First Last Jr.`; affiliations after the suffix are ignored.
fn display_name(parts: &[String]) -> Option<String> {
    let part = |place: usize| parts.get(place).map_or("", String::as_str);
    let name = latex::plain(&format!("{} {} {}", part(1), part(0), part(2)));
    (!name.is_empty()).then_some(name)
}

/// Splits names: by semicolons if there are any, otherwise by commas and ` and `.
pub(super) fn split_names(text: &str) -> Vec<String> {
    let text = one_line(text);
    let names: Vec<&str> = if text.contains(';') {
        text.split(';').collect()
    } else {
        text.split(',').flat_map(|name| name.split(" and ")).collect()
    };
    let plain = names.into_iter().map(|name| latex::plain(name.trim().trim_start_matches("and ")));
    plain.filter(|name| !name.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn read(text: &str) -> Vec<Result<Paper>> {
        Reader::new(Lines::new("x.jsonl".into(), Box::new(Cursor::new(text.to_owned())))).collect()
    }

    fn only(text: &str) -> Paper {
        let mut papers = read(text);
        assert_eq!(papers.len(), 1);
        papers.remove(0).unwrap()
    }

    #[test]
    fn own_keys_are_read() {
        let paper = only(
            r#"{"id":"hep-th/0001001","title":"On {\\'e}toiles","abstract":"A\n b","authors":["A. One"],"categories":["hep-th"],"published":"2000-01-03","url":"https://x.example/1"}"#,
        );
        assert_eq!(paper.id.as_str(), "hep-th/0001001");
        assert_eq!(paper.title, "On étoiles");
        assert_eq!(paper.abstract_text, "A b");
        assert_eq!(paper.published.unwrap().to_string(), "2000-01-03");
    }

    #[test]
    fn arxiv_snapshot_is_read() {
        let paper = only(
            r#"{"id":"0704.9999","submitter":"X","authors":"C. Bal\\'azs, E. L. Berger","title":"A title\n  in two lines","comments":"37 pages","journal-ref":null,"doi":"10.1103/PhysRevD.76.013009","report-no":null,"categories":"hep-ph hep-ex","license":null,"abstract":"  Text.\n","versions":[{"version":"v1","created":"Mon, 2 Apr 2007 19:18:42 GMT"},{"version":"v2","created":"Tue, 24 Jul 2007 20:10:27 GMT"}],"update_date":"2008-11-26","authors_parsed":[["Bal\\'azs","C.",""],["Berger","E. L.","Jr."]]}"#,
        );
        assert_eq!(paper.id.as_str(), "0704.9999");
        assert_eq!(paper.title, "A title in two lines");
        assert_eq!(paper.authors, ["C. Balázs", "E. L. Berger Jr."]);
        assert_eq!(paper.categories, ["hep-ph", "hep-ex"]);
        assert_eq!(paper.published.unwrap().to_string(), "2007-04-02");
        assert_eq!(paper.comments, None);
        assert_eq!(paper.link().unwrap(), "https://arxiv.org/abs/0704.9999");
    }

    #[test]
    fn bad_records_are_reported_and_reading_continues() {
        let papers = read(
            "{\"title\":\"a\"}\n\n{\"title\":\n{\"abstract\":\"b\"}\n[1]\n{\"title\":\"c\",\"published\":\"soon\"}\n{\"title\":\"d\"}\n",
        );
        let results: Vec<String> = papers
            .iter()
            .map(|paper| paper.as_ref().map_or_else(ToString::to_string, |paper| paper.title.clone()))
            .collect();
        assert_eq!(results.len(), 6);
        assert_eq!(results[0], "a");
        assert_eq!(results[1], "x.jsonl:3: expected a JSON object with a title: EOF while parsing a value at column 9");
        assert_eq!(results[2], "x.jsonl:4: expected a `title`, found none");
        assert!(results[3].starts_with("x.jsonl:5: expected a JSON object with a title"));
        assert_eq!(results[4], "x.jsonl:6: expected `published` as YYYY-MM-DD, found `soon`");
        assert_eq!(results[5], "d");
    }

    #[cfg(feature = "server")]
    #[test]
    fn parsed_object_gives_the_same_result_as_its_line() {
        for line in [
            r#"{"id":1706.03762,"title":"a","authors":"A. One and B. Two","comments":7,"published":2017}"#,
            r#"{"title":"a","categories":["cs.LG"],"versions":[{"created":"Mon, 2 Apr 2007 19:18:42 GMT"}],"id":null}"#,
            r#"{"title":5}"#,
            r#"{"title":"a","authors":{"a":1}}"#,
            r#"{"title":"a","author_count":-1}"#,
            r#"{"abstract":"b"}"#,
            r#"["id","doi","title"]"#,
            "null",
        ] {
            let object: Value = serde_json::from_str(line).unwrap();
            assert_eq!(paper_of_value(&object), super::paper(&object.to_string()), "{line}");
        }
    }

    #[test]
    fn names_in_one_string_are_split() {
        assert_eq!(split_names("A. One, B. Two and C. Three"), ["A. One", "B. Two", "C. Three"]);
        assert_eq!(split_names("One, A.; Two, B."), ["One, A.", "Two, B."]);
    }
}
