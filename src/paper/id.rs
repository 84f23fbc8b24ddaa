//! The ids of papers: which schemes there are, and how is an id read from any of its spellings?

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use unicode_normalization::UnicodeNormalization;

use super::percent::percent_encoded;
use super::{address, doi};
use crate::error::Error;

/// An id of a paper in its one canonical form. A paper may have several.
///
/// | scheme | form |
/// | --- | --- |
/// | arXiv | `1706.03762`, `hep-th/9901001`: without a version |
/// | DOI | `10.1038/nature14539`: in lower case; also the short form `10/c3xkzj` |
/// | PubMed | `pmid:26017442` |
/// | PubMed Central | `pmcid:PMC4539742` |
/// | ACL Anthology | `acl:P17-1001` |
/// | OpenAlex | `openalex:W2741809807` |
/// | Semantic Scholar | `s2:` and 40 hexadecimal digits, or `corpusid:13756489` |
/// | DBLP | `dblp:conf/nips/VaswaniSPUJGKP17` |
/// | a file's own | `key:smith2020`: a citation key or a number of a record |
/// | title | `title:` and a hash of the title |
///
/// ```
/// use paperkin::paper::PaperId;
/// let id = PaperId::parse("https://arxiv.org/abs/1706.03762v5").unwrap();
/// assert_eq!(id.as_str(), "1706.03762");
/// assert_eq!(PaperId::parse("10.48550/arXiv.1706.03762"), Some(id));
/// assert_eq!(PaperId::parse("math.GT/0309136").unwrap().as_str(), "math/0309136");
/// assert_eq!(PaperId::parse("doi:10.1038/NATURE14539").unwrap().as_str(), "10.1038/nature14539");
/// assert!(PaperId::parse("smith2020").is_none());
/// assert_eq!(PaperId::of_title("A  Title!"), PaperId::of_title("a title"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PaperId(String);

/// The schemes of ids. In the order in which one is chosen as the id of a new paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum IdKind {
    /// arXiv, without a version.
    Arxiv,
    /// Digital object identifier (ISO 26324).
    Doi,
    /// ACL Anthology.
    Acl,
    /// PubMed.
    Pubmed,
    /// PubMed Central.
    PubmedCentral,
    /// OpenAlex.
    OpenAlex,
    /// Semantic Scholar: its own id, or the number in its corpus.
    SemanticScholar,
    /// DBLP.
    Dblp,
    /// A hash of the title.
    Title,
    /// The id of a record in its file; another file may use it for another paper.
    Own,
}

const TITLE_PREFIX: &str = "title:";
const OWN_PREFIX: &str = "key:";

/// The prefixes of canonical ids, in lower case.
const PREFIXES: [(&str, IdKind); 9] = [
    (TITLE_PREFIX, IdKind::Title),
    (OWN_PREFIX, IdKind::Own),
    ("pmid:", IdKind::Pubmed),
    ("pmcid:", IdKind::PubmedCentral),
    ("acl:", IdKind::Acl),
    ("openalex:", IdKind::OpenAlex),
    ("s2:", IdKind::SemanticScholar),
    ("corpusid:", IdKind::SemanticScholar),
    ("dblp:", IdKind::Dblp),
];

/// Maximum length of an id in bytes.
const LONGEST: usize = 1024;

