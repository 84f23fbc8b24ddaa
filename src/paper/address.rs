//! Reads ids out of their spellings: addresses of web pages and files, prefixes and versions.

use super::doi::doi_as_written;
use super::id::canonical;

/// Addresses of pages and files that contain an arXiv id, without scheme and `www.`: the site, and the folders on it.
const ARXIV_SITES: [(&str, &[&str]); 9] = [
    ("arxiv.org/", &["abs/", "pdf/", "html/", "ps/", "src/", "e-print/", "format/", "list/"]),
    ("export.arxiv.org/", &["abs/", "pdf/", "html/", "e-print/"]),
    ("browse.arxiv.org/", &["abs/", "pdf/", "html/"]),
    ("alphaxiv.org/", &["abs/", "pdf/", "overview/", "html/"]),
    ("huggingface.co/", &["papers/"]),
    ("hf.co/", &["papers/"]),
    ("ar5iv.org/", &["abs/", "html/", "pdf/"]),
    ("ar5iv.labs.arxiv.org/", &["html/"]),
    ("scirate.com/", &["arxiv/"]),
];

/// `text` without the first of `prefixes` that it starts with, ignoring case.
pub(super) fn without_prefix<'a>(text: &'a str, prefixes: &[&str]) -> Option<&'a str> {
    prefixes.iter().find_map(|prefix| {
        let head = text.get(..prefix.len())?;
        head.eq_ignore_ascii_case(prefix).then(|| text[prefix.len()..].trim_start())
    })
}

/// An address without `https://` and `www.`; `None` if there is no scheme.
pub(super) fn without_scheme(text: &str) -> Option<&str> {
    let rest = without_prefix(text, &["https://", "http://"])?;
    Some(without_prefix(rest, &["www."]).unwrap_or(rest))
}

/// The path of an address up to its query, its fragment and a final slash.
fn path_of(text: &str) -> &str {
    text.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/')
}

