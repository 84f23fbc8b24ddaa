//! Reads the ids of a record.

use super::fields::{Field, field};
use super::node::Node;
use crate::corpus::RawId;
use crate::paper::{IdKind, PaperId};

/// The fields of one scheme each.
const SCHEMES: [Field; 9] = [
    Field::Doi,
    Field::Arxiv,
    Field::Pubmed,
    Field::PubmedCentral,
    Field::OpenAlex,
    Field::SemanticScholar,
    Field::CorpusId,
    Field::Acl,
    Field::Dblp,
];

/// The id in a field of one scheme.
pub(super) fn of_scheme(scheme: Field, text: String) -> RawId {
    match scheme {
        Field::Doi => RawId::Doi(text),
        Field::Arxiv => RawId::Arxiv(text),
        // Web of Science writes `MEDLINE:12345`.
        Field::Pubmed => RawId::Pubmed(text.strip_prefix("MEDLINE:").map(str::to_owned).unwrap_or(text)),
        Field::PubmedCentral => RawId::PubmedCentral(text),
        Field::OpenAlex => RawId::OpenAlex(text),
        Field::CorpusId if text.bytes().all(|byte| byte.is_ascii_digit()) => {
            RawId::SemanticScholar(format!("CorpusId:{text}"))
        }
        Field::SemanticScholar | Field::CorpusId => RawId::SemanticScholar(text),
        Field::Acl => RawId::Acl(text),
        Field::Dblp => RawId::Dblp(text),
        Field::OwnKey if is_of_dblp(&text) => RawId::Dblp(text),
        Field::OwnKey => RawId::Own(text),
        _ => any(text),
    }
}

/// The id in a field `id`, which may be of any scheme or none.
pub(super) fn any(text: String) -> RawId {
    const PREFIXES: [&str; 9] = ["10.", "pmid", "pmc", "corpusid", "title:", "doi:", "acl:", "dblp:", "openalex:"];
    let lower = text.trim().to_ascii_lowercase();
    let is_openalex = |id: &str| id.len() >= 8 && id.bytes().all(|byte| byte.is_ascii_digit());
    if lower.strip_prefix('w').is_some_and(is_openalex) {
        return RawId::OpenAlex(text);
    }
    let is_known = lower.contains('/')
        || lower.contains("10.")
        || lower.contains("arxiv")
        || PREFIXES.iter().any(|prefix| lower.starts_with(prefix))
        || has_form_of_arxiv(&lower);
    if is_known { RawId::Any(text) } else { RawId::Own(text) }
}

/// The id in `paperId`, which is Semantic Scholar's name for its own ids.
pub(super) fn paper_id(name: &str, text: String) -> RawId {
    // CORD-19 writes `paper_id`, a digest of the same length.
    if name == "paperId" && text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return RawId::SemanticScholar(text);
    }
    any(text)
}

/// Whether a text is a DOI.
pub(super) fn is_doi(text: &str) -> bool {
    PaperId::parse(text).is_some_and(|id| id.kind() == IdKind::Doi)
}

/// Whether a text is like `1706.03762`, also with a version. A number may have lost zeros at its end.
fn has_form_of_arxiv(text: &str) -> bool {
    let Some((month, rest)) = text.split_once('.') else { return false };
    let number = rest.split_once('v').map_or(rest, |(number, _)| number);
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    // 0704.0001 as a number is 704.0001.
    (3..=4).contains(&month.len()) && number.len() <= 5 && is_number(month) && is_number(number)
}

fn is_of_dblp(key: &str) -> bool {
    ["conf/", "journals/", "books/", "phd/", "series/", "reference/"].iter().any(|start| key.starts_with(start))
}

/// The ids in a field that holds several: an object by scheme, or an array of ids or of objects with a scheme and an id.
pub(super) fn several(node: Node) -> Option<Vec<RawId>> {
    if let Some(text) = node.scalar() {
        return Some(vec![RawId::Any(text.into_owned())]);
    }
    let mut ids = Vec::new();
    if let Some(elements) = node.elements() {
        for element in elements {
            if element.is_object() {
                let scheme = element.member(&["schema", "scheme", "idtype", "type", "identifierType", "source"]);
                let id = element.member(&["value", "id", "identifier"]);
                let scheme = scheme.and_then(Node::string).unwrap_or_default();
                ids.extend(id.and_then(|id| of_name(&scheme, id)));
            } else {
                ids.extend(element.scalar().map(|text| any(text.into_owned())));
            }
        }
        return Some(ids);
    }
    for (name, id) in node.members()?.0 {
        ids.extend(of_name(&name, id));
    }
    Some(ids)
}

/// An id whose scheme has a name. Schemes that are not known are left out: their ids are not known elsewhere.
fn of_name(scheme: &str, id: Node) -> Option<RawId> {
    let text = id.plain()?.into_owned();
    match field(scheme) {
        Some((Field::Id | Field::Url, _)) => Some(any(text)),
        Some((scheme, _)) if SCHEMES.contains(&scheme) => Some(of_scheme(scheme, text)),
        _ if scheme.is_empty() => Some(any(text)),
        _ => None,
    }
}

/// The ids in the note of a library: Zotero writes fields that it does not have as lines such as `PMID: 123`.
pub(in crate::corpus) fn in_note(note: &str) -> Vec<RawId> {
    let id = |line: &str| {
        let (name, id) = line.split_once(':')?;
        let id = id.trim();
        let (scheme, _) = field(name.trim())?;
        let is_scheme = matches!(scheme, Field::Doi | Field::Arxiv | Field::Pubmed | Field::PubmedCentral);
        // The category follows the arXiv id: `arXiv:2001.00001 [cs]`.
        let id = id.split_whitespace().next().filter(|_| is_scheme && name.len() < 10)?;
        Some(of_scheme(scheme, id.to_owned()))
    };
    note.lines().filter_map(id).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn id_of_a_known_scheme_is_told_from_an_own_one() {
        let known = [
            "10.1000/x",
            "hep-th/9901001",
            "1706.03762v5",
            "arXiv:1",
            "https://openalex.org/W1",
            "title:38ff",
            "704.0001",
        ];
        for text in known {
            assert_eq!(any(text.to_owned()), RawId::Any(text.to_owned()));
        }
        for text in ["17", "smith2020", "2020", "1.5", "abc.def", "12345.1", "W12", "17060.3762"] {
            assert_eq!(any(text.to_owned()), RawId::Own(text.to_owned()));
        }
        assert_eq!(any("W2741809807".into()), RawId::OpenAlex("W2741809807".into()));
    }

    #[test]
    fn ids_in_a_note_are_found() {
        let note = "arXiv:2001.00010 [cs, stat]\nPMID: 123\nPMCID: PMC9\nDOI: 10.1/x\nTitle: no\nRemark";
        let ids = [
            RawId::Arxiv("2001.00010".into()),
            RawId::Pubmed("123".into()),
            RawId::PubmedCentral("PMC9".into()),
            RawId::Doi("10.1/x".into()),
        ];
        assert_eq!(in_note(note), ids);
    }
}
