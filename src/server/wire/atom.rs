//! How are hits told to feed readers? As Atom (RFC 4287).
//!
//! Of the best hundred matches the newest come first. A paper is dated by its day at 00:00 UTC; where the day or the month is
//! unknown, by the first. Papers without a date are left out: nobody knows whether they are new.

use atom_syndication::{Category, Content, Entry, Feed, FixedDateTime, Generator, Link, Person, Text};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, Uri, header};
use sha2::{Digest, Sha256};

use crate::citation::one_line;
use crate::paper::PublicationDate;
use crate::search::Hit;

/// Entries of a feed; readers keep what they have seen.
const ENTRIES: usize = 50;

/// The parameters of a query string in one order and spelling: the same question has the same id wherever it is asked, and
/// whatever later versions add.
fn parameters(asked: &str) -> String {
    let mut pairs: Vec<(String, String)> = serde_html_form::from_str(asked).unwrap_or_default();
    pairs.sort();
    pairs.iter().flat_map(|(name, value)| [name, "=", value, "\n"]).collect()
}

/// What a feed is of.
pub(crate) struct Source {
    /// Scheme and host of the service, as the client knows them; empty where it did not say.
    root: String,
    /// The query string.
    asked: String,
    id: String,
    title: String,
}

impl Source {
    /// A saved question, by the address at which it was asked.
    pub fn new(title: &str, headers: &HeaderMap, uri: &Uri) -> Self {
        Self {
            root: root(headers, uri),
            asked: uri.query().map(written).unwrap_or_default(),
            id: urn(&parameters(uri.query().unwrap_or_default())),
            title: title.to_owned(),
        }
    }

    /// The newest of these hits.
    pub fn feed(&self, hits: Vec<Hit>) -> Feed {
        let mut dated: Vec<(FixedDateTime, Hit)> =
            hits.into_iter().filter_map(|hit| Some((instant(hit.published?)?, hit))).collect();
        // Those of one day stay in the order of their ranks.
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
            // Without an entry there is nothing that could have changed: the beginning of time.
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

/// The first moment at which a paper can have appeared.
fn instant(date: PublicationDate) -> Option<FixedDateTime> {
    let (month, day) = (date.month().unwrap_or(1), date.day().unwrap_or(1));
    format!("{:04}-{month:02}-{day:02}T00:00:00Z", date.year()).parse().ok()
}

/// A name that is the same for ever, for what has this one here: a UUID of version 8, made of its hash.
fn urn(of: &str) -> String {
    let digest = Sha256::digest(of);
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid().urn().to_string()
}

/// A text on one line, of characters that XML has.
fn text(of: &str) -> String {
    one_line(of).replace(['\u{fffe}', '\u{ffff}'], "")
}

/// An address with nothing in it that addresses do not have.
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

/// By what address the client knows the service. `guard` has looked at the host; a proxy in front tells whether it is asked by TLS.
fn root(headers: &HeaderMap, uri: &Uri) -> String {
    let said = headers.get(header::HOST).and_then(|host| host.to_str().ok()).and_then(|host| host.parse().ok());
    let host: Option<Authority> = said.or_else(|| uri.authority().cloned());
    let proxy = headers.get(HeaderName::from_static("x-forwarded-proto"));
    let scheme = if proxy.is_some_and(|scheme| scheme == "https") { "https" } else { "http" };
    host.map(|host| format!("{scheme}://{host}")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_uuids_and_stay() {
        assert_eq!(urn("2001.00001"), urn("2001.00001"));
        assert_ne!(urn("2001.00001"), urn("2001.00002"));
        let feed = |asked| urn(&parameters(asked));
        assert_eq!(
            feed("q=a+%62&category=cs"),
            "urn:uuid:cdb240f5-1912-8820-9787-4d927a7e629d",
            "it is kept by readers"
        );
        assert_eq!(feed("category=cs&q=a%20b"), feed("q=a+%62&category=cs"));
        assert_ne!(feed("q=a+b&category=cs.LG"), feed("q=a+b&category=cs"));
        let version = urn("x").chars().nth("urn:uuid:xxxxxxxx-xxxx-".len());
        assert_eq!(version, Some('8'));
    }

    #[test]
    fn unknown_days_and_months_are_the_first() {
        for (date, wanted) in [("2017-06-12", "2017-06-12"), ("1953-04", "1953-04-01"), ("1948", "1948-01-01")] {
            let instant = instant(PublicationDate::parse(date).unwrap()).unwrap();
            assert_eq!(instant.to_rfc3339(), format!("{wanted}T00:00:00+00:00"));
        }
    }

    #[test]
    fn addresses_are_of_the_host_that_was_asked() {
        let of = |headers: &[(&'static str, &'static str)]| {
            let headers = headers.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()));
            root(&headers.collect(), &Uri::from_static("/feed.atom?q=x"))
        };
        assert_eq!(of(&[("host", "127.0.0.1:7373")]), "http://127.0.0.1:7373");
        assert_eq!(of(&[("host", "[::1]:7373")]), "http://[::1]:7373");
        assert_eq!(of(&[("host", "papers.example"), ("x-forwarded-proto", "https")]), "https://papers.example");
        assert_eq!(of(&[]), "");
        assert_eq!(of(&[("host", "a b")]), "");
        assert_eq!(written("https://x.org/a<b>\"ü#%20%"), "https://x.org/a%3Cb%3E%22%C3%BC#%20%25");
    }
}