impl PaperId {
    /// Parses an id of any scheme but [`IdKind::Own`], in any spelling: with or without a prefix, or as an address of the paper's
    /// page or file.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.len() > LONGEST {
            return None;
        }
        address::arxiv(text)
            .or_else(|| prefixed(text))
            .or_else(|| doi::doi(text))
            .or_else(|| address::other(text))
            .map(Self)
    }

    /// An id of one scheme, from a text that a field of this scheme contains.
    #[must_use]
    pub(crate) fn of_kind(kind: IdKind, text: &str) -> Option<Self> {
        let text = text.trim();
        if text.is_empty() || text.len() > LONGEST {
            return None;
        }
        // Any field may contain the address of the paper instead, or the id with a prefix.
        let parsed = Self::parse(text);
        if parsed.as_ref().is_some_and(|id| id.kind() == kind) {
            return parsed;
        }
        match kind {
            IdKind::Arxiv | IdKind::Doi | IdKind::Title => parsed,
            // A canonical id of any scheme may stand in the place of a key.
            IdKind::Own => prefixed(text).map(Self).or_else(|| Some(Self::own(text))),
            IdKind::SemanticScholar if text.bytes().all(|b| b.is_ascii_digit()) => {
                canonical("corpusid:", text).map(Self)
            }
            _ => {
                let (prefix, _) = PREFIXES.iter().find(|(_, of)| *of == kind)?;
                canonical(prefix, text).map(Self)
            }
        }
    }

    /// The id of a record in its file.
    #[must_use]
    pub fn own(text: &str) -> Self {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        Self(format!("{OWN_PREFIX}{}", text.strip_prefix(OWN_PREFIX).unwrap_or(&text)))
    }

    /// An id as a store contains it.
    #[must_use]
    pub(crate) fn of_stored(text: &str) -> Self {
        // Older versions stored the DOIs of arXiv as they are, and kept what followed a DOI.
        let is_doi = is_doi(text) && !text.contains(char::is_uppercase);
        let is_prefixed = PREFIXES.iter().any(|(prefix, _)| text.starts_with(prefix));
        if is_doi || is_prefixed {
            return Self(text.to_owned());
        }
        // One that was edited by hand gets the same id every time.
        address::arxiv(text).filter(|id| id == text).map_or_else(|| Self::of_title(text), Self)
    }

    /// The id of a paper without any other: a hash of the letters and digits of its title. Case, width, spacing and punctuation do
    /// not matter, except `+` and `#` after a letter: C, C++ and C# are different.
    #[must_use]
    pub fn of_title(title: &str) -> Self {
        // Most titles are ASCII, which normalization leaves as it is.
        let normal = if title.is_ascii() {
            words_of(title.chars().map(|c| c.to_ascii_lowercase()))
        } else {
            words_of(title.nfkc().flat_map(char::to_lowercase))
        };
        let mut normal = normal.trim();
        if normal.is_empty() {
            normal = title.trim();
        }
        let digest = Sha256::digest(normal);
        let hash: String = digest[..8].iter().map(|b| format!("{b:02x}")).collect();
        Self(format!("{TITLE_PREFIX}{hash}"))
    }

    /// The first id that is not taken of: `first`, and the hashes of the title with 2, 3 and so on.
    pub(crate) fn first_free<E>(
        first: Self,
        title: &str,
        mut is_taken: impl FnMut(&Self) -> Result<bool, E>,
    ) -> Result<Self, E> {
        let (mut id, mut attempt) = (first, 1);
        while is_taken(&id)? {
            attempt += 1;
            id = Self::of_title(&format!("{title} {attempt}"));
        }
        Ok(id)
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id as people write it: without the prefix of a file's own id.
    #[must_use]
    pub fn printed(&self) -> &str {
        self.0.strip_prefix(OWN_PREFIX).unwrap_or(&self.0)
    }

    /// The scheme of the id.
    #[must_use]
    pub fn kind(&self) -> IdKind {
        let prefixed = PREFIXES.iter().find(|(prefix, _)| self.0.starts_with(prefix));
        match prefixed {
            Some((_, kind)) => *kind,
            None if is_doi(&self.0) => IdKind::Doi,
            None => IdKind::Arxiv,
        }
    }

    /// The URL that the id resolves to; `None` for a hash of a title and for a file's own id.
    #[must_use]
    pub fn link(&self) -> Option<String> {
        let (_, bare) = self.0.split_once(':').unwrap_or(("", &self.0));
        Some(match self.kind() {
            IdKind::Title | IdKind::Own => return None,
            IdKind::Doi => format!("https://doi.org/{}", percent_encoded(&self.0)),
            IdKind::Arxiv => format!("https://arxiv.org/abs/{}", self.0),
            IdKind::Acl => format!("https://aclanthology.org/{bare}"),
            IdKind::Pubmed => format!("https://pubmed.ncbi.nlm.nih.gov/{bare}/"),
            IdKind::PubmedCentral => format!("https://pmc.ncbi.nlm.nih.gov/articles/{bare}/"),
            IdKind::OpenAlex => format!("https://openalex.org/{bare}"),
            IdKind::SemanticScholar if self.0.starts_with("corpusid:") => {
                format!("https://www.semanticscholar.org/p/{bare}")
            }
            IdKind::SemanticScholar => format!("https://www.semanticscholar.org/paper/{bare}"),
            IdKind::Dblp => format!("https://dblp.org/rec/{}", percent_encoded(bare)),
        })
    }
}

