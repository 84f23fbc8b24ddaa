//! The objects in which services wrap a list of papers or a single one.
//!
//! OpenAlex: `results`. Semantic Scholar: `data`, `papers`. Crossref: `message.items`. Europe PMC: `resultList.result`. DBLP:
//! `result.hits.hit[].info`. bioRxiv: `collection`. OpenReview: `notes[].content`. Rows of a data set of Hugging Face:
//! `rows[].row`. Solr: `response.docs`. Elasticsearch: `hits.hits[]._source`. Atom as JSON: `feed.entry`.

/// The members that may be a list of papers.
const LISTS: [&[u8]; 17] = [
    b"articles",
    b"collection",
    b"data",
    b"docs",
    b"documents",
    b"entries",
    b"entry",
    b"hit",
    b"hits",
    b"items",
    b"papers",
    b"publications",
    b"records",
    b"result",
    b"results",
    b"rows",
    b"works",
];

/// The members that may be an object around a list of papers.
const HOLDERS: [&[u8]; 8] =
    [b"data", b"feed", b"hits", b"message", b"response", b"result", b"resultlist", b"search-results"];

/// The members that only a paper has.
const OF_PAPERS: [&[u8]; 12] = [
    b"abstract",
    b"abstracts",
    b"author",
    b"authors",
    b"authors_parsed",
    b"authorships",
    b"categories",
    b"creators",
    b"doi",
    b"dois",
    b"externalids",
    b"titles",
];

/// The members that may contain the paper itself, beside other members.
const WRAPPERS: [&str; 14] = [
    "article",
    "attributes",
    "bibjson",
    "content",
    "data",
    "entry",
    "feed",
    "info",
    "message",
    "metadata",
    "paper",
    "row",
    "_source",
    "work",
];

/// Whether the member of this name may be a list of papers. Papers have `notes` too, but not as their first member.
pub(super) fn may_be_list(name: &[u8], is_first: bool) -> bool {
    LISTS.iter().any(|list| list.eq_ignore_ascii_case(name)) || is_first && name.eq_ignore_ascii_case(b"notes")
}

/// Whether the member of this name may be an object around a list of papers.
pub(super) fn may_hold_list(name: &[u8]) -> bool {
    HOLDERS.iter().any(|holder| holder.eq_ignore_ascii_case(name))
}

/// Whether the member of this name shows that the object around it is a paper.
pub(super) fn is_of_paper(name: &[u8]) -> bool {
    OF_PAPERS.iter().any(|member| member.eq_ignore_ascii_case(name))
}

/// Whether a member with this name may contain the paper. An object with its own title contains one only in a member `paper` or
/// `entry`.
pub(super) fn is_wrapper(name: &str, has_title: bool) -> bool {
    let of = |names: &[&str]| names.iter().any(|wrapper| wrapper.eq_ignore_ascii_case(name));
    if has_title { of(&["paper", "entry"]) } else { of(&WRAPPERS) }
}
