//! A paper, its id, and the part of its text that is embedded.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use unicode_normalization::UnicodeNormalization;

use crate::error::Error;

pub use byline::byline;
pub use date::PublicationDate;
pub(crate) use date::month_number;

mod byline;
mod date;
mod sentences;

/// A scientific paper as described by its source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paper {
    /// Identifies the paper.
    pub id: PaperId,
    /// One line of plain text.
    pub title: String,
    /// One paragraph; empty if the source has none.
    #[serde(rename = "abstract")]
    pub abstract_text: String,
    /// Names as printed, in order.
    pub authors: Vec<String>,
    /// Number of authors, if the source gives the number but not all names.
    pub author_count: Option<u32>,
    /// The organisation named in place of authors.
    pub organisation: Option<String>,
    /// Subject codes, the primary one first.
    pub categories: Vec<String>,
    /// The day, month or year of its first publication.
    pub published: Option<PublicationDate>,
    /// Web address of the paper, if the source gives one.
    pub url: Option<String>,
    /// Number of readers' comments, if the source gives it.
    pub comments: Option<u32>,
}

impl Paper {
    /// A paper with an id, a title and an abstract, and no other metadata.
    #[must_use]
    pub fn new(id: PaperId, title: String, abstract_text: String) -> Self {
        Self {
            id,
            title,
            abstract_text,
            authors: Vec::new(),
            author_count: None,
            organisation: None,
            categories: Vec::new(),
            published: None,
            url: None,
            comments: None,
        }
    }

    /// The text that is embedded: title and abstract separated by a space, or the one that is not empty.
    #[must_use]
    pub fn text(&self) -> String {
        match (self.title.as_str(), self.abstract_text.as_str()) {
            ("", text) | (text, "") => text.to_owned(),
            (title, text) => format!("{title} {text}"),
        }
    }

    /// The byte ranges of the abstract's sentences.
    #[must_use]
    pub fn sentences(&self) -> Vec<Range<usize>> {
        sentences::sentences(&self.abstract_text)
    }

    /// The byte offset of the abstract in [`Paper::text`].
    #[must_use]
    pub(crate) fn abstract_start(&self) -> usize {
        self.title.len() + 1
    }

    /// A digest of the embedded text; the embedding is valid while the digest is unchanged.
    #[must_use]
    pub(crate) fn content_hash(&self) -> [u8; 32] {
        Sha256::digest(self.text()).into()
    }

    /// The address of the paper's page: the one given by the source, otherwise the one derived from the id.
    #[must_use]
    pub fn link(&self) -> Option<String> {
        self.url.clone().or_else(|| self.id.link())
    }
}

/// The name of the text template of [`Paper::text`] in a fingerprint.
pub(crate) const TEXT_TEMPLATE: &str = "{title} {abstract}";

/// The public id of a paper: an arXiv id without its version, a DOI in lower case, or a hash of the title.
///
/// ```
/// use paperkin::paper::PaperId;
/// let id = PaperId::parse("https://arxiv.org/abs/1706.03762v5").unwrap();
/// assert_eq!(id.as_str(), "1706.03762");
/// assert_eq!(PaperId::parse("math.GT/0309136").unwrap().as_str(), "math/0309136");
/// assert_eq!(PaperId::parse("doi:10.1038/NATURE14539").unwrap().as_str(), "10.1038/nature14539");
/// assert!(PaperId::parse("smith2020").is_none());
/// assert_eq!(PaperId::of_title("A  Title!"), PaperId::of_title("a title"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PaperId(String);

/// The three kinds of paper ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdKind {
    /// An arXiv id, such as `1706.03762` or `hep-ph/9901001`, without a version.
    Arxiv,
    /// A DOI, such as `10.1000/182`.
    Doi,
    /// A hash of the title.
    Title,
}

impl PaperId {
    /// Parses an arXiv id, a DOI (either also as a URL) or an id made by [`PaperId::of_title`].
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        arxiv_id(text)
            .or_else(|| doi(text))
            .or_else(|| {
                let hash = text.strip_prefix(TITLE_PREFIX)?;
                let is_hash = hash.len() == 16 && hash.bytes().all(|b| b.is_ascii_hexdigit());
                is_hash.then(|| text.to_ascii_lowercase())
            })
            .map(Self)
    }

    /// The id of a paper without any other: a hash of the letters and digits of its title. Case, width, spacing and
    /// punctuation do not matter.
    #[must_use]
    pub fn of_title(title: &str) -> Self {
        let words: String =
            title.nfkc().flat_map(char::to_lowercase).map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect();
        let mut normal = words.split_whitespace().collect::<Vec<_>>().join(" ");
        if normal.is_empty() {
            title.trim().clone_into(&mut normal);
        }
        let digest = Sha256::digest(normal);
        let hash: String = digest[..8].iter().map(|b| format!("{b:02x}")).collect();
        Self(format!("{TITLE_PREFIX}{hash}"))
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The kind of the id.
    #[must_use]
    pub fn kind(&self) -> IdKind {
        if self.0.starts_with(TITLE_PREFIX) {
            IdKind::Title
        } else if self.0.starts_with("10.") && self.0.contains('/') {
            IdKind::Doi
        } else {
            IdKind::Arxiv
        }
    }

    /// The URL that the id resolves to; `None` for a hash of a title.
    #[must_use]
    pub fn link(&self) -> Option<String> {
        match self.kind() {
            IdKind::Title => None,
            IdKind::Doi => Some(format!("https://doi.org/{}", percent_encoded(&self.0))),
            IdKind::Arxiv => Some(format!("https://arxiv.org/abs/{}", self.0)),
        }
    }
}