/// The words of a title in lower case, with a space between each two. `C++` and `C#` are words.
fn words_of(title: impl Iterator<Item = char>) -> String {
    let mut words = String::new();
    let mut before = ' ';
    for c in title {
        let is_of_word = c.is_alphanumeric() || matches!(c, '+' | '#') && (before.is_alphanumeric() || before == c);
        if is_of_word {
            words.push(c);
        } else if !words.ends_with(' ') {
            words.push(' ');
        }
        before = if is_of_word { c } else { ' ' };
    }
    words
}

/// Whether a canonical id without a prefix is a DOI, and not an arXiv id.
fn is_doi(text: &str) -> bool {
    text.starts_with("10.") && text.contains('/') || text.starts_with("10/")
}

/// An id that begins with the prefix of its scheme.
fn prefixed(text: &str) -> Option<String> {
    let (scheme, rest) = text.split_once(':')?;
    let scheme = format!("{}:", scheme.trim().to_ascii_lowercase());
    let (prefix, kind) = PREFIXES.iter().find(|(prefix, _)| *prefix == scheme)?;
    // A key is looked up as it is, also if it has the form of another id.
    if *kind == IdKind::Own { None } else { canonical(prefix, rest.trim()) }
}

/// The canonical form of an id without prefix, if it is one of the scheme.
pub(super) fn canonical(prefix: &str, bare: &str) -> Option<String> {
    let is_digits = |text: &str| (1..=19).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    let without_zeros = |text: &str| text.trim_start_matches('0').to_owned();
    let hexadecimal = |text: &str, length: usize| text.len() == length && text.bytes().all(|b| b.is_ascii_hexdigit());
    let bare = match prefix {
        TITLE_PREFIX => hexadecimal(bare, 16).then(|| bare.to_ascii_lowercase())?,
        "s2:" => hexadecimal(bare, 40).then(|| bare.to_ascii_lowercase())?,
        "pmid:" | "corpusid:" => {
            Some(without_zeros(bare)).filter(|_| is_digits(bare)).filter(|number| !number.is_empty())?
        }
        "pmcid:" => {
            let number = bare.get(..3).filter(|start| start.eq_ignore_ascii_case("pmc")).map_or(bare, |_| &bare[3..]);
            // A version may follow, as in `PMC1234567.1`.
            let number = number.split('.').next().unwrap_or_default();
            Some(format!("PMC{}", without_zeros(number))).filter(|_| is_digits(number))?
        }
        "openalex:" => {
            let number = bare.strip_prefix(['W', 'w'])?;
            is_digits(number).then(|| format!("W{number}"))?
        }
        "acl:" => {
            let bare = bare.strip_suffix(".pdf").unwrap_or(bare);
            let fits =
                bare.contains(['-', '.']) && bare.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.".contains(&b));
            fits.then(|| bare.to_owned())?
        }
        "dblp:" => {
            let fits = bare.contains('/') && !bare.contains(char::is_whitespace);
            fits.then(|| bare.to_owned())?
        }
        _ => return None,
    };
    Some(format!("{prefix}{bare}"))
}

/// A text without the form of an id is looked up as the id of a record in its file.
impl FromStr for PaperId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        if let Some(id) = Self::parse(text) {
            return Ok(id);
        }
        // `@key` is how a citation is written in Markdown.
        let own = text.trim().trim_start_matches('@');
        if own.is_empty() || own.len() > LONGEST {
            return Err(Error::UnknownPaper { id: text.to_owned() });
        }
        Ok(Self::own(own))
    }
}

impl fmt::Display for PaperId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