/// Parses an id in one of arXiv's two schemes (<https://info.arxiv.org/help/arxiv_identifier.html>), also as an address or as
/// arXiv's own DOI. The result has no version and, in the old scheme, no subject class.
pub(super) fn arxiv(text: &str) -> Option<String> {
    // Most ids need none of the work below.
    if let Some(id) = arxiv_id(text) {
        return Some(id);
    }
    if let Some(rest) = without_prefix(text, &["arxiv:", "arxiv "]) {
        return arxiv_id(path_of(rest).trim_end_matches(['.', ',', ';', ')', ']']));
    }
    if let Some(doi) = doi_as_written(text) {
        return arxiv_id(without_prefix(&doi, &["10.48550/arxiv."])?);
    }
    let rest = without_scheme(text).unwrap_or(text);
    let (folders, rest) =
        ARXIV_SITES.iter().find_map(|(site, folders)| Some((folders, without_prefix(rest, &[site])?)))?;
    let id = path_of(without_prefix(rest, folders)?);
    arxiv_id(id.strip_suffix(".pdf").unwrap_or(id))
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// Whether the first four digits of an id are a year and a month.
fn month_fits(yymm: &str) -> bool {
    matches!(yymm.get(2..4).and_then(|month| month.parse::<u8>().ok()), Some(1..=12))
}

/// Parses an arXiv id alone.
fn arxiv_id(text: &str) -> Option<String> {
    let text = text.strip_suffix(".pdf").unwrap_or(text);
    let text = match text.rsplit_once(['v', 'V']) {
        Some((id, version)) if is_digits(version) => id,
        _ => text,
    };
    if let Some((archive, number)) = text.split_once('/') {
        let archive = archive.split_once('.').map_or(archive, |(archive, _)| archive);
        let fits = !archive.is_empty()
            && archive.bytes().all(|b| b.is_ascii_alphabetic() || b == b'-')
            && number.len() == 7
            && is_digits(number)
            && month_fits(number);
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

/// The arXiv id of a number whose zeros at either end were lost, as in `2001.0001` for `2001.00010`: since 2015, five digits follow
/// the dot, before that four (the same page of arXiv as above).
pub(crate) fn repaired_arxiv(number: &str) -> Option<String> {
    let (month, sequence) = number.trim().split_once('.')?;
    if !is_digits(month) || !is_digits(sequence) || !(3..=4).contains(&month.len()) {
        return None;
    }
    let month = format!("{month:0>4}");
    let digits = if month.as_str() >= "1501" { 5 } else { 4 };
    if sequence.len() > digits || month.as_str() < "0704" {
        return None;
    }
    arxiv_id(&format!("{month}.{sequence:0<digits$}"))
}

/// Parses the addresses of other schemes.
pub(super) fn other(text: &str) -> Option<String> {
    let Some(address) = without_scheme(text).map(path_of) else { return bare(text) };
    let after = |sites: &[&str]| without_prefix(address, sites);
    if let Some(id) = after(&["aclanthology.org/", "aclweb.org/anthology/", "aclanthology.info/papers/"]) {
        return canonical("acl:", id.split('/').next()?);
    }
    if let Some(id) = after(&["pubmed.ncbi.nlm.nih.gov/", "ncbi.nlm.nih.gov/pubmed/"]) {
        return canonical("pmid:", id);
    }
    let of_central = ["pmc.ncbi.nlm.nih.gov/articles/", "ncbi.nlm.nih.gov/pmc/articles/", "europepmc.org/article/pmc/"];
    if let Some(id) = after(&of_central) {
        return canonical("pmcid:", id.split('/').next()?);
    }
    if let Some(id) = after(&["openalex.org/works/", "api.openalex.org/works/", "openalex.org/"]) {
        return canonical("openalex:", id);
    }
    if let Some(path) = after(&["semanticscholar.org/paper/", "api.semanticscholar.org/"]) {
        // The id follows the title, if there is one.
        let id = path.rsplit('/').next()?;
        return match without_prefix(id, &["corpusid:"]) {
            Some(number) => canonical("corpusid:", number),
            None => canonical("s2:", id),
        };
    }
    if let Some(key) = after(&["dblp.org/rec/", "dblp.uni-trier.de/rec/"]) {
        let key = [".html", ".xml", ".bib"].iter().find_map(|end| key.strip_suffix(end)).unwrap_or(key);
        return canonical("dblp:", key);
    }
    None
}

/// Parses ids whose form tells the scheme.
fn bare(text: &str) -> Option<String> {
    let digits_after = |start: &str| without_prefix(text, &[start]).filter(|rest| is_digits(rest));
    if let Some(number) = digits_after("PMC") {
        return canonical("pmcid:", number);
    }
    if let Some(number) = digits_after("PMID ") {
        return canonical("pmid:", number);
    }
    if digits_after("W").is_some_and(|number| number.len() >= 8) {
        return canonical("openalex:", &text.to_ascii_uppercase());
    }
    let is_acl = text.len() == 8
        && text.starts_with(|c: char| c.is_ascii_uppercase())
        && text
            .split_once('-')
            .is_some_and(|(volume, number)| is_digits(&volume[1..]) && is_digits(number) && number.len() == 4);
    if is_acl {
        return canonical("acl:", text);
    }
    canonical("s2:", text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::PaperId;
    use super::repaired_arxiv;

    fn parsed(text: &str) -> Option<String> {
        PaperId::parse(text).map(|id| id.as_str().to_owned())
    }

    #[test]
    fn every_spelling_of_an_arxiv_id_is_one_id() {
        for text in [
            "2001.00009",
            "2001.00009v2",
            "arXiv:2001.00009",
            "arXiv: 2001.00009v1",
            "arxiv.org/abs/2001.00009",
            "https://arxiv.org/abs/2001.00009v3",
            "https://www.arxiv.org/pdf/2001.00009v2.pdf",
            "http://export.arxiv.org/abs/2001.00009",
            "https://arxiv.org/html/2001.00009v2",
            "https://arxiv.org/pdf/2001.00009?download=1",
            "https://arxiv.org/abs/2001.00009/",
            "https://alphaxiv.org/abs/2001.00009",
            "https://www.alphaxiv.org/overview/2001.00009v1",
            "https://huggingface.co/papers/2001.00009",
            "https://ar5iv.labs.arxiv.org/html/2001.00009",
            "10.48550/arXiv.2001.00009",
            "https://doi.org/10.48550/arXiv.2001.00009",
            "doi:10.48550/ARXIV.2001.00009",
        ] {
            assert_eq!(parsed(text).as_deref(), Some("2001.00009"), "{text}");
        }
        for (text, wanted) in [
            ("cond-mat.stat-mech/9905001v1", "cond-mat/9905001"),
            ("https://arxiv.org/abs/hep-th/9711200v3", "hep-th/9711200"),
            ("10.48550/arXiv.hep-th/9711200", "hep-th/9711200"),
        ] {
            assert_eq!(parsed(text).as_deref(), Some(wanted), "{text}");
        }
    }

    #[test]
    fn every_spelling_of_a_doi_is_one_id() {
        for text in [
            "10.1234/S5678",
            "doi:10.1234/s5678",
            "DOI: 10.1234/S5678",
            "https://doi.org/10.1234/S5678",
            "http://dx.doi.org/10.1234%2FS5678",
            "doi.org/10.1234/s5678",
            "10.1234/S5678, EDN: ABCDEF",
            "10.1234/S5678.",
            "10.1234/s5678 [doi]",
            "10.1234/s5678;10.1234/other",
            "https://doi.org/10.1234/s5678/",
            "info:doi/10.1234/s5678",
            "https://dl.acm.org/doi/10.1234/S5678",
            "http://doi.acm.org/10.1234/S5678",
            "https://onlinelibrary.wiley.com/doi/abs/10.1234/s5678",
            "https://journals.example.org/doi/pdf/10.1234/s5678?download=true",
            "https://link.springer.com/content/pdf/10.1234/s5678.pdf",
            "https://www.emerald.com/insight/content/doi/10.1234/S5678/full/html",
        ] {
            assert_eq!(parsed(text).as_deref(), Some("10.1234/s5678"), "{text}");
        }
        for text in ["10/c3xkzj", "doi:10/C3XKZJ", "https://doi.org/10/c3xkzj"] {
            assert_eq!(parsed(text).as_deref(), Some("10/c3xkzj"), "{text}");
            assert_eq!(PaperId::parse(text).unwrap().kind(), crate::paper::IdKind::Doi);
        }
        for text in
            ["10.1659/0276(2004)024 [ 0141:SPOCMP ]2.0.CO;2", "10.1659/0276(2004)024 [0141:SPOCMP]2.0.CO;2 [doi]"]
        {
            assert_eq!(parsed(text).as_deref(), Some("10.1659/0276(2004)024[0141:spocmp]2.0.co;2"), "{text}");
        }
        // Brackets belong to a DOI in pairs.
        assert_eq!(parsed("10.1016/0022(85)90001-2").as_deref(), Some("10.1016/0022(85)90001-2"));
        assert_eq!(parsed("10.1016/0022(85)90001-2)").as_deref(), Some("10.1016/0022(85)90001-2"));
    }

    #[test]
    fn ids_of_other_schemes_are_read_from_prefixes_and_addresses() {
        let s2 = "0123456789abcdef0123456789abcdef01234567";
        for (text, wanted) in [
            ("PMID: 026017442", "pmid:26017442"),
            ("https://pubmed.ncbi.nlm.nih.gov/26017442/", "pmid:26017442"),
            ("PMCID:PMC4539742", "pmcid:PMC4539742"),
            ("PMC4539742", "pmcid:PMC4539742"),
            ("PMID 26017442", "pmid:26017442"),
            ("W2741809807", "openalex:W2741809807"),
            ("P17-1001", "acl:P17-1001"),
            (s2, &format!("s2:{s2}")),
            ("https://www.ncbi.nlm.nih.gov/pmc/articles/PMC4539742/pdf", "pmcid:PMC4539742"),
            ("https://openalex.org/W2741809807", "openalex:W2741809807"),
            ("https://aclanthology.org/P17-1001.pdf", "acl:P17-1001"),
            ("https://aclanthology.org/2020.acl-main.1/", "acl:2020.acl-main.1"),
            ("CorpusId:13756489", "corpusid:13756489"),
            (&format!("https://www.semanticscholar.org/paper/On-Fish/{s2}"), &format!("s2:{s2}")),
            ("DBLP:conf/nips/Smith17", "dblp:conf/nips/Smith17"),
            ("https://dblp.org/rec/conf/nips/Smith17.html", "dblp:conf/nips/Smith17"),
        ] {
            assert_eq!(parsed(text).as_deref(), Some(wanted), "{text}");
            assert_eq!(parsed(wanted).as_deref(), Some(wanted), "{text}");
        }
    }

    #[test]
    fn text_that_only_resembles_an_id_is_rejected() {
        for text in [
            "",
            "10.1659/0276-4741(2004)024 [ 0141:SPOCMP",
            "0713.0001",
            "704.0001",
            "1234.567",
            "10.1/x",
            "10/2020",
            "10/ab",
            "10/a-long-word",
            "10.1038/",
            "title:xyz",
            "cs/99",
            "é/1234567",
            "S-17",
            "pmid:",
            "pmid:0",
            "W1",
            "https://example.org/paper",
            "https://openalex.org/A5023888391",
            "key:x",
            "acl:x y",
            "10.",
            "é.é",
        ] {
            assert_eq!(parsed(text), None, "{text}");
        }
    }

    #[test]
    fn zeros_that_a_number_lost_are_restored() {
        for (number, wanted) in [
            ("2001.0001", Some("2001.00010")),
            ("2001.001", Some("2001.00100")),
            ("1412.51", Some("1412.5100")),
            ("704.0001", Some("0704.0001")),
            ("2001.00001", Some("2001.00001")),
            ("1412.56789", None),
            ("2013.0001", None),
            ("3.14", None),
        ] {
            assert_eq!(repaired_arxiv(number).as_deref(), wanted, "{number}");
        }
    }

    #[test]
    fn quotes_around_a_doi_are_not_part_of_it() {
        for text in ["'10.1234/x'", "10.1234/x':", "doi:10.1234/x'.", "'10.1234/x',"] {
            assert_eq!(PaperId::parse(text).map(|id| id.to_string()).as_deref(), Some("10.1234/x"), "{text}");
        }
    }

    proptest! {
        #[test]
        fn an_id_is_its_own_spelling(
            text in "(https?://)?(www\\.|doi\\.org/|arxiv\\.org/abs/|openalex\\.org/)?[a-zA-Z]{0,6}:?(10\\.[0-9]{4}/)?[ -~é]{0,16}"
        ) {
            if let Some(id) = PaperId::parse(&text) {
                prop_assert_eq!(PaperId::parse(id.as_str()), Some(id.clone()), "{}", text);
                prop_assert_eq!(PaperId::of_stored(id.as_str()), id, "{}", text);
            }
        }
    }
}
