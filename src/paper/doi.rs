//! Reads a DOI out of its spellings: addresses, prefixes, and what surrounds it.

use std::borrow::Cow;

use super::address::{without_prefix, without_scheme};
use super::percent::percent_decoded;

/// Parses a DOI, also as an address, with a prefix, or with text after it. Its letters are case-insensitive (ISO 26324).
pub(super) fn doi(text: &str) -> Option<String> {
    doi_as_written(text).map(|doi| doi.to_lowercase())
}

pub(super) fn doi_as_written(text: &str) -> Option<String> {
    let prefixes = ["doi.org/", "dx.doi.org/", "doi:", "doi ", "doi.", "info:doi/", "urn:doi:", "[doi]"];
    let address = without_scheme(text);
    let text = address.unwrap_or(text);
    let text = without_prefix(text, &["www."]).unwrap_or(text);
    let bare = without_prefix(text, &prefixes).map(|bare| without_prefix(bare, &prefixes).unwrap_or(bare));
    match bare {
        // A publisher's resolver has the DOI in its path: `doi.acm.org/10.1145/…`.
        Some(bare) if address.is_some() => doi_at_start(&percent_decoded(bare)).or_else(|| doi_on_a_site(text)),
        Some(bare) => doi_at_start(&without_tex(bare)),
        None if address.is_some() => doi_on_a_site(text),
        None => doi_at_start(&without_tex(text)),
    }
}

/// A DOI whose underscores were escaped for TeX, as in tables that were made from BibTeX.
fn without_tex(text: &str) -> Cow<'_, str> {
    if text.contains("\\_") { text.replace("\\_", "_").into() } else { text.into() }
}

/// The DOI in the address of a publisher's page, such as `dl.acm.org/doi/10.1145/…`.
fn doi_on_a_site(address: &str) -> Option<String> {
    let path = percent_decoded(address.split(['?', '#']).next()?);
    let start = path.find("/10.")? + 1;
    let mut doi = path[start..].trim_end_matches('/');
    let parts_of_pages = ["/full", "/fulltext", "/full-text", "/abstract", "/pdf", "/epdf", "/html", "/meta", ".pdf"];
    // There may be several: `/full/html`.
    while let Some(shorter) = parts_of_pages.iter().find_map(|part| doi.strip_suffix(part)) {
        doi = shorter;
    }
    doi_at_start(doi)
}

/// A DOI up to white space, without the punctuation of a sentence or list around it.
fn doi_at_start(text: &str) -> Option<String> {
    let joined;
    let text = match text.split_once("2.0.CO;2") {
        // A part of the DOI was set apart, as in `10.1659/0276-4741(2004)024 [ 0141:SPOCMP ]2.0.CO;2`.
        Some((start, _)) if start.contains(char::is_whitespace) && start.contains(['[', '<']) => {
            joined = start.split_whitespace().collect::<String>() + "2.0.CO;2";
            &joined
        }
        _ => text,
    };
    // Without this ending, the part after the space is missing.
    let after = text.find(char::is_whitespace).map_or("", |end| text[end..].trim_start());
    let is_cut = after.starts_with(['[', '<']) && !after.to_ascii_lowercase().starts_with("[doi");
    if is_cut || text.is_empty() {
        return None;
    }
    // Several in one field: the first.
    let text = text.split_once(";10.").map_or(text, |(first, _)| first);
    let doi = text.split(|c: char| c.is_whitespace() || c == '"' || c == '\u{200b}').next()?;
    let mut doi = doi.trim_matches('\'');
    loop {
        let last = doi.chars().next_back()?;
        let closes_nothing =
            |open: char, close: char| last == close && doi.matches(open).count() < doi.matches(close).count();
        let is_rubbish = matches!(last, '.' | ',' | ';' | ':' | '/' | '\'')
            || closes_nothing('(', ')')
            || closes_nothing('[', ']')
            || closes_nothing('{', '}')
            || closes_nothing('<', '>');
        if !is_rubbish {
            break;
        }
        doi = &doi[..doi.len() - last.len_utf8()];
    }
    if doi.strip_prefix("10/").is_some_and(is_short) {
        return Some(doi.to_owned());
    }
    let (registrant, suffix) = doi.strip_prefix("10.")?.split_once('/')?;
    let fits = (4..=9).contains(&registrant.split('.').next()?.len())
        && registrant.bytes().all(|b| b.is_ascii_digit() || b == b'.')
        && !suffix.is_empty();
    fits.then(|| doi.to_owned())
}

/// Whether a text is what follows `10/` in a DOI of the service <https://shortdoi.org>.
fn is_short(text: &str) -> bool {
    (3..=10).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric())
        && text.bytes().any(|b| b.is_ascii_alphabetic())
}
