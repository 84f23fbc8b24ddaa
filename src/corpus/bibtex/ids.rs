//! Collects the ids of an entry, from the fields for ids and from addresses in others.

use super::super::RawId;
use super::entry::{Entry, bare};

/// The ids of an entry. Those of addresses and remarks count only if no field for ids gives one.
pub(super) fn ids(entry: &Entry) -> Vec<RawId> {
    let mut ids = Vec::new();
    ids.extend(entry.get("doi").map(|doi| RawId::Doi(verbatim(doi))));
    ids.extend(eprint(entry));
    for name in ["arxivid", "arxiv", "arxiv_id"] {
        ids.extend(entry.bare(&[name]).map(|id| RawId::Arxiv(id.to_owned())));
    }
    if !has_arxiv(&ids) {
        ids.extend(arxiv_of_venue(entry));
    }
    ids.extend(entry.bare(&["pmid", "pubmed_id", "pubmedid"]).map(|id| RawId::Pubmed(id.to_owned())));
    ids.extend(entry.bare(&["pmcid", "pmc"]).map(|id| RawId::PubmedCentral(id.to_owned())));
    for name in ["url", "ee", "link", "bdsk-url-1"] {
        if let Some(address) = entry.get(name) {
            add_address(&mut ids, &verbatim(address));
        }
    }
    if let Some(key) = dblp(&entry.key) {
        ids.push(RawId::Dblp(key.to_owned()));
    }
    for name in ["adsurl", "howpublished", "note"] {
        // A remark may name another paper, such as the one that this one corrects.
        if !ids.iter().any(|id| matches!(id, RawId::Doi(_) | RawId::Arxiv(_) | RawId::Any(_)))
            && let Some(remark) = entry.get(name)
        {
            add_address(&mut ids, &verbatim(remark));
        }
    }
    if !entry.key.is_empty() {
        ids.push(RawId::Own(entry.key.clone()));
    }
    // Other keys of the entry, as BibLaTeX has them.
    let aliases = entry.bare(&["ids"]).map(|ids| ids.split(',').map(str::trim).filter(|id| !id.is_empty()).take(100));
    ids.extend(aliases.into_iter().flatten().map(|alias| RawId::Own(alias.to_owned())));
    ids
}

fn has_arxiv(ids: &[RawId]) -> bool {
    ids.iter().any(|id| matches!(id, RawId::Arxiv(_)))
}

/// DBLP's keys begin with its name in BibTeX files.
fn dblp(key: &str) -> Option<&str> {
    key.get(..5).filter(|name| name.eq_ignore_ascii_case("DBLP:")).map(|name| &key[name.len()..])
}

/// The id in `eprint`, whose archive another field names.
fn eprint(entry: &Entry) -> Option<RawId> {
    let id = verbatim(entry.get("eprint")?);
    let archive = entry.bare(&["eprinttype", "archiveprefix"]).unwrap_or_default().to_ascii_lowercase();
    Some(match archive.as_str() {
        "arxiv" => RawId::Arxiv(id),
        "pubmed" | "pmid" => RawId::Pubmed(id),
        "pmc" | "pmcid" | "pubmedcentral" => RawId::PubmedCentral(id),
        "doi" => RawId::Doi(id),
        "" if arxiv_in(&id, true).is_some() => RawId::Arxiv(id),
        "" => RawId::Any(id),
        // HAL, JSTOR, handles and others.
        _ => return None,
    })
}

/// The arXiv id in a field for the journal, the volume or the pages.
fn arxiv_of_venue(entry: &Entry) -> Option<RawId> {
    let venue = entry.bare(&["journaltitle", "journal", "booktitle"]).unwrap_or_default();
    let is_arxiv = preprint_server(venue).is_some();
    let fields = ["journaltitle", "journal", "volume", "number", "pages", "eid"];
    let id = |name| entry.get(name).and_then(|value| arxiv_in(value, is_arxiv && name != "pages").map(str::to_owned));
    fields.into_iter().find_map(id).map(RawId::Arxiv)
}

/// The name of the preprint server if a venue is one: `arXiv preprint arXiv:2001.00001`, `CoRR, abs/1706.03762`.
pub(super) fn preprint_server(venue: &str) -> Option<&'static str> {
    let after = |word: &str| {
        let start = venue.get(..word.len())?;
        start.eq_ignore_ascii_case(word).then(|| &venue[word.len()..])
    };
    if after("arxiv").is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '.')) {
        return Some("arXiv");
    }
    // Journals on corrosion are abbreviated as `Corr. …`.
    let is_corr = |rest: &str| rest.is_empty() || rest.starts_with(',') || venue.starts_with("CoRR ");
    after("corr").is_some_and(is_corr).then_some("CoRR")
}