/// A text that is not in the form of an id is an unknown paper.
impl FromStr for PaperId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::parse(text).ok_or_else(|| Error::UnknownPaper { id: text.to_owned() })
    }
}

impl fmt::Display for PaperId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

const TITLE_PREFIX: &str = "title:";

/// Encodes a DOI as the path of a URL. A DOI may contain any printable character; `#`, `?` and `%` have a special
/// meaning in a URL.
fn percent_encoded(doi: &str) -> String {
    let mut path = String::with_capacity(doi.len());
    for byte in doi.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/".contains(&byte) {
            path.push(char::from(byte));
        } else {
            path.push_str(&format!("%{byte:02X}"));
        }
    }
    path
}

/// `text` without the first of `prefixes` that it starts with, ignoring case.
fn without_prefix<'a>(text: &'a str, prefixes: &[&str]) -> &'a str {
    prefixes
        .iter()
        .find_map(|prefix| {
            let head = text.get(..prefix.len())?;
            head.eq_ignore_ascii_case(prefix).then(|| text[prefix.len()..].trim_start())
        })
        .unwrap_or(text)
}

/// Parses an identifier in one of arXiv's two schemes (<https://info.arxiv.org/help/arxiv_identifier.html>). The result
/// has no version and, in the old scheme, no subject class.
fn arxiv_id(text: &str) -> Option<String> {
    let text = without_prefix(
        text,
        &[
            "https://arxiv.org/abs/",
            "http://arxiv.org/abs/",
            "https://arxiv.org/pdf/",
            "http://arxiv.org/pdf/",
            "https://www.arxiv.org/abs/",
            "arxiv:",
        ],
    );
    let text = text.strip_suffix(".pdf").unwrap_or(text);
    let is_digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    let text = match text.rsplit_once(['v', 'V']) {
        Some((id, version)) if is_digits(version) => id,
        _ => text,
    };
    let month_fits = |yymm: &str| matches!(yymm[2..].parse::<u8>(), Ok(1..=12));
    if let Some((archive, number)) = text.split_once('/') {
        let archive = archive.split_once('.').map_or(archive, |(archive, _)| archive);
        let fits = !archive.is_empty()
            && archive.bytes().all(|b| b.is_ascii_alphabetic() || b == b'-')
            && number.len() == 7
            && is_digits(number)
            && month_fits(&number[..4]);
        return fits.then(|| format!("{}/{number}", archive.to_ascii_lowercase()));
    }
    let (month, number) = text.split_once('.')?;
    let fits = month.len() == 4
        && is_digits(month)
        && month_fits(month)
        && (4..=5).contains(&number.len())
        && is_digits(number);
    fits.then(|| text.to_owned())
}

/// Parses a DOI; its letters are case-insensitive (ISO 26324).
fn doi(text: &str) -> Option<String> {
    let text = without_prefix(
        text,
        &["https://doi.org/", "http://doi.org/", "https://dx.doi.org/", "http://dx.doi.org/", "doi:"],
    );
    let (registrant, suffix) = text.strip_prefix("10.")?.split_once('/')?;
    let fits = (4..=9).contains(&registrant.split('.').next()?.len())
        && registrant.bytes().all(|b| b.is_ascii_digit() || b == b'.')
        && !suffix.is_empty()
        && !suffix.contains(char::is_whitespace);
    fits.then(|| text.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arxiv_ids_lose_version_prefix_and_subject_class() {
        for (given, wanted) in [
            ("0704.0001", "0704.0001"),
            ("arXiv:1501.00001v12", "1501.00001"),
            ("https://arxiv.org/pdf/2101.00001v2.pdf", "2101.00001"),
            ("hep-th/9711200", "hep-th/9711200"),
            ("cond-mat.stat-mech/9905001v1", "cond-mat/9905001"),
        ] {
            assert_eq!(PaperId::parse(given).unwrap().as_str(), wanted);
        }
    }

    #[test]
    fn text_that_only_resembles_an_id_is_rejected() {
        for given in ["", "0713.0001", "704.0001", "1234.567", "10.1/x", "10.1038/", "title:xyz", "cs/99", "é/1234567"]
        {
            assert_eq!(PaperId::parse(given), None, "{given}");
        }
    }

    #[test]
    fn a_title_without_letters_still_has_an_id() {
        assert_ne!(PaperId::of_title("???"), PaperId::of_title("!!!"));
        assert!(PaperId::parse(PaperId::of_title("???").as_str()).is_some());
    }

    #[test]
    fn links_follow_the_kind_of_id() {
        let link = |id: &str| PaperId::parse(id).unwrap().link();
        assert_eq!(link("math/0309136").unwrap(), "https://arxiv.org/abs/math/0309136");
        assert_eq!(link("10.1038/171737a0").unwrap(), "https://doi.org/10.1038/171737a0");
        assert_eq!(
            link("10.1002/(SICI)1:8<6::AID>3.0.CO;2-O").unwrap(),
            "https://doi.org/10.1002/(sici)1:8%3C6::aid%3E3.0.co;2-o"
        );
        assert_eq!(link("10.1234/a#b?c%d").unwrap(), "https://doi.org/10.1234/a%23b%3Fc%25d");
        assert_eq!(PaperId::of_title("x").link(), None);
    }
}
