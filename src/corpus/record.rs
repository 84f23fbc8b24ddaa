//! A record of a paper with the values as its source gives them. Every reader yields these; one function turns them into papers,
//! for all formats alike.

/// What a reader found in one record.
///
/// Texts may contain markup (HTML, JATS, LaTeX) and any white space: readers pass them on as they are. A value that is absent or
/// empty is left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Record {
    /// The line at which the record starts, from 1.
    pub line: u64,
    /// Every id of the record, in the order of its fields.
    pub ids: Vec<RawId>,
    /// The title.
    pub title: String,
    /// The abstract. Labels of a structured abstract (`BACKGROUND:`) are part of it.
    pub abstract_text: String,
    /// The authors in order.
    pub authors: Vec<Author>,
    /// Number of authors, if the source gives the number but not all names.
    pub author_count: Option<u32>,
    /// The organisation named in place of authors.
    pub organisation: Option<String>,
    /// Subject codes and fields of study from a fixed list of the source, the primary one first.
    pub categories: Vec<String>,
    /// Free keywords.
    pub keywords: Vec<String>,
    /// When the paper was published: the best field first. The first one that can be read is used.
    pub dates: Vec<RawDate>,
    /// The journal, the conference or the book.
    pub venue: Option<String>,
    /// Volume of the journal.
    pub volume: Option<String>,
    /// Number or issue of the journal, or of a report.
    pub number: Option<String>,
    /// Pages, such as `12-34`, or the number of the article.
    pub pages: Option<String>,
    /// The publisher, or the institution of a report or thesis.
    pub publisher: Option<String>,
    /// The language, as the source writes it.
    pub language: Option<String>,
    /// The kind of publication, as the source writes it: `article`, `JOUR`, `journal-article`, `Review`, …
    pub kinds: Vec<String>,
    /// Whether the source marks the paper as retracted.
    pub is_retracted: bool,
    /// How often the paper is cited.
    pub citations: Option<u32>,
    /// Web address of the paper's page.
    pub url: Option<String>,
    /// Address of a freely accessible full text.
    pub open_access: Option<String>,
    /// Number of readers' comments.
    pub comments: Option<u32>,
    /// Values that could not be used, although the rest of the record can.
    pub losses: Vec<Loss>,
    /// Names of fields that the reader does not know.
    pub unread: Vec<String>,
}

/// An id with the scheme that its field implies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RawId {
    /// Of a field that may contain an id of any scheme, or an address: the text decides.
    Any(String),
    /// A DOI, possibly as an address or with text around it.
    Doi(String),
    /// An arXiv id, possibly as an address or with a version.
    Arxiv(String),
    /// A PubMed id: a number.
    Pubmed(String),
    /// A PubMed Central id, such as `PMC1234567`.
    PubmedCentral(String),
    /// An OpenAlex id, such as `W2741809807`, or its address.
    OpenAlex(String),
    /// A Semantic Scholar id: 40 hexadecimal digits, or `CorpusId:` with a number.
    SemanticScholar(String),
    /// An id of the ACL Anthology, such as `P17-1001`.
    Acl(String),
    /// A key of DBLP, such as `conf/nips/VaswaniSPUJGKP17`.
    Dblp(String),
    /// The record's own id in its file or library: a citation key, a row number.
    Own(String),
}

/// An author of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Author {
    /// A name as printed, of which the source does not say which part is the family name.
    Printed(String),
    /// A person whose name the source gives in parts; `given` may be initials, `suffix` is empty or `Jr.` or the like.
    /// Particles (`van`, `de la`) stand at the start of `family`.
    #[allow(missing_docs)]
    Person { family: String, given: String, suffix: String },
    /// An organisation or a group.
    Group(String),
}

/// A date of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RawDate {
    /// In any notation.
    Text(String),
    /// Year, month (a number or a name) and day, each as the source writes it; an empty one is unknown.
    #[allow(missing_docs)]
    Parts { year: String, month: String, day: String },
    /// Milliseconds since 1970-01-01.
    Milliseconds(i64),
}

/// A value that could not be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loss {
    /// The field as the source names it.
    pub field: String,
    /// The reason in terms of the file: what was expected, and what was found.
    pub reason: String,
}