/// The first arXiv id in a text. Unless the text is known to be about arXiv, the id must be marked as one of arXiv.
pub(super) fn arxiv_in(text: &str, is_about_arxiv: bool) -> Option<&str> {
    let words = text.split(|c: char| c.is_whitespace() || ",;[](){}\"'".contains(c));
    words.filter(|word| word.contains(|c: char| c.is_ascii_digit())).find_map(|word| {
        let (mut rest, mut is_marked) = (word, is_about_arxiv);
        for (prefix, is_mark) in [
            ("https://", false),
            ("http://", false),
            ("www.", false),
            ("export.", false),
            ("arxiv.org/", true),
            ("abs/", is_about_arxiv),
            ("pdf/", false),
            ("arxiv:", true),
        ] {
            if rest.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix)) {
                rest = &rest[prefix.len()..];
                is_marked |= is_mark;
            }
        }
        let id = rest.trim_end_matches(['.', ':']);
        let id = id.strip_suffix(".pdf").unwrap_or(id);
        (is_marked && is_arxiv(id)).then_some(id)
    })
}

/// Whether a text has the form of an arXiv id: `1706.03762v5`, `hep-th/9901001`, `math.GT/0309136`.
fn is_arxiv(id: &str) -> bool {
    let is_digits =
        |text: &str, lengths: &[usize]| lengths.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    let id = match id.rsplit_once('v') {
        Some((id, version)) if is_digits(version, &[1, 2]) => id,
        _ => id,
    };
    if let Some((archive, number)) = id.split_once('/') {
        let is_letter = |byte: u8| byte.is_ascii_alphabetic() || matches!(byte, b'-' | b'.');
        return !archive.is_empty() && archive.bytes().all(is_letter) && is_digits(number, &[7]);
    }
    id.split_once('.').is_some_and(|(month, number)| is_digits(month, &[4]) && is_digits(number, &[4, 5]))
}

/// Adds the ids in a text with addresses, unless there is one of the same scheme.
fn add_address(ids: &mut Vec<RawId>, text: &str) {
    let lower = text.to_ascii_lowercase();
    let word_at = |place: usize| {
        let rest = &text[place..];
        let end = rest.find(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '"' | '\\'));
        rest[..end.unwrap_or(rest.len())].trim_end_matches(['.', ')']).trim_end_matches('/')
    };
    let after = |mark: &str| lower.find(mark).map(|place| word_at(place + mark.len())).filter(|word| !word.is_empty());
    if !ids.iter().any(|id| matches!(id, RawId::Doi(_))) {
        let doi = after("doi.org/").or_else(|| lower.find("10.").map(word_at).filter(|_| lower.contains("doi")));
        ids.extend(doi.filter(|doi| doi.starts_with("10.")).map(|doi| RawId::Doi(doi.to_owned())));
    }
    if !has_arxiv(ids) {
        ids.extend(arxiv_in(text, false).map(|id| RawId::Arxiv(id.to_owned())));
    }
    let acl = after("aclanthology.org/").or_else(|| after("aclanthology.info/papers/"));
    if let Some(id) = acl.or_else(|| after("aclweb.org/anthology/")) {
        let id = id.rsplit('/').next().unwrap_or(id);
        ids.push(RawId::Acl(id.strip_suffix(".pdf").unwrap_or(id).to_owned()));
    }
    if let Some(id) = after("corpusid:") {
        ids.push(RawId::SemanticScholar(format!("CorpusId:{id}")));
    }
    if let Some(id) = after("pubmed.ncbi.nlm.nih.gov/").or_else(|| after("ncbi.nlm.nih.gov/pubmed/"))
        && !ids.iter().any(|id| matches!(id, RawId::Pubmed(_)))
    {
        ids.push(RawId::Pubmed(id.to_owned()));
    }
}

/// The text of a field that BibLaTeX reads verbatim: without the braces and backslashes that BibTeX files need.
pub(super) fn verbatim(value: &str) -> String {
    let value = bare(value);
    let mut text = String::with_capacity(value.len());
    let mut rest = value;
    while let Some(place) = rest.find(['\\', '{', '}', '$']) {
        text.push_str(&rest[..place]);
        let special = &rest[place..];
        rest = &special[1..];
        if special.starts_with('$') {
            // `$<$` and `$\sim$`; other dollar signs belong to the address.
            match ["$<$", "$>$", "$\\sim$"].iter().find(|math| special.starts_with(**math)) {
                Some(math) => {
                    text.push_str(match &math[1..2] {
                        "\\" => "~",
                        sign => sign,
                    });
                    rest = &special[math.len()..];
                }
                None => text.push('$'),
            }
        } else if special.starts_with('\\') {
            rest = unescape(rest, &mut text);
        }
    }
    text.push_str(rest);
    text.trim().to_owned()
}

