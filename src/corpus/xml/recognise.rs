//! Recognises a format of XML by its root element.

use super::XmlFormat;
use super::tree::local;

/// The format of a file with this beginning; `None` if it is not XML, HTML, or XML of another kind.
pub(in super::super) fn recognise(beginning: &str) -> Option<XmlFormat> {
    let root = after_prolog(beginning)?;
    let root = root.strip_prefix('<')?;
    let name = &root[..root.find(|c: char| c.is_ascii_whitespace() || matches!(c, '>' | '/')).unwrap_or(root.len())];
    match local(name) {
        "PubmedArticleSet" | "PubmedBookArticleSet" | "PubmedArticle" | "PubmedBookArticle" => Some(XmlFormat::Pubmed),
        "feed" | "entry" | "rss" => Some(XmlFormat::Feed),
        "RDF" => root.contains("purl.org/rss/").then_some(XmlFormat::Feed),
        "OAI-PMH" | "ListRecords" | "GetRecord" => Some(XmlFormat::Oai),
        "dblp" if root.contains("<hits") => Some(XmlFormat::DblpSearch),
        "dblp" | "dblpperson" => Some(XmlFormat::Dblp),
        "result" => root.contains("<hits").then_some(XmlFormat::DblpSearch),
        "pmc-articleset" => Some(XmlFormat::Jats),
        "collection" | "record" if root.contains("datafield") && !root.contains("<header") => Some(XmlFormat::Marc),
        "article" if has_attribute(root, "key") => Some(XmlFormat::Dblp),
        "article" => root.contains("article-meta").then_some(XmlFormat::Jats),
        name if name.eq_ignore_ascii_case("html") => None,
        // A list of records without the envelope. The tools choose the names, so the content decides.
        _ if is_oai(root) => Some(XmlFormat::Oai),
        _ => super::dblp::RECORDS.contains(&name).then_some(XmlFormat::Dblp).filter(|_| has_attribute(root, "key")),
    }
}

/// Whether the text contains records of OAI-PMH: a header, then metadata of a known kind.
fn is_oai(text: &str) -> bool {
    let Some(header) = text.find("<header").or_else(|| text.find(":header")) else { return false };
    let text = &text[header..];
    let known = ["openarchives.org/OAI/2.0/oai_dc", "arxiv.org/OAI/", "loc.gov/MARC21/slim"];
    known.iter().any(|kind| text.contains(kind))
}

/// Whether the first tag of the text has an attribute.
fn has_attribute(text: &str, name: &str) -> bool {
    let tag = &text[..text.find('>').unwrap_or(text.len())];
    tag.split_ascii_whitespace().any(|part| part.strip_prefix(name).is_some_and(|rest| rest.starts_with('=')))
}

/// The text from the root element on: after a byte order mark, the declaration, comments and the document type.
fn after_prolog(text: &str) -> Option<&str> {
    let mut text = text.strip_prefix('\u{feff}').unwrap_or(text).trim_start();
    loop {
        let end = if text.starts_with("<?") {
            "?>"
        } else if text.starts_with("<!--") {
            "-->"
        } else if text.starts_with("<!") {
            // The declarations of a document type are in brackets.
            let bracket = text.find('[').filter(|bracket| text.find('>').is_none_or(|end| *bracket < end));
            if bracket.is_some() { "]>" } else { ">" }
        } else {
            return Some(text);
        };
        let (_, rest) = text.split_once(end)?;
        text = rest.trim_start();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_recognised_by_their_root() {
        let article = "<article article-type=\"x\"><front><journal-meta/><article-meta>";
        let record = "<record><header><identifier/></header><metadata><arXiv xmlns=\"http://arxiv.org/OAI/arXiv/\">";
        for (text, wanted) in [
            (
                "\u{feff}<?xml version=\"1.0\"?>\n<!DOCTYPE PubmedArticleSet PUBLIC \"a\" \"b\">\n<PubmedArticleSet>",
                Some(XmlFormat::Pubmed),
            ),
            ("<PubmedArticle><Med", Some(XmlFormat::Pubmed)),
            ("<?xml?><!-- <html> --><feed xmlns=\"http://www.w3.org/2005/Atom\">", Some(XmlFormat::Feed)),
            ("<rss version=\"2.0\"><channel>", Some(XmlFormat::Feed)),
            ("<rdf:RDF xmlns=\"http://purl.org/rss/1.0/\">", Some(XmlFormat::Feed)),
            ("<rdf:RDF xmlns:foaf=\"http://xmlns.com/foaf/0.1/\">", None),
            ("<oai:OAI-PMH xmlns:oai=\"http://www.openarchives.org/OAI/2.0/\">", Some(XmlFormat::Oai)),
            (record, Some(XmlFormat::Oai)),
            (&format!("<Records>{record}"), Some(XmlFormat::Oai)),
            ("<xml><records><record><database name=\"x.enl\">", None),
            ("<!DOCTYPE dblp SYSTEM \"dblp.dtd\" [\n<!ENTITY a \"b>\">\n]>\n<dblp>\n<article", Some(XmlFormat::Dblp)),
            ("<dblpperson name=\"A\"><r>", Some(XmlFormat::Dblp)),
            ("<inproceedings mdate=\"2020-01-01\" key=\"conf/a/B\">", Some(XmlFormat::Dblp)),
            ("<result><query id=\"1\">x</query><hits total=\"1\">", Some(XmlFormat::DblpSearch)),
            ("<result><hit/>", None),
            (article, Some(XmlFormat::Jats)),
            ("<collection xmlns=\"http://www.loc.gov/MARC21/slim\"><record><datafield", Some(XmlFormat::Marc)),
            ("<marc:record><marc:datafield tag=\"245\">", Some(XmlFormat::Marc)),
            ("<collection><item/>", None),
            ("<article><p>", None),
            ("<!doctype html><html><article key=\"a\">", None),
            ("<HTML>", None),
            ("<?xml version=\"1.0\"?><!-- open", None),
            ("{\"title\":1}", None),
            ("", None),
        ] {
            assert_eq!(recognise(text), wanted, "{text}");
        }
    }
}
