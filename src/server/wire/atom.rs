//! Hits as an Atom feed (RFC 4287).
//!
//! A feed has up to 50 of the best 100 hits, the newest first. The date of an entry is the paper's day at 00:00 UTC; an
//! unknown day or month counts as the first. Papers without a date are left out, because they cannot be sorted by age.

use atom_syndication::{Category, Content, Entry, Feed, FixedDateTime, Generator, Link, Person, Text};
use axum::http::Uri;
use sha2::{Digest, Sha256};

use crate::citation::one_line;
use crate::paper::PublicationDate;
use crate::search::Hit;

/// Maximum number of entries. Feed readers keep earlier entries themselves.
const ENTRIES: usize = 50;

/// The parameters of a query string in canonical order and encoding, so that equal queries have the same feed id.
fn parameters(asked: &str) -> String {
    let mut pairs: Vec<(String, String)> = serde_html_form::from_str(asked).unwrap_or_default();
    pairs.sort();
    pairs.iter().flat_map(|(name, value)| [name, "=", value, "\n"]).collect()
}

/// The query of a feed.
pub(crate) struct Source {
    /// Where the client sees the service, without a slash at the end; empty if it sent no host.
    root: String,
    /// The query string.
    asked: String,
    id: String,
    title: String,
}

impl Source {
    /// The feed of the query in this URL.
    pub fn new(title: &str, root: String, uri: &Uri) -> Self {
        Self {
            root,
            asked: uri.query().map(written).unwrap_or_default(),
            id: urn(&parameters(uri.query().unwrap_or_default())),
            title: title.to_owned(),
        }
    }

    /// A feed of the newest of these hits.
    pub fn feed(&self, hits: Vec<Hit>) -> Feed {
        let mut dated: Vec<(FixedDateTime, Hit)> =
            hits.into_iter().filter_map(|hit| Some((instant(hit.published?)?, hit))).collect();
        // The sort is stable: papers of the same day keep their ranking.
        dated.sort_by_key(|(instant, _)| std::cmp::Reverse(*instant));
        dated.truncate(ENTRIES);
        let Self { root, asked, id, title } = self;
        let link = |rel: &str, href: String, kind: &str| Link {
            rel: rel.to_owned(),
            href,
            mime_type: Some(kind.to_owned()),
            ..Link::default()
        };
        Feed {
            id: id.clone(),
            title: Text::plain(format!("paperkin: {}", text(title))),
            // Atom requires a date; the feed without entries has the Unix epoch.
            updated: dated.first().map_or_else(FixedDateTime::default, |(newest, _)| *newest),
            authors: vec![person("paperkin")],
            generator: Some(Generator {
                value: "paperkin".to_owned(),
                version: Some(env!("CARGO_PKG_VERSION").to_owned()),
                uri: None,
            }),
            links: vec![
                link("self", format!("{root}/feed.atom?{asked}"), "application/atom+xml"),
                link("alternate", format!("{root}/?{asked}"), "text/html"),
            ],
            entries: dated.into_iter().map(|(instant, hit)| entry(instant, &hit)).collect(),
            ..Feed::default()
        }
    }
}

fn entry(instant: FixedDateTime, hit: &Hit) -> Entry {
    let names: Vec<String> = hit.authors.iter().map(|name| text(name)).filter(|name| !name.is_empty()).collect();
    let authors = if names.is_empty() {
        let byline = hit.byline(0).map(|byline| text(&byline)).filter(|byline| !byline.is_empty());
        vec![person(byline.as_deref().unwrap_or("unknown author"))]
    } else {
        names.iter().map(|name| person(name)).collect()
    };
    let link = hit.link();
    let link = link.iter().filter(|url| url.starts_with("https://") || url.starts_with("http://"));
    let own = hit.id.link();
    let links = link.chain(&own).take(1).map(|url| Link {
        rel: "alternate".to_owned(),
        href: written(url),
        mime_type: None,
        ..Link::default()
    });
    let category = |term: &String| Category { term: text(term), ..Category::default() };
    let (title, about) = (text(&hit.title), text(&hit.abstract_text));
    Entry {
        id: urn(hit.id.as_str()),
        content: Some(Content {
            value: Some(if about.is_empty() { title.clone() } else { about }),
            content_type: Some("text".to_owned()),
            ..Content::default()
        }),
        title: Text::plain(title),
        updated: instant,
        published: Some(instant),
        authors,
        categories: hit.categories.iter().map(category).collect(),
        links: links.collect(),
        ..Entry::default()
    }
}

fn person(name: &str) -> Person {
    Person { name: name.to_owned(), ..Person::default() }
}

/// The earliest time of a publication date.
fn instant(date: PublicationDate) -> Option<FixedDateTime> {
    let (month, day) = (date.month().unwrap_or(1), date.day().unwrap_or(1));
    format!("{:04}-{month:02}-{day:02}T00:00:00Z", date.year()).parse().ok()
}

/// A stable URN for a name: a UUID of version 8 from its SHA-256 hash.
fn urn(of: &str) -> String {
    let digest = Sha256::digest(of);
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid().urn().to_string()
}

/// A text on one line, without the characters that XML does not allow.
fn text(of: &str) -> String {
    one_line(of).replace(['\u{fffe}', '\u{ffff}'], "")
}

/// A URL with all characters percent-encoded that are not valid in URLs.
fn written(address: &str) -> String {
    let bytes = address.as_bytes();
    let is_digit = |place: usize| bytes.get(place).is_some_and(u8::is_ascii_hexdigit);
    let mut written = String::with_capacity(address.len());
    for (place, byte) in bytes.iter().enumerate() {
        let may_stand = match byte {
            b'%' => is_digit(place + 1) && is_digit(place + 2),
            byte => byte.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=".contains(byte),
        };
        if may_stand {
            written.push(char::from(*byte));
        } else {
            written.push_str(&format!("%{byte:02X}"));
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_stable_uuids_of_version_8() {
        assert_eq!(urn("2001.00001"), urn("2001.00001"));
        assert_ne!(urn("2001.00001"), urn("2001.00002"));
        let feed = |asked| urn(&parameters(asked));
        assert_eq!(
            feed("q=a+%62&category=cs"),
            "urn:uuid:cdb240f5-1912-8820-9787-4d927a7e629d",
            "feed readers rely on this id"
        );
        assert_eq!(feed("category=cs&q=a%20b"), feed("q=a+%62&category=cs"));
        assert_ne!(feed("q=a+b&category=cs.LG"), feed("q=a+b&category=cs"));
        let version = urn("x").chars().nth("urn:uuid:xxxxxxxx-xxxx-".len());
        assert_eq!(version, Some('8'));
    }

    #[test]
    fn an_unknown_day_or_month_counts_as_the_first() {
        for (date, wanted) in [("2017-06-12", "2017-06-12"), ("1953-04", "1953-04-01"), ("1948", "1948-01-01")] {
            let instant = instant(PublicationDate::parse(date).unwrap()).unwrap();
            assert_eq!(instant.to_rfc3339(), format!("{wanted}T00:00:00+00:00"));
        }
    }

    #[test]
    fn characters_that_urls_do_not_allow_are_percent_encoded() {
        assert_eq!(written("https://x.org/a<b>\"ü#%20%"), "https://x.org/a%3Cb%3E%22%C3%BC#%20%25");
    }
}