/// Writes the text of a command; returns the input after it.
fn unescape<'a>(rest: &'a str, text: &mut String) -> &'a str {
    let length = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
    if length == 0 {
        let Some(sign) = rest.chars().next() else { return rest };
        if sign != '-' {
            text.push(sign);
        }
        return &rest[sign.len_utf8()..];
    }
    let after = &rest[length..];
    if &rest[..length] == "href"
        && let Some((address, text_of_link)) = after.split_once("}{")
    {
        text.push_str(address.trim_start_matches('{'));
        // The text of the link is not part of the address.
        text.push(' ');
        return text_of_link;
    }
    text.push_str(match &rest[..length] {
        // Other commands do not occur in addresses.
        "textless" => "<",
        "textgreater" => ">",
        "textasciitilde" | "sim" => "~",
        "textunderscore" => "_",
        "textendash" => "-",
        "slash" => "/",
        _ => "",
    });
    after
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(fields: &[(&str, &str)]) -> Vec<RawId> {
        let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        ids(&Entry { fields, ..Entry::default() })
    }

    #[test]
    fn verbatim_values_lose_what_tex_needs() {
        for (value, wanted) in [
            ("10.1000/a\\_b", "10.1000/a_b"),
            ("10.1000/a{\\_}b", "10.1000/a_b"),
            ("10.1002/(SICI)1097\\textless{}1::AID\\textgreater{}2", "10.1002/(SICI)1097<1::AID>2"),
            ("10.1002/x$<$1$>$", "10.1002/x<1>"),
            ("https://x.org/a%20b?c=1\\&d=2\\#e", "https://x.org/a%20b?c=1&d=2#e"),
            ("\\url{https://x.org/~me}", "https://x.org/~me"),
            ("https://x.org/{\\textasciitilde}me", "https://x.org/~me"),
            ("\\href{https://x.org/a_b}{my page}", "https://x.org/a_b my page"),
            ("a\\", "a"),
            ("", ""),
        ] {
            assert_eq!(verbatim(value), wanted, "{value}");
        }
    }

    #[test]
    fn arxiv_ids_are_found_where_they_are_marked() {
        for (text, wanted) in [
            ("arXiv preprint arXiv:2001.00001", Some("2001.00001")),
            ("arXiv:hep-th/9901001v2 [hep-th]", Some("hep-th/9901001v2")),
            ("http://arxiv.org/abs/1706.03762v5", Some("1706.03762v5")),
            ("see https://www.arxiv.org/pdf/1706.03762.pdf.", Some("1706.03762")),
            ("version 1234.56789", None),
            ("arXiv", None),
            ("arXiv:12", None),
        ] {
            assert_eq!(arxiv_in(text, false), wanted, "{text}");
        }
        assert_eq!(arxiv_in("abs/1706.03762", true), Some("1706.03762"));
        assert_eq!(arxiv_in("2506.05614", true), Some("2506.05614"));
    }

    #[test]
    fn preprint_servers_are_recognised() {
        for (venue, wanted) in [
            ("arXiv preprint arXiv:2001.00001", Some("arXiv")),
            ("ArXiv", Some("arXiv")),
            ("arXiv:2001.00001 [cs]", Some("arXiv")),
            ("CoRR, abs/1706.03762", Some("CoRR")),
            ("CoRR abs/1706.03762", Some("CoRR")),
            ("Corr. Sci.", None),
            ("Corr Rev", None),
            ("Journal of arXiv studies", None),
        ] {
            assert_eq!(preprint_server(venue), wanted, "{venue}");
        }
    }

    #[test]
    fn eprint_is_read_by_its_archive() {
        let id = |archive: &str, id: &str| of(&[("eprint", id), ("archiveprefix", archive)]);
        assert_eq!(id("arXiv", "1706.03762"), [RawId::Arxiv("1706.03762".into())]);
        assert_eq!(id("pubmed", "123"), [RawId::Pubmed("123".into())]);
        assert_eq!(id("", "hep-th/9901001"), [RawId::Arxiv("hep-th/9901001".into())]);
        assert_eq!(id("", "https://x.org/1"), [RawId::Any("https://x.org/1".into())]);
        assert_eq!(id("jstor", "4711"), []);
    }

    #[test]
    fn addresses_give_ids_if_no_field_does() {
        let doi = || RawId::Doi("10.1000/x".into());
        let arxiv = || RawId::Arxiv("1706.03762".into());
        assert_eq!(of(&[("url", "https://doi.org/10.1000/x")]), [doi()]);
        assert_eq!(of(&[("note", "doi: 10.1000/x.")]), [doi()]);
        assert_eq!(of(&[("howpublished", "\\url{https://arxiv.org/abs/1706.03762}")]), [arxiv()]);
        assert_eq!(of(&[("note", "arXiv:1706.03762 [cs]")]), [arxiv()]);
        assert_eq!(of(&[("note", "Erratum of 10.1000/y, doi"), ("doi", "10.1000/x")]), [doi()]);
        assert_eq!(of(&[("url", "http://arxiv.org/abs/1706.03762"), ("doi", "10.1000/x")]), [doi(), arxiv()]);
        assert_eq!(of(&[("url", "https://aclanthology.org/P99-1001.pdf")]), [RawId::Acl("P99-1001".into())]);
        assert_eq!(of(&[("url", "https://www.aclweb.org/anthology/P99-1001/")]), [RawId::Acl("P99-1001".into())]);
        let semantic = RawId::SemanticScholar("CorpusId:42".into());
        assert_eq!(of(&[("url", "https://api.semanticscholar.org/CorpusID:42")]), [semantic]);
        assert_eq!(of(&[("url", "https://pubmed.ncbi.nlm.nih.gov/77/")]), [RawId::Pubmed("77".into())]);
        assert_eq!(of(&[("url", "https://x.org/10.1000/x")]), []);
    }
}
